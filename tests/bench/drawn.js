/**
 * The page's part of the way from a file to the drawn answer, with the product's own code: the photograph is shown as soon
 * as the Worker has read it, while that screens; on it the answer is drawn when it comes.
 */

import { HEATMAP_SIDE, layersOf } from '/web/page/case/paint.js';
import { bitmapOf } from '/web/page/intake/bitmap.js';
import { reducedSize } from '/web/page/viewer/tiles.js';
import { reduce, Viewer } from '/web/page/viewer/viewer.js';

const CANVAS = 1280;

/** @param {OffscreenCanvas} canvas */
const wait = (canvas) => canvas.getContext('2d').getImageData(0, 0, 1, 1); // for what was drawn

/** As web/page/case/case.js and the viewer show it. @param {Blob} file */
async function shown(file) {
  const bitmap = await bitmapOf(file);
  const size = reducedSize(bitmap);
  const small = size.width < bitmap.width ? reduce(bitmap, size) : bitmap;
  wait(Viewer.compose(small, [], CANVAS, CANVAS));
  return { small, close: () => bitmap.close() };
}

/** Vessels, and the heatmap of what is the most likely. @param {any} result */
function overlayOf(result) {
  const heat = result.diseases.toSorted((a, b) => b.probability - a.probability)[0].id;
  const layers = { vessels: true, heat, place: null, disc: false, lesions: false, arteries: false, style: 'colour' };
  return layersOf({ pictures: new Map() }, result, layers, reducedSize(result));
}

/**
 * Milliseconds of the Worker's steps and of the page's.
 * @param {(listener: (event: any) => void) => void} listen to what the Worker tells
 * @param {(heatmapSide: number) => Promise<Record<string, number>>} screen
 */
export async function drawn(listen, screen) {
  /** @type {ReturnType<typeof shown> | null} */
  let photo = null;
  /** @type {Promise<Record<string, number>>} */
  const finished = new Promise((resolve, reject) => {
    listen(({ read, result, sent }) => {
      if (read !== undefined) photo = shown(read);
      else paint(photo, result, sent).then(resolve, reject);
    });
  });
  const [steps, own] = await Promise.all([screen(HEATMAP_SIDE), finished]);
  return { ...steps, ...own };
}

/** @param {ReturnType<typeof shown>} photo @param {any} result @param {number} sent when */
async function paint(photo, result, sent) {
  const received = performance.now();
  const { small, close } = await photo;
  wait(Viewer.compose(small, overlayOf(result), CANVAS, CANVAS));
  const painted = performance.now();
  close();
  return { transfer: performance.timeOrigin + received - sent, paint: painted - received };
}
