"""Choosing the decision's cuts, on made-up answers. Needs NumPy and Pillow, one test the native library."""

import contextlib
import io
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import layouts  # noqa: F401  finds weights/train
import numpy as np
from PIL import Image

import decide  # isort: skip

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["normal", "glaucoma", "other"]


def meta_of(thresholds=(0.5, 0.5, 0.5), scale=1.0, offset=0.0):
    points = lambda t: {p: dict(threshold=t) for p in decide.POINTS}  # noqa: E731
    return dict(
        gradable_threshold=0.9,
        classes=[
            dict(name=c, scale=scale, offset=offset, threshold=t, points=points(t))
            for c, t in zip(CLASSES, thresholds, strict=True)
        ],
    )


def answers(n=400, seed=0):
    """Every other eye diseased, patients of two eyes; photographs that can be judged score high on every fact."""
    rng = np.random.default_rng(seed)
    sick = np.arange(n) % 2 == 1
    logits = rng.normal(0, 1, (n, 3)) + np.where(sick[:, None], [-1.5, -1.0, -1.0], [1.5, -3.0, -3.0])
    return decide.Answers(
        logits=logits,
        facts=rng.normal(5, 1, (n, len(decide.FACTS))),
        patients=np.array([str(i // 2) for i in range(n)]),
        truths=np.where(sick, "diseased", "healthy").astype(object),
        quality=np.ones(n),
    )


def graded(seed=1):
    """Photographs that learn quality: rejected ones score low on every fact."""
    a = answers(seed=seed)
    a.quality = (np.arange(len(a.quality)) % 4 > 0).astype(float)
    a.facts -= 3 * (1 - a.quality)[:, None]
    return a


def block():
    a, q = answers(), graded()
    return decide.block_of(meta_of(), a, q, [q.take(q.quality == 1)])


class Statistics(unittest.TestCase):
    def test_logistic_regression_finds_the_odds_that_made_the_answers(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(40000, 2)) * [1, 20] + [5, 100]
        p = decide.sigmoid(0.8 * x[:, 0] - 0.05 * x[:, 1] + 1.5)
        weights, offset = decide.logistic(x, rng.random(len(x)) < p)
        self.assertTrue(np.allclose(weights, [0.8, -0.05], rtol=0.1), weights)
        self.assertAlmostEqual(offset, 1.5, delta=0.25)

    def test_even_weights_let_a_rare_answer_count_as_much(self):
        y = np.array([1, 0, 0, 0])
        w = decide.even(y)
        self.assertAlmostEqual(w[y == 1].sum(), w[y == 0].sum())

    def test_log_sum_exp_of_large_logits(self):
        self.assertTrue(
            np.allclose(decide.log_sum_exp(np.array([[1000.0, 1000.0], [-1000.0, -1001.0]])), [1000.69315, -999.68674])
        )


class Truth(unittest.TestCase):
    def of(self, name, labels, **row):
        return decide.truth(name, np.array(labels), CLASSES, row)

    def test_odir(self):
        self.assertEqual(self.of("odir5k", [1, 0, 0], keywords="normal fundus"), "healthy")
        self.assertEqual(self.of("odir5k", [0, 0, 1], keywords="drusen"), "diseased")
        self.assertEqual(self.of("odir5k", [0, 0, 1], keywords="mild nonproliferative retinopathy"), "mild")
        dusty = "lens dust|mild nonproliferative retinopathy"
        self.assertEqual(self.of("odir5k", [0, 0, 1], keywords=dusty), "mild")
        both = "mild nonproliferative retinopathy|glaucoma"
        self.assertEqual(self.of("odir5k", [0, 1, 1], keywords=both), "diseased")
        more = "moderate non proliferative retinopathy"
        self.assertEqual(self.of("odir5k", [0, 0, 1], keywords=more), "diseased")

    def test_sets_that_label_one_disease_know_no_healthy_eyes(self):
        self.assertEqual(self.of("eyepacs", [-1, 0, -1], dr_grade="0"), "without")
        self.assertEqual(self.of("eyepacs", [-1, 1, -1], dr_grade="1"), "mild")
        self.assertEqual(self.of("eyepacs", [-1, 1, -1], dr_grade="2"), "diseased")
        self.assertIsNone(self.of("eyeq200", [-1, -1, -1], quality="good"))

    def test_quality_says_nothing_of_a_cataract(self):
        names = ["normal", "cataract", "gradable"]
        self.assertEqual(decide.quality_of([0, 1, 1.0], names), -1)
        self.assertEqual(decide.quality_of([1, 0, 0.5], names), 0.5)
        self.assertEqual(decide.quality_of([1, -1, -1], names), 1.0)


class Cuts(unittest.TestCase):
    def test_no_more_of_the_diseased_than_asked_for(self):
        a = answers()
        b = block()
        sick, well = a.truths == "diseased", a.truths == "healthy"
        for point, share in decide.SHARES.items():
            clear = decide.clear(meta_of(), b, a, point)
            self.assertLessEqual(clear[sick].mean(), share)
            self.assertAlmostEqual(clear[sick].mean(), b["points"][point]["diseased"], places=4)
            self.assertAlmostEqual(clear[well].mean(), b["points"][point]["healthy"], places=4)
            self.assertGreater(clear[well].mean(), 0.5)  # they are far apart

    def test_the_points_are_in_order(self):
        at = [block()["points"][p]["evidence_at"] for p in decide.POINTS]
        self.assertEqual(at, sorted(at))

    def test_a_cut_has_room_for_other_patients(self):
        rng = np.random.default_rng(0)
        score, patients = rng.random(200), np.arange(200).astype(str)
        cut = decide.largest_cut(score, np.ones(200, bool), patients, 0.10)
        self.assertTrue(0.03 < (score < cut).mean() < 0.10, (score < cut).mean())

    def test_eyes_that_nothing_can_clear_do_not_count(self):
        score, patients = np.linspace(0, 1, 100), np.arange(100).astype(str)
        far = decide.largest_cut(score, np.zeros(100, bool), patients, 0.05)
        self.assertGreater(far, 1)
        self.assertEqual(decide.largest_cut(score, np.ones(100, bool), patients, 0.0), 0.0)

    def test_a_finding_at_its_cut_or_near_it_is_no_all_clear(self):
        meta, b = meta_of(thresholds=(0.5, 0.5, 0.5)), block()
        logits = np.array([[9.0, -0.1, -9.0], [9.0, 0.0, -9.0], [9.0, -9.0, 2.0], [-9.0, -9.0, -9.0]])
        self.assertEqual(decide.under_cuts(meta, logits, "balanced").tolist(), [True, False, False, True])
        self.assertEqual(decide.under_cuts(meta, logits, "balanced", 0.2).tolist(), [False, False, False, True])
        b["points"]["balanced"] |= dict(evidence_at=99, normal_at=0.5)
        a = answers(4)
        a.logits, a.facts = logits, np.full((4, len(decide.FACTS)), 9.0)
        self.assertEqual(decide.clear(meta, b, a, "balanced").tolist(), [True, False, False, False])

    def test_what_cannot_be_judged_is_no_all_clear(self):
        a, b = answers(), block()
        a.facts -= 20
        self.assertFalse(decide.clear(meta_of(), b, a, "specific").any())


class Quality(unittest.TestCase):
    def setUp(self):
        self.graded, self.dim = graded(), graded(2)
        self.good = self.graded.take(self.graded.quality == 1)
        self.dim = self.dim.take(self.dim.quality == 1)
        self.dim.facts[:, 1] -= 1.5  # a camera that shows fewer vessels
        self.chosen = decide.choose_quality(meta_of(), self.graded, [self.good, self.dim])

    def judged(self, a):
        return decide.judged(meta_of(), self.chosen, a.facts)

    def test_rejected_ones_fall_and_good_ones_of_every_set_pass(self):
        self.assertAlmostEqual(self.judged(self.dim).mean(), decide.KEPT, delta=0.01)
        self.assertGreaterEqual(self.judged(self.good).mean(), decide.KEPT - 0.005)
        self.assertLess(self.judged(self.graded.take(self.graded.quality == 0)).mean(), 0.1)

    def test_what_the_head_refuses_stays_refused(self):
        self.dim.facts[:, decide.HEAD] = decide.logit(0.89)
        self.dim.facts[:, 1:] = 50
        self.assertFalse(self.judged(self.dim).any())


class Whole(unittest.TestCase):
    def test_phantoms_pass_through_the_core(self):
        """Where nothing was rejected the head judges alone; missing photographs are left out on request."""
        names = decide.sets.part("odir5k", "val")[:8] + decide.sets.part("odir5k", "train")[:1]
        with tempfile.TemporaryDirectory() as d:
            data, weights = Path(d) / "data", Path(d) / "w.safetensors"
            (data / "odir5k/images").mkdir(parents=True)
            rows = ["filename,patient,N,D,G,C,A,H,M,O,keywords"]
            for i, name in enumerate(names):
                run = [ROOT / "build/native/vmnet", "phantom", "--out", d, "--seed", i, "--side", 300]
                subprocess.run([str(r) for r in run], check=True)
                Image.open(Path(d) / "phantom.png").convert("RGB").save(data / "odir5k/images" / name, lossless=True)
                sick = i % 2
                rows.append(f"{name},{i},{1 - sick},0,{sick},0,0,0,0,0,{'glaucoma' if sick else 'normal fundus'}")
            (data / "odir5k/labels.csv").write_text("\n".join(rows) + "\n")
            shutil.copy(ROOT / "weights/vmnet.safetensors", weights)
            args = ["--data", str(data), "--weights", str(weights), "--sets", "odir5k", "--jobs", "1"]
            with self.assertRaises(SystemExit), contextlib.redirect_stdout(io.StringIO()):
                decide.main(args)
            with contextlib.redirect_stdout(io.StringIO()) as told:
                decide.main([*args, "--allow-missing"])
            meta = decide.read_file(weights)[1]
            self.assertEqual(set(meta["decision"]), {"normal", "unnamed", "evidence", "points"})
            self.assertEqual(len(meta["decision"]["evidence"]["logits"]), len(meta["classes"]))
            self.assertIn("balanced:", told.getvalue())


class File(unittest.TestCase):
    def test_only_the_metadata_changes(self):
        weights = ROOT / "weights/vmnet.safetensors"
        header, meta, tensors = decide.read_file(weights)
        with tempfile.TemporaryDirectory() as d:
            path = Path(d) / "w.safetensors"
            decide.write_file(path, header, meta | dict(decision=block()), tensors)
            again, new, same = decide.read_file(path)
            self.assertEqual(same, tensors)
            self.assertEqual(
                {k: v for k, v in again.items() if k != "__metadata__"},
                {k: v for k, v in header.items() if k != "__metadata__"},
            )
            self.assertEqual(new["classes"], meta["classes"])
            self.assertEqual(new["decision"], json.loads(json.dumps(block())))
            self.assertEqual((path.stat().st_size - len(tensors)) % 8, 0)
            copy, old = decide.stripped(path, d)
            self.assertNotIn("decision", old)
            self.assertNotIn("decision", decide.read_file(copy)[1])

    def test_the_same_photographs_give_the_same_block(self):
        self.assertEqual(json.dumps(block()), json.dumps(block()))


if __name__ == "__main__":
    unittest.main()
