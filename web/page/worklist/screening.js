/** How one entry of the series is screened, and what is kept of it. */

import { sha256 } from '../../photo/checks.js';
import { withoutLayers } from './entry.js';
import { HEATMAP, smallPictures } from './pictures.js';

/**
 * @import { DecodedPhotograph, Model, ScreenResult } from '../../vmnet.js'
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
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
  const ahead = new Ahead(series, fileOf);
  return async (entry, signal, alive) => {
    const file = await fileOf(entry);
    const decoded = await ahead.of(entry);
    const twin = await twinOf(series, entry, file);
    if (twin !== null) {
      decoded?.close();
      await drawing;
      const { result, thumb, preview, mask, evidence, id } = twin;
      const twinned = { result: structuredClone(result), thumb, preview, mask, evidence, sameAs: id };
      series.update(entry, { state: 'done', ...twinned });
      return;
    }
    const ready = await model();
    const screening = ready.screen(decoded ?? file, {
      heatmaps: 'suspected',
      heatmapSide: HEATMAP,
      name: entry.name,
      signal,
      onProgress: alive,
    });
    ahead.begin(ready);
    const result = await screening;
    series.update(entry, { state: 'done', result: withoutLayers(result, ready.info.notes) }); // at one go: nobody counts a half
    await drawing;
    drawing = draw(series, entry, file, result);
  };
}

/** Decodes the entry that comes next while one is screened. */
class Ahead {
  #series;
  #fileOf;
  /** @type {Entry | undefined} */
  #entry;
  /** @type {Promise<DecodedPhotograph | null>} */
  #decoded = Promise.resolve(null);

  /** @param {Series} series @param {(entry: Entry) => Promise<Blob>} fileOf */
  constructor(series, fileOf) {
    this.#series = series;
    this.#fileOf = fileOf;
  }

  /** What was decoded for this entry; null where nothing was, or went wrong: screening it tells why. @param {Entry} entry */
  async of(entry) {
    const decoded = await this.#decoded;
    this.#decoded = Promise.resolve(null);
    if (this.#entry === entry) return decoded;
    decoded?.close();
    return null;
  }

  /** @param {Model} model */
  begin(model) {
    const entry = this.#series.next();
    this.#entry = entry;
    if (entry === undefined) return;
    this.#decoded = this.#fileOf(entry)
      .then((file) => model.decode(file, { name: entry.name }))
      .catch(() => null);
  }
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
