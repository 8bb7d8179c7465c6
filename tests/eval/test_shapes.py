"""Shapes drawn by hand: dilation, skeletons, clDice, heatmaps against regions, covering and shifting."""

import tempfile
import unittest
from pathlib import Path

import explain
import numpy as np
import occlude
import stats as st
from core import ROOT, Core
from PIL import Image
from shapes import centre_line_counts, cl_dice, dilate, disc_mask, skeleton
from shift import shifted
from test_eval import phantom
from turns import CHANGES, figures, hue
from vessels import read_mask


class Turns(unittest.TestCase):
    def test_hue(self):
        rgba = np.array([[[200, 90, 60, 255], [120, 120, 120, 255]]], np.uint8)
        out = hue(rgba, 10)
        self.assertEqual(out[0, 1].tolist(), [120, 120, 120, 255])  # grey has none
        self.assertGreater(out[0, 0, 1], 100)  # red turns to yellow, and back
        self.assertTrue((np.abs(hue(out, -10).astype(int) - rgba) <= 1).all())
        self.assertEqual(hue(rgba, 120)[0, 0].tolist(), [60, 200, 90, 255])

    def test_changes_are_what_they_say(self):
        p = np.arange(12, dtype=np.uint8).reshape(1, 3, 4).repeat(2, 0)
        self.assertTrue((CHANGES["mirrored"](p)[0, 0] == p[0, 2]).all())
        self.assertEqual(CHANGES["turned by 90°"](p).shape, (3, 2, 4))
        self.assertTrue((CHANGES["turned by 180°"](p)[0, 0] == p[1, 2]).all())

    def test_figures(self):
        clear, sick = ("no-finding", set(), [0.0, 1.0]), ("refer", {"glaucoma"}, [3.0, 1.0])
        other = ("refer", {"cataract"}, [0.0, 1.0])
        done = [
            (clear, dict.fromkeys(CHANGES, clear)),
            (sick, dict.fromkeys(CHANGES, other)),
            (sick, {"mirrored": clear}),
            (("repeat", set(), [0.0, 0.0]), dict.fromkeys(CHANGES, sick)),  # not judged as it is
            None,
        ]
        rows = {r["change"]: r for r in figures(done)}
        self.assertEqual(rows["mirrored"]["n"], 3)
        self.assertEqual(rows["turned by 90°"]["n"], 2)
        for name, what, share in (
            ("mirrored", "findings", 2 / 3),
            ("mirrored", "answer", 1 / 3),
            ("mirrored", "opposite", 1 / 3),
            ("turned by 90°", "findings", 1 / 2),
            ("turned by 90°", "answer", 0),
        ):
            self.assertAlmostEqual(rows[name][what][0], share, msg=f"{name} {what}")
        self.assertAlmostEqual(rows["mirrored"]["logits"], np.sqrt(18 / 6))


class Masks(unittest.TestCase):
    def test_dilation_is_a_disc(self):
        mask = np.zeros((41, 31), bool)
        mask[20, 15] = True
        for radius in (0, 1, 2.5, 7, 25):
            expected = disc_mask(mask.shape, 15.5, 20.5, radius)
            self.assertTrue((dilate(mask, radius) == expected).all(), radius)

    def test_skeleton_of_a_bar(self):
        mask = np.zeros((30, 60), bool)
        mask[10:17, 5:55] = True
        lines = skeleton(mask)
        self.assertEqual(set(np.flatnonzero(lines.any(1))), {13})  # the middle row
        self.assertTrue(lines.sum() > 40)
        self.assertFalse((lines & ~mask).any())

    def test_skeleton_is_thin_on_the_slant(self):
        mask = np.zeros((60, 60), bool)
        for i in range(50):
            mask[i + 3 : i + 8, i + 2 : i + 6] = True
        lines = skeleton(mask)
        self.assertLessEqual(lines.sum(1).max(), 2)
        self.assertLessEqual(lines.sum(), 60)

    def test_a_ring_stays_a_ring(self):
        ring = disc_mask((80, 80), 40, 40, 30) & ~disc_mask((80, 80), 40, 40, 22)
        lines = skeleton(ring)
        angle = np.arctan2(*(np.argwhere(lines) - 39.5).T)
        self.assertEqual(len(np.unique((angle * 10).round())), 63)  # a line in every tenth of a radian


class ClDice(unittest.TestCase):
    def bar(self, rows, columns):
        mask = np.zeros((40, 100), bool)
        mask[rows, columns] = True
        return mask

    def test_thickness_does_not_matter(self):
        thin, thick = self.bar(slice(19, 22), slice(10, 90)), self.bar(slice(15, 26), slice(10, 90))
        self.assertGreater(cl_dice(centre_line_counts(thick, thin)), 0.98)
        self.assertLess(2 * (thin & thick).sum() / (thin.sum() + thick.sum()), 0.5)  # Dice punishes it

    def test_a_gap_costs_its_length(self):
        truth = self.bar(slice(19, 22), slice(10, 90))
        half = self.bar(slice(19, 22), slice(10, 50))
        counts = centre_line_counts(half, truth)
        self.assertEqual(counts[0], counts[1])  # all that is drawn is true
        self.assertAlmostEqual(counts[2] / counts[3], 0.5, delta=0.03)
        self.assertAlmostEqual(cl_dice(counts), 2 / 3, delta=0.03)

    def test_by_hand(self):
        self.assertAlmostEqual(cl_dice(np.array([6, 8, 5, 10])), 2 * 0.75 * 0.5 / 1.25)


class Heatmaps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.place.name)
        phantom(cls.folder, 4, "--lesions", "haemorrhages,exudates")
        cls.lesions = read_mask(cls.folder / "phantom-lesions.png")
        cls.core = Core(ROOT / "weights/vmnet.safetensors", 256)

    @classmethod
    def tearDownClass(cls):
        cls.core.close()
        cls.place.cleanup()

    def test_a_map_on_the_lesions(self):
        region = dilate(self.lesions, 8)
        inside = disc_mask(region.shape, 300, 300, 280)
        share, area, hit, _ = explain.hits(dilate(self.lesions, 2).astype(float), region, inside)
        self.assertEqual((share, hit), (1, True))
        self.assertTrue(0 < area < 0.5)
        share, area, *_ = explain.hits(np.ones(region.shape), region, inside)
        self.assertAlmostEqual(share, area)  # a map that knows nothing
        away = np.where(region, 0.0, 1.0)
        self.assertEqual(explain.hits(away, region, inside)[0], 0)
        self.assertFalse(explain.hits(away, region, inside)[2])
        self.assertIsNone(explain.hits(np.zeros(region.shape), region, inside))

    def test_what_lies_outside_the_field_does_not_count(self):
        region = np.ones((600, 600), bool)
        heat = np.zeros((600, 600))
        heat[0, 0] = 9
        self.assertIsNone(explain.hits(heat, region, disc_mask(heat.shape, 300, 300, 280)))

    def test_summary(self):
        s = explain.summary("x", [[0.4, 0.2, True, False], [0.2, 0.1, False, False], None])
        self.assertEqual((s["n"], s["empty"]), (2, 1))
        self.assertAlmostEqual(s["ratio"][0], 2)
        self.assertEqual(s["hits"][0], 0.5)

    def test_through_the_core(self):
        masks = {"haemorrhages": self.folder / "phantom-lesions.png", "none": None}
        item = (self.folder / "phantom.png", masks, ["diabetic-retinopathy", "normal"], explain.by_half_a_cell)
        found = explain.measure_photo(self.core, item)
        for regions in found["maps"].values():
            self.assertEqual(list(regions), ["haemorrhages"])
            hits = regions["haemorrhages"]
            self.assertTrue(hits is None or 0 <= hits[0] <= 1)

    def test_covering(self):
        rgba = np.asarray(Image.open(self.folder / "phantom.png").convert("RGBA"))
        inside = disc_mask(rgba.shape[:2], 300, 300, 280)
        covered = occlude.cover(rgba, inside, 320, 280, 60)
        disc = disc_mask(inside.shape, 320, 280, 40)
        self.assertEqual(len(np.unique(covered[disc], axis=0)), 1)
        self.assertTrue(
            (covered[~disc_mask(inside.shape, 320, 280, 61)] == rgba[~disc_mask(inside.shape, 320, 280, 61)]).all()
        )
        rng = np.random.default_rng(1)
        for _ in range(50):
            x, y = occlude.elsewhere((300, 300, 280), (320, 280), 70, inside, rng)
            self.assertTrue(np.hypot(x - 320, y - 280) >= 140 and np.hypot(x - 300, y - 300) <= 210.001)

    def test_shifting(self):
        picture = np.arange(5 * 6 * 4, dtype=np.uint8).reshape(5, 6, 4)
        self.assertTrue((shifted(picture, 1, 2)[2:, 1:] == picture[:3, :5]).all())
        self.assertTrue((shifted(picture, -1, 0)[:, :5] == picture[:, 1:]).all())
        self.assertAlmostEqual(st.correlation([1, 2, 3], [2, 4, 6]), 1)


if __name__ == "__main__":
    unittest.main()
