/**
 * Where the module's files lie in a checkout. The package keeps them elsewhere and has package/files.js in this one's place.
 * Each address is written out as `new URL(text, import.meta.url)`: bundlers know this form and take the file along.
 */

import { locate } from './locate.js';

/** @typedef {{ wasm: URL, glue: URL }} ModuleFiles */

export const workerFile = () => locate(() => new URL('./worker.js', import.meta.url), 'worker.js');

/** By precision; the first one is taken unless told otherwise. @type {Record<'f32' | 'int8', () => URL>} */
export const WEIGHTS = {
  f32: () => locate(() => new URL('../weights/vmnet.safetensors', import.meta.url), 'weights/vmnet.safetensors'),
  int8: () =>
    locate(() => new URL('../weights/vmnet-int8.safetensors', import.meta.url), 'weights/vmnet-int8.safetensors'),
};

/** @param {import('./vmnet.js').Variant} variant @returns {ModuleFiles} */
export function moduleFiles(variant) {
  const folder = locate(() => new URL('../build/wasm/', import.meta.url), 'wasm/');
  return { wasm: new URL(`vmnet-${variant}.wasm`, folder), glue: new URL(`vmnet-${variant}.mjs`, folder) };
}
