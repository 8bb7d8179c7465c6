"""Statistics against values worked out by hand."""

import math
import unittest
import xml.etree.ElementTree as xml

import calibration as cal
import numpy as np
import stats as st
from chart import reliability_svg
from sklearn.metrics import roc_auc_score
from tables import span, table

SVG = "{http://www.w3.org/2000/svg}"


class Ranking(unittest.TestCase):
    def test_auc_with_ties(self):
        self.assertEqual(st.auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]), 1.0)
        self.assertEqual(st.auc([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1]), 0.5)
        self.assertEqual(st.auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75)
        self.assertTrue(np.isnan(st.auc([1, 2], [1, 1])))
        rng = np.random.default_rng(1)
        for n, levels in ((5, 3), (200, 7), (200, 10**6)):
            score, label = rng.integers(0, levels, n) / 7, np.arange(n) % 3 == 0
            self.assertAlmostEqual(st.auc(score, label), roc_auc_score(label, score), places=12)

    def test_histogram_auc_agrees(self):
        rng = np.random.default_rng(0)
        bins, label = rng.integers(0, 50, 2000), rng.integers(0, 2, 2000)
        hist = [np.bincount(bins[label == v], minlength=50) for v in (1, 0)]
        self.assertAlmostEqual(st.histogram_auc(*hist), st.auc(bins, label), places=12)

    def test_rank_correlation(self):
        self.assertAlmostEqual(st.rank_correlation([1, 2, 3, 4], [10, 100, 1000, 10000]), 1)
        self.assertAlmostEqual(st.rank_correlation([1, 2, 3, 4], [9, 7, 5, 1]), -1)
        # ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24)
        self.assertAlmostEqual(st.rank_correlation([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]), 0.8)
        self.assertTrue(math.isnan(st.rank_correlation([1, 2, 3], [5, 5, 5])))


class Points(unittest.TestCase):
    def test_dice_and_sensitivity(self):
        self.assertEqual(st.dice(2, 1, 1), 2 / 3)
        score, label = np.arange(40) / 40, np.array([0] * 20 + [1] * 20)
        self.assertEqual(st.sensitivity_at(score, label), 1.0)

    def test_at_95_per_cent(self):
        # negatives 1..20, so that one may lie above the cut: the cut is 19; positives 18.5, 19.5, 20.5, 30
        score = np.array([*range(1, 21), 18.5, 19.5, 20.5, 30])
        label = np.array([0] * 20 + [1] * 4)
        self.assertEqual(st.sensitivity_at(score, label), 0.75)
        # mirrored: positives 1..20, one may be missed: the cut is 2, and 3 of 4 negatives lie below
        score = np.array([*range(1, 21), 0, 0.5, 1.5, 2.5])
        label = np.array([1] * 20 + [0] * 4)
        self.assertEqual(st.specificity_at(score, label), 0.75)

    def test_wilson_knows_that_none_of_ten_is_not_never(self):
        for share, low, high in ((0, 0, 0.2775), (0.5, 0.2366, 0.7634), (1, 0.7225, 1)):
            got = st.wilson(share, 10)
            self.assertEqual(got[0], share)
            self.assertTrue(np.allclose(got[1:], (low, high), atol=1e-4), got)
        self.assertTrue(np.isnan(st.wilson(float("nan"), 0)).all())

    def test_ppv(self):
        # of 1000 people 50 are ill: 45 found; of 950 healthy ones 95 alarms
        self.assertAlmostEqual(st.ppv(0.9, 0.9, 0.05), 45 / 140)
        self.assertEqual(st.ppv(0.5, 1.0, 0.01), 1.0)
        self.assertTrue(math.isnan(st.ppv(0.0, 1.0, 0.01)))

    def test_f1_cut(self):
        # three found with one false alarm: F1 6/7; cutting higher loses a true one, cutting lower adds false ones
        score = np.array([0.9, 0.8, 0.7, 0.6, 0.3, 0.2])
        label = np.array([1, 1, 0, 1, 0, 0])
        cut = st.f1_cut(score, label)
        self.assertAlmostEqual(cut, 0.45)
        self.assertAlmostEqual(st.f1(score >= cut, label == 1), 6 / 7)
        # equal scores cannot be cut apart: calling all three is 4/5, calling none 0
        self.assertAlmostEqual(st.f1_cut([0.5, 0.5, 0.5], [1, 1, 0]), 0.25)


class Intervals(unittest.TestCase):
    def test_groups_stay_together(self):
        # two groups of equal values: only means of whole groups can come out
        values, groups = np.array([0.0] * 9 + [1.0]), np.array(["a"] * 9 + ["b"])
        value, low, high = st.Bootstrap(groups).measure(lambda i: values[i].mean())
        self.assertEqual([value, low, high], [0.1, 0.0, 1.0])

    def test_like_the_normal_approximation(self):
        values = np.random.default_rng(3).normal(0, 1, 400)
        value, low, high = st.Bootstrap(np.arange(400)).measure(lambda i: values[i].mean())
        self.assertAlmostEqual(high - low, 2 * 1.96 * values.std() / 20, delta=0.02)
        self.assertTrue(low < value < high)

    def test_of_nothing(self):
        self.assertTrue(all(math.isnan(v) for v in st.Bootstrap([]).measure(lambda i: 1.0)))


class Calibration(unittest.TestCase):
    def test_ece_by_hand(self):
        # bins of two: mean 0.15 with 0 of 2 ill, 0.55 with 1 of 2, 0.85 with 2 of 2: gaps 0.15, 0.05, 0.15
        p, y = [0.8, 0.1, 0.5, 0.2, 0.6, 0.9], [1, 0, 0, 0, 1, 1]
        self.assertAlmostEqual(cal.ece(p, y, 3), (0.15 + 0.05 + 0.15) / 3)

    def test_ece_of_equal_width(self):
        # below 0.5: mean 0.2 of three, 1 ill; above: 0.9 of one, ill
        self.assertAlmostEqual(
            cal.ece_equal_width([0.1, 0.2, 0.3, 0.9], [0, 0, 1, 1], 2), (3 * (1 / 3 - 0.2) + 0.1) / 4
        )

    def test_perfect_model_and_bad_model(self):
        rng = np.random.default_rng(5)
        p = rng.random(4000)
        y = rng.random(4000) < p
        self.assertLess(cal.ece(p, y), 0.03)
        self.assertAlmostEqual(cal.ece(p, y), cal.ece_by_chance(p), delta=0.01)
        self.assertGreater(cal.ece(p**3, y), 0.15)

    def test_few_photographs_cost(self):
        p = np.full(50, 0.3)
        self.assertGreater(cal.ece_by_chance(p), 0.1)  # bins of 5: their share is 0, 0.2, 0.4 ..., never 0.3

    def test_brier(self):
        self.assertAlmostEqual(cal.brier([0.8, 0.3], [1, 0]), (0.04 + 0.09) / 2)

    def test_wilson(self):
        low, high = cal.wilson(5, 10)
        self.assertAlmostEqual(low, 0.2366, places=3)
        self.assertAlmostEqual(high, 0.7634, places=3)

    def test_diagram(self):
        p = np.linspace(0, 0.4, 40)
        figures = dict(n=40, positives=8, ece=[0.1, 0, 0.2], reliability=cal.reliability(p, np.arange(40) % 5 == 0))
        svg = reliability_svg("a < b", [("one & two", figures)] * 5)
        self.assertEqual(svg.count("one &amp; two"), 5)
        points = [g for g in xml.fromstring(svg).iter(f"{SVG}g") if len(g.findall(f"{SVG}use")) == 10]
        self.assertEqual(len(points), 5)  # ten bins in each chart
        self.assertEqual(svg, reliability_svg("a < b", [("one & two", figures)] * 5))
        self.assertIn("a &lt; b", svg)
        self.assertIn(">0.5<", svg)  # rare: the axes end early


class Tables(unittest.TestCase):
    def test_markdown(self):
        text = table("T", ["a", "b"], [["x", span((0.5, 0.25, 0.75))], ["longer", span((0.5, math.nan, math.nan))]])
        self.assertIn("| x      | 0.500 [0.250, 0.750] |", text)
        self.assertIn("| longer | 0.500                |", text)
        self.assertEqual(table("T", ["a"], []), "")


if __name__ == "__main__":
    unittest.main()
