#!/usr/bin/env python3
"""Do more pixels, or means over sizes and mirror images, tell referable retinopathy better? The released network as it is.

usage: pixels.py --data DATA [--work build/pixels] [--weights weights/vmnet.safetensors] [--sides 512,768] [--mirrored]
                 [--sets eyepacs,idrid,dr_maculopathy] [--limit N]

Each photograph is read anew at each of --sides and seen in bf16 where the machine has it (--mirrored: and in a mirror). Of it are
kept the probability of retinopathy and the means of the guided features, of E16 and of E32: WORK/seen-*.npz; the same command
goes on where it was stopped. --limit takes at most so many of either answer, evenly over the set. A mean over sizes and mirrors is what a teacher would say: where it is no better than the
photograph at 512, a pupil has nothing to learn from it.

Printed: AUC of grade 2 and above by the probability and by a ridge regression on the means (five folds of patients within the set,
its penalty chosen inside the others), and their differences from 512, with 95 % intervals by patient. WORK/table.md keeps it.
"""

import sys
import time
from pathlib import Path

import data as sets
import numpy as np
import opened
import options
import steps
import torch
from guides import areas, weights_of
from opened_data import grade_of, patient_of

BATCH = 4
FOLDS = 5
PENALTIES = (10.0, 100.0, 1000.0, 10000.0)
FIRST = 512
TOLD = 30  # seconds between two lines


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights")
    p.add_argument("--work", type=Path, default=Path("build/pixels"))
    p.add_argument("--sides", default="512,768")
    p.add_argument("--sets", default="eyepacs,idrid,dr_maculopathy")
    p.add_argument("--mirrored", action="store_true")
    p.add_argument("--limit", type=int, default=0)
    return p.parse_args(argv)


# ---- what the network says ----


def all_of(data, name, asked):
    """[(photograph, its row)] of all parts of a set whose row answers what is asked, and the answers"""
    s = next(s for s in sets.ALL_SETS if s.name == name)
    found = [s.rows(data, s, split) for split in ("train", "val", "test")]
    sets.report([f"{name}: {p}" for _, problems in found for p in problems], None)
    items = [i for of, _ in found for i in of if asked(i[1]) is not None]
    return items, [asked(row) for _, row in items]


def patients_of(name, items):
    return np.array([str(patient_of(name, p)) for p, _ in items])


@torch.no_grad()
def look(net, x):
    """uint8 [n,s,s,3] -> f32 [n,1 + features]: the logit of retinopathy, and the means"""
    y = torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255
    with steps.lower_precision(torch.device("cpu")):
        means = net.means(steps.network_input(y))
    z = net.net.diseases.head(means[0])[:, sets.CLASSES.index(sets.DR)]
    return torch.cat([z[:, None], *means], 1).float().numpy()


def kept(file):
    """{photograph's name: what is kept of it}"""
    if not file.is_file():
        return {}
    z = np.load(file)
    return dict(zip(z["names"].tolist(), z["rows"], strict=True))


def keep(file, rows):
    np.savez(file, names=list(rows), rows=np.stack(list(rows.values())))


def seen(work, net, name, paths, side, mirrored):
    """[n,1 + features], from the disk where it is there"""
    file = work / f"seen-{name}-{side}{'-mirrored' if mirrored else ''}.npz"
    rows, told = kept(file), time.time()
    left = [p for p in paths if p.name not in rows]
    for i in range(0, len(left), BATCH):
        some = left[i : i + BATCH]
        x = np.stack([sets.read_disease(p, side) for p in some])
        rows |= zip((p.name for p in some), look(net, x[:, :, ::-1].copy() if mirrored else x), strict=True)
        if time.time() - told > TOLD or i + BATCH >= len(left):
            told = time.time()
            keep(file, rows)
            print(f"{file.stem}: {i + len(some)} of {len(left)}", flush=True)
    return np.stack([rows[p.name] for p in paths])


def spread(answers, limit):
    """Indices of at most `limit` of each answer, evenly over the list; all without a limit."""
    found = [np.flatnonzero(np.asarray(answers) == a) for a in sorted(set(answers))]
    few = [i[np.linspace(0, len(i) - 1, min(limit or len(i), len(i))).round().astype(int)] for i in found]
    return np.sort(np.concatenate(few))


# ---- a head on the means ----


def ridge(x, y, penalty):
    """-> function of features; its own mean and spread"""
    mean, sd = x.mean(0), x.std(0) + 1e-4
    s = (x - mean) / sd
    w = np.linalg.solve(s.T @ s + penalty * np.eye(s.shape[1]), s.T @ (y - y.mean()))
    return lambda other: (other - mean) / sd @ w


def folds_of(patients, seed=1):
    """[n]: a fold for each patient"""
    names, index = np.unique(patients, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[index]


def out_of_fold(x, y, patients, penalty):
    fold, out = folds_of(patients), np.zeros(len(y))
    for k in np.unique(fold):
        out[fold == k] = ridge(x[fold != k], y[fold != k], penalty)(x[fold == k])
    return out


def best_penalty(x, y, patients):
    once = np.ones((1, len(y)))
    return max(PENALTIES, key=lambda p: areas(out_of_fold(x, y, patients, p), y, once)[0])


def crossed(x, y, patients):
    """[n]: each patient by a ridge regression that has not seen him, its penalty chosen without him."""
    fold, out = folds_of(patients, seed=2), np.zeros(len(y))
    for k in np.unique(fold):
        there, here = fold != k, fold == k
        penalty = best_penalty(x[there], y[there], patients[there])
        out[here] = ridge(x[there], y[there], penalty)(x[here])
    return out


# ---- figures ----


def scores_of(rows, y, patients):
    """{way: score [n]}. rows: {(side, mirrored): [n,1 + features]}"""
    said = {k: 1 / (1 + np.exp(-r[:, 0])) for k, r in rows.items()}
    sides = sorted({s for s, _ in rows})
    ways = {f"{s}": [(s, False)] for s in sides}
    ways |= {f"{s}, mirrored too": [(s, False), (s, True)] for s in sides if (s, True) in rows}
    ways["mean of all"] = list(rows)
    out = {f"probability, {w}": np.mean([said[k] for k in keys], 0) for w, keys in ways.items()}
    out |= {f"ridge, {w}": crossed(np.mean([rows[k][:, 1:] for k in keys], 0), y, patients) for w, keys in ways.items()}
    return out


def table(name, scores, y, patients):
    weight = weights_of(patients)
    found = {w: areas(z, y, weight) for w, z in scores.items()}
    lines = []
    for way, values in found.items():
        base = found[f"{way.split(',')[0]}, {FIRST}"]
        apart = "" if values is base else opened.span(values - base, True)
        lines.append(f"| {name} | {len(y)} ({y.sum()}) | {way} | {opened.span(values)} | {apart} |")
    return lines


def run(args):
    net = opened.released(args.weights)
    sides = [int(s) for s in args.sides.split(",")]
    lines = ["| set | n (grade 2 and above) | by | AUC | less 512 |", "|---|---|---|---|---|"]
    for name in args.sets.split(","):
        items, grades = all_of(args.data, name, grade_of)
        few = spread([g >= 2 for g in grades], args.limit)
        items, y = [items[i] for i in few], np.array([int(grades[i] >= 2) for i in few])
        paths, patients = [p for p, _ in items], patients_of(name, items)
        keys = [(s, m) for m in ((False, True) if args.mirrored else (False,)) for s in sides]
        rows = {k: seen(args.work, net, name, paths, *k) for k in keys}
        lines += table(name, scores_of(rows, y, patients), y, patients)
        print("\n".join(lines), flush=True)
    (args.work / "table.md").write_text("\n".join(lines) + "\n")


def main(argv):
    args = parse(argv)
    options.attempt("pixels.py", args, run, sets.MissingData)


if __name__ == "__main__":
    main(sys.argv[1:])
