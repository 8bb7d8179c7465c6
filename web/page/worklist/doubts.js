/**
 * What speaks against whose eye a photograph is said to be: its optic disc lies as in the other eye, or the same file stands
 * under another patient's name or as the other eye. Said wherever the photograph is.
 */

import { byId, make } from '../shell/dom.js';
import { listed, t } from '../words/i18n.js';
import { oddDoubt } from '../words/terms.js';
import { isOfBothEyes, otherPatients } from './copies.js';
import { eyeOf, seenEye } from './entry.js';

/** @import { Entry } from './entry.js' */

/** @typedef {{ short: string, text: string, mark?: string }} Doubt short: for a list; text: in full, with what may be wrong; mark: for a narrow list */

/** @param {Entry} entry @returns {Doubt[]} the graver first */
export function doubtsOf(entry) {
  return [...personDoubts(entry), ...eyeDoubts(entry)];
}

/** @param {Entry} entry @returns {Doubt[]} */
export function personDoubts(entry) {
  const others = otherPatients(entry);
  if (others.length === 0) return [];
  const names = listed(others);
  return [
    {
      short: t('batch.same.patient', { names }),
      text: t('batch.same.patient.text', { names }),
      mark: t('batch.same.mark'),
    },
  ];
}

/** @param {Entry} entry @returns {Doubt[]} */
export function eyeDoubts(entry) {
  const both = { short: t('batch.same.eyes'), text: t('batch.same.eyes.text'), mark: t('batch.same.mark') };
  const doubts = isOfBothEyes(entry) ? [both] : [];
  const odd = oddDoubt(seenEye(entry), eyeOf(entry));
  return odd === null ? doubts : [...doubts, odd];
}

/** Of several photographs, each once. @param {Entry[]} entries @returns {Doubt[]} */
export function allDoubts(entries) {
  const all = entries.flatMap(doubtsOf);
  return all.filter(({ text }, i) => all.findIndex((other) => other.text === text) === i);
}

/** Beside the answer, in full. */
export class Doubts {
  #root = make('div', { class: 'warnings', 'data-testid': 'doubts', hidden: '' });
  /** What it says already. */
  #text = '';

  constructor() {
    byId('override', HTMLElement).before(this.#root);
  }

  /** The photograph that is looked at; null for none of the list. @param {Entry | null} entry */
  show(entry) {
    const doubts = entry === null || entry.shelf ? [] : doubtsOf(entry);
    const text = JSON.stringify(doubts);
    if (text === this.#text) return;
    this.#text = text;
    this.#root.hidden = doubts.length === 0;
    this.#root.replaceChildren(...doubts.map((doubt) => make('p', {}, doubt.text)));
  }
}
