/** The series as ZIP files: for each photograph its mask, overlay, report and the heatmaps of what is suspected. */

import { overlayPicture } from '../worklist/pictures.js';
import { findingsOf } from '../worklist/sorting.js';
import { Archive, loadFflate } from './archive.js';
import { heatmapFile, maskFile, stemOf } from './downloads.js';
import { answersSettled, csvFile, jsonEntry, jsonFile, NOTICE } from './exports.js';

/**
 * @import { Model, ScreenResult } from '../../vmnet.js'
 * @import { Entry } from '../worklist/series.js'
 * @import { Together } from '../worklist/together.js'
 */

/** A ZIP file without extensions ends at 4 GiB and 65535 files; where it comes near, another one begins. */
const MOST_BYTES = 3 * 2 ** 30;
const MOST_FILES = 60_000;
/** Pixels of the longer side: a heatmap has a coarse grid of its own, so more would show nothing more. */
const HEATMAP = 1024;

/**
 * @typedef {object} Packing
 * @property {Entry[]} entries
 * @property {Model} model
 * @property {Together} together
 * @property {(entry: Entry) => Promise<Blob>} fileOf
 * @property {AbortSignal} signal
 * @property {(done: number, all: number) => void} onProgress
 * @property {(file: { blob: Blob, name: string }) => void} save called for each ZIP file as it is ready
 * @property {number} [mostBytes] of a ZIP file
 */

/**
 * Screens each photograph again, as no layers were kept. The pictures of one are drawn while the network looks at the next:
 * at most two are in memory.
 * @param {Packing} packing
 * @returns {Promise<string[]>} the names of those that could not be drawn
 */
export async function packSeries({
  entries,
  model,
  together,
  fileOf,
  signal,
  onProgress,
  save,
  mostBytes = MOST_BYTES,
}) {
  const fflate = await loadFflate();
  const { info } = model;
  const wanted = entries.filter((entry) => entry.state === 'done' && entry.sameAs === null);
  /** @type {string[]} */
  const missing = [];
  let part = 1;
  let archive = new Archive(fflate);
  await answersSettled(entries, together);
  await archive.add('series.csv', csvFile(entries, info, together));
  await archive.add('series.json', jsonFile(entries, info, together));
  await archive.add('notice.txt', `V-MNet ${info.version}: ${NOTICE}\n`);
  const screened = async (/** @type {Entry} */ entry) => {
    const file = await fileOf(entry);
    const ids = findingsOf(entry);
    return { file, ids, result: await model.screen(file, { heatmaps: ids, name: entry.name, signal }) };
  };
  const begin = (/** @type {Entry | undefined} */ entry) => {
    const screening = entry && screened(entry);
    screening?.catch(() => {}); // told when it is its turn
    return screening;
  };
  let next = begin(wanted[0]);
  for (const [i, entry] of wanted.entries()) {
    onProgress(i, wanted.length);
    if (archive.size > mostBytes || archive.files > MOST_FILES) {
      save({ blob: archive.finish(), name: `series-part-${part}.zip` });
      part += 1;
      archive = new Archive(fflate);
    }
    const screening = next;
    try {
      const { file, ids, result } = /** @type {Awaited<ReturnType<typeof screened>>} */ (await screening);
      next = begin(wanted[i + 1]);
      await addPictures(archive, folderOf(entry, entries.length), entry, file, result, ids, entries);
    } catch (error) {
      signal.throwIfAborted();
      console.warn(error);
      missing.push(entry.name);
    }
    if (next === screening) next = begin(wanted[i + 1]); // it could not be screened
    signal.throwIfAborted();
  }
  onProgress(wanted.length, wanted.length);
  save({ blob: archive.finish(), name: part === 1 ? 'series.zip' : `series-part-${part}.zip` });
  return missing;
}

/** Numbered, as names may repeat. @param {Entry} entry @param {number} all */
function folderOf({ id, name }, all) {
  return `photographs/${String(id).padStart(Math.max(4, String(all).length), '0')}-${stemOf(name)}`;
}

/**
 * @param {Archive} archive @param {string} folder @param {Entry} entry @param {Blob} file @param {ScreenResult} result
 * @param {string[]} ids of what is suspected, the strongest first @param {Entry[]} entries
 */
async function addPictures(archive, folder, entry, file, result, ids, entries) {
  await archive.add(`${folder}/report.json`, `${JSON.stringify(jsonEntry(entry, entries), null, 2)}\n`);
  await archive.add(`${folder}/vessels.png`, (await maskFile('', result)).blob);
  await archive.add(`${folder}/overlay.jpg`, await overlayPicture(file, result, ids[0]));
  for (const disease of result.diseases.filter(({ id }) => ids.includes(id))) {
    const heatmap = await heatmapFile('', disease, HEATMAP);
    if (heatmap !== null) await archive.add(`${folder}/heatmap-${disease.id}.png`, heatmap.blob);
  }
}
