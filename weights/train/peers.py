#!/usr/bin/env python3
"""Writes the network for other runtimes, from the weights file alone: what `make bench` compares with.

usage: peers.py [--weights weights/vmnet.safetensors] [--size 512] [--out build/bench/peers]

    NAME.onnx             for ONNX Runtime: NCHW, input [1,3,S,S]
    NAME.tflite           for LiteRT: NHWC, input [1,S,S,3], activations fused as TensorFlow's converter does
    NAME.json, NAME.bin   the same list of layers for a runtime whose API builds the graph; filters as TensorFlow's
                          [k,k,in,out], depthwise [k,k,c,1]; f32, little endian; not of int8 weights

NAME is that of the weights file: vmnet in f32 (the file's f16 values), vmnet-int8 with int8 where the file is (its layout
is in quantise.py). The same layers as src/network.c in the same order, the guide at full strength, f32 in and out, and
all outputs: vessels, logits, activation, guide, gradable (a logit), features; and where the file holds what draws them,
structures [S/4,S/4,2], lesions [S/2,S/2,4 kinds] and arteries [S/2,S/2,4], in which a pixel answers for four.
"""

import json
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import options
import peers_onnx
import peers_tflite

# EfficientNet-Lite0 as in network.py: expansion, repeats, stride, kernel
STAGES = [(1, 1, 1, 3), (6, 2, 2, 3), (6, 2, 2, 5), (6, 3, 2, 3), (6, 3, 1, 5), (6, 4, 2, 5), (6, 1, 1, 3)]
OUTPUTS = ("vessels", "logits", "activation", "guide", "gradable", "features")
DRAWN = dict(structures="structures.d16", lesions="lesions.out", arteries="arteries.out")  # output: a layer of its head
SIDE = "input"
DTYPES = {"F16": np.float16, "F32": np.float32, "I8": np.int8}


def read_weights(path):
    """-> {name: float32 array, or int8 where it is computed so}: convolutions [out,k,k,in], depthwise [1,k,k,c]."""
    raw = path.read_bytes()
    (header,) = struct.unpack("<Q", raw[:8])
    data = 8 + header
    out = {}
    for name, t in json.loads(raw[8:data]).items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            values = np.frombuffer(raw[data + begin : data + end], DTYPES[t["dtype"]])
            values = values.reshape(t["shape"])
            out[name] = values if t["dtype"] == "I8" else values.astype(np.float32)
    for name in [n.removesuffix(".step") for n in out if n.endswith(".step")]:  # compact.py
        step = out.pop(f"{name}.step")
        out[f"{name}.weight"] = out[f"{name}.weight"] * (
            step if name.endswith(".depthwise") else step[:, None, None, None]
        )
    return out


# ---- the network as a list of layers ----


@dataclass(frozen=True)
class Quantum:
    """How an int8 value stands for a number: scale * (q - zero)."""

    scale: float
    zero: int


@dataclass
class Value:
    name: str
    h: int
    w: int
    c: int
    q: Quantum | None = None  # None: f32


@dataclass
class Layer:
    """`kind` is one of conv, depthwise, concat, up2, add, mul, sigmoid, pool8, spread, mean, channel_mean,
    scale_shift, dense, quantise, dequantise.

    In int8, weight is int8 with a scale for each output channel, bias int32 in units of input scale times that scale,
    and limits are the least and the most that the convolution gives, in the output's whole numbers."""

    kind: str
    inputs: list
    output: Value
    settings: dict = field(default_factory=dict)  # kernel, stride, act; add: act; scale_shift: scale, shift
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None
    scale: np.ndarray | None = None
    limits: tuple[int, int] | None = None


def whole_limit(limit, q):
    return int(np.clip(np.rint(limit / np.float32(q.scale)) + q.zero, -128, 127))


def activation(name, q, low, high):
    """The act that gives these limits, in real units; clamping to the range is what every layer does. A rescaled ReLU6
    (quantise.py's PAIRS) has no 6 any more, but there its cap is the top of the range, so that ReLU does the same."""
    least, most = whole_limit(low, q), whole_limit(high, q)
    if low == 0 and abs(high - 6) < 1e-4:
        return "relu6"
    if most == 127 and (low == 0 or least == -128):
        return "relu" if low == 0 else ""
    raise ValueError(f"{name}: no activation gives the limits {low} to {high} of {q}")


class Plan:
    """Mirrors src/network.c: one method per kind of layer, then the network."""

    def __init__(self, tensors, size):
        self.tensors, self.layers, self.reals = tensors, [], {}
        # where the stem's output is whole numbers: the others' is as it was before, and not rounded
        whole = tensors.get("encoder.stem.whole")
        self.finer = {} if whole is None else {"encoder.stem": 6 / whole[0], "encoder.blocks.0.depthwise": whole[0] / 6}
        self.outputs = OUTPUTS + tuple(name for name, layer in DRAWN.items() if f"{layer}.weight" in tensors)
        self.input = Value(SIDE, size, size, 3)
        self.build()

    def add(self, kind, inputs, shape, output=None, settings=None, weight=None, bias=None, q=None):
        out = Value(output or f"v{len(self.layers)}", *shape, q)
        self.layers.append(Layer(kind, inputs, out, settings or {}, weight, bias))
        return out

    def quantum(self, name):
        """-> Quantum and limits in real units of NAME.output; None, None where the file has none."""
        if f"{name}.output" not in self.tensors:
            return None, None
        scale, zero, *limits = self.tensors[f"{name}.output"]
        return Quantum(float(scale), int(zero)), limits

    def convert(self, x, q):
        return self.add("quantise" if q else "dequantise", [x], (x.h, x.w, x.c), q=q)

    def real(self, x):
        """Converted once, whoever reads it"""
        if x.q is None:
            return x
        if x.name not in self.reals:
            self.reals[x.name] = self.convert(x, None)
        return self.reals[x.name]

    def input_of(self, name):
        """The photograph as this layer reads it"""
        if self.tensors[f"{name}.weight"].dtype != np.int8:
            return self.input
        return self.convert(self.input, self.quantum("input")[0])

    def convolution(self, name, kind, x, shape, output, settings, weight):
        """f32 or int8 as the weight is; in int8 the act is what the file's limits make of it."""
        bias = self.tensors[f"{name}.bias"]
        if name == "encoder.stem":
            bias = bias * self.finer.get(name, 1)
        q, limits = self.quantum(name)
        if weight.dtype != np.int8:
            out = self.add(kind, [self.real(x)], shape, output, settings, weight, bias)
            return self.convert(out, q) if q else out
        scale = self.tensors[f"{name}.scale"]
        whole = np.rint(bias / (np.float32(x.q.scale) * scale)).astype(np.int32)
        out = self.add(kind, [x], shape, output, settings, weight, whole, q)
        layer = self.layers[-1]
        layer.scale, layer.limits = scale, tuple(whole_limit(v, q) for v in limits)
        layer.settings["act"] = activation(name, q, *limits)
        return out

    def conv(self, name, x, stride=1, act="", output=None, depthwise=False):
        weight = self.tensors[f"{name}.weight"]
        if name in self.finer:
            weight = weight * self.finer[name]
        shape = (x.h // stride, x.w // stride, x.c if depthwise else weight.shape[0])
        settings = dict(kernel=weight.shape[1], stride=stride, act=act)
        return self.convolution(name, "depthwise" if depthwise else "conv", x, shape, output, settings, weight)

    def of_quads(self, name, x, act):
        """kxk over quads of pixels [out,k,k,4*3]: 2k x 2k with stride 2 over pixels, which every runtime has."""
        weight = self.tensors[f"{name}.weight"]
        out, k = weight.shape[:2]
        weight = weight.reshape(out, k, k, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(out, 2 * k, 2 * k, 3)
        settings = dict(kernel=2 * k, stride=2, act=act)
        return self.convolution(name, "conv", x, (x.h // 2, x.w // 2, out), None, settings, weight)

    def concat(self, *parts):
        if len({p.q for p in parts}) > 1:
            raise ValueError(f"values that stand side by side differ in scale or zero point: {[p.q for p in parts]}")
        return self.add("concat", list(parts), (parts[0].h, parts[0].w, sum(p.c for p in parts)), q=parts[0].q)

    def sum(self, p, q, act=""):
        return self.add("add", [p, q], (p.h, p.w, p.c), settings=dict(act=act))

    def up2(self, x):
        return self.add("up2", [x], (x.h * 2, x.w * 2, x.c), q=x.q)

    def dense(self, name, x, output):
        """The mean over the picture, then a linear layer."""
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        mean = self.add("mean", [x], (1, 1, x.c))
        return self.add("dense", [mean], (1, 1, len(weight)), output, None, weight, bias)

    def block(self, index, x, expand, stride):
        name = f"encoder.blocks.{index}"
        y = self.conv(f"{name}.expand", x, act="relu6") if expand > 1 else x
        y = self.conv(f"{name}.depthwise", y, stride, "relu6", depthwise=True)
        y = self.conv(f"{name}.project", y)
        if stride != 1 or x.c != y.c:
            return y
        q, _ = self.quantum(name)
        return self.add("add", [x, y] if q else [self.real(x), self.real(y)], (y.h, y.w, y.c), q=q)

    def encoder(self):
        y, taps, index = self.conv("encoder.stem", self.input_of("encoder.stem"), 2, "relu6"), [], 0
        for expand, repeats, stride, _ in STAGES:
            if stride == 2:
                taps.append(y)
            for r in range(repeats):
                y = self.block(index, y, expand, stride if r == 0 else 1)
                index += 1
        return [*taps, y]

    def vessels(self, e):
        step = lambda name, x: self.conv(f"vessels.{name}", x, act="relu6")  # noqa: E731
        d16 = step("d16", self.concat(self.up2(step("d32", e[4])), e[3]))
        d8 = step("d8", self.concat(self.up2(d16), e[2]))
        d4 = step("d4", self.concat(self.up2(d8), e[1]))
        stem = self.of_quads("vessels.stem", self.input_of("vessels.stem"), "relu6")
        d2 = step("d2b", step("d2a", self.concat(self.up2(d4), e[0], stem)))
        y = self.real(self.conv("vessels.out", d2))
        quads = self.add("sigmoid", [y], (y.h, y.w, 4))
        self.add("spread", [quads], (2 * y.h, 2 * y.w, 1), "vessels")
        return quads, [d2, d4, d8, d16]

    def drawn(self, y, output):
        self.add("sigmoid", [y], (y.h, y.w, y.c), output)

    def structures(self, e, d):
        y = self.up2(self.conv("structures.d16", d[3]))
        y = self.sum(y, self.conv("structures.d8", d[2]))
        y = self.sum(self.up2(y), self.conv("structures.d4", d[1]))
        self.drawn(self.sum(y, self.conv("structures.e4", e[1])), "structures")

    def lesions(self, e, d):
        take = lambda name, x: self.conv(f"lesions.{name}", x)  # noqa: E731
        y = self.up2(self.sum(take("e16", e[3]), take("d16", d[3])))
        y = self.sum(self.sum(y, take("e8", e[2])), take("d8", d[2]), "relu")
        y = self.up2(take("to4", y))
        y = self.sum(self.sum(y, take("e4", e[1])), take("d4", d[1]), "relu")
        y = self.up2(take("to2", y))
        y = self.sum(self.sum(y, take("e2", e[0])), take("d2", d[0]))
        y = self.sum(y, self.of_quads("lesions.photo", self.input, ""), "relu")
        y = self.conv("lesions.near.depthwise", y, depthwise=True)
        y = self.conv("lesions.mix", y, act="relu")
        self.drawn(self.conv("lesions.out", y), "lesions")

    def arteries(self, e, d):
        def apart(layer, x, stride=1, act=""):
            y = self.conv(f"arteries.{layer}.depthwise", x, stride, depthwise=True)
            return self.conv(f"arteries.{layer}.mix", y, act=act)

        def with_features(y, scale):
            y = self.sum(y, self.conv(f"arteries.e{2 << scale}", e[scale]))
            return self.sum(y, self.conv(f"arteries.d{2 << scale}", d[scale]), "relu")

        def coarser(layer, x):
            return self.up2(self.conv(f"arteries.{layer}", x))

        def block(layer, x):
            return self.sum(x, apart(layer, x), "relu")

        whole = with_features(self.of_quads("arteries.photo", self.input, ""), 0)
        half = with_features(apart("down4", whole, 2), 1)
        quarter = with_features(apart("down8", half, 2), 2)
        y = with_features(apart("down16", quarter, 2), 3)
        for layer in ("wide.0", "wide.1", "wide.2"):
            y = block(layer, y)
        y = block("near8", self.sum(coarser("to8", y), quarter, "relu"))
        y = block("near4", self.sum(coarser("to4", y), half, "relu"))
        y = self.sum(coarser("to2", y), whole, "relu")
        self.drawn(self.conv("arteries.out", apart("near2", y, act="relu")), "arteries")

    def build(self):
        e = self.encoder()
        quads, d = self.vessels(e)
        e[3], e[4], d16 = self.real(e[3]), self.real(e[4]), self.real(d[3])
        f = self.conv("diseases.features", self.concat(e[3], self.up2(e[4])), act="relu")
        grid = (f.h, f.w, 1)
        self.add("channel_mean", [f], grid, "features")
        density = self.add("channel_mean", [self.add("pool8", [quads], (f.h, f.w, 4))], grid)
        g = self.conv("diseases.guide", self.concat(density, d16))
        g = self.add("sigmoid", [g], grid, "guide")
        strength = dict(scale=float(self.tensors["diseases.a"].reshape(-1)[0]), shift=1.0)
        factor = self.add("scale_shift", [g], grid, settings=strength)
        guided = self.add("mul", [f, factor], (f.h, f.w, f.c))
        self.dense("diseases.head", guided, "logits")
        head = self.tensors["diseases.head.weight"]
        none = dict(kernel=1, stride=1, act="")
        self.add(
            "conv", [guided], (f.h, f.w, len(head)), "activation", none, head[:, None, None, :], np.zeros(len(head))
        )
        self.dense("gradable", e[4], "gradable")
        for name in self.outputs[len(OUTPUTS) :]:
            getattr(self, name)(e, d)

    @property
    def int8(self):
        return any(layer.scale is not None for layer in self.layers)

    def multiply_adds(self):
        return sum(
            math.prod(layer.weight.shape) * layer.output.h * layer.output.w
            for layer in self.layers
            if layer.weight is not None
        )


# ---- for a runtime whose API builds the graph ----


def write_layers(plan, path):
    data, layers, at = [], [], 0

    def store(array):
        nonlocal at
        if array is None:
            return None
        flat = np.ascontiguousarray(array, np.float32)
        data.append(flat.tobytes())
        at += flat.size
        return dict(at=at - flat.size, shape=list(flat.shape))

    for layer in plan.layers:
        weight = layer.weight
        if weight is not None:
            order = dict(conv=(1, 2, 3, 0), depthwise=(1, 2, 3, 0), dense=(1, 0))[layer.kind]
            weight = weight.transpose(order)
        v = layer.output
        entry = dict(kind=layer.kind, inputs=[i.name for i in layer.inputs], output=v.name, shape=[v.h, v.w, v.c])
        layers.append(entry | layer.settings | dict(weight=store(weight), bias=store(layer.bias)))
    said = dict(size=plan.input.h, outputs=plan.outputs, multiply_adds=plan.multiply_adds(), layers=layers)
    path.with_suffix(".json").write_text(json.dumps(said) + "\n")
    path.with_suffix(".bin").write_bytes(b"".join(data))


def main():
    p = options.parser(__doc__, "--weights")
    p.add_argument("--size", type=int, default=512)
    p.add_argument("--out", type=Path, default=Path("build/bench/peers"))
    args = p.parse_args()
    plan, to = Plan(read_weights(args.weights), args.size), args.out / args.weights.stem
    args.out.mkdir(parents=True, exist_ok=True)
    if not plan.int8:
        write_layers(plan, to)
    peers_onnx.write(plan, to.with_suffix(".onnx"))
    peers_tflite.write(plan, to.with_suffix(".tflite"))
    print(f"{to}: {len(plan.layers)} layers, {plan.multiply_adds() / 1e9:.3f} G multiply-adds at {args.size}")


if __name__ == "__main__":
    main()
