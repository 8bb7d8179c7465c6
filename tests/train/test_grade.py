"""The head that grades diabetic retinopathy. Needs PyTorch and the rest of weights/train/requirements.txt."""

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
    import grade
    import late
    import steady_data
    import torch
    from test_late import network
    from test_steady import part, vmnet

WHY = f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)"


def expit(z):
    return 1 / (1 + np.exp(-z))


@unittest.skipIf(LACKING, WHY)
class Grade(unittest.TestCase):
    def setUp(self):
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)

    def learnable(self, n=9000):
        """Features that tell the grade, far from zero and of small spread; every fifth answer unknown."""
        rng = np.random.default_rng(1)
        grades = rng.integers(0, 5, n)
        x = (rng.normal(3, 0.1, (n, 20)) + 0.1 * grades[:, None]).astype(np.float32)
        y = (grades[:, None] >= np.arange(1, 5)).astype(np.float32)
        y[::5, 2] = grade.UNKNOWN
        return x, y, grades

    def test_it_learns_and_the_file_says_the_same_of_what_is_not_standardised(self):
        x, y, grades = self.learnable()
        head = grade.fit(x, y, 1)
        z = grade.told(head, x)
        self.assertGreater(np.mean((z > 0).sum(1) == grades), 0.85)
        t = {k: v.float().numpy() for k, v in head.tensors().items()}
        weight = t["grade.hidden.weight"].reshape(32, 20) * t["grade.hidden.step"][:, None]
        hidden = np.maximum(x @ weight.T + t["grade.hidden.bias"], 0)
        self.assertLess(np.abs(hidden @ t["grade.weight"].T + t["grade.bias"] - z).max(), 0.1)
        self.assertTrue(np.array_equal(z, grade.told(grade.fit(x, y, 1), x)))

    def test_answers_that_are_not_known_teach_nothing(self):
        x, y, _ = self.learnable(300)
        other = np.where(y == grade.UNKNOWN, -2, y).astype(np.float32)
        self.assertTrue(np.array_equal(grade.told(grade.fit(x, y, 1), x), grade.told(grade.fit(x, other, 1), x)))

    def test_calibration_finds_the_scale_and_the_offset(self):
        rng = np.random.default_rng(2)
        z = rng.normal(0, 3, 20000)
        y = rng.random(20000) < expit(0.5 * z - 1)
        scale, offset = grade.platt(z, y, np.ones(20000))
        self.assertAlmostEqual(scale, 0.5, delta=0.03)
        self.assertAlmostEqual(offset, -1, delta=0.06)

    def test_each_set_counts_alike_however_many_photographs_it_has(self):
        rng = np.random.default_rng(3)
        x = rng.normal(0, 1, (900, 1)).astype(np.float32)
        always = lambda n, share: (np.arange(n)[:, None] < share * n).repeat(4, 1).astype(np.float32)  # noqa: E731
        parts = [SimpleNamespace(x=x[:n], answers=always(n, s)) for n, s in ((800, 0.9), (100, 0.1))]
        with mock.patch.object(grade, "told", lambda head, x: np.zeros((len(x), 4))):
            each = grade.calibrated(None, parts)
        for _, offset in each:
            self.assertAlmostEqual(expit(offset), 0.5, delta=0.02)

    def test_a_grade_is_reached_at_its_cut(self):
        each = [(1.5, -0.4), (2, 0.3), (1, 0), (0.7, -2)]
        block = grade.block_of(each)
        self.assertEqual(block["class"], "diabetic retinopathy")
        for (scale, offset), cut, z in zip(each, block["cuts"], grade.logits_at_cuts(each), strict=True):
            self.assertLess(expit(scale * (z - 0.01) + offset), cut)
            self.assertGreater(expit(scale * (z + 0.01) + offset), cut)

    def test_what_is_given_to_each_grade(self):
        z = np.array([[1, -1, -1, -1], [1, 1, -1, 9], [-1, 9, 9, 9], [1, 1, 1, 1]])
        lines = list(grade.confusion(z, np.array([0, 2, 2, 4]), np.zeros(4)))
        self.assertEqual(
            lines[1:],
            ["| 0 | 1 | 0 | 1 | 0 | 0 | 0 |", "| 2 | 2 | 1 | 0 | 1 | 0 | 0 |", "| 4 | 1 | 0 | 0 | 0 | 0 | 1 |"],
        )

    def test_a_head_that_says_it_has_not_seen_the_patient(self):
        x, y, grades = self.learnable(300)
        patient = np.repeat(np.arange(60).astype(str), 5)
        rows = SimpleNamespace(x=x, y=y, patient=patient)
        seen = []
        with (
            mock.patch.object(grade, "fit", lambda x, y, seed: set(x[:, 0].tolist())),
            mock.patch.object(grade, "told", lambda head, x: seen.append((head, x)) or np.ones((len(x), 4))),
        ):
            keep, at = np.arange(300) >= 30, np.arange(30, 300, 5)
            z = grade.out_of_fold(rows, keep, at, 1)
        self.assertEqual(z.shape, (54, 4))
        self.assertTrue((z == 1).all() and len(seen) == 5)
        where = {v: i for i, v in enumerate(x[:, 0].tolist())}
        for head, asked in seen:
            learnt = {patient[where[v]] for v in head}
            self.assertFalse(learnt & {patient[where[v]] for v in asked[:, 0].tolist()})
            self.assertTrue(all(keep[where[v]] for v in head))

    def test_the_whole_run_writes_figures_and_the_head(self):
        written = []
        patches = (
            mock.patch.object(sets, "SIDE", 64),
            mock.patch.object(grade, "Part", part),
            mock.patch.object(late, "Part", part),
            mock.patch.object(steady_data, "Part", part),
            mock.patch.object(late, "released", network),
            mock.patch.object(steady_data, "released", lambda _: steady_data.Steady(vmnet()).eval()),
            mock.patch.multiple(late, CHUNK=4),
            mock.patch.multiple(grade, CHUNK=4, CALIBRATE=dict(odir5k=5, eyepacs=0), TESTED=dict(eyepacs=3)),
            mock.patch.object(grade.export, "put_head", lambda *a, **k: written.append((a, k))),
        )
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            for p in patches:
                stack.enter_context(p)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            args = ["--data", folder, "--work", folder, "--photographs", "8"]
            grade.main([*args, "--name", "vmnet-x"])
            table = Path(folder, "grade.md").read_text()
            grade.main([*args, "--measure", "--without", "eyepacs"])
            left_out = Path(folder, "grade.md").read_text()
        ((path, head, tensors, name), more) = written[0]
        self.assertEqual((len(written), str(path), head, name), (1, "weights/vmnet.safetensors", "grade", "vmnet-x"))
        self.assertEqual(tensors["grade.hidden.weight"].shape, (32, 1, 1, 560))
        self.assertEqual(sorted(more["grade"]), ["class", "cuts", "offset", "scale"])
        self.assertIn("| eyepacs, test, grade 2 and above, AUC | 10 (6) |", table)
        self.assertNotIn("left out", table)
        self.assertIn("| eyepacs, train, left out, grade, quadratic kappa | 10 |", left_out)
        self.assertEqual({line.count("|") for line in left_out.splitlines()}, {0, 6, 8})


if __name__ == "__main__":
    unittest.main()
