"""Optic disc and cup: heads that are exchanged, folds, and figures from made-up answers."""

import unittest
from pathlib import Path
from unittest import mock

import discs
import drawn_discs
import numpy as np
from core import ROOT


def row(source="drishti", **more):
    made = dict(source=source, reason="valid", disc=0.9, cup=0.8, ratio=0.5, true_ratio=0.6)
    return made | dict(true_rim=np.linspace(0.1, 0.3, 12), rim=[0.2] * 12) | more


class Heads(unittest.TestCase):
    def test_a_fold_takes_the_place_of_the_head_alone(self):
        weights = discs.packed({"vmnet": "{}"}, {"a": ("F16", [1], b"ab"), "structures.d8.bias": ("F16", [1], b"cd")})
        heads = discs.packed({}, {f"fold{k}.structures.d8.bias": ("F16", [1], bytes([k, k])) for k in range(2)})
        meta, tensors = discs.unpacked(discs.with_head(weights, heads, 1))
        self.assertEqual(meta, {"vmnet": "{}"})
        self.assertEqual(tensors, {"a": ("F16", [1], b"ab"), "structures.d8.bias": ("F16", [1], b"\1\1")})

    def test_nothing_of_the_head_before_stays(self):
        old = {f"lesions.e8.{part}": ("I8", [1], b"a") for part in ("weight", "step")}
        heads = discs.packed({}, {"fold0.lesions.e8.weight": ("F16", [1], b"cd")})
        _, tensors = discs.unpacked(discs.with_head(discs.packed({}, old), heads, 0))
        self.assertEqual(tensors, {"lesions.e8.weight": ("F16", [1], b"cd")})

    def test_the_file_in_the_repository_has_every_fold(self):
        head = {n: t[:2] for n, t in discs.unpacked((ROOT / "weights/vmnet.safetensors").read_bytes())[1].items()}
        head = {n: t for n, t in head.items() if n.startswith("structures.")}
        folds = {n: t[:2] for n, t in discs.unpacked(drawn_discs.HEADS.read_bytes())[1].items()}
        self.assertEqual(len(head), 8)
        self.assertEqual(folds, {f"fold{k}.{n}": t for k in range(drawn_discs.FOLDS) for n, t in head.items()})


class Drawn(unittest.TestCase):
    def test_folds_are_neighbours_and_even(self):
        with mock.patch.object(Path, "is_dir", lambda _: True), mock.patch.object(Path, "is_file", lambda _: True):
            names = [Path(f"{i:02}.webp") for i in range(13)]
            with mock.patch.object(Path, "iterdir", lambda _: iter(names[::-1])):
                items = drawn_discs.items(Path("data"))
        folds = [i.fold for i in items if i.source == "idrid"]
        self.assertEqual(folds, sorted(folds))
        self.assertEqual(set(folds), set(range(drawn_discs.FOLDS)))
        self.assertLessEqual(max(map(folds.count, folds)) - min(map(folds.count, folds)), 1)

    def test_what_is_not_given_counts_as_empty_but_has_no_ratio(self):
        rows = [row(), row(ratio=0.9), row(reason="cut", disc=0.0, cup=0.0, ratio=None, rim=None)]
        d = discs.drawn_figures(rows)
        self.assertAlmostEqual(d["disc"][0], 0.6)
        self.assertAlmostEqual(d["ratio_error"][0], 0.2)
        self.assertAlmostEqual(d["ratio_bias"][0], 0.1)
        self.assertEqual((d["n"], d["compared"], d["reasons"]), (3, 2, {"cut": 1, "valid": 2}))

    def test_rim_of_circles(self):
        y, x = np.mgrid[0:400, 0:500]
        disc = np.hypot(y - 200, x - 250) <= 100
        even = discs.rim_of(disc, np.hypot(y - 200, x - 250) <= 60)
        np.testing.assert_allclose(even, 0.2, atol=0.005)
        right = discs.rim_of(disc, np.hypot(y - 200, x - 280) <= 60)
        self.assertEqual(int(np.argmin(right)), 3)
        self.assertAlmostEqual(right[9], 0.35, delta=0.01)
        self.assertAlmostEqual(right[0], right[6], delta=0.005)
        np.testing.assert_allclose(discs.rim_of(disc, np.zeros_like(disc)), 0.5, atol=0.005)

    def test_rim_errors_and_the_narrowest_hour(self):
        true = np.full(12, 0.3)
        true[0] = 0.1
        near, far = np.full(12, 0.3), np.full(12, 0.3)
        near[11], far[6] = 0.1, 0.1
        d = discs.drawn_figures([row(true_rim=true, rim=list(true)), row(true_rim=true, rim=list(near))])
        self.assertAlmostEqual(d["rim_error"][0], 0.4 / 12 / 2)
        self.assertEqual(d["narrowest"][0], 1)
        self.assertEqual((discs.hours_apart(true, near), discs.hours_apart(true, far)), (1, 6))
        self.assertEqual((d["rim_constant_error"], d["narrowest_constant"]), (0, 1))

    def test_height_and_dice(self):
        a, b = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
        a[2:6, 3], b[4:8, 3] = True, True
        self.assertEqual((discs.height(a), discs.height(np.zeros((3, 3), bool)), discs.dice(a, b)), (4, 0, 0.5))


class Glaucoma(unittest.TestCase):
    def test_valid_ratios_alone_are_judged(self):
        ratios = [0.8, 0.7, None, 0.5, 0.4, 0.9]
        labels = [1, 1, 1, 0, 0, -1]
        pool = mock.Mock(classes=["normal", "glaucoma"])
        pool.report = lambda paths, _: [
            (
                dict(
                    disc_and_cup=dict(
                        vertical_ratio=ratios[int(p.stem)], reason=None if ratios[int(p.stem)] else "cut"
                    ),
                    diseases=[dict(probability=0.5), dict(probability=0.1 * int(p.stem))],
                ),
                None,
                0,
            )
            for p in paths
        ]
        items = [(Path(f"{i}.webp"), [0, y], i) for i, y in enumerate(labels)]
        t = discs.told(pool, "made up", items)
        self.assertEqual((t["n"], t["valid"], t["positives"], t["reasons"]), (5, 4, 2, {"valid": 4, "cut": 1}))
        self.assertEqual((t["auc"][0], t["network"][0]), (1.0, 0.0))
        self.assertEqual((t["glaucoma"], t["others"]), (0.75, 0.45))
        self.assertIsNone(discs.told(pool, "one answer", items[:3]))


if __name__ == "__main__":
    unittest.main()
