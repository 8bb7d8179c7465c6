/** onnxruntime-web's WebAssembly execution provider on vmnet.onnx. */

const DIST = '/tests/bench/node_modules/onnxruntime-web/dist/';

/** [channels][cells] -> [cells][channels] */
function last(data, channels) {
  const cells = data.length / channels;
  return Float32Array.from(data, (_, i) => data[(i % channels) * cells + Math.floor(i / channels)]);
}

export async function start({ threads, size, model, input }) {
  const ort = await import(`${DIST}ort.wasm.min.mjs`);
  ort.env.wasm.wasmPaths = DIST;
  ort.env.wasm.numThreads = threads;
  const bytes = await (await fetch(model)).arrayBuffer();
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  // Its layout is [3][size][size].
  const planes = new Float32Array(input.length);
  for (let i = 0; i < size * size; i++) for (let c = 0; c < 3; c++) planes[c * size * size + i] = input[i * 3 + c];
  const feeds = { input: new ort.Tensor('float32', planes, [1, 3, size, size]) };
  let results = null;
  return {
    async run() {
      results = await session.run(feeds);
    },
    /** In our order: channels last. */
    outputs() {
      const list = Object.entries(results).map(([name, { data, dims }]) => [
        name,
        dims.length === 4 ? last(data, dims[1]) : data,
      ]);
      return Object.fromEntries(list);
    },
  };
}
