/** What to say to someone who holds a camera to an eye: too dark, too bright, hold still, not sharp yet, good. */

/** @typedef {'dark' | 'bright' | 'still' | 'blurred' | 'good'} Hint */

/**
 * @typedef {object} View what a frame looks like inside the framing ring
 * @property {number} light mean brightness, 0..255
 * @property {number} glare share of pixels as bright as can be, 0..1
 * @property {number} sharpness energy of the finest details, relative to the brightness
 * @property {number} motion mean difference to the frame before, relative to the brightness; 0 for the first
 */

const DARK = 30;
const GLARE = 0.25;
/** Of View.motion: noise alone gives 0.03, a shift by a twentieth of the ring 0.08. */
const MOVING = 0.07;
/** A sharp fundus photograph has 0.07; less than this is a blank wall, or far out of focus. */
const LEAST_SHARPNESS = 0.015;
/** Of the sharpest view of late: focus comes and goes while one searches for it. */
const NEARLY_AS_SHARP = 0.6;
/** Views that are remembered: five seconds at four views a second. */
const MEMORY = 20;

/**
 * @param {Uint8ClampedArray} rgba [side][side][4], the ring's square
 * @param {number} side
 * @returns {Float32Array} brightness 0..255 [side][side]; NaN outside the ring
 */
export function greyInRing(rgba, side) {
  const grey = new Float32Array(side * side).fill(Number.NaN);
  const centre = (side - 1) / 2;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if ((x - centre) ** 2 + (y - centre) ** 2 > (side / 2) ** 2) continue;
      const at = y * side + x;
      grey[at] = 0.299 * rgba[4 * at] + 0.587 * rgba[4 * at + 1] + 0.114 * rgba[4 * at + 2];
    }
  return grey;
}

/**
 * @param {Float32Array} grey of greyInRing
 * @param {number} side
 * @param {Float32Array | null} before the frame before
 * @returns {View}
 */
export function look(grey, side, before) {
  let count = 0;
  let sum = 0;
  let glaring = 0;
  let moved = 0;
  let detail = 0;
  let details = 0;
  for (let at = 0; at < grey.length; at++) {
    const value = grey[at];
    if (Number.isNaN(value)) continue;
    count += 1;
    sum += value;
    if (value >= 250) glaring += 1;
    if (before !== null) moved += Math.abs(value - before[at]);
    // Laplacian; NaN at the ring's border, where a neighbour is missing
    const edge = 4 * value - grey[at - 1] - grey[at + 1] - grey[at - side] - grey[at + side];
    if (Number.isNaN(edge)) continue;
    detail += edge * edge;
    details += 1;
  }
  const light = sum / Math.max(1, count);
  const scale = Math.max(1, light);
  return {
    light,
    glare: glaring / Math.max(1, count),
    sharpness: Math.sqrt(detail / Math.max(1, details)) / scale,
    motion: moved / Math.max(1, count) / scale,
  };
}

/** Remembers the last views, because sharp is relative to what this camera and this eye can give. */
export class Hints {
  /** @type {number[]} */
  #sharpness = [];

  /** @param {View} view @returns {Hint} */
  next({ light, glare, sharpness, motion }) {
    this.#sharpness = [...this.#sharpness, sharpness].slice(-MEMORY);
    if (light < DARK) return 'dark';
    if (glare > GLARE) return 'bright';
    if (motion > MOVING) return 'still';
    const best = Math.max(...this.#sharpness);
    return sharpness < LEAST_SHARPNESS || sharpness < NEARLY_AS_SHARP * best ? 'blurred' : 'good';
  }
}
