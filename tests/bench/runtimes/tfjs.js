/** TensorFlow.js with its WebAssembly backend; the graph is built through its own API, with fused operators. */

const MODULES = '/tests/bench/node_modules/@tensorflow/';
const ACTIVATION = { '': 'linear', relu: 'relu', relu6: 'relu6' };

/** One layer of vmnet.json -> a function from its inputs to its output. */
function operator(tf, layer, tensor) {
  const { kind, shape } = layer;
  const weight = tensor(layer.weight, kind === 'depthwise');
  const bias = tensor(layer.bias, false);
  const fused = { strides: layer.stride, pad: 'same', bias, activation: ACTIVATION[layer.act ?? ''] };
  switch (kind) {
    case 'conv':
      return (x) => tf.fused.conv2d({ x, filter: weight, ...fused });
    case 'depthwise':
      return (x) => tf.fused.depthwiseConv2d({ x, filter: weight, ...fused });
    case 'concat':
      return (...parts) => tf.concat(parts, 3);
    case 'up2':
      return (x) => tf.image.resizeBilinear(x, [shape[0], shape[1]], false, true);
    case 'add':
      return layer.act === 'relu' ? (a, b) => tf.tidy(() => tf.relu(tf.add(a, b))) : (a, b) => tf.add(a, b);
    case 'mul':
      return (a, b) => tf.mul(a, b);
    case 'sigmoid':
      return (x) => tf.sigmoid(x);
    case 'pool8':
      return (x) => tf.avgPool(x, 8, 8, 'valid');
    case 'spread':
      return (x) => tf.depthToSpace(x, 2, 'NHWC');
    case 'mean':
      return (x) => tf.mean(x, [1, 2]);
    case 'channel_mean':
      return (x) => tf.mean(x, 3, true);
    case 'scale_shift': {
      const [scale, shift] = [layer.scale, layer.shift].map((v) => tf.scalar(v));
      return (x) => tf.add(tf.mul(x, scale), shift);
    }
    case 'dense':
      return (x) => tf.fused.matMul({ a: x, b: weight, bias });
    default:
      throw new Error(`vmnet.json: layers of kind '${kind}' are unknown here`);
  }
}

export async function start({ threads, size, plan, data, input }) {
  if (threads > 1) Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 * threads });
  importScripts(`${MODULES}tfjs-core/dist/tf-core.min.js`, `${MODULES}tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
  const { tf } = globalThis;
  tf.wasm.setWasmPaths(`${MODULES}tfjs-backend-wasm/dist/`);
  tf.wasm.setThreadsCount(threads);
  if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const [network, weights] = await Promise.all([
    fetch(plan).then((response) => response.json()),
    fetch(data).then((response) => response.arrayBuffer()),
    tf.setBackend('wasm'),
  ]);
  await tf.ready();
  const tensor = (place, depthwise) => {
    if (place === null) return undefined;
    const count = place.shape.reduce((a, b) => a * b, 1);
    const shape = depthwise ? [place.shape[0], place.shape[1], place.shape[2], 1] : place.shape;
    return tf.tensor(new Float32Array(weights, place.at * 4, count), shape);
  };
  const layers = network.layers.map((layer) => ({ ...layer, run: operator(tf, layer, tensor) }));
  const last = new Map(); // which layer needs a value last: then its memory goes back
  for (const [i, layer] of layers.entries()) for (const name of layer.inputs) last.set(name, i);
  let results = null;
  return {
    said: { threads: tf.wasm.getThreadsCount(), threaded: await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT') },
    run() {
      const values = new Map([['input', tf.tensor4d(input, [1, size, size, 3])]]);
      results = {};
      for (const [i, layer] of layers.entries()) {
        const out = layer.run(...layer.inputs.map((name) => values.get(name)));
        values.set(layer.output, out);
        if (network.outputs.includes(layer.output)) results[layer.output] = out.dataSync();
        for (const name of layer.inputs)
          if (last.get(name) === i) {
            values.get(name)?.dispose();
            values.delete(name);
          }
      }
      for (const value of values.values()) value.dispose();
    },
    outputs: () => results,
  };
}
