#!/usr/bin/env python3
"""Rewrites a weights file so that its large layers take eight bits a weight: half the bytes, and still computed in f32.

usage: compact.py --data DATA [--weights weights/vmnet.safetensors] [--out FILE] [--name NAME] [--photographs 96] [--sets odir5k,...]

A layer that is kept so has NAME.weight I8 and NAME.step [out]: src/weights.h. What is sensitive to rounding and small stays
f16: the stem, the first six blocks, the next depthwise layers, the ends of the decoder, all heads. Each weight is rounded so that it
makes up for the rounding of those before it, on training photographs, and the bias for the mean of the rest, as in quantise.py;
then the biases of the heads for what is left of the mean. Calibration and thresholds stay: the network is the same.
"""

import copy
import json
import sys
from pathlib import Path

import data as sets
import export
import numpy as np
import options
import quantise
import torch
from safetensors.torch import save_file

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
MOST = 127  # WEIGHTS_MOST_STORED
LEAST_STEP = 1e-6  # what f16 can tell from zero
BATCH = 4
EACH = 4  # of the photographs, one in so many corrects the heads
ROUNDED = 20  # photographs that choose the rounding; all pass through both networks together


def largest(name):
    """Of the whole numbers of this layer; 0: it stays f16."""
    if name.startswith("encoder.blocks."):
        _, _, block, part = name.split(".")
        return LARGEST.get(int(block), {}).get(part, 0)
    return OTHERS.get(name, 0)


class Rounding(quantise.Real):
    """The network as it is and the rounded one side by side, layer after layer. Each value is a pair, of the same tensor twice
    as long as nothing was rounded."""

    def __init__(self, layers):
        super().__init__(layers)
        self.whole, self.rng = {}, np.random.default_rng(4)

    def both(self, what, *pairs):
        first = what(*(p[0] for p in pairs))
        return first, first if all(p[0] is p[1] for p in pairs) else what(*(p[1] for p in pairs))

    def input(self, x):
        return x, x

    def conv(self, name, x):
        layer, top = self.layers[name], largest(name)
        if not top and x[0] is x[1]:
            return self.both(lambda v: quantise.Real.conv(self, name, v), x)
        true = layer.convolve(x[0], layer.weight, layer.bias)
        if top:
            self.round(name, layer, x[1], top)
        y = layer.convolve(x[1], layer.weight, layer.bias)
        bias = (layer.bias + (true - y).mean((0, 2, 3))).half().float()
        y += (bias - layer.bias)[:, None, None]
        layer.bias = bias
        return true.clamp(layer.low, layer.cap), y.clamp(layer.low, layer.cap)

    def round(self, name, layer, x, top):
        """Puts the layer on steps; x: what it reads [n,c,h,w]"""
        step = (layer.weight.abs().amax((1, 2, 3)) / top).clamp(min=LEAST_STEP).half().float()
        grouped = (layer.weight / step[:, None, None, None]).reshape(layer.groups, -1, layer.weight[0].numel())
        whole = quantise.best_rounding(grouped, quantise.patches(layer, x, self.rng), MOST)
        whole = whole.reshape(layer.weight.shape)
        self.whole[name] = whole, step
        layer.weight = whole * step[:, None, None, None]

    def add(self, name, a, b):
        return self.both(lambda p, q: p + q, a, b)

    def up(self, x):
        return self.both(super().up, x)

    def cat(self, a, b):
        return self.both(super().cat, a, b)

    def quads(self, x):
        return self.both(super().quads, x)


@torch.no_grad()
def rounded(net, photographs):
    """Rounds the folded network `net` in place. -> {layer: (whole numbers [out,...], steps [out])}"""
    few = np.random.default_rng(3).permutation(len(photographs))[:ROUNDED]
    chosen = Rounding(quantise.layers_of(net))
    taps, _, _ = quantise.walk(chosen, net, quantise.network_input(photographs[few]))
    m = net.diseases.features
    chosen.layers[FEATURES] = quantise.Layer(m.weight.clone(), m.bias.clone(), 1, 1, np.inf)
    chosen.conv(FEATURES, chosen.cat(taps[3], chosen.up(taps[4])))
    modules = {n.removesuffix(".conv"): m for n, m in net.named_modules() if isinstance(m, torch.nn.Conv2d)}
    for name, layer in chosen.layers.items():
        modules[name].weight.copy_(layer.weight)
        modules[name].bias.copy_(layer.bias)
    return chosen.whole


@torch.no_grad()
def correct_heads(net, true, photographs):
    """Moves the biases of the heads so that the mean logits on photographs are those of the network `true`."""
    apart = {"logits": [], "gradable": []}
    for i in range(0, len(photographs), BATCH):
        x = quantise.network_input(photographs[i : i + BATCH])
        want, got = true(x), net(x)
        for name, off in apart.items():
            off.append(want[name] - got[name])
    for (name, off), layer in zip(apart.items(), (net.diseases.head, net.gradable), strict=True):
        off = torch.cat(off).reshape(len(photographs), -1)
        layer.bias += off.mean(0)
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
    true = copy.deepcopy(net)
    whole = rounded(net, photographs)
    correct_heads(net, true, photographs[::EACH])
    meta |= dict(name=args.name or meta["name"], compact=dict(photographs=len(photographs)))
    save_file(tensors_of(net, whole), args.out or args.weights, {"vmnet": json.dumps(meta)})
    print(f"{args.out or args.weights}: {(args.out or args.weights).stat().st_size} bytes")


def main(argv):
    p = options.parser(__doc__, "--data", "--weights", "--sets")
    p.add_argument("--out", type=Path, help="default: the file itself")
    p.add_argument("--name", help="of the weights, where it is a new one")
    p.add_argument("--photographs", type=int, default=96)
    args = p.parse_args(argv)
    try:
        compact(args)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"compact.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
