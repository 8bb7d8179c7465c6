#!/usr/bin/env python3
"""Averages the weights of several runs from the same start ("model soup"): one network, at no cost when it runs.

usage: average.py a/vmnet.pt b/vmnet.pt ... -o c.pt

The runs may differ in seed, sets, minutes; they must have been started with `train.py --start` from one and the same file,
or one must go on from the other: networks that began with different random decoders lie in different valleys and
their mean is worth nothing. That is checked: the weights of each part must point the same way (cosine above 0.9).
An average is often a little better than its members, not always: measure it before it replaces one.
"""

import argparse
import sys
from pathlib import Path

import data as sets
import torch

ALIKE = 0.9


def parts(weights):
    """{encoder, vessels, ...: all its convolutions and linear layers as one vector}"""
    out = {}
    for name, p in weights.items():
        if p.is_floating_point() and p.ndim > 1:
            out.setdefault(name.split(".")[0], []).append(p.flatten().double())
    return {k: torch.cat(v) for k, v in out.items()}


def different(a, b):
    """Names of the parts that do not point the same way in both."""
    a, b = parts(a), parts(b)
    return [f"{k} {c:.2f}" for k in a if (c := torch.cosine_similarity(a[k], b[k], 0).item()) < ALIKE]


def average(states):
    first, records = states[0], [sets.record_of(s) for s in states]
    for s, record in zip(states[1:], records[1:], strict=True):
        if record["classes"] != records[0]["classes"] or s["weights"].keys() != first["weights"].keys():
            raise ValueError("the checkpoints differ in their classes or layers")
        if bad := different(first["weights"], s["weights"]):
            raise ValueError(f"not from the same start: cosine of {', '.join(bad)} (at least {ALIKE} is wanted)")
    mean = {}
    for name, p in first["weights"].items():
        stack = torch.stack([s["weights"][name] for s in states])
        mean[name] = stack.mean(0) if p.is_floating_point() else stack[0]
    union = {k: sorted({n for r in records for n in r[k]}) for k in ("sets", "seen")}
    without = sorted(set.intersection(*(set(r["without"]) for r in records)))
    minutes, step = (sum(s[k] for s in states) for k in ("minutes", "step"))
    origin = f"average of {len(states)}: " + "; ".join(f"{s['origin']}, {s['step']} steps" for s in states)
    told = dict(step=step, minutes=minutes, origin=origin, classes=records[0]["classes"], without=without)
    return dict(weights=mean, **told, **union)


def main(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("checkpoints", type=Path, nargs="+")
    p.add_argument("-o", "--out", type=Path, required=True)
    args = p.parse_args(argv)
    if len(args.checkpoints) < 2:
        sys.exit("average.py: name at least two checkpoints")
    try:
        states = [torch.load(c, map_location="cpu", weights_only=False) for c in args.checkpoints]
        torch.save(average(states), args.out)
    except (FileNotFoundError, ValueError) as e:
        sys.exit(f"average.py: {e}")
    print(f"{args.out}: measure it, the average need not be better than its members")


if __name__ == "__main__":
    main(sys.argv[1:])
