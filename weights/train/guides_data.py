"""What guides.py trains and measures on: all that the classification decoder reads of a photograph, from the released network,
which stands still, and beside it the maps of every structure that the network draws. Kept on disk, half a megabyte each."""

import json
import sys
import time
from pathlib import Path

import data as sets
import numpy as np
import steps
import torch
import torch.nn.functional as F
from export import load_weights
from network import quads

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/eval"))
import core  # noqa: E402
import pool  # noqa: E402
from extra import patient_of  # noqa: E402

BATCH = 4
CHANNELS = dict(e16=112, e32=320, d16=48)
TOLD = 30  # seconds between two lines


def map_names(meta):
    """The channels of the maps, group by group: {group: [name of a channel]}. Lesions are small: their mean over a cell says how
    much there is, their highest probability whether there is any."""
    kinds = [kind["kind"] for kind in meta["lesions"]]
    return dict(
        vessels=["vessels"],
        arteries=["arteries", "veins"],
        discs=["disc", "cup"],
        lesions=[*kinds, *(f"{k}, highest" for k in kinds)],
    )


def maps_of(vessels, arteries, structures, lesions):
    """Logits [n,1,S,S], [n,1,S,S], [n,2,S/4,S/4], [n,kinds,S,S] -> [n,channels,S/16,S/16] 0..1, in the order of map_names"""
    v, a, s, k = (torch.sigmoid(z.float()) for z in (vessels, arteries, structures, lesions))
    mean = [F.avg_pool2d(m, 16) for m in (v, v * a, v * (1 - a))]
    return torch.cat([*mean, F.avg_pool2d(s, 4), F.avg_pool2d(k, 16), F.max_pool2d(k, 16)], 1)


@torch.no_grad()
def features_of(net, x):
    """Network input [n,3,S,S] -> [E16, E32, D16, maps], and the logits of the network's own decoder"""
    taps = net.encoder(x)
    d16 = net.vessels.coarse(taps)
    d8, d4 = net.vessels.middle(taps, d16)
    d2 = net.vessels.half(x, taps, d4)
    vessels = F.pixel_shuffle(net.vessels.out(d2), 2)
    read = quads(x), taps, d16, d8, d4, d2
    maps = maps_of(vessels, net.arteries(*read), net.structures(d16, d8, d4, taps[1]), net.lesions(*read))
    logits = net.heads(taps, vessels, d16)["logits"] if x.dtype == torch.float32 else None
    return [taps[3], taps[4], d16, maps], logits


def shapes_of(meta, size):
    """{name: [channels,rows,columns]} of what is kept of a photograph"""
    grid = size // 16
    shapes = {k: (c, grid // 2, grid // 2) if k == "e32" else (c, grid, grid) for k, c in CHANNELS.items()}
    return shapes | dict(maps=(sum(map(len, map_names(meta).values())), grid, grid))


def taken_apart(rows, shapes):
    """Rows as they are kept -> {name: float32 [n,c,h,w]}"""
    sizes = [int(np.prod(s)) for s in shapes.values()]
    parts = torch.from_numpy(np.array(rows)).split(sizes, 1)
    return {k: p.float().reshape(-1, *shapes[k]) for k, p in zip(shapes, parts, strict=True)}


class Seer:
    """The released network: bf16 where the machine computes in it, as in training."""

    def __init__(self, path):
        self.reader = core.Core(path)
        self.net, self.meta = load_weights(path)
        self.exact = self.net.to(memory_format=torch.channels_last)
        self.type = torch.bfloat16 if steps.has_bf16(torch.device("cpu")) else torch.float32
        self.net = load_weights(path)[0].to(self.type, memory_format=torch.channels_last)
        self.shapes = shapes_of(self.meta, self.reader.info["size"])

    def square(self, path):
        """The network's input [S,S,3], prepared by the core; None where it refuses the photograph."""
        try:
            rgba = pool.enlarged(self.reader.pixels(path))
            return self.reader.square(rgba, self.reader.find_disc(rgba))
        except (core.Refused, OSError):
            return None

    def rows(self, squares, mirrored):
        """f16 [n,values]"""
        x = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)
        x = (x.flip(3) if mirrored else x).to(self.type, memory_format=torch.channels_last)
        found = features_of(self.net, x)[0]
        return torch.cat([f.flatten(1).half() for f in found], 1).numpy()


class Part:
    """One part of a set: `labels` [n,classes], `patients` [n], and `row(i)` of those whose `ready` is set."""

    def __init__(self, work, data, s, split, meta, mirrored=False, limit=0):
        items = sets.disease_list(data, s, split)
        order = np.random.default_rng(1).permutation(len(items)) if split == "train" else np.arange(len(items))
        self.items = [items[i] for i in (order[:limit] if limit else order)]
        self.name, self.mirrored = f"{s.name}-{split}{'-mirrored' if mirrored else ''}", mirrored
        self.file = work / f"{self.name}.npy"
        self.state = work / f"{self.name}.json"
        self.labels = np.array([y for _, y in self.items], np.float32).reshape(-1, len(sets.CLASSES))
        self.patients = np.array([str(patient_of(s.name, p)) for p, _ in self.items])
        self.done, self.refused = 0, []
        if self.state.is_file():
            kept = json.loads(self.state.read_text())
            self.done, self.refused = min(kept["done"], len(self.items)), kept["refused"]

    def ready(self):
        """Indices of what has been seen."""
        return np.setdiff1d(np.arange(self.done), self.refused)

    def open(self, shapes, mode="r"):
        values = sum(int(np.prod(s)) for s in shapes.values())
        if mode == "r":
            return np.load(self.file, mmap_mode="r")
        if self.done and self.file.is_file() and np.load(self.file, mmap_mode="r").shape == (len(self.items), values):
            return np.load(self.file, mmap_mode="r+")
        self.done, self.refused = 0, []
        return np.lib.format.open_memmap(self.file, "w+", np.float16, (len(self.items), values))

    def fill(self, seer):
        """Sees what has not been seen; the same call goes on where it was stopped."""
        if self.done == len(self.items):
            return
        out, told = self.open(seer.shapes, "r+"), 0.0
        while self.done < len(self.items):
            which = range(self.done, min(self.done + BATCH, len(self.items)))
            squares = {i: seer.square(self.items[i][0]) for i in which}
            self.refused += [i for i, x in squares.items() if x is None]
            seen = {i: x for i, x in squares.items() if x is not None}
            if seen:
                out[list(seen)] = seer.rows(list(seen.values()), self.mirrored)
            self.done = which[-1] + 1
            if time.time() - told > TOLD or self.done == len(self.items):
                told = time.time()
                out.flush()
                self.state.write_text(json.dumps(dict(done=self.done, refused=self.refused)))
                print(f"{self.name}: {self.done} of {len(self.items)}, {len(self.refused)} refused", flush=True)
