/** The product's engine as its Worker uses it, with its memory in sight. */

import { Engine } from '/web/engine.js';

const PAGE = 4096;

/** @param {{ variant: string, threads: number, size: number, weights: string, maxMegapixels: number, side: number, photo: string }} options */
export async function start({ variant, threads, size, weights, maxMegapixels, side, photo }) {
  const [module, bytes, { default: create }] = await Promise.all([
    WebAssembly.compileStreaming(fetch(`/build/wasm/vmnet-${variant}.wasm`)),
    fetch(weights).then((response) => response.arrayBuffer()),
    import(`/build/wasm/vmnet-${variant}.mjs`),
  ]);
  /** @type {WebAssembly.Memory | null} */
  let memory = null;
  const glue = (/** @type {any} */ options) => {
    memory = options.wasmMemory;
    return create(options);
  };
  const engine = await Engine.start({
    glue,
    module,
    weights: new Uint8Array(bytes),
    variant,
    threads,
    size,
    maxMegapixels,
    weightsSha256: null,
    wasmSha256: null,
  });
  /** Bytes of the pages that were ever written: what the memory costs, and its peak, since pages are not given back. */
  const touched = () => {
    const words = new BigUint64Array(memory.buffer);
    let pages = 0;
    for (let at = 0; at < words.length; at += PAGE / 8)
      for (let i = at; i < at + PAGE / 8; i++)
        if (words[i] !== 0n) {
          pages++;
          break;
        }
    return pages * PAGE;
  };
  const loaded = touched();
  const canvas = new OffscreenCanvas(side, side).getContext('2d');
  canvas.drawImage(await createImageBitmap(await fetch(photo).then((response) => response.blob())), 0, 0);
  const { data: rgba } = canvas.getImageData(0, 0, side, side);
  return {
    said: { loaded, reserved: memory.buffer.byteLength },
    run() {
      engine.screen(rgba, side, side, {
        input: 'photograph',
        guide: 1,
        point: 'balanced',
        heatmaps: true,
        name: null,
        imageSha256: null,
      });
    },
    heap: () => ({ touched: touched(), reserved: memory.buffer.byteLength }),
  };
}
