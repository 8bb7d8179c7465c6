/**
 * Patients whose names differ in capitals or accents alone: one person who was typed twice, or two. Nobody but a person can
 * tell, and two people taken for one are worse than one taken for two: so they stay apart, and it is said of both.
 */

import { onlyCounts, plain } from '../intake/names.js';

/**
 * @import { List } from './copies.js'
 * @import { Entry } from './entry.js'
 */

/** @type {WeakMap<Entry, Spellings>} */
const spellingsBeside = new WeakMap();

/** How else the patient's name is spelt, here and among what is kept. @param {Entry} entry @returns {string[]} as they came, kept ones first */
export function otherSpellings(entry) {
  return spellingsOf(entry).filter((name) => name !== entry.patient);
}

/** All spellings of the patient's name, its own among them. @param {Entry} entry @returns {string[]} as they came, kept ones first */
export function spellingsOf(entry) {
  return spellingsBeside.get(entry)?.all.get(plain(entry.patient)) ?? [entry.patient];
}

/** Of all names of a list, found out once for each of its states. */
export class Spellings {
  #list;
  /** @type {{ changes: number, kept: readonly unknown[], all: Map<string, string[]> } | null} */
  #known = null;

  /** @param {List} list */
  constructor(list) {
    this.#list = list;
  }

  /** So that it can be asked of an entry alone. @param {Entry} entry of the list */
  hold(entry) {
    spellingsBeside.set(entry, this);
  }

  /** By what they have in common. @returns {Map<string, string[]>} */
  get all() {
    const [changes, kept] = [this.#list.changes.peek(), this.#list.kept()];
    if (this.#known?.changes === changes && this.#known.kept === kept) return this.#known.all;
    const before = kept.map(({ entry }) => entry.patient).filter((name) => !onlyCounts(name));
    const here = this.#list.entries.filter(({ shelf }) => !shelf).map(({ patient }) => patient);
    /** @type {Map<string, string[]>} */
    const all = new Map();
    for (const name of new Set([...before, ...here])) {
      if (name === '') continue;
      const key = plain(name);
      all.set(key, [...(all.get(key) ?? []), name]);
    }
    this.#known = { changes, kept, all };
    return all;
  }
}
