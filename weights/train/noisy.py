#!/usr/bin/env python3
"""Noisy labels: which of them heads that have not seen the patient strongly contradict, and whether heads gain by doubting these.

usage: noisy.py --data DATA [--work build/noisy] [--weights weights/vmnet.safetensors] [--seeds 1,2,3] [--level 0.1] [--without SETS]

All that heads read stands still: the means over each training photograph as it is, of ODIR, EyePACS, kaggle4's EyePACS, IDRiD and
the maculopathy set, kept in WORK. Two heads are fitted: that of the eight diseases, linear in the guided features, and that of the
grade (grade.py). A photograph counts as much as its set does in opened_data.WEIGHTS.

Contradicted: a "normal" of ODIR with a chance of "normal" under --level; a grade 0 with a chance of any retinopathy over 1 less
--level; a grade 1 with a chance of any under it, or of grade 2 and above over 1 less it. By heads of five folds by patient,
calibrated for each set on what they say. But the encoder has learnt these labels: so too few are contradicted.

Arms: plain; doubted: of what is contradicted the labels of "normal", retinopathy and grade count DOUBTED; placebo: of as many others
of the same set and label; neighbours: NEIGHBOUR of a grade belongs to the next one on each side; both: doubted and neighbours.

--without leaves sets' labels out, and measures them, too, on their training patients.

WORK/noisy.md (with --without: noisy-SETS.md): what was contradicted, how often the fellow eye has retinopathy, and the arms on test
patients with 95 % intervals by patient; WORK/doubted-*.png: the most contradicted photographs of each kind.
"""

import sys
from pathlib import Path

import data as sets
import grade
import guides
import late
import numpy as np
import opened
import opened_data
import options
import steady_data
import torch
import torch.nn.functional as F
from data import UNKNOWN
from grade import platt
from opened import CLASSES, mean_of_six
from opened_data import Part
from PIL import Image
from scipy.special import expit
from steady import TESTED
from steady_data import BATCH, CHUNK, DR, NORMAL, kept
from validate import tensor

LEARNT = ("odir5k", "eyepacs", "kaggle4", "idrid", "dr_maculopathy")
GUIDED = 128  # of what heads read, the guided features' means
DECAY = 0.03  # of the linear head; of seven from 0.001 to 1 the best on ODIR's validation patients
DOUBTED, NEIGHBOUR = 0.2, 0.15
ARMS = dict(plain="", doubted="d", placebo="p", neighbours="n", both="dn")
SHOWN, SHOWN_SIDE = 24, 224


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights")
    p.add_argument("--work", type=Path, default=Path("build/noisy"))
    p.add_argument("--seeds", type=lambda v: [int(s) for s in v.split(",")], default=[1, 2, 3])
    p.add_argument("--level", type=float, default=0.1)
    p.add_argument("--without", type=late.names, default=[])
    p.set_defaults(from_block=11)  # for late.Seen
    return p.parse_args(argv)


# ---- photographs ----


def means(args, nets, part):
    """Of a part's photographs as they are what heads read: [n,560]"""
    seer, reader = nets

    def chunk(i):
        x = part.x[i : i + CHUNK]
        batches = (tensor(np.array(x[k : k + BATCH]), sets.SIDE) for k in range(0, len(x), BATCH))
        return grade.features(reader, steady_data.rows_of(seer, batches))

    at = range(0, len(part.x), CHUNK)
    return np.concatenate([kept(args.work / f"plain-{part.name}-{i:04}.npy", lambda i=i: chunk(i)) for i in at])


class Pool:
    """Training photographs: x [n,560], labels [n,8 + 4], grades [n] (-1: not said), set, patient and place in the set of each, and how
    much it counts [n]."""

    def __init__(self, args, nets, names):
        known = {s.name: s for s in opened_data.chosen()}
        self.parts = {n: Part(args.work, args.data, known[n], "train") for n in names}
        parts, n = self.parts, [len(p.x) for p in self.parts.values()]
        self.x = np.concatenate([means(args, nets, p) for p in parts.values()])
        self.labels = np.concatenate([p.labels for p in parts.values()])
        self.grades = np.concatenate([p.grades for p in parts.values()])
        self.set, self.place = np.repeat([*parts], n), np.concatenate([np.arange(k) for k in n])
        clinic = lambda name: "eyepacs" if name == "kaggle4" else name  # noqa: E731
        self.patient = np.array([f"{clinic(k)} {v}" for k, p in parts.items() for v in p.patients])
        counts = np.repeat([known[k].weight / len(p.x) for k, p in parts.items()], n)
        self.counts = (counts / counts.mean()).astype(np.float32)

    def fold(self, seed):
        names, index = np.unique(self.patient, return_inverse=True)
        return np.random.default_rng(seed).integers(0, grade.FOLDS, len(names))[index]

    def shown(self, i):
        return Image.fromarray(self.parts[self.set[i]].x[self.place[i]]).resize((SHOWN_SIDE,) * 2)


# ---- heads ----


def linear(x, y, share):
    """The head of the eight diseases from means of the guided features: a function of [m,560] -> logits [m,8]"""
    x, y, share = (torch.from_numpy(v) for v in (x[:, :GUIDED], y, share))
    mean, deviation = x.mean(0), x.std(0) + 1e-3
    head = torch.nn.Linear(GUIDED, CLASSES)
    torch.nn.init.zeros_(head.weight)
    known, standard = (y >= 0) * share, (x - mean) / deviation
    opt = torch.optim.LBFGS(head.parameters(), max_iter=300, history_size=20, line_search_fn="strong_wolfe")

    def loss():
        opt.zero_grad()
        each = F.binary_cross_entropy_with_logits(head(standard), y.clamp(min=0), reduction="none")
        value = (each * known).sum(0).div(known.sum(0)).sum() + DECAY / 2 * head.weight.square().sum()
        value.backward()
        return value

    opt.step(loss)

    @torch.no_grad()
    def told(x):
        return head((torch.from_numpy(x[:, :GUIDED]) - mean) / deviation).numpy()

    return told


def out_of_fold(pool, seed):
    """Logits [n,8 + 4] of each photograph by heads that have not seen its patient."""
    fold, z = pool.fold(seed), np.zeros(pool.labels.shape, np.float32)
    share = np.repeat(pool.counts[:, None], pool.labels.shape[1], 1)
    for k in range(grade.FOLDS):
        here, there = fold == k, fold != k
        eight, four = np.split(pool.labels[there], [CLASSES], 1)
        z[here, :CLASSES] = linear(pool.x[there], eight, share[there, :CLASSES])(pool.x[here])
        head = grade.fit(pool.x[there], four, seed, share[there, CLASSES:])
        z[here, CLASSES:] = grade.told(head, pool.x[here])
    return z


def chances(pool, z):
    """Calibrated for each set on its own labels: [n,8 + 4], NaN where a set does not say."""
    p = np.full(z.shape, np.nan)
    for name in pool.parts:
        for c in range(z.shape[1]):
            of = pool.set == name
            known = of & (pool.labels[:, c] != UNKNOWN)
            if len(np.unique(pool.labels[known, c])) == 2:
                scale, offset = platt(z[known, c], pool.labels[known, c], np.ones(known.sum()))
                p[of, c] = expit(scale * z[of, c] + offset)
    return p


# ---- what is doubted ----


def kinds(pool, p):
    """[(set, label, which [n], what the heads say of it, against what the label is [n]: its chance by the heads)]"""
    any_, referable = p[:, CLASSES], p[:, CLASSES + opened_data.REFERABLE]
    out = [("odir5k", "normal", pool.labels[:, NORMAL] == 1, "not normal", p[:, NORMAL])]
    for name in pool.parts:
        if name != "odir5k":
            out.append((name, "grade 0", pool.grades == 0, "retinopathy", 1 - any_))
        out.append((name, "grade 1", pool.grades == 1, "none", any_))
        out.append((name, "grade 1", pool.grades == 1, "2 and above", 1 - referable))
    return [(name, label, which & (pool.set == name), said, chance) for name, label, which, said, chance in out]


def contradicted(found, level):
    return np.any([which & (chance < level) for _, _, which, _, chance in found], 0)


def others_instead(pool, found, doubted, seed):
    """As many of the same set and label, drawn from those that are not doubted where there are enough."""
    rng, out = np.random.default_rng(seed), np.zeros(len(doubted), bool)
    for name, label in dict.fromkeys((f[0], f[1]) for f in found):
        which = next(f[2] for f in found if f[:2] == (name, label))
        free, n = np.flatnonzero(which & ~doubted), (which & doubted).sum()
        out[rng.choice(free, min(n, len(free)), replace=False)] = True
    return out


def fellows(pool):
    """The place of the first other photograph of the same set and patient [n]; -1 where there is none."""
    keys, of = [*zip(pool.set, pool.patient, strict=True)], {}
    for i, key in enumerate(keys):
        of.setdefault(key, []).append(i)
    return np.array([next((j for j in of[key] if j != i), -1) for i, key in enumerate(keys)])


def counted(pool, found, levels):
    """Lines of a table: how many labels are contradicted, and how often the fellow eye is called ill."""
    fellow = fellows(pool)
    ill = np.where(fellow >= 0, pool.labels[fellow, DR], UNKNOWN)
    under = " | ".join(f"under {v}" for v in levels)
    yield f"| set, label | n | heads say | {under} | fellow eye has retinopathy, of these | of the rest |"
    yield "|---|---|---|---|---|---|---|"
    for name, label, which, said, chance in found:
        n = which.sum()
        few = [which & (chance < v) for v in levels]
        shares = " | ".join(f"{f.sum()} ({100 * f.sum() / max(1, n):.1f} %)" for f in few)
        pairs = [ill[m][ill[m] != UNKNOWN] for m in (few[0], which & ~few[0])]
        ill_of = " | ".join(f"{int(v.sum())} of {len(v)}" for v in pairs)
        yield f"| {name}, {label} | {n} | {said} | {shares} | {ill_of} |"


def show(args, pool, found):
    """The most contradicted of each kind, side by side."""
    for name, label, which, said, chance in found:
        some = np.flatnonzero(which)[np.argsort(chance[which])][:SHOWN]
        if not len(some):
            continue
        sheet = Image.new("RGB", (6 * SHOWN_SIDE, -(-len(some) // 6) * SHOWN_SIDE))
        for k, i in enumerate(some):
            sheet.paste(pool.shown(i), (k % 6 * SHOWN_SIDE, k // 6 * SHOWN_SIDE))
        file = args.work / f"doubted-{name}-{label}-{said}.png".replace(" ", "-")
        sheet.save(file)
        print(file.name, " ".join(f"{pool.parts[name].paths[pool.place[i]].stem}:{chance[i]:.3f}" for i in some))


def softened(pool):
    """Labels [n,8 + 4] of which NEIGHBOUR belongs to the next grade on each side."""
    near = NEIGHBOUR * (np.eye(5, k=1) + np.eye(5, k=-1))
    near += np.diag(1 - near.sum(1))
    at_least = near @ (np.arange(5)[:, None] >= np.array(opened_data.GRADES))
    labels, said = pool.labels.copy(), pool.grades >= 0
    labels[said, CLASSES:] = np.where(labels[said, CLASSES:] == UNKNOWN, UNKNOWN, at_least[pool.grades[said]])
    labels[said, DR] = at_least[pool.grades[said], 0]
    return labels


# ---- the arms ----


class Arm:
    """Heads of both kinds, the grade's once for each seed."""

    def __init__(self, args, pool, marks, less, soft, judges):
        labels = soft if "n" in marks else pool.labels
        share = np.repeat(pool.counts[:, None], labels.shape[1], 1)
        touched = next((less[m] for m in marks if m in less), np.zeros(len(share), bool))
        for c in (NORMAL, DR, *range(CLASSES, labels.shape[1])):
            share[touched, c] *= DOUBTED
        self.eight = linear(pool.x, labels[:, :CLASSES], share[:, :CLASSES])
        self.four = [grade.fit(pool.x, labels[:, CLASSES:], s, share[:, CLASSES:]) for s in args.seeds]
        self.at = [grade.logits_at_cuts(grade.calibrated(h, judges)) for h in self.four]

    def referable(self, x, ill, weight):
        """[draws], by the probability of retinopathy and by the grade"""
        by_grade = [guides.areas(grade.told(h, x)[:, opened_data.REFERABLE], ill, weight) for h in self.four]
        return guides.areas(self.eight(x)[:, DR], ill, weight), np.mean(by_grade, 0)

    def kappa(self, x, grades, weight):
        given = [np.cumprod(grade.told(h, x) >= at, 1).sum(1) for h, at in zip(self.four, self.at, strict=True)]
        return np.mean([opened.kappa(grades, g, weight) for g in given], 0)


def line(what, n, released, of):
    """of: {arm: [draws]}"""
    cells = [opened.span(v if k == "plain" else v - of["plain"], k != "plain") for k, v in of.items()]
    return f"| {what} | {n} | {'' if released is None else f'{released:.3f}'} | {' | '.join(cells)} |"


def rows_of(what, net, arms, x, labels, grades, patients):
    weight, said = guides.weights_of(patients), grades >= 0
    released = net.net.diseases.head(torch.from_numpy(x[:, :GUIDED])).detach().numpy()
    if what.startswith("odir5k"):
        six = {k: mean_of_six(a.eight(x), labels, weight) for k, a in arms.items()}
        yield line(f"{what}, mean of the six, AUC", len(x), mean_of_six(released, labels, weight)[0], six)
        for c in (NORMAL, DR):
            ill = labels[:, c]
            of = {k: guides.areas(a.eight(x)[:, c], ill, weight) for k, a in arms.items()}
            before = guides.areas(released[:, c], ill, weight)[0]
            yield line(f"{what}, {sets.CLASSES[c]}, AUC", f"{len(ill)} ({int(ill.sum())})", before, of)
    x, grades, weight = x[said], grades[said], weight[:, said]
    ill = grades >= 2
    by = {k: a.referable(x, ill, weight) for k, a in arms.items()}
    n, before = f"{len(ill)} ({ill.sum()})", guides.areas(released[said, DR], ill, weight)[0]
    yield line(f"{what}, grade 2 and above by p of retinopathy, AUC", n, before, {k: v[0] for k, v in by.items()})
    yield line(f"{what}, grade 2 and above by the grade, AUC", n, None, {k: v[1] for k, v in by.items()})
    yield line(f"{what}, quadratic kappa", len(ill), None, {k: a.kappa(x, grades, weight) for k, a in arms.items()})


def figures(args, nets, arms, measured):
    yield f"| what | n (positive) | released | {' | '.join(arms)} |"
    yield "|---" * (len(arms) + 3) + "|"
    for name, m in measured.items():
        yield from rows_of(f"{name}, test", nets[1], arms, m.x, m.labels, m.grades, m.patients)
    if args.without:
        left = Pool(args, nets, args.without)
        for name in args.without:
            of = left.set == name
            x, y, g, p = left.x[of], left.labels[of, :CLASSES], left.grades[of], left.patient[of]
            yield from rows_of(f"{name}, train, left out", nets[1], arms, x, y, g, p)


def run_all(args):
    nets = steady_data.released(args.weights), late.released(args.weights, args.from_block)
    pool = Pool(args, nets, [n for n in LEARNT if n not in args.without])
    found = kinds(pool, chances(pool, out_of_fold(pool, args.seeds[0])))
    show(args, pool, found)
    doubted = contradicted(found, args.level)
    less = dict(d=doubted, p=others_instead(pool, found, doubted, args.seeds[0]))
    print(f"{len(pool.x)} photographs, {doubted.sum()} doubted, {less['p'].sum()} in the placebo", flush=True)
    seen = lambda name, part, most: grade.Seen(args, nets[1], name, part, most)  # noqa: E731
    judges = [seen(n, "val", most) for n, most in grade.CALIBRATE.items() if n not in args.without]
    soft = softened(pool)
    arms = {k: Arm(args, pool, marks, less, soft, judges) for k, marks in ARMS.items()}
    measured = {n: seen(n, "test", most) for n, most in TESTED.items()}
    text = "\n".join([*counted(pool, found, (args.level, args.level / 2)), "", *figures(args, nets, arms, measured)])
    (args.work / "-".join(["noisy", *args.without])).with_suffix(".md").write_text(text + "\n")
    print(text)


def main(argv):
    args = parse(argv)
    options.attempt("noisy.py", args, run_all, sets.MissingData)


if __name__ == "__main__":
    main(sys.argv[1:])
