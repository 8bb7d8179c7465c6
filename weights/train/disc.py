#!/usr/bin/env python3
"""Fits the head that draws optic disc and cup, into a weights file: everything else in it stays as it is, byte by byte.

usage: disc.py --data DATA [--weights weights/vmnet.safetensors] [--folds weights/train/disc-folds.safetensors] [--seed 1]

DATA holds drishti_gs1 (photographs with soft masks of disc and cup) and idrid/lesions (discs). The head is linear in
features that stand still, so it is a logistic regression: on pixels of every photograph, most of them near the rims, as it is
and ROUNDS times changed (scale, place, mirrored, colours, blur). The last fit takes all photographs; before it, FOLDS heads are
fitted that leave out a fifth each, in the order of the names, for `make eval` to measure: their tensors go to --folds. For the
f16 file; quantise.py carries the head over into int8.
"""

import sys
from pathlib import Path

import export
import numpy as np
import options
import torch
import torch.nn.functional as F
from network import Structures, up2
from PIL import Image
from safetensors.torch import save_file
from scipy.ndimage import uniform_filter
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/eval"))
import core  # noqa: E402
import drawn_discs  # noqa: E402

FOLDS, ROUNDS = drawn_discs.FOLDS, 2
PIXELS, CHANGED_PIXELS = 400, 150  # of one photograph, and of one changed
SCALES = dict(drishti=(0.9, 1.5), idrid=(0.8, 1.25))  # of the field: 30 degrees, and 50
RIDGE = 1e-3  # on standardised features
STEPS = 80
LAYERS = ("d16", "d8", "d4", "e4")


# ---- photographs and masks ----


def square_mask(path, disc, side):
    """A mask over the square around the field of view: [side,side], 0..1; -1 where there is none."""
    if path is None:
        return np.full((side, side), -1, np.float32)
    x, y, r = disc
    fine = 4 * side
    box = (2 * r / fine, 0, x - r, 0, 2 * r / fine, y - r)
    m = Image.open(path).convert("L").transform((fine, fine), Image.AFFINE, box, Image.BILINEAR)
    return np.asarray(m.resize((side, side), Image.BOX), np.float32) / 255


def other_colours(x, rng):
    """The photograph as another camera might show it. x: network input"""
    v = np.clip((x * 128 + 127) / 255, 0, 1)
    lit = v.max(2, keepdims=True) > 0.06
    new = v ** rng.uniform(0.75, 1.35) * rng.uniform(0.75, 1.25) * rng.uniform(0.85, 1.15, 3)
    mean = new[lit[:, :, 0]].mean(0)
    new = np.where(lit, (new - mean) * rng.uniform(0.8, 1.25) + mean, v)
    picture = Image.fromarray((np.clip(new, 0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.4:
        small = int(rng.uniform(200, 400))
        picture = picture.resize((small, small), Image.BOX).resize(picture.size, Image.BILINEAR)
    return (np.asarray(picture, np.float32) - 127) / 128


def changed(reader, item, rng):
    """Network input and masks [2,S/4,S/4] of a photograph, changed."""
    rgba = reader.pixels(item.photo)
    x, y, r = reader.find_disc(rgba)
    shift = rng.uniform(-0.06, 0.06, 2) * r
    disc = x + shift[0], y + shift[1], r * rng.uniform(*SCALES[item.source])
    square = other_colours(reader.square(rgba, disc), rng)
    masks = np.stack([square_mask(p, disc, len(square) // 4) for p in (item.disc, item.cup)])
    for axis in (1, 2):
        if rng.random() < 0.5:
            square, masks = np.flip(square, axis - 1), np.flip(masks, axis)
    return np.ascontiguousarray(square), masks


def as_it_is(reader, item):
    rgba = reader.pixels(item.photo)
    disc = reader.find_disc(rgba)
    square = reader.square(rgba, disc)
    return square, np.stack([square_mask(p, disc, len(square) // 4) for p in (item.disc, item.cup)])


# ---- features ----


def features_of(path):
    """network input [S,S,3] -> D16, D8, D4, E4"""
    net = export.load_weights(path)[0]

    @torch.no_grad()
    def run(square):
        x = torch.from_numpy(square)[None].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        taps = net.encoder(x)
        d16 = net.vessels.coarse(taps)
        return [d16, *net.vessels.middle(taps, d16), taps[1]]

    return run


def inputs(layers, at):
    """What the head's filters are multiplied with at some cells of S/4, by their index: [cells,features]. Linear layers and
    bilinear enlargement commute, so that each filter's inputs can be enlarged instead of what it gives."""
    d16, d8, d4, e4 = layers
    side, at = d4.shape[3], torch.from_numpy(at)
    near = lambda x: F.unfold(x, 3, padding=1).reshape(1, -1, *x.shape[2:])  # noqa: E731
    half = torch.cat([up2(near(d16)), near(d8)], 1)
    places = (torch.stack([at % side, at // side], 1) + 0.5) / side * 2 - 1
    coarse = F.grid_sample(half, places[None, None], padding_mode="border", align_corners=False)[0, :, 0]
    return torch.cat([coarse, torch.cat([d4, e4], 1).flatten(2)[0, :, at]], 0).T


def chances(masks):
    """Of each cell, to be looked at: high at the rims, low far from the disc."""
    y, x = np.nonzero(masks[0] > 0.5)
    radius, (v, u) = np.sqrt(len(y) / np.pi), np.mgrid[: masks.shape[1], : masks.shape[2]]
    out = np.where((v - y.mean()) ** 2 + (u - x.mean()) ** 2 < (2.2 * radius) ** 2, 1, 0.15)
    for m in masks[masks[:, 0, 0] >= 0]:
        out[np.abs(uniform_filter((m > 0.5).astype(float), 5) - 0.5) < 0.49] = 4
    return out.ravel() / out.sum()


def sample(reader, run, items, seed):
    """Features [n,k], labels [n,2] and the photograph's index [n] of some pixels."""
    rng, found = np.random.default_rng(seed), []
    for turn in range(1 + ROUNDS):
        for i, item in enumerate(items):
            square, masks = changed(reader, item, rng) if turn else as_it_is(reader, item)
            if (masks[0] > 0.5).sum() < 20:
                continue  # shifted out of sight
            at = rng.choice(masks[0].size, CHANGED_PIXELS if turn else PIXELS, p=chances(masks))
            x = inputs(run(square), at).numpy().astype(np.float16)
            found.append((x, masks.reshape(2, -1)[:, at].T, np.full(len(at), i)))
            print(f"\rphotographs: {turn * len(items) + i + 1} of {(1 + ROUNDS) * len(items)}", end="", flush=True)
    print()
    return (np.concatenate(part) for part in zip(*found, strict=True))


# ---- fitting ----


def regression(x, y):
    """Logistic regression on shares y 0..1, by L-BFGS -> weights and offset for x as it is."""
    x, y = x.astype(np.float32), y.astype(np.float32)
    mean, sd = x.mean(0), x.std(0) + 1e-2
    x = (x - mean) / sd

    def loss(p):
        w, s = p[:-1].astype(np.float32), x @ p[:-1].astype(np.float32) + np.float32(p[-1])
        off = (1 / (1 + np.exp(-np.clip(s, -30, 30))) - y) / len(y)
        value = np.mean(np.logaddexp(0, s) - y * s) + RIDGE * np.square(w).sum()
        return float(value), np.r_[x.T @ off + 2 * RIDGE * w, off.sum()].astype(float)

    p = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options=dict(maxiter=STEPS)).x
    w = p[:-1] / sd
    return w, p[-1] - w @ mean


def head_of(x, y):
    """x [n,k], y [n,2] with -1 for unknown -> Structures"""
    head, rows = Structures(), [regression(x[known], y[known, c]) for c in (0, 1) if (known := y[:, c] >= 0).any()]
    w, at = torch.tensor(np.stack([r[0] for r in rows]), dtype=torch.float32), 0
    with torch.no_grad():
        for name in LAYERS:
            layer = getattr(head, name)
            count = layer.weight[0].numel()
            layer.weight.copy_(w[:, at : at + count].reshape(layer.weight.shape))
            layer.bias.zero_()  # one offset stands for all
            at += count
        head.e4.bias.copy_(torch.tensor([r[1] for r in rows]))
    return head


def tensors_of(head):
    """In the layout of src/network.c."""
    return {f"structures.{k}": t.contiguous() for k, t in export.tensors_of(head).items()}


def main(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--folds", type=Path, default=drawn_discs.HEADS)
    p.add_argument("--name", help="of the weights, where it is a new one")
    args = p.parse_args(argv)
    items = drawn_discs.items(args.data)
    if {i.source for i in items} != set(SCALES):
        sys.exit(f"disc.py: {args.data} must hold drishti_gs1 and idrid/lesions with their masks")
    run = features_of(args.weights)
    x, y, photo = sample(core.Core(args.weights), run, items, args.seed)
    print(f"{len(items)} photographs, {len(x)} pixels of {x.shape[1]} features")
    fold, heads = np.array([i.fold for i in items]), {}
    for k in range(FOLDS):
        head = head_of(x[fold[photo] != k], y[fold[photo] != k])
        heads |= {f"fold{k}.{name}": t for name, t in tensors_of(head).items()}
        print(f"without fold {k}: fitted", flush=True)
    save_file(heads, args.folds)
    export.put_head(args.weights, "structures", tensors_of(head_of(x, y)), args.name, structures=["disc", "cup"])
    print(f"{args.weights}: disc and cup")


if __name__ == "__main__":
    main(sys.argv[1:])
