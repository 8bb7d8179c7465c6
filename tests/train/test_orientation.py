"""The head that sees which way up a photograph lies. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import unittest

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    from unittest import mock

    import orientation
    import steady_data
    import steps
    import torch
    from network import Orientation

WHY = f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)"


@unittest.skipIf(LACKING, WHY)
class Lies(unittest.TestCase):
    def setUp(self):
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)

    def learnable(self, n=400):
        """What lies upright is brighter above, far from zero and of small spread."""
        rng = np.random.default_rng(1)
        x = rng.normal(3, 0.05, (n, 161, 4, 4)).astype(np.float32)
        x[:, :8, 0] += 0.2
        quarters = rng.integers(0, 4, n)
        turned = np.stack([np.rot90(a, k, (1, 2)) for a, k in zip(x, quarters, strict=True)])
        return torch.from_numpy(turned), torch.from_numpy(quarters)

    def test_it_learns_and_the_file_holds_what_was_learnt(self):
        x, y = self.learnable()
        with mock.patch.object(orientation, "EPOCHS", 30):
            net = orientation.fit(x, y, 1)
        p = orientation.chances(net, x)
        self.assertGreater(np.mean(p.argmax(1) == y.numpy()), 0.95)
        t = {k: v.float() for k, v in orientation.tensors_of(net).items()}
        for name, layer in net.named_children():
            step = t[f"orientation.{name}.step"][:, None, None, None]
            weight = (t[f"orientation.{name}.weight"] * step).permute(0, 3, 1, 2)
            self.assertLess((weight - layer.weight).abs().max(), 1e-6)
            self.assertLess((t[f"orientation.{name}.bias"] - layer.bias).abs().max(), 1e-6)
            self.assertLessEqual(t[f"orientation.{name}.weight"].abs().max(), orientation.LEVELS)

    def test_which_way_the_last_view_lies_is_what_was_drawn(self):
        side, n = 6, 32
        photographs = np.zeros((n, side, side, 3), np.uint8)
        photographs[:, 0, 1] = 255  # a mark above, near the left corner
        steps.seed_all(77)
        with (
            mock.patch.object(
                steady_data, "tensor", lambda x, _: torch.from_numpy(x.copy()).permute(0, 3, 1, 2).float()
            ),
            mock.patch.object(steady_data.augment, "photographs", lambda x, *_: x.permute(0, 3, 1, 2).float()),
            mock.patch.object(steady_data, "hue", lambda p, _: p),
        ):
            views = steady_data.views(torch.from_numpy(photographs)).unflatten(0, (n, steady_data.VIEWS))
        quarters = orientation.turned(n, 77)
        for view, k in zip(views[:, -1, 0].numpy(), quarters, strict=True):
            upright = np.rot90(view, -k)
            self.assertIn(int(upright[0].argmax()), (1, side - 2))
            self.assertEqual(upright[0].max(), 255)
        self.assertEqual(set(quarters.tolist()), {0, 1, 2, 3})

    def test_turned_once_more_says_how_it_lies_then(self):
        mark = torch.zeros(1, 1, 4, 4)
        mark[0, 0, 0, 1:3] = 1  # above
        for seed in range(20):
            np.random.seed(seed)
            x, y = orientation.turned_once_more(mark, torch.tensor([0]))
            self.assertEqual(torch.rot90(x, -int(y), (2, 3))[0, 0, 0, 1:3].sum(), 2)

    def test_the_network_pools_what_it_reads_to_the_head_s_grid(self):
        net = Orientation().eval()
        e16, d16, vessels = torch.rand(2, 112, 16, 16), torch.rand(2, 48, 16, 16), torch.rand(2, 1, 64, 64)
        pool = lambda x, n: torch.nn.functional.avg_pool2d(x, n)  # noqa: E731
        want = net(pool(e16, 4), pool(d16, 4), pool(vessels, 16))
        self.assertLess((net(e16, d16, vessels) - want).abs().max(), 1e-5)


if __name__ == "__main__":
    unittest.main()
