"""Writes a Plan of peers.py for ONNX Runtime.

int8 in the form of operators (QLinearConv, QLinearAdd), which cannot fall back to f32. Values inside are uint8 with the
zero point moved by 128, which is the same and the runtime's better side: in WebAssembly its convolutions of signed values
take four times as long.
"""

import numpy as np

UNSIGNED = 128
QUANTISED = "com.microsoft"  # the domain of QLinearAdd


def write(plan, path):
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

    def scalar(value):
        name = f"{value.dtype} {value}"
        constants[name] = numpy_helper.from_array(np.array(value), name)
        return name

    def quantum(v):
        return scalar(np.float32(v.q.scale)), scalar(np.uint8(v.q.zero + UNSIGNED))

    def convolution(layer, ins, out):
        kernel, stride = (layer.settings[k] for k in ("kernel", "stride"))
        depthwise = layer.kind == "depthwise"
        weight = constant(f"{out}.weight", layer.weight.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2)))
        before = (kernel - stride) // 2
        after = kernel - stride - before
        settings = dict(
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[before, before, after, after],
            group=layer.output.c if depthwise else 1,
        )
        if layer.scale is None:
            bias = constant(f"{out}.bias", layer.bias.astype(np.float32))
            activated(layer, "Conv", [*ins, weight, bias], **settings)
        else:
            int8_convolution(layer, ins, weight, settings)

    def int8_convolution(layer, ins, weight, settings):
        """An activation costs an operator only where it keeps less than the whole range."""
        out, limits = layer.output.name, layer.limits
        clipped = limits != (-128, 127)
        scales = constant(f"{out}.scale", layer.scale), constant(f"{out}.zero", np.zeros(len(layer.scale), np.int8))
        ins = [*ins, *quantum(layer.inputs[0]), weight, *scales, *quantum(layer.output)]
        bias = constant(f"{out}.bias", layer.bias)
        node("QLinearConv", [*ins, bias], f"{out}.linear" if clipped else out, **settings)
        if clipped:
            node("Clip", [f"{out}.linear", *(scalar(np.uint8(v + UNSIGNED)) for v in limits)], out)

    def activated(layer, op, ins, **settings):
        out, act = layer.output.name, layer.settings.get("act", "")
        node(op, ins, f"{out}.linear" if act else out, **settings)
        if act == "relu":
            node("Relu", [f"{out}.linear"], out)
        elif act == "relu6":
            limits = [constant("zero", np.float32(0)), constant("six", np.float32(6))]
            node("Clip", [f"{out}.linear", *limits], out)

    def upsample(layer, ins, out):
        """The runtime's Resize of whole numbers cuts off where ours rounds; f32 in between costs it 1 % of the network.
        Halves go up, as src/network.c's do: what is added is far less than the 1/16 that the sums are made of."""
        scales, q = constant("double", np.array([1, 1, 2, 2], np.float32)), layer.output.q
        resize = dict(mode="linear", coordinate_transformation_mode="half_pixel")
        if q is None:
            node("Resize", [*ins, "", scales], out, **resize)
            return
        real = node("DequantizeLinear", [*ins, *quantum(layer.inputs[0])], f"{out}.real")
        wide = node("Resize", [real, "", scales], f"{out}.wide", **resize)
        up = node("Add", [wide, scalar(np.float32(q.scale / 1024))], f"{out}.up")
        node("QuantizeLinear", [up, *quantum(layer.output)], out)

    for layer in plan.layers:
        ins, out = [v.name for v in layer.inputs], layer.output.name
        match layer.kind:
            case "conv" | "depthwise":
                convolution(layer, ins, out)
            case "concat":
                node("Concat", ins, out, axis=1)
            case "up2":
                upsample(layer, ins, out)
            case "add" if layer.output.q:
                a, b = layer.inputs
                ins = [a.name, *quantum(a), b.name, *quantum(b), *quantum(layer.output)]
                node("QLinearAdd", ins, out, domain=QUANTISED)
            case "add":
                activated(layer, "Add", ins)
            case "quantise":
                node("QuantizeLinear", [*ins, *quantum(layer.output)], out)
            case "dequantise":
                node("DequantizeLinear", [*ins, *quantum(layer.inputs[0])], out)
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
        for n, v in ((n, shapes[n]) for n in plan.outputs)
    ]
    inputs = [value(plan.input.name, TensorProto.FLOAT, [1, 3, plan.input.h, plan.input.w])]
    graph = helper.make_graph(nodes, "vmnet", inputs, outputs, list(constants.values()))
    opsets = [helper.make_opsetid("", 18)] + [helper.make_opsetid(QUANTISED, 1)] * plan.int8
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
