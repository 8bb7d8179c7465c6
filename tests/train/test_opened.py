"""The encoder opened, more pixels, macular oedema. Needs PyTorch and the rest of weights/train/requirements.txt."""

import contextlib
import importlib.util
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import layouts
import numpy as np

import data as sets  # isort: skip

NEEDED = ("torch", "safetensors", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import oedema
    import opened
    import opened_data
    import pixels
    import torch
    from guides import areas
    from network import VMNet, even_scales
    from sklearn.metrics import cohen_kappa_score

WHY = f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)"
DR = 1  # among the classes


def start(_=None):
    torch.manual_seed(1)
    net = VMNet(8).eval()
    net.diseases.a.data.fill_(0.5)
    even_scales(net.encoder.modules())
    return opened.Graded(net).eval()


@unittest.skipIf(LACKING, WHY)
class Labels(unittest.TestCase):
    def test_a_grade_answers_four_questions_as_far_as_it_is_said(self):
        for name, row, want in (
            ("eyepacs", dict(dr_grade="0"), [0, 0, 0, 0]),
            ("idrid", dict(dr_grade="3"), [1, 1, 1, 0]),
            ("aptos_subset", dict(dr_grade="3"), [-1, -1, 1, 0]),
            ("tvhl", dict(dr="0"), [0, 0, 0, 0]),
            ("tvhl", dict(dr="NPDR"), [1, -1, -1, 0]),
            ("tvhl", dict(dr="PDR"), [1, 1, 1, 1]),
            ("odir5k", dict(D="1", keywords="moderate non proliferative retinopathy"), [1, 1, 0, 0]),
            ("odir5k", dict(D="1", keywords="laser spot"), [1, -1, -1, -1]),
            ("odir5k", dict(D="0", keywords="normal fundus"), [0, 0, 0, 0]),
            ("hygd", dict(glaucoma="1"), [-1, -1, -1, -1]),
        ):
            self.assertEqual(opened_data.grade_answers(name, row), want, (name, row))

    def test_stretched_photographs_follow_their_patients_part(self):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            part = {r["filename"]: r["split"] for r in sets.table(sets.SPLITS / "eyepacs.csv")}
            rows = [(name, "", i % 3) for i, name in enumerate(sorted(part)[:40])]
            layouts.eyepacs(data, rows, "eyepacs256", "eyepacs256")
            for split in ("train", "val", "test"):
                items, problems = opened_data.stretched_rows(data, opened_data.STRETCHED, split)
                self.assertEqual(
                    ({p.name for p, _ in items}, problems), ({n for n, *_ in rows if part[n] == split}, [])
                )

    def test_a_part_is_read_once(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            work = Path(folder)
            names = [n for n, s in map(dict.values, sets.table(sets.SPLITS / "eyepacs.csv")) if s == "val"]
            layouts.eyepacs(work, [(n, "good", i % 5) for i, n in enumerate(names)])
            s = next(s for s in opened_data.chosen() if s.name == "eyepacs")
            first = opened_data.Part(work, work, s, "val", 32)
            with mock.patch.object(sets, "read_disease", side_effect=AssertionError):
                again = opened_data.Part(work, work, s, "val", 32)
        self.assertTrue(np.array_equal(first.x, again.x) and first.x.shape == (len(names), 32, 32, 3))
        self.assertTrue((again.labels[:, 8 + opened_data.REFERABLE] == (again.grades >= 2)).all())
        self.assertLess(len(set(again.patients)), len(names))


@unittest.skipIf(LACKING, WHY)
class Opened(unittest.TestCase):
    def test_at_the_start_each_question_is_answered_as_retinopathy_is(self):
        with torch.no_grad():
            z = start()(torch.randn(2, 3, 64, 64))
        self.assertEqual(tuple(z.shape), (2, 12))
        self.assertLess((z[:, 8:] - z[:, DR : DR + 1]).abs().max().item(), 1e-5)

    def test_only_what_is_open_learns(self):
        net = start()
        opt = opened.optimiser(net, SimpleNamespace(from_block=11, rate=1e-3))
        before = {k: v.clone() for k, v in net.state_dict().items()}
        for g in opt.param_groups:
            g["lr"] = 1e-3
        loss = opened.loss_of(net(torch.randn(2, 3, 64, 64)), torch.ones(2, 12))
        opened.steps.descend(net, opt, loss)
        moved = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
        still = {k for k in moved if not k.startswith(("net.encoder.blocks.", "net.diseases.", "grade."))}
        self.assertEqual(still, set())
        self.assertEqual({int(k.split(".")[3]) for k in moved if ".blocks." in k}, set(range(11, 16)))
        self.assertFalse([k for k in moved if k.endswith("norm.weight") or "running" in k])

    def test_what_is_not_known_teaches_nothing(self):
        z, y = torch.zeros(2, 12, requires_grad=True), torch.full((2, 12), -1.0)
        y[0, 3], y[1, 9] = 1, 0
        opened.loss_of(z, y).backward()
        self.assertEqual(set(map(tuple, z.grad.nonzero().tolist())), {(0, 3), (1, 9)})

    def test_kappa_under_weights_is_that_of_repeated_photographs(self):
        rng = np.random.default_rng(0)
        a, b = rng.integers(0, 5, 60), rng.integers(0, 5, 60)
        weight = np.r_[np.ones((1, 60)), rng.integers(0, 3, (3, 60))]
        for w, got in zip(weight, opened.kappa(a, b, weight), strict=True):
            i = np.repeat(np.arange(60), w.astype(int))
            self.assertAlmostEqual(got, cohen_kappa_score(a[i], b[i], weights="quadratic"))

    def test_a_grade_ends_at_the_first_no(self):
        z = np.zeros((3, 12))
        z[:, 8:] = [[1, 1, -1, 1], [-1, 1, 1, 1], [1, 1, 1, 1]]
        self.assertEqual(opened.grade_from(z).tolist(), [2, 0, 4])

    def test_the_whole_run_goes_on_where_it_was_stopped_and_is_measured(self):
        def part(work, data, s, split):
            rng = np.random.default_rng(len(s.name))
            side, grades = 32 if s.name == "eyepacs256" else 64, np.arange(10) % 5
            labels = np.c_[np.arange(10)[:, None] % 2 == np.arange(8) % 2, grades[:, None] >= opened_data.GRADES]
            return SimpleNamespace(
                name=f"{s.name}-{split}",
                x=rng.integers(0, 255, (10, side, side, 3), np.uint8),
                labels=labels.astype(np.float32),
                grades=grades,
                patients=np.arange(10).astype(str),
            )

        ticks = iter(range(10**6))
        patches = (
            mock.patch.object(opened, "Part", part),
            mock.patch.object(opened, "released", start),
            mock.patch.object(sets, "SIDE", 64),
            mock.patch.object(opened, "clock", lambda _: next(ticks)),
        )
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            for p in patches:
                stack.enter_context(p)
            out = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            args = ["--data", folder, "--work", folder, "--side", "64"]
            opened.main([*args, "--minutes", "0.04"])  # by the clock above two or three steps
            opened.main([*args, "--minutes", "0.08"])
            table = (Path(folder) / "table.md").read_text()
        said = out.getvalue()
        self.assertIn("resumed at step", said)
        self.assertIn("validation, step 0, 0.0 min: odir5k-val referable", said)
        for what in ("| eyepacs test, referable, AUC | 10 (6) |", "| odir5k test, mean of the six, AUC | 10 |"):
            self.assertIn(what, table)
        self.assertEqual({line.count("|") for line in table.splitlines()}, {6})


@unittest.skipIf(LACKING, WHY)
class Pixels(unittest.TestCase):
    def test_a_patient_is_judged_by_a_head_that_has_not_seen_him(self):
        rng = np.random.default_rng(0)
        ill = rng.integers(0, 2, 60)
        patients, y = np.repeat(np.arange(60).astype(str), 2), np.repeat(ill, 2)
        known = np.eye(60)[np.repeat(np.arange(60), 2)]  # who it is, and nothing else
        once = np.ones((1, 120))
        self.assertGreater(areas(pixels.ridge(known, y, 10.0)(known), y, once)[0], 0.95)
        self.assertLess(areas(pixels.crossed(known, y, patients), y, once)[0], 0.65)
        told = np.c_[y + rng.normal(0, 0.3, 120), rng.normal(0, 1, (120, 5))]
        self.assertGreater(areas(pixels.crossed(told, y, patients), y, once)[0], 0.95)

    def test_what_was_seen_is_kept_and_sizes_are_averaged(self):
        paths = [Path(f"{i}.webp") for i in range(6)]
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            read = lambda path, side: np.full((side, side, 3), 10 * int(path.stem), np.uint8)  # noqa: E731
            with mock.patch.object(sets, "read_disease", read):
                first = pixels.seen(Path(folder), start(), "some", paths, 64, False)
            again = pixels.seen(Path(folder), None, "some", paths, 64, False)
        self.assertTrue(np.array_equal(first, again))
        self.assertEqual(first.shape, (6, 1 + 128 + 112 + 320))
        self.assertEqual(pixels.spread(["a"] * 9 + ["b"] * 2, 3).tolist(), [0, 4, 8, 9, 10])
        self.assertEqual(pixels.spread([1, 0, 1], 0).tolist(), [0, 1, 2])
        y, patients = np.arange(6) % 2, np.arange(6).astype(str)
        rows = {(512, False): first, (768, False): np.roll(first, 1, 0), (512, True): -first}
        with mock.patch.object(pixels, "crossed", lambda x, *_: x[:, 0]):
            scores = pixels.scores_of(rows, y, patients)
        said = 1 / (1 + np.exp(-first[:, 0]))
        self.assertTrue(np.allclose(scores["probability, 512"], said))
        self.assertTrue(np.allclose(scores["probability, 512, mirrored too"], 0.5))
        self.assertNotIn("probability, 768, mirrored too", scores)
        lines = pixels.table("some", scores, y, patients)
        self.assertEqual((len(lines), {line.count("|") for line in lines}), (len(scores), {6}))


@unittest.skipIf(LACKING, WHY)
class Oedema(unittest.TestCase):
    def report(self, fovea=True):
        view, disc = dict(x=100, y=100, radius=90), dict(x=150, y=100)
        place = dict(x=100, y=100) if fovea else None
        return dict(
            field_of_view=view, optic_disc=disc, disc_and_cup=dict(disc=None), lesions=dict(fovea=place, valid=True)
        )

    def test_exudates_count_by_their_distance_from_the_fovea(self):
        self.assertEqual(oedema.diameter_of(self.report()), 20)
        maps = [np.zeros((200, 200), np.float32) for _ in oedema.KINDS]
        for ring, x in enumerate((104, 110, 130, 170)):  # 0.2, 0.5, 1.5, 3.5 diameters
            maps[1][:] = 0
            maps[1][100:102, x] = 0.7, 0.2
            found = oedema.measures(self.report(), maps)
            self.assertEqual(found[1, :, 0].nonzero()[0].tolist(), [ring])
            self.assertTrue(np.allclose(found[1, ring, 1:] > 0, [True, True, False]))
            self.assertFalse(found[0].any())
        maps[1][:], maps[1][2, 2] = 0, 1  # out of the field
        self.assertFalse(oedema.measures(self.report(), maps)[1].any())
        maps[1][100, 170] = 0.7  # an unknown place: all of it counts as near
        self.assertAlmostEqual(float(oedema.measures(self.report(fovea=False), maps)[1, 1, 0]), 0.7, places=5)

    def place(self, name, seed, n=80):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, n)
        found = rng.random((n, 2, 4, 4)).astype(np.float32) * 0.3
        found[y == 1, 1, 0, 0] += 0.5
        p = oedema.Place.__new__(oedema.Place)
        p.name, p.test, p.found, p.said = name, np.arange(n) > n // 2, found, rng.random(n)
        p.ill = np.arange(n) % 3 > 0
        p.means, p.patients = rng.random((n, 6)), np.arange(n).astype(str)
        p.labels = {what: y for what in oedema.ASKED[name]}
        return p

    def test_two_sets_teach_and_the_third_is_measured(self):
        places = [self.place(name, i) for i, name in enumerate(oedema.ASKED)]
        scores, y = oedema.scores_of(places[0], places[1:], "oedema"), places[0].labels["oedema"]
        once = np.ones((1, len(y)))
        found = {way: areas(z, y, once)[0] for way, z in scores.items()}
        for way in ("highest probability of a hard exudate", "rings, taught elsewhere"):
            self.assertGreater(found[way], 0.95, way)
        self.assertLess(found["probability of retinopathy"], 0.7)
        text = oedema.table(places).splitlines()
        self.assertEqual({line.count("|") for line in text}, {11})
        self.assertEqual(len(text), 2 + 4 * len(scores))
        once = [line.split("|")[6].strip() for line in text if "probability of retinopathy |" in line]
        self.assertEqual(once[1:], [""] * 4)


if __name__ == "__main__":
    unittest.main()
