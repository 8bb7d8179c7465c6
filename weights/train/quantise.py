#!/usr/bin/env python3
"""Turns a weights file into one that the C core runs in int8: static ranges from training photographs.

usage: quantise.py --data DATA [--weights weights/vmnet.safetensors] [--out weights/vmnet-int8.safetensors]
                   [--photographs 96] [--sets odir5k,...] [--golden tests/golden]

Weights: -64..64 with a scale for each output channel; src/weights.h says why not 127. Each is rounded so that it makes up for
the rounding of those before it (Frantar et al., GPTQ, ICLR 2023; Nagel et al., ICML 2020), the bias for the rest. Values inside: -128..127, one scale and zero point each, chosen
for the least squared error. The heads, the guide and the classification features F are computed in f32, and kept as the file
keeps them that they come from.

In the file a layer in int8 has NAME.weight I8, NAME.scale [out], NAME.bias [out] and NAME.output [4] = scale, zero
point and the limits of what it gives; encoder.blocks.N.output is that of a block's sum with what it skips, input.output
that of the photograph. real = scale * (q - zero).
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

TOP = 64  # DOT_MOST_WEIGHT
SAMPLES = 4096  # values of one place in one photograph that the choice of its range sees
BATCH = 4
ROUNDED = 8  # photographs that choose the rounding and the biases; all pass through both networks together
PATCHES = 2**21  # numbers from one photograph that the rounding of a layer sees
DEGRADED = 16  # photographs that are made useless and join the others
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
HEADS = "diseases.", "gradable.", "structures.", "lesions.", "arteries."  # these stay f32
INPUT = (1 / 128, -1)  # (rgb - 127) / 128 as rgb - 128


@dataclass
class Layer:
    weight: torch.Tensor
    bias: torch.Tensor
    stride: int
    groups: int
    cap: float  # ReLU6's 6, rescaled or not; infinite: linear

    @property
    def low(self):
        return 0.0 if np.isfinite(self.cap) else -np.inf

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


def layers_of(net):
    """{name: Layer} of the folded network's trunk: encoder and vessel decoder."""
    out = {}
    for name, m in net.named_modules():
        if isinstance(m, torch.nn.Conv2d) and not name.startswith(HEADS):
            cap = np.inf if name.endswith(("project.conv", "vessels.out")) else 6.0
            name = name.removesuffix(".conv")
            out[name] = Layer(m.weight.detach().clone(), m.bias.detach().clone(), m.stride[0], m.groups, cap)
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

    ranges: {name: (scale, zero)}; weights: {name: (whole numbers [out,...], scales [out])}; layers hold the biases.
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
        y, units = self.sums(name, x)
        layer, q = self.layers[name], self.ranges[name]
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


def best_rounding(weight, x, nearest):
    """weight [groups,out,in], x [groups,in,patches] -> what `nearest` makes of the weights, for the least squared error
    of the sums, but for their mean. Rounds input after input and spreads each error over those to come."""
    x = x - x.mean(2, keepdim=True)
    square = (x @ x.transpose(1, 2)).double() / x.shape[2]
    diagonal = square.diagonal(dim1=1, dim2=2)
    diagonal += DAMPING * diagonal.mean(1, keepdim=True) + 1e-6
    upper = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(square)), upper=True)
    left, out = weight.double().clone(), torch.zeros_like(weight)
    for i in range(weight.shape[2]):
        out[:, :, i] = nearest(left[:, :, i]).float()
        error = (left[:, :, i] - out[:, :, i]) / upper[:, i, i, None]
        left[:, :, i:] -= error[:, :, None] * upper[:, None, i, i:]
    return out


class Rounding(Whole):
    """Both networks side by side, layer after layer: chooses how the weights are rounded, and moves each bias so that
    the channel's mean is that of f32."""

    rng = np.random.default_rng(4)

    def input(self, x):
        return x, super().input(x)

    def conv(self, name, x):
        layer = self.layers[name]
        true = layer.convolve(x[0], layer.weight, layer.bias)
        scale = weight_scales(layer, x[1].scale)
        grouped = (layer.weight / scale[:, None, None, None]).reshape(layer.groups, -1, layer.weight[0].numel())
        whole = best_rounding(grouped, patches(layer, layer.padded(x[1].v), self.rng), whole_numbers(TOP))
        self.weights[name] = whole.reshape(layer.weight.shape), scale
        y, units = self.sums(name, x[1])
        layer.bias = layer.bias + true.mean((0, 2, 3)) - y.mean((0, 2, 3)) * units
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
    for low in np.unique(np.linspace(0.4, 1, 25) * min(least, 0.0)):
        for high in np.linspace(0.4, 1, 25) * max(most, 1e-3):
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
        self.values, self.bounds = defaultdict(list), {}
        self.rng = np.random.default_rng(1)

    def __call__(self, name, y):
        flat = y.reshape(len(y), -1)
        at = torch.from_numpy(self.rng.integers(0, flat.shape[1], SAMPLES))
        self.values[name].append(flat[:, at].reshape(-1).numpy())
        low, high = self.bounds.get(name, (0.0, 0.0))
        self.bounds[name] = min(low, float(y.min())), max(high, float(y.max()))

    def ranges(self):
        return {
            name: best_range(np.random.default_rng(2).choice(np.concatenate(v), 40000), *self.bounds[name])
            for name, v in self.values.items()
        }


def rescale_pairs(net, layers, ranges):
    """Makes the first of each pair fill the range of the second, and undoes it where it is read."""
    for first, second, reader, start in PAIRS:
        scale, zero = ranges[second]
        top = ranges[first][0] * (127 - ranges[first][1])
        factor = scale * (127 - zero) / top
        a, c = layers[first], len(layers[first].bias)
        a.weight, a.bias, a.cap = a.weight * factor, a.bias * factor, a.cap * factor
        layers[reader].weight[:, start : start + c] /= factor
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


def weight_scales(layer, in_scale):
    """One scale a channel. A channel that is all but zero gets one that its bias fits in."""
    top = layer.weight.abs().amax((1, 2, 3))
    return torch.maximum(top / TOP, layer.bias.abs() / (in_scale * 2.0**22)).clamp(min=1e-9).float()


@torch.no_grad()
def calibrate(net, photographs):
    """The network in int8. net is folded; its guide is rescaled. -> Whole"""
    layers, sample = layers_of(net), Sample()
    for i in range(0, len(photographs), BATCH):
        walk(Real(layers, sample), net, network_input(photographs[i : i + BATCH]))
        print(f"\rranges: {min(i + BATCH, len(photographs))} of {len(photographs)}", end="", flush=True)
    ranges = sample.ranges()
    print()
    rescale_pairs(net, layers, ranges)
    few = np.random.default_rng(3).permutation(len(photographs))[:ROUNDED]
    chosen = Rounding(layers, ranges, {})
    walk(chosen, net, network_input(photographs[few]))
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
        out[f"{name}.weight"] = weight.permute(*order).to(torch.int8).contiguous()
        out[f"{name}.scale"], out[f"{name}.bias"] = scale, layer.bias.float()
        out[f"{name}.output"] = range_tensor(int8.ranges[name], layer.low, layer.cap)
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
        layer.bias = stored[f"{name}.bias"]
        layer.cap = float(stored[f"{name}.output"][3]) if np.isfinite(layer.cap) else np.inf
        weights[name] = w, stored[f"{name}.scale"]
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


def chosen_on_validation(net, int8, data, diseases, vessels, classes):
    """Calibration, operating points, gradability level and vessel threshold of the network in int8 itself."""
    run = lambda x: outputs(net, int8, x)  # noqa: E731
    vessel_at = export.vessel_threshold(run, data, vessels, missing=[])
    x, y = export.validation(data, diseases, classes, missing=[])
    judged = sets.judges(diseases, classes)
    classes, gradable = export.classes_of(run, x, y, classes)
    gradable_at = export.gradable_level(run, x, gradable, export.other_photographs(data, diseases, judged, missing=[]))
    return dict(classes=classes, gradable_threshold=round(gradable_at, 4), vessel_threshold=vessel_at)


def quantise(args):
    net, meta = export.load_weights(args.weights)
    diseases, vessels = sets.choose(args.sets)
    photographs = choose_photographs(args.data, diseases, vessels, args.photographs)
    print(f"{len(photographs)} training photographs")
    true = copy.deepcopy(net)
    int8 = calibrate(net, photographs)
    correct_heads(net, int8, true, photographs)
    meta |= chosen_on_validation(net, int8, args.data, diseases, vessels, [c["name"] for c in meta["classes"]])
    meta |= dict(name=f"{meta['name']}-int8", quantised=dict(photographs=len(photographs), bits=8))
    tensors = {k: v.contiguous() for k, v in tensors_of(net, int8, export.whole_of(args.weights)).items()}
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
