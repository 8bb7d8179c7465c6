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
        ours = quantise.best_rounding(weight, x, quantise.whole_numbers(64))
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

    def test_heads_stay_in_the_whole_numbers_of_the_file_they_come_from(self):
        torch.manual_seed(4)
        net = network.VMNet(8, False, 2, True).eval().fold()
        whole = {}
        with torch.no_grad():
            for name in ("lesions.d8", "arteries.d8", "arteries.near4.depthwise"):
                m, step = net.get_submodule(name), torch.rand(net.get_submodule(name).out_channels) * 0.01 + 0.001
                step = step.half().float()
                w = (torch.rand_like(m.weight) * 62 - 31).round()
                m.weight.copy_(w * step[:, None, None, None])
                order = (1, 2, 3, 0) if m.groups > 1 else (0, 2, 3, 1)
                whole[f"{name}.weight"] = w.permute(*order).to(torch.int8).contiguous()
                whole[f"{name}.step"] = step.half()
            whole["vessels.d8.weight"], whole["vessels.d8.step"] = torch.zeros(32, 3, 3, 88), torch.ones(32)
            for name in ("lesions.d8", "arteries.d8"):  # as rescale_pairs does
                net.get_submodule(name).weight.div_(1.7)
        got = quantise.tensors_of(net, quantise.Whole({}, {}, {}), whole)
        self.assertNotIn("vessels.d8.step", got)
        for name, factor in {"lesions.d8": 1.7, "arteries.d8": 1.7, "arteries.near4.depthwise": 1}.items():
            self.assertTrue(torch.equal(got[f"{name}.weight"], whole[f"{name}.weight"]), name)
            torch.testing.assert_close(
                got[f"{name}.step"].float() * factor, whole[f"{name}.step"].float(), rtol=1e-3, atol=0
            )

    def test_the_file_in_the_repository(self):
        file = ROOT / "weights/vmnet-int8.safetensors"
        self.assertLessEqual(file.stat().st_size, 3_470_000)
        _, int8, meta = quantise.load(file)
        self.assertEqual(meta["quantised"]["bits"], 8)
        for first, second, *_ in quantise.PAIRS:
            self.assertEqual(int8.ranges[first], int8.ranges[second])


if __name__ == "__main__":
    unittest.main()
