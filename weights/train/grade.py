#!/usr/bin/env python3
"""Fits the head that grades diabetic retinopathy, into a weights file: everything else in it stays as it is, byte by byte.

usage: grade.py --data DATA [--work build/steady] [--weights weights/vmnet.safetensors] [--photographs 2048] [--seed 1]
                [--also eyepacs,kaggle4] [--without SETS] [--name NAME] [--measure]

The head reads the means over the photograph of the guided features, E16 and E32 and answers four questions, is the grade (ICDR)
at least 1, 2, 3, 4: 32 units, then 4. It learns from the views that late.py learns from and keeps in WORK, of training patients
of every set with grades; all that it reads stands still. --without leaves sets out: with --measure they are a place never seen.

Calibration: of each question a scale and an offset, on validation patients, each set counted alike. A grade counts
from CUTS on the calibrated probability on. WORK/grade.md begins with what that gives on training patients, by heads that did not
see them; the cuts were chosen there.

--measure writes nothing into the weights file; WORK/grade.md has the figures either way: test patients, 95 % intervals by patient;
of sets left out their training patients, too.
"""

import sys
from pathlib import Path

import data as sets
import export
import guides
import late
import network
import numpy as np
import opened
import opened_data
import options
import steady_data
import steps
import torch
import torch.nn.functional as F
from data import UNKNOWN
from late import CLASSES, Drawn
from opened_data import GRADES, Part
from scipy.optimize import minimize
from scipy.special import logit
from steady import TESTED
from steady_data import AS_IS, CHUNK, VIEWS, kept
from torch import nn

HIDDEN = network.Grade.HIDDEN
DROPOUT, EPOCHS, RATE, DECAY, BATCH = 0.5, 24, 0.002, 0.3, 128
FOLDS = 5
CUTS = 0.6, 0.6, 0.4, 0.4  # to miss a severe one is worse than to call it early; evidence: RESULTS.md, The grade
LEVELS = 11  # the largest whole number that a weight of the hidden layer is written as, times the step of its unit
CALIBRATE = late.JUDGED  # whose validation patients have grades
FIRM = 1.0  # how many photographs speak for a scale of 1 and an offset of 0


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--work", type=Path, default=Path("build/steady"))
    p.add_argument("--photographs", type=int, default=2048)
    p.add_argument("--also", type=late.names, default=["eyepacs", "kaggle4"])
    p.add_argument("--without", type=late.names, default=[])
    p.add_argument("--name", help="of the weights, where it is a new one")
    p.add_argument("--measure", action="store_true")
    p.set_defaults(from_block=11, asked_grades=[])  # for late.Learnt: it keeps what S/32 reads
    return p.parse_args(argv)


# ---- what the head reads ----


@torch.no_grad()
def features(net, rows):
    """[n,128 + 112 + 320] of what was seen of photographs"""
    parts = [late.apart(np.array(rows[i : i + 32]), None) for i in range(0, len(rows), 32)]
    return torch.cat([torch.cat(net.means(*(s[k] for k in ("e16", "e32", "d16", "maps"))), 1) for s in parts]).numpy()


class Rows:
    """Features [n,560], answers [n,4] (UNKNOWN where there is none), grades [n] (-1: not said), the set [n] and the patient [n] of
    each view, the photograph's own first."""

    def __init__(self, args, net):
        learnt = late.Learnt(args, net)
        chosen = steady_data.chosen()
        parts = {s.name: Part(args.work, args.data, s, "train") for s in chosen}
        x, y, which = [], [], []
        for i, (rows, _, labels) in enumerate(learnt.chunks):
            drawn = Drawn(chosen, parts, (), 1000 * args.seed + i).places(CHUNK)
            x.append(kept(args.work / f"means-{args.seed}-{i:03}.npy", lambda rows=rows: features(net, rows)))
            y.append(labels)
            which += [(chosen[of].name, k) for of, k in drawn]
        at = [(n, i) for n in args.also for i in range(0, len(parts[n].x), CHUNK)]
        for (n, i), (rows, _, labels) in zip(at, learnt.also, strict=True):
            x.append(kept(args.work / f"means-{n}-{i:04}.npy", lambda rows=rows: features(net, rows)))
            y.append(labels)
            which += [(n, i + k) for k in range(len(labels))]
        told = [(n, f"{n} {k}", f"{n} {parts[n].patients[k]}", parts[n].grades[k]) for n, k in which]
        self.set, self.photograph, self.patient, self.grade = (np.repeat(v, VIEWS) for v in zip(*told, strict=True))
        self.x, self.y = np.concatenate(x), torch.cat(y)[:, CLASSES:].numpy().repeat(VIEWS, 0)

    def kept(self, names):
        """Which are not of these sets: bool [n]"""
        return ~np.isin(self.set, names)

    def once(self):
        """One view, as it is, of each photograph whose grade is said: indices"""
        plain = np.arange(len(self.x)) // VIEWS * VIEWS
        first = np.unique(self.photograph, return_index=True)[1]
        return np.array([i for i in plain[first] if self.grade[i] >= 0])


class Seen(late.Seen):
    """A part of a set, its photographs as they are: x [n,560], answers [n,4]. most: as of late.Seen, whose files it shares"""

    def __init__(self, args, net, name, split, most):
        super().__init__(args, net, name, split, most)
        self.x, self.answers = features(net, self.rows(0, AS_IS)[0]), self.part.labels[:, CLASSES:]


# ---- the head ----


class Head(nn.Module):
    def __init__(self, mean, deviation):
        super().__init__()
        self.mean, self.deviation = mean, deviation
        self.hidden, self.out = nn.Linear(len(mean), HIDDEN), nn.Linear(HIDDEN, len(GRADES))

    def forward(self, x):
        x = F.dropout((x - self.mean) / self.deviation, DROPOUT, self.training)
        return self.out(F.dropout(F.relu(self.hidden(x)), DROPOUT, self.training))

    @torch.no_grad()
    def whole(self):
        """The hidden layer's weights on what is not standardised, whole numbers [32,560], and the step [32,1] of each unit."""
        weight = self.hidden.weight / self.deviation
        step = (weight.abs().amax(1, keepdim=True) / LEVELS).half().float()
        return (weight / step).round().clamp(-LEVELS, LEVELS), step

    @torch.no_grad()
    def round(self):
        """As the file will hold it."""
        whole, step = self.whole()
        weight = self.hidden.weight / self.deviation
        self.hidden.bias += (weight - whole * step) @ self.mean  # what rounding takes from the mean photograph
        self.hidden.weight.copy_(whole * step * self.deviation)
        return self

    def tensors(self):
        """In the layout of src/network.c: what it reads is not standardised there."""
        whole, step = self.whole()
        out = {
            "hidden.weight": whole.to(torch.int8).reshape(HIDDEN, 1, 1, -1),
            "hidden.step": step[:, 0].half(),
            "hidden.bias": (self.hidden.bias - (whole * step) @ self.mean).half(),
            "weight": self.out.weight.half(),
            "bias": self.out.bias.half(),
        }
        return {f"grade.{k}": t.detach().contiguous() for k, t in out.items()}


def fit(x, y, seed, share=None):
    """share [n,4]: how much each answer counts"""
    steps.seed_all(seed)
    share = torch.ones(y.shape) if share is None else torch.from_numpy(share)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    net = Head(x.mean(0), x.std(0) + 1e-3)
    opt = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(opt, RATE, total_steps=EPOCHS * -(-len(x) // BATCH))
    for _ in range(EPOCHS):
        for at in torch.randperm(len(x)).split(BATCH):
            opt.zero_grad()
            steps.masked_bce(net(x[at]), y[at], share[at]).backward()
            opt.step()
            rates.step()
    return net.eval().round()


@torch.no_grad()
def told(head, x):
    return head(torch.from_numpy(x)).numpy()


def platt(z, y, weight):
    """Scale and offset of logits z [n], with which y 0 or 1 is most likely."""

    def loss(p):
        t = np.exp(p[0]) * z + p[1]
        return (weight * (np.logaddexp(0, t) - y * t)).sum() + FIRM * (p[0] ** 2 + p[1] ** 2) / 2

    p = minimize(loss, np.zeros(2), method="BFGS").x
    return float(np.exp(p[0])), float(p[1])


def calibrated(head, parts):
    """Of each question (scale, offset); parts: validation parts, each counted alike"""
    most, out = max(len(p.x) for p in parts), []
    for k in range(len(GRADES)):
        known = [p.answers[:, k] != UNKNOWN for p in parts]
        z = np.concatenate([told(head, p.x)[m, k] for p, m in zip(parts, known, strict=True)])
        y = np.concatenate([p.answers[m, k] for p, m in zip(parts, known, strict=True)])
        weight = np.concatenate([np.full(m.sum(), most / max(1, m.sum()) / len(parts)) for m in known])
        out.append(platt(z, y, weight))
    return out


def out_of_fold(rows, keep, at, seed):
    """Logits [n,4] of views `at`, of each by a head that did not see its patient, from the views that `keep` [n] names."""
    patients = np.unique(rows.patient)
    fold = dict(zip(patients, np.random.default_rng(seed).integers(0, FOLDS, len(patients)), strict=True))
    fold, z = np.array([fold[p] for p in rows.patient]), np.zeros((len(rows.x), len(GRADES)), np.float32)
    for k in range(FOLDS):
        here = at[fold[at] == k]
        learnt = keep & (fold != k)
        z[here] = told(fit(rows.x[learnt], rows.y[learnt], seed), rows.x[here])
    return z[at]


def logits_at_cuts(each):
    """Of each question, the head's logit at its cut [4]."""
    return np.array([(logit(c) - o) / s for c, (s, o) in zip(CUTS, each, strict=True)])


def confusion(z, grade, at):
    """Lines of a table: by people's grade how often which is given. at: logits at the cuts"""
    given = np.cumprod(z >= at, 1).sum(1)
    yield "| grade | n | " + " | ".join(f"given {k}" for k in range(5)) + " |\n|---|---|---|---|---|---|---|"
    for k in np.unique(grade):
        of = given[grade == k]
        yield f"| {k} | {len(of)} | " + " | ".join(str(np.sum(of == j)) for j in range(5)) + " |"


def block_of(each):
    """What the weights file's metadata says of the head."""
    scale, offset = ([round(v, 4) for v in values] for values in zip(*each, strict=True))
    return {"class": sets.CLASSES[steady_data.DR], "scale": scale, "offset": offset, "cuts": list(CUTS)}


# ---- figures ----


def probability(net, means):
    """Logit of any retinopathy [n]"""
    with torch.no_grad():
        return net.net.diseases.head(torch.from_numpy(means[:, :128]))[:, steady_data.DR].numpy()


def rows_of(what, net, head, at, x, grades, patients):
    known, weight = grades >= 0, guides.weights_of(patients)
    x, grades, weight = x[known], grades[known], weight[:, known]
    z, p = told(head, x), probability(net, x)
    for k in GRADES:
        ill = grades >= k
        if 3 < ill.sum() < len(ill) - 3:
            by = guides.areas(z[:, k - 1], ill, weight), guides.areas(p, ill, weight)
            yield opened.row(f"{what}, grade {k} and above, AUC", f"{len(ill)} ({ill.sum()})", *by)
    both = np.concatenate([np.zeros((len(z), CLASSES)), z - at], 1)
    yield opened.row(f"{what}, grade, quadratic kappa", len(z), opened.kappa(grades, opened.grade_from(both), weight))


def figures(args, net, head, at):
    yield "| what | n (positive) | by p of retinopathy | by the grade | difference |\n|---|---|---|---|---|"
    for name, most in TESTED.items():
        m = Seen(args, net, name, "test", most)
        yield from rows_of(f"{name}, test", net, head, at, m.x, m.grades, m.patients)
    for name in args.without:
        part = Part(args.work, args.data, {s.name: s for s in opened_data.chosen()}[name], "train")
        files = [args.work / f"means-{name}-{i:04}.npy" for i in range(0, len(part.x), CHUNK)]
        if all(f.is_file() for f in files):
            x = np.concatenate([np.load(f)[::VIEWS] for f in files])
            yield from rows_of(f"{name}, train, left out", net, head, at, x, part.grades, part.patients)


def run_all(args):
    net = late.released(args.weights, args.from_block)
    rows = Rows(args, net)
    keep = rows.kept(args.without)
    head = fit(rows.x[keep], rows.y[keep], args.seed)
    once = np.array([i for i in rows.once() if keep[i]])
    others = out_of_fold(rows, keep, once, args.seed)
    parts = [Seen(args, net, n, "val", most) for n, most in CALIBRATE.items() if n not in args.without]
    each = calibrated(head, parts)
    at = logits_at_cuts(each)
    for p in parts:
        print("\n".join(rows_of(p.part.name, net, head, at, p.x, p.grades, p.patients)))
    text = "\n".join([*confusion(others, rows.grade[once], at), "", *figures(args, net, head, at)])
    (args.work / "grade.md").write_text(text + "\n")
    print(f"{len(rows.x)} views of {len(rows.x) // VIEWS} photographs\n{text}")
    if not args.measure:
        block = block_of(each)
        export.put_head(args.weights, "grade", head.tensors(), args.name, grade=block)
        print(f"{args.weights}: {block}")


def main(argv):
    args = parse(argv)
    steps.seed_all(args.seed)
    options.attempt("grade.py", args, run_all, sets.MissingData)


if __name__ == "__main__":
    main(sys.argv[1:])
