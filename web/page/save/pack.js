/**
 * Photographs as ZIP files, with a page to look at them: for each its mask, overlay, report and the heatmaps of what is
 * suspected. Nothing is screened again but what nothing was kept of.
 */

import { rules } from '../rules/rules.js';
import { eachOnce } from '../worklist/copies.js';
import { masksOf, overlayPicture, picturesOf } from '../worklist/pictures.js';
import { findingsOf } from '../worklist/sorting.js';
import { wholesOf } from '../worklist/whole.js';
import { Archive, loadFflate } from './archive.js';
import { maskFile, stemOf } from './downloads.js';
import { csvFile, jsonEntry, jsonFile, NOTICE } from './exports.js';
import { fileName } from './file-names.js';
import { indexPage } from './index-page.js';

/**
 * @import { Model } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Pictures } from '../worklist/pictures.js'
 * @import { Together } from '../worklist/together.js'
 */

/** A ZIP file without extensions ends at 4 GiB and 65535 files; where it comes near, another one begins. */
const MOST_BYTES = 3 * 2 ** 30;
const MOST_FILES = 60_000;

/**
 * @typedef {object} Packing
 * @property {Entry[]} entries
 * @property {Model} model
 * @property {Together} together
 * @property {(entry: Entry) => Promise<Blob>} fileOf
 * @property {AbortSignal} signal
 * @property {(done: number, all: number) => void} onProgress
 * @property {string} [whose] they are, for the names of the ZIP files; '' or nothing: of the whole list
 * @property {(file: { blob: Blob, name: string }) => void} save called for each ZIP file as it is ready
 * @property {number} [mostBytes] of a ZIP file
 */

/**
 * @param {Packing} packing
 * @returns {Promise<string[]>} the names of those that could not be drawn
 */
export async function packSeries(packing) {
  const { entries, model, together, whose, save } = packing;
  const { info } = model;
  const fflate = await loadFflate();
  /** Those whose pictures are in the ZIP file that is being written. @type {Map<Entry, string>} */
  let inside = new Map();
  let part = 1;
  const tables = await together.complete(() => ({
    csv: csvFile(entries, info, together),
    json: jsonFile(entries, info, together),
    wholes: wholesOf(entries, together),
  }));
  const begin = async () => {
    const archive = new Archive(fflate);
    if (part > 1) return archive;
    await archive.add('results.csv', tables.csv);
    await archive.add('reports.json', tables.json);
    await archive.add('rules.json', `${JSON.stringify(rules(), null, 2)}\n`);
    await archive.add('notice.txt', `V-MNet ${info.version}: ${NOTICE}\n`);
    return archive;
  };
  const end = async (/** @type {Archive} */ archive, /** @type {boolean} */ last) => {
    await archive.add(
      'index.html',
      indexPage(last && part === 1 ? entries : [...inside.keys()], inside, info, tables.wholes),
    );
    save({ blob: archive.finish(), name: fileName('zip', { whose, part: last && part === 1 ? 0 : part }) });
    inside = new Map();
    part += 1;
  };
  let archive = await begin();
  const room = async () => {
    if (!isFull(archive, packing)) return;
    await end(archive, false);
    archive = await begin();
  };
  const missing = await packEach(packing, room, async (entry, file, pictures) => {
    const folder = folderOf(entry, entries.length);
    await addPictures(archive, folder, entry, file, pictures, jsonEntry(entry, entries, together));
    inside.set(entry, folder);
  });
  await end(archive, true);
  return missing;
}

/** @param {Archive} archive @param {Pick<Packing, 'mostBytes'>} packing */
export function isFull({ size, files }, { mostBytes = MOST_BYTES }) {
  return size > mostBytes || files > MOST_FILES;
}

/**
 * One after another, each file that is screened once a patient and eye.
 * @param {Omit<Packing, 'together'>} packing
 * @param {() => unknown} room before each: makes it
 * @param {(entry: Entry, file: Blob, pictures: Pictures, index: number) => Promise<unknown>} pack
 * @returns {Promise<string[]>} the names of those that could not be packed
 */
export async function packEach({ entries, model, fileOf, signal, onProgress }, room, pack) {
  const wanted = eachOnce(entries).filter(({ state }) => state === 'done');
  /** @type {string[]} */
  const missing = [];
  for (const [i, entry] of wanted.entries()) {
    onProgress(i, wanted.length);
    await room();
    try {
      const file = await fileOf(entry);
      await pack(entry, file, await picturesOf(entry, file, model, signal), i);
    } catch (error) {
      signal.throwIfAborted();
      console.warn(error);
      missing.push(entry.name);
    }
    signal.throwIfAborted();
  }
  onProgress(wanted.length, wanted.length);
  return missing;
}

/** Numbered, as names may repeat. @param {Entry} entry @param {number} all */
export function folderOf({ id, name }, all) {
  return `photographs/${String(id).padStart(Math.max(4, String(all).length), '0')}-${stemOf(name)}`;
}

/**
 * @param {Archive} archive @param {string} folder @param {Entry} entry that is screened @param {Blob} file
 * @param {Pictures} kept @param {object} report
 */
async function addPictures(archive, folder, entry, file, kept, report) {
  const { width, height } = /** @type {NonNullable<Entry['result']>} */ (entry.result).report.image;
  const { vessels: mask } = await masksOf(kept.mask, width, height);
  const suspected = findingsOf(entry);
  const evidence = kept.evidence.filter(({ id }) => suspected.includes(id));
  const strongest = evidence.find(({ id }) => id === suspected[0]);
  await archive.add(`${folder}/report.json`, `${JSON.stringify(report, null, 2)}\n`);
  // The browser packs the one while the other is drawn.
  const [{ blob: vessels }, overlay] = await Promise.all([
    maskFile('', { width, height, vessels: { mask: mask.data } }),
    overlayPicture(file, mask, strongest?.grey),
  ]);
  await archive.add(`${folder}/vessels.png`, vessels);
  await archive.add(`${folder}/overlay.jpg`, overlay);
  for (const { id, grey } of evidence) await archive.add(`${folder}/heatmap-${id}.png`, grey);
}
