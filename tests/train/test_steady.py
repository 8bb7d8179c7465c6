"""The network that teaches itself to stand still. Needs PyTorch and the rest of weights/train/requirements.txt."""

import contextlib
import importlib.util
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import layouts  # noqa: F401  finds weights/train
import numpy as np

import data as sets  # isort: skip

NEEDED = ("torch", "safetensors", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import augment
    import steady
    import steady_data
    import steps
    import torch
    from network import VMNet, even_scales

WHY = f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)"
NAMES = [c for c in sets.CLASSES if c != "normal"]


def vmnet():
    torch.manual_seed(1)
    net = VMNet(8).eval()
    net.diseases.a.data.fill_(0.5)
    even_scales(net.encoder.modules())
    return net


def part(work, data, s, split):
    rng = np.random.default_rng(len(s.name))
    grades = np.arange(10) % 5
    labels = np.c_[np.arange(10)[:, None] % 2 == np.arange(8) % 2, grades[:, None] >= np.arange(1, 5)]
    return SimpleNamespace(
        name=f"{s.name}-{split}",
        x=rng.integers(0, 255, (10, 64, 64, 3), np.uint8),
        labels=labels.astype(np.float32),
        grades=grades,
        patients=np.arange(10).astype(str),
    )


@unittest.skipIf(LACKING, WHY)
class Steady(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(sets, "SIDE", 64))
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)  # layers this small only wait for one another

    def test_what_is_kept_of_a_view_tells_what_the_network_tells(self):
        net, y = steady_data.Steady(vmnet()).eval(), torch.rand(2, 3, 64, 64)
        with mock.patch.object(steps, "has_bf16", lambda device: False), torch.no_grad():
            got = net(steady_data.apart(steady_data.rows_of(net, [y])))
            want = net.net(steps.network_input(y))["logits"]
        self.assertLess((got - want).abs().max().item(), 0.01)

    def test_the_views_of_a_photograph_come_in_order(self):
        steps.seed_all(1)
        x = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
        y = steady_data.views(x)
        plain = x.permute(0, 3, 1, 2) / 255
        self.assertEqual(len(y), 2 * steady_data.VIEWS)
        self.assertTrue(torch.equal(steady.pair(y)[0::2], plain) and torch.equal(steady.pair(y)[1::2], plain.flip(3)))
        self.assertTrue(all((v >= 0).all() and (v <= 1).all() for v in y))

    def test_colours_of_another_come_by_a_share_and_the_surround_stays(self):
        torch.manual_seed(1)
        y, other = 0.3 + 0.1 * torch.rand(2, 3, 64, 64), 0.6 + 0.2 * torch.rand(2, 3, 64, 64)
        y[:, :, :8] = 0.01
        for change in augment.amplitudes, augment.statistics:
            share = lambda part: mock.patch.object(augment, "_u", lambda *a, **k: torch.full((2, 1, 1, 1), part))  # noqa: E731
            with share(0.0):
                self.assertTrue(torch.allclose(change(y, other), y, atol=1e-4), change.__name__)
            with share(1.0):
                z = change(y, other)
            self.assertTrue(torch.equal(z[:, :, :8], y[:, :, :8]), change.__name__)
            self.assertGreater(z[:, :, 16:].mean().item(), 0.5, change.__name__)
        with share(1.0):
            mean, deviation = augment.over_field(augment.statistics(y, other))
        wanted = augment.over_field(other)
        self.assertTrue(torch.allclose(mean, wanted[0], atol=0.01) and torch.allclose(deviation, wanted[1], atol=0.01))

    def test_the_last_two_views_are_replaced_and_turned_as_before(self):
        x = torch.from_numpy(np.random.default_rng(1).integers(60, 200, (3, 64, 64, 3), np.uint8))
        steps.seed_all(5)
        before = steady_data.views(x)
        with mock.patch.dict(steady_data.COLOURS, own=lambda y, theirs: y):
            steps.seed_all(5)
            same = steady_data.mixed(x, "own")
        self.assertTrue(torch.equal(same, before.unflatten(0, (3, steady_data.VIEWS))[:, 2:].flatten(0, 1)))
        rows, others = np.arange(24).reshape(12, 2), -np.arange(12).reshape(6, 2)
        got = steady_data.with_mixed(rows, others).reshape(3, 4, 2)
        self.assertTrue(
            (got[:, :2] == rows.reshape(3, 4, 2)[:, :2]).all() and (got[:, 2:] == others.reshape(3, 2, 2)).all()
        )

    def test_only_what_is_open_learns(self):
        for first, blocks in ((16, set()), (14, {14, 15})):
            net = steady_data.Steady(vmnet()).eval()
            opt = steady.optimiser(net, first, 1e-3)
            before = {k: v.clone() for k, v in net.state_dict().items()}
            steps.descend(net, opt, net(net.see(torch.rand(2, 3, 64, 64))).square().mean())
            moved = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
            self.assertEqual({int(k.split(".")[3]) for k in moved if ".blocks." in k}, blocks)
            self.assertEqual({k for k in moved if not k.startswith(("decoder.", "net.encoder.blocks."))}, set())
            self.assertTrue({"decoder.features.weight", "decoder.head.weight"} <= moved)
            self.assertFalse([k for k in moved if "norm.weight" in k or "running" in k])

    def test_the_loss_is_least_where_the_teacher_is_repeated(self):
        t, labels, cuts = torch.tensor([[0.5] * 8, [-3.0] * 8]), torch.full((2, 8), -1.0), torch.linspace(-3, 0, 8)
        z = t.repeat_interleave(steady_data.VIEWS, 0)
        loss = lambda z: steady.loss_of(z, t, labels, cuts, (1, 0.02, 0.1, 2)).item()  # noqa: E731
        self.assertTrue(all(loss(z) < loss(z + d) for d in (0.3, -0.3)))

    def test_a_share_lies_between_both_networks(self):
        a, b = (dict(w=torch.full((2,), v), n=torch.tensor(n)) for v, n in ((1.0, 3), (5.0, 7)))
        self.assertEqual(steady.between(a, b, 0.25)["w"].tolist(), [2, 2])
        self.assertTrue(all(torch.equal(v, b[k]) for k, v in steady.between(a, b, 1.0).items()))

    def test_a_set_that_is_unlabelled_teaches_no_label(self):
        def uneven(*args):
            p = part(*args)
            p.labels[1:, :8] = 0
            return p

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(steady_data, "Part", uneven):
            args = dict(work=Path(folder), data=None, photographs=0, seed=1)
            known, x = {}, {}
            for names in ([], ["odir5k"]):
                learnt = steady_data.Learnt(SimpleNamespace(**args, unlabelled=names), None)
                x[len(names)], labels = learnt.sampler(1).draw(200)
                known[len(names)] = (labels >= 0).any(1).float().mean().item()
        self.assertTrue(torch.equal(x[0], x[1]))  # what is kept of their views stays theirs
        self.assertEqual(known[0], 1)
        self.assertTrue(0.3 < known[1] < 0.8)

    def test_cuts_of_the_student_find_as_many(self):
        rng = np.random.default_rng(0)
        z, other, cuts = rng.normal(0, 1, (40, 8)), rng.normal(1, 2, (40, 8)), np.linspace(-9, 12, 8)
        at = steady_data.same_share(z, other, cuts)
        self.assertEqual((z >= at).sum(0).tolist(), (other >= cuts).sum(0).tolist())
        self.assertEqual(((other >= cuts).sum(0)[[0, -1]]).tolist(), [40, 0])

    def test_findings_change_with_any_class_but_normal(self):
        still = -np.ones((3, 8))
        z = {way: still.copy() for way in steady_data.WAYS}
        z["mirrored"][0, sets.CLASSES.index("normal")] = 1
        z["mirrored"][2, sets.CLASSES.index(NAMES[-1])] = 1
        moved = steady_data.changed(z, np.arange(3), np.zeros(8))
        self.assertEqual(moved.pop("mirrored").tolist(), [False, False, True])
        self.assertFalse(np.any([*moved.values()]))

    def test_the_whole_run_goes_on_where_it_was_stopped_and_is_measured(self):
        ticks = iter(range(10**6))
        patches = (
            mock.patch.object(steady_data, "Part", part),
            mock.patch.object(steady, "released", lambda _: steady_data.Steady(vmnet()).eval()),
            mock.patch.object(steady, "cuts_of", lambda _: np.zeros(8, np.float32)),
            mock.patch.object(steady, "clock", lambda _: next(ticks)),
            mock.patch.object(steady_data, "CHUNK", 4),
        )
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            for p in patches:
                stack.enter_context(p)
            out = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            args = [
                "--data",
                folder,
                "--work",
                folder,
                "--photographs",
                "8",
                "--from-block",
                "15",
                "--colours",
                "statistics",
            ]
            steady.main([*args, "--steps", "1", "--minutes", "0"])
            seen = {p.name: p.stat().st_mtime_ns for p in Path(folder).glob("*.npy")}
            steady.main([*args, "--steps", "2", "--minutes", "0.04"])  # by the clock above two or three steps
            table = (Path(folder) / "table.md").read_text()
            again = {p.name: p.stat().st_mtime_ns for p in Path(folder).glob("*.npy")}
            state = torch.load(Path(folder) / "steady.pt", weights_only=False)
        self.assertIn("resumed at step 1", out.getvalue())
        self.assertEqual(again, seen)
        self.assertFalse(state["still"])
        self.assertGreater(state["steps"], 2)
        for what in ("| all, turned by 90°, other findings | 50 |", "| odir5k, mean of the six, AUC | 10 |"):
            self.assertIn(what, table)
        self.assertEqual({line.count("|") for line in table.splitlines()}, {6})
