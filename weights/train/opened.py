#!/usr/bin/env python3
"""What does an opened encoder bring? The released network learns on, from S/16 or deeper open, from grades of retinopathy.

usage: opened.py --data DATA [--work build/opened] [--weights weights/vmnet.safetensors] [--minutes 48] [--from-block 5]
                 [--rate 0.00015] [--side 512] [--seed 1] [--watches 3] [--measure]
                 [--tested eyepacs,kaggle4,idrid,dr_maculopathy,odir5k]

A linear head beside that of the diseases reads the means of the guided features, of E16 and of E32 and answers four questions, is
the grade at least 1, 2, 3, 4: at the start it says to each what the network says of any retinopathy. It learns with the encoder and
the classification decoder, from every set that has grades (opened_data.py), and the eight diseases' losses stay on. Norms, the
vessel decoder and the heads of structures and gradability stand still: all of these would have to be fitted anew.

--from-block  the first of the encoder's sixteen blocks that learns: 5 begins S/16, 3 S/8, 0 opens all of it and the stem

Resumable: WORK/last.pt; WORK/opened.pt holds the averaged weights. Validation figures (averaged weights, of patients that taught
nothing) before and --watches times, evenly over --minutes, the last time at the end; then, or with --measure alone, the figures of
released and opened network on the same photographs, in the same bf16, with 95 % intervals by patient: WORK/table.md.
"""

import copy
import sys
import time
from pathlib import Path

import augment
import data as sets
import numpy as np
import opened_data
import options
import steps
import torch
import torch.nn.functional as F
from average import checkpoint
from guides import areas, weights_of
from network import FEATURES, VMNet, even_scales
from opened_data import GRADES, REFERABLE, Part
from torch import nn
from train import clock
from validate import tensor

CLASSES = len(sets.CLASSES)
BATCH = 8
WATCHED = ("odir5k", "eyepacs", "kaggle4", "idrid")
TESTED = "eyepacs,kaggle4,idrid,dr_maculopathy,odir5k"
JUDGES = ("eyepacs", "kaggle4")  # of which the validation parts are measured together, too
SIX = sets.named(sets.CLASSES)


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--work", type=Path, default=Path("build/opened"))
    p.add_argument("--minutes", type=float, default=48)
    p.add_argument("--from-block", type=int, default=5)
    p.add_argument("--rate", type=float, default=1.5e-4)
    p.add_argument("--side", type=int, default=sets.SIDE)
    p.add_argument("--watches", type=int, default=3)
    p.add_argument("--tested", default=TESTED)
    p.add_argument("--measure", action="store_true")
    return p.parse_args(argv)


# ---- the network ----


class Graded(nn.Module):
    """A network, and the head that answers whether the grade is at least 1, 2, 3, 4. -> logits [n,8 + 4]"""

    def __init__(self, net):
        super().__init__()
        self.net, self.grade = net, nn.Linear(FEATURES + 112 + 320, len(GRADES))
        head, dr = net.diseases.head, sets.CLASSES.index(sets.DR)
        with torch.no_grad():
            self.grade.weight.zero_()
            self.grade.weight[:, :FEATURES] = head.weight[dr]
            self.grade.bias.fill_(head.bias[dr].item())

    def means(self, x):
        """[n,channels] of the guided features, E16 and E32"""
        taps = self.net.encoder(x)
        d16 = self.net.vessels.coarse(taps)
        with torch.no_grad():
            vessels = self.net.vessels.fine(x, taps, d16)
        guided = self.net.diseases(taps[3], taps[4], vessels, d16)[0]
        return [f.float().mean((2, 3)) for f in (guided, taps[3], taps[4])]

    def forward(self, x, dropout=0.0):
        means = [F.dropout(m, dropout) for m in self.means(x)]
        return torch.cat([self.net.diseases.head(means[0]), self.grade(torch.cat(means, 1))], 1).float()


def released(path):
    """The weights file's network, each layer's weights of the size of fresh ones: one rate suits them all."""
    state = checkpoint(path)
    net = VMNet(len(state["classes"]))
    net.load_state_dict(state["weights"])
    even_scales(net.encoder.modules())
    return Graded(net).eval().to(memory_format=torch.channels_last)


def opened_layers(encoder, first):
    return [*([encoder.stem] if first == 0 else []), *encoder.blocks[first:]]


def optimiser(net, args):
    """Weights and biases of the opened layers; the norms' statistics and factors stand still."""
    net.requires_grad_(False)
    layers = opened_layers(net.net.encoder, args.from_block)
    named = [(n, p) for layer in layers for n, p in layer.named_parameters()]
    encoder = [p for n, p in named if not n.endswith("norm.weight")]
    d = net.net.diseases
    parts = [(encoder, 1), ([*d.parameters()], 1), ([*net.grade.parameters()], 3)]
    for params, _ in parts:
        for p in params:
            p.requires_grad_(True)
    return torch.optim.AdamW([g for params, f in parts for g in steps.groups(params, f * args.rate, 0.02)])


class Run:
    """What a checkpoint holds: net, ema, opt, step, spent (steps.py)."""

    def __init__(self, args):
        self.args, self.step, self.spent, self.last = args, 0, 0.0, args.work / "last.pt"
        self.net = released(args.weights)
        self.ema, self.opt = copy.deepcopy(self.net), optimiser(self.net, args)
        if self.last.is_file():
            steps.go_on(self, torch.load(self.last, weights_only=False), args.seed)

    def save(self):
        steps.save_atomically(steps.state_of(self), self.last)
        weights = dict(weights=self.ema.state_dict(), steps=self.step, minutes=self.spent / 60)
        steps.save_atomically(weights, self.last.with_name("opened.pt"))


# ---- learning ----


def at_one_side(x, side):
    """Photographs of two sides -> uint8 [n,side,side,3]"""
    large = [F.interpolate(i.permute(2, 0, 1)[None].float(), size=(side, side), mode="bilinear") for i in x]
    return torch.cat(large).round().byte().permute(0, 2, 3, 1)


class Drawn(steps.Sampler):
    """As steps.Sampler, from sets kept at different sides."""

    def draw(self, n):
        of = self.rng.choice(len(self.sets), n, p=self.share)
        which = [(i, self.rng.choice(len(self.odds[i]), p=self.odds[i])) for i in of]
        x = [self.sets[i][0][j] for i, j in which]
        return at_one_side(x, sets.SIDE), torch.stack([self.sets[i][1][j] for i, j in which])


def loss_of(logits, labels):
    """Diseases and grades alike."""
    halves = zip(logits.split([CLASSES, len(GRADES)], 1), labels.split([CLASSES, len(GRADES)], 1), strict=True)
    return sum(steps.masked_bce(z, y) for z, y in halves)


def one_step(run, sampler, done):
    steps.set_rates(run.opt, run.step, done)
    x, labels = sampler.draw(BATCH)
    y = augment.photographs(x, run.args.side)
    with steps.lower_precision(torch.device("cpu")):
        logits = run.net(steps.network_input(y), dropout=0.2)
    loss = loss_of(logits, labels)
    steps.descend(run.net, run.opt, loss)
    run.step += 1
    steps.average(run.ema, run.net, run.step)
    return loss.item()


def learn(run, sampler, watched):
    budget, watches, losses, told = run.args.minutes * 60, run.args.watches, [], time.time()
    seen = int(watches * run.spent / budget)
    if watches and not run.step:
        watch(run, watched)
    tick = clock(torch.device("cpu"))
    while run.spent < budget:
        losses.append(one_step(run, sampler, run.spent / budget))
        now = clock(torch.device("cpu"))
        run.spent, tick = run.spent + now - tick, now
        if time.time() - told > 60:
            told = time.time()
            run.save()
            left = run.args.minutes - run.spent / 60
            print(f"step {run.step}, loss {np.mean(losses[-100:]):.4f}, {left:.0f} min left", flush=True)
        if int(watches * run.spent / budget) > seen:
            seen = int(watches * run.spent / budget)
            watch(run, watched)
            tick = clock(torch.device("cpu"))
    run.save()


# ---- figures ----


@torch.no_grad()
def logits_of(net, part):
    """[n,12] of all photographs of a part"""
    out = []
    for i in range(0, len(part.x), BATCH):
        with steps.lower_precision(torch.device("cpu")):
            out.append(net(steps.network_input(tensor(part.x[i : i + BATCH], sets.SIDE))).numpy())
    return np.concatenate(out)


def referable(z):
    return z[:, CLASSES + REFERABLE]


def mean_of_six(z, labels, weight):
    """[draws]"""
    found = np.stack([areas(z[:, c], labels[:, c], weight) for c in SIX])
    with np.errstate(invalid="ignore"):
        return np.nansum(found, 0) / np.isfinite(found).sum(0)


def watch(run, parts):
    told = []
    for p in parts:
        z, once = logits_of(run.ema, p), np.ones((1, len(p.labels)))
        known = p.grades >= 0
        told.append(f"{p.name} referable {areas(referable(z)[known], p.grades[known] >= 2, once[:, known])[0]:.4f}")
        if p.name.startswith("odir5k"):
            told.append(f"mean of six {mean_of_six(z, p.labels, once)[0]:.4f}")
    print(f"validation, step {run.step}, {run.spent / 60:.1f} min: {', '.join(told)}", flush=True)


def grade_from(z):
    """0 to 4: how many of the four questions are answered yes, from the first on."""
    return np.cumprod(z[:, CLASSES:] > 0, 1).sum(1)


def kappa(a, b, weight):
    """Quadratic kappa of grades 0 to 4 under each row of weights [draws,n]."""
    table = weight @ np.eye(25)[a * 5 + b]
    table = table.reshape(-1, 5, 5) / table.sum(1)[:, None, None]
    far = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    chance = table.sum(2)[:, :, None] * table.sum(1)[:, None, :]
    with np.errstate(invalid="ignore"):
        return 1 - (table * far).sum((1, 2)) / (chance * far).sum((1, 2))


def span(values, signed=False):
    low, high = np.nanpercentile(values[1:], [2.5, 97.5])
    f = "{:+.3f} [{:+.3f}, {:+.3f}]" if signed else "{:.3f} [{:.3f}, {:.3f}]"
    return f.format(values[0], low, high)


class Pooled:
    """Photographs of some parts of a set together."""

    def __init__(self, parts, scores):
        self.labels = np.concatenate([p.labels for p in parts])
        self.grades = np.concatenate([p.grades for p in parts])
        self.weight = weights_of(np.concatenate([p.patients for p in parts]))
        self.z = {k: np.concatenate([z[p.name] for p in parts]) for k, z in scores.items()}


def row(what, n, opened, released=None):
    """Of the table; opened, released: [draws]"""
    before, apart = ("", "") if released is None else (span(released), span(opened - released, True))
    return f"| {what} | {n} | {before} | {span(opened)} | {apart} |"


def rows_of(what, p):
    k = p.grades >= 0
    ill, weight = p.grades[k] >= 2, p.weight[:, k]
    values = {name: areas(referable(z)[k], ill, weight) for name, z in p.z.items()}
    yield row(f"{what}, referable, AUC", f"{len(ill)} ({ill.sum()})", **values)
    yield row(f"{what}, grade, quadratic kappa", len(ill), kappa(p.grades[k], grade_from(p.z["opened"])[k], weight))
    if not what.startswith("odir5k"):
        return
    yield row(
        f"{what}, mean of the six, AUC", len(k), **{a: mean_of_six(z, p.labels, p.weight) for a, z in p.z.items()}
    )
    for c in SIX:
        y = p.labels[:, c] == 1
        values = {name: areas(z[:, c], y, p.weight) for name, z in p.z.items()}
        yield row(f"{what}, {sets.CLASSES[c]}, AUC", f"{len(y)} ({y.sum()})", **values)


def table(parts, scores):
    lines = ["| what | n (positive) | released | opened | difference |", "|---|---|---|---|---|"]
    groups = {p.name.replace("-", " "): [p] for p in parts if p.name.endswith("-test")}
    groups[f"{' and '.join(JUDGES)} val"] = [p for p in parts if p.name.endswith("-val")]
    for what, members in groups.items():
        lines += rows_of(what, Pooled(members, scores))
    return "\n".join(lines)


def measure(args, parts):
    state, scores = torch.load(args.work / "opened.pt", weights_only=False), {}
    for name in ("released", "opened"):
        net = released(args.weights)
        if name == "opened":
            net.load_state_dict(state["weights"])
        scores[name] = {p.name: logits_of(net, p) for p in parts}
    text = table(parts, scores)
    (args.work / "table.md").write_text(text + "\n")
    print(f"{state['steps']} steps, {state['minutes']:.1f} min\n{text}")


# ---- all of it ----


def run_all(args):
    chosen = {s.name: s for s in opened_data.chosen()}
    part = lambda name, split: Part(args.work, args.data, chosen[name], split)  # noqa: E731
    if not args.measure:
        learnt = {name: part(name, "train") for name in chosen}
        sampler_of = {name: (p.x, p.labels) for name, p in learnt.items()}
        run = Run(args)
        sampler = Drawn(sampler_of, [*chosen.values()], args.seed + run.step, torch.device("cpu"))
        learn(run, sampler, [part(name, "val") for name in WATCHED])
    tested = [part(name, "test") for name in args.tested.split(",")]
    measure(args, [*tested, *(part(name, "val") for name in JUDGES)])


def main(argv):
    args = parse(argv)
    steps.seed_all(args.seed)
    options.attempt("opened.py", args, run_all, sets.MissingData)


if __name__ == "__main__":
    main(sys.argv[1:])
