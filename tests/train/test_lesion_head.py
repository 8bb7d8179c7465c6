"""The head of lesions. Needs PyTorch and the rest of weights/train/requirements.txt."""

import importlib.util
import json
import tempfile
import unittest
from pathlib import Path

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import export
    import lesions
    import torch
    from network import Lesions, quads
    from safetensors import safe_open
    from safetensors.torch import save_file


def found(side=64):
    torch.manual_seed(0)
    channels = dict(e2=16, d2=24, e4=24, d4=16, e8=40, d8=32, e16=112, d16=48)
    return {
        k: 3 + 2 * torch.randn(1, c, side // lesions.READS[k], side // lesions.READS[k]) for k, c in channels.items()
    }


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Head(unittest.TestCase):
    def test_standardised_features_give_what_the_plain_head_gives_away_from_the_border(self):
        x, photo = found(), torch.randn(1, 3, 64, 64)
        statistics = {k: (v.mean((0, 2, 3)), v.std((0, 2, 3)) + 0.01) for k, v in x.items()}
        net = lesions.Standardised(statistics)
        with torch.no_grad():
            a, b = net(x, quads(photo)), net.plain()(quads(photo), *lesions.arguments(x))
        self.assertEqual(tuple(a.shape), (1, 4, 64, 64))
        self.assertLess((a - b)[:, :, 24:-24, 24:-24].abs().max().item(), 1e-3)
        self.assertGreater(a.std().item(), 1e-3)

    def test_a_spot_is_learnt(self):
        """Where the photograph is bright, and nowhere else."""
        x, photo = found(), torch.zeros(1, 3, 64, 64)
        photo[:, :, 20:30, 20:30] = 1
        true = torch.zeros(1, 4, 64, 64)
        true[:, 2, 20:30, 20:30] = 1
        net = lesions.Standardised({k: (v.mean((0, 2, 3)), v.std((0, 2, 3)) + 0.01) for k, v in x.items()})
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for _ in range(80):
            loss = lesions.loss_of(net(x, quads(photo)), true)
            opt.zero_grad()
            loss.backward()
            opt.step()
        p = torch.sigmoid(net(x, quads(photo)))[0]
        self.assertGreater(p[2, 22:28, 22:28].min().item(), 0.5)
        self.assertLess(max(p[2, 40:50, 40:50].max().item(), p[0].max().item()), 0.5)

    def test_the_highest_threshold_at_which_a_piece_is_drawn(self):
        p, view = np.zeros((32, 32)), np.ones((32, 32), bool)
        self.assertEqual(lesions.drawn_until(p, view), 0)
        p[4:6, 4:7], p[20, 20:25], view[:, 28:] = 0.805, 0.95, False
        p[10:20, 28:] = 0.99
        self.assertEqual(
            lesions.drawn_until(p, view), 80, "six cells; five are noise, and outside of the field is none"
        )
        p[21, 25] = 0.93
        self.assertEqual(lesions.drawn_until(p, view), 93, "a corner holds them together")

    def test_the_threshold_is_where_dice_is_highest(self):
        h = np.zeros((2, lesions.BINS))
        h[0, 100], h[0, 700], h[1, 300], h[1, 800] = 1000, 10, 2, 20
        self.assertEqual(lesions.best_threshold(h)[0], 0.701)
        self.assertAlmostEqual(lesions.best_threshold(h)[1], 2 * 20 / (20 + 22))

    def test_a_head_takes_its_place_in_either_file_and_all_else_stays(self):
        head, shown = Lesions(4), ["haemorrhages", "soft-exudates"]
        tensors = lesions.tensors_of(head, shown)
        rows = head.out.weight.detach()[[4, 5, 6, 7, 12, 13, 14, 15], :, 0, 0]
        self.assertLess((tensors["lesions.out.weight"][:, 0, 0].float() - rows).abs().max().item(), 1e-3)
        kinds = [dict(kind=k, threshold=0.5) for k in shown]
        other = torch.arange(4.0)
        with tempfile.TemporaryDirectory() as folder:
            for int8 in (False, True):
                path = Path(folder) / "weights.safetensors"
                old = {"a.weight": other, "lesions.old": other + 1}
                if int8:
                    old |= {f"vessels.{n}.output": torch.tensor([0.1, -128, 0, 12.0]) for n in lesions.RESCALED}
                save_file(old, path, {"vmnet": json.dumps(dict(name="old" + "-int8" * int8, more=1))})
                export.put_head(path, "lesions", tensors, "new", lesions.RESCALED, lesions=kinds)
                with safe_open(path, "pt") as f:
                    meta, names = json.loads(f.metadata()["vmnet"]), set(f.keys())
                    self.assertEqual(meta, dict(name="new" + "-int8" * int8, more=1, lesions=kinds))
                    self.assertEqual(names, set(tensors) | set(old) - {"lesions.old"})
                    self.assertTrue(torch.equal(f.get_tensor("a.weight"), other))
                    for name, wanted in tensors.items():
                        halved = int8 and name.split(".")[1] in lesions.RESCALED and name.endswith("weight")
                        got = f.get_tensor(name).float()
                        self.assertLess((got - wanted.float() / (2 if halved else 1)).abs().max().item(), 1e-4, name)


if __name__ == "__main__":
    unittest.main()
