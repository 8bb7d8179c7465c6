#!/usr/bin/env python3
"""Fits the head that tells arteries from veins, into a weights file: everything else in it stays as it is, byte by byte.

usage: arteries.py --data DATA [--weights weights/vmnet.safetensors] [--int8 weights/vmnet-int8.safetensors] [--seed 1]
                   [--work build/arteries] [--rounds 16] [--head FILE]

DATA holds drive (with av) and hrf (with manual_av). The head is a small U-Net on features that stand still, and on the
photograph. It learns from the training photographs as they are and changed (turned, scaled, shifted, mirrored, other colours and
light, blurred), ROUNDS times, on the pixels drawn as artery or vein alone, both kinds alike in every picture; from cuts of 384
pixels, with whole channels of what it reads left out or shifted at random, so that it does not learn the photographs by heart:
in two stages, the second with less of that. The weights are a running mean over the steps. Prints the balanced accuracy on the validation photographs as it goes.

--work keeps the features of all views (about 8 MB each, read from disk as they are needed), checkpoints from which a run that
was stopped goes on, and head.safetensors at the end. --head takes a head that was fitted before into another weights file of the
same network; DATA is not needed then. --int8 carries the head over into a file that quantise.py made of the same weights.
"""

import sys
import time
from pathlib import Path

import disc
import export
import lesions
import numpy as np
import options
import torch
import torch.nn.functional as F
from network import Arteries, quads
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/eval"))
import core  # noqa: E402
import drawn_arteries  # noqa: E402

READS, RESCALED = lesions.READS, lesions.RESCALED
KINDS = ["artery", "vein"]  # `vessel_kinds` of the metadata
CUT, BATCH = 384, 2
DECAY, WARM = 2e-2, 100
# dropped: share of channels left out; shaken: deviation of factors and offsets of those kept
STAGES = (
    dict(steps=3000, rate=4e-3, dropped=0.08, shaken=0.15),
    dict(steps=2500, rate=2.5e-3, dropped=0.03, shaken=0.1),
)
EMA = 0.998
EVERY = 500  # steps between checkpoints


# ---- photographs ----


def share_of(mask, field, side):
    """How much of each cell of the square around the field a mask covers: uint8 [side,side], 255 = all of it."""
    x, y, r = field
    picture, fine = Image.fromarray(mask * np.uint8(255)), 2 * side
    if 2 * r > fine:
        box = tuple(round(v) for v in (x - r, y - r, x + r, y + r))
        return np.asarray(picture.crop(box).resize((side, side), Image.BOX))
    step = 2 * r / fine
    picture = picture.transform((fine, fine), Image.AFFINE, (step, 0, x - r, 0, step, y - r), Image.BILINEAR)
    return np.asarray(picture.resize((side, side), Image.BOX))


def shares_of(labels, field, side):
    """[2,side,side] of arteries and veins"""
    kinds = (drawn_arteries.ARTERY, drawn_arteries.VEIN)
    return np.stack([share_of((labels == k).astype(np.uint8), field, side) for k in kinds])


def other_light(square, rng):
    """The photograph under light that is uneven. square: network input"""
    uneven = Image.fromarray(rng.normal(0, 1, (4, 4)).astype(np.float32)).resize(square.shape[:2], Image.BICUBIC)
    v = (square * 128 + 127) * (1 + rng.uniform(0, 0.18) * np.asarray(uneven))[..., None]
    return ((v.clip(0, 255) - 127) / 128).astype(np.float32)


def turned(rgba, labels, centre, angle):
    turn = Image.fromarray(rgba).rotate(angle, Image.BICUBIC, center=centre, fillcolor=(0, 0, 0, 255))
    return np.ascontiguousarray(turn), np.asarray(Image.fromarray(labels).rotate(angle, Image.NEAREST, center=centre))


def view(reader, rgba, labels, field, rng):
    """(network input [S,S,3], shares [2,S,S]) of a photograph; changed where rng is given."""
    side = reader.info["size"]
    if rng is None:
        return reader.square(rgba, field), shares_of(labels, field, side)
    x, y, r = field
    if rng.random() < 0.7:
        rgba, labels = turned(rgba, labels, (x, y), rng.uniform(-40, 40))
    shift = rng.uniform(-0.06, 0.06, 2) * r
    field = x + shift[0], y + shift[1], r * rng.uniform(0.8, 1.2)
    square, shares = reader.square(rgba, field), shares_of(labels, field, side)
    if rng.random() < 0.9:
        square = disc.other_colours(square, rng)
    if rng.random() < 0.5:
        square = other_light(square, rng)
    if rng.random() < 0.5:
        square, shares = np.flip(square, 1), np.flip(shares, 2)
    if rng.random() < 0.3:
        square, shares = np.flip(square, 0), np.flip(shares, 1)
    if rng.random() < 0.3:
        square, shares = square.swapaxes(0, 1), shares.swapaxes(1, 2)
    return np.ascontiguousarray(square), np.ascontiguousarray(shares)


class Views:
    """Rounds of views, each photograph once in each round: features, photograph and shares, in files under `work`. Round 0 holds
    the photographs as they are."""

    def __init__(self, work, reader, run, items, rounds):
        self.sources, self.rounds = [i.source for i in items], []
        read = [(reader.pixels(i.photo), drawn_arteries.labels(i)) for i in items]
        fields = [reader.find_disc(rgba) for rgba, _ in read]
        for k in range(rounds):
            folder = work / f"round-{k}"
            if not (folder / "done").is_file():
                rng = np.random.default_rng(1000 + k) if k else None
                views = (view(reader, *read[i], fields[i], rng) for i in range(len(items)))
                store(folder, views, run, len(items))
                print(f"round {k} of {rounds}: {len(items)} views", flush=True)
            self.rounds.append({p.stem: np.load(p, mmap_mode="r") for p in sorted(folder.glob("*.npy"))})

    def statistics(self, chosen):
        """{name: (mean, sd)} of each channel, on the chosen photographs as they are."""
        out = {}
        for k in READS:
            x = np.asarray(self.rounds[0][k][chosen][:, :, ::4, ::4], np.float32)
            out[k] = torch.tensor(x.mean((0, 2, 3))), torch.tensor(x.std((0, 2, 3)) + 1e-2)
        return out

    def cut(self, k, i, y, x, side):
        """({name: f32} of READS, quads of the photograph, shares 0..1) of a part of view i of round k; y and x are whole 32s."""
        r = self.rounds[k]
        part = lambda m, d: np.asarray(m[i][..., y // d : (y + side) // d, x // d : (x + side) // d], np.float32)  # noqa: E731
        found = {n: torch.from_numpy(part(r[n], d)) for n, d in READS.items()}
        rgb = torch.from_numpy(np.asarray(r["photo"][i][y : y + side, x : x + side], np.float32))
        photo = quads(((rgb - 127) / 128).permute(2, 0, 1)[None])[0]
        return found, photo, torch.from_numpy(part(r["shares"], 1)) / 255

    def batch(self, rng, pools):
        """pools: one of each set; a batch takes from each in turn."""
        cuts, side = [], self.rounds[0]["photo"].shape[1]
        for pool in pools:
            k, (y, x) = rng.integers(len(self.rounds)), 32 * rng.integers(0, (side - CUT) // 32 + 1, 2)
            cuts.append(self.cut(k, rng.choice(pool), int(y), int(x), CUT))
        stack = lambda parts: torch.stack(parts).contiguous(memory_format=torch.channels_last)  # noqa: E731
        return {k: stack([c[0][k] for c in cuts]) for k in READS}, *(stack([c[n] for c in cuts]) for n in (1, 2))


def store(folder, views, run, count):
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for i, (square, shares) in enumerate(views):
        photo = np.rint(square * 128 + 127).clip(0, 255).astype(np.uint8)
        for name, value in {**run(square), "photo": photo, "shares": shares}.items():
            if i == 0:
                shape = (count, *value.shape)
                files[name] = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", value.dtype, shape)
            files[name][i] = value
    (folder / "done").touch()


# ---- fitting ----


class Standardised(nn.Module):
    """The head on features of mean 0 and deviation 1, so that one rate of learning suits all."""

    def __init__(self, statistics, stage=STAGES[0]):
        super().__init__()
        self.head, self.statistics, self.stage = Arteries(), statistics, stage
        for apart in (*self.head.wide, self.head.near8, self.head.near4):  # these add to what passes by
            nn.init.normal_(apart.mix.weight, 0, 0.5 / apart.mix.in_channels**0.5)
            nn.init.zeros_(apart.mix.bias)

    def standard(self, found, photo):
        wide = lambda v: v[:, None, None]  # noqa: E731
        out = {k: (x - wide(self.statistics[k][0])) / wide(self.statistics[k][1]) for k, x in found.items()}
        return out | {"photo": 2 * photo}

    def forward(self, found, photo):
        z = self.standard(found, photo)
        if self.training:
            z = {k: F.dropout2d(shaken(x, self.stage["shaken"]), self.stage["dropped"]) for k, x in z.items()}
        return self.head(z.pop("photo"), *lesions.arguments(z))

    @torch.no_grad()
    def plain(self):
        """The same on features as they are: they are read by single pixels, so that it holds up to the border."""
        out = Arteries()
        out.load_state_dict(self.head.state_dict())
        for k in READS:
            layer, (mean, sd) = getattr(out, k), self.statistics[k]
            layer.weight.div_(sd[None, :, None, None])
            layer.bias.sub_((layer.weight.sum((2, 3)) * mean).sum(1))
        out.photo.weight.mul_(2)
        return out.eval()


def shaken(x, deviation):
    """Channels as another camera might fill them."""
    shape = (*x.shape[:2], 1, 1)
    return x * (1 + deviation * torch.randn(shape)) + deviation * torch.randn(shape)


def loss_of(z, shares):
    """Cross-entropy where something is drawn, by how much of a pixel is; arteries and veins alike in every picture."""
    drawn = shares.sum(1, keepdim=True)
    true = shares[:, :1] / (drawn + 1e-3)
    each = F.binary_cross_entropy_with_logits(z, true, reduction="none")
    mean = lambda weight: (each * weight).sum((1, 2, 3)) / (weight.sum((1, 2, 3)) + 1)  # noqa: E731
    return (mean(drawn * true) + mean(drawn * (1 - true))).mean() / 2


def running_mean(mean, state, step):
    keep = min(EMA, (step + 1) / (step + 10))
    return {k: v.clone() if mean is None else keep * mean[k] + (1 - keep) * v for k, v in state.items()}


@torch.no_grad()
def balanced(head, views, chosen):
    """Balanced accuracy of the head over what is drawn on the chosen photographs as they are, on the network's grid, no vote."""
    sums, side = np.zeros(4), views.rounds[0]["photo"].shape[1]
    for i in chosen:
        found, photo, shares = views.cut(0, i, 0, 0, side)
        artery = head(photo[None], *lesions.arguments({k: v[None] for k, v in found.items()}))[0, 0] > 0
        a, v = shares
        sums += [(a * artery).sum(), a.sum(), (v * ~artery).sum(), v.sum()]
    return float(sums[0] / sums[1] + sums[2] / sums[3]) / 2


class Fit:
    """One stage, from its last checkpoint where there is one, or from where the stage before ended."""

    def __init__(self, views, pools, stage, seed, checkpoint, start=None):
        """start: the weights to begin with"""
        self.views, self.pools, self.stage, self.checkpoint = views, pools, stage, checkpoint
        torch.manual_seed(seed)
        self.rng, self.step, self.mean = np.random.default_rng(seed), 0, None
        net = Standardised(views.statistics(np.concatenate(pools)), stage)
        self.net = net.to(memory_format=torch.channels_last)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=stage["rate"], weight_decay=DECAY)
        if start is not None:
            self.net.load_state_dict(start)
        if checkpoint.is_file():
            state = torch.load(checkpoint, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.opt.load_state_dict(state["opt"])
            self.step, self.mean = state["step"], state["mean"]

    def advance(self):
        """One step; returns its loss."""
        done = 0.5 * (1 + np.cos(np.pi * self.step / self.stage["steps"]))
        for group in self.opt.param_groups:
            group["lr"] = self.stage["rate"] * min(1, (self.step + 1) / WARM) * (done + 0.01)
        found, photo, shares = self.views.batch(self.rng, self.pools)
        loss = loss_of(self.net(found, photo), shares)
        self.opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.opt.step()
        self.mean = running_mean(self.mean, self.net.state_dict(), self.step)
        self.step += 1
        return loss.item()

    def save(self):
        state = dict(net=self.net.state_dict(), opt=self.opt.state_dict(), step=self.step, mean=self.mean)
        torch.save(state, self.checkpoint)

    def head(self):
        """By the running mean -> Arteries"""
        out = Standardised(self.net.statistics)
        out.load_state_dict(self.mean)
        return out.plain()

    def run(self, say):
        start, total = time.time(), 0.0
        while self.step < self.stage["steps"]:
            total += self.advance()
            if self.step % EVERY == 0 or self.step == self.stage["steps"]:
                self.save()
                print(f"step {self.step}: loss {total / EVERY:.3f}, {time.time() - start:.0f} s", flush=True)
                say(self.head())
                total = 0.0
        return self.mean


# ---- the files ----


def tensors_of(head):
    """In the layout of src/network.c."""
    return {f"arteries.{k}": t.contiguous() for k, t in export.tensors_of(head).items()}


def fitted(args):
    """-> tensors of a head that is fitted here"""
    missing = []
    train, val = (drawn_arteries.items(args.data, part, missing) for part in ("train", "val"))
    if missing:
        sys.exit("arteries.py: " + "\n  ".join(missing))
    run = lesions.features_of(export.load_weights(args.weights)[0])
    views = Views(args.work, core.Core(args.weights), run, train + val, args.rounds)
    sources = np.array(views.sources[: len(train)])
    pools = [np.flatnonzero(sources == s) for s in drawn_arteries.SETS]
    rest = np.arange(len(train), len(train) + len(val))
    of = {s: [i for i in rest if views.sources[i] == s] for s in drawn_arteries.SETS}
    say = lambda head: print(
        "  validation:", {s: round(balanced(head, views, i), 4) for s, i in of.items()}, flush=True
    )  # noqa: E731
    print(f"{len(train)} photographs, {len(val)} to validate on, {args.rounds} views of each")
    mean = None
    for i, stage in enumerate(STAGES):
        fit = Fit(views, pools, stage, args.seed + i, args.work / f"seed-{args.seed}-stage-{i}.pt", mean)
        mean = fit.run(say)
    tensors = tensors_of(fit.head())
    save_file(tensors, args.work / "head.safetensors")
    return tensors


def main(argv):
    p = options.parser(__doc__, "--weights", "--seed")
    p.add_argument("--data", type=Path)
    p.add_argument("--int8", type=Path)
    p.add_argument("--work", type=Path, default=Path("build/arteries"))
    p.add_argument("--rounds", type=int, default=16)
    p.add_argument("--head", type=Path, help="a head fitted before, instead of fitting one")
    p.add_argument("--name", help="of the weights, where it is a new one")
    args = p.parse_args(argv)
    if args.head is None:
        options.need_data(p, args, "the head learns from DRIVE's and HRF's drawings")
    tensors = load_file(args.head) if args.head else fitted(args)
    for path in filter(None, (args.weights, args.int8)):
        export.put_head(path, "arteries", tensors, args.name, RESCALED, vessel_kinds=KINDS)
        print(f"{path}: arteries and veins")


if __name__ == "__main__":
    main(sys.argv[1:])
