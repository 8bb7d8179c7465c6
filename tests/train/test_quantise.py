"""Choosing int8 ranges and rounding. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import json
import math
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path
from unittest import mock

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import network
    import quantise
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Quantise(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(quantise, "SEEN", 2000))  # twenty times as fast

    def test_a_range_keeps_zero_and_gives_up_a_rare_extreme(self):
        values = np.random.default_rng(0).uniform(0, 6, 10000).astype(np.float32)
        scale, zero = quantise.best_range(values, 0, 8)
        self.assertEqual(zero, -128)
        self.assertTrue(5.5 < scale * 255 < 6.5, scale * 255)
        scale, zero = quantise.best_range(values - 3, -3, 4)
        self.assertTrue(-129 < -3 / scale + zero <= -120, (scale, zero))  # half a step may be cut off

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

    def test_int8_follows_f32_on_what_it_was_made_from_and_is_the_same_read_back(self):
        torch.manual_seed(2)
        np.random.seed(2)
        net = network.VMNet(8, True, 2, True, True).eval().fold()
        photographs = (np.random.default_rng(5).random((4, 64, 64, 3)) * 255).astype(np.uint8)
        x = quantise.network_input(photographs)
        with torch.no_grad():
            want = net(x)
            int8 = quantise.calibrate(net, photographs)
            got = quantise.outputs(net, int8, x)
        for name in ("vessel_logit", "logits", "structures", "lesions", "arteries", "grade"):
            off, size = (want[name] - got[name]).std().item(), want[name].std().item()
            self.assertLess(off, 0.25 * size + 1e-4, name)
        for name, (weight, scale) in int8.weights.items():
            self.assertEqual(scale is None, name in quantise.REAL_LAYERS, name)
            self.assertFalse(scale is not None and quantise.crowded(weight, int8.layers[name].taps), name)
        read_net, read = self.read_back(net, int8)
        again = quantise.outputs(read_net, read, x)
        self.assertTrue(torch.equal(again["vessel_logit"], got["vessel_logit"]))
        for name in ("logits", "structures", "lesions", "arteries", "grade"):
            torch.testing.assert_close(again[name], got[name], rtol=5e-3, atol=5e-3)

    @staticmethod
    def read_back(net, int8):
        meta = dict(classes=[{}] * 8, structures=[], lesions=[{}] * 2, vessel_kinds=[], grade={})
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            save_file(
                {k: t.contiguous() for k, t in quantise.tensors_of(net, int8, {}).items()},
                file,
                {"vmnet": json.dumps(meta)},
            )
            return quantise.load(file)[:2]

    def test_weights_on_few_levels_keep_them(self):
        torch.manual_seed(4)
        net = network.VMNet().eval().fold()
        whole, numbers = {}, {}
        with torch.no_grad():
            for name, m in net.named_modules():
                layer = name.removesuffix(".conv")
                if not isinstance(m, torch.nn.Conv2d) or not layer.endswith(("10.expand", "10.depthwise", "9.project")):
                    continue
                step = (torch.rand(m.out_channels) * 0.01 + 0.01).half().float()
                numbers[layer] = (torch.rand_like(m.weight) * 62 - 31).round()
                numbers[layer][:, :1, :1, :1] = 31  # a channel that is all but zero would get another scale
                m.weight.copy_(numbers[layer] * step[:, None, None, None])
                whole[f"{layer}.step"] = step.half()
        photographs = (np.random.default_rng(8).random((2, 64, 64, 3)) * 255).astype(np.uint8)
        int8 = quantise.calibrate(net, photographs, whole)
        self.assertEqual(len(numbers), 3)
        for name, number in numbers.items():
            self.assertTrue(torch.equal(int8.weights[name][0], number), name)

    def test_neighbours_share_what_two_may_have(self):
        rng = torch.Generator().manual_seed(3)
        weight = torch.rand(4, 6, 3, 3, generator=rng) * 240 - 120
        x = torch.randn(1, 54, 400, generator=rng)
        self.assertTrue(quantise.crowded(weight.round(), 9))
        self.assertFalse(quantise.crowded(weight.round(), 0))
        got = quantise.best_rounding(weight.reshape(1, 4, 54), x, quantise.whole_numbers(quantise.TOP), 9)
        self.assertFalse(quantise.crowded(got.reshape(weight.shape), 9))

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
        self.assertLessEqual(file.stat().st_size, 3_400_000)
        _, int8, meta = quantise.load(file)
        self.assertEqual(meta["quantised"]["bits"], 8)
        for first, second, *_ in quantise.PAIRS:
            self.assertEqual(int8.ranges[first], int8.ranges[second])
        with safe_open(ROOT / "weights/vmnet.safetensors", "pt") as f:
            of_f32 = json.loads(f.metadata()["vmnet"])
        for name in ("classes", "vessel_threshold", "gradable_threshold", "decision"):
            self.assertEqual(meta[name], of_f32[name], name)

    def test_the_first_two_layers_of_the_file_sum_without_rounding(self):
        """Whatever the order: all partial sums are multiples of one unit, under 2^24 of it. What never passes 0 is let alone."""
        _, int8, _ = quantise.load(ROOT / "weights/vmnet-int8.safetensors")
        unit_in, most_in, checked = Fraction(quantise.INPUT[0]) / 8, 1, 0  # EIGHTHS of src/network.c
        for name in quantise.REAL_LAYERS:
            weight, bias = int8.weights[name][0].flatten(1).tolist(), int8.layers[name].bias.tolist()
            for channel, (numbers, offset) in enumerate(zip(weight, bias, strict=True)):
                most = sum(map(abs, numbers)) * most_in
                if most + offset <= 0:
                    continue
                part = max(Fraction(v).denominator for v in numbers)
                unit = Fraction(math.gcd(*(int(v * part) for v in numbers)), part) * unit_in
                self.assertEqual((Fraction(offset) / unit).denominator, 1, (name, channel))
                self.assertLess((most + abs(offset)) / unit, 2**24, (name, channel))
                checked += 1
            unit_in, most_in = Fraction(1), int8.layers[name].cap
        self.assertGreater(checked, 40)


if __name__ == "__main__":
    unittest.main()
