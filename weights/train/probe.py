#!/usr/bin/env python3
"""Can the data set be told from the features? A linear probe for shortcuts by source.

usage: probe.py --data DATA [--checkpoint build/train/vmnet.pt | weights/vmnet.safetensors] [--sets ...] [--without ...]
                [--limit 100] [--side 512] [--out probe.json]

The probe reads what the disease head reads, the 128 averages of F', and predicts which set a photograph comes from. Photographs
are those of `val` and `test`, at most --limit a set; in the order of its list every other four photographs of a set
(so that most fellow eyes stay together) teach the probe, the others test it. Reported: the mean over sets of the share
recognised (balanced accuracy) against chance, 1 / sets, and which sets are recognised and taken for each other;
once as the photographs are, once after matched degradation: all at 224 pixels, JPEG quality 75, one round mask.

How to read it: well above chance is to be expected, sets differ in their patients' diseases too. What falls with
matched degradation came from resolution, compression and borders. What stays is colour, optics and disease.
`thumbnail` is the same probe on 16 x 16 pixels: what any network could read off colour and framing alone.
Two cores see about ten photographs a second: the default takes some three minutes.
"""

import io
import json
import sys
from pathlib import Path

import data as sets
import numpy as np
import options
import torch
from network import VMNet
from PIL import Image
from validate import outputs

SMALL, QUALITY, RADIUS = 224, 75, 0.93


def matched(x):
    """uint8 [s,s,3] -> the same, as if all had come from one poor camera."""
    side = len(x)
    small = Image.fromarray(x).resize((SMALL, SMALL), Image.BOX)
    ramp = np.linspace(-1, 1, SMALL)
    inside = (ramp[None] ** 2 + ramp[:, None] ** 2 < RADIUS**2)[..., None]
    file = io.BytesIO()
    Image.fromarray(np.asarray(small) * inside).save(file, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(file).resize((side, side), Image.BILINEAR))


def thumbnails(x):
    """uint8 [n,s,s,3] -> float [n,768] 0..1"""
    small = [np.asarray(Image.fromarray(i).resize((16, 16), Image.BOX), np.float32).ravel() / 255 for i in x]
    return np.stack(small)


def features(net, x, side):
    """[n,128]: the averages of F' over the picture"""
    means = []
    for i in range(0, len(x), 32):
        means.append(outputs(net, x[i : i + 32], side, wanted=["guided"])["guided"].mean((2, 3)))
    return np.concatenate(means)


def halves(groups):
    """groups: [n of set 0, n of set 1, ...] -> masks [sum n] that deal each set out in blocks of four"""
    teach = np.concatenate([np.arange(n) // 4 % 2 == 0 for n in groups])
    return teach, ~teach


def probe(f, source, groups):
    """Balanced accuracy and the confusion matrix [true, said] in shares, of a linear probe on features [n,k]."""
    from sklearn.linear_model import LogisticRegression

    teach, test = halves(groups)
    mean, sd = f[teach].mean(0), f[teach].std(0) + 1e-6
    f = (f - mean) / sd
    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000).fit(f[teach], source[teach])
    said, n = model.predict(f[test]), len(groups)
    confusion = np.array([[np.mean(said[source[test] == i] == j) for j in range(n)] for i in range(n)])
    return float(np.diag(confusion).mean()), confusion


def load_network(path):
    """A checkpoint of train.py or a weights file -> network in evaluation mode"""
    if path.suffix == ".safetensors":
        from export import load_weights

        return load_weights(path)[0].to(memory_format=torch.channels_last)
    state = torch.load(path, map_location="cpu", weights_only=False)
    net = VMNet(len(sets.record_of(state)["classes"]))
    net.load_state_dict(state["weights"])
    return net.eval().to(memory_format=torch.channels_last)


def photographs(data, s, limit, side):
    """uint8 [n,side,side,3] of the held-out parts of one set"""
    paths = [p for split in ("val", "test") for p, _ in sets.disease_list(data, s, split)]
    if len(paths) > limit:
        paths = [paths[i] for i in np.linspace(0, len(paths) - 1, limit).astype(int)]
    x, bad = sets.read_all(paths, side)
    sets.report(list(bad.values()), None)
    return x


def report(results, names):
    chance = 1 / len(names)
    print("\n| the source from | as they are | matched degradation | chance |\n|---|---|---|---|")
    for what in ("features", "thumbnail"):
        a, b = (results[k][what]["accuracy"] for k in ("original", "matched"))
        print(f"| {what} | {a:.3f} | {b:.3f} | {chance:.3f} |")
    print("\n| features: recognised | as they are | matched degradation | most often taken for |\n|---|---|---|---|")
    a, b = (np.array(results[k]["features"]["confusion"]) for k in ("original", "matched"))
    for i, name in enumerate(names):
        others = np.where(np.arange(len(names)) == i, -1, b[i])
        other = names[int(others.argmax())] if others.max() > 0 else "none"
        print(f"| {name} | {a[i, i]:.2f} | {b[i, i]:.2f} | {other} |")


def main(argv):
    p = options.parser(__doc__, "--data", "--sets", "--without")
    p.add_argument("--checkpoint", type=Path, default=options.RELEASED)
    p.add_argument("--limit", type=int, default=100)
    p.add_argument("--side", type=int, default=512)
    p.add_argument("--out", type=Path)
    args = p.parse_args(argv)
    try:
        diseases, _ = sets.choose(args.sets, args.without)
        net = load_network(args.checkpoint)
        found = {s.name: photographs(args.data, s, args.limit, args.side) for s in diseases}
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"probe.py: {e}")
    names, groups = list(found), [len(x) for x in found.values()]
    if len(names) < 2 or min(groups) < 8:
        sys.exit("probe.py: at least two sets with eight photographs each are needed")
    source, results = np.repeat(np.arange(len(names)), groups), {}
    for what, change in (("original", lambda x: x), ("matched", lambda x: np.stack([matched(i) for i in x]))):
        seen = [change(x) for x in found.values()]
        kinds = dict(features=np.concatenate([features(net, x, args.side) for x in seen]))
        kinds["thumbnail"] = np.concatenate([thumbnails(x) for x in seen])
        scored = {k: probe(f, source, groups) for k, f in kinds.items()}
        results[what] = {k: dict(accuracy=a, confusion=c.round(3).tolist()) for k, (a, c) in scored.items()}
        print(f"{what}: {len(source)} photographs of {len(names)} sets done", flush=True)
    report(results, names)
    if args.out:
        told = dict(checkpoint=args.checkpoint.name, side=args.side, sets=dict(zip(names, groups, strict=True)))
        args.out.write_text(json.dumps(told | results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
