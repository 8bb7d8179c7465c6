/**
 * Pictures of a result's layers: tinted, transparent where nothing is. Smooth ones (heatmaps) are made at a reduced
 * size; those with fine lines are tiled, which shows the photograph's own resolution where one looks.
 */

import { Tiled } from './tiles.js';

/**
 * @import { Layer } from '../../vmnet.js'
 * @import { Drawn } from './tiles.js'
 */

/** The vessel overlay: a colour that no retina has. */
const VESSEL = [56, 232, 255];
/** The known truth of a phantom. */
const TRUTH = [190, 255, 90];
const LESION = [255, 255, 255];

/**
 * 256 colours, from the first stop to the last.
 * @param {readonly (readonly number[])[]} stops rgb, evenly spaced, two or more
 * @returns {number[][]} rgb each
 */
export function ramp(stops) {
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return stops[low].map((c, k) => Math.round(c + (stops[low + 1][k] - c) * (at - low)));
  });
}

/** The heatmap: dark violet, magenta, orange, pale yellow. Brightness only rises, and the faint end fades out. */
const HEAT = ramp([
  [76, 29, 149],
  [190, 24, 147],
  [249, 115, 60],
  [255, 240, 160],
]).map((colour, i) => {
  // Nothing below a tenth of the maximum, full from a half on: the photograph stays visible around what counted.
  const alpha = Math.min(1, Math.max(0, (i / 255 - 0.08) / 0.42));
  return [...colour, Math.round(alpha * 255)];
});

/** @typedef {(value: number) => readonly number[]} Colours value 0..255 to rgba */

/** @type {Colours} */
export const heatColours = (value) => HEAT[value];
/** @type {Colours} */
export const vesselColours = (value) => [...VESSEL, value];
/** @type {Colours} */
export const truthColours = (value) => [...TRUTH, value];
/** @type {Colours} */
export const lesionColours = (value) => [...LESION, value];
/** @type {Colours} */
export const greyColours = (value) => [value, value, value, 255];

/**
 * The circle of the field of view, dashed, light on dark so that it is seen on any ground; as thin at every zoom.
 * @param {{ x: number, y: number, radius: number }} circle in the photograph's pixels
 * @returns {Drawn}
 */
export function ringShape({ x, y, radius }) {
  return {
    draw(context, { scale, left, top, width, height, canvasWidth, canvasHeight }) {
      // A line of two pixels on the screen, or as much of the picture where it is a file.
      const stroke = Math.max(2, Math.min(Math.max(canvasWidth, canvasHeight), Math.max(width, height) * scale) / 400);
      context.save();
      context.beginPath();
      context.arc(left + x * scale, top + y * scale, radius * scale, 0, 2 * Math.PI);
      context.lineWidth = 2 * stroke;
      context.strokeStyle = 'rgb(0 0 0 / 60%)';
      context.stroke();
      context.lineWidth = stroke;
      context.strokeStyle = '#fff';
      context.setLineDash([6 * stroke, 4 * stroke]);
      context.stroke();
      context.restore();
    },
  };
}

/**
 * A layer that is sharp at every zoom and of bounded memory (see tiles.js).
 * @param {Layer} layer of the photograph's size @param {Colours} colours
 * @returns {Tiled}
 */
export function tiledLayer(layer, colours) {
  const table = tableOf(colours);
  return new Tiled(
    layer,
    (size) => picture(layer, size.width, size.height, colours),
    (x, y, width, height) => {
      const image = new ImageData(width, height);
      const out = new Uint32Array(image.data.buffer);
      for (let v = 0, at = 0; v < height; v++)
        for (let from = (y + v) * layer.width + x, u = 0; u < width; u++) out[at++] = table[layer.data[from + u]];
      return image;
    },
  );
}

/** The 256 colours as they lie in an ImageData, four bytes at a time. @param {Colours} colours */
function tableOf(colours) {
  const bytes = new Uint8ClampedArray(1024);
  for (let value = 0; value < 256; value++) bytes.set(colours(value), 4 * value);
  return new Uint32Array(bytes.buffer);
}

/** @param {number} width @param {number} height @param {number} most of the longer side */
export function fit(width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * @param {Layer} layer
 * @param {number} width of the picture, at most the layer's
 * @param {number} height
 * @param {Colours} colours
 * @returns {OffscreenCanvas}
 */
export function picture({ width: fullWidth, height: fullHeight, data }, width, height, colours) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const table = tableOf(colours);
  if (width === fullWidth && height === fullHeight) {
    for (let i = 0; i < out.length; i++) out[i] = table[data[i]];
    context.putImageData(image, 0, 0);
    return canvas;
  }
  const columns = Int32Array.from({ length: width + 1 }, (_, x) => Math.floor((x * fullWidth) / width));
  for (let y = 0, at = 0; y < height; y++) {
    const top = Math.floor((y * fullHeight) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * fullHeight) / height));
    for (let x = 0; x < width; x++) {
      const left = columns[x];
      const right = Math.max(left + 1, columns[x + 1]);
      let sum = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += data[v * fullWidth + u];
      out[at++] = table[Math.round(sum / ((bottom - top) * (right - left)))];
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
