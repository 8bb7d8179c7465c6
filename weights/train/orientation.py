#!/usr/bin/env python3
"""Fits the head that sees which way up a photograph lies, into a weights file: everything else in it stays as it is, byte by byte.

usage: orientation.py --data DATA [--work build/steady] [--weights weights/vmnet.safetensors] [--int8 weights/vmnet-int8.safetensors]
                      [--photographs 2048] [--also eyepacs,kaggle4] [--seed 1] [--name NAME] [--measure]

The head reads E16, D16 and the vessels, averaged over a grid of 4 by 4: 8 units for each place of it, then 4 answers: upright,
turned counter-clockwise by 90, by 180, by 270 degrees. It learns from the views that late.py learns from and keeps in WORK: each
training photograph as it is, mirrored, and turned by quarters with its hue turned; all that it reads stands still. Half of the
time what it reads is turned once more.

The core turns a photograph by 90 degrees from TURNED_FROM on, of the chance of both sideways answers; RESULTS.md, On its side.
--int8 carries the head over into a file that quantise.py made of the same weights. --measure writes nothing into a file.
WORK/orientation.md has the figures: parts of which late.py keeps all ways, validation first.
"""

import sys
from pathlib import Path

import data as sets
import export
import late
import numpy as np
import options
import steady_data
import steps
import torch
import torch.nn.functional as F
from late import JUDGED
from network import Orientation
from opened_data import Part
from steady import TESTED
from steady_data import CHUNK, VIEWS, WAYS, Measured
from torch import nn

GRID = Orientation.GRID
READS = dict(e16=112, d16=48, maps=1)
DROPOUT, EPOCHS, RATE, DECAY, BATCH = 0.2, 60, 0.003, 0.01, 128
TURNED_ONCE_MORE = 0.5
SMOOTHED = 0.02  # of the labels
UPRIGHT = 0.4  # how often an upright view is drawn, a turned one once
TURNED_FROM = 0.9
LEVELS = 15  # the largest whole number that a weight is written as, times the step of its unit
TURNS = {"turned by 90°": 1, "turned by 180°": 2}  # of WAYS; others are upright


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--work", type=Path, default=Path("build/steady"))
    p.add_argument("--int8", type=Path)
    p.add_argument("--photographs", type=int, default=2048)
    p.add_argument("--also", type=late.names, default=["eyepacs", "kaggle4"])
    p.add_argument("--name", help="of the weights, where it is a new one")
    p.add_argument("--measure", action="store_true")
    p.set_defaults(from_block=11, asked_grades=[])  # for late.Learnt: it keeps what S/32 reads
    return p.parse_args(argv)


# ---- what the head reads ----


def read(rows):
    """[n,161,4,4] of what was seen of photographs"""
    parts = []
    for i in range(0, len(rows), 32):
        seen = steady_data.apart(np.array(rows[i : i + 32]))
        parts.append(torch.cat([F.adaptive_avg_pool2d(seen[k].float(), GRID) for k in READS], 1))
    return torch.cat(parts)


def turned(n, seed):
    """By how many quarters, counter-clockwise, the last view of each of n photographs lies: what steady_data.views drew, [n]"""
    steps.seed_all(seed)
    quarters = [(np.random.uniform(-15, 15), np.random.randint(4))[1] for _ in range(n)]
    mirrored = [np.random.rand() < 0.5 for _ in range(n)]  # afterwards, which turns it the other way round
    return np.where(mirrored, np.negative(quarters), quarters) % 4


def views_of(args, net):
    """x [n,161,4,4], quarters [n]"""
    learnt, x, y = late.Learnt(args, net), [], []
    parts = {s.name: Part(args.work, args.data, s, "train") for s in steady_data.chosen() if s.name in args.also}
    seeds = [1000 * args.seed + i for i in range(len(learnt.chunks))]
    seeds += [500000 + i for n in args.also for i in range(0, len(parts[n].x), CHUNK)]  # as late.Learnt's
    for (rows, _, labels), seed in zip(learnt.chunks + learnt.also, seeds, strict=True):
        n = len(labels)
        each = read(rows).unflatten(0, (n, VIEWS))
        x += [each[:, 0], each[:, 1], each[:, VIEWS - 1]]
        y += [np.zeros(2 * n, int), turned(n, seed)]
    return torch.cat(x), torch.from_numpy(np.concatenate(y))


class Seen(Measured):
    """A part of a set in all ways: x {way: [n,161,4,4]}"""

    def __init__(self, args, name, split, most):
        super().__init__(args, name, split, most)
        net = steady_data.released(args.weights)
        make = lambda way: lambda: steady_data.rows_of(net, self.batches(way))  # noqa: E731
        self.x = {way: read(steady_data.kept(self.file(i), make(way))) for i, way in enumerate(WAYS)}


# ---- the head ----


def whole(weight):
    """Whole numbers and the step of each unit of a filter [out,in,h,w]"""
    step = (weight.abs().flatten(1).amax(1) / LEVELS).half().float()
    return (weight / step[:, None, None, None]).round().clamp(-LEVELS, LEVELS), step


class Head(nn.Module):
    """On what is standardised."""

    def __init__(self, mean, deviation):
        super().__init__()
        self.mean, self.deviation = mean[:, None, None], deviation[:, None, None]
        self.units, self.out = nn.Conv2d(len(mean), Orientation.UNITS, 1), Orientation().out

    def forward(self, x):
        x = F.dropout2d((x - self.mean) / self.deviation, DROPOUT, self.training)
        return self.out(F.relu(self.units(x)))[:, :, 0, 0]

    @torch.no_grad()
    def plain(self):
        """The network's own head, on what is not standardised, rounded as the file holds it."""
        net, sizes = Orientation(), list(READS.values())
        filters, means = (self.units.weight / self.deviation).split(sizes, 1), self.mean.flatten().split(sizes)
        shift = self.units.bias - sum((w[:, :, 0, 0] * m).sum(1) for w, m in zip(filters, means, strict=True))
        for layer, weight, mean in zip((net.e16, net.d16, net.vessels), filters, means, strict=True):
            numbers, step = whole(weight)
            layer.weight.copy_(numbers * step[:, None, None, None])
            layer.bias.zero_()
            shift += ((weight - layer.weight)[:, :, 0, 0] * mean).sum(1)  # what rounding takes from the mean photograph
        net.vessels.bias.copy_(shift.half())
        numbers, step = whole(self.out.weight)
        net.out.weight.copy_(numbers * step[:, None, None, None])
        net.out.bias.copy_(self.out.bias.half())
        return net.eval()


def tensors_of(net):
    """In the layout of src/network.c"""
    out = {}
    for name, layer in net.named_children():
        numbers, step = whole(layer.weight)
        out[f"{name}.weight"] = numbers.permute(0, 2, 3, 1).to(torch.int8)
        out[f"{name}.step"], out[f"{name}.bias"] = step.half(), layer.bias.half()
    return {f"orientation.{k}": t.detach().contiguous() for k, t in out.items()}


def turned_once_more(x, y):
    """What was read, turned by quarters and mirrored: nearly what a photograph so turned would give."""
    if np.random.rand() < TURNED_ONCE_MORE:
        k = np.random.randint(4)
        x, y = torch.rot90(x, k, (2, 3)), y + k
    return (x.flip(3), -y % 4) if np.random.rand() < 0.5 else (x, y % 4)


def fit(x, y, seed):
    steps.seed_all(seed)
    net = Head(x.mean((0, 2, 3)), x.std((0, 2, 3)) + 1e-3)
    opt = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    count = EPOCHS * len(x) // BATCH
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(opt, count)
    odds = torch.where(y == 0, UPRIGHT, 1.0)
    for _ in range(count):
        at = torch.multinomial(odds, BATCH)
        seen, lies = turned_once_more(x[at], y[at])
        loss = F.cross_entropy(net(seen), lies, label_smoothing=SMOOTHED)
        opt.zero_grad()
        loss.backward()
        opt.step()
        rates.step()
    return net.eval().plain()


# ---- figures ----


@torch.no_grad()
def chances(net, x):
    """[n,4]"""
    return net(*x.split(list(READS.values()), 1)).softmax(1).numpy()


def figures(net, measured):
    """measured: {what: Seen}"""
    yield "| photographs | lie | n | called sideways, % | of these the way it lies, % |\n|---|---|---|---|---|"
    for what, m in measured.items():
        for way, x in m.x.items():
            p = chances(net, x if way != steady_data.AS_IS else x[m.some])
            sideways = p[:, 1] + p[:, 3] >= TURNED_FROM
            right = np.mean(p[sideways, 1] > p[sideways, 3]) if TURNS.get(way) == 1 and sideways.any() else None
            told = "" if right is None else f"{100 * right:.1f}"
            yield f"| {what} | {way} | {len(p)} | {100 * sideways.mean():.1f} | {told} |"


def run_all(args):
    x, y = views_of(args, late.released(args.weights, args.from_block))
    net = fit(x, y, args.seed)
    measured = {"odir5k, validation": Seen(args, "odir5k", "val", JUDGED["odir5k"])}
    measured |= {f"{n}, test": Seen(args, n, "test", most) for n, most in TESTED.items()}
    text = "\n".join(figures(net, measured))
    (args.work / "orientation.md").write_text(text + "\n")
    print(f"{len(x)} views, {np.bincount(y)} by quarters\n{text}")
    if not args.measure:
        for path in filter(None, (args.weights, args.int8)):
            block = dict(turned_from=TURNED_FROM)
            export.put_head(path, "orientation", tensors_of(net), args.name, ["d16"], orientation=block)
            print(f"{path}: {block}")


def main(argv):
    args = parse(argv)
    steps.seed_all(args.seed)
    options.attempt("orientation.py", args, run_all, sets.MissingData)


if __name__ == "__main__":
    main(sys.argv[1:])
