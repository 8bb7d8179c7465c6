"""The head that grades diabetic retinopathy, in PyTorch and in the core. Needs PyTorch, the rest of
weights/train/requirements.txt and `make native`."""

import importlib.util
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import layouts  # noqa: F401  finds weights/train
import numpy as np

NEEDED = ("torch", "safetensors", "skimage", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/eval"))
import core  # noqa: E402

if not LACKING:
    import export
    import network
    import quantise
    import torch
    from safetensors import safe_open

BLOCK = {"class": "diabetic retinopathy", "scale": [0.5, 1, 2, 1], "offset": [0.25, 0, -0.5, 0], "cuts": [0.5] * 4}


@unittest.skipIf(LACKING, f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)")
class Grades(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def graded(self, name):
        """The released file of that name with a made-up head."""
        path = Path(shutil.copy(ROOT / f"weights/{name}.safetensors", self.folder))
        torch.manual_seed(11)
        head = network.Grade()
        with torch.no_grad():  # answers near 0, and far enough apart to be told from each other
            head.weight.normal_(0, 0.03)
            head.bias.copy_(torch.tensor([1.0, 1.5, -1.0, -3.0]))
        tensors = {f"grade.{k}": t for k, t in export.tensors_of(head).items()}
        export.put_head(path, "grade", tensors, grade=BLOCK)
        return path

    def test_the_core_gives_what_pytorch_gives(self):
        path = self.graded("vmnet")
        c = core.Core(path)
        self.assertEqual(c.info["grade"], "diabetic-retinopathy")
        rgba = c.pixels(ROOT / "web/sample/diabetic.jpg")
        told = c.screen(rgba)[0]["grade"]
        square = c.square(rgba, c.find_disc(rgba))
        c.close()
        with torch.no_grad():
            x = torch.from_numpy(square).permute(2, 0, 1)[None]
            logits = export.load_weights(path)[0](x)["grade"][0].numpy()
        p = 1 / (1 + np.exp(-(np.array(BLOCK["scale"]) * logits + BLOCK["offset"])))
        self.assertTrue((np.abs(logits) < 8).all() and logits.std() > 0.1, f"says something: {logits}")
        self.assertLess(np.abs(np.minimum.accumulate(p) - told["at_least"]).max(), 1e-3, (p, told))

    def test_golden_files_hold_it_with_the_guide(self):
        path, golden = self.graded("vmnet"), self.folder / "golden"
        export.main(["--golden", str(golden), "--out", str(path)])
        int8 = self.graded("vmnet-int8")
        quantise.main(["--golden", str(golden), "--out", str(int8)])
        net = export.load_weights(path)[0]
        for side in (256, 512):
            with safe_open(golden / f"network-{side}.safetensors", "pt") as f:
                x, grade = quantise.network_input(f.get_tensor("input")[None].numpy()), f.get_tensor("grade")
            with safe_open(golden / f"int8-{side}.safetensors", "pt") as f:
                near = f.get_tensor("grade")
            with torch.no_grad():
                want, without = net(x)["grade"][0], net(x, 0.0)["grade"][0]
            self.assertLess((grade - want).abs().max().item(), 1e-4)
            self.assertGreater((grade - without).abs().max().item(), 1e-3)
            self.assertLess((near - want).abs().max().item(), 0.5)

    def test_a_network_that_learns_on_leaves_it_out(self):
        net = network.VMNet(2, grade=True).eval().fold()
        self.assertIsNone(network.unfolded(net).grade)


if __name__ == "__main__":
    unittest.main()
