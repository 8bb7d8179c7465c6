/** Files that stand in the list more than once: under one patient, as both his eyes, under several names. */

import { fullName, mayBeOne, personOf } from '../save/persons.js';
import { eyeOf } from './entry.js';

/** @import { Entry } from './entry.js' */

/** @typedef {{ entry: Pick<Entry, 'patient' | 'result'> & Partial<Pick<Entry, 'path' | 'sitting' | 'person'>>, visit?: string | null }} KeptBeside */

/**
 * @typedef {object} List where they stand
 * @property {Entry[]} entries in the order in which they came
 * @property {() => readonly KeptBeside[]} kept what is kept besides, of earlier lists
 * @property {{ peek: () => number }} changes counts them
 */

/** @type {WeakMap<Entry, Copies>} */
const copiesWith = new WeakMap();

/** The number of the first entry that holds the same file. @param {Entry} entry */
export function fileNumber({ id, sameAs }) {
  return sameAs ?? id;
}

/** All of the list that hold the same file under the same patient, itself among them, as they came. @param {Entry} entry @returns {Entry[]} */
export function copiesOf(entry) {
  return copiesWith.get(entry)?.groups.get(copyKey(entry)) ?? [entry];
}

/** @param {Entry} entry */
function copyKey(entry) {
  return JSON.stringify([entry.patient, fileNumber(entry)]);
}

/** Whether the same file stands before it under the same patient: then it says nothing more of him. @param {Entry} entry */
export function isRepeat(entry) {
  return copiesOf(entry)[0] !== entry;
}

/** Whether the same file stands in the list once more, under whatever name. @param {Entry} entry */
export function standsTwice(entry) {
  return copiesWith.get(entry)?.repeated.has(fileNumber(entry)) ?? false;
}

/** Whether the same file stands as both eyes of one patient: of which it is, nobody knows. @param {Entry} entry */
export function isOfBothEyes(entry) {
  if (entry.patient === '') return false;
  const eyes = copiesOf(entry).map(eyeOf);
  return eyes.includes('OD') && eyes.includes('OS');
}

/** Each file once a group and eye, the first of its copies. @param {Entry[]} entries @param {(entry: Entry) => string} [keyOf] of a group @returns {Entry[]} */
export function eachOnce(entries, keyOf = ({ patient }) => patient) {
  const seen = new Set();
  return entries.filter((entry) => {
    const file = JSON.stringify([keyOf(entry), eyeOf(entry), fileNumber(entry)]);
    return !seen.has(file) && seen.add(file);
  });
}

/** Under whose names the same file stands as well, here and among what is kept: patients may be mixed up. @param {Entry} entry @returns {string[]} */
export function otherPatients(entry) {
  const { patient, result } = entry;
  const sha256 = result?.report.image.sha256 ?? null;
  if (patient === '' || sha256 === null) return [];
  const owners = copiesWith.get(entry)?.owners.get(sha256) ?? [];
  const person = personOf(entry, entry.visit);
  const others = owners.filter((one) =>
    one.kept ? one.person !== person && !mayBeOne(one.entry, entry) : one.patient !== patient,
  );
  return [...new Set(others.map((one) => (one.patient === patient ? one.full : one.patient)))];
}

/** @param {KeptBeside['entry']} entry @param {string | null | undefined} visit @param {boolean} kept @returns {Owner} */
function ownerOf(entry, visit, kept) {
  return { patient: entry.patient, full: fullName(entry), person: personOf(entry, visit), entry, kept };
}

/** full: see fullName; kept: it does not stand in the list @typedef {{ patient: string, full: string, person: string, entry: KeptBeside['entry'], kept: boolean }} Owner */

/** What of a list is the same file, found out once for each of its states. */
export class Copies {
  #list;
  /** @type {{ changes: number, kept: readonly unknown[], owners: Map<string, Owner[]> } | null} */
  #owners = null;
  /** @type {{ changes: number, groups: Map<string, Entry[]> } | null} */
  #groups = null;

  /** @type {{ changes: number, numbers: Set<number> } | null} */
  #repeated = null;

  /** @param {List} list */
  constructor(list) {
    this.#list = list;
  }

  /** So that it can be asked of an entry alone. @param {Entry} entry of the list */
  hold(entry) {
    copiesWith.set(entry, this);
  }

  /** Patients by the SHA-256 of their files. @returns {Map<string, Owner[]>} */
  get owners() {
    const [changes, kept] = [this.#list.changes.peek(), this.#list.kept()];
    if (this.#owners?.changes === changes && this.#owners.kept === kept) return this.#owners.owners;
    /** @type {Map<string, Owner[]>} */
    const owners = new Map();
    /** @param {KeptBeside['entry']} entry @param {string | null | undefined} visit @param {boolean} away */
    const note = (entry, visit, away) => {
      const sha256 = entry.result?.report.image.sha256;
      if (sha256 && entry.patient !== '')
        owners.set(sha256, [...(owners.get(sha256) ?? []), ownerOf(entry, visit, away)]);
    };
    for (const entry of this.#list.entries) note(entry, entry.visit, false);
    for (const { entry, visit } of kept) note(entry, visit, true);
    this.#owners = { changes, kept, owners };
    return owners;
  }

  /** Numbers (see fileNumber) of the files that others repeat. @returns {Set<number>} */
  get repeated() {
    const changes = this.#list.changes.peek();
    if (this.#repeated?.changes === changes) return this.#repeated.numbers;
    const numbers = new Set(this.#list.entries.flatMap(({ sameAs }) => sameAs ?? []));
    this.#repeated = { changes, numbers };
    return numbers;
  }

  /** Those that hold the same file under the same patient (see copiesOf). @returns {Map<string, Entry[]>} */
  get groups() {
    const changes = this.#list.changes.peek();
    if (this.#groups?.changes === changes) return this.#groups.groups;
    /** @type {Map<string, Entry[]>} */
    const groups = new Map();
    for (const entry of this.#list.entries) {
      const key = copyKey(entry);
      const all = groups.get(key);
      if (all === undefined) groups.set(key, [entry]);
      else all.push(entry);
    }
    this.#groups = { changes, groups };
    return groups;
  }
}
