/** Small pictures of a photograph: kept instead of its pixels, without anything else that its file held. */

import { AS_STORED, bitmapOf } from '../intake/bitmap.js';
import { fit, heatColours, picture, vesselColours } from '../viewer/layers.js';

/** @import { ScreenResult } from '../../vmnet.js' */

/** Pixels of the longer side. */
const THUMB = 96;
const PREVIEW = 420;
const OVERLAY = 2048;
const VESSELS = 0.7;
const HEAT = 0.8;

/**
 * The photograph, upright, at a size; not decoded here before it has passed the Worker's checks.
 * @param {Blob} file @param {{ width: number, height: number }} size
 */
async function bitmapAt(file, { width, height }) {
  /** @type {ImageBitmapOptions} */
  const size = { resizeWidth: width, resizeHeight: height, resizeQuality: 'medium' };
  try {
    return await createImageBitmap(file, { ...AS_STORED, ...size });
  } catch {
    const whole = await bitmapOf(file); // of a kind that the browser does not know
    return createImageBitmap(whole, size).finally(() => whole.close());
  }
}

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d canvas');
  return { canvas, context };
}

/** @param {OffscreenCanvas} canvas @param {number} quality */
function jpeg(canvas, quality) {
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}

/** @param {Blob} file @param {ScreenResult} result @returns {Promise<{ thumb: Blob, preview: Blob }>} */
export async function smallPictures(file, result) {
  const large = fit(result.width, result.height, PREVIEW);
  const bitmap = await bitmapAt(file, large);
  try {
    const { canvas, context } = canvasOf(large.width, large.height);
    context.drawImage(bitmap, 0, 0);
    const small = fit(result.width, result.height, THUMB);
    const thumb = canvasOf(small.width, small.height);
    thumb.context.imageSmoothingQuality = 'high';
    thumb.context.drawImage(canvas, 0, 0, small.width, small.height);
    drawVessels(context, result, large.width, large.height);
    return { thumb: await jpeg(thumb.canvas, 0.8), preview: await jpeg(canvas, 0.85) };
  } finally {
    bitmap.close();
  }
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {ScreenResult} result @param {number} width @param {number} height */
function drawVessels(context, { vessels }, width, height) {
  const mask = { width: vessels.width, height: vessels.height, data: vessels.mask };
  context.globalAlpha = VESSELS;
  context.drawImage(picture(mask, width, height, vesselColours), 0, 0);
  context.globalAlpha = 1;
}

/**
 * The photograph with its vessels and, where there is one, a heatmap: to look at, so no larger than a screen.
 * @param {Blob} file @param {ScreenResult} result @param {string | undefined} disease
 */
export async function overlayPicture(file, result, disease) {
  const { width, height } = fit(result.width, result.height, OVERLAY);
  const bitmap = await bitmapAt(file, { width, height });
  const { canvas, context } = canvasOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const heatmap = result.diseases.find((d) => d.id === disease)?.heatmap;
  if (heatmap) {
    context.globalAlpha = HEAT;
    context.drawImage(picture(heatmap, width, height, heatColours), 0, 0);
  }
  drawVessels(context, result, width, height);
  return jpeg(canvas, 0.92);
}

/** Addresses of blobs, made once each. @type {Map<Blob, string>} */
const urls = new Map();

/** @param {Blob} blob */
export function urlOf(blob) {
  const url = urls.get(blob) ?? URL.createObjectURL(blob);
  urls.set(blob, url);
  return url;
}

/** Gives all pictures' addresses back. */
export function forgetUrls() {
  for (const url of urls.values()) URL.revokeObjectURL(url);
  urls.clear();
}
