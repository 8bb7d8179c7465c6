/**
 * node [--experimental-wasm-relaxed-simd] engine-run.mjs VARIANT PHOTO.png OUT [WEIGHTS]: screens the pixels of a PNG with one
 * wasm variant and writes what came out. A process of its own: flags, threads and 40-megapixel memories end with it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { Engine } from '../../web/engine.js';
import { ROOT, WEIGHTS } from './native.mjs';

/** @param {string} file from the project's folder */
export const readWeights = (file) => new Uint8Array(readFileSync(join(ROOT, file)));

/** The module's glue. @param {string} variant */
export const glueOf = async (variant) => (await import(join(ROOT, `build/wasm/vmnet-${variant}.mjs`))).default;

/** @param {string} variant @param {Partial<import('../../web/engine.js').EngineOptions>} [options] */
export async function startEngine(variant, options = {}) {
  const glue = await glueOf(variant);
  return Engine.start({
    glue,
    module: await WebAssembly.compile(readFileSync(join(ROOT, `build/wasm/vmnet-${variant}.wasm`))),
    weights: readWeights(WEIGHTS),
    variant,
    threads: variant.endsWith('-mt') ? 2 : 1,
    size: 512,
    maxMegapixels: 40,
    weightsSha256: null,
    wasmSha256: null,
    ...options,
  });
}

/** What screen() wants beside the pixels. */
export const REQUEST = {
  input: 'photograph',
  guide: 1,
  point: 'balanced',
  heatmaps: true,
  vesselProbability: true,
  name: null,
  imageSha256: null,
};

/** @param {Uint8Array} rgb @param {number} channels */
export function toRgba(rgb, channels) {
  const rgba = new Uint8ClampedArray((rgb.length / channels) * 4).fill(255);
  for (let i = 0, o = 0; i < rgb.length; i += channels, o += 4)
    for (let c = 0; c < 3; c++) rgba[o + c] = rgb[i + (channels >= 3 ? c : 0)];
  return rgba;
}

if (process.argv[1] === import.meta.filename) {
  const [, , variant, photo, out, weights = WEIGHTS] = process.argv;
  const engine = await startEngine(variant, { weights: readWeights(weights) });
  const { width, height, channels, data } = decode(readFileSync(photo));
  const rgba = toRgba(data, channels);
  for (const guide of [1, 0]) {
    const result = engine.screen(rgba, width, height, { ...REQUEST, guide, name: 'photo.png' });
    writeFileSync(join(out, `report-${guide}.json`), JSON.stringify(result.report));
    writeFileSync(join(out, `probability-${guide}`), result.vessels.probability);
    writeFileSync(join(out, `mask-${guide}`), result.vessels.mask);
    for (const d of result.diseases) writeFileSync(join(out, `heatmap-${d.id}-${guide}`), d.heatmap.data);
  }
  engine.close();
  process.exit(0); // the threads would keep it alive
}
