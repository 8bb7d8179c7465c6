/**
 * Results as DICOM objects, in ZIP files: into the photograph's own study where it was a DICOM object, else into a new one for
 * all of the patient's photographs of a day, with the photograph itself. Loaded when somebody saves them.
 */

import { newUid } from '../../dicom/header.js';
import { factsOf, readObject } from '../../dicom/object.js';
import { toDicom } from '../../dicom.js';
import { sniff } from '../../photo/sniff.js';
import { reportHere } from '../case/decision.js';
import { bitmapOf } from '../intake/bitmap.js';
import { eyeSource } from '../worklist/entry.js';
import { masksOf } from '../worklist/pictures.js';
import { wholesOf } from '../worklist/whole.js';
import { Archive, loadFflate } from './archive.js';
import { fileName } from './file-names.js';
import { folderOf, isFull, packEach } from './pack.js';
import { toldOf } from './told.js';
import { dayOfEntry } from './visits.js';

/**
 * @import { DicomContext } from '../../dicom.js'
 * @import { DicomFacts } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Packing } from './pack.js'
 */

/**
 * @param {Packing & { plain: boolean }} packing `plain`: without patient, study and names of files
 * @returns {Promise<string[]>} the names of those that could not be written
 */
export async function packDicom(packing) {
  const { entries, together, whose, save, plain } = packing;
  const wholes = await together.complete(() => wholesOf(entries, together));
  const fflate = await loadFflate();
  const studies = new Studies();
  const of = plain ? { what: 'deidentified' } : { whose };
  let archive = new Archive(fflate);
  let part = 1;
  const end = (/** @type {boolean} */ last) => {
    save({ blob: archive.finish(), name: fileName('dicom', { ...of, part: last && part === 1 ? 0 : part }) });
    archive = new Archive(fflate);
    part += 1;
  };
  const room = () => isFull(archive, packing) && end(false);
  const missing = await packEach(packing, room, async (entry, file, { mask }, i) => {
    const folder = plain ? String(i + 1).padStart(4, '0') : folderOf(entry, entries.length);
    const told = toldOf(entry, wholes.get(entry) ?? null, plain).join(' ');
    for (const [kind, bytes] of Object.entries(await objectsOf(entry, file, mask, studies, plain, told)))
      if (bytes !== null) await archive.add(`${folder}/${kind}.dcm`, new Blob([bytes]));
  });
  end(true);
  return missing;
}

/** @param {Entry} entry @param {Blob} file @param {Blob} kept its masks @param {Studies} studies @param {boolean} plain @param {string} comment */
async function objectsOf(entry, file, kept, studies, plain, comment) {
  const { report: given } = /** @type {NonNullable<Entry['result']>} */ (entry.result);
  const report = reportHere(given);
  const { width, height } = report.image;
  const { vessels, disc, cup } = await masksOf(kept, width, height);
  const facts = await factsIn(entry.name, file, plain);
  /** @type {DicomContext} */
  const context = {
    photograph: await pixelsOf(file),
    source: facts ?? (plain ? null : studies.of(entry.patient, dayOfEntry(entry))),
    eye: eyeIn(entry, facts),
    comment,
  };
  return toDicom({ width, height, vessels: { mask: vessels.data }, disc, cup, report }, context);
}

/** What the photograph's file says of itself; null where it is no DICOM object. @param {string} name @param {Blob} file @param {boolean} plain @returns {Promise<DicomFacts | null>} */
async function factsIn(name, file, plain) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (sniff(bytes).kind !== 'dicom') return null;
  return factsOf(await readObject(name, bytes), 1, plain);
}

/** The photograph upright. @param {Blob} file */
async function pixelsOf(file) {
  const bitmap = await bitmapOf(file);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
  if (context === null) throw new Error('no 2d canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/**
 * As a person said, else as the object says, else as the names of file and folders do; never as the photograph looks.
 * @param {Entry} entry @param {DicomFacts | null} facts @returns {DicomContext['eye']} undefined: what the object says
 */
function eyeIn(entry, facts) {
  const source = eyeSource(entry);
  if (source === 'user') return entry.chosen || null;
  return source === 'guess-name' && facts?.laterality == null ? entry.named || null : undefined;
}

/** The studies of those who had none: one for each patient and day, one for each photograph of nobody. */
class Studies {
  /** @type {Map<string, string>} */
  #uids = new Map();

  /** @param {string} patient @param {string | null} day @returns {Partial<DicomFacts>} */
  of(patient, day) {
    // A backslash would part it into two values.
    const id = patient.replace(/[\\\p{Cc}]/gu, ' ').slice(0, 64);
    const visit = JSON.stringify([id, day]);
    const uid = (id !== '' && this.#uids.get(visit)) || newUid();
    this.#uids.set(visit, uid);
    const none = { name: null, birthDate: null, sex: null };
    return { patient: { ...none, id }, study: { uid, ...EMPTY } };
  }
}

const EMPTY = Object.freeze({
  series: null,
  instance: null,
  frameOfReference: null,
  id: null,
  date: null,
  time: null,
  accession: null,
  referrer: null,
});
