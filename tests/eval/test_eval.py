"""The evaluation as a whole: on lists, on folders as sets are published, and on folders where something is missing."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def phantom(out, seed, *more, side=600):
    command = [ROOT / "build/native/vmnet", "phantom", "--out", out, "--seed", seed, "--side", side, *more]
    subprocess.run([str(c) for c in command], check=True)


def run_eval(folder, *more):
    command = [sys.executable, ROOT / "tests/eval/eval.py", "--data", folder, "--out", Path(folder) / "eval.json"]
    command += ["--jobs", "1", *more]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


class Lists(unittest.TestCase):
    def run_list(self, folder, rows):
        (folder / "list.csv").write_text("\n".join(rows) + "\n")
        return run_eval(folder, "--list", folder / "list.csv")

    def test_phantoms(self):
        with tempfile.TemporaryDirectory() as d:
            folder, rows = Path(d), ["photo,vessels,fov,patient,diabetic-retinopathy,glaucoma"]
            for seed in range(3):
                phantom(folder / str(seed), seed, *(["--lesions", "haemorrhages,exudates"] if seed else []))
                rows.append(f"{seed}/phantom.png,{seed}/phantom-vessels.png,,p{seed},{int(seed > 0)},")
            done = self.run_list(folder, rows)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads((folder / "eval.json").read_text())
            vessels, diseases = result["vessels"][0], result["diseases"][0]
            self.assertEqual((vessels["n"], diseases["n"], diseases["patients"]), (3, 3, 3))
            self.assertGreater(vessels["auc"][0], 0.9)  # drawn vessels are easy; far above chance
            self.assertGreater(vessels["cl_dice"][0], 0.3)
            self.assertEqual([c["id"] for c in diseases["classes"]], ["diabetic-retinopathy"])
            self.assertEqual(diseases["classes"][0]["positives"], 2)
            text = (folder / "eval.md").read_text()
            for title in ("Diseases", "Operating points and predictive values", "Calibration", "Vessels"):
                self.assertIn(f"## {title}\n", text)

    def test_missing_photographs_are_named(self):
        with tempfile.TemporaryDirectory() as d:
            done = self.run_list(Path(d), ["photo,glaucoma", "nowhere.png,1"])
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("nowhere.png", done.stderr)


class Sets(unittest.TestCase):
    def test_missing_folder(self):
        self.assertIn("not a folder", run_eval("/nonexistent").stderr)

    def test_no_weights(self):
        with tempfile.TemporaryDirectory() as d:
            done = run_eval(d, "--weights", f"{d}/none.safetensors")
            self.assertIn("none.safetensors", done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_what_is_missing_is_listed(self):
        with tempfile.TemporaryDirectory() as d:
            done = run_eval(d, "--sets", "rfmid,drive")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(f"{d}/rfmid is missing", done.stderr)
            self.assertIn(f"{d}/drive", done.stderr)
            self.assertFalse((Path(d) / "eval.json").exists())

    def test_unknown_names(self):
        with tempfile.TemporaryDirectory() as d:
            self.assertIn("no data set is called nonsense", run_eval(d, "--sets", "nonsense").stderr)
            self.assertIn("no part is called nonsense", run_eval(d, "--only", "nonsense").stderr)

    def test_airogs_as_published(self):
        """Four phantoms in AIROGS' folders: too few, so only on request."""
        with tempfile.TemporaryDirectory() as d:
            for seed in range(4):
                folder = Path(d) / "airogs/test" / ("RG" if seed % 2 else "NRG")
                folder.mkdir(parents=True, exist_ok=True)
                phantom(folder / "made", seed, side=300)
                (folder / "made/phantom.png").rename(folder / f"{seed}.png")
            arguments = ["--sets", "airogs", "--only", "diseases,refusals"]
            done = run_eval(d, *arguments)
            self.assertIn("holds 2 of 385 photographs", done.stderr)
            self.assertNotEqual(done.returncode, 0)
            done = run_eval(d, *arguments, "--allow-missing")
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads((Path(d) / "eval.json").read_text())
            self.assertEqual(result["diseases"][0]["set"], "airogs")
            self.assertEqual([(c["n"], c["positives"]) for c in result["diseases"][0]["classes"]], [(4, 2)])
            refusals = {r["source"]: (r["photographs"], r["refused"]) for r in result["refusals"]}
            self.assertEqual(refusals, {"airogs": (4, 0)})


if __name__ == "__main__":
    unittest.main()
