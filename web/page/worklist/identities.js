/**
 * What speaks for two patients of the list being one, or for one being two: names that differ only in capitals, accents, signs,
 * a date or the folder before them, and what DICOM objects say of their patients. Nobody but a person can settle it, and two people taken for one are
 * worse than one taken for two: so names stay as they are, and it is said of all.
 */

import { likeness, plain } from '../intake/name-words.js';
import { groundOf } from '../intake/names.js';
import { onlyCounts } from '../intake/one-name.js';
import { personOf } from '../save/persons.js';

/**
 * @import { List } from './copies.js'
 * @import { Entry } from './entry.js'
 */

/** @typedef {{ spellings: Map<string, string[]>, stated: Map<string, string[]>, names: Map<string, string[]>, kept: Map<string, string[]>, guessed: Set<string> }} Known by what names have in common; by name what objects say; by that the names; by name who is kept, see personOf; patients put together by a guess */

/** @type {WeakMap<Entry, Identities>} */
const identitiesBeside = new WeakMap();

/** @param {Entry} entry */
const knownBeside = (entry) => identitiesBeside.get(entry)?.known;

/** A name that only counts is nobody's without its day: `scan 2024-01-31`. Any other may be called after its folder as well: `day 1/P12`. @param {string} name */
const likenessOf = (name) =>
  onlyCounts(name)
    ? plain(name).replace(/(^|\/)0+(?=\d+$)/, '$1')
    : likeness(name.slice(name.lastIndexOf('/') + 1)) || likeness(name);

/** All spellings of the patient's name, here and among what is kept, its own among them. @param {Entry} entry @returns {string[]} as they came, kept ones first */
export function spellingsOf(entry) {
  return knownBeside(entry)?.spellings.get(likenessOf(entry.patient)) ?? [entry.patient];
}

/** How else the patient's name is spelt. @param {Entry} entry @returns {string[]} */
export function otherSpellings(entry) {
  return spellingsOf(entry).filter((name) => name !== entry.patient);
}

/** Of whom the DICOM objects under the patient's name are. @param {Entry} entry @returns {string[]} as they say it */
export function statedPatients(entry) {
  return statedUnder(entry, entry.patient);
}

/** The same of another name of the list. @param {Entry} entry of the list @param {string} name @returns {string[]} */
export function statedUnder(entry, name) {
  return knownBeside(entry)?.stated.get(name) ?? [];
}

/** Under which names objects of the same patient stand as this one, its own among them. @param {Entry} entry @returns {string[]} as they came */
export function namesOfStated(entry) {
  const patient = entry.result?.stated?.patient ?? '';
  return (entry.patient === '' ? undefined : knownBeside(entry)?.names.get(patient)) ?? [];
}

/** Whether something is kept under the name of whom nobody has said whether it is the same person; a number is no name. @param {Entry} entry */
export function hasKeptNamesake(entry) {
  const kept = knownBeside(entry)?.kept.get(entry.patient) ?? [];
  return kept.some((person) => person !== personOf(entry, entry.visit));
}

/** @type {WeakMap<Entry, { patient: string, ground: import('../intake/names.js').Ground }>} */
const grounds = new WeakMap();

/** See groundOf; found out once. @param {Entry} entry */
function groundOfEntry(entry) {
  const known = grounds.get(entry);
  if (known?.patient === entry.patient) return known.ground;
  const ground = groundOf(entry.path, entry.patient);
  grounds.set(entry, { patient: entry.patient, ground });
  return ground;
}

/** Whether that it is its patient's, with others, was guessed from folders and numbers, and nobody has said so. @param {Entry} entry */
export function isPutTogether(entry) {
  return knownBeside(entry)?.guessed.has(entry.patient) ?? false;
}

/** Whether both are known to be other files. @param {Entry} one @param {Entry} other */
function isOtherFile(one, other) {
  const [here, there] = [one, other].map(({ result }) => result?.report.image.sha256 ?? null);
  return one.bytes !== other.bytes || (here !== null && there !== null && here !== there);
}

/**
 * Whom photographs are of if each folder and number is a patient: by their grounds, and where other files of one path came
 * later, by when they came. Who has the name here already keeps it.
 * @param {Entry[]} entries of the list that are to be parted @param {Entry[]} all of the list @param {(entry: Entry) => number} cameAt
 * @returns {Map<Entry, string>}
 */
export function namesApart(entries, all, cameAt) {
  /** @type {Map<string, Entry[]>} */
  const paths = new Map();
  for (const one of all) paths.set(one.path, [...(paths.get(one.path) ?? []), one]);
  const again = new Set(
    [...paths.values()].filter((own) => own.some((one) => isOtherFile(one, own[0]))).flatMap((own) => own.map(labelOf)),
  );
  const keyOf = (/** @type {Entry} */ one) =>
    JSON.stringify([groundOfEntry(one).ground, again.has(labelOf(one)) ? cameAt(one) : null]);
  /** By name whom it is of here. @type {Map<string, string>} */
  const taken = new Map();
  const parted = new Set(entries);
  for (const one of all) if (!parted.has(one)) taken.set(one.patient, keyOf(one));
  const names = new Map();
  for (const one of entries) {
    const [label, key] = [labelOf(one), keyOf(one)];
    let name = label;
    for (let n = 2; (taken.get(name) ?? key) !== key; n++) name = `${label} (${n})`;
    taken.set(name, key);
    names.set(one, name);
  }
  return names;
}

/** @param {Entry} entry */
const labelOf = (entry) => groundOfEntry(entry).label;

/** Patients of whom some photograph was put to others by a guess. @param {Entry[]} entries of a list @returns {Set<string>} */
function guessedOf(entries) {
  /** @type {Map<string, Entry[]>} */
  const patients = new Map();
  for (const entry of entries) patients.set(entry.patient, [...(patients.get(entry.patient) ?? []), entry]);
  const open = [...patients].filter(([, own]) => own.length > 1 && own.some(({ guessed }) => guessed) && differ(own));
  return new Set(open.map(([patient]) => patient));
}

/** Whether the photographs of a patient have different grounds, or are other files of one path. @param {Entry[]} entries */
function differ(entries) {
  const first = new Map(entries.toReversed().map((entry) => [entry.path, entry]));
  return (
    new Set(entries.map((entry) => groundOfEntry(entry).ground)).size > 1 ||
    entries.some((entry) => isOtherFile(entry, first.get(entry.path) ?? entry))
  );
}

/** @param {Map<string, string[]>} map @param {string} key @param {string} value each once */
function note(map, key, value) {
  const all = map.get(key) ?? [];
  if (!all.includes(value)) map.set(key, [...all, value]);
}

/** Of all names of a list, found out once for each of its states. */
export class Identities {
  #list;
  /** @type {{ changes: number, kept: readonly unknown[], known: Known } | null} */
  #known = null;

  /** @param {List} list */
  constructor(list) {
    this.#list = list;
  }

  /** So that it can be asked of an entry alone. @param {Entry} entry of the list */
  hold(entry) {
    identitiesBeside.set(entry, this);
  }

  /** @returns {Known} */
  get known() {
    const [changes, kept] = [this.#list.changes.peek(), this.#list.kept()];
    if (this.#known?.changes === changes && this.#known.kept === kept) return this.#known.known;
    const here = this.#list.entries.filter(({ shelf, patient }) => !shelf && patient !== '');
    /** @type {Known} */
    const known = {
      spellings: new Map(),
      stated: new Map(),
      names: new Map(),
      kept: new Map(),
      guessed: guessedOf(here),
    };
    const names = new Set(here.map(({ patient }) => patient));
    const people = new Set(here.map((entry) => personOf(entry, entry.visit)));
    const before = kept
      .filter(({ entry, visit }) => names.has(entry.patient) || !people.has(personOf(entry, visit))) // else he is known to be the same
      .map(({ entry }) => entry.patient)
      .filter((name) => !onlyCounts(name));
    for (const name of new Set([...before, ...here.map(({ patient }) => patient)]))
      if (name !== '') note(known.spellings, likenessOf(name), name);
    for (const { patient, result } of here) {
      if (!result?.stated?.patient) continue;
      note(known.stated, patient, result.stated.patient);
      note(known.names, result.stated.patient, patient);
    }
    for (const { entry, visit } of kept)
      if (names.has(entry.patient) && !onlyCounts(entry.patient))
        note(known.kept, entry.patient, personOf(entry, visit));
    this.#known = { changes, kept, known };
    return known;
  }
}
