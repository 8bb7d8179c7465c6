#!/usr/bin/env python3
"""Averages the weights of several runs from the same start ("model soup"): one network, at no cost when it runs.

usage: average.py a/vmnet.pt b/vmnet.pt ... -o c.pt [--shares 0.6,0.4] [--own vessels,diseases.guide]

--shares     of the checkpoints, in their order; without it all count alike
--own        parts that are not averaged but taken from the first: what began elsewhere in the others

A checkpoint may also be a released file, vmnet.safetensors. The norms of all are merged into the convolutions first.

The runs may differ in seed, sets, minutes; they must have been started by `train.py` from one and the same file,
or one must go on from the other: networks that began with different random decoders lie in different valleys and
their mean is worth nothing. That is checked: the weights of each part must point the same way (cosine above 0.9;
the heads, of one or two layers, may drift further apart).
An average is often a little better than its members, not always: measure it before it replaces one.
"""

import sys
from pathlib import Path

import data as sets
import options
import torch
from export import load_weights
from network import VMNet, merge_norms, unfolded

ALIKE = dict(encoder=0.9, vessels=0.9, diseases=0.3, gradable=0.3)  # different starts give about 0


def released(path):
    """A weights file as the checkpoint of train.py that it could have been."""
    net, meta = load_weights(path)
    told = meta["trained"]
    state = dict(step=told["steps"], minutes=told["minutes"], origin=f"{meta['name']} ({told['start']})")
    state |= dict(classes=[c["name"] for c in meta["classes"]], **{k: told[k] for k in ("sets", "without", "seen")})
    return state | dict(weights=unfolded(net).state_dict())


def checkpoint(path):
    """As train.py writes it, or a released file."""
    if path.suffix == ".safetensors":
        return released(path)
    return torch.load(path, map_location="cpu", weights_only=False)


def merged(path):
    """A checkpoint, its norms merged into the convolutions (network.py, merge_norms)."""
    state = checkpoint(path)
    net = VMNet(len(sets.record_of(state)["classes"]))
    net.load_state_dict(state["weights"])
    return state | dict(weights=merge_norms(net).state_dict())


def parts(weights, own):
    """{encoder, vessels, ...: all its convolutions and linear layers as one vector}, without those named in `own`"""
    out = {}
    for name, p in weights.items():
        if p.is_floating_point() and p.ndim > 1 and not name.startswith(own):
            out.setdefault(name.split(".")[0], []).append(p.flatten().double())
    return {k: torch.cat(v) for k, v in out.items()}


def different(a, b, own=()):
    """Names of the parts that do not point the same way in both."""
    a, b = parts(a, own), parts(b, own)
    return [f"{k} {c:.2f}" for k in a if (c := torch.cosine_similarity(a[k], b[k], 0).item()) < ALIKE[k]]


def steps_of(state):
    joint = state.get("joint")
    return f"{joint['steps']} steps and {state['step']} of the fine path" if joint else f"{state['step']} steps"


def average(states, shares=None, own=()):
    """own: starts of names of weights that the first keeps"""
    shares = torch.tensor(shares or [1 / len(states)] * len(states))
    first, records = states[0], [sets.record_of(s) for s in states]
    for s, record in zip(states[1:], records[1:], strict=True):
        if record["classes"] != records[0]["classes"] or s["weights"].keys() != first["weights"].keys():
            raise ValueError("the checkpoints differ in their classes or layers")
        if bad := different(first["weights"], s["weights"], own):
            raise ValueError(f"not from the same start: cosine of {', '.join(bad)}")
    mean = {}
    for name, p in first["weights"].items():
        kept = name.startswith(own) or not p.is_floating_point()
        mean[name] = p if kept else sum(k * s["weights"][name] for k, s in zip(shares, states, strict=True))
    union = {k: sorted({n for r in records for n in r[k]}) for k in ("sets", "seen")}
    without = sorted(set.intersection(*(set(r["without"]) for r in records)))
    minutes, step = (sum(s[k] for s in states) for k in ("minutes", "step"))
    origin = f"average of {len(states)}: " + "; ".join(f"{s['origin']}, {steps_of(s)}" for s in states)
    told = dict(step=step, minutes=minutes, origin=origin, classes=records[0]["classes"], without=without)
    return dict(weights=mean, **told, **union)


def main(argv):
    p = options.parser(__doc__)
    p.add_argument("checkpoints", type=Path, nargs="+")
    p.add_argument("-o", "--out", type=Path, required=True)
    p.add_argument("--shares", type=lambda v: [float(s) for s in v.split(",")])
    p.add_argument("--own", default=(), type=lambda v: tuple(v.split(",")))
    args = p.parse_args(argv)
    if len(args.checkpoints) < 2:
        sys.exit("average.py: name at least two checkpoints")
    if args.shares and (len(args.shares) != len(args.checkpoints) or abs(sum(args.shares) - 1) > 1e-6):
        sys.exit(f"average.py: --shares: {len(args.checkpoints)} of them, which make 1 together")
    try:
        states = [merged(c) for c in args.checkpoints]
        torch.save(average(states, args.shares, args.own), args.out)
    except (FileNotFoundError, ValueError) as e:
        sys.exit(f"average.py: {e}")
    print(f"{args.out}: measure it, the average need not be better than its members")


if __name__ == "__main__":
    main(sys.argv[1:])
