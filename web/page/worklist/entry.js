/** An entry of the list: a photograph without its pixels, and whose eye it shows. */

import { oddDoubt } from '../words/terms.js';

/**
 * @import { DicomFacts, Report, ScreenResult } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 */

/** waiting for its turn, being screened, screened, not possible, left out when the series was cancelled */
/** @typedef {'waiting' | 'working' | 'done' | 'failed' | 'left'} State */

/** patient: '' where it names none @typedef {{ patient: string, eye: Eye }} Stated */

/**
 * What is kept of a result: numbers and words, no layers.
 * @typedef {object} Screened
 * @property {Report} report
 * @property {unknown} measures of the vessels, as screen() gave them; null without
 * @property {unknown} opticDisc null when it was not found
 * @property {{ guess: 'OD' | 'OS' | null, confidence: number } | null} laterality
 * @property {string[]} notes what of the file was not looked at
 * @property {Stated | null} [stated] what a DICOM object says of itself
 */

/**
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} name of the file
 * @property {string} path with its folders
 * @property {number} bytes
 * @property {Blob | null} file null: it lies in the store
 * @property {State} state
 * @property {Screened | null} result
 * @property {import('../words/error-texts.js').KeptError | null} error
 * @property {string} patient
 * @property {string} [sitting] in which it came: from one list to the next the same number need not be the same person
 * @property {string} [person] whom somebody said that it is, where name and folders say another one (see personOf)
 * @property {boolean} [guessed] whether only its path says whose it is; not where somebody has said so
 * @property {Eye} named the eye by the names of file and folders
 * @property {Eye | null} chosen the eye as a person corrected it
 * @property {number | null} sameAs the entry that holds the same bytes, by SHA-256
 * @property {Blob | null} thumb a small picture
 * @property {Blob | null} preview a larger one, for paper
 * @property {Blob | null} mask the vessels (see Pictures)
 * @property {import('./pictures.js').Evidence[]} evidence where the network looked
 * @property {import('../record/review.js').Review | null} review what a person said to the answer
 * @property {boolean} shelf whether it is an example: it goes when photographs of one's own come
 * @property {string | null} [visit] when it was taken in, as in ISO 8601, once it is kept; null: nobody knows; undefined: now
 * @property {number} version counts changes
 */

/** @param {ScreenResult} result @param {string[]} common notes of every photograph @returns {Screened} */
export function withoutLayers(result, common) {
  const { report, measures, opticDisc, laterality, info, dicom } = result;
  return {
    report,
    measures: measures ?? null,
    opticDisc: opticDisc ?? null,
    laterality: laterality ?? null,
    notes: info.notes.filter((note) => !common.includes(note)),
    stated: dicom ? statedIn(dicom) : null,
  };
}

/** By the ID, which says more than a name. @param {DicomFacts} dicom @returns {Stated} */
function statedIn({ patient, laterality }) {
  const name = (patient?.id || patient?.name || '').replaceAll('^', ' ').trim();
  return { patient: name, eye: /** @type {const} */ ({ R: 'OD', L: 'OS', B: '' })[laterality ?? 'B'] };
}

/** What its DICOM object says, where that is another eye than it is taken for and nobody chose it. @param {Entry} entry @returns {Eye} */
export function otherStatedEye(entry) {
  const eye = entry.result?.stated?.eye ?? '';
  return entry.chosen === null && eyeOf(entry) !== eye ? eye : '';
}

/** The eye by the side of the optic disc. @param {Entry} entry @returns {Eye} */
export function seenEye({ result }) {
  return result?.laterality?.guess ?? '';
}

/** A person's word counts most, then the name's, then the picture's. @param {Entry} entry @returns {Eye} */
export function eyeOf(entry) {
  return entry.chosen ?? (entry.named || seenEye(entry));
}

/** @param {Entry} entry @returns {'user' | 'guess-name' | 'guess-disc' | ''} */
export function eyeSource(entry) {
  if (entry.chosen !== null) return 'user';
  if (entry.named !== '') return 'guess-name';
  return seenEye(entry) === '' ? '' : 'guess-disc';
}

/** Whether the optic disc lies on the other side than it should. @param {Entry} entry */
export function eyesDisagree(entry) {
  return oddDoubt(seenEye(entry), eyeOf(entry)) !== null;
}
