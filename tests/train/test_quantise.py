"""Choosing int8 ranges and rounding. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import unittest
from pathlib import Path

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import network
    import quantise
    import torch

ROOT = Path(__file__).resolve().parents[2]


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Quantise(unittest.TestCase):
    def test_a_range_keeps_zero_and_gives_up_a_rare_extreme(self):
        values = np.random.default_rng(0).uniform(0, 6, 10000).astype(np.float32)
        scale, zero = quantise.best_range(values, 0, 12)
        self.assertEqual(zero, -128)
        self.assertTrue(5.5 < scale * 255 < 6.5, scale * 255)
        scale, zero = quantise.best_range(values - 3, -3, 9)
        self.assertTrue(-128 <= -3 / scale + zero <= -120, (scale, zero))

    def test_rounding_makes_up_for_itself_where_inputs_go_together(self):
        torch.manual_seed(0)
        common = torch.randn(1, 1, 500)
        x = common + 0.3 * torch.randn(1, 24, 500)
        weight = torch.randn(1, 5, 24) * 9
        off = lambda w: ((w - weight) @ (x - x.mean(2, keepdim=True))).square().mean().item()  # noqa: E731
        ours = quantise.best_rounding(weight, x, 64)
        self.assertTrue(torch.equal(ours, ours.round()) and ours.abs().max() <= 64)
        self.assertLess(off(ours), 0.5 * off(weight.round()))

    def test_the_trunk_in_f32_is_the_network(self):
        torch.manual_seed(1)
        net = network.VMNet().eval().fold()
        x = torch.randn(1, 3, 64, 64)
        with torch.no_grad():
            taps = net.encoder(x)
            z, d16 = net.vessels(x, taps)
            ours = quantise.walk(quantise.Real(quantise.layers_of(net)), net, x)
        spread = torch.nn.functional.pixel_shuffle(ours[2], 2)
        for a, b in zip([*taps, d16, z], [*ours[0], ours[1][0], spread], strict=True):
            self.assertLess((a - b).abs().max().item(), 1e-4 * (1 + a.abs().max().item()))

    def test_int8_follows_f32_on_what_it_was_made_from(self):
        torch.manual_seed(2)
        np.random.seed(2)
        net = network.VMNet().eval().fold()
        photographs = (np.random.default_rng(5).random((4, 64, 64, 3)) * 255).astype(np.uint8)
        x = quantise.network_input(photographs)
        with torch.no_grad():
            want = net(x)
            int8 = quantise.calibrate(net, photographs)
            got = quantise.outputs(net, int8, x)
        for name in ("vessel_logit", "logits"):
            off, size = (want[name] - got[name]).std().item(), want[name].std().item()
            self.assertLess(off, 0.25 * size + 1e-4, name)
        largest = max(w.abs().max().item() for w, _ in int8.weights.values())
        self.assertLessEqual(largest, quantise.TOP)

    def test_the_file_in_the_repository(self):
        file = ROOT / "weights/vmnet-int8.safetensors"
        self.assertLessEqual(file.stat().st_size, 4_000_000)
        _, int8, meta = quantise.load(file)
        self.assertEqual(meta["quantised"]["bits"], 8)
        for first, second, *_ in quantise.PAIRS:
            self.assertEqual(int8.ranges[first], int8.ranges[second])


if __name__ == "__main__":
    unittest.main()
