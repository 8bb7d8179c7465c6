#!/usr/bin/env python3
"""Turns a weights file into one that the C core runs in int8: static ranges from training photographs.

usage: quantise.py --data DATA [--weights weights/vmnet.safetensors] [--out weights/vmnet-int8.safetensors]
                   [--photographs 96] [--sets odir5k,...] [--golden tests/golden]

Weights: -127..127 with a scale for each output channel, less where src/weights.h says so. What the file keeps in whole numbers
small enough (compact.py) stays as it is; the rest is rounded so that each weight makes up for the rounding of those before it
(Frantar et al., GPTQ, ICLR 2023; Nagel et al., ICML 2020), the bias for what is left. Values inside: -128..127, one scale and
zero point each, chosen for the least squared error. The encoder's first two layers, the heads, the guide and the classification
features F are computed in f32; the heads are kept as the file keeps them that they come from. Calibration, thresholds and
decision are that file's: both are to answer alike.

In the file a layer in int8 has NAME.weight I8, NAME.scale [out], NAME.bias [out] and NAME.output [4] = scale, zero
point and the limits of what it gives; encoder.blocks.N.output is that of a block's sum with what it skips, input.output
that of the photograph. real = scale * (q - zero). What the encoder's first two layers have instead, src/weights.h tells.
"""

import copy
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import augment
import data as sets
import export
import numpy as np
import options
import torch
import torch.nn.functional as F
from network import TAPS, quads, same_pad
from safetensors import safe_open
from safetensors.torch import save_file

TOP, TOP_PAIR = 127, 128  # WEIGHTS_MOST and WEIGHTS_MOST_PAIR
SAMPLES = 4096  # values of one place in one photograph that the choice of its range sees
SEEN = 40000  # of all these, for each place
BATCH = 4
ROUNDED = 12  # photographs that choose the rounding and the biases by a part; all pass through both networks together
PART = 256  # pixels a side of these parts: many photographs tell more than all of a few
PATCHES = 2**21  # numbers from one photograph that the rounding of a layer sees
DEGRADED = 16  # photographs that are made useless and join the others
LEAST_SHARE = 0.7  # of what occurs that a range covers on each side, at least
ROOM = 1.25  # over a channel's largest value on training photographs, where its range is its own
LARGEST_FACTOR = 8  # by which a channel is stretched
LEAST_SCALE = 1e-6  # of weights: what f16 can tell from zero
DAMPING = 0.01  # of the inputs' variance
# A concatenation wants one range for all parts. The first takes the second's: rescaled, which is exact, and undone in
# the weights that read it, from that channel on.
PAIRS = [
    ("vessels.d32", "encoder.blocks.10", "vessels.d16", 0),
    ("vessels.d16", "encoder.blocks.4", "vessels.d8", 0),
    ("vessels.d8", "encoder.blocks.2", "vessels.d4", 0),
    ("vessels.d4", "encoder.blocks.0.project", "vessels.d2a", 0),
    ("vessels.stem", "encoder.blocks.0.project", "vessels.d2a", 32),
]
STRUCTURES = {
    f"vessels.{k}": k for k in ("d16", "d8", "d4")
}  # of these, what the heads of disc and cup, of lesions and of arteries read too
HEADS = "diseases.", "gradable.", "structures.", "lesions.", "arteries.", "grade.", "orientation."  # these stay f32
# What stays f32 of the encoder: were the stem's output in int8, its rounding, alike wherever the photograph is, would move the
# logits by 0.08 (root mean square, 8 validation photographs), more than all else together. The second's output is converted.
# All machines must sum the same, or a rare value rounds to the other side, and the logits are off by 0.03: so the first's
# weights are multiples of a power of two, what it gives are whole numbers, and the second's weights likewise: f32 holds the sums.
REAL_LAYERS = "encoder.stem", "encoder.blocks.0.depthwise"
FINE = 128  # what the stem gives is so many times as large, and rounded
# 9 * 2047 * 6 * FINE is under 2^24; the stem reads a photograph in eighths of a colour (EIGHTHS of src/network.c), and that the
# sums of the weights at hand stay under it, tests/train/test_quantise.py asks.
EXACT_TOP = {"encoder.stem": 1024, "encoder.blocks.0.depthwise": 2047}
INPUT = (1 / 128, -1)  # (rgb - 127) / 128 as rgb - 128


@dataclass
class Layer:
    weight: torch.Tensor
    bias: torch.Tensor
    stride: int
    groups: int
    cap: float  # ReLU6's 6, rescaled or not; infinite: linear
    step: torch.Tensor | None = None  # [out] of which its weights are whole multiples already

    @property
    def low(self):
        return 0.0 if np.isfinite(self.cap) else -np.inf

    @property
    def taps(self):
        """Of the filter, where neighbouring channels share a product's 16 bits; 0: depthwise"""
        return self.weight[0, 0].numel() if self.groups == 1 else 0

    def padded(self, x):
        """What the filter slides over"""
        k = self.weight.shape[-1]
        return same_pad(x, k) if self.stride == 2 else F.pad(x, (k // 2,) * 4)

    def convolve(self, x, weight, bias=None):
        """x [n,c,h,w] with zero as zero"""
        k = weight.shape[-1]
        if self.stride == 2:
            return F.conv2d(same_pad(x, k), weight, bias, 2, 0, groups=self.groups)
        return F.conv2d(x, weight, bias, 1, k // 2, groups=self.groups)


def layers_of(net, whole=None):
    """{name: Layer} of the folded network's trunk: encoder and vessel decoder. whole: as export.whole_of gives it"""
    out = {}
    for name, m in net.named_modules():
        if isinstance(m, torch.nn.Conv2d) and not name.startswith(HEADS):
            cap = np.inf if name.endswith(("project.conv", "vessels.out")) else 6.0
            name = name.removesuffix(".conv")
            step = (whole or {}).get(f"{name}.step")
            step = None if step is None else step.float()
            out[name] = Layer(m.weight.detach().clone(), m.bias.detach().clone(), m.stride[0], m.groups, cap, step)
    return out


def walk(o, net, x):
    """The trunk, layer by layer as network.py, in the arithmetic of `o`. -> taps, (D16, D8, D4, D2), vessel logits
    [n,4,S/2,S/2]"""
    x, taps = o.input(x), []
    y = o.conv("encoder.stem", x)
    for i, block in enumerate(net.encoder.blocks):
        name = f"encoder.blocks.{i}"
        z = o.conv(f"{name}.expand", y) if block.expand is not None else y
        z = o.conv(f"{name}.project", o.conv(f"{name}.depthwise", z))
        y = o.add(name, y, z) if block.shortcut else z
        if i in TAPS:
            taps.append(y)
    d16 = o.conv("vessels.d16", o.cat(o.up(o.conv("vessels.d32", taps[4])), taps[3]))
    d8 = o.conv("vessels.d8", o.cat(o.up(d16), taps[2]))
    d4 = o.conv("vessels.d4", o.cat(o.up(d8), taps[1]))
    d2 = o.conv("vessels.d2a", o.cat(o.cat(o.up(d4), taps[0]), o.conv("vessels.stem", o.quads(x))))
    d2 = o.conv("vessels.d2b", d2)
    return taps, (d16, d8, d4, d2), o.conv("vessels.out", d2)


# ---- arithmetics ----


class Real:
    """f32, as the network was trained. `see` is told every value that will be int8."""

    def __init__(self, layers, see=lambda name, y: None):
        self.layers, self.see = layers, see

    def input(self, x):
        return x

    def conv(self, name, x):
        layer = self.layers[name]
        y = layer.convolve(x, layer.weight, layer.bias).clamp(layer.low, layer.cap)
        self.see(name, y)
        return y

    def add(self, name, a, b):
        self.see(name, a + b)
        return a + b

    def up(self, x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    def cat(self, a, b):
        return torch.cat([a, b], 1)

    def quads(self, x):
        return quads(x)


@dataclass
class Q:
    """whole numbers q - zero, kept as floats, and their scale"""

    v: torch.Tensor
    scale: float
    zero: int

    def real(self):
        return self.v * self.scale


class Whole:
    """int8, as XNNPACK computes it: products summed in whole numbers, scaled, rounded to even, clamped.

    ranges: {name: (scale, zero)}; weights: {name: (whole numbers [out,...], scales [out])}, of REAL_LAYERS (weights, None);
    layers hold the biases.
    """

    def __init__(self, layers, ranges, weights):
        self.layers, self.ranges, self.weights = layers, ranges, weights

    def input(self, x):
        return self.rounded(x * np.float32(1 / INPUT[0]), INPUT)

    @staticmethod
    def rounded(y, q, low=-np.inf, high=np.inf):
        """y in units of the output's scale, zero at 0"""
        scale, zero = q
        least = max(-128 - zero, np.round(low / scale)) if np.isfinite(low) else -128 - zero
        most = min(127 - zero, np.round(high / scale)) if np.isfinite(high) else 127 - zero
        return Q(y.round().clamp(least, most), scale, zero)

    def sums(self, name, x):
        """Products and bias in units of scale-of-input times scale-of-channel."""
        layer, (weight, scale) = self.layers[name], self.weights[name]
        units = np.float32(x.scale) * scale
        y = layer.convolve(x.v, weight.to(x.v))
        return y + (layer.bias / units).round()[None, :, None, None].to(y), units

    def conv(self, name, x):
        layer, q = self.layers[name], self.ranges.get(name)
        if self.weights[name][1] is None:
            y = layer.convolve(x.real(), self.weights[name][0], layer.bias).clamp(layer.low, layer.cap)
            return Q(y.round(), 1.0, 0) if q is None else self.rounded(y * (np.float32(1) / np.float32(q[0])), q)
        y, units = self.sums(name, x)
        factor = (units / np.float32(q[0]))[None, :, None, None]
        return self.rounded(y.float() * factor, q, layer.low, layer.cap)

    def add(self, name, a, b):
        q = self.ranges[name]
        factors = [np.float32(v.scale) / np.float32(q[0]) for v in (a, b)]
        unit = 2.0 ** (20 - np.floor(np.log2(max(factors))))  # XNNPACK's fixed point
        p, r = (float(np.round(f * unit)) for f in factors)
        return self.rounded(torch.floor((a.v.double() * p + b.v.double() * r) / unit + 0.5).float(), q)

    def up(self, x):
        y = F.interpolate(x.v, scale_factor=2, mode="bilinear", align_corners=False)
        return Q(torch.floor(y + 0.5), x.scale, x.zero)

    def cat(self, a, b):
        assert (a.scale, a.zero) == (b.scale, b.zero)
        return Q(torch.cat([a.v, b.v], 1), a.scale, a.zero)

    def quads(self, x):
        return Q(quads(x.v), x.scale, x.zero)


def patches(layer, x, rng):
    """What some outputs of the layer are sums of: [groups, inputs of a group, patches]; x [n,c,h,w] as `padded` gives it"""
    out = []
    for photo in x:
        y = F.unfold(photo[None], layer.weight.shape[-1], stride=layer.stride)[0]
        count = min(PATCHES // len(y), SAMPLES)
        out.append(y[:, torch.from_numpy(rng.integers(0, y.shape[1], count))])
    y = torch.cat(out, 1)
    return y.reshape(layer.groups, -1, y.shape[1])


def whole_numbers(most):
    """What rounds to them, up to this magnitude"""
    return lambda v: v.round().clamp(-most, most)


def best_rounding(weight, x, nearest, taps=0):
    """weight [groups,out,in], x [groups,in,patches] -> what `nearest` makes of the weights, for the least squared error
    of the sums, but for their mean. Rounds input after input and spreads each error over those to come. taps: of a filter
    whose whole numbers are bound by TOP_PAIR"""
    x = x - x.mean(2, keepdim=True)
    square = (x @ x.transpose(1, 2)).double() / x.shape[2]
    diagonal = square.diagonal(dim1=1, dim2=2)
    diagonal += DAMPING * diagonal.mean(1, keepdim=True) + 1e-6
    upper = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(square)), upper=True)
    left, out = weight.double().clone(), torch.zeros_like(weight)
    for i in range(weight.shape[2]):
        out[:, :, i] = nearest(left[:, :, i]).float()
        if taps and i // taps % 2:
            room = TOP_PAIR - out[:, :, i - taps].abs()
            out[:, :, i] = out[:, :, i].clamp(-room, room)
        error = (left[:, :, i] - out[:, :, i]) / upper[:, i, i, None]
        left[:, :, i:] -= error[:, :, None] * upper[:, None, i, i:]
    return out


class Rounding(Whole):
    """Both networks side by side, layer after layer: chooses how the weights are rounded, and moves each bias so that
    the channel's mean is that of f32."""

    rng = np.random.default_rng(4)

    def input(self, x):
        return x, super().input(x)

    def rounded_weights(self, layer, scale, x):
        weight = layer.weight / scale[:, None, None, None]
        kept = weight.round()
        if layer.step is not None and torch.allclose(weight, kept, atol=0.02) and not crowded(kept, layer.taps):
            return kept
        grouped = weight.reshape(layer.groups, -1, weight[0].numel())
        seen = patches(layer, layer.padded(x.v), self.rng)
        return best_rounding(grouped, seen, whole_numbers(TOP), layer.taps).reshape(weight.shape)

    def conv(self, name, x):
        layer = self.layers[name]
        true = layer.convolve(x[0], layer.weight, layer.bias)
        if name in REAL_LAYERS:
            self.weights[name] = exact(name, layer), None
            return true.clamp(layer.low, layer.cap), super().conv(name, x[1])
        scale = weight_scales(layer, x[1].scale)
        self.weights[name] = self.rounded_weights(layer, scale, x[1]), scale
        y, units = self.sums(name, x[1])
        layer.bias = (layer.bias + true.mean((0, 2, 3)) - y.mean((0, 2, 3)) * units).half().float()
        return true.clamp(layer.low, layer.cap), super().conv(name, x[1])

    def add(self, name, a, b):
        return a[0] + b[0], super().add(name, a[1], b[1])

    def up(self, x):
        return Real.up(self, x[0]), super().up(x[1])

    def cat(self, a, b):
        return torch.cat([a[0], b[0]], 1), super().cat(a[1], b[1])

    def quads(self, x):
        return quads(x[0]), super().quads(x[1])


# ---- choosing ranges ----


def best_range(values, least, most):
    """(scale, zero) with the least squared error on a sample; least and most bound what occurs at all."""
    best = None
    for low in np.unique(np.linspace(LEAST_SHARE, 1, 13) * min(least, 0.0)):
        for high in np.linspace(LEAST_SHARE, 1, 13) * max(most, 1e-3):
            scale = np.float32((high - low) / 255)
            zero = int(np.clip(np.round(-128 - low / scale), -128, 127))
            q = np.clip(np.round(values / scale), -128 - zero, 127 - zero)
            error = float(np.square(values - q * scale).mean())
            if best is None or error < best[0]:
                best = error, float(scale), zero
    return best[1:]


class Sample:
    """Keeps some values of every place, and the extremes."""

    def __init__(self):
        self.values, self.bounds, self.most = defaultdict(list), {}, {}
        self.rng = np.random.default_rng(1)

    def __call__(self, name, y):
        flat = y.reshape(len(y), -1)
        at = torch.from_numpy(self.rng.integers(0, flat.shape[1], SAMPLES))
        self.values[name].append(flat[:, at].reshape(-1).numpy())
        low, high = self.bounds.get(name, (0.0, 0.0))
        self.bounds[name] = min(low, float(y.min())), max(high, float(y.max()))
        most = y.amax((0, 2, 3))
        self.most[name] = torch.maximum(most, self.most.get(name, most))

    def ranges(self):
        return {
            name: best_range(np.random.default_rng(2).choice(np.concatenate(v), SEEN), *self.bounds[name])
            for name, v in self.values.items()
        }


def stretch(layer, factor, bias=True):
    """What it gives, by channel or all alike; without the bias: what it makes of its input"""
    layer.weight = layer.weight * torch.as_tensor(factor).to(layer.weight).reshape(-1, 1, 1, 1)
    if bias:
        layer.bias = layer.bias * factor
    if layer.step is not None:
        layer.step = layer.step * factor


def divide(layer, factor, start, end):
    """The weights that read these channels"""
    layer.weight[:, start:end] /= factor
    layer.step = None  # others read other channels


def rescale_pairs(net, layers, ranges):
    """Makes the first of each pair fill the range of the second, and undoes it where it is read."""
    for first, second, reader, start in PAIRS:
        scale, zero = ranges[second]
        top = ranges[first][0] * (127 - ranges[first][1])
        factor = scale * (127 - zero) / top
        a, c = layers[first], len(layers[first].bias)
        stretch(a, factor)
        a.cap *= factor
        divide(layers[reader], factor, start, start + c)
        if first == "vessels.d16":  # the guide reads it too, behind the density
            with torch.no_grad():
                net.diseases.guide.weight[:, 1:] /= factor
        if net.structures is not None and first in STRUCTURES:
            with torch.no_grad():
                getattr(net.structures, STRUCTURES[first]).weight.div_(factor)
        for head in (net.lesions, net.arteries):
            if head is not None and first in STRUCTURES:
                with torch.no_grad():
                    getattr(head, STRUCTURES[first]).weight.div_(factor)
        ranges[first] = ranges[second]


def even_channels(layers, ranges, most):
    """Each channel that one depthwise layer alone reads to fill the range: that layer has a scale for each channel, and so
    undoes it at no cost. most: {name: [channels]}, the largest value of each"""
    for name, reader in ((k, k.replace("expand", "depthwise")) for k in layers if k.endswith(".expand")):
        scale, zero = ranges[name]
        factor = (scale * (127 - zero) / (ROOM * most[name]).clamp(min=1e-3)).clamp(1, LARGEST_FACTOR)
        stretch(layers[name], factor)
        stretch(layers[reader], 1 / factor, bias=False)


def refine(layers):
    """What the stem gives FINE times as large, undone where it is read"""
    stem, reader = (layers[name] for name in REAL_LAYERS)
    stretch(stem, FINE)
    stem.cap *= FINE
    stretch(reader, 1 / FINE, bias=False)


def exact(name, layer):
    """Rounds its bias in place -> its weights, rounded: sums of products with what it reads are then exact in f32"""
    top = layer.weight.abs().amax((1, 2, 3)) / EXACT_TOP[name]
    step = torch.exp2(torch.ceil(torch.log2(top.clamp(min=2.0**-24))))
    unit = step * (INPUT[0] if name == REAL_LAYERS[0] else 1)
    layer.bias = (layer.bias / unit).round() * unit
    return (layer.weight / step[:, None, None, None]).round() * step[:, None, None, None]


def pairs_of(weight):
    """Sums of the magnitudes that lie side by side along the channels"""
    size = F.pad(weight.abs(), (0, 0, 0, 0, 0, weight.shape[1] % 2))
    return size[:, ::2] + size[:, 1::2]


def crowded(whole, taps):
    """Whether the core would refuse them"""
    return whole.abs().max() > TOP or (taps and pairs_of(whole).max() > TOP_PAIR)


def weight_scales(layer, in_scale):
    """One scale a channel, as f16 holds it; the file's own step where its whole numbers are small enough. A channel that is all
    but zero gets one that its bias fits in."""
    size = layer.weight.abs()
    top, least = size.amax((1, 2, 3)), layer.bias.abs() / (in_scale * 2.0**22)
    if layer.taps:
        top = torch.maximum(top, pairs_of(size).amax((1, 2, 3)))
    scale = torch.maximum(top / TOP, least)
    if layer.step is not None:
        scale = torch.where((top <= layer.step * (TOP + 0.5)) & (layer.step >= least), layer.step, scale)
    return scale.clamp(min=LEAST_SCALE).half().float()


def parts_of(photographs, rng):
    """A part of ROUNDED of them, each from somewhere else"""
    few = rng.permutation(len(photographs))[:ROUNDED]
    at = rng.integers(0, max(1, photographs.shape[1] - PART + 1), (len(few), 2))
    return np.stack([photographs[i, y : y + PART, x : x + PART] for i, (y, x) in zip(few, at, strict=True)])


@torch.no_grad()
def calibrate(net, photographs, whole=None):
    """The network in int8. net is folded; its guide is rescaled; whole: as export.whole_of gives it. -> Whole"""
    layers, sample = layers_of(net, whole), Sample()
    for i in range(0, len(photographs), BATCH):
        walk(Real(layers, sample), net, network_input(photographs[i : i + BATCH]))
        print(f"\rranges: {min(i + BATCH, len(photographs))} of {len(photographs)}", end="", flush=True)
    ranges = sample.ranges()
    del ranges[REAL_LAYERS[0]]
    print()
    rescale_pairs(net, layers, ranges)
    even_channels(layers, ranges, sample.most)
    refine(layers)
    chosen = Rounding(layers, ranges, {})
    walk(chosen, net, network_input(parts_of(photographs, np.random.default_rng(3))))
    return Whole(layers, ranges, chosen.weights)


# ---- photographs ----


def network_input(x):
    """uint8 [n,s,s,3] -> [n,3,s,s]"""
    return export.to_input(torch.from_numpy(x).permute(0, 3, 1, 2).float())


def choose_photographs(data, diseases, vessels, count):
    """Training photographs: half from the set that judges, a quarter from the others, a quarter with vessel masks."""
    rng, paths = np.random.default_rng(0), []
    judge = sets.judges(diseases, sets.classes_of(diseases))[0]
    others = [s for s in diseases if s is not judge]
    for s in diseases:
        listed = [p for p, _ in sets.disease_list(data, s, "train", missing=[])]
        share = count // 2 if s is judge else count // 4 // max(1, len(others))
        paths += [listed[i] for i in rng.permutation(len(listed))[:share]]
    drawn = [p[0] for name in vessels for p in sets.vessel_list(data, name, "train", missing=[])]
    paths += [drawn[i] for i in rng.permutation(len(drawn))[: count // 4]]
    if not paths:
        raise sets.MissingData(f"no training photographs in {data}: nothing to calibrate on")
    x, bad = sets.read_all(paths, sets.SIDE)
    x = x[[i for i in range(len(x)) if i not in bad]]
    # the values of useless photographs must not all clip to those of good ones
    return np.concatenate([x, augment.degraded(x[:: max(1, len(x) // DEGRADED)], seed=5)])


# ---- the file ----


def range_tensor(q, low=-np.inf, high=np.inf):
    scale, zero = q
    limits = max(low, scale * (-128 - zero)), min(high, scale * (127 - zero))
    return torch.tensor([scale, zero, *limits], dtype=torch.float32)


def tensors_of(net, int8, whole):
    """Everything in the layout of src/network.c. whole: as export.whole_of gives it, of the file that net was read from"""
    out = export.tensors_of(net)
    for name in (k.removesuffix(".step") for k in whole if k.startswith(HEADS) and k.endswith(".step")):
        weight, step = whole[f"{name}.weight"], whole[f"{name}.step"].float()
        factor = out[f"{name}.weight"].float().abs().sum() / export.multiplied(name, weight, step).abs().sum()
        out |= {f"{name}.weight": weight, f"{name}.step": (step * factor).half()}  # what rescale_pairs did
    for name, layer in int8.layers.items():
        weight, scale = int8.weights[name]
        order = (1, 2, 3, 0) if layer.groups > 1 else (0, 2, 3, 1)
        weight = weight.permute(*order).contiguous()
        if scale is None:
            out[f"{name}.weight"], out[f"{name}.bias"] = weight.half(), layer.bias.float()
        else:
            out[f"{name}.weight"], out[f"{name}.bias"] = weight.to(torch.int8), layer.bias.half()
            out[f"{name}.scale"] = scale.half()
        if name in int8.ranges:
            out[f"{name}.output"] = range_tensor(int8.ranges[name], layer.low, layer.cap)
        else:
            out[f"{name}.whole"] = torch.tensor([layer.cap])
    for name, q in int8.ranges.items():
        if name not in int8.layers:
            out[f"{name}.output"] = range_tensor(q)
    out["input.output"] = range_tensor(INPUT)
    return out


def load(path):
    """The file read back -> net for the heads, Whole, metadata"""
    with safe_open(path, "pt") as f:
        meta = json.loads(f.metadata()["vmnet"])
        stored = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
    stored |= export.expanded({k: t for k, t in stored.items() if k.startswith(HEADS)})
    net = export.shaped(meta).eval().fold()
    layers, ranges, weights = layers_of(net), {}, {}
    for name, layer in layers.items():
        w = stored[f"{name}.weight"].float()
        w = w.permute(3, 0, 1, 2) if layer.groups > 1 else w.permute(0, 3, 1, 2)
        scale = stored.get(f"{name}.scale")
        layer.bias = stored[f"{name}.bias"].float()
        if f"{name}.whole" in stored:
            layer.cap = float(stored[f"{name}.whole"])
        elif scale is not None and np.isfinite(layer.cap):
            layer.cap = float(stored[f"{name}.output"][3])
        weights[name] = w, None if scale is None else scale.float()
    for name, t in stored.items():
        if name.endswith(".output"):
            ranges[name.removesuffix(".output")] = float(t[0]), int(t[1])
    state = net.state_dict()
    for name in state:
        if name.startswith(HEADS):
            t = stored[name].float()
            order = (3, 0, 1, 2) if ".depthwise." in name else (0, 3, 1, 2)
            state[name] = (t.permute(*order) if t.ndim == 4 else t).reshape(state[name].shape)
    net.load_state_dict(state)
    return net, Whole(layers, ranges, weights), meta


@torch.no_grad()
def outputs(net, int8, x, guide=1.0):
    """As VMNet.forward. x: network input"""
    taps, decoded, z = walk(int8, net, x)
    taps, decoded = [t.real() for t in taps], [d.real() for d in decoded]
    out = net.heads(taps, F.pixel_shuffle(z.real(), 2), decoded[0], guide)
    if net.structures is not None:
        out["structures"] = net.structures(*decoded[:3], taps[1])
    for name in ("lesions", "arteries"):
        head = getattr(net, name)
        if head is not None:
            out[name] = head(quads(x), taps, *decoded)
    return out


@torch.no_grad()
def correct_heads(net, int8, true, photographs):
    """Moves the biases of the heads so that the mean logits on photographs are those of the f32 network `true`."""
    off = defaultdict(list)
    heads = dict(logits=net.diseases.head, gradable=net.gradable)
    if net.structures is not None:
        heads["structures"] = net.structures.e4
    if net.grade is not None:
        heads["grade"] = net.grade
    for i in range(0, len(photographs), BATCH):
        x = network_input(photographs[i : i + BATCH])
        want, got = true(x), outputs(net, int8, x)
        for name in heads:
            apart = want[name] - got[name]
            off[name].append(apart.mean((2, 3)) if apart.ndim == 4 else apart)
        print(f"\rheads: {min(i + BATCH, len(photographs))} of {len(photographs)}", end="", flush=True)
    print()
    for name, layer in heads.items():
        off[name] = torch.cat(off[name]).reshape(len(photographs), -1)
        layer.bias += off[name].mean(0)
        print(f"{name}: moved by {[round(v, 3) for v in off[name].mean(0).tolist()]}")


def quantise(args):
    net, meta = export.load_weights(args.weights)
    diseases, vessels = sets.choose(args.sets)
    photographs = choose_photographs(args.data, diseases, vessels, args.photographs)
    print(f"{len(photographs)} training photographs")
    true = copy.deepcopy(net)
    whole = export.whole_of(args.weights)
    int8 = calibrate(net, photographs, whole)
    correct_heads(net, int8, true, photographs)
    meta |= dict(name=f"{meta['name']}-int8", quantised=dict(photographs=len(photographs), bits=8))
    tensors = {k: v.contiguous() for k, v in tensors_of(net, int8, whole).items()}
    save_file(tensors, args.out, {"vmnet": json.dumps(meta)})
    print(f"{args.out}: {args.out.stat().st_size} bytes")


def golden(args):
    """What the C core must give for the photographs of tests/golden/network-*.safetensors, from this file's arithmetic."""
    net, int8, meta = load(args.out)
    for side in (256, 512):
        with safe_open(args.golden / f"network-{side}.safetensors", "pt") as f:
            rgb = f.get_tensor("input")
        x, out, step = network_input(rgb[None].numpy()), {}, side // 256
        for guide in (1.0, 0.0):
            o = outputs(net, int8, x, guide)
            out[f"guide{guide:.0f}.logits"] = o["logits"][0]
            out[f"guide{guide:.0f}.cam"] = o["cam"][0]
            if "grade" in o and guide == 1:
                out["grade"] = o["grade"][0]
        if "orientation" in o:
            out["orientation"] = o["orientation"][0]
        out["vessels"] = torch.sigmoid(o["vessel_logit"])[0, ::step, ::step]
        out["guide"], out["gradability"] = o["guide"][0, 0], torch.sigmoid(o["gradable"])
        if "structures" in o:
            out["structures"] = torch.sigmoid(o["structures"])[0].permute(1, 2, 0)
        for head in ("lesions", "arteries"):
            if head in o:
                out[head] = export.some_of(o[head])
        out = {k: v.float().contiguous() for k, v in out.items()}
        save_file(out, args.golden / f"int8-{side}.safetensors", {"weights": meta["name"]})
    print(f"golden files in {args.golden}")


def main(argv):
    p = options.parser(__doc__, "--weights", "--sets", "--golden")
    p.add_argument("--data", type=Path)
    p.add_argument("--out", type=Path, default=Path("weights/vmnet-int8.safetensors"))
    p.add_argument("--photographs", type=int, default=96)
    args = p.parse_args(argv)
    if args.golden:
        return golden(args)
    options.need_data(p, args, "their training photographs give the ranges")
    try:
        quantise(args)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"quantise.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
