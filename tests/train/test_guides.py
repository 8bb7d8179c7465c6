"""Groups of guides by structures. Needs PyTorch and the rest of weights/train/requirements.txt."""

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
    import guides
    import guides_data
    import torch
    from network import VMNet
    from sklearn.metrics import roc_auc_score

META = dict(lesions=[dict(kind="haemorrhages"), dict(kind="soft-exudates")], classes=[{}] * 8)
MAPS = 9  # vessels; arteries, veins; disc, cup; two kinds of lesions, mean and highest


def seen(n=3, grid=4):
    torch.manual_seed(0)
    return dict(
        e16=torch.randn(n, 112, grid, grid),
        e32=torch.randn(n, 320, grid // 2, grid // 2),
        d16=torch.randn(n, 48, grid, grid),
        maps=torch.rand(n, MAPS, grid, grid),
    )


def released():
    torch.manual_seed(1)
    net = VMNet(8).eval()
    net.diseases.a.data.fill_(0.5)
    return net


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Decoder(unittest.TestCase):
    def decoder(self, arm):
        return guides.decoder(arm, released().diseases, META, torch.zeros(MAPS), torch.ones(MAPS)).eval()

    def test_every_arm_begins_as_the_released_network(self):
        x, net = seen(), released()
        vessels = torch.logit(x["maps"][:, :1]).repeat_interleave(16, 2).repeat_interleave(16, 3)
        with torch.no_grad():
            want = net.heads([None, None, None, x["e16"], x["e32"]], vessels, x["d16"])["logits"]
            for arm in guides.ARMS:
                (got,) = self.decoder(arm)(x)
                self.assertLess((got - want).abs().max().item(), 1e-5, arm.name)

    def test_a_group_multiplies_its_own_features_and_can_be_switched_off_alone(self):
        x, net = seen(), self.decoder(guides.ARMS[5])
        with torch.no_grad():
            on = net(x)[0]
            for group in net.groups.values():
                group.conv.bias[1] = 2.0
            both, no_discs, none = net(x, ((), ("discs",), guides.GROUPS))
            self.assertLess((none - on).abs().max().item(), 1e-6)
            self.assertGreater((both - no_discs).abs().max().item(), 1e-3)
            net.groups["discs"].a.fill_(0)
            self.assertLess((net(x)[0] - no_discs).abs().max().item(), 1e-6)
            net.head.weight[:, 1 :: guides.CHANNELS] = 0  # the features of the channel that says something
            self.assertLess((net(x)[0] - net(x, (guides.GROUPS,))[0]).abs().max().item(), 1e-6)

    def test_structures_are_averaged_over_the_cells_of_the_guide(self):
        vessels, arteries, lesions = (torch.full((1, n, 32, 32), -20.0) for n in (1, 1, 2))
        structures = torch.full((1, 2, 8, 8), -20.0)
        vessels[:, :, :16, 16:24], arteries[:, :, :8] = 20, 20
        structures[:, 1, 4:6, :4], lesions[:, 1, 31, 31] = 20, 20
        maps = guides_data.maps_of(vessels, arteries, structures, lesions)
        self.assertEqual(tuple(maps.shape), (1, MAPS, 2, 2))
        self.assertEqual(sum(guides.places_of(META).values(), []), list(range(MAPS)))
        self.assertEqual(tuple(guides.places_of(META)), guides.GROUPS)
        told = dict(
            zip(sum(guides_data.map_names(META).values(), []), maps[0].double().round(decimals=4).tolist(), strict=True)
        )
        self.assertEqual(told["vessels"], [[0, 0.5], [0, 0]])
        self.assertEqual((told["arteries"], told["veins"]), ([[0, 0.25], [0, 0]],) * 2)
        self.assertEqual((told["disc"][1][0], told["cup"][1][0]), (0, 0.5))
        self.assertEqual(told["soft-exudates"][1][1], round(1 / 256, 4))
        self.assertEqual(told["soft-exudates, highest"], [[0, 0], [0, 1]])

    def test_what_a_structure_tells_is_learnt_from_its_own_map_alone(self):
        """Glaucoma is where the disc is drawn at all, which no feature knows."""
        said = {}
        for arm in (guides.ARMS[2], guides.ARMS[3], guides.ARMS[6]):
            start = released().diseases, META, torch.zeros(MAPS), torch.full((MAPS,), 0.3)
            student, rng = guides.Student(arm, *start), np.random.default_rng(0)
            for step in range(80):
                x, labels = self.told(rng)
                guides.one_step(student.net, student.opt, student.ema, x, labels, arm, 1, step)
            x, labels = self.told(rng, 64)
            if arm.shuffled:
                x["maps"] = x["maps"][guides.another(64)]
            with torch.no_grad():
                said[arm.name] = roc_auc_score(labels[:, 2], student.net.eval()(x)[0][:, 2])
        self.assertGreater(said["vessels+discs"], 0.95)
        self.assertLess(max(said["vessels+lesions"], said["shuffled"]), 0.75)

    def told(self, rng, n=16):
        x = {k: v[:1].expand(n, *v.shape[1:]).clone() for k, v in seen(1).items()}
        labels, ill = torch.full((n, 8), -1.0), torch.from_numpy(rng.random(n) < 0.5)
        x["maps"] = torch.from_numpy(rng.random((n, MAPS, 4, 4), np.float32)) * 0.2
        x["maps"][ill, 3] += 0.8
        labels[:, 2] = ill.float()
        return x, labels


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Figures(unittest.TestCase):
    def test_areas_under_weights_are_those_of_repeated_photographs(self):
        rng = np.random.default_rng(0)
        score, label = rng.integers(0, 6, 40).astype(float), rng.integers(0, 2, 40).astype(np.float32)
        weight = np.r_[np.ones((1, 40)), rng.integers(0, 3, (5, 40))]
        for w, got in zip(weight, guides.areas(score, label, weight), strict=True):
            again = np.repeat(np.arange(40), w.astype(int))
            self.assertAlmostEqual(got, roc_auc_score(label[again], score[again]))
        for known in (40, 0):
            nothing = guides.areas(score[:known], np.zeros(known), weight[:, :known])
            self.assertTrue(np.isnan(nothing).all() and len(nothing) == 6)

    def test_eyes_of_a_patient_are_drawn_together(self):
        weight = guides.weights_of(np.array(["a", "b", "a", "c"]))
        self.assertEqual(weight.shape, (1 + guides.DRAWS, 4))
        self.assertTrue((weight[0] == 1).all() and (weight[:, 0] == weight[:, 2]).all())
        self.assertTrue((weight[1:, [0, 1, 3]].sum(1) == 3).all())

    def test_a_difference_and_its_interval(self):
        rng, n = np.random.default_rng(0), 200
        y = np.full((n, 8), -1, np.float32)
        y[:, 2] = rng.random(n) < 0.4
        part = SimpleNamespace(labels=y, weights=guides.weights_of(np.arange(n).astype(str)))
        noise = [rng.normal(0, 1, (n, 8)) for _ in range(2)]
        better = [z + 2 * np.maximum(y, 0) for z in noise]
        value, low, high = guides.apart(better, noise, part, [2])
        self.assertTrue(0.2 < low < value < high < 0.6)
        self.assertEqual(guides.apart(noise, noise, part, [2]), (0, 0, 0))

    def test_the_partner_of_a_shuffled_photograph_is_never_itself(self):
        for n in (2, 3, 10):
            self.assertEqual(sorted(guides.another(n)), list(range(n)))
            self.assertTrue((guides.another(n) != np.arange(n)).all())


class FakeSeer:
    """As Seer, for photographs that are numbers: number 3 of each part is refused."""

    def __init__(self, *_):
        self.meta, self.exact, self.looked = META, released(), 0
        self.shapes = guides_data.shapes_of(META, 64)

    def square(self, path):
        return None if int(path.stem.split("_")[0]) == 3 else float(path.stem.split("_")[0])

    def rows(self, squares, mirrored):
        self.looked += len(squares)
        values = sum(int(np.prod(s)) for s in self.shapes.values())
        return np.stack([np.random.default_rng(int(s) + 99 * mirrored).random(values) for s in squares])


def fake_list(_, s, split, classes=sets.CLASSES, missing=None):
    labels = (np.arange(12)[:, None] % 2 == np.arange(8) % 2).astype(np.float32)
    return [(Path(f"{i}_left.webp"), y) for i, y in enumerate(labels)]


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class All(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)
        for patch in (
            mock.patch.object(guides_data.sets, "disease_list", fake_list),
            mock.patch.object(guides, "Seer", FakeSeer),
            mock.patch.object(guides, "check", lambda *_: None),
            mock.patch.multiple(guides, BATCH=4, DRAWS=20),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def run_it(self, *more):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            guides.main(["--data", str(self.work), "--work", str(self.work), "--steps", "3", "--every", "2", *more])
        return out.getvalue()

    def test_what_was_seen_is_kept(self):
        seer, s = FakeSeer(), sets.DISEASE_SETS[0]
        part = guides_data.Part(self.work, self.work, s, "train", META, limit=10)
        with contextlib.redirect_stdout(io.StringIO()):
            part.fill(seer)
            looked = seer.looked
            again = guides_data.Part(self.work, self.work, s, "train", META, limit=10)
            again.fill(seer)
        self.assertEqual(seer.looked, looked)
        self.assertEqual(list(again.ready()), list(part.ready()))
        numbers = [int(p.stem.split("_")[0]) for p, _ in part.items]
        self.assertEqual([numbers[i] for i in part.refused], [3] if 3 in numbers else [])
        i = part.ready()[2]
        kept = guides_data.taken_apart(again.open(seer.shapes)[[i]], seer.shapes)
        want = seer.rows([numbers[i]], False)[0].astype(np.float16)
        self.assertEqual({k: tuple(v.shape[1:]) for k, v in kept.items()}, dict(seer.shapes))
        self.assertTrue(np.array_equal(np.concatenate([v.numpy().ravel() for v in kept.values()]), want))

    def test_the_whole_experiment_goes_on_where_it_was_stopped(self):
        self.run_it("--seeds", "1", "--mirrored")
        said = self.run_it("--seeds", "1,2", "--mirrored")
        self.assertNotIn("seed 1,", said)
        self.assertIn("seed 2, 3 steps of 4 from {'odir5k': 22, 'airogs_light': 22}", said)
        for what in ("ODIR test, mean of the six", "AIROGS, glaucoma", "| all | ", "| discs, vessels+discs |"):
            self.assertIn(what, said)
        wide = [line for line in said.splitlines() if line.startswith("| what |") or line.startswith("| ODIR")]
        self.assertEqual({line.count("|") for line in wide}, {len(guides.ARMS) + 5})
        before = (self.work / "scores-1.npz").read_bytes()
        self.assertIn("ODIR test, mean of the six", self.run_it("--seeds", "1,2", "--mirrored", "--table"))
        self.assertEqual((self.work / "scores-1.npz").read_bytes(), before)

    def test_wrong_use_is_refused(self):
        for more, words in ((["--sets", "idrid"], "must hold odir5k"), (["--table"], "No such file")):
            with self.assertRaises(SystemExit) as stop:
                self.run_it(*more)
            self.assertIn(words, str(stop.exception))


if __name__ == "__main__":
    unittest.main()
