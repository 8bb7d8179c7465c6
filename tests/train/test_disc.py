"""The head of disc and cup. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import unittest

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import disc
    import torch
    from network import Structures


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Head(unittest.TestCase):
    def layers(self):
        torch.manual_seed(0)
        return [torch.randn(1, c, s, s) for c, s in ((48, 8), (32, 16), (16, 32), (24, 32))]

    def test_its_inputs_times_its_weights_are_its_answer(self):
        layers = self.layers()
        torch.manual_seed(1)
        head, at = Structures(), np.array([0, 31, 500, 517, 992, 1023])
        with torch.no_grad():
            want = head(*layers).flatten(2)[0, :, torch.from_numpy(at)].T
            weights = torch.cat([getattr(head, n).weight.flatten(1) for n in disc.LAYERS], 1)
            got = disc.inputs(layers, at) @ weights.T + sum(getattr(head, n).bias for n in disc.LAYERS)
        self.assertLess((got - want).abs().max().item(), 1e-5)

    def test_a_linear_rule_is_found_and_unknown_labels_teach_nothing(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(3000, 760)).astype(np.float16)
        x[:, 3] *= 5
        y = np.stack([x[:, 3] > 1, x[:, 700] > 0], 1).astype(np.float32)
        y[1500:, 1] = -1
        x[1500:, 700] = 1
        head = disc.head_of(x, y)
        rows = [torch.cat([getattr(head, n).weight[c].flatten() for n in disc.LAYERS]) for c in (0, 1)]
        self.assertEqual([r.abs().argmax().item() for r in rows], [3, 700])
        self.assertTrue(head.e4.bias[0] < 0)

    def test_looks_are_most_often_at_the_rims(self):
        v, u = np.mgrid[:64, :64]
        r = np.hypot(v - 30, u - 20)
        p = disc.chances(np.stack([r < 12, r < 6]).astype(np.float32)).reshape(64, 64)
        self.assertAlmostEqual(p.sum(), 1)
        self.assertTrue(p[30, 32] == p[30, 26] > p[30, 21] > p[60, 60] > 0)


if __name__ == "__main__":
    unittest.main()
