/** The limits of src/vmnet.h, once more for JavaScript. A test compares the two files. */

/** Bytes of a photograph's file. */
export const MAX_BYTES = 64 * 2 ** 20;
/** Width times height. */
export const MAX_PIXELS = 40_000_000;
/** Pixels a side. */
export const MAX_SIDE = 8192;
/** Pixels a side. */
export const MIN_SIDE = 256;
/** S, the side of the network's input. */
export const SIZE_DEFAULT = 512;
export const SIZE_MIN = 256;
export const SIZE_MAX = 1024;
export const SIZE_STEP = 32;
export const MAX_THREADS = 64;
/** vm_point, by rising thresholds. @type {Readonly<Record<import('./vmnet.js').PointName, number>>} */
export const POINTS = { screening: 1, balanced: 2, specific: 3 };

/** WebAssembly counts memory in pages of 64 KiB. */
export const PAGE_BYTES = 65536;
