"""Arteries and veins: drawings read, and balanced accuracy of made-up counts."""

import math
import tempfile
import unittest
from pathlib import Path

import artery_vein
import drawn_arteries
import numpy as np
from PIL import Image


def row(counts, ratio=None):
    return dict(counts=[counts, [c // 2 for c in counts]], calibres=dict(valid=ratio is not None, ratio=ratio))


class Pool:
    def __init__(self, rows):
        self.rows = rows

    def map(self, _function, _items, _what):
        return self.rows


class Drawings(unittest.TestCase):
    def test_both_ways_to_draw(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.png"
            Image.fromarray(np.array([[0, 1], [2, 3]], np.uint8)).save(file)
            drive = drawn_arteries.labels(drawn_arteries.Drawn("drive", file, file))
            colours = [[(0, 0, 0), (255, 0, 0)], [(0, 0, 255), (0, 255, 0)]]
            Image.fromarray(np.array(colours, np.uint8)).save(file)
            hrf = drawn_arteries.labels(drawn_arteries.Drawn("hrf", file, file))
        for labels in (drive, hrf):
            self.assertEqual(labels.tolist(), [[0, drawn_arteries.ARTERY], [drawn_arteries.VEIN, 3]])

    def test_what_is_missing_is_said(self):
        missing = []
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(drawn_arteries.items(Path(folder), "val", missing), [])
        self.assertTrue(any("manual_av" in m for m in missing) and any("/av/39.png" in m for m in missing))


class Figures(unittest.TestCase):
    def test_counts_leave_out_crossings_and_what_is_outside(self):
        truth = np.array([[1, 1, 2, 2, 3, 0]])
        called = np.array([[True, False, False, True, True, True]])
        inside = np.array([[True, True, True, True, True, True]])
        self.assertEqual(artery_vein.counts(called, truth, inside), [1, 2, 1, 2])
        inside[0, 1] = False
        self.assertEqual(artery_vein.counts(called, truth, inside), [1, 1, 1, 2])

    def test_both_kinds_weigh_alike(self):
        self.assertEqual(artery_vein.balanced([90, 100, 5, 10]), 0.7)
        self.assertTrue(math.isnan(artery_vein.balanced([1, 2, 0, 0])))

    def test_a_set_is_pooled(self):
        rows = [row([90, 100, 80, 100], 0.7), row([300, 300, 0, 100]), dict(refused="a.png: dark")]
        found = artery_vein.measure(Pool(rows), "drive", [])
        self.assertEqual((found["n"], found["refused"]), (2, ["a.png: dark"]))
        self.assertAlmostEqual(found["balanced"][0], (390 / 400 + 80 / 200) / 2)
        self.assertAlmostEqual(found["mean"][0], (0.85 + 0.5) / 2)
        self.assertEqual((found["least"], found["ratios"]), (0.5, dict(n=1, median=0.7)))
        text = artery_vein.tables([found, dict(set="hrf", n=0, refused=[])])
        self.assertIn("| drive | 2 |", text)
        self.assertIn("drive: a.png: dark", text)


if __name__ == "__main__":
    unittest.main()
