/** What lies on a photograph, as pictures: made once each, and kept while they are among the last that were shown. */

import {
  arteryLayers,
  contourLayer,
  fit,
  heatColours,
  lesionColours,
  lesionLayer,
  outlineLayer,
  picture,
  tiledLayer,
  truthColours,
  vesselColours,
} from '../viewer/layers.js';
import { drawnKinds } from './lesions.js';

/**
 * @import { Current } from '../shell/context.js'
 * @import { Drawn } from '../viewer/tiles.js'
 * @import { Laid } from '../viewer/upright.js'
 * @import { Overlay, Viewer } from '../viewer/viewer.js'
 * @import { Shown } from './layers-shown.js'
 */

export { quartersOf, turnedBitmap, turnedCanvas, turnedSize, uprightOf } from '../viewer/upright.js';

/** Enough to see a layer, and what lies under it. */
const OPACITY = 0.75;
/** Pixels of a heatmap's longer side: it has a coarse grid of its own and is smooth, so that it is drawn larger without a loss. */
export const HEATMAP_SIDE = 512;
/** Pictures kept for one photograph. */
const MAX_PICTURES = 12;

/** @param {Pick<Current, 'pictures'>} photo @param {string} key @param {() => CanvasImageSource | Drawn} make */
function once({ pictures }, key, make) {
  const found = pictures.get(key) ?? make();
  pictures.delete(key);
  pictures.set(key, found);
  if (pictures.size > MAX_PICTURES) pictures.delete(pictures.keys().next().value ?? '');
  return found;
}

/** Several as one. @param {Drawn[]} layers @returns {Drawn} */
function together(layers) {
  return {
    draw(context, place, store) {
      for (const layer of layers) layer.draw(context, place, store);
    },
  };
}

/**
 * @param {Pick<Current, 'pictures'>} photo @param {Laid} result @param {Shown} shown
 * @param {Pick<Viewer, 'width' | 'height'>} size of smooth pictures
 * @returns {Overlay}
 */
export function layersOf(photo, result, { vessels, heat, place, disc, lesions, arteries, style }, size) {
  /** @type {Overlay} */
  const overlay = [];
  const heatmap = (/** @type {string | null} */ id) => result.diseases.find((d) => d.id === id)?.heatmap ?? null;
  const coloured = style === 'colour' ? heatmap(heat) : null;
  const { width, height, mask } = result.vessels;
  if (coloured !== null) {
    const most = fit(coloured.width, coloured.height, Math.max(size.width, size.height));
    overlay.push({
      picture: once(photo, `colour ${heat}`, () => picture(coloured, most.width, most.height, heatColours)),
      opacity: OPACITY,
    });
  }
  if (vessels)
    overlay.push({
      picture: once(photo, 'vessels', () => tiledLayer({ width, height, data: mask }, vesselColours)),
      opacity: OPACITY,
    });
  const { arteryMap, lesionMap } = result;
  if (arteries && arteryMap !== null)
    overlay.push({
      picture: once(photo, 'arteries', () => together(arteryLayers(result, arteryMap))),
      opacity: OPACITY,
    });
  if (lesions && lesionMap !== null)
    for (const { kind } of drawnKinds(result.lesions))
      overlay.push({ picture: once(photo, kind, () => lesionLayer(lesionMap, kind)), opacity: OPACITY });
  const lined = heatmap(place) === null ? (style === 'contour' ? heat : null) : place;
  const layer = heatmap(lined);
  if (layer !== null) overlay.push({ picture: once(photo, `contour ${lined}`, () => contourLayer(layer)), opacity: 1 });
  const patches = [result.disc, result.cup];
  if (disc && result.disc !== null)
    overlay.push({ picture: once(photo, 'disc and cup', () => outlineLayer(patches, result)), opacity: 1 });
  return overlay;
}

/** What a phantom was drawn with. @param {Current} photo @returns {Overlay} */
export function truthOf(photo) {
  const { truth } = photo;
  if (truth === null) return [];
  const drawn = once(photo, 'true vessels', () => tiledLayer(truth.vessels, truthColours));
  const lesions = once(photo, 'true lesions', () => tiledLayer(truth.lesions, lesionColours));
  return [drawn, lesions].map((p) => ({ picture: p, opacity: 0.85 }));
}
