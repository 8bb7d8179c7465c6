/** LiteRT.js on the processor (XNNPACK inside) with vmnet.tflite. */

const PACKAGE = '/tests/bench/node_modules/@litertjs/core/';

export async function start({ threads, size, model, input }) {
  const { loadLiteRt, loadAndCompile, Tensor } = await import(`${PACKAGE}dist/index.js`);
  // In a Worker its scripts cannot tell where they lie.
  const script = `litert_wasm_${threads > 1 ? 'threaded_' : ''}internal.js`;
  globalThis.Module = {
    locateFile: (name) => `${PACKAGE}wasm/${name}`,
    mainScriptUrlOrBlob: new URL(`${PACKAGE}wasm/${script}`, location.href).href,
  };
  await loadLiteRt(`${PACKAGE}wasm/`, { threads: threads > 1 });
  const compiled = await loadAndCompile(model, { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
  const names = compiled.getOutputDetails().map((details) => details.name);
  let results = null;
  return {
    said: { outputs: compiled.getOutputDetails().map(({ name, shape }) => ({ name, shape: [...shape] })) },
    async run() {
      const tensor = Tensor.fromTypedArray(input, [1, size, size, 3]);
      const outputs = await compiled.run([tensor]);
      results = {};
      for (const [i, output] of outputs.entries()) {
        results[names[i]] = output.toTypedArray().slice();
        output.delete();
      }
      tensor.delete();
    },
    outputs: () => results,
  };
}
