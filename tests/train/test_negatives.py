"""Pictures that are no fundus photographs, and how gradable the others are said to be."""

import importlib.util
import tempfile
import unittest
from pathlib import Path

import numpy as np
from layouts import published  # noqa: F401 (layouts says where data.py is)
from PIL import Image

import data as sets  # isort: skip

NEEDED = ("torch", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import augment
    import negatives
    import torch

needs_torch = unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")


@needs_torch
class Negatives(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        np.random.seed(1)

    def test_the_folder_joins_what_is_bundled(self):
        with tempfile.TemporaryDirectory() as d:
            Image.new("RGBA", (120, 100), (200, 10, 10, 0)).save(Path(d) / "clear.png")
            self.assertEqual(len(negatives.load(Path(d))), len(negatives.bundled()) + 1)
        self.assertGreater(len(negatives.bundled()), 5)

    def test_all_ways_give_a_picture(self):
        pictures = [np.random.randint(0, 256, (90, 140, 4), np.uint8)]
        for _ in range(40):
            p = negatives.draw(pictures, 64)
            self.assertEqual(p.shape, (3, 64, 64))
            self.assertTrue(p.min() >= 0 and p.max() <= 1)

    def test_what_is_transparent_is_black_in_a_whole_picture(self):
        clear = np.full((80, 80, 4), 255, np.uint8)
        clear[..., 3] = 0
        self.assertEqual(negatives.whole(clear, 64).max(), 0)


class Gradable(unittest.TestCase):
    def of(self, name, row):
        return next(s for s in sets.DISEASE_SETS if s.name == name).labels[sets.GRADABLE](row)

    def test_what_people_said(self):
        self.assertEqual(self.of("odir5k", {"keywords": "normal fundus"}), 1)
        self.assertLess(self.of("odir5k", {"keywords": "lens dust, normal fundus"}), 1)
        scores = [self.of("hygd", {"quality": q}) for q in ("2.0", "4.5", "6.0", "7.5")]
        self.assertEqual(scores, sorted(scores))
        self.assertTrue(0.5 < scores[0] < 1 and scores[-1] == 1)

    @needs_torch
    def test_a_batch_carries_them(self):
        x = torch.full((24, 64, 64, 3), 120, dtype=torch.uint8)
        quality = torch.tensor([0.7 if i % 2 else -1 for i in range(24)])
        _, y, gradable = augment.disease_batch(x, torch.zeros(24, 2), 64, quality)
        kept = y[:, 0] >= 0
        self.assertTrue(torch.equal(gradable[kept], torch.where(quality < 0, 1.0, quality)[kept]))
        self.assertTrue((gradable[~kept] == 0).all())
        self.assertTrue(0 < kept.sum() < 24)

    @needs_torch
    def test_a_pool_of_other_things(self):
        pool = negatives.pool(negatives.bundled(), 9, 48)
        self.assertEqual((pool.shape, pool.dtype), ((9, 48, 48, 3), np.uint8))
        self.assertEqual(len({p.tobytes() for p in pool}), 9)
