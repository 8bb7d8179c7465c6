/** What is said of a photograph beside its answer in files for programs that show text: in English, whatever the page speaks. */

import { reasonCodes } from '../case/decision.js';
import { isOfBothEyes, otherPatients } from '../worklist/copies.js';
import { eyesDisagree, otherStatedEye } from '../worklist/entry.js';
import { isPutTogether, namesOfStated, otherSpellings, statedPatients } from '../worklist/identities.js';

/**
 * @import { Entry } from '../worklist/entry.js'
 * @import { Whole } from '../worklist/whole.js'
 */

/**
 * A sentence each: what of the file was not looked at, what speaks against whose eye it is said to be, what is said of the
 * patient where that is more, and what a person decided.
 * @param {Entry} entry @param {Whole | null} whole
 * @param {boolean} [plain] without names, and without a person's words
 * @returns {string[]}
 */
export function toldOf(entry, whole, plain = false) {
  const { result, review } = entry;
  return [
    ...(result?.notes ?? []).map((note) => `Of ${note}.`),
    ...doubts(entry, plain),
    ...(whole === null ? [] : [patient(whole)]),
    ...(review === null || plain ? [] : [decided(review)]),
  ];
}

/** @param {Entry} entry @param {boolean} plain */
function doubts(entry, plain) {
  const others = otherPatients(entry);
  const names = plain ? 'another patient' : others.join(', ');
  const spellings = otherSpellings(entry);
  const spelt = plain ? '' : ` (${spellings.join(', ')})`;
  return [
    ...(eyesDisagree(entry) ? ['The optic disc lies as in the other eye: the eye may be wrong.'] : []),
    ...(isOfBothEyes(entry) ? ['The same file stands as both eyes: of which eye it is, is not known.'] : []),
    ...(others.length > 0 ? [`The same file also stands under ${names}: patients may be mixed up.`] : []),
    ...(otherStatedEye(entry) ? ['The DICOM object says the other eye: the eye may be wrong.'] : []),
    ...(entry.patient !== '' && statedPatients(entry).length > 1
      ? ['DICOM objects of several patients stand under this name: patients may be mixed up.']
      : []),
    ...(namesOfStated(entry).length > 1 ? ['DICOM objects of this patient also stand under another name.'] : []),
    ...(isPutTogether(entry)
      ? ['That these photographs are of one patient was guessed from folders and numbers: they may be of several.']
      : []),
    ...(spellings.length > 0
      ? [
          `Another patient's name differs only in capitals, accents, signs, a date or a folder${spelt}: it may be the same person.`,
        ]
      : []),
  ];
}

/** No report of one photograph reads as the patient's. @param {Whole} whole */
function patient({ decided }) {
  const answer = decided === null ? 'not known yet' : `${decided.answer} (${reasonCodes(decided)})`;
  return `For this patient, from all photographs: ${answer}.`;
}

/** A person's word stands beside the answer. @param {NonNullable<Entry['review']>} review */
function decided({ answer, by, note }) {
  return `A person decided: ${answer}${by ? ` (${by})` : ''}.${note ? ` ${note}` : ''}`;
}
