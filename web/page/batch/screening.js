/** How one entry of the series is screened, and what is kept of it. */

import { sha256 } from '../../photo.js';
import { smallPictures } from './pictures.js';
import { withoutLayers } from './series.js';

/**
 * @import { Model, ScreenResult } from '../../vmnet.js'
 * @import { Entry, Series } from './series.js'
 */

/**
 * @param {Series} series
 * @param {() => Promise<Model>} model
 * @param {(entry: Entry) => Promise<Blob>} fileOf
 * @returns {(entry: Entry, signal: AbortSignal, alive: () => void) => Promise<void>}
 */
export function screener(series, model, fileOf) {
  // Pictures are drawn while the next photograph is screened: one behind, so that at most two are in memory.
  let drawing = Promise.resolve();
  return async (entry, signal, alive) => {
    const file = await fileOf(entry);
    const twin = await twinOf(series, entry, file);
    if (twin !== null) {
      await drawing;
      const { result, thumb, preview, id } = twin;
      series.update(entry, { result: structuredClone(result), thumb, preview, sameAs: id });
      return;
    }
    const ready = await model();
    const result = await ready.screen(file, { heatmaps: [], name: entry.name, signal, onProgress: alive });
    series.update(entry, { result: withoutLayers(result, ready.info.notes) });
    await drawing;
    drawing = draw(series, entry, file, result);
  };
}

/** @param {Series} series @param {Entry} entry @param {Blob} file @param {ScreenResult} result */
async function draw(series, entry, file, result) {
  try {
    series.update(entry, await smallPictures(file, result));
  } catch (error) {
    console.warn(error); // the row goes without a picture
  }
}

/** An entry with the same bytes, which need not be screened again. @param {Series} series @param {Entry} entry @param {Blob} file */
async function twinOf(series, entry, file) {
  const others = series.twins(entry);
  if (others.length === 0) return null;
  const hash = await file.arrayBuffer().then(
    (bytes) => sha256(new Uint8Array(bytes)),
    () => null,
  );
  if (hash === null) return null;
  return others.find(({ result }) => result?.report.image.sha256 === hash) ?? null;
}
