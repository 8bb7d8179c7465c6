/**
 * What speaks against whose eye a photograph is said to be: its optic disc lies as in the other eye, the same file stands
 * under another patient's name or as the other eye, or the patient's name stands in another spelling as well. Said wherever
 * the photograph is.
 */

import { byId, make } from '../shell/dom.js';
import { listed, t } from '../words/i18n.js';
import { oddDoubt } from '../words/terms.js';
import { isOfBothEyes, otherPatients } from './copies.js';
import { eyeOf, seenEye } from './entry.js';
import { otherSpellings, spellingsOf } from './spellings.js';

/** @import { Entry } from './entry.js' */

/**
 * short: for a list; text: in full, with what may be wrong; mark: for a narrow list; join: under which name the patient can be
 * put, so that it is settled
 * @typedef {{ short: string, text: string, mark?: string, join?: string }} Doubt
 */

/** @param {Entry} entry @returns {Doubt[]} the graver first */
export function doubtsOf(entry) {
  return [...personDoubts(entry), ...eyeDoubts(entry)];
}

/** @param {Entry} entry @returns {Doubt[]} */
export function personDoubts(entry) {
  return [...sameFile(entry), ...sameName(entry)];
}

/** @param {Entry} entry @returns {Doubt[]} */
function sameFile(entry) {
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
function sameName(entry) {
  const others = otherSpellings(entry);
  if (others.length === 0) return [];
  const names = listed(others);
  return [
    {
      short: t('batch.spelt', { names }),
      text: t('batch.spelt.text', { names }),
      mark: t('batch.spelt.mark'),
      join: spellingsOf(entry)[0],
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
  #join;

  /** @param {(entry: Entry, name: string) => void} join puts all spellings of the patient's name under one */
  constructor(join) {
    this.#join = join;
    byId('override', HTMLElement).before(this.#root);
  }

  /** The photograph that is looked at; null for none of the list. @param {Entry | null} entry */
  show(entry) {
    const doubts = entry === null || entry.shelf ? [] : doubtsOf(entry);
    const text = JSON.stringify([entry?.id, doubts]);
    if (text === this.#text) return;
    this.#text = text;
    this.#root.hidden = doubts.length === 0;
    this.#root.replaceChildren(
      ...doubts.flatMap((doubt) => [make('p', {}, doubt.text), ...this.#remedy(/** @type {Entry} */ (entry), doubt)]),
    );
  }

  /** @param {Entry} entry @param {Doubt} doubt */
  #remedy(entry, { join }) {
    if (join === undefined) return [];
    const button = make('button', { type: 'button', 'data-testid': 'join' }, t('batch.spelt.join', { name: join }));
    button.addEventListener('click', () => this.#join(entry, join));
    return [button];
  }
}
