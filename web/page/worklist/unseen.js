/** The eye of a patient of whom only the other one was photographed: "no finding" is said of one eye then. */

import { t } from '../words/i18n.js';
import { eyeOf, eyeSource, eyesDisagree } from './entry.js';
import { byPatient } from './eye-rows.js';
import { judged } from './sorting.js';

/**
 * @import { Decided } from '../../vmnet.js'
 * @import { Entry } from './entry.js'
 * @import { Together } from './together.js'
 */

/** Whether somebody says which eye it shows, and the optic disc does not say the other: by the disc alone it is a guess. @param {Entry} entry */
function isSaid(entry) {
  return eyeOf(entry) !== '' && eyeSource(entry) !== 'guess-disc' && !eyesDisagree(entry);
}

/**
 * Which eye was not photographed, in a sentence, where the patient's answer is "no finding"; '' where both were, or where that
 * is not known.
 * @param {Entry[]} entries all of one patient @param {Decided | null} decided the patient's answer
 */
export function unseenText(entries, decided) {
  if (decided?.answer !== 'no-finding' || entries[0].patient === '') return '';
  const seen = entries.filter(judged);
  const eyes = new Set(seen.map(eyeOf));
  if (eyes.size !== 1 || !seen.every(isSaid)) return '';
  return t(eyes.has('OD') ? 'batch.unseen.OS' : 'batch.unseen.OD');
}

/** By patient, where there is something to say. @param {Entry[]} entries @param {Together} together @returns {Map<string, string>} */
export function unseenTexts(entries, together) {
  const texts = [...byPatient(entries)].map(
    ([patient, all]) => /** @type {const} */ ([patient, patient && unseenText(all, together.of(all))]),
  );
  return new Map(texts.filter(([, text]) => text !== ''));
}
