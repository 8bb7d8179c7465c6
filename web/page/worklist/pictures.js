/** Pictures of a photograph and its layers: kept instead of its pixels, without anything else that its file held. */

import { bitmapOf } from '../intake/bitmap.js';
import { fit, greyColours, heatColours, picture, vesselColours } from '../viewer/layers.js';
import { quartersOf, turnedCanvas } from '../viewer/upright.js';

/** @import { Layer, Model, ScreenResult } from '../../vmnet.js' */

/** Pixels of the longer side. A heatmap has a coarse grid of its own, so more would show nothing more. */
const THUMB = 96;
const PREVIEW = 1024;
export const HEATMAP = 512;
const OVERLAY = 2048;
const VESSELS = 0.7;
const HEAT = 0.8;
/** What a pixel of the kept mask is. */
const [VESSEL, DISC, CUP] = [1, 2, 4];
/** A vessel in those that were kept before disc and cup were drawn. */
const ONLY_VESSEL = 255;

/**
 * Where the network looked for one suspected disease.
 * @typedef {object} Evidence
 * @property {string} id of the disease
 * @property {Blob} grey the heatmap as a PNG, white where it counts most
 * @property {Blob} laid the photograph upright, with the heatmap on it
 */

/**
 * What is kept of a screened photograph to be looked at, printed and saved.
 * @typedef {object} Pictures
 * @property {Blob} thumb upright
 * @property {Blob} preview the photograph upright, large enough for paper
 * @property {Blob} mask a byte a pixel at the photograph's resolution, deflated: VESSEL, DISC and CUP
 * @property {Evidence[]} evidence of what is suspected at any operating point
 */

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d canvas');
  return { canvas, context };
}

/** @param {OffscreenCanvas} canvas @param {number} quarters */
function upright(canvas, quarters) {
  return quarters === 0 ? canvas : turnedCanvas(canvas, quarters);
}

/** @param {OffscreenCanvas} canvas @param {number} quality */
function jpeg(canvas, quality) {
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}

/** @param {Blob} file @param {ScreenResult} result @returns {Promise<Pictures>} */
export async function smallPictures(file, result) {
  const large = fit(result.width, result.height, PREVIEW);
  const bitmap = await bitmapOf(file, large);
  try {
    const { canvas, context } = canvasOf(large.width, large.height);
    context.drawImage(bitmap, 0, 0);
    const small = fit(result.width, result.height, THUMB);
    const thumb = canvasOf(small.width, small.height);
    thumb.context.imageSmoothingQuality = 'high';
    thumb.context.drawImage(canvas, 0, 0, small.width, small.height);
    const quarters = quartersOf(result.report);
    return {
      thumb: await jpeg(upright(thumb.canvas, quarters), 0.8),
      preview: await jpeg(upright(canvas, quarters), 0.85),
      mask: await through(new CompressionStream('deflate'), new Blob([kept(result)])),
      evidence: await evidenceOf(result, bitmap),
    };
  } finally {
    bitmap.close();
  }
}

/**
 * What is kept of a photograph; screened again where nothing was kept, as just after it was screened.
 * @param {import('./entry.js').Entry} entry @param {Blob} file @param {Model} model @param {AbortSignal} signal @returns {Promise<Pictures>}
 */
export async function picturesOf(entry, file, model, signal) {
  const { thumb, preview, mask, evidence } = entry;
  if (thumb !== null && preview !== null && mask !== null) return { thumb, preview, mask, evidence };
  return smallPictures(
    file,
    await model.screen(file, { heatmaps: 'suspected', heatmapSide: HEATMAP, name: entry.name, signal }),
  );
}

/** @param {ScreenResult} result @param {ImageBitmap} photo @returns {Promise<Evidence[]>} */
async function evidenceOf({ report, diseases, width, height }, photo) {
  const reasons = Object.values(report.decision.at).flatMap((at) => at.reasons);
  const suspected = reasons.filter(({ code }) => code === 'finding').map(({ disease }) => disease);
  /** @type {Evidence[]} */
  const all = [];
  for (const { id, heatmap } of diseases) {
    if (heatmap === null || !suspected.includes(id)) continue;
    const size = fit(width, height, HEATMAP);
    const grey = picture(heatmap, size.width, size.height, greyColours);
    const { canvas, context } = canvasOf(photo.width, photo.height);
    context.drawImage(photo, 0, 0);
    context.globalAlpha = HEAT;
    const colours = picture(heatmap, size.width, size.height, heatColours);
    context.drawImage(colours, 0, 0, photo.width, photo.height);
    all.push({ id, grey: await grey.convertToBlob(), laid: await jpeg(upright(canvas, quartersOf(report)), 0.85) });
  }
  return all;
}

/** @param {CompressionStream | DecompressionStream} stream @param {Blob} blob */
function through(stream, blob) {
  return new Response(blob.stream().pipeThrough(stream)).blob();
}

// A photograph has millions of pixels: loops, as a call for each of them takes half as long as screening.

/** @param {Pick<ScreenResult, 'width' | 'vessels' | 'disc' | 'cup'>} result */
function kept({ width, vessels, disc, cup }) {
  const all = new Uint8Array(vessels.mask.length);
  for (let i = 0; i < all.length; i++) if (vessels.mask[i] !== 0) all[i] = VESSEL;
  for (const [patch, bit] of /** @type {const} */ ([
    [disc, DISC],
    [cup, CUP],
  ])) {
    if (patch === null) continue;
    const { x, y, data } = patch;
    for (let row = 0; row < patch.height; row++)
      for (let column = 0; column < patch.width; column++)
        if (data[row * patch.width + column] !== 0) all[(y + row) * width + x + column] |= bit;
  }
  return all;
}

/** One of the masks, 255 inside, and whether anything is. @param {Uint8Array} all @param {number} bit */
function maskOf(all, bit) {
  const data = new Uint8Array(all.length);
  let any = false;
  for (let i = 0; i < all.length; i++)
    if ((all[i] & bit) !== 0 && (all[i] !== ONLY_VESSEL || bit === VESSEL)) {
      data[i] = 255;
      any = true;
    }
  return { data, any };
}

/**
 * The masks that were kept, 255 inside; null where none of it was drawn.
 * @param {Blob} mask @param {number} width @param {number} height
 */
export async function masksOf(mask, width, height) {
  const bytes = await through(new DecompressionStream('deflate'), mask);
  const all = new Uint8Array(await bytes.arrayBuffer());
  const patch = (/** @type {number} */ bit) => {
    const { data, any } = maskOf(all, bit);
    return any ? { x: 0, y: 0, width, height, data } : null;
  };
  return { vessels: { width, height, data: maskOf(all, VESSEL).data }, disc: patch(DISC), cup: patch(CUP) };
}

/**
 * The photograph with its vessels and, where there is one, a heatmap: to look at, so no larger than a screen.
 * @param {Blob} file @param {Layer} mask @param {Blob | undefined} grey the heatmap as a picture
 */
export async function overlayPicture(file, mask, grey) {
  const { width, height } = fit(mask.width, mask.height, OVERLAY);
  const bitmap = await bitmapOf(file, { width, height });
  const { canvas, context } = canvasOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  if (grey !== undefined) {
    context.globalAlpha = HEAT;
    context.drawImage(await heatPicture(grey), 0, 0, width, height);
  }
  context.globalAlpha = VESSELS;
  context.drawImage(picture(mask, width, height, vesselColours), 0, 0);
  return jpeg(canvas, 0.92);
}

/** A heatmap in its colours, from one in grey. @param {Blob} grey */
async function heatPicture(grey) {
  const bitmap = await createImageBitmap(grey);
  const { width, height } = bitmap;
  const { context } = canvasOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = data[4 * i];
  return picture({ width, height, data: values }, width, height, heatColours);
}

/** Addresses of blobs, made once each. @type {Map<Blob, string>} */
const urls = new Map();

/** @param {Blob} blob */
export function urlOf(blob) {
  const url = urls.get(blob) ?? URL.createObjectURL(blob);
  urls.set(blob, url);
  return url;
}

/** @type {WeakMap<HTMLImageElement, Blob>} */
const shown = new WeakMap();

/** An image of a blob, which blobOf() gives back. @param {Blob} blob */
export function pictureOf(blob) {
  const img = new Image();
  img.src = urlOf(blob);
  img.alt = '';
  shown.set(img, blob);
  return img;
}

/** @param {HTMLImageElement} img */
export function blobOf(img) {
  return shown.get(img);
}

/** Gives all pictures' addresses back. */
export function forgetUrls() {
  for (const url of urls.values()) URL.revokeObjectURL(url);
  urls.clear();
}
