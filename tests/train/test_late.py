"""The encoder's late stages opened for longer. Needs PyTorch and the rest of weights/train/requirements.txt."""

import contextlib
import importlib.util
import io
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import layouts  # noqa: F401  finds weights/train
import numpy as np

import data as sets  # isort: skip

NEEDED = ("torch", "safetensors", "sklearn")
LACKING = [n for n in NEEDED if importlib.util.find_spec(n) is None]
if not LACKING:
    import late
    import steady_data
    import steps
    import torch
    from test_steady import part, vmnet

WHY = f"not installed: {', '.join(LACKING)} (weights/train/requirements.txt)"


def network(_, first):
    return late.Late(vmnet(), first).eval().to(memory_format=torch.channels_last)


@unittest.skipIf(LACKING, WHY)
class Late(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(sets, "SIDE", 64))
        self.addCleanup(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)  # layers this small only wait for one another

    def held(self, net, n=2):
        """What the released network held of n views, f32."""
        y = torch.rand(n, 3, 64, 64)
        rows = steady_data.rows_of(steady_data.Steady(vmnet()).eval(), [y])
        return y, late.apart(rows, steady_data.rows_of(net, [y]))

    def test_filters_that_stand_still_pass_the_same_gradient_on(self):
        torch.manual_seed(1)
        for stride, padding, kernel, side in ((1, 1, 3, 9), (1, 2, 5, 8), (2, 0, 5, 19), (2, 0, 3, 17)):
            x, weight, bias = torch.randn(2, 6, side, side), torch.randn(6, 1, kernel, kernel), torch.randn(6)
            grads = []
            for ours in (True, False):
                a, b = (t.clone().requires_grad_(True) for t in (x, bias))
                if ours:
                    y = late.Depthwise.apply(a, weight, b, stride, padding)
                else:
                    y = torch.nn.functional.conv2d(a, weight, b, stride, padding, 1, 6)
                (y * torch.linspace(0, 1, y.shape[-1])).sum().backward()
                grads.append((a.grad, b.grad))
            for one, other in zip(*grads, strict=True):
                self.assertTrue(torch.allclose(one, other, atol=1e-4), (stride, kernel))

    def test_at_the_start_it_tells_what_the_network_tells(self):
        for first in (11, 5):
            net = network(None, first)
            with mock.patch.object(steps, "has_bf16", lambda device: False), torch.no_grad():
                y, seen = self.held(net)
                want = net.net(steps.network_input(y))
                z, gradable, d16 = net.told(seen)
                before = net.held(seen)
            self.assertLess((z[:, :8] - want["logits"]).abs().max().item(), 0.02)
            self.assertLess((gradable - want["gradable"]).abs().max().item(), 0.02)
            self.assertLess((z - before[0]).abs().max().item(), 0.02)
            self.assertLess((d16 - before[2]).abs().max().item(), 0.02)
            self.assertLess((z[:, 8:] - z[:, 1:2]).abs().max().item(), 0.02)

    def test_only_what_is_open_learns(self):
        for first in (11, 5):
            net = network(None, first)
            _, seen = self.held(net)
            opt, before = late.optimiser(net, 1e-3), {k: v.clone() for k, v in net.state_dict().items()}
            z, gradable, d16 = net.told(seen)
            steps.descend(net, opt, z.square().mean() + gradable.square().mean() + d16.square().mean())
            moved = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
            self.assertEqual({int(k.split(".")[3]) for k in moved if ".blocks." in k}, set(range(first, 16)))
            rest = {k for k in moved if ".blocks." not in k}
            open_too = ("net.vessels.d32.", "net.vessels.d16.", "net.diseases.", "net.gradable.", "grade.")
            self.assertEqual({k for k in rest if not k.startswith(open_too)}, set())
            self.assertTrue(all(any(k.startswith(p) for k in rest) for p in open_too))
            self.assertFalse([k for k in moved if "norm.weight" in k or "running" in k or "depthwise.conv" in k])

    def test_some_sets_teach_the_grade_alone(self):
        labels = torch.tensor([[1.0] * 12])
        self.assertEqual(late.taught(labels, True)[0].tolist(), [-1] * 8 + [1] * 4)
        self.assertTrue(torch.equal(late.taught(labels, False), labels) and labels.min() == 1)

    def test_photographs_are_drawn_as_by_the_decoder_alone(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(steady_data, "Part", part):
            chosen = steady_data.chosen()
            parts = {s.name: part(None, None, s, "train") for s in chosen}
            args = SimpleNamespace(work=Path(folder), data=None, photographs=0, seed=1, unlabelled=[])
            x, labels = steady_data.Learnt(args, None).sampler(7).draw(20)
        photographs, ours = late.Drawn(chosen, parts, ["eyepacs"], 7).draw(20)
        self.assertTrue(torch.equal(photographs(), x))
        known = (ours[:, :8] >= 0).all(1)
        self.assertTrue(torch.equal(ours[known][:, :8], labels[known]) and 0 < known.sum() < 20)
        self.assertTrue((ours[:, 8:] >= 0).all())

    def test_the_whole_run_goes_on_where_it_was_stopped_and_is_measured(self):
        ticks = iter(range(10**6))
        patches = (
            mock.patch.object(late, "Part", part),
            mock.patch.object(steady_data, "Part", part),
            mock.patch.object(late, "released", network),
            mock.patch.object(steady_data, "released", lambda _: steady_data.Steady(vmnet()).eval()),
            mock.patch.object(late, "cuts_of", lambda _: np.zeros(8, np.float32)),
            mock.patch.object(late, "clock", lambda _: next(ticks)),
            mock.patch.multiple(steady_data, CHUNK=4),
            mock.patch.multiple(late, CHUNK=4, JUDGED=dict(odir5k=5, eyepacs=0), TESTED=dict(odir5k=5, eyepacs=3)),
        )
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            for p in patches:
                stack.enter_context(p)
            printed = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            out = Path(folder) / "out"
            args = ["--data", folder, "--work", folder, "--out", str(out), "--photographs", "8", "--from-block", "5"]
            late.main([*args, "--minutes", "0.04"])  # by the clock above two or three steps
            seen = {p.name: p.stat().st_mtime_ns for p in Path(folder).glob("*.npy")}
            late.main([*args, "--minutes", "0.08"])
            again = {p.name: p.stat().st_mtime_ns for p in Path(folder).glob("*.npy")}
            table = (out / "table.md").read_text()
            more = [*args[:4], "--out", str(out.with_name("more")), *args[6:], "--start", str(out / "late.pt")]
            late.main([*more, "--minutes", "0"])
            kept = [torch.load(o / "late.pt", weights_only=False)["weights"] for o in (out, out.with_name("more"))]
        self.assertTrue(all(torch.equal(v, kept[1][k]) for k, v in kept[0].items()))
        self.assertIn("resumed at step", printed.getvalue())
        self.assertEqual(again, seen)
        self.assertTrue({"train-1-001.npy", "e8-train-1-001.npy", "e8-more-kaggle4-0008.npy"} <= set(seen))
        for what in (
            "| all, turned by 90°, other findings | 8 |",
            "| odir5k, mean of the six, AUC | 10 |",
            "| eyepacs, referable, by p and by the grade, AUC | 10 (6) |",
        ):
            self.assertIn(what, table)
        self.assertEqual({line.count("|") for line in table.splitlines()}, {6})


if __name__ == "__main__":
    unittest.main()
