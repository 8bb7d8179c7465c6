"""The evaluation on photographs whose truth is known: phantoms, and statistics against values worked out by hand."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import stats as st

ROOT = Path(__file__).resolve().parents[2]


class Statistics(unittest.TestCase):
    def test_auc_with_ties(self):
        self.assertEqual(st.auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]), 1.0)
        self.assertEqual(st.auc([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1]), 0.5)
        self.assertEqual(st.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75)
        self.assertTrue(np.isnan(st.auc([1, 2], [1, 1])))

    def test_histogram_auc_agrees(self):
        rng = np.random.default_rng(0)
        bins, label = rng.integers(0, 50, 2000), rng.integers(0, 2, 2000)
        hist = [np.bincount(bins[label == v], minlength=50) for v in (1, 0)]
        self.assertAlmostEqual(st.histogram_auc(*hist), st.auc(bins, label), places=12)

    def test_dice_and_sensitivity(self):
        self.assertEqual(st.dice(2, 1, 1), 2 / 3)
        score, label = np.arange(40) / 40, np.array([0] * 20 + [1] * 20)
        self.assertEqual(st.sensitivity_at(score, label), 1.0)

    def test_interval_holds_groups_together(self):
        # two groups of equal values: only means of whole groups can come out
        values, groups = np.array([0.0] * 9 + [1.0]), np.array(["a"] * 9 + ["b"])
        low, high = st.interval(groups, lambda i: values[i].mean())
        self.assertEqual([low, high], [0.0, 1.0])


class Lists(unittest.TestCase):
    def run_eval(self, folder, rows):
        (folder / "list.csv").write_text("\n".join(rows) + "\n")
        command = [
            sys.executable,
            ROOT / "tests/eval/eval.py",
            "--data",
            folder,
            "--list",
            folder / "list.csv",
            "--out",
            folder / "eval.json",
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_phantoms(self):
        with tempfile.TemporaryDirectory() as d:
            folder, rows = Path(d), ["photo,vessels,fov,patient,diabetic-retinopathy,glaucoma"]
            for seed in range(3):
                out = folder / str(seed)
                lesions = ["--lesions", "haemorrhages,exudates"] if seed else []
                subprocess.run(
                    [
                        ROOT / "build/native/vmnet",
                        "phantom",
                        "--out",
                        out,
                        "--seed",
                        str(seed),
                        "--side",
                        "600",
                        *lesions,
                    ],
                    check=True,
                )
                rows.append(f"{seed}/phantom.png,{seed}/phantom-vessels.png,,p{seed},{int(seed > 0)},")
            done = self.run_eval(folder, rows)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads((folder / "eval.json").read_text())
            vessels, diseases = result["vessels"][0], result["diseases"][0]
            self.assertEqual((vessels["n"], diseases["n"], diseases["patients"]), (3, 3, 3))
            self.assertGreater(vessels["auc"], 0.9)  # drawn vessels are easy; far above chance
            self.assertEqual([c["id"] for c in diseases["classes"]], ["diabetic-retinopathy"])
            self.assertEqual(diseases["classes"][0]["positives"], 2)

    def test_missing_photographs_are_named(self):
        with tempfile.TemporaryDirectory() as d:
            done = self.run_eval(Path(d), ["photo,glaucoma", "nowhere.png,1"])
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("nowhere.png", done.stderr)

    def test_missing_folder(self):
        done = subprocess.run(
            [sys.executable, ROOT / "tests/eval/eval.py", "--data", "/nonexistent"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertIn("not a folder", done.stderr)


if __name__ == "__main__":
    unittest.main()
