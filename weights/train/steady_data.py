"""What steady.py learns from and is measured on: all that the classification decoder reads of photographs, seen in several ways by
a network that stands still, and kept on disk once, half a megabyte a view; and the figures.

Findings are classes, but normal, that reach their cut."""

import json
import math
import time

import augment
import data as sets
import guides
import numpy as np
import opened
import opened_data
import steps
import torch
import torch.nn.functional as F
from guides_data import taken_apart
from opened import CLASSES, SIX, mean_of_six, row
from opened_data import Part
from safetensors import safe_open
from torch import nn
from turns import CHANGES, hue
from validate import tensor

CHUNK, BATCH = 64, 8
VIEWS = 4  # of a photograph to learn from; the first two are the teacher's
LEFT_OUT = ("eyepacs256", "aptos_subset")  # stretched colours, squeezed
AS_IS = "as it is"
WAYS = {AS_IS: lambda p: p} | CHANGES
SEEN = dict(e16=(112, 16), e32=(320, 32), d16=(48, 16), maps=(1, 16))  # channels, and pixels a cell
NORMAL, DR = sets.CLASSES.index("normal"), sets.CLASSES.index(sets.DR)


class Steady(nn.Module):
    """A network whose classification decoder reads what was seen before. {name: [n,c,h,w]} -> logits [n,8]"""

    def __init__(self, net):
        super().__init__()
        self.net, self.decoder = net, guides.Decoder(net.diseases, torch.zeros(1), torch.ones(1))

    def see(self, y):
        """y 0..1 [n,3,S,S] -> all that the decoder reads: SEEN"""
        with steps.lower_precision(torch.device("cpu")):
            x = steps.network_input(y)
            taps = self.net.encoder(x)
            d16 = self.net.vessels.coarse(taps)
            with torch.no_grad():
                vessels = self.net.vessels.fine(x, taps, d16)
        maps = F.avg_pool2d(torch.sigmoid(vessels.float()), 16)
        return dict(zip(SEEN, (f.float() for f in (taps[3], taps[4], d16, maps)), strict=True))

    def forward(self, seen):
        return self.decoder(seen)[0]


def chosen():
    return [s for s in opened_data.chosen() if s.name not in LEFT_OUT]


def released(path):
    return Steady(opened.released(path).net).eval()


def views(x):
    """uint8 [n,s,s,3] -> [n * VIEWS,3,s,s] 0..1: of each photograph as it is, mirrored, turned anywhere, turned by quarters."""
    quarters = [np.rot90(hue(p, np.random.uniform(-15, 15)), np.random.randint(4)) for p in x.numpy()]
    quarters = np.stack([p[:, ::-1] if np.random.rand() < 0.5 else p for p in quarters])
    plain, around = tensor(x.numpy(), sets.SIDE), augment.photographs(x, sets.SIDE, math.pi)
    return torch.stack([plain, plain.flip(3), around, tensor(quarters, sets.SIDE)], 1).flatten(0, 1)


COLOURS = dict(own=None, amplitudes=augment.amplitudes, statistics=augment.statistics)


def mixed(x, colours):
    """As the last two of `views`, in the colours of another of the photographs. -> [n * 2,3,s,s]"""
    y = views(x).unflatten(0, (-1, VIEWS))
    theirs = y[torch.randperm(len(y)), 0]
    y = [COLOURS[colours](y[:, i].contiguous(), theirs) for i in range(2, VIEWS)]
    return torch.stack(y, 1).flatten(0, 1)


def with_mixed(rows, others):
    """Rows of `views`, the last two of each photograph replaced by those of `mixed`."""
    rows, others = rows.reshape(-1, VIEWS, rows.shape[1]), others.reshape(-1, 2, rows.shape[1])
    return np.concatenate([rows[:, :2], others], 1).reshape(-1, rows.shape[2])


@torch.no_grad()
def rows_of(net, batches):
    """f16 [n,values]; batches: of [n,3,S,S] 0..1"""
    seen = [net.see(y).values() for y in batches]
    return torch.cat([torch.cat([f.flatten(1).half() for f in parts], 1) for parts in seen]).numpy()


def apart(rows):
    return taken_apart(rows, {k: (c, sets.SIDE // cell, sets.SIDE // cell) for k, (c, cell) in SEEN.items()})


def kept(file, make):
    """An array on disk, made once."""
    if not file.is_file():
        with open(file.with_suffix(".part"), "wb") as f:
            np.save(f, make())
        file.with_suffix(".part").replace(file)
        print(f"{time.strftime('%H:%M:%S')} {file.stem}: seen", flush=True)
    return np.load(file, mmap_mode="r")


class Learnt:
    """Training photographs, CHUNK by CHUNK, each drawn and changed by a seed of its own."""

    def __init__(self, args, net):
        these = chosen()
        parts = [Part(args.work, args.data, s, "train") for s in these]
        diseases = {s.name: (p.x, p.labels[:, :CLASSES]) for s, p in zip(these, parts, strict=True)}

        hidden = lambda y: torch.full_like(y, sets.UNKNOWN)  # noqa: E731

        def sampler(seed):
            """The same photographs whichever sets are unlabelled: their views are kept."""
            drawn = opened.Drawn(diseases, these, seed, torch.device("cpu"))
            pairs = zip(these, drawn.sets, strict=True)
            drawn.sets = [(x, hidden(y) if s.name in args.unlabelled else y) for s, (x, y) in pairs]
            return drawn

        self.sampler = sampler
        self.chunks = [self.chunk(args, net, i) for i in range(args.photographs // CHUNK)]

    def chunk(self, args, net, i):
        x, labels = self.sampler(1000 * args.seed + i).draw(CHUNK)
        steps.seed_all(1000 * args.seed + i)
        make = lambda: rows_of(net, views(x).split(BATCH))  # noqa: E731
        rows = kept(args.work / f"train-{args.seed}-{i:03}.npy", make)
        return self.in_colours(args, net, i, x, rows), labels

    def in_colours(self, args, net, i, x, rows):
        if args.colours == "own":
            return rows
        steps.seed_all(1000 * args.seed + i)  # turned as before
        make = lambda: rows_of(net, mixed(x, args.colours).split(BATCH))  # noqa: E731
        return with_mixed(rows, kept(args.work / f"{args.colours}-{args.seed}-{i:03}.npy", make))

    def draw(self, n):
        """What was seen of n photographs in all their views, and labels [n,8]"""
        which = [(np.random.randint(len(self.chunks)), np.random.randint(CHUNK)) for _ in range(n)]
        rows = np.concatenate([self.chunks[c][0][i * VIEWS : (i + 1) * VIEWS] for c, i in which])
        return apart(rows), torch.stack([self.chunks[c][1][i] for c, i in which])


class Measured:
    """A part of a set as it is, and `most` of its photographs, evenly taken, in every other way."""

    def __init__(self, args, name, split, most=10**6):
        self.part = Part(args.work, args.data, {s.name: s for s in opened_data.chosen()}[name], split)
        n = len(self.part.x)
        self.some = np.unique(np.linspace(0, n - 1, min(most, n)).astype(int))
        self.file = lambda i: args.work / f"seen-{self.part.name}-{len(self.some) if i else n}-{i}.npy"
        self.labels, self.grades = self.part.labels[:, :CLASSES], self.part.grades
        self.patients = np.array([f"{name} {p}" for p in self.part.patients])

    def batches(self, way):
        which = np.arange(len(self.part.x)) if way == AS_IS else self.some
        for i in range(0, len(which), BATCH):
            yield tensor(np.stack([WAYS[way](self.part.x[k]) for k in which[i : i + BATCH]]), sets.SIDE)

    @torch.no_grad()
    def logits(self, net, still):
        """{way: [n,8]}; still: the encoder is the released one, and what it saw is kept."""
        out = {}
        for i, way in enumerate(WAYS):
            make = lambda way=way: rows_of(net, self.batches(way))  # noqa: E731
            rows = kept(self.file(i), make) if still else make()
            z = [net(apart(rows[k : k + 4 * BATCH])) for k in range(0, len(rows), 4 * BATCH)]
            out[way] = torch.cat(z).numpy()
        return out


# ---- figures ----


def cuts_of(path):
    """[8] on the logits: the balanced point's, as the core reads it."""
    with safe_open(path, "np") as f:
        classes = json.loads(f.metadata()["vmnet"])["classes"]
    return np.float32([(math.log(c["threshold"] / (1 - c["threshold"])) - c["offset"]) / c["scale"] for c in classes])


def same_share(z, other, cuts):
    """Cuts [8] that as many of z reach as of `other` reach `cuts`."""
    s = np.sort(z, 0)[::-1]
    s = np.concatenate([s[:1] + 1, s, s[-1:] - 1])
    k = (other >= cuts).sum(0)
    return np.array([(s[i, c] + s[i + 1, c]) / 2 for c, i in enumerate(k)])


def findings(z, cuts):
    return np.delete(z >= cuts, NORMAL, 1)


def changed(z, some, cuts):
    """{way: whether the findings of each of `some` are others than as it is}"""
    before = findings(z[AS_IS][some], cuts)
    return {way: (findings(z[way], cuts) != before).any(1) for way in WAYS if way != AS_IS}


def told(m, z, cuts):
    """A line for each network: z {network: {way: logits}}; cuts: the released network's"""
    once = np.ones((1, len(m.labels)))
    for k, v in z.items():
        moved = changed(v, m.some, same_share(v[AS_IS], z["released"][AS_IS], cuts))
        shares = ", ".join(f"{way} {c.mean():.3f}" for way, c in moved.items())
        yield f"{k}: mean of six {mean_of_six(v[AS_IS], m.labels, once)[0]:.4f}, other findings {shares}"


def both(of):
    """For opened.row."""
    return dict(released=of("released"), opened=of("steady"))


def rows_of_changes(what, measured, z, cuts):
    weight = guides.weights_of(np.concatenate([m.patients[m.some] for m in measured.values()]))
    moved = {k: [changed(z[k][n], m.some, cuts[k]) for n, m in measured.items()] for k in z}
    share = lambda k, way: weight @ np.concatenate([m[way] for m in moved[k]]) / weight.sum(1)  # noqa: E731
    for way in [w for w in WAYS if w != AS_IS]:
        yield row(f"{what}, {way}, other findings", weight.shape[1], **both(lambda k, way=way: share(k, way)))


def rows_of_set(name, m, z, cuts):
    """z: {network: logits of photographs as they are}"""
    weight, known = guides.weights_of(m.patients), m.grades >= 0
    ill = m.grades[known] >= 2
    areas = both(lambda k: guides.areas(z[k][known, DR], ill, weight[:, known]))
    yield row(f"{name}, referable by p of retinopathy, AUC", f"{len(ill)} ({ill.sum()})", **areas)
    other = (findings(z["released"], cuts["released"]) != findings(z["steady"], cuts["steady"])).any(1)
    yield row(f"{name}, as it is, other findings than the released", len(other), weight @ other / weight.sum(1))
    if name == "odir5k":
        six = both(lambda k: mean_of_six(z[k], m.labels, weight))
        yield row(f"{name}, mean of the six, AUC", len(m.labels), **six)
        for c in SIX:
            y = m.labels[:, c] == 1
            areas = both(lambda k, c=c, y=y: guides.areas(z[k][:, c], y, weight))
            yield row(f"{name}, {sets.CLASSES[c]}, AUC", f"{len(y)} ({y.sum()})", **areas)


def table(measured, z, cuts):
    """measured: {set: Measured}; z: {network: {set: {way: logits}}}; cuts: {network: [8]}"""
    lines = ["| what | n (positive) | released | steady | difference |", "|---|---|---|---|---|"]
    lines += rows_of_changes("all", measured, z, cuts)
    for name, m in measured.items():
        lines += rows_of_set(name, m, {k: z[k][name][AS_IS] for k in z}, cuts)
    return "\n".join(lines)
