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
        cls.true = network.VMNet(8, False, 2, True, True).eval().fold()
        with torch.no_grad():  # as a file holds it
            for p in cls.true.parameters():
                p.copy_(p.half().float())
        cls.net = copy.deepcopy(cls.true)
        cls.photographs = (np.random.default_rng(6).random((4, 64, 64, 3)) * 255).astype(np.uint8)
        few = {6: dict(expand=57, project=127), 9: dict(depthwise=115)}  # the rest is alike, and takes minutes
        with mock.patch.object(compact, "LARGEST", few), mock.patch.object(compact, "SHORT_FROM", 5):
            cls.whole = compact.rounded(cls.net, cls.photographs)

    def test_it_follows_what_it_was_made_from(self):
        x = quantise.network_input(self.photographs)
        compact.correct_heads(self.net, self.true, self.photographs)
        with torch.no_grad():
            want, got = self.true(x), self.net(x)
        for name in ("vessel_logit", "logits", "lesions", "arteries", "grade"):
            off, size = (want[name] - got[name]).std().item(), want[name].std().item()
            self.assertLess(off, 0.1 * size + 1e-4, name)
        for name in ("logits", "grade"):
            self.assertLess((want[name] - got[name]).mean(0).abs().max().item(), 1e-4, name)

    def test_large_layers_are_whole_numbers_and_sensitive_ones_stay(self):
        self.assertIn("encoder.blocks.9.depthwise", self.whole)
        self.assertIn("diseases.features", self.whole)
        for name in ("encoder.stem", "encoder.blocks.4.expand", "vessels.out"):
            self.assertNotIn(name, self.whole)
        for name, (whole, step) in self.whole.items():
            self.assertTrue(torch.equal(whole, whole.round()), name)
            self.assertLessEqual(whole.abs().max().item(), 127, name)
            self.assertGreater(step.min().item(), 0, name)
        self.assertIn("lesions.e8", self.whole)
        self.assertIn("arteries.wide.1.depthwise", self.whole)
        now, before = self.net.state_dict(), self.true.state_dict()
        for part in ("weight", "bias"):
            untouched = f"encoder.stem.conv.{part}"
            self.assertTrue(torch.equal(now[untouched], before[untouched]))

    def test_what_stays_f16_has_a_shorter_mantissa_where_that_moves_little(self):
        bits = lambda w: (w.half().view(torch.int16) & (2 ** (10 - compact.MANTISSA) - 1)).count_nonzero().item()  # noqa: E731
        modules = dict(self.net.named_modules())
        for name in ("encoder.blocks.5.expand.conv", "vessels.d2a.conv", "lesions.mix", "arteries.out"):
            w = modules[name].weight
            self.assertEqual(bits(w[w.abs() > 1e-4]), 0, name)
        for name in ("encoder.blocks.1.expand.conv", "diseases.guide"):
            self.assertGreater(bits(modules[name].weight), 0, name)

    def test_what_is_in_whole_numbers_already_stays(self):
        net, kept = copy.deepcopy(self.net), set(self.whole)
        with mock.patch.object(compact, "LARGEST", {}), mock.patch.object(compact, "SHORT_FROM", 16):
            again = compact.rounded(net, self.photographs, kept)
        self.assertFalse(set(again) & kept)
        before = self.net.state_dict()
        for name, w in net.state_dict().items():
            if name.removesuffix(".weight").replace(".conv", "") in kept:
                self.assertTrue(torch.equal(w, before[name]), name)

    def test_a_rounded_head_goes_into_an_int8_file_with_its_steps_rescaled(self):
        tensors = compact.tensors_of(self.net, self.whole)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "int8.safetensors"
            old = {f"vessels.{n}.output": torch.tensor([0.1, -128, 0, 12.0]) for n in compact.STRETCHED}
            save_file(old | {"lesions.e8.old": torch.zeros(1)}, file, {"vmnet": json.dumps(dict(name="v-int8"))})
            compact.carry(tensors, file, "w")
            with safe_open(file, "pt") as f:
                got = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
                self.assertEqual(json.loads(f.metadata()["vmnet"])["name"], "w-int8")
        heads = {k: t for k, t in tensors.items() if k.startswith(("lesions.", "arteries."))}
        self.assertEqual(set(got), set(heads) | set(old))
        for name, t in heads.items():
            layer, _, part = name.rpartition(".")
            stretched = layer.partition(".")[2] in compact.STRETCHED
            halved = stretched and part == ("step" if f"{layer}.step" in heads else "weight")
            torch.testing.assert_close(
                got[name].float(), t.float() / (2 if halved else 1), rtol=1e-3, atol=1e-6, msg=name
            )

    def test_the_file_read_back_is_the_network(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            meta = dict(classes=[{}] * self.net.diseases.head.out_features, lesions=[{}] * 2, vessel_kinds=[], grade={})
            save_file(compact.tensors_of(self.net, self.whole), file, {"vmnet": json.dumps(meta)})
            read = export.load_weights(file)[0].state_dict()
        for name, p in self.net.state_dict().items():
            torch.testing.assert_close(read[name], p, rtol=1e-3, atol=1e-7, msg=name)

    def test_the_file_in_the_repository(self):
        file = ROOT / "weights/vmnet.safetensors"
        self.assertLessEqual(file.stat().st_size, 3_440_000)
        with safe_open(file, "pt") as f:
            stored = {n.removesuffix(".step") for n in f.keys() if n.endswith(".step")}  # noqa: SIM118
        blocks = {f"encoder.blocks.{b}.{part}" for b, parts in compact.LARGEST.items() for part in parts}
        heads = {f"{head}.{layer}" for head, layers in compact.HEADS.items() for layer in layers}
        self.assertEqual(stored, blocks | set(compact.OTHERS) | heads)


if __name__ == "__main__":
    unittest.main()
