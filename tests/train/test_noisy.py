"""Labels that heads contradict. Needs PyTorch and the rest of weights/train/requirements.txt."""

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
    import noisy
    import steady_data
    import torch
    from test_steady import part, vmnet

NORMAL, DR = sets.CLASSES.index("normal"), sets.CLASSES.index(sets.DR)


def pool(**more):
    """Three patients of ODIR, both eyes, and two of EyePACS, one of them known from kaggle4's, too."""
    grades = np.array([0, 1, 0, 0, -1, 2, 0, 1, 1])
    labels = np.zeros((9, 12), np.float32)
    labels[:, DR] = grades != 0
    labels[:, NORMAL] = (grades == 0) & (np.arange(9) < 6)
    labels[:, 8:] = grades[:, None] >= np.arange(1, 5)
    labels[4, 8:] = 1, -1, -1, -1
    part = ["odir5k"] * 6 + ["eyepacs"] * 2 + ["kaggle4"]
    patient = [
        "odir5k 1",
        "odir5k 1",
        "odir5k 2",
        "odir5k 2",
        "odir5k 3",
        "odir5k 3",
        "eyepacs 5",
        "eyepacs 6",
        "eyepacs 6",
    ]
    parts = dict.fromkeys(part)
    return SimpleNamespace(
        labels=labels,
        grades=grades,
        set=np.array(part),
        patient=np.array(patient),
        parts=parts,
        counts=np.ones(9),
        **more,
    )


def read(labels):
    """What heads read, made up: it tells the labels, and much else."""
    x = np.random.default_rng(1).normal(size=(len(labels), 560)).astype(np.float32)
    x[:, :12] += labels
    return x


def listed(work, data, s, split):
    """As test_steady's, of half as many patients, with names."""
    p = part(work, data, s, split)
    p.paths, p.patients = [Path(f"{i}.png") for i in range(10)], p.patients.astype(int) // 2
    return p


def seen(args, net, name, split, most):
    p = part(None, None, SimpleNamespace(name=name), split)
    eight, four = np.split(p.labels, [8], 1)
    patients = np.array([f"{name} {v}" for v in p.patients])
    return SimpleNamespace(x=read(p.labels), labels=eight, answers=four, grades=p.grades, patients=patients)


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Noisy(unittest.TestCase):
    def test_half_a_grade_goes_to_its_neighbours(self):
        p = pool()
        soft, n = noisy.softened(p), noisy.NEIGHBOUR
        np.testing.assert_allclose(soft[0, 8:], [n, 0, 0, 0])
        np.testing.assert_allclose(soft[1, 8:], [1 - n, n, 0, 0])
        np.testing.assert_allclose(soft[5, 8:], [1, 1 - n, n, 0])
        np.testing.assert_allclose(soft[:2, DR], [n, 1 - n])
        np.testing.assert_array_equal(soft[4], p.labels[4])
        np.testing.assert_array_equal(
            np.delete(soft, [DR, 8, 9, 10, 11], 1), np.delete(p.labels, [DR, 8, 9, 10, 11], 1)
        )

    def test_what_the_heads_contradict(self):
        p, chance = pool(), np.full((9, 12), 0.5)
        chance[0, NORMAL], chance[1, 8], chance[6, 8], chance[8, 9] = 0.04, 0.07, 0.97, 0.93
        chance[4, 8] = 0.01  # its grade is not said
        found = noisy.kinds(p, chance)
        self.assertEqual(np.flatnonzero(noisy.contradicted(found, 0.1)).tolist(), [0, 1, 6, 8])
        self.assertEqual(np.flatnonzero(noisy.contradicted(found, 0.05)).tolist(), [0, 6])
        instead = noisy.others_instead(p, found, noisy.contradicted(found, 0.1), 1)
        self.assertFalse((instead & noisy.contradicted(found, 0.1)).any())
        self.assertEqual(instead.sum(), 1)  # no label but "normal" is there twice

    def test_the_fellow_eye_is_of_the_same_patient_and_set(self):
        self.assertEqual(noisy.fellows(pool()).tolist(), [1, 0, 3, 2, 5, 4, -1, -1, -1])

    def test_both_forms_of_a_patient_are_in_one_fold(self):
        fold = noisy.Pool.fold(pool(), 1)
        self.assertEqual(fold[7], fold[8])

    def test_shares_count(self):
        """Where two photographs that look alike are called both, the head says what the weightier one is called."""
        rng = np.random.default_rng(1)
        x = np.repeat(rng.normal(size=(200, 560)).astype(np.float32), 2, 0)
        y = np.tile(np.float32([[1] * 8, [0] * 8]), (200, 1))
        share = np.tile(np.float32([[1] * 8, [0.25] * 8]), (200, 1))
        chance = torch.sigmoid(torch.from_numpy(noisy.linear(x, y, share)(x))).numpy()
        np.testing.assert_allclose(chance, 0.8, atol=0.02)
        head = grade.fit(x, y[:, :4], 1, share[:, :4])
        self.assertGreater(grade.told(head, x).min(), 0)
        self.assertLess(abs(grade.told(grade.fit(x, y[:, :4], 1), x).mean()), 0.1)

    def test_the_whole_run(self):
        patches = (
            mock.patch.object(noisy, "Part", listed),
            mock.patch.object(noisy, "means", lambda args, nets, p: read(p.labels)),
            mock.patch.object(grade, "Seen", seen),
            mock.patch.object(late, "released", lambda *_: SimpleNamespace(net=vmnet())),
            mock.patch.object(steady_data, "released", lambda _: None),
        )
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            for p in patches:
                stack.enter_context(p)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            noisy.main(["--data", folder, "--work", folder, "--seeds", "1"])
            noisy.main(["--data", folder, "--work", folder, "--seeds", "1,2", "--without", "eyepacs,kaggle4"])
            every, some = ((Path(folder) / f"{n}.md").read_text() for n in ("noisy", "noisy-eyepacs-kaggle4"))
            self.assertTrue((Path(folder) / "doubted-odir5k-normal-not-normal.png").is_file())
        for what in (
            "| odir5k, normal | 5 | not normal |",
            "| idrid, grade 0 | 2 | retinopathy |",
            "| odir5k, test, mean of the six, AUC | 10 |",
            "| eyepacs, test, grade 2 and above by the grade, AUC | 10 (6) |",
        ):
            self.assertIn(what, every)
        self.assertIn("| eyepacs, grade 1 |", every)
        self.assertNotIn("| eyepacs, grade 1 |", some)
        self.assertIn("| kaggle4, train, left out, quadratic kappa | 10 |", some)


if __name__ == "__main__":
    unittest.main()
