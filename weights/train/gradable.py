#!/usr/bin/env python3
"""The gradability head alone: one linear layer on the mean of E32 learns on, the encoder stands still; resumable.

usage: gradable.py --data DATA --start FILE [--work build/gradable] [--negatives FOLDER] [--photographs 300]
                   [--sets odir5k,... [--allow-missing]] [--seed 1]

It learns from what people said of quality, from the clinics' photographs, which they could judge, from photographs made
useless and from pictures of other things (negatives.py). The features of each are computed once and kept in WORK; to fit
the head to them takes seconds. Its distance from the head that it starts from is held down, as strongly as serves the
validation photographs best.

--start        train.py's or fine.py's WORK/vmnet.pt, or a released file, vmnet.safetensors; with another encoder, use
               another WORK
--photographs  of each set and each answer, at most; a third of that where people called none of a set bad
--sets         sets to learn from; without it all that have photographs of whole fields

Writes WORK/vmnet.pt, the network with the new head.
"""

import sys
import zlib
from pathlib import Path

import augment
import data as sets
import negatives
import numpy as np
import options
import steps
import torch
import torch.nn.functional as F
from average import checkpoint
from network import VMNet
from validate import auc

BATCH = 8
JUDGED = 5.0  # weight of a set in which people called photographs bad, over its share among the disease photographs
MADE = dict(degraded=0.3, negatives=0.3)  # weights of what is made here
PULLS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)  # of the old head, tried one by one


def parse(argv):
    p = options.parser(__doc__, "--data", "--sets", "--allow-missing", "--seed")
    p.add_argument("--start", type=Path, required=True)
    p.add_argument("--work", type=Path, default=Path("build/gradable"))
    p.add_argument("--negatives", type=Path)
    p.add_argument("--photographs", type=int, default=300)
    return p.parse_args(argv)


# ---- photographs and features ----


def labelled(data, s, split, most, missing):
    """[(path, label)] of one set and part, at most so many of each label; without those of unknown quality where others
    of the set are known. A set that says nothing of quality holds photographs that a clinic could judge: 1."""
    found = sets.disease_list(data, s, split, [sets.GRADABLE], missing)
    items = [(p, 1.0 if y == sets.UNKNOWN else float(y)) for p, (y,) in found]
    by = {}
    for p, y in items:
        by.setdefault(y, []).append((p, y))
    by.pop(float(np.float32(sets.QUALITY[""])), None)
    rng = np.random.default_rng(1)
    return [group[i] for _, group in sorted(by.items()) for i in sorted(rng.permutation(len(group))[:most])]


@torch.no_grad()
def features(net, x, change=None):
    """x uint8 [n,512,512,3] -> the mean of E32, float32 [n,320]. change: what is done to each batch, 0..1, before."""
    device, out = next(net.parameters()).device, []
    for i in range(0, len(x), BATCH):
        y = torch.from_numpy(x[i : i + BATCH]).to(device)
        y = change(y) if change else y.permute(0, 3, 1, 2).float() / 255
        with steps.lower_precision(device):
            taps = net.encoder(steps.network_input(y))
        out.append(taps[4].float().mean((2, 3)).cpu())
    return torch.cat(out).numpy()


def varied(x):
    """Every second photograph as it is, the others as training shows them."""
    y = augment.photographs(x, sets.SIDE)
    y[::2] = x[::2].permute(0, 3, 1, 2).float() / 255
    return y


def useless(x):
    return torch.stack([augment.ungradable(p) for p in augment.photographs(x, sets.SIDE)])


class Features:
    """What was computed lies in WORK/features, a file for each set and part."""

    def __init__(self, args, net, missing):
        self.args, self.net, self.missing = args, net, missing
        self.folder = args.work / "features"
        self.folder.mkdir(parents=True, exist_ok=True)

    def kept(self, split, name, make):
        """make: () -> features [n,320], labels [n]"""
        path = self.folder / f"{split}-{name}.npz"
        if not path.is_file():
            steps.seed_all(self.args.seed + zlib.crc32(path.stem.encode()) % 1000)
            f, y = make()
            np.savez(path.with_suffix(".part.npz"), f=f, y=y)
            path.with_suffix(".part.npz").rename(path)
            print(f"{name} {split}: {len(y)} photographs", flush=True)
        z = np.load(path)
        return z["f"], z["y"]

    def photographs(self, s, split):
        most = self.args.photographs // (1 if judged(s) else 3)
        most = max(1, most if split == "train" else most // 3)
        items = labelled(self.args.data, s, split, most, self.missing)

        def make():
            x, bad = sets.read_all([p for p, _ in items], sets.SIDE)
            keep = [i for i in range(len(x)) if i not in bad]
            labels = np.array([y for _, y in items], np.float32)[keep]
            return features(self.net, x[keep], varied if split == "train" else None), labels

        return self.kept(split, s.name, make) if items else None

    def degraded(self, chosen, split):
        """Of photographs that should be called gradable, from every set as many."""
        most = max(1, self.args.photographs // len(chosen))

        def make():
            paths = []
            for s in chosen:
                good = [p for p, y in labelled(self.args.data, s, split, 10**6, self.missing) if y > sets.SOUND]
                paths += good[:: max(1, len(good) // most)][:most]
            x, bad = sets.read_all(paths, sets.SIDE)
            f = features(self.net, x[[i for i in range(len(x)) if i not in bad]], useless)
            return f, np.zeros(len(f), np.float32)

        return self.kept(split, "degraded", make)

    def negatives(self, split):
        """Of every tenth picture those to validate with, of the others those to learn from."""
        pictures = negatives.load(self.args.negatives)
        pictures = [p for i, p in enumerate(pictures) if (i % 10 == 9) == (split == "val")] or pictures
        count = self.args.photographs if split == "train" else self.args.photographs // 2

        def make():
            f = features(self.net, negatives.pool(pictures, count, sets.SIDE))
            return f, np.zeros(len(f), np.float32)

        return self.kept(split, "negatives", make)

    def all(self, chosen, split):
        """{name: (features, labels)}"""
        out = {s.name: self.photographs(s, split) for s in sorted(chosen, key=lambda s: not judged(s))}
        out = {name: found for name, found in out.items() if found}
        return out | dict(degraded=self.degraded(chosen, split), negatives=self.negatives(split))


def judged(s):
    """Whether people called photographs of this set bad."""
    return s.labels.get(sets.GRADABLE) is sets.quality_said


# ---- the head ----


def weights_of(found, chosen):
    """{name: weight of the whole group}; the sum is 1."""
    own = {s.name: s.weight * (JUDGED if judged(s) else 1) for s in chosen} | MADE
    total = sum(own[n] for n in found)
    return {n: own[n] / total for n in found}


def loss(found, shares, w, b):
    """Cross-entropy against soft labels, each group with its share."""
    each = [
        shares[n] * F.binary_cross_entropy_with_logits(torch.from_numpy(f) @ w + b, torch.from_numpy(y))
        for n, (f, y) in found.items()
    ]
    return sum(each)


def fit(found, shares, start, pull):
    """The head of the least loss, plus `pull` times the squared distance from `start` (w [320], b) in units of the
    features' standard deviations -> w, b"""
    w0, b0 = start
    every = torch.from_numpy(np.concatenate([f for f, _ in found.values()]))
    unit, centre = every.std(0).clamp(min=1e-6), every.mean(0)
    d, e = torch.zeros_like(w0, requires_grad=True), torch.zeros_like(b0, requires_grad=True)
    opt = torch.optim.LBFGS([d, e], max_iter=300, line_search_fn="strong_wolfe")

    def head():
        w = w0 + d / unit
        return w, b0 + e - (d / unit) @ centre

    def closure():
        opt.zero_grad()
        total = loss(found, shares, *head()) + pull * d.square().sum()
        total.backward()
        return total

    opt.step(closure)
    return tuple(t.detach() for t in head())


def told(found, w, b):
    """How the groups come out, in words: AUC between answers within a set, or against all good photographs."""
    z = {n: (torch.from_numpy(f) @ w + b).numpy() for n, (f, _) in found.items()}
    good = np.concatenate([z[n][y > sets.SOUND] for n, (_, y) in found.items()])
    words = []
    for n, (_, y) in found.items():
        own = z[n][y > sets.SOUND]
        for name, low in (("bad", y < 0.25), ("between", (y >= 0.25) & (y < sets.SOUND))):
            if low.any():
                against = own if len(own) else good
                score = np.concatenate([against, z[n][low]])
                words.append(f"{n} {name} {auc(score, np.arange(len(score)) < len(against)):.3f}")
    return ", ".join(words)


def choose(train, val, chosen, start):
    """-> the head whose pull gives the least loss on validation"""
    shares = weights_of(train, chosen)
    best = None
    for pull in PULLS:
        head = fit(train, shares, start, pull)
        value = float(loss(val, {n: shares.get(n, 0) for n in val}, *head))
        print(f"pull {pull}: validation loss {value:.4f}; AUC {told(val, *head)}", flush=True)
        if best is None or value < best[0]:
            best = value, head
    return best[1]


def main(argv):
    args = parse(argv)
    missing = [] if args.allow_missing else None
    try:
        state = checkpoint(args.start)
        record = sets.record_of(state)
        wanted = args.sets or ",".join(s.name for s in sets.DISEASE_SETS if s.name not in record["without"])
        chosen, _ = sets.choose(wanted)
        if both := {s.name for s in chosen} & set(record["without"]):
            raise sets.MissingData(f"the start was made without {', '.join(sorted(both))}: leave them out of --sets")
        net = VMNet(len(record["classes"])).to(steps.device(), memory_format=torch.channels_last)
        net.load_state_dict(state["weights"])
        source = Features(args, net.eval(), missing)
        train, val = (source.all(chosen, split) for split in ("train", "val"))
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"gradable.py: {e}")
    start = state["weights"]["gradable.weight"][0].float(), state["weights"]["gradable.bias"][0].float()
    print(f"the start: AUC {told(val, *start)}")
    w, b = choose(train, val, chosen, start)
    state["weights"]["gradable.weight"], state["weights"]["gradable.bias"] = w[None], b[None]
    names = [s.name for s in chosen if s.name in train]
    state |= record | dict(sets=[*record["sets"], *(n for n in names if n not in record["sets"])])
    state["seen"] = sorted({*record["seen"], *names})
    steps.save_atomically(state, args.work / "vmnet.pt")


if __name__ == "__main__":
    main(sys.argv[1:])
