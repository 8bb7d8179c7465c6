"""The head that tells arteries from veins. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import unittest

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import arteries
    import torch
    from network import Arteries, quads

SIDE = 96
CHANNELS = dict(e2=16, d2=24, e4=24, d4=16, e8=40, d8=32, e16=112, d16=48)


def found(side=SIDE):
    torch.manual_seed(0)
    return {
        k: 3 + 2 * torch.randn(1, c, side // arteries.READS[k], side // arteries.READS[k]) for k, c in CHANNELS.items()
    }


def statistics(x):
    return {k: (v.mean((0, 2, 3)), v.std((0, 2, 3)) + 0.01) for k, v in x.items()}


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Head(unittest.TestCase):
    def test_standardised_features_give_what_the_plain_head_gives(self):
        x, photo = found(), quads(torch.randn(1, 3, SIDE, SIDE))
        net = arteries.Standardised(statistics(x)).eval()
        with torch.no_grad():
            a, b = net(x, photo), net.plain()(photo, *arteries.lesions.arguments(x))
        self.assertEqual(tuple(a.shape), (1, 1, SIDE, SIDE))
        self.assertLess((a - b).abs().max().item(), 1e-3)
        self.assertGreater(a.std().item(), 1e-3)

    def test_bright_vessels_are_learnt_from_dark_ones(self):
        x, photo, shares = found(), torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 2, SIDE, SIDE)
        photo[:, :, 10:20], photo[:, :, 60:70] = 1, -1
        shares[:, 0, 10:20], shares[:, 1, 60:70] = 1, 1
        net = arteries.Standardised(statistics(x))
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for _ in range(40):
            loss = arteries.loss_of(net(x, quads(photo)), shares)
            opt.zero_grad()
            loss.backward()
            opt.step()
        z = net.eval()(x, quads(photo))[0, 0]
        self.assertGreater(z[12:18].min().item(), 0)
        self.assertLess(z[62:68].max().item(), 0)

    def test_only_what_is_drawn_is_asked_and_both_kinds_weigh_alike(self):
        shares = torch.zeros(1, 2, 64, 64)
        shares[:, 0, :30], shares[:, 1, 40:43] = 1, 1
        z = torch.zeros(1, 1, 64, 64)
        z[:, :, 30:40] = 50  # nothing is drawn here
        at_zero = arteries.loss_of(z, shares)
        self.assertAlmostEqual(at_zero.item(), np.log(2), places=2)
        z[:, :, 40:43] = 5
        z[:, :, :30] = 5
        self.assertAlmostEqual(arteries.loss_of(z, shares).item(), 2.5, places=1)

    def test_shares_are_areas(self):
        labels = np.zeros((100, 120), np.uint8)
        labels[50:60, 40:80], labels[20, 40:80] = 1, 2
        for radius in (50, 40):
            a, v = arteries.shares_of(labels, (60, 50, radius), 40).astype(float) / 255
            cell = (2 * radius / 40) ** 2
            self.assertAlmostEqual(a.sum() * cell, 400, delta=12)
            self.assertAlmostEqual(v.sum() * cell, 40, delta=8)
        _, large = (
            arteries.shares_of(np.kron(labels, np.ones((8, 8), np.uint8)), (480, 400, 400), 40).astype(float) / 255
        )
        self.assertAlmostEqual(large.sum() * 6.25, 40, delta=2)

    def test_tensors_are_named_and_laid_out_as_the_core_reads_them(self):
        tensors = arteries.tensors_of(Arteries())
        self.assertTrue(all(name.startswith("arteries.") for name in tensors))
        self.assertEqual(tuple(tensors["arteries.wide.0.depthwise.weight"].shape), (1, 5, 5, 64))


if __name__ == "__main__":
    unittest.main()
