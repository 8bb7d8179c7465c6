/**
 * web/files.js of the package: where the module's files lie below it. Each address is written out as
 * `new URL(text, import.meta.url)`: bundlers know this form and take the file along.
 */

import { locate } from './locate.js';

export const workerFile = () => locate(() => new URL('./worker.js', import.meta.url), 'worker.js');

/** By precision: the package holds this one alone. @type {Record<string, () => URL>} */
export const WEIGHTS = {
  int8: () =>
    locate(() => new URL('./weights/vmnet-int8.safetensors', import.meta.url), 'weights/vmnet-int8.safetensors'),
};

/** @type {Record<import('./vmnet.js').Variant, [() => URL, () => URL]>} */
const MODULES = {
  simd: [
    () => new URL('./wasm/vmnet-simd.wasm', import.meta.url),
    () => new URL('./wasm/vmnet-simd.mjs', import.meta.url),
  ],
  relaxed: [
    () => new URL('./wasm/vmnet-relaxed.wasm', import.meta.url),
    () => new URL('./wasm/vmnet-relaxed.mjs', import.meta.url),
  ],
  'simd-mt': [
    () => new URL('./wasm/vmnet-simd-mt.wasm', import.meta.url),
    () => new URL('./wasm/vmnet-simd-mt.mjs', import.meta.url),
  ],
  'relaxed-mt': [
    () => new URL('./wasm/vmnet-relaxed-mt.wasm', import.meta.url),
    () => new URL('./wasm/vmnet-relaxed-mt.mjs', import.meta.url),
  ],
};

/** @param {import('./vmnet.js').Variant} variant @returns {{ wasm: URL, glue: URL }} */
export function moduleFiles(variant) {
  const [wasm, glue] = MODULES[variant];
  return { wasm: locate(wasm, `wasm/vmnet-${variant}.wasm`), glue: locate(glue, `wasm/vmnet-${variant}.mjs`) };
}
