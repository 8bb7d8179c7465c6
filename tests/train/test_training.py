"""Training, stage by stage, on phantoms. Needs PyTorch and the rest of weights/train/requirements.txt."""

import argparse
import contextlib
import copy
import importlib.util
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import layouts
import numpy as np
from layouts import published

import data as sets  # isort: skip

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import ablation
    import augment
    import average
    import backbone
    import export
    import fine
    import gradable
    import network
    import probe
    import steps
    import torch
    import train
    import validate

needs_torch = unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")


def quiet(call, *args):
    """-> what it printed"""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        call(*args)
    return out.getvalue()


@needs_torch
class Start(unittest.TestCase):
    def backbone(self, folder, classes):
        torch.manual_seed(5)
        net = backbone.Classifier(len(classes))
        torch.nn.init.normal_(net.head.weight)
        head = {f"head.{k}": v.detach().numpy() for k, v in net.head.state_dict().items()}
        path = Path(folder) / "b.npz"
        np.savez(
            path, **network.encoder_arrays(net.encoder), **head, classes=np.array(classes), sets=np.array(["hygd"])
        )
        return net.eval(), path

    def test_the_joint_network_begins_as_good_as_the_first_stage(self):
        with tempfile.TemporaryDirectory() as d:
            first, path = self.backbone(d, ["normal", "cataract", "glaucoma"])
            net = network.load_backbone(network.VMNet(2), path, ["glaucoma", "media haze"]).eval()
            open_net = steps.open_guide(
                network.load_backbone(network.VMNet(2), path, ["glaucoma", "media haze"])
            ).eval()
            x = torch.randn(2, 3, 64, 64)
            with torch.no_grad():
                expected = first(x)[:, 2]
                # the other features still carry a twentieth of their random weights
                net.diseases.head.weight[0, 2:] = 0
                self.assertTrue(torch.allclose(net(x, guide=0.0)["logits"][:, 0], expected, atol=1e-4))
            self.assertAlmostEqual(open_net.diseases.a.item(), steps.GUIDE_START)

    def test_what_a_file_says_of_itself(self):
        with tempfile.TemporaryDirectory() as d:
            _, path = self.backbone(d, ["normal"])
            z, said = network.backbone_file(path)
            self.assertEqual(said, dict(classes=["normal"], sets=["hygd"]))
            encoder = network.Encoder()
            network.load_encoder(encoder, z)
            for name, a in network.encoder_arrays(encoder).items():
                self.assertTrue(np.array_equal(a, z[name].numpy()), name)

    def test_heads_follow_class_names(self):
        net, state = network.VMNet(2), network.VMNet(3).state_dict()
        theirs, kept = state["diseases.head.weight"].clone(), net.diseases.head.weight.detach().clone()
        new = train.rows_by_name(state, ["a", "b", "c"], ["c", "d"], net)["diseases.head.weight"]
        self.assertTrue(torch.equal(new, torch.stack([theirs[2], kept[1]])))


@needs_torch
class Pieces(unittest.TestCase):
    def test_auc(self):
        self.assertEqual(validate.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75)
        self.assertEqual(validate.auc([1, 1, 1], [0, 1, 0]), 0.5)
        self.assertTrue(np.isnan(validate.auc([1, 2], [1, 1])))
        scores, labels = np.array([[0.1, 3], [0.9, 1], [0.5, 2]]), np.array([[0, 1], [1, -1], [-1, 0]])
        self.assertEqual(validate.class_aucs(scores, labels).tolist(), [1.0, 1.0])

    def test_validation_takes_a_twentieth_of_the_time(self):
        watch = validate.Watch(Path("."), [], [], [], 0)
        self.assertFalse(watch.due(watch.last + 1e9))
        watch.minutes, watch.cost = 10, 60.0
        self.assertFalse(watch.due(watch.last + 19 * 60 - 1))
        self.assertTrue(watch.due(watch.last + 19 * 60 + 1))
        watch.cost = 1.0
        self.assertTrue(watch.due(watch.last + 601))

    def test_maps_move_with_the_photograph_and_keep_their_values(self):
        x = torch.zeros((4, 64, 64, 4), dtype=torch.uint8)
        x[:, 20:44, 20:44] = 255
        steps.seed_all(1)
        y = augment.photographs(x, 64)
        self.assertEqual(y.shape, (4, 4, 64, 64))
        self.assertAlmostEqual(y[:, 3].max().item(), 1.0, places=5)
        bright = y[:, :3].amax(1) > 0.35
        self.assertGreater((bright & (y[:, 3] > 0.5)).sum() / (y[:, 3] > 0.5).sum(), 0.8)

    def test_norm_merged_into_the_convolution_gives_the_same(self):
        steps.seed_all(1)
        layer = network.ConvNorm(6, 8, 3, 2)
        for t in (layer.norm.weight, layer.norm.bias, layer.norm.running_mean):
            t.data.uniform_(0.5, 1.5)
        layer.eval()
        x = torch.rand(2, 6, 16, 16)
        apart = torch.relu(layer.norm(layer.conv(network.same_pad(x, 3)))).clamp(max=6)
        self.assertTrue(torch.allclose(layer(x), apart, atol=1e-5))
        layer(x).sum().backward()
        self.assertIsNotNone(layer.norm.weight.grad)

    def test_thin_vessels_count_more(self):
        t = torch.zeros(1, 16, 16)
        t[:, 3], t[:, 8:13] = 1, 1
        thin = steps.thin_parts(t)
        self.assertEqual((thin[0, 3].min().item(), thin[0, 8:13].max().item(), thin.sum().item()), (1, 0, 16))
        fov, logit = torch.ones_like(t), torch.where(t > 0, 2.0, -2.0)
        missed = lambda row: logit.index_fill(1, torch.tensor([row]), -2.0)  # noqa: E731
        loss = lambda z, share: steps.vessel_loss(z, t, fov, share).item()  # noqa: E731
        self.assertAlmostEqual(loss(missed(3), 0.0), loss(missed(10), 0.0), places=6)
        self.assertGreater(loss(missed(3), 1.0), loss(missed(10), 1.0) + 0.1)

    def test_a_line_that_is_broken_costs_more_than_a_rim(self):
        t = torch.zeros(1, 24, 24)
        t[:, 8:13] = 1
        lines = steps.thinned(t)
        self.assertEqual(lines[0, :, 3:-3].sum(0).tolist(), [1] * 18)
        self.assertEqual(lines[0, 10, 3:-3].tolist(), [1] * 18)
        broken, narrow, fov = t.clone(), t.clone(), torch.ones_like(t)
        broken[:, :, 11:15] = 0
        narrow[:, 8] = 0
        loss = lambda p: steps.skeleton_loss(p, t).item()  # noqa: E731
        self.assertLess(loss(t), 1e-6)
        self.assertGreater(loss(broken), loss(narrow) + 0.05)
        z = torch.where(broken > 0, 9.0, -9.0)
        by = [steps.vessel_loss(z, t, fov, 0.0, share).item() for share in (0.0, 0.5)]
        self.assertAlmostEqual(by[1] - by[0], 0.5 * loss(torch.sigmoid(z)), places=5)

    def test_a_style_is_fixed_in_the_biases(self):
        steps.seed_all(1)
        net, styles = network.VMNet(2).eval(), fine.Styles(3)
        for p in styles.parameters():
            p.data.normal_()
        x = torch.randn(2, 3, 64, 64)
        with torch.no_grad():
            taps = net.encoder(x)
            d16 = net.vessels.coarse(taps)
            apart = styles(net.vessels, x, taps, d16, torch.tensor([2, 0]))
            for i, of in enumerate((2, 0)):
                fixed = styles.fixed(net, [of])(x[i : i + 1])["vessel_logit"]
                self.assertTrue(torch.allclose(apart[i], fixed, atol=1e-4))
            even = fine.Styles(3)
            self.assertTrue(torch.allclose(even.fixed(net, [0, 1, 2])(x)["vessel_logit"], net(x)["vessel_logit"]))

    def test_what_half_resolution_learns_moves_what_reads_it_alone(self):
        steps.seed_all(1)
        net, x = (
            network.VMNet(2, structures=True, lesions=3, arteries=True, grade=True).eval(),
            torch.randn(1, 3, 512, 512),
        )
        with torch.no_grad():
            before = net(x)
            for layer in net.vessels.half_layers():
                for p in layer.parameters():
                    p.mul_(1.5)
            after = net(x, guide=1.0)
        moved = {k for k, v in before.items() if not torch.equal(v, after[k])}
        self.assertEqual(moved, {"vessel_logit", "guide", "lesions", "arteries"})

    def test_even_scales_change_nothing(self):
        steps.seed_all(1)
        layer, plain = network.ConvNorm(6, 8, 3), torch.nn.Conv2d(6, 4, 3)
        layer.conv.weight.data.mul_(torch.logspace(-3, 1, 8)[:, None, None, None])
        for t in (layer.norm.weight, layer.norm.bias, layer.norm.running_mean, layer.norm.running_var):
            t.data.uniform_(0.5, 1.5)
        layer.eval()
        x, kept = torch.rand(2, 6, 16, 16), plain.weight.clone()
        before = layer(x)
        network.even_scales([layer, plain])
        self.assertTrue(torch.allclose(layer(x), before, atol=1e-5))
        self.assertTrue(torch.equal(plain.weight, kept))
        spread = layer.conv.weight.flatten(1).std(1)
        self.assertLess((spread / spread.mean() - 1).abs().max(), 1e-4)

    def test_precision_follows_the_processor(self):
        for flags, expected in (("fma avx2", False), ("avx512f avx512_bf16", True), ("amx_bf16", True)):
            with tempfile.TemporaryDirectory() as d:
                cpu = Path(d) / "cpuinfo"
                cpu.write_text(f"flags\t\t: fpu {flags}\n")
                self.assertEqual(steps.has_bf16(torch.device("cpu"), cpu), expected, flags)
                self.assertFalse(steps.has_bf16(torch.device("cpu"), Path(d) / "none"))
        self.assertTrue(steps.has_bf16(torch.device("cuda")))

    def test_sets_are_drawn_alike(self):
        found, odds = list(range(12)), [1 / 2 / 2] * 2 + [1 / 2 / 10] * 10
        steps.seed_all(1)
        drawn = [i for _ in range(400) for i in augment.draw(found, 2, odds)]
        self.assertAlmostEqual(np.mean([i < 2 for i in drawn]), 0.5, delta=0.08)

    def test_matched_degradation(self):
        rng = np.random.default_rng(0)
        x = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
        y = probe.matched(x)
        self.assertEqual(y.shape, x.shape)
        self.assertLess(y[0, 0].max(), 30)  # outside the common round mask

    def test_probe_finds_what_is_there(self):
        rng = np.random.default_rng(0)
        groups, source = [40, 40], np.repeat([0, 1], 40)
        noise = rng.normal(size=(80, 5))
        self.assertLess(probe.probe(noise, source, groups)[0], 0.75)
        self.assertGreater(probe.probe(noise + 4 * source[:, None], source, groups)[0], 0.95)
        teach, test = probe.halves([10, 4])
        self.assertEqual(teach.sum() + test.sum(), 14)
        self.assertEqual(np.flatnonzero(test).tolist(), [4, 5, 6, 7])


@needs_torch
class Gradable(unittest.TestCase):
    def groups(self):
        """Good photographs lie high in the first feature, useless ones low; the second is of another set."""
        rng = np.random.default_rng(3)
        label = np.repeat([1.0, 0.5, 0.0], 60).astype(np.float32)
        f = rng.normal(0, 0.5, (180, 4)).astype(np.float32)
        f[:, 0] += 4 * label
        return dict(
            eyeq200=(f, label),
            degraded=(rng.normal(-1, 0.5, (50, 4)).astype(np.float32), np.zeros(50, np.float32)),
        )

    def test_the_head_orders_what_people_said(self):
        found, zero = self.groups(), (torch.zeros(4), torch.zeros(()))
        w, b = gradable.fit(found, dict(eyeq200=0.7, degraded=0.3), zero, 0.001)
        f, y = found["eyeq200"]
        z = f @ w.numpy() + b.item()
        self.assertGreater(validate.auc(z[y != 0.5], y[y != 0.5] == 1), 0.99)
        self.assertGreater(z[y == 1].mean(), z[y == 0.5].mean() + 1)
        self.assertIn("eyeq200 bad 1.000", gradable.told(found, w, b))

    def test_held_back_it_stays_what_it_was(self):
        start = torch.tensor([0.3, -0.2, 0.1, 0.0]), torch.tensor(0.5)
        found = self.groups()
        w, b = gradable.fit(found, dict(eyeq200=0.7, degraded=0.3), start, 1e6)
        self.assertTrue(torch.allclose(w, start[0], atol=1e-3))
        w, _ = gradable.fit(found, dict(eyeq200=0.7, degraded=0.3), start, 1e-3)
        self.assertGreater((w - start[0]).norm(), 0.3)

    def test_which_photographs_it_asks_for(self):
        with tempfile.TemporaryDirectory() as d:
            names = sets.part("eyepacs", "train")[:7]
            said = ["good", "good", "good", "reject", "usable", "", ""]
            layouts.eyepacs(Path(d), [(n, q, 0) for n, q in zip(names, said, strict=True)])
            eyepacs = next(s for s in sets.DISEASE_SETS if s.name == "eyepacs")
            found = gradable.labelled(Path(d), eyepacs, "train", 2, [])
            self.assertEqual(sorted(y for _, y in found), [0.0, 0.5, 1.0, 1.0])
            self.assertTrue(gradable.judged(eyepacs))
            self.assertFalse(gradable.judged(next(s for s in sets.DISEASE_SETS if s.name == "idrid")))

    def test_on_phantoms(self):
        """A step of each kind: features are kept, the head alone changes, and what it learnt from is told."""
        with tempfile.TemporaryDirectory() as d:
            data, work = Path(d) / "data", Path(d) / "work"
            for split in ("train", "val"):
                names = sets.part("eyepacs", split)[:4]
                layouts.eyepacs(
                    data, [(n, q, 0) for n, q in zip(names, ("good", "good", "reject", "usable"), strict=True)]
                )
                said = (data / "eyepacs/labels.csv").read_text().splitlines()
                (data / f"{split}.csv").write_text("\n".join(said[1:]) + "\n")
            rows = [(data / f"{split}.csv").read_text() for split in ("train", "val")]
            (data / "eyepacs/labels.csv").write_text("filename,dr_grade,quality\n" + "".join(rows))
            torch.manual_seed(0)
            start = dict(weights=network.VMNet(8).state_dict(), step=3, minutes=1.0, origin="x")
            torch.save(start, Path(d) / "start.pt")
            told = ["--data", str(data), "--start", str(Path(d) / "start.pt"), "--work", str(work), "--sets", "eyepacs"]
            with mock.patch.object(sets, "SIDE", 64):
                said = quiet(gradable.main, [*told, "--photographs", "4", "--allow-missing"])
                self.assertIn("eyepacs train: 4 photographs", said)
                again = quiet(gradable.main, [*told, "--photographs", "4", "--allow-missing"])
            self.assertNotIn("photographs\n", again)
            end = torch.load(work / "vmnet.pt", weights_only=False)
            self.assertIn("eyepacs", end["seen"])
            for name, old in start["weights"].items():
                self.assertEqual(torch.equal(old, end["weights"][name]), not name.startswith("gradable."), name)


@needs_torch
class Average(unittest.TestCase):
    def state(self, net, **more):
        weights = {k: v.clone() for k, v in net.state_dict().items()}
        return dict(weights=weights, step=10, minutes=1.0, origin="x", **more)

    def test_same_start(self):
        torch.manual_seed(0)
        net = network.VMNet(2)
        a = self.state(net, classes=["a", "b"], sets=["hygd"], seen=["hygd"], without=["idrid", "tvhl"])
        b = self.state(net, classes=["a", "b"], sets=["palm"], seen=["palm"], without=["idrid"])
        for v in b["weights"].values():
            v.add_(0.01 * v) if v.is_floating_point() else None
        mean = average.average([a, b])
        name = "encoder.stem.conv.weight"
        self.assertTrue(torch.allclose(mean["weights"][name], a["weights"][name] * 1.005))
        self.assertEqual((mean["step"], mean["minutes"], mean["classes"]), (20, 2.0, ["a", "b"]))
        self.assertEqual((mean["seen"], mean["without"]), (["hygd", "palm"], ["idrid"]))

    def test_a_share_each_and_what_the_first_keeps(self):
        torch.manual_seed(0)
        net = network.VMNet(2)
        a = self.state(net)
        b = self.state(net) | dict(weights={k: v * 1.5 for k, v in net.state_dict().items()})
        mean = average.average([a, b], [0.25, 0.75], ("encoder", "vessels", "gradable", "diseases.f", "diseases.g"))
        for name in ("encoder.stem.conv.weight", "diseases.guide.weight"):
            self.assertTrue(torch.equal(mean["weights"][name], a["weights"][name]))
        head = "diseases.head.bias"
        self.assertTrue(torch.allclose(mean["weights"][head], 0.25 * a["weights"][head] + 0.75 * b["weights"][head]))

    def test_a_released_file_and_merged_norms_are_the_same_network(self):
        torch.manual_seed(0)
        net = network.VMNet(3).eval()
        for m in net.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.running_var.uniform_(0.5, 2)
                m.running_mean.normal_(0, 0.1)
        x = torch.rand(1, 3, 64, 64)
        expected = net(x)["logits"]
        merged = network.merge_norms(copy.deepcopy(net))
        again = network.unfolded(copy.deepcopy(net).fold()).eval()
        for other in (merged, again):
            self.assertTrue(torch.allclose(other(x)["logits"], expected, atol=1e-4))

    def test_refuses_another_start_and_other_classes(self):
        torch.manual_seed(0)
        a, b = self.state(network.VMNet(2), classes=["a", "b"]), self.state(network.VMNet(2), classes=["a", "b"])
        with self.assertRaisesRegex(ValueError, "not from the same start"):
            average.average([a, b])
        with self.assertRaisesRegex(ValueError, "differ in their classes"):
            average.average([a, a | dict(classes=["a", "c"])])


class FakeData:
    """As ablation_data.Data: a few random photographs of 64 pixels."""

    def __init__(self):
        rng = np.random.default_rng(0)
        pixels = lambda n, c, s=64: rng.integers(0, 255, (n, s, s, c), dtype=np.uint8)  # noqa: E731
        labels = lambda n: (np.arange(n)[:, None] % 2 == np.arange(8) % 2).astype(np.float32)  # noqa: E731
        self.odir = {s: (pixels(4, 4), labels(4)) for s in ("train", "val", "test")}
        cuts = [[pixels(1, 5)[0], pixels(1, 5, 96)[0]] for _ in range(2)]
        self.cuts = steps.layers_on(steps.device(), cuts)
        self.layers = [pixels(1, 5)[0]]

    def with_maps(self, split):
        return self.odir[split]


@needs_torch
class Ablation(unittest.TestCase):
    def test_each_arm_learns_what_it_says(self):
        with tempfile.TemporaryDirectory() as d, mock.patch.multiple(ablation, PHOTOGRAPHS=2, CUTS=2):
            torch.manual_seed(0)
            path = Path(d) / "b.npz"
            np.savez(path, **network.encoder_arrays(network.Encoder()))
            args = argparse.Namespace(backbone=path, side=64)
            for arm in ablation.ARMS:
                with self.subTest(arm.name):
                    self.one(arm, args)

    def one(self, arm, args):
        before = ablation.start(1, args.backbone).state_dict()
        before = {k: v.clone() for k, v in before.items()}
        net = ablation.train(arm, 1, FakeData(), args, 3)
        after = net.state_dict()
        moved = lambda k: not torch.equal(before[k], after[k])  # noqa: E731
        self.assertEqual(moved("vessels.out.weight"), arm.vessels)
        self.assertEqual(moved("diseases.head.weight"), arm.diseases)
        self.assertEqual(moved("diseases.guide.weight"), arm.guide > 0)
        self.assertEqual(after["diseases.a"].item() != 0, arm.guide > 0)
        figures = ablation.measure(net, arm, FakeData(), 64)
        self.assertEqual("dice" in figures, arm.vessels)
        self.assertEqual("auc" in figures, arm.diseases)
        self.assertEqual("guide_mean" in figures, arm.guide > 0)

    def test_results_are_kept_and_guarded(self):
        settings = dict(steps=5, side=64, limit=0, backbone="b.npz", weights="w")
        run = lambda arm, seed, **k: dict(arm=dict(name=arm), seed=seed, **k)  # noqa: E731
        runs = [
            run("both", 1, auc=0.8, dice=0.6),
            run("guided", 1, auc=0.81, dice=0.6, a=0.5, guide_mean=0.4, guide_sd=0.1),
        ]
        runs += [
            run("both", 2, auc=0.9, dice=0.7),
            run("guided", 2, auc=0.93, dice=0.7, a=0.5, guide_mean=0.4, guide_sd=0.1),
        ]
        results = dict(settings=settings, runs={f"{r['arm']['name']}-{r['seed']}": r for r in runs})
        text = ablation.table(results)
        self.assertIn("| both | 2 | 0.8500 ± 0.0707 | 0.6500 ± 0.0707 | – | – |", text)
        self.assertIn("| guided − both | 0.0200 ± 0.0141 | 0.0000 ± 0.0000 |", text)
        with tempfile.TemporaryDirectory() as d:
            path = Path(d) / "results.json"
            ablation.save_results(path, results)
            args = argparse.Namespace(side=64, limit=0, backbone=Path("x/b.npz"), weights=Path("w"), steps=None)
            self.assertEqual(ablation.load_results(path, args), results)
            args.steps = 6
            with self.assertRaisesRegex(sets.MissingData, "other settings"):
                ablation.load_results(path, args)


@needs_torch
class OperatingPoints(unittest.TestCase):
    def test_rules_and_order(self):
        rng = np.random.default_rng(1)
        label = np.arange(400) % 4 == 0
        p = np.clip(rng.normal(np.where(label, 0.6, 0.3), 0.12), 0.01, 0.99)
        points = export.operating_points(p, label)
        screening, balanced, specific = (points[k] for k in ("screening", "balanced", "specific"))
        self.assertGreaterEqual(screening["sensitivity"], 0.95)
        self.assertGreaterEqual(specific["specificity"], 0.95)
        self.assertLessEqual(screening["threshold"], balanced["threshold"])
        self.assertLessEqual(balanced["threshold"], specific["threshold"])

    def test_one_odd_photograph_does_not_make_screening_useless(self):
        label = np.arange(100) < 10
        p = np.where(label, 0.9, np.linspace(0.05, 0.5, 100))
        p[0] = 0.001
        at = export.operating_points(p, label)["screening"]
        self.assertGreaterEqual(at["specificity"], 1 / 3 - 1e-5)
        self.assertEqual(at["sensitivity"], 0.9)


@needs_torch
class Chain(unittest.TestCase):
    """RFMiD alone, from ImageNet (here: from nothing) to a weights file, a step a stage."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data, self.work = Path(folder.name) / "data", Path(folder.name) / "work"
        layouts.rfmid(self.data)
        layouts.drive(self.data, [21, 22, 39])
        pace = train.Pace([(0.0, 64, 2)], cuts=2, frozen=0.4, every=3, warm=50, rate=1, negatives=2)
        for target, values in (
            (train, dict(PACES=dict.fromkeys(("cpu", "cuda"), pace), VESSEL_SIDE=64)),
            (backbone, dict(SIZES=[(0.0, 64)], BATCH=2, imagenet=self.imagenet)),
        ):
            patch = mock.patch.multiple(target, **values)
            patch.start()
            self.addCleanup(patch.stop)

    @staticmethod
    def imagenet():
        return {k: torch.from_numpy(v) for k, v in network.encoder_arrays(network.Encoder()).items()}

    def train(self, *more, minutes=1e-6):
        common = [
            "--data",
            str(self.data),
            "--work",
            str(self.work),
            "--minutes",
            str(minutes),
            "--sets",
            "rfmid,drive",
        ]
        return quiet(train.main, [*common, "--backbone-minutes", "1e-6", *more])

    def state(self, name="last.pt"):
        return torch.load(self.work / name, map_location="cpu", weights_only=False)

    def test_rfmid(self):
        # drive's list names more photographs than there are
        with self.assertRaises(SystemExit) as stop:
            self.train()
        self.assertIn("--allow-missing", str(stop.exception))
        self.assertIn("drive train: ", (self.work / "missing.txt").read_text())

        said = self.train("--allow-missing")
        self.assertIn("first stage", said)
        self.assertIn("validation: mean AUC", said)
        state = self.state("vmnet.pt")
        self.assertEqual(state["classes"], published.RFMID_CLASSES)
        self.assertEqual((state["sets"], state["seen"], state["step"]), (["rfmid", "drive"], ["drive", "rfmid"], 1))
        self.assertEqual(state["origin"], "ImageNet, first stage on rfmid")
        self.assertEqual(len((self.work / "log.csv").read_text().splitlines()[-1].split(",")), 9)

        spent = self.state()["spent"]
        said = self.train("--allow-missing", "--validate", "0", minutes=(spent + 1e-3) / 60)
        self.assertIn("resumed at step 1", said)
        self.assertNotIn("first stage", said)
        self.assertGreaterEqual(self.state()["step"], 2)
        self.assertEqual(len((self.work / "log.csv").read_text().splitlines()[-1].split(",")), 7)

        with self.assertRaises(SystemExit) as stop:
            self.train("--allow-missing", "--without", "drive")
        self.assertIn("was trained on other sets", str(stop.exception))
        self.fined()
        self.exported()

    def fined(self):
        """The last stage moves the fine path and nothing else."""
        common = ["--data", str(self.data), "--start", str(self.work / "vmnet.pt"), "--work", str(self.work / "fine")]
        with mock.patch.multiple(fine, BATCH=dict(cpu=2, cuda=2), SIDE=64):
            said = quiet(fine.main, [*common, "--minutes", "1e-6", "--allow-missing"])
            self.assertIn("Dice drive", said)
            spent = self.state("fine/last.pt")["spent"]
            said = quiet(fine.main, [*common, "--minutes", str((spent + 1e-3) / 60), "--allow-missing"])
        self.assertIn("resumed at step 1", said)
        before, after = self.state("vmnet.pt"), self.state("fine/vmnet.pt")
        self.assertEqual(after["joint"]["steps"], before["step"])
        self.assertGreaterEqual(after["step"], 2)
        fine_path = tuple(f"vessels.{name}." for name in ("d8", "d4", "stem", "d2a", "d2b", "out"))
        for name, old in before["weights"].items():
            same = torch.equal(old, after["weights"][name])
            learns = name.startswith(fine_path) and not name.endswith(("running_var", "num_batches_tracked"))
            self.assertEqual(same, not learns, name)
        self.styled()
        with self.assertRaises(SystemExit) as stop:
            quiet(fine.main, [*common, "--sets", "hfr", "--allow-missing"])
        self.assertIn("no vessel set is called hfr", str(stop.exception))

    def styled(self):
        """Each set's style learns with all of the decoder, goes on where it was stopped, and is in the biases of what is kept."""
        work = self.work / "styled"
        common = [
            "--data",
            str(self.data),
            "--start",
            str(self.work / "vmnet.pt"),
            "--work",
            str(work),
            "--allow-missing",
        ]
        common += ["--styles", "--layers", "all", "--skeleton", "0.2", "--disc", "128", "--minutes"]
        with mock.patch.multiple(fine, BATCH=dict(cpu=2, cuda=2), SIDE=64):
            said = quiet(fine.main, [*common, "1e-6"])
            self.assertRegex(said, r"Dice drive \S+ \S+\n")
            spent = self.state("styled/last.pt")["spent"]
            said = quiet(fine.main, [*common, str((spent + 1e-3) / 60)])
        self.assertIn("resumed at step 1", said)
        state, kept = self.state("styled/last.pt"), self.state("styled/vmnet.pt")["weights"]
        self.assertGreater(state["averaged"]["d2b"].abs().max().item(), 0)
        moved = kept["vessels.out.bias"] - state["ema"]["vessels.out.bias"]
        self.assertTrue(torch.allclose(moved, state["averaged"]["out"].mean(0), atol=1e-6))
        self.assertEqual(kept.keys(), self.state("vmnet.pt")["weights"].keys())

    def exported(self):
        out = self.work / "v.safetensors"
        said = quiet(
            export.main,
            [
                "--data",
                str(self.data),
                "--checkpoint",
                str(self.work / "fine/vmnet.pt"),
                "--out",
                str(out),
                "--allow-missing",
            ],
        )
        self.assertIn("tortuous vessels: not calibrated", said)
        net, meta = export.load_weights(out)
        self.assertEqual([c["name"] for c in meta["classes"]], published.RFMID_CLASSES)
        self.assertEqual(net.diseases.head.out_features, 29)
        self.assertEqual(meta["trained"]["sets"], ["rfmid", "drive"])
        self.assertEqual(meta["trained"]["steps"], self.state("vmnet.pt")["step"])
        self.assertGreaterEqual(meta["trained"]["fine"]["steps"], 2)
        self.assertLess(len(json.dumps(meta)), 1 << 16)

    def test_no_start_from_weights_that_saw_what_is_left_out(self):
        self.work.mkdir()
        old = dict(weights=network.VMNet(8).state_dict(), step=3, minutes=1.0, origin="x")
        torch.save(old, self.work / "old.pt")
        with self.assertRaises(SystemExit) as stop:
            self.train("--allow-missing", "--without", "idrid", "--start", str(self.work / "old.pt"))
        self.assertIn("has been trained on idrid", str(stop.exception))


if __name__ == "__main__":
    unittest.main()
