/** A photograph that lies on its side in its file is shown upright, with all that lies on it. What is saved lies as the file does. */

/**
 * @import { Patch, Report, ScreenResult } from '../../vmnet.js'
 * @import { Point, Size } from './pose.js'
 */

/**
 * What of a result can lie on a photograph.
 * @typedef {Pick<ScreenResult, 'width' | 'height' | 'vessels' | 'diseases' | 'disc' | 'cup' | 'lesions' | 'lesionMap' | 'arteryMap' | 'fieldOfView'>} Laid
 */

/** By how many quarters it is turned clockwise, and so upright. @param {Pick<Report, 'orientation'> | null} report null: not known yet */
export function quartersOf(report) {
  return (report?.orientation?.turned ?? 0) / 90;
}

/** @param {Size} size @param {number} quarters @returns {Size} */
export function turnedSize({ width, height }, quarters) {
  return quarters % 2 === 0 ? { width, height } : { width: height, height: width };
}

/** What a canvas has to do to turn a picture of this size. @param {Size} size @param {number} quarters @returns {[number, number, number, number, number, number]} */
function matrixOf({ width, height }, quarters) {
  if (quarters === 1) return [0, 1, -1, 0, height, 0];
  if (quarters === 2) return [-1, 0, 0, -1, width, height];
  return quarters === 3 ? [0, -1, 1, 0, 0, width] : [1, 0, 0, 1, 0, 0];
}

/** The picture turned clockwise, pixel by pixel. @param {ImageBitmap | OffscreenCanvas} picture stays the caller's @param {number} quarters */
export function turnedCanvas(picture, quarters) {
  const { width, height } = turnedSize(picture, quarters);
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  context.setTransform(...matrixOf(picture, quarters));
  context.drawImage(picture, 0, 0);
  return canvas;
}

/** The photograph upright, which takes the place of the bitmap. @param {ImageBitmap} bitmap @param {number} quarters */
export function turnedBitmap(bitmap, quarters) {
  if (quarters === 0) return bitmap;
  const turned = turnedCanvas(bitmap, quarters).transferToImageBitmap();
  bitmap.close();
  return turned;
}

/** @param {Point} at @param {Size} size of what it lies in @param {number} quarters @returns {Point} */
function turnedPoint({ x, y }, size, quarters) {
  const [a, b, c, d, e, f] = matrixOf(size, quarters);
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/**
 * A layer, a map or a patch of an odd number of quarters.
 * @template {Size & { data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> }} T
 * @param {T} layer @param {number} quarters 1 or 3 @returns {T}
 */
function turnedLayer(layer, quarters) {
  const { width, height, data } = layer;
  const out = data.slice();
  // Where its first pixel goes, and how far each further one of a row, and each further row.
  const [first, along, down] = quarters === 1 ? [height - 1, height, -1] : [(width - 1) * height, -height, 1];
  for (let y = 0, from = 0; y < height; y++)
    for (let x = 0, to = first + y * down; x < width; x++, from++, to += along) out[to] = data[from];
  return { ...layer, ...turnedSize(layer, quarters), data: out };
}

/** @param {Patch | null} patch @param {Size} size of the photograph @param {number} quarters @returns {Patch | null} */
function turnedPatch(patch, size, quarters) {
  if (patch === null) return null;
  const { x, y, width, height } = patch;
  const [one, other] = [
    { x, y },
    { x: x + width, y: y + height },
  ].map((corner) => turnedPoint(corner, size, quarters));
  return { ...turnedLayer(patch, quarters), x: Math.min(one.x, other.x), y: Math.min(one.y, other.y) };
}

/** Made once each. @type {WeakMap<Laid, Laid>} */
const upright = new WeakMap();

/** What lies on the photograph as it is shown: the result itself, or turned as that is. @param {ScreenResult} result @param {number} quarters @returns {Laid} */
export function uprightOf(result, quarters) {
  if (quarters === 0) return result;
  const known = upright.get(result);
  if (known !== undefined) return known;
  const { width, height, vessels, lesions, lesionMap, arteryMap, fieldOfView } = result;
  const mask = turnedLayer({ width, height, data: vessels.mask }, quarters);
  const made = {
    ...turnedSize(result, quarters),
    vessels: { width: mask.width, height: mask.height, mask: mask.data, probability: null },
    diseases: result.diseases.map((of) => ({ ...of, heatmap: of.heatmap && turnedLayer(of.heatmap, quarters) })),
    disc: turnedPatch(result.disc, result, quarters),
    cup: turnedPatch(result.cup, result, quarters),
    lesions,
    lesionMap: lesionMap && turnedLayer(lesionMap, quarters),
    arteryMap: arteryMap && turnedLayer(arteryMap, quarters),
    fieldOfView: { ...fieldOfView, ...turnedPoint(fieldOfView, result, quarters) },
  };
  upright.set(result, made);
  return made;
}
