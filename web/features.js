/** What this browser's WebAssembly can do, and the order in which to try the module's variants. */

/** @typedef {import('./vmnet.js').Variant} Variant */

// The smallest modules that use one instruction of each proposal. A test checks that a byte less is refused.
/** i8x16.popcnt(i8x16.splat(0)) */
export const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);
/** i8x16.relaxed_swizzle */
export const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);
/** i32.atomic.load on a shared memory */
export const THREADS_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0,
  26, 11,
]);

/** The oldest browsers with all that is needed: WebAssembly SIMD, module Workers, OffscreenCanvas in a Worker. */
export const MINIMUM_BROWSERS = 'Chrome or Edge 91, Firefox 114, Safari 16.4';

/**
 * @typedef {object} Features
 * @property {boolean} simd 128-bit SIMD; without it nothing runs
 * @property {boolean} relaxed relaxed SIMD: faster, results may differ in the last bits from host to host
 * @property {boolean} threads shared memory and a page that is cross-origin isolated
 * @property {boolean} isolated the page was served with COOP and COEP
 * @property {number} cores logical processors, at least 1
 */

/** @param {Uint8Array<ArrayBuffer>} bytes */
function valid(bytes) {
  try {
    return WebAssembly.validate(bytes);
  } catch {
    return false;
  }
}

/** @returns {Features} */
export function detect() {
  const wasm = typeof WebAssembly === 'object';
  const isolated = globalThis.crossOriginIsolated === true;
  return {
    simd: wasm && valid(SIMD_PROBE),
    relaxed: wasm && valid(RELAXED_PROBE),
    threads: wasm && isolated && typeof SharedArrayBuffer === 'function' && valid(THREADS_PROBE),
    isolated,
    cores: Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1),
  };
}

/** @typedef {{ variant: Variant, threads: number }} Candidate */

/**
 * Fastest first; each next one needs less. Empty when the browser has no SIMD.
 * @param {Features} features
 * @param {{ threads?: number, variant?: Variant }} [wish]
 * @returns {Candidate[]}
 */
export function candidates(features, wish = {}) {
  const threads = wish.threads ?? Math.min(features.cores, 8);
  /** @type {Candidate[]} */
  const list = [];
  if (features.threads && threads > 1) {
    if (features.relaxed) list.push({ variant: 'relaxed-mt', threads });
    if (features.simd) list.push({ variant: 'simd-mt', threads });
  }
  if (features.relaxed) list.push({ variant: 'relaxed', threads: 1 });
  if (features.simd) list.push({ variant: 'simd', threads: 1 });
  if (!features.simd) return [];
  if (wish.variant === undefined) return list;
  // A forced -mt variant runs with one thread too where that is what was asked for.
  const needs = wish.variant.endsWith('-mt');
  const able = (!needs || features.threads) && (!wish.variant.startsWith('relaxed') || features.relaxed);
  return able ? [{ variant: wish.variant, threads: needs ? threads : 1 }] : [];
}

/**
 * Why not all of it is used, in words; empty when everything is.
 * @param {Features} features
 * @param {{ threads?: number, variant?: Variant }} [wish]
 * @returns {string[]}
 */
export function notes(features, wish = {}) {
  const list = [];
  if (!features.isolated && wish.threads !== 1 && wish.variant === undefined)
    list.push('one thread: the page was served without the headers COOP and COEP (web/serve.py sends them)');
  else if (!features.threads && wish.threads !== 1 && wish.variant === undefined)
    list.push('one thread: this browser has no shared WebAssembly memory');
  if (!features.relaxed && wish.variant === undefined) list.push('plain SIMD: this browser has no relaxed SIMD');
  return list;
}
