/**
 * What speaks against whose eye a photograph is said to be: its optic disc lies as in the other eye, the same file stands
 * under another patient's name or as the other eye, or the patient's name stands in another spelling as well. Said wherever
 * the photograph is.
 */

import { byId, make } from '../shell/dom.js';
import { listed, t } from '../words/i18n.js';
import { oddDoubt } from '../words/terms.js';
import { isOfBothEyes, otherPatients } from './copies.js';
import { eyeOf, otherStatedEye, seenEye } from './entry.js';
import {
  hasKeptNamesake,
  isPutTogether,
  namesOfStated,
  otherSpellings,
  spellingsOf,
  statedPatients,
  statedUnder,
} from './identities.js';

/** @import { Entry } from './entry.js' */

/**
 * short: for a list; text: in full, with what may be wrong; mark: for a narrow list; join: names of which the first can be that
 * of all, so that it is settled; guessed: whether its photographs were put together by a guess
 * @typedef {{ short: string, text: string, mark?: string, join?: string[], guessed?: boolean }} Doubt
 */
/**
 * What somebody can say of them.
 * @typedef {object} Said
 * @property {(names: string[]) => void} join puts all of these patients under the first name
 * @property {() => void} part makes a patient of each folder and number that a guess put together
 * @property {() => void} one says that the guesses are right
 */

/** @param {Entry} entry @returns {Doubt[]} the graver first */
export function doubtsOf(entry) {
  return [...personDoubts(entry), ...eyeDoubts(entry)];
}

/** @param {Entry} entry @returns {Doubt[]} */
export function personDoubts(entry) {
  return [...sameFile(entry), ...severalStated(entry), ...sameStated(entry), ...sameName(entry), ...putTogether(entry)];
}

/** In a list: also what beside the case is a question of its own. @param {Entry} entry @returns {Doubt[]} */
export function listDoubts(entry) {
  return [...personDoubts(entry), ...keptNamesake(entry)];
}

/** @param {Entry} entry @returns {Doubt[]} */
function keptNamesake(entry) {
  if (!hasKeptNamesake(entry)) return [];
  return [{ short: t('batch.kept'), text: t('batch.kept.text'), mark: t('batch.spelt.mark') }];
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
      join: spellingsOf(entry),
    },
  ];
}

/** @param {Entry} entry @returns {Doubt[]} */
function putTogether(entry) {
  if (!isPutTogether(entry)) return [];
  const short = t('batch.guessed');
  return [{ short, text: t('batch.guessed.text', { mark: short }), mark: short, guessed: true }];
}

/** Under one name DICOM objects of several patients. @param {Entry} entry @returns {Doubt[]} */
function severalStated(entry) {
  const stated = statedPatients(entry);
  if (entry.patient === '' || stated.length < 2) return [];
  const names = listed(stated);
  const [short, text] = [t('batch.object.patients', { names }), t('batch.object.patients.text', { names })];
  return [{ short, text, mark: 'DICOM' }];
}

/** DICOM objects of one patient under several names; names that may be of several are not put together. @param {Entry} entry @returns {Doubt[]} */
function sameStated(entry) {
  const all = namesOfStated(entry).toSorted((a, b) => Number(/\d/.test(a)) - Number(/\d/.test(b))); // words before numbers
  if (all.length < 2) return [];
  const sure = all.every((name) => statedUnder(entry, name).length === 1);
  const names = listed(all.filter((name) => name !== entry.patient));
  return [
    {
      short: t('batch.object.same', { names }),
      text: t('batch.object.same.text', { names }),
      mark: t('batch.spelt.mark'),
      ...(sure ? { join: all } : {}),
    },
  ];
}

/** The object says another eye. @param {Entry} entry @returns {Doubt[]} */
function statedEye(entry) {
  const eye = otherStatedEye(entry);
  if (eye === '') return [];
  return [
    {
      short: t('batch.object.eye', { eye: t(`batch.eye.short.${eye}`) }),
      text: t('batch.object.eye.text', { eye: t(`batch.eye.${eye}`) }),
    },
  ];
}

/** @param {Entry} entry @returns {Doubt[]} */
export function eyeDoubts(entry) {
  const both = { short: t('batch.same.eyes'), text: t('batch.same.eyes.text'), mark: t('batch.same.mark') };
  const doubts = [...(isOfBothEyes(entry) ? [both] : []), ...statedEye(entry)];
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
  #said;

  /** @param {Said} said */
  constructor(said) {
    this.#said = said;
    byId('override', HTMLElement).before(this.#root);
  }

  /** The photograph that is looked at; null for none of the list. @param {Entry | null} entry */
  show(entry) {
    const doubts = entry === null || entry.shelf ? [] : doubtsOf(entry);
    const text = JSON.stringify([entry?.id, doubts.map(({ text: said, join }) => [said, join])]);
    if (text === this.#text) return;
    this.#text = text;
    this.#root.hidden = doubts.length === 0;
    this.#root.replaceChildren(...doubts.flatMap((doubt) => [make('p', {}, doubt.text), ...this.#remedy(doubt)]));
  }

  /** @param {Doubt} doubt */
  #remedy({ join, guessed }) {
    const button = (/** @type {string} */ id, /** @type {string} */ text, /** @type {() => void} */ act) => {
      const node = make('button', { type: 'button', 'data-testid': id }, text);
      node.addEventListener('click', act);
      return node;
    };
    if (join !== undefined)
      return [button('join', t('batch.spelt.join', { name: join[0] }), () => this.#said.join(join))];
    if (!guessed) return [];
    return [
      button('part', t('batch.guessed.part'), () => this.#said.part()),
      button('one', t('batch.guessed.one'), () => this.#said.one()),
    ];
  }
}
