#!/usr/bin/env python3
"""Rewrites a weights file so that its large layers take eight bits a weight: half the bytes, and still computed in f32.

usage: compact.py --data DATA [--weights weights/vmnet.safetensors] [--out FILE] [--name NAME] [--photographs 96] [--sets odir5k,...]
                  [--int8 weights/vmnet-int8.safetensors]

A layer that is kept so has NAME.weight I8 and NAME.step [out]: src/weights.h. What is sensitive to rounding and small stays
f16: the stem, the first six blocks, the next depthwise layers, the ends of the decoder, the heads but for the large layers of
lesions and arteries; with a shorter mantissa in encoder, vessel decoder and these two heads. Each weight is rounded so that it
makes up for the rounding of those before it, on training photographs, and the bias for the mean of the rest, as in quantise.py;
then the biases of the heads for what is left of the mean. Calibration and thresholds stay: the network is the same. What the file
keeps in whole numbers already stays as it is. --int8 carries these two heads over into a file that quantise.py made of the same
weights.
"""

import copy
import json
import sys
from functools import partial
from pathlib import Path

import data as sets
import export
import numpy as np
import options
import quantise
import torch
from network import quads
from safetensors.torch import save_file
from torch import nn

FEATURES = "diseases.features"
# The largest magnitude of a layer's whole numbers; what is not named stays f16. One more bit halves what a layer's rounding moves
# the logits by, and costs its weights a bit each, for what is fetched is what brotli leaves. So a layer has as many as its
# share of the error is large beside the root of its size: measured layer by layer on ten training photographs of vmnet-v6,
# and scaled until program and weights take 2.8 MB. Names under encoder.blocks.
LARGEST = {
    6: dict(expand=57, project=127),
    7: dict(expand=60, project=80),
    8: dict(expand=127, project=127),
    9: dict(expand=39, depthwise=115, project=103),
    10: dict(expand=48, depthwise=112, project=66),
    11: dict(expand=127, depthwise=127, project=127),
    12: dict(expand=32, depthwise=95, project=52),
    13: dict(expand=32, depthwise=127, project=79),
    14: dict(expand=76, depthwise=80, project=48),
    15: dict(expand=42, depthwise=35, project=38),
}
OTHERS = dict.fromkeys(("vessels.d32", "vessels.d16", "vessels.d8", "vessels.d4"), 64) | {FEATURES: 54}
# Of the two heads that are decoders of their own, the layers of 500 weights and more.
HEADS = {
    "lesions": dict.fromkeys(("e16", "d16", "e8", "d8", "e4", "d4", "photo"), 31),
    "arteries": dict.fromkeys(
        (
            "e16",
            "d16",
            "e8",
            "d8",
            "e4",
            "down16.mix",
            "down8.mix",
            "near8.depthwise",
            "near8.mix",
            "near4.mix",
            "to8",
            "to4",
        )
        + tuple(f"wide.{i}.{part}" for i in range(3) for part in ("depthwise", "mix")),
        31,
    ),
}
# What stays f16 from this block of the encoder on, in the vessel decoder and in these heads, has so many bits of mantissa
# instead of 10. The stem and the blocks before move the logits by 0.02 to 0.14 each when plainly cut so.
MANTISSA, SHORT_FROM = 7, 2
MOST = 127  # WEIGHTS_MOST
LEAST_STEP = 1e-6  # what f16 can tell from zero
STRETCHED = list(quantise.STRUCTURES.values())  # layers of the heads that read what quantise.py rescaled
BATCH = 4
EACH = 4  # of the photographs, one in so many corrects the heads
ROUNDED = 20  # photographs that choose the rounding; all pass through both networks together


def largest(name):
    """Of the whole numbers of this layer; 0: it stays f16."""
    if name.startswith("encoder.blocks."):
        _, _, block, part = name.split(".")
        return LARGEST.get(int(block), {}).get(part, 0)
    head, _, part = name.partition(".")
    return OTHERS.get(name, 0) or HEADS.get(head, {}).get(part, 0)


def shortens(name):
    """Whether what stays f16 of this layer has a shorter mantissa"""
    parts = name.split(".")
    return int(parts[2]) >= SHORT_FROM if parts[1] == "blocks" else parts[0] != "encoder"


def short(v):
    """To so many bits of mantissa"""
    part, power = torch.frexp(v)
    return torch.ldexp((part * 2 ** (MANTISSA + 1)).round(), power - MANTISSA - 1)


def rounded_layer(name, layer, x, rng):
    """Rounds the weights of a layer in place. x: what it reads, as `padded` gives it -> (whole numbers, steps) or None"""
    top = largest(name)
    if not top and not shortens(name):
        return None
    step = (layer.weight.abs().amax((1, 2, 3)) / top).clamp(min=LEAST_STEP).half().float() if top else None
    weight = layer.weight / step[:, None, None, None] if top else layer.weight
    grouped, nearest = (
        weight.reshape(layer.groups, -1, weight[0].numel()),
        quantise.whole_numbers(MOST) if top else short,
    )
    found = quantise.best_rounding(grouped, quantise.patches(layer, x, rng), nearest).reshape(weight.shape)
    layer.weight = found * step[:, None, None, None] if top else found.half().float()
    return (found, step) if top else None


class Rounding(quantise.Real):
    """The network as it is and the rounded one side by side, layer after layer. Each value is a pair, of the same tensor twice
    as long as nothing was rounded. kept: layers that stand on whole numbers already."""

    def __init__(self, layers, kept=()):
        super().__init__(layers)
        self.kept, self.whole, self.rng = kept, {}, np.random.default_rng(4)

    def both(self, what, *pairs):
        first = what(*(p[0] for p in pairs))
        return first, first if all(p[0] is p[1] for p in pairs) else what(*(p[1] for p in pairs))

    def input(self, x):
        return x, x

    def conv(self, name, x):
        layer, stays = self.layers[name], name in self.kept or not (largest(name) or shortens(name))
        if stays and x[0] is x[1]:
            return self.both(lambda v: quantise.Real.conv(self, name, v), x)
        true = layer.convolve(x[0], layer.weight, layer.bias)
        if not stays:
            self.whole[name] = rounded_layer(name, layer, layer.padded(x[1]), self.rng)
        y = layer.convolve(x[1], layer.weight, layer.bias)
        bias = (layer.bias + (true - y).mean((0, 2, 3))).half().float()
        y += (bias - layer.bias)[:, None, None]
        layer.bias = bias
        return true.clamp(layer.low, layer.cap), y.clamp(layer.low, layer.cap)

    def add(self, name, a, b):
        return self.both(lambda p, q: p + q, a, b)

    def up(self, x):
        return self.both(super().up, x)

    def cat(self, a, b):
        return self.both(super().cat, a, b)

    def quads(self, x):
        return self.both(super().quads, x)


class HeadRounding:
    """A head as it is and the rounded one, one after the other: each layer of the second as data passes through it."""

    def __init__(self, name, kept):
        self.name, self.kept, self.means, self.whole = name, kept, {}, {}
        self.rng = np.random.default_rng(5)

    def note(self, name, conv, inputs, y):
        self.means[name] = y.mean((0, 2, 3))

    def settle(self, name, conv, inputs, y):
        """Rounds a layer and moves its bias; gives what it then makes of the inputs."""
        full = f"{self.name}.{name}"
        if full not in self.kept:
            layer = quantise.Layer(conv.weight.clone(), conv.bias, conv.stride[0], conv.groups, np.inf)
            x = nn.functional.pad(inputs[0], (conv.padding[0],) * 4)
            self.whole[full] = rounded_layer(full, layer, x, self.rng)
            conv.weight.copy_(layer.weight)
        y = conv.forward(inputs[0])
        bias = (conv.bias + self.means[name] - y.mean((0, 2, 3))).half().float()
        y += (bias - conv.bias)[:, None, None]
        conv.bias.copy_(bias)
        return y

    def run(self, head, true_read, read):
        """Rounds `head` in place. true_read, read: what it read before, and what it reads now"""
        true = copy.deepcopy(head)
        hooks = [
            m.register_forward_hook(partial(what, name))
            for what, which in ((self.note, true), (self.settle, head))
            for name, m in which.named_modules()
            if isinstance(m, nn.Conv2d)
        ]
        true(*true_read)
        head(*read)
        for hook in hooks:
            hook.remove()
        return self.whole


@torch.no_grad()
def rounded(net, photographs, kept=()):
    """Rounds the folded network `net` in place. -> {layer: (whole numbers [out,...], steps [out])} of the layers that were not
    kept so already"""
    few = np.random.default_rng(3).permutation(len(photographs))[:ROUNDED]
    chosen = Rounding(quantise.layers_of(net), kept)
    x = quantise.network_input(photographs[few])
    taps, decoded, _ = quantise.walk(chosen, net, x)
    m = net.diseases.features
    chosen.layers[FEATURES] = quantise.Layer(m.weight.clone(), m.bias.clone(), 1, 1, np.inf)
    chosen.conv(FEATURES, chosen.cat(taps[3], chosen.up(taps[4])))
    modules = {n.removesuffix(".conv"): m for n, m in net.named_modules() if isinstance(m, torch.nn.Conv2d)}
    for name, layer in chosen.layers.items():
        modules[name].weight.copy_(layer.weight)
        modules[name].bias.copy_(layer.bias)
    whole = chosen.whole
    for name in HEADS:
        head = getattr(net, name)
        if head is not None:
            read = ((quads(x), [t[i] for t in taps], *(d[i] for d in decoded)) for i in (0, 1))
            whole |= HeadRounding(name, kept).run(head, *read)
    return {name: v for name, v in whole.items() if v is not None}


@torch.no_grad()
def correct_heads(net, true, photographs):
    """Moves the biases of the heads so that the mean logits on photographs are those of the network `true`."""
    heads = dict(logits=net.diseases.head, gradable=net.gradable)
    if net.grade is not None:
        heads["grade"] = net.grade
    apart = {name: [] for name in heads}
    for i in range(0, len(photographs), BATCH):
        x = quantise.network_input(photographs[i : i + BATCH])
        want, got = true(x), net(x)
        for name, off in apart.items():
            off.append(want[name] - got[name])
    for name, off in apart.items():
        off = torch.cat(off).reshape(len(photographs), -1)
        heads[name].bias += off.mean(0)
        print(f"{name}: {off.std(0, unbiased=False).mean():.3f} apart beside the mean")


def tensors_of(net, whole):
    """Everything in the layout of src/network.c."""
    out = export.tensors_of(net)
    for name, (weight, step) in whole.items():
        depthwise = name.endswith(".depthwise")
        out[f"{name}.weight"] = (
            weight.permute(*((1, 2, 3, 0) if depthwise else (0, 2, 3, 1))).to(torch.int8).contiguous()
        )
        out[f"{name}.step"] = step.half()
    return out


def compact(args):
    net, meta = export.load_weights(args.weights)
    diseases, vessels = sets.choose(args.sets)
    photographs = quantise.choose_photographs(args.data, diseases, vessels, args.photographs)
    print(f"{len(photographs)} training photographs")
    true, kept = copy.deepcopy(net), export.whole_of(args.weights)
    whole = rounded(net, photographs, {k.removesuffix(".step") for k in kept if k.endswith(".step")})
    correct_heads(net, true, photographs[::EACH])
    meta |= dict(name=args.name or meta["name"], compact=dict(photographs=len(photographs)))
    tensors, out = tensors_of(net, whole) | kept, args.out or args.weights
    save_file(tensors, out, {"vmnet": json.dumps(meta)})
    print(f"{out}: {out.stat().st_size} bytes")
    if args.int8:
        carry(tensors, args.int8, args.name)


def carry(tensors, int8, name):
    """The rounded heads into a file that quantise.py made of the same weights"""
    for head in HEADS:
        own = {k: t for k, t in tensors.items() if k.startswith(f"{head}.")}
        if own:
            export.put_head(int8, head, own, name, STRETCHED)
    print(f"{int8}: {int8.stat().st_size} bytes")


def main(argv):
    p = options.parser(__doc__, "--data", "--weights", "--sets")
    p.add_argument("--out", type=Path, help="default: the file itself")
    p.add_argument("--name", help="of the weights, where it is a new one")
    p.add_argument("--photographs", type=int, default=96)
    p.add_argument("--int8", type=Path)
    args = p.parse_args(argv)
    try:
        compact(args)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"compact.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
