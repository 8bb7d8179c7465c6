#!/usr/bin/env python3
"""Fits the head that draws lesions, into a weights file: everything else in it stays as it is, byte by byte.

usage: lesions.py --data DATA [--weights weights/vmnet.safetensors] [--int8 weights/vmnet-int8.safetensors]
                  [--folds weights/train/lesion-folds.safetensors] [--seed 1] [--steps 600] [--all] [--thresholds]

DATA holds idrid/lesions (photographs with masks) and sets that name eyes without retinopathy, of which HEALTHY training
photographs teach what is none. The head is a small decoder on features that stand still, and on the photograph. It learns from
cuts of every photograph as it is and changed (scale, place, turned, colours, blur), most of them where lesions are. FOLDS heads
leave a fifth of the drawn photographs out each, in the order of the names, for `make eval` to measure: their tensors go to
--folds. The last fit takes all photographs. --int8 carries the head over into a file that quantise.py made of the same weights.

The thresholds are those at which at most QUIET of the validation eyes without retinopathy have anything drawn, kind by kind, or
those of the best Dice on the fifth that was left out, where they are higher. --thresholds chooses them anew and fits nothing.
"""

import json
import sys
import time
from pathlib import Path

import data as sets
import disc
import export
import numpy as np
import options
import torch
import torch.nn.functional as F
from network import Lesions, quads
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from skimage.measure import label
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/eval"))
import core  # noqa: E402
import drawn_lesions  # noqa: E402

FOLDS, KINDS = drawn_lesions.FOLDS, drawn_lesions.KINDS
VIEWS = 5  # of each drawn photograph: as it is, and changed
HEALTHY = dict(odir5k=40, idrid=15, tvhl=15, dr_maculopathy=15, eyepacs=15)  # photographs of each set
SCALES = 0.8, 1.25  # of the field, of changed ones
CUT, BATCH = 256, 4
RIM = 8  # pixels of a cut that have too little around them to be judged by
FROM_HEALTHY = 0.15  # of the cuts
POSITIVE = torch.tensor([4.0, 2.0, 2.0, 2.0])[None, :, None, None]  # weight of a lesion's pixel, by kind
RATE, DECAY = 8e-3, 1e-3
QUIET = 0.1  # of the eyes without retinopathy, at most
LEAST = 6  # cells of a piece, as in src/lesions.c
RARE = -4.0  # logit that everything starts at
# Learnt beside the others, and left out of the files unless --all: found too rarely to be shown (weights/RESULTS.md).
HIDDEN = ("microaneurysms",)
# what the head reads: S over the side of the map; the vessel decoder's layers are rescaled in int8
READS = dict(e2=2, d2=2, e4=4, d4=4, e8=8, d8=8, e16=16, d16=16)
RESCALED = ("d16", "d8", "d4")


# ---- photographs ----


def mask_of(item, disc, side):
    """Masks over the square around the field of view: uint8 [kinds,side,side], 255 = lesion, by area."""
    out, fine = np.zeros((len(KINDS), side, side), np.uint8), 2 * side
    x, y, r = disc
    box = (2 * r / fine, 0, x - r, 0, 2 * r / fine, y - r)
    for k, path in enumerate(item.masks.values()):
        if path is not None:
            m = Image.open(path).convert("L").transform((fine, fine), Image.AFFINE, box, Image.BILINEAR)
            out[k] = np.asarray(m.resize((side, side), Image.BOX))
    return out


def healthy(data, split, rng):
    """Photographs of eyes without retinopathy; ODIR's are normal, of IDRiD none is among those drawn on."""
    out = []
    for s in sets.ALL_SETS:
        if s.name in HEALTHY:
            asked = sets.CLASSES[0] if s.name == "odir5k" else sets.DR
            found = [p for p, (y,) in sets.disease_list(data, s, split, [asked]) if y == (asked != sets.DR)]
            out += [found[i] for i in rng.permutation(len(found))[: HEALTHY[s.name]]]
    return [drawn_lesions.Drawn(p, dict.fromkeys(KINDS), -1) for p in out]


def view(reader, item, rng):
    """(network input [S,S,3], masks) of a photograph; changed where rng is given."""
    rgba = reader.pixels(item.photo)
    x, y, r = reader.find_disc(rgba)
    if rng is None:
        return reader.square(rgba, (x, y, r)), mask_of(item, (x, y, r), reader.info["size"])
    shift = rng.uniform(-0.06, 0.06, 2) * r
    field = x + shift[0], y + shift[1], r * rng.uniform(*SCALES)
    square, masks = reader.square(rgba, field), mask_of(item, field, reader.info["size"])
    if rng.random() < 0.85:
        square = disc.other_colours(square, rng)
    for axis in (0, 1):
        if rng.random() < 0.5:
            square, masks = np.flip(square, axis), np.flip(masks, axis + 1)
    if rng.random() < 0.5:
        square, masks = square.swapaxes(0, 1), masks.swapaxes(1, 2)
    return np.ascontiguousarray(square), masks


def features_of(net):
    """network input [S,S,3] -> {name: f16 [c,h,w]} of READS"""

    @torch.no_grad()
    def run(square):
        x = torch.from_numpy(square)[None].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        taps = net.encoder(x)
        d16 = net.vessels.coarse(taps)
        d8, d4 = net.vessels.middle(taps, d16)
        found = dict(e2=taps[0], e4=taps[1], e8=taps[2], e16=taps[3], d16=d16, d8=d8, d4=d4)
        found["d2"] = net.vessels.half(x, taps, d4)
        return {k: v[0].half().numpy() for k, v in found.items()}

    return run


class Views:
    """Every view's features, photograph and masks, in memory: 10 MB each."""

    def __init__(self, reader, run, items, none, seed):
        rng, self.fold, self.kept = np.random.default_rng(seed), [], []
        jobs = [(i, rng if k else None) for k in range(VIEWS) for i in items] + [(i, rng) for i in none]
        for n, (item, changes) in enumerate(jobs):
            square, masks = view(reader, item, changes)
            photo = np.rint(square * 128 + 127).clip(0, 255).astype(np.uint8)
            self.kept.append((run(square), photo, masks))
            self.fold.append(item.fold)
            print(f"\rviews: {n + 1} of {len(jobs)}", end="", flush=True)
        print()
        self.fold, self.drawn = np.array(self.fold), len(items)
        self.side = self.kept[0][1].shape[0]

    def cut(self, i, y, x, side):
        """({name: f32} of READS, quads of the photograph, masks 0..1) of a square of a view; y and x are whole 16s."""
        features, photo, masks = self.kept[i]
        part = lambda m, d: m[:, y // d : (y + side) // d, x // d : (x + side) // d].astype(np.float32)  # noqa: E731
        rgb = (torch.from_numpy(photo[y : y + side, x : x + side].astype(np.float32)) - 127) / 128
        found = {k: torch.from_numpy(part(features[k], d)) for k, d in READS.items()}
        return found, quads(rgb.permute(2, 0, 1)[None])[0], torch.from_numpy(part(masks, 1) / 255)

    def statistics(self):
        """{name: (mean, sd)} of each channel, on photographs as they are."""
        out = {}
        for k in READS:
            x = np.stack([v[0][k][:, ::4, ::4] for v in self.kept[: self.drawn : 3]]).astype(np.float32)
            out[k] = torch.tensor(x.mean((0, 2, 3))), torch.tensor(x.std((0, 2, 3)) + 1e-2)
        return out

    def place(self, i, rng):
        """Where to cut: of three places the one with the most kinds of lesion, more often than not."""
        masks, best = self.kept[i][2], None
        for _ in range(1 if self.fold[i] < 0 or rng.random() < 0.4 else 3):
            y, x = 16 * rng.integers(0, (self.side - CUT) // 16 + 1, 2)
            seen = (masks[:, y : y + CUT : 2, x : x + CUT : 2] > 127).sum((1, 2))
            score = (rng.random(len(KINDS)) * np.minimum(1, seen / 5)).sum()
            if best is None or score > best[0]:
                best = score, y, x
        return best[1:]

    def batch(self, rng, pool, none):
        chosen = [rng.choice(none if len(none) and rng.random() < FROM_HEALTHY else pool) for _ in range(BATCH)]
        cuts = [self.cut(i, *self.place(i, rng), CUT) for i in chosen]
        stack = lambda parts: torch.stack(parts).contiguous(memory_format=torch.channels_last)  # noqa: E731
        return {k: stack([c[0][k] for c in cuts]) for k in READS}, *(stack([c[n] for c in cuts]) for n in (1, 2))


# ---- fitting ----


class Standardised(nn.Module):
    """The head on features of mean 0 and deviation 1, so that one rate of learning suits all."""

    def __init__(self, statistics):
        super().__init__()
        self.head, self.statistics = Lesions(len(KINDS)), statistics
        nn.init.constant_(self.head.out.bias, RARE)

    def forward(self, found, photo):
        z = {
            k: (x - self.statistics[k][0][:, None, None]) / self.statistics[k][1][:, None, None]
            for k, x in found.items()
        }
        return self.head(photo, *arguments(z))

    @torch.no_grad()
    def plain(self):
        """The same on features as they are; differs where a filter reaches over the picture's border alone."""
        out = Lesions(len(KINDS))
        out.load_state_dict(self.head.state_dict())
        for k in READS:
            layer, (mean, sd) = getattr(out, k), self.statistics[k]
            layer.weight.div_(sd[None, :, None, None])
            layer.bias.sub_((layer.weight.sum((2, 3)) * mean).sum(1))
        return out.eval()


def arguments(found):
    """As Lesions.forward takes them: taps, D16, D8, D4, D2; the last tap is not read."""
    return [found[k] for k in ("e2", "e4", "e8", "e16")], *(found[k] for k in ("d16", "d8", "d4", "d2"))


def loss_of(z, true):
    """Cross-entropy, and the overlap that few pixels decide, of each kind alike."""
    z, true = z[:, :, RIM:-RIM, RIM:-RIM], true[:, :, RIM:-RIM, RIM:-RIM]
    cross = F.binary_cross_entropy_with_logits(z, true, pos_weight=POSITIVE)
    p = torch.sigmoid(z)
    both, sizes = (p * true).sum((0, 2, 3)), p.sum((0, 2, 3)) + true.sum((0, 2, 3))
    return 20 * cross + 0.3 * (1 - (2 * both + 10) / (sizes + 10)).mean()


def fit(views, statistics, steps, seed, without=None):
    """without: the fold that is left out -> Lesions"""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    pool = np.flatnonzero((views.fold >= 0) & (views.fold != (-2 if without is None else without)))
    none = np.flatnonzero(views.fold < 0)
    net = Standardised(statistics)
    opt, start, total = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY), time.time(), 0.0
    for step in range(steps):
        rate = RATE * min(1, (step + 1) / 50) * (0.5 * (1 + np.cos(np.pi * step / steps)) + 0.01)
        for group in opt.param_groups:
            group["lr"] = rate
        found, photo, true = views.batch(rng, pool, none)
        loss = loss_of(net(found, photo), true)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        opt.step()
        total += loss.item()
        if (step + 1) % 100 == 0:
            print(f"  step {step + 1}: loss {total / 100:.3f}, {time.time() - start:.0f} s", flush=True)
            total = 0.0
    return net.plain()


# ---- thresholds ----

BINS = 1000


@torch.no_grad()
def counted(head, views, fold):
    """Histograms of the probability [kinds,2,BINS], off and on lesions, on the fold's photographs as they are."""
    out = np.zeros((len(KINDS), 2, BINS))
    for i in np.flatnonzero(views.fold[: views.drawn] == fold):
        found, photo, true = views.cut(i, 0, 0, views.side)
        p = torch.sigmoid(head(photo[None], *arguments({k: v[None] for k, v in found.items()})))[0].numpy()
        for k in range(len(KINDS)):
            at = np.minimum((p[k] * BINS).astype(int), BINS - 1)
            for on in (0, 1):
                out[k, on] += np.bincount(at[(true[k].numpy() > 0.5) == on], minlength=BINS)
    return out


def best_threshold(histograms):
    """The probability with the best Dice over all pixels: [2,BINS] -> (threshold, Dice)"""
    off, on = (h[::-1].cumsum()[::-1] for h in histograms)
    dice = 2 * on / (on + off + on[0])
    return int(dice.argmax()) / BINS, float(dice.max())


def drawn_until(p, view):
    """The highest threshold, in hundredths, at which a piece of LEAST cells is drawn; p, view: [S,S]"""
    p, low, high = np.where(view, p, 0), 0, 100
    while low < high:
        at = (low + high + 1) // 2
        sizes = np.bincount(label(p >= at / 100, connectivity=2).ravel())[1:]
        low, high = (at, high) if sizes.size and sizes.max() >= LEAST else (low, at - 1)
    return low


@torch.no_grad()
def quiet_thresholds(net, reader, items):
    """[kinds] of the network's own kinds: at which at most QUIET of the photographs have a piece drawn."""
    side, until = reader.info["size"], []
    off = np.square(np.arange(side) - (side - 1) / 2)
    view = off[:, None] + off <= (side / 2) ** 2
    for n, item in enumerate(items):
        rgba = reader.pixels(item.photo)
        square = torch.from_numpy(reader.square(rgba, reader.find_disc(rgba)))[None].permute(0, 3, 1, 2)
        p = torch.sigmoid(net(square)["lesions"])[0].numpy()
        until.append([drawn_until(k, view) for k in p])
        print(f"\rwithout retinopathy: {n + 1} of {len(items)}", end="", flush=True)
    print()
    allowed = int(QUIET * len(until))
    return [(sorted(k, reverse=True)[allowed] + 1) / 100 for k in zip(*until, strict=True)]


def choose_thresholds(path, data, seed, least):
    """[{kind, threshold}] of a weights file, on validation photographs. least: {kind: threshold}"""
    net, meta = export.load_weights(path)
    items = healthy(data, "val", np.random.default_rng(seed))
    quiet = quiet_thresholds(net, core.Core(path), items)
    kinds = [k["kind"] for k in meta["lesions"]]
    return [dict(kind=k, threshold=max(t, least.get(k, 0))) for k, t in zip(kinds, quiet, strict=True)]


# ---- the files ----


def tensors_of(head, shown):
    """In the layout of src/network.c, with the outputs of these kinds alone."""
    out = {f"lesions.{k}": t for k, t in export.tensors_of(head).items()}
    rows = [4 * KINDS.index(k) + i for k in shown for i in range(4)]
    return {k: (t[rows] if k.startswith("lesions.out.") else t).contiguous() for k, t in out.items()}


def with_thresholds(args, least):
    """Writes the thresholds into all files. least: {kind: threshold}, of the best Dice"""
    kinds = choose_thresholds(args.weights, args.data, args.seed, least)
    for path in filter(None, (args.weights, args.int8)):
        with safe_open(path, "pt") as f:
            meta, tensors = json.loads(f.metadata()["vmnet"]), {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
        save_file(tensors, path, {"vmnet": json.dumps(meta | dict(lesions=kinds, name=args.name or meta["name"]))})
    with safe_open(args.folds, "pt") as f:
        heads = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
    save_file(heads, args.folds, {"lesions": json.dumps(kinds)})
    print("thresholds:", ", ".join(f"{k['kind']} {k['threshold']}" for k in kinds))


def main(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--folds", type=Path, default=drawn_lesions.HEADS)
    p.add_argument("--int8", type=Path)
    p.add_argument("--steps", type=int, default=600)
    p.add_argument("--all", action="store_true", help="all kinds, to be measured")
    p.add_argument("--thresholds", action="store_true", help="choose them anew, for a head that is there")
    p.add_argument("--name", help="of the weights, where it is a new one")
    args = p.parse_args(argv)
    if args.thresholds:
        return with_thresholds(args, {})
    items = drawn_lesions.items(args.data)
    shown = [k for k in KINDS if args.all or k not in HIDDEN]
    if not items:
        sys.exit(f"lesions.py: {args.data} must hold idrid/lesions with its masks")
    none = healthy(args.data, "train", np.random.default_rng(args.seed))
    run = features_of(export.load_weights(args.weights)[0])
    views = Views(core.Core(args.weights), run, items, none, args.seed)
    statistics, heads, counts = views.statistics(), {}, 0
    print(f"{len(items)} drawn photographs, {len(none)} without retinopathy")
    for k in range(FOLDS):
        head = fit(views, statistics, args.steps, args.seed + k, k)
        heads |= {f"fold{k}.{name}": t for name, t in tensors_of(head, shown).items()}
        counts = counts + counted(head, views, k)
        print(f"without fold {k}: fitted", flush=True)
    kinds = []
    for k, kind in enumerate(KINDS):
        at, dice = best_threshold(counts[k])
        if kind in shown:
            kinds.append(dict(kind=kind, threshold=round(at, 3)))
        print(f"{kind}: threshold {at:.3f}, Dice {dice:.3f} over the pixels of all photographs left out")
    save_file(heads, args.folds, {"lesions": json.dumps(kinds)})
    tensors = tensors_of(fit(views, statistics, args.steps, args.seed + FOLDS), shown)
    for path in filter(None, (args.weights, args.int8)):
        export.put_head(path, "lesions", tensors, args.name, RESCALED, lesions=kinds)
        print(f"{path}: lesions")
    with_thresholds(args, {k["kind"]: k["threshold"] for k in kinds})


if __name__ == "__main__":
    main(sys.argv[1:])
