"""Weights kept in eight bits. Needs PyTorch and the rest of weights/train/requirements.txt."""

import copy
import importlib.util
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import compact
    import export
    import network
    import quantise
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[2]


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Compact(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(3)
        np.random.seed(3)
        cls.true = network.VMNet().eval().fold()
        with torch.no_grad():  # as a file holds it
            for p in cls.true.parameters():
                p.copy_(p.half().float())
        cls.net = copy.deepcopy(cls.true)
        cls.photographs = (np.random.default_rng(6).random((4, 64, 64, 3)) * 255).astype(np.uint8)
        few = {6: dict(expand=57, project=127), 9: dict(depthwise=115)}  # the rest is alike, and takes minutes
        with mock.patch.object(compact, "LARGEST", few):
            cls.whole = compact.rounded(cls.net, cls.photographs)

    def test_it_follows_what_it_was_made_from(self):
        x = quantise.network_input(self.photographs)
        compact.correct_heads(self.net, self.true, self.photographs)
        with torch.no_grad():
            want, got = self.true(x), self.net(x)
        for name in ("vessel_logit", "logits"):
            off, size = (want[name] - got[name]).std().item(), want[name].std().item()
            self.assertLess(off, 0.1 * size + 1e-4, name)
        self.assertLess((want["logits"] - got["logits"]).mean(0).abs().max().item(), 1e-4)

    def test_large_layers_are_whole_numbers_and_sensitive_ones_stay(self):
        self.assertIn("encoder.blocks.9.depthwise", self.whole)
        self.assertIn("diseases.features", self.whole)
        for name in ("encoder.stem", "encoder.blocks.4.expand", "vessels.out"):
            self.assertNotIn(name, self.whole)
        for name, (whole, step) in self.whole.items():
            self.assertTrue(torch.equal(whole, whole.round()), name)
            self.assertLessEqual(whole.abs().max().item(), 127, name)
            self.assertGreater(step.min().item(), 0, name)
        untouched = "encoder.stem.conv.weight"
        self.assertTrue(torch.equal(self.net.state_dict()[untouched], self.true.state_dict()[untouched]))

    def test_the_file_read_back_is_the_network(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            meta = dict(classes=[{}] * self.net.diseases.head.out_features)
            save_file(compact.tensors_of(self.net, self.whole), file, {"vmnet": json.dumps(meta)})
            read = export.load_weights(file)[0].state_dict()
        for name, p in self.net.state_dict().items():
            torch.testing.assert_close(read[name], p, rtol=1e-3, atol=1e-7, msg=name)

    def test_the_file_in_the_repository(self):
        file = ROOT / "weights/vmnet.safetensors"
        self.assertLessEqual(file.stat().st_size, 3_500_000)
        with safe_open(file, "pt") as f:
            stored = {n.removesuffix(".step") for n in f.keys() if n.endswith(".step")}  # noqa: SIM118
        blocks = {f"encoder.blocks.{b}.{part}" for b, parts in compact.LARGEST.items() for part in parts}
        self.assertEqual(stored, blocks | set(compact.OTHERS))


if __name__ == "__main__":
    unittest.main()
