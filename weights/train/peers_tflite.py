"""Writes a Plan of peers.py for LiteRT."""

import numpy as np

ACTIVATIONS = {"": 0, "relu": 1, "relu6": 3}
FLOAT32, INT32, INT8 = 0, 2, 9
TYPES = {np.dtype(np.float32): FLOAT32, np.dtype(np.int32): INT32, np.dtype(np.int8): INT8}
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
        quantise=("QUANTIZE", 1, "QuantizeOptions"),
        dequantise=("DEQUANTIZE", 2, "DequantizeOptions"),
    )
    # the first versions that take int8, where that of f32 does not
    INT8_VERSIONS = dict(conv=3, depthwise=3, concat=2, add=2)

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

    def quantization(self, scales, zeros, axis):
        scales = self.b.CreateNumpyVector(np.asarray(scales, np.float32))
        zeros = self.b.CreateNumpyVector(np.asarray(zeros, np.int64))
        more = dict(QuantizedDimension=axis) if axis else {}
        return self.table("QuantizationParameters", Scale=scales, ZeroPoint=zeros, **more)

    def tensor(self, name, shape, dtype=FLOAT32, data=None, quantum=None):
        """-> index; a name comes once. quantum: scales, zero points, and the side that they belong to"""
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
        more = dict(Quantization=self.quantization(*quantum)) if quantum else {}
        written = self.table("Tensor", Shape=dims, Type=dtype, Buffer=buffer, Name=text, **more)
        self.tensors[name] = (len(self.tensors), written)
        return self.tensors[name][0]

    def value(self, v, flat=False):
        quantum = ([v.q.scale], [v.q.zero], 0) if v.q else None
        return self.tensor(v.name, [1, v.c] if flat else [1, v.h, v.w, v.c], INT8 if v.q else FLOAT32, None, quantum)

    def constant(self, name, array, scales=None, axis=0):
        array = np.ascontiguousarray(array)
        quantum = (scales, np.zeros(len(scales)), axis) if scales is not None else None
        return self.tensor(name, array.shape, TYPES[array.dtype], array, quantum)

    def operator(self, kind, inputs, outputs, int8=False, **settings):
        _, version, options = self.CODES[kind]
        code = kind, self.INT8_VERSIONS.get(kind, version) if int8 else version
        if code not in self.codes:
            self.codes.append(code)
        values = dict(OpcodeIndex=self.codes.index(code), Inputs=self.ints(inputs), Outputs=self.ints(outputs))
        if options is not None:
            values["BuiltinOptions"] = self.table(options, **settings)
            values["BuiltinOptionsType"] = getattr(self.t.BuiltinOptions, options)
        self.operators.append(self.table("Operator", **values))

    def operator_codes(self):
        for kind, version in self.codes:
            code = getattr(self.t.BuiltinOperator, self.CODES[kind][0])
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


def filter_and_bias(f, layer):
    name, scales = layer.output.name, layer.scale
    if scales is None:
        return f.constant(f"{name}.weight", layer.weight), f.constant(f"{name}.bias", layer.bias.astype(np.float32))
    units = np.float32(layer.inputs[0].q.scale) * scales
    axis = 3 if layer.kind == "depthwise" else 0
    return f.constant(f"{name}.weight", layer.weight, scales, axis), f.constant(f"{name}.bias", layer.bias, units)


def write(plan, path):
    f = TFLite()
    means = {layer.output.name for layer in plan.layers if layer.kind in ("mean", "dense")}
    for layer in plan.layers:
        ins = [f.value(v, v.name in means) for v in layer.inputs]
        name, out = layer.output.name, f.value(layer.output, layer.output.name in means)
        kind, act, int8 = layer.kind, ACTIVATIONS[layer.settings.get("act", "")], layer.output.q is not None
        match kind:
            case "conv" | "depthwise":
                ins += filter_and_bias(f, layer)
                stride = layer.settings["stride"]
                more = dict(DepthMultiplier=1) if kind == "depthwise" else {}
                common = dict(Padding=PADDING_SAME, StrideW=stride, StrideH=stride, FusedActivationFunction=act)
                f.operator(kind, ins, [out], int8, **common, **more)
            case "concat":
                f.operator(kind, ins, [out], int8, Axis=3)
            case "up2":
                size = np.array([layer.output.h, layer.output.w], np.int32)
                ins.append(f.constant(f"size{layer.output.h}", size))
                f.operator(kind, ins, [out], int8, HalfPixelCenters=True)
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
            case "add":
                f.operator(kind, ins, [out], int8, FusedActivationFunction=act)
            case _:
                f.operator(kind, ins, [out], int8)
    path.write_bytes(f.finish([f.value(plan.input)], [f.tensors[n][0] for n in plan.outputs]))
