#!/usr/bin/env python3
"""Writes the network for other runtimes, from the weights file alone: what `make bench` compares with.

usage: peers.py [--weights weights/vmnet.safetensors] [--size 512] [--out build/bench/peers]

    vmnet.onnx               for ONNX Runtime: NCHW, input [1,3,S,S]
    vmnet.tflite             for LiteRT: NHWC, input [1,S,S,3], activations fused as TensorFlow's converter does
    vmnet.json, vmnet.bin    the same list of layers for a runtime whose API builds the graph; filters as TensorFlow's
                             [k,k,in,out], depthwise [k,k,c,1]; f32, little endian

All with f32 weights (the file's f16 values), the same layers as src/network.c in the same order, the guide at full
strength, and all six outputs: vessels, logits, activation, guide, gradable (a logit), features.
"""

import argparse
import json
import math
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# EfficientNet-Lite0 as in network.py: expansion, repeats, stride, kernel
STAGES = [(1, 1, 1, 3), (6, 2, 2, 3), (6, 2, 2, 5), (6, 3, 2, 3), (6, 3, 1, 5), (6, 4, 2, 5), (6, 1, 1, 3)]
OUTPUTS = ("vessels", "logits", "activation", "guide", "gradable", "features")
SIDE = "input"
DTYPES = {"F16": np.float16, "F32": np.float32}


def read_weights(path):
    """-> {name: float32 array}: convolutions [out,k,k,in], depthwise [1,k,k,c]."""
    raw = path.read_bytes()
    (header,) = struct.unpack("<Q", raw[:8])
    data = 8 + header
    out = {}
    for name, t in json.loads(raw[8:data]).items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            values = np.frombuffer(raw[data + begin : data + end], DTYPES[t["dtype"]])
            out[name] = values.reshape(t["shape"]).astype(np.float32)
    return out


# ---- the network as a list of layers ----


@dataclass
class Value:
    name: str
    h: int
    w: int
    c: int


@dataclass
class Layer:
    """`kind` is one of conv, depthwise, concat, up2, add, mul, sigmoid, pool8, spread, mean, channel_mean,
    scale_shift, dense."""

    kind: str
    inputs: list
    output: Value
    settings: dict = field(default_factory=dict)  # kernel, stride, act; scale_shift: scale, shift
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None


class Plan:
    """Mirrors src/network.c: one method per kind of layer, then the network."""

    def __init__(self, tensors, size):
        self.tensors, self.layers = tensors, []
        self.input = Value(SIDE, size, size, 3)
        self.build()

    def add(self, kind, inputs, shape, output=None, settings=None, weight=None, bias=None):
        out = Value(output or f"v{len(self.layers)}", *shape)
        self.layers.append(Layer(kind, inputs, out, settings or {}, weight, bias))
        return out

    def conv(self, name, x, stride=1, act="", output=None, depthwise=False):
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        shape = (x.h // stride, x.w // stride, x.c if depthwise else weight.shape[0])
        settings = dict(kernel=weight.shape[1], stride=stride, act=act)
        return self.add("depthwise" if depthwise else "conv", [x], shape, output, settings, weight, bias)

    def stem_of_quads(self, name):
        """3x3 over quads of pixels [out,3,3,4*3]: 6x6 with stride 2 over pixels, which every runtime has."""
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        out, k = weight.shape[:2]
        weight = weight.reshape(out, k, k, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(out, 2 * k, 2 * k, 3)
        shape = self.input.h // 2, self.input.w // 2, out
        settings = dict(kernel=2 * k, stride=2, act="relu6")
        return self.add("conv", [self.input], shape, None, settings, weight, bias)

    def concat(self, *parts):
        return self.add("concat", list(parts), (parts[0].h, parts[0].w, sum(p.c for p in parts)))

    def up2(self, x):
        return self.add("up2", [x], (x.h * 2, x.w * 2, x.c))

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
        return self.add("add", [x, y], (y.h, y.w, y.c)) if stride == 1 and x.c == y.c else y

    def encoder(self):
        y, taps, index = self.conv("encoder.stem", self.input, 2, "relu6"), [], 0
        for expand, repeats, stride, _ in STAGES:
            if stride == 2:
                taps.append(y)
            for r in range(repeats):
                y = self.block(index, y, expand, stride if r == 0 else 1)
                index += 1
        return [*taps, y]

    def vessels(self, e):
        step = lambda name, x: self.conv(f"vessels.{name}", x, act="relu6")  # noqa: E731
        d16 = y = step("d16", self.concat(self.up2(step("d32", e[4])), e[3]))
        y = step("d8", self.concat(self.up2(y), e[2]))
        y = step("d4", self.concat(self.up2(y), e[1]))
        stem = self.stem_of_quads("vessels.stem")
        y = step("d2b", step("d2a", self.concat(self.up2(y), e[0], stem)))
        y = self.conv("vessels.out", y)
        quads = self.add("sigmoid", [y], (y.h, y.w, 4))
        self.add("spread", [quads], (2 * y.h, 2 * y.w, 1), "vessels")
        return quads, d16

    def build(self):
        e = self.encoder()
        quads, d16 = self.vessels(e)
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

    def multiply_adds(self):
        return sum(
            math.prod(layer.weight.shape) * layer.output.h * layer.output.w
            for layer in self.layers
            if layer.weight is not None
        )


# ---- ONNX ----


def write_onnx(plan, path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], {}

    def constant(name, array):
        if name not in constants:
            constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def node(op, inputs, output, **settings):
        nodes.append(helper.make_node(op, inputs, [output], **settings))
        return output

    def convolution(layer, ins, out):
        kernel, stride, act = (layer.settings[k] for k in ("kernel", "stride", "act"))
        depthwise = layer.kind == "depthwise"
        weight = layer.weight.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        before = (kernel - stride) // 2
        after = kernel - stride - before
        ins = [*ins, constant(f"{out}.weight", weight), constant(f"{out}.bias", layer.bias.astype(np.float32))]
        node(
            "Conv",
            ins,
            f"{out}.linear" if act else out,
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[before, before, after, after],
            group=layer.output.c if depthwise else 1,
        )
        if act == "relu":
            node("Relu", [f"{out}.linear"], out)
        elif act == "relu6":
            limits = [constant("zero", np.float32(0)), constant("six", np.float32(6))]
            node("Clip", [f"{out}.linear", *limits], out)

    for layer in plan.layers:
        ins, out = [v.name for v in layer.inputs], layer.output.name
        match layer.kind:
            case "conv" | "depthwise":
                convolution(layer, ins, out)
            case "concat":
                node("Concat", ins, out, axis=1)
            case "up2":
                scales = constant("double", np.array([1, 1, 2, 2], np.float32))
                node("Resize", [*ins, "", scales], out, mode="linear", coordinate_transformation_mode="half_pixel")
            case "add":
                node("Add", ins, out)
            case "mul":
                node("Mul", ins, out)
            case "sigmoid":
                node("Sigmoid", ins, out)
            case "pool8":
                node("AveragePool", ins, out, kernel_shape=[8, 8], strides=[8, 8])
            case "spread":
                node("DepthToSpace", ins, out, blocksize=2)
            case "mean":
                node("GlobalAveragePool", ins, out)
            case "channel_mean":
                node("ReduceMean", [*ins, constant("channels", np.array([1], np.int64))], out, keepdims=1)
            case "scale_shift":
                scale = constant(f"{out}.scale", np.float32(layer.settings["scale"]))
                shift = constant(f"{out}.shift", np.float32(layer.settings["shift"]))
                node("Add", [node("Mul", [*ins, scale], f"{out}.scaled"), shift], out)
            case "dense":
                flat = node("Flatten", ins, f"{out}.flat")
                weight, bias = constant(f"{out}.weight", layer.weight), constant(f"{out}.bias", layer.bias)
                node("Gemm", [flat, weight, bias], out, transB=1)
    value = helper.make_tensor_value_info
    dense = {layer.output.name for layer in plan.layers if layer.kind == "dense"}
    shapes = {layer.output.name: layer.output for layer in plan.layers}
    outputs = [
        value(n, TensorProto.FLOAT, [1, v.c] if n in dense else [1, v.c, v.h, v.w])
        for n, v in ((n, shapes[n]) for n in OUTPUTS)
    ]
    inputs = [value(SIDE, TensorProto.FLOAT, [1, 3, plan.input.h, plan.input.w])]
    graph = helper.make_graph(nodes, "vmnet", inputs, outputs, list(constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


# ---- TFLite ----

ACTIVATIONS = {"": 0, "relu": 1, "relu6": 3}
FLOAT32, INT32 = 0, 2
PADDING_SAME, PADDING_VALID = 0, 1


class TFLite:
    """The flatbuffer, from its leaves up: tensors and operators first, then what points to them."""

    # kind -> builtin operator (schema.fbs: BuiltinOperator), its version, its options (schema.fbs: BuiltinOptions)
    CODES = dict(
        conv=("CONV_2D", 1, "Conv2DOptions"),
        depthwise=("DEPTHWISE_CONV_2D", 1, "DepthwiseConv2DOptions"),
        concat=("CONCATENATION", 1, "ConcatenationOptions"),
        up2=("RESIZE_BILINEAR", 3, "ResizeBilinearOptions"),
        add=("ADD", 1, "AddOptions"),
        mul=("MUL", 1, "MulOptions"),
        sigmoid=("LOGISTIC", 1, None),
        pool8=("AVERAGE_POOL_2D", 1, "Pool2DOptions"),
        spread=("DEPTH_TO_SPACE", 1, "DepthToSpaceOptions"),
        mean=("MEAN", 1, "ReducerOptions"),
        dense=("FULLY_CONNECTED", 1, "FullyConnectedOptions"),
    )

    def __init__(self):
        import flatbuffers
        import tflite

        self.t, self.b = tflite, flatbuffers.Builder(1 << 24)
        self.codes, self.tensors, self.operators = [], {}, []
        self.buffers = [self.table("Buffer")]  # 0 is the empty one

    def table(self, kind, **values):
        """Everything that a field points to must have been written before."""
        getattr(self.t, f"{kind}Start")(self.b)
        for name, value in values.items():
            getattr(self.t, f"{kind}Add{name}")(self.b, value)
        return getattr(self.t, f"{kind}End")(self.b)

    def ints(self, values):
        return self.b.CreateNumpyVector(np.asarray(values, np.int32))

    def offsets(self, values):
        self.b.StartVector(4, len(values), 4)
        for v in reversed(values):
            self.b.PrependUOffsetTRelative(v)
        return self.b.EndVector()

    def tensor(self, name, shape, dtype=FLOAT32, data=None):
        """-> index; a name comes once."""
        if name in self.tensors:
            return self.tensors[name][0]
        buffer = 0
        if data is not None:
            self.b.StartVector(1, data.nbytes, 16)
            raw = data.tobytes()
            self.b.head -= len(raw)
            self.b.Bytes[self.b.head : self.b.head + len(raw)] = raw
            self.buffers.append(self.table("Buffer", Data=self.b.EndVector()))
            buffer = len(self.buffers) - 1
        text, dims = self.b.CreateString(name), self.ints(shape)
        written = self.table("Tensor", Shape=dims, Type=dtype, Buffer=buffer, Name=text)
        self.tensors[name] = (len(self.tensors), written)
        return self.tensors[name][0]

    def value(self, v, flat=False):
        return self.tensor(v.name, [1, v.c] if flat else [1, v.h, v.w, v.c])

    def constant(self, name, array):
        array = np.ascontiguousarray(array)
        return self.tensor(name, array.shape, INT32 if array.dtype == np.int32 else FLOAT32, array)

    def operator(self, kind, inputs, outputs, **settings):
        if kind not in self.codes:
            self.codes.append(kind)
        _, _, options = self.CODES[kind]
        values = dict(OpcodeIndex=self.codes.index(kind), Inputs=self.ints(inputs), Outputs=self.ints(outputs))
        if options is not None:
            values["BuiltinOptions"] = self.table(options, **settings)
            values["BuiltinOptionsType"] = getattr(self.t.BuiltinOptions, options)
        self.operators.append(self.table("Operator", **values))

    def operator_codes(self):
        for kind in self.codes:
            name, version, _ = self.CODES[kind]
            code = getattr(self.t.BuiltinOperator, name)
            yield self.table("OperatorCode", BuiltinCode=code, DeprecatedBuiltinCode=code, Version=version)

    def finish(self, inputs, outputs):
        graph = self.table(
            "SubGraph",
            Tensors=self.offsets([w for _, w in self.tensors.values()]),
            Inputs=self.ints(inputs),
            Outputs=self.ints(outputs),
            Operators=self.offsets(self.operators),
        )
        codes, graphs = self.offsets(list(self.operator_codes())), self.offsets([graph])
        model = self.table(
            "Model", Version=3, OperatorCodes=codes, Subgraphs=graphs, Buffers=self.offsets(self.buffers)
        )
        self.b.Finish(model, b"TFL3")
        return bytes(self.b.Output())


def write_tflite(plan, path):
    f = TFLite()
    means = {layer.output.name for layer in plan.layers if layer.kind in ("mean", "dense")}
    for layer in plan.layers:
        ins = [f.value(v, v.name in means) for v in layer.inputs]
        name, out = layer.output.name, f.value(layer.output, layer.output.name in means)
        kind, act = layer.kind, ACTIVATIONS[layer.settings.get("act", "")]
        match kind:
            case "conv" | "depthwise":
                ins += [
                    f.constant(f"{name}.weight", layer.weight),
                    f.constant(f"{name}.bias", layer.bias.astype(np.float32)),
                ]
                stride = layer.settings["stride"]
                more = dict(DepthMultiplier=1) if kind == "depthwise" else {}
                common = dict(Padding=PADDING_SAME, StrideW=stride, StrideH=stride, FusedActivationFunction=act)
                f.operator(kind, ins, [out], **common, **more)
            case "concat":
                f.operator(kind, ins, [out], Axis=3)
            case "up2":
                size = np.array([layer.output.h, layer.output.w], np.int32)
                ins.append(f.constant(f"size{layer.output.h}", size))
                f.operator(kind, ins, [out], HalfPixelCenters=True)
            case "pool8":
                f.operator(kind, ins, [out], Padding=PADDING_VALID, StrideW=8, StrideH=8, FilterWidth=8, FilterHeight=8)
            case "spread":
                f.operator(kind, ins, [out], BlockSize=2)
            case "mean":
                ins.append(f.constant("picture", np.array([1, 2], np.int32)))
                f.operator(kind, ins, [out], KeepDims=False)
            case "channel_mean":
                ins.append(f.constant("channels", np.array([3], np.int32)))
                f.operator("mean", ins, [out], KeepDims=True)
            case "scale_shift":
                scale, shift = (np.full(1, layer.settings[k], np.float32) for k in ("scale", "shift"))
                v = layer.output
                scaled = f.tensor(f"{name}.scaled", [1, v.h, v.w, v.c])
                f.operator("mul", [*ins, f.constant(f"{name}.scale", scale)], [scaled])
                f.operator("add", [scaled, f.constant(f"{name}.shift", shift)], [out])
            case "dense":
                ins += [f.constant(f"{name}.weight", layer.weight), f.constant(f"{name}.bias", layer.bias)]
                f.operator(kind, ins, [out])
            case _:
                f.operator(kind, ins, [out])
    path.write_bytes(f.finish([f.value(plan.input)], [f.tensors[n][0] for n in OUTPUTS]))


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
    said = dict(size=plan.input.h, outputs=OUTPUTS, multiply_adds=plan.multiply_adds(), layers=layers)
    path.with_suffix(".json").write_text(json.dumps(said) + "\n")
    path.with_suffix(".bin").write_bytes(b"".join(data))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--weights", type=Path, default=Path("weights/vmnet.safetensors"))
    p.add_argument("--size", type=int, default=512)
    p.add_argument("--out", type=Path, default=Path("build/bench/peers"))
    args = p.parse_args()
    plan = Plan(read_weights(args.weights), args.size)
    args.out.mkdir(parents=True, exist_ok=True)
    write_layers(plan, args.out / "vmnet")
    write_onnx(plan, args.out / "vmnet.onnx")
    write_tflite(plan, args.out / "vmnet.tflite")
    print(f"{args.out}: {len(plan.layers)} layers, {plan.multiply_adds() / 1e9:.3f} G multiply-adds at {args.size}")


if __name__ == "__main__":
    main()
