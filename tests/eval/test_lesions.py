"""Lesions: areas under precision and recall, folds, and what made-up reports tell of retinopathy."""

import math
import unittest
from pathlib import Path
from unittest import mock

import discs
import drawn_lesions
import lesions
import numpy as np
from core import ROOT


def histograms(off, on):
    """{bin: pixels} off and on lesions"""
    h = np.zeros((2, lesions.BINS))
    for i, counts in enumerate((off, on)):
        for at, n in counts.items():
            h[i, at] = n
    return h


class Figures(unittest.TestCase):
    def test_area_under_precision_and_recall(self):
        self.assertEqual(lesions.aupr(histograms({0: 100}, {900: 10})), 1)
        self.assertEqual(lesions.aupr(histograms({900: 90}, {900: 10})), 0.1)
        # half of them first, the others behind as many that are none
        self.assertAlmostEqual(lesions.aupr(histograms({500: 10}, {900: 5, 100: 5})), 0.5 + 0.5 * 10 / 20)
        self.assertTrue(math.isnan(lesions.aupr(histograms({500: 10}, {}))))

    def test_dice_counts_the_threshold_itself(self):
        h = histograms({500: 10, 499: 7}, {500: 4, 600: 6, 499: 5})
        self.assertAlmostEqual(lesions.dice_at(h, 0.5), 2 * 10 / (2 * 10 + 10 + 5))

    def test_each_kind_has_a_figure_of_its_own(self):
        none = np.zeros((4, 2, lesions.BINS))
        rows = []
        for present in (True, False):
            h = none.copy()
            h[2] = histograms({100: 50}, {800: 5} if present else {})
            rows.append(dict(histograms=h, counts=[0, 0, 3, 0], present=[False, False, present, False]))
        (d,) = lesions.drawn_figures(rows, {"hard-exudates": 0.5})
        self.assertEqual((d["kind"], d["n"], d["present"], d["aupr"][0], d["dice"][0]), ("hard-exudates", 2, 1, 1, 1))
        self.assertEqual((d["called"], d["called_without"]), (1, 1))

    def test_the_file_in_the_repository_has_every_fold(self):
        head = {n: t[1] for n, t in discs.unpacked((ROOT / "weights/vmnet.safetensors").read_bytes())[1].items()}
        head = {n: t for n, t in head.items() if n.startswith("lesions.") and not n.endswith(".step")}
        folds = {n: t[1] for n, t in discs.unpacked(drawn_lesions.HEADS.read_bytes())[1].items()}
        self.assertEqual(len(head), 28)
        self.assertEqual(folds, {f"fold{k}.{n}": t for k in range(drawn_lesions.FOLDS) for n, t in head.items()})


def report(grade, found, answer="refer"):
    kinds = {k.replace("-", "_"): None for k in lesions.KINDS}
    kinds["haemorrhages"] = dict(count=found, area=found / 1000)
    return dict(
        lesions=dict(valid=True, reason=None) | kinds,
        decision=dict(answer=answer),
        diseases=[dict(id="diabetic-retinopathy", probability=grade / 10)],
    )


class Retinopathy(unittest.TestCase):
    def test_lesions_are_set_against_the_grade(self):
        grade, found = [0, 0, 1, 2, 4, 3], [0, 1, 0, 2, 9, 0]
        answers = ["no-finding", "no-finding", "refer", "no-finding", "refer", "no-finding"]
        pool = mock.Mock(info=dict(lesions=["haemorrhages"]))
        pool.report = lambda paths, _: [
            (report(grade[i], found[i], answers[i]), None, 0) for i in (int(p.stem) for p in paths)
        ]
        items = [(Path(f"{i}.webp"), [], dict(dr_grade=str(g))) for i, g in enumerate(grade)]
        t = lesions.told(pool, "made up", items)
        self.assertEqual((t["n"], t["valid"], t["positives"]), (6, 6, 3))
        self.assertEqual(t["auc"]["network"][0], 1)
        self.assertAlmostEqual(t["auc"]["area of haemorrhages"][0], 7 / 9)
        self.assertEqual(t["drawn"]["haemorrhages"]["none"], 0.5)
        self.assertEqual(t["missed"]["referable"], dict(clear=2, drawn=1, three=0))
        self.assertEqual(t["missed"]["none"], dict(clear=2, drawn=1, three=0))
        self.assertIsNone(lesions.told(mock.Mock(info=dict(lesions=[])), "none drawn", items))


class Drawn(unittest.TestCase):
    def test_folds_are_neighbours_and_a_kind_without_a_mask_is_none(self):
        names = [Path(f"images/{i:02}.webp") for i in range(13)]
        with (
            mock.patch.object(Path, "is_dir", lambda _: True),
            mock.patch.object(Path, "is_file", lambda p: "soft" not in str(p)),
            mock.patch.object(Path, "iterdir", lambda _: iter(names[::-1])),
        ):
            items = drawn_lesions.items(Path("data"))
        folds = [i.fold for i in items]
        self.assertEqual((folds, set(folds)), (sorted(folds), set(range(drawn_lesions.FOLDS))))
        self.assertIsNone(items[0].masks["soft-exudates"])
        self.assertEqual(items[0].masks["hard-exudates"], Path("data/idrid/lesions/hard_exudates/00.png"))


if __name__ == "__main__":
    unittest.main()
