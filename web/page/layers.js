/** Pictures of a result's layers: tinted, transparent where nothing is, at the size in which they are shown. */

/** @import { Layer } from '../vmnet.js' */

/** The vessel overlay: a colour that no retina has. */
const VESSEL = [56, 232, 255];
/** The known truth of a phantom. */
const TRUTH = [190, 255, 90];
const LESION = [255, 255, 255];

// Dark violet, magenta, orange, pale yellow: brightness only rises, and the faint end fades out.
const RAMP = [
  [76, 29, 149],
  [190, 24, 147],
  [249, 115, 60],
  [255, 240, 160],
];

/** 256 colours with alpha for the heatmap. */
const HEAT = Array.from({ length: 256 }, (_, i) => {
  const at = (i / 255) * (RAMP.length - 1);
  const low = Math.min(Math.floor(at), RAMP.length - 2);
  const colour = RAMP[low].map((c, k) => Math.round(c + (RAMP[low + 1][k] - c) * (at - low)));
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
 * The circle of the field of view, dashed, light on dark so that it is seen on any ground.
 * @param {{ x: number, y: number, radius: number }} circle in the photograph's pixels
 * @param {number} scale from those to the picture's
 * @param {number} width of the picture
 * @param {number} height
 * @returns {OffscreenCanvas}
 */
export function ringPicture({ x, y, radius }, scale, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const stroke = Math.max(2, Math.max(width, height) / 400);
  context.beginPath();
  context.arc(x * scale, y * scale, radius * scale, 0, 2 * Math.PI);
  context.lineWidth = 2 * stroke;
  context.strokeStyle = 'rgb(0 0 0 / 60%)';
  context.stroke();
  context.lineWidth = stroke;
  context.strokeStyle = '#fff';
  context.setLineDash([6 * stroke, 4 * stroke]);
  context.stroke();
  return canvas;
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
  const table = Array.from({ length: 256 }, (_, value) => colours(value));
  for (let y = 0, at = 0; y < height; y++) {
    const top = Math.floor((y * fullHeight) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * fullHeight) / height));
    for (let x = 0; x < width; x++, at += 4) {
      const left = Math.floor((x * fullWidth) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * fullWidth) / width));
      let sum = 0;
      for (let v = top; v < bottom; v++) for (let u = left; u < right; u++) sum += data[v * fullWidth + u];
      const colour = table[Math.round(sum / ((bottom - top) * (right - left)))];
      image.data[at] = colour[0];
      image.data[at + 1] = colour[1];
      image.data[at + 2] = colour[2];
      image.data[at + 3] = colour[3];
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
