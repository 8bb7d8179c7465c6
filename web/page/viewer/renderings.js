/**
 * Other ways to look at a photograph: green light only, and that with its local contrast raised (CLAHE). Like all large
 * pictures they are reduced where the view is wide and made in tiles at full resolution where one looks closely.
 */

import { reducedSize, Tiled } from './tiles.js';

/**
 * @import { Size } from './pose.js'
 * @import { Rendering } from './tools.js'
 */

/** A photograph as pixels to read. @typedef {{ picture: CanvasImageSource, size: Size }} Source */
/** A part of the photograph, in its pixels. @typedef {{ x: number, y: number, width: number, height: number }} Part */
/** Changes the pixels of a part in place; there may be fewer of them than the photograph's. @typedef {(pixels: ImageData, part: Part) => void} Recolour */
/** Reads a part as so many pixels. @typedef {(part: Part, width: number, height: number) => ImageData} Reader */

/** Rows at a time: a few hundredths of a second of work each, between which the page answers. */
const BAND = 128;

/**
 * @param {Exclude<Rendering, 'colour'>} name
 * @param {Source} source whose picture stays open as long as the view is used
 * @param {AbortSignal} signal ends the work when the photograph changes
 * @returns {Promise<Tiled>}
 */
export async function makeRendering(name, source, signal) {
  const read = reader(source);
  const recolour = name === 'green' ? green : await contrast(source, read, signal);
  const small = reducedSize(source.size);
  const whole = await inBands(small, source.size, read, recolour, signal);
  return new Tiled(
    source.size,
    () => whole,
    (x, y, width, height) => {
      const pixels = read({ x, y, width, height }, width, height);
      recolour(pixels, { x, y, width, height });
      return pixels;
    },
    [Math.max(small.width, small.height)],
  );
}

/**
 * @param {Size} small @param {Size} size the photograph's @param {Reader} read @param {Recolour} recolour
 * @param {AbortSignal} signal
 */
async function inBands(small, size, read, recolour, signal) {
  const canvas = new OffscreenCanvas(small.width, small.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  for (const { y, height, part } of bands(small, size)) {
    await breath(signal);
    const pixels = read(part, small.width, height);
    recolour(pixels, part);
    context.putImageData(pixels, 0, y);
  }
  return canvas;
}

/** @param {Size} small @param {Size} size the photograph's */
function bands(small, size) {
  const step = size.height / small.height;
  return Array.from({ length: Math.ceil(small.height / BAND) }, (_, i) => {
    const y = i * BAND;
    const height = Math.min(BAND, small.height - y);
    return { y, height, part: { x: 0, y: y * step, width: size.width, height: height * step } };
  });
}

/** Lets the page answer. @param {AbortSignal} signal */
async function breath(signal) {
  await new Promise((resolve) => setTimeout(resolve));
  signal.throwIfAborted();
}

/** @param {Source} source @returns {Reader} */
function reader({ picture }) {
  const canvas = new OffscreenCanvas(1, 1);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext('2d', { willReadFrequently: true })
  );
  return (part, width, height) => {
    if (canvas.width < width) canvas.width = width;
    if (canvas.height < height) canvas.height = height;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = 'medium';
    context.drawImage(picture, part.x, part.y, part.width, part.height, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  };
}

// ---- green ----

/** @type {Recolour} */
export function green({ data }) {
  for (let i = 0; i < data.length; i += 4) data[i] = data[i + 2] = data[i + 1];
}

// ---- contrast ----

/** Contrast-limited adaptive histogram equalization (Zuiderveld 1994) on a grid of so many squares a side. */
const GRID = 8;
/** How much steeper than the whole range's a curve may be: more would show noise. */
const CLIP = 3;
/** Green below this is the dark around the field of view; it stays as it is. */
const DARK = 12;
/** Pixels a side of what the curves are taken from. */
const COUNTED = 1024;

/** @param {Source} source @param {Reader} read @param {AbortSignal} signal @returns {Promise<Recolour>} */
async function contrast({ size }, read, signal) {
  const small = reducedSize(size, COUNTED);
  const counts = Array.from({ length: GRID * GRID }, () => new Uint32Array(256));
  for (const { y, height, part } of bands(small, size)) {
    await breath(signal);
    const { data } = read(part, small.width, height);
    for (let v = 0, at = 1; v < height; v++) {
      const row = Math.floor(((y + v) * GRID) / small.height);
      for (let u = 0; u < small.width; u++, at += 4)
        counts[row * GRID + Math.floor((u * GRID) / small.width)][data[at]]++;
    }
  }
  return equalizer(curves(counts), size);
}

/**
 * For each square a curve from old to new brightness.
 * @param {Uint32Array[]} counts of each brightness, square by square
 */
function curves(counts) {
  const all = new Uint32Array(256);
  for (const square of counts) for (let v = DARK; v < 256; v++) all[v] += square[v];
  const common = sum(all) / counts.length;
  return counts.map((square) => {
    // Where a square holds little of the eye, its own few pixels say nothing: the whole eye's lend theirs.
    const own = sum(square);
    const share = Math.min(1, own / Math.max(1, common / 2));
    const mixed = Float64Array.from(square, (n, v) =>
      v < DARK ? 0 : (share * n) / Math.max(1, own) + ((1 - share) * all[v]) / Math.max(1, common * counts.length),
    );
    return curve(mixed);
  });
}

/** @param {Uint32Array} square */
function sum(square) {
  let n = 0;
  for (let v = DARK; v < 256; v++) n += square[v];
  return n;
}

/** @param {Float64Array} shares of each brightness, 1 together */
function curve(shares) {
  const bins = 256 - DARK;
  const most = CLIP / bins;
  let over = 0;
  for (let v = DARK; v < 256; v++) over += Math.max(0, shares[v] - most);
  const out = new Float32Array(256);
  let below = 0;
  for (let v = 0; v < 256; v++) {
    if (v >= DARK) below += Math.min(shares[v], most) + over / bins;
    out[v] = v < DARK ? v : DARK + below * (255 - DARK);
  }
  return out;
}

/** Between the middles of the squares the four nearest curves are blended. @param {Float32Array[]} table @param {Size} size @returns {Recolour} */
function equalizer(table, size) {
  return ({ data, width, height }, part) => {
    const columns = Array.from({ length: width }, (_, i) =>
      between(((part.x + ((i + 0.5) * part.width) / width) * GRID) / size.width),
    );
    for (let v = 0, at = 0; v < height; v++) {
      const row = between(((part.y + ((v + 0.5) * part.height) / height) * GRID) / size.height);
      for (let u = 0; u < width; u++, at += 4) {
        const { low, high, share } = columns[u];
        const value = data[at + 1];
        const top = table[row.low * GRID + low][value] * (1 - share) + table[row.low * GRID + high][value] * share;
        const bottom = table[row.high * GRID + low][value] * (1 - share) + table[row.high * GRID + high][value] * share;
        const grey = top * (1 - row.share) + bottom * row.share;
        data[at] = grey;
        data[at + 1] = grey;
        data[at + 2] = grey;
      }
    }
  };
}

/** @param {number} at in squares @returns the squares with the nearest middles, and how near the second is, 0..1 */
function between(at) {
  const low = Math.min(GRID - 1, Math.max(0, Math.floor(at - 0.5)));
  const high = Math.min(GRID - 1, low + 1);
  return { low, high, share: Math.min(1, Math.max(0, at - 0.5 - low)) };
}
