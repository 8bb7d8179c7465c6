/** The series: its photographs as entries of a table, without any picture's pixels. */

import { signal } from '../../vendor/signals.js';
import { pathOf } from '../intake/folders.js';
import { guessNames } from '../intake/names.js';
import { oddDoubt } from '../words/terms.js';

/**
 * @import { Report, ScreenResult } from '../../vmnet.js'
 * @import { Eye, Guess } from '../intake/names.js'
 */

/** waiting for its turn, being screened, screened, not possible, left out when the series was cancelled */
/** @typedef {'waiting' | 'working' | 'done' | 'failed' | 'left'} State */

/**
 * What is kept of a result: numbers and words, no layers.
 * @typedef {object} Screened
 * @property {Report} report
 * @property {unknown} measures of the vessels, as screen() gave them; null without
 * @property {unknown} opticDisc null when it was not found
 * @property {{ guess: 'OD' | 'OS' | null, confidence: number } | null} laterality
 * @property {string[]} notes what of the file was not looked at
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
  const { report, measures, opticDisc, laterality, info } = result;
  return {
    report,
    measures: measures ?? null,
    opticDisc: opticDisc ?? null,
    laterality: laterality ?? null,
    notes: info.notes.filter((note) => !common.includes(note)),
  };
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

/** place: see Guess @typedef {{ entry: Entry, place: string | null }} Placed */

/**
 * `1`, else `1 (2)` and so on: the first that no file of another place has, and no other file of the same path. Where several
 * might be meant, none is, but for files that are here already.
 * @param {string} patient @param {string} place @param {File[]} files @param {Map<string, Placed[]>} known by patient
 */
function nameApart(patient, place, files, known) {
  const same = (/** @type {Entry} */ { path, bytes }) =>
    files.some((file) => pathOf(file) === path && file.size === bytes);
  const other = (/** @type {Entry} */ { path, bytes }) =>
    files.some((file) => pathOf(file) === path && file.size !== bytes);
  /** @type {string[]} */
  const free = [];
  for (let n = 1; ; n++) {
    const name = n === 1 ? patient : `${patient} (${n})`;
    const own = known.get(name) ?? [];
    if (own.length === 0) return n === 2 && free.length === 1 ? free[0] : name;
    if (own.some(({ entry }) => same(entry))) return name;
    if (own.every((one) => (one.place ?? place) === place && !other(one.entry))) free.push(name);
  }
}

/** @type {WeakMap<Entry, Series>} */
const listOf = new WeakMap();

/** The number of the first entry that holds the same file. @param {Entry} entry */
export function fileNumber({ id, sameAs }) {
  return sameAs ?? id;
}

/** All of the list that hold the same file under the same patient, itself among them, as they came. @param {Entry} entry @returns {Entry[]} */
export function copiesOf(entry) {
  return listOf.get(entry)?.copies.get(copyKey(entry)) ?? [entry];
}

/** @param {Entry} entry */
function copyKey(entry) {
  return JSON.stringify([entry.patient, fileNumber(entry)]);
}

/** Whether the same file stands before it under the same patient: then it says nothing more of him. @param {Entry} entry */
export function isRepeat(entry) {
  return copiesOf(entry)[0] !== entry;
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
  return [...(listOf.get(entry)?.owners.get(sha256) ?? [])].filter((name) => name !== patient);
}

export class Series {
  /** In the order in which they came. @type {Entry[]} */
  entries = [];
  /** What is kept besides, of earlier lists. @type {() => readonly { entry: Pick<Entry, 'patient' | 'result'> }[]} */
  kept = () => [];
  /** @type {{ changes: number, kept: readonly unknown[], owners: Map<string, Set<string>> } | null} */
  #owners = null;
  /** @type {{ changes: number, copies: Map<string, Entry[]> } | null} */
  #copies = null;
  /** Names of files that are no photographs. @type {string[]} */
  others = [];
  /** @type {Map<number, Entry>} */
  #byId = new Map();
  #last = 0;
  /** Counts changes; which entries they were of, their versions tell. */
  changes = signal(0);

  /** @param {number | null} id */
  entry(id) {
    return id === null ? undefined : this.#byId.get(id);
  }

  /** Patients by the SHA-256 of their files. @returns {Map<string, Set<string>>} */
  get owners() {
    const [changes, kept] = [this.changes.peek(), this.kept()];
    if (this.#owners?.changes === changes && this.#owners.kept === kept) return this.#owners.owners;
    /** @type {Map<string, Set<string>>} */
    const owners = new Map();
    for (const { patient, result } of [...this.entries, ...kept.map(({ entry }) => entry)]) {
      const sha256 = result?.report.image.sha256;
      if (!sha256 || patient === '') continue;
      const names = owners.get(sha256) ?? new Set();
      owners.set(sha256, names.add(patient));
    }
    this.#owners = { changes, kept, owners };
    return owners;
  }

  /** Those that hold the same file under the same patient (see copiesOf). @returns {Map<string, Entry[]>} */
  get copies() {
    const changes = this.changes.peek();
    if (this.#copies?.changes === changes) return this.#copies.copies;
    /** @type {Map<string, Entry[]>} */
    const copies = new Map();
    for (const entry of this.entries) {
      const key = copyKey(entry);
      const all = copies.get(key);
      if (all === undefined) copies.set(key, [entry]);
      else all.push(entry);
    }
    this.#copies = { changes, copies };
    return copies;
  }

  /** @param {File[]} files @returns {Entry[]} */
  add(files) {
    const guesses = this.#tellApart(files, this.#asTogether(files.map(pathOf)));
    const added = files.map((file, i) => {
      this.#last += 1;
      /** @type {Entry} */
      const entry = {
        id: this.#last,
        name: file.name,
        path: pathOf(file),
        bytes: file.size,
        file,
        state: 'waiting',
        result: null,
        error: null,
        patient: guesses[i].patient,
        named: guesses[i].eye,
        chosen: null,
        sameAs: null,
        thumb: null,
        preview: null,
        shelf: false,
        mask: null,
        evidence: [],
        review: null,
        version: 0,
      };
      return entry;
    });
    this.#take(added);
    return added;
  }

  /**
   * Names may show only together that they are of several people, as `a/10_left`, `a/10_right` and `a/13_left`: what comes later
   * is nobody's who is here and would be another one then, and his who is here under a part of the name that it would have.
   * @param {string[]} paths @returns {Guess[]}
   */
  #asTogether(paths) {
    const guesses = guessNames(paths);
    if (this.entries.length === 0) return guesses;
    const all = [...new Set([...this.entries.map(({ path }) => path), ...paths])];
    const names = new Map(guessNames(all).map(({ patient }, i) => [all[i], patient]));
    /** Under which names each is here who would be one person. @type {Map<string, Set<string>>} */
    const here = new Map();
    for (const { path, patient } of this.entries) {
      const name = names.get(path) ?? '';
      here.set(name, (here.get(name) ?? new Set()).add(patient));
    }
    const taken = new Set(this.entries.map(({ patient }) => patient));
    return guesses.map((one, i) => {
      const name = names.get(paths[i]) ?? one.patient;
      const own = here.get(name) ?? new Set();
      if (one.place !== null || own.has(one.patient)) return one;
      const part = [...own].find((known) => name.startsWith(`${known}/`) || name.endsWith(`/${known}`));
      return { ...one, patient: part ?? (taken.has(one.patient) ? name : one.patient) };
    });
  }

  /**
   * A name that only counts, such as 1, is another person's where it stands here already for a file of another place, or for
   * another file of the same path: two folders that came one after the other may each hold a 1.
   * @param {File[]} files @param {Guess[]} guesses @returns {Guess[]}
   */
  #tellApart(files, guesses) {
    /** @type {Map<string, { patient: string, place: string, own: File[] }>} */
    const groups = new Map();
    for (const [i, { patient, place }] of guesses.entries()) {
      if (place === null) continue;
      const key = JSON.stringify([patient, place]);
      const group = groups.get(key) ?? { patient, place, own: [] };
      group.own.push(files[i]);
      groups.set(key, group);
    }
    if (groups.size === 0) return guesses;
    const known = this.#byName();
    /** @type {Map<string, string>} */
    const names = new Map();
    for (const [key, { patient, place, own }] of groups) names.set(key, nameApart(patient, place, own, known));
    return guesses.map((one) => ({
      ...one,
      patient: names.get(JSON.stringify([one.patient, one.place])) ?? one.patient,
    }));
  }

  /** @returns {Map<string, Placed[]>} by patient */
  #byName() {
    const guesses = guessNames(this.entries.map(({ path }) => path));
    /** @type {Map<string, Placed[]>} */
    const all = new Map();
    for (const [i, entry] of this.entries.entries()) {
      const own = all.get(entry.patient) ?? [];
      own.push({ entry, place: guesses[i].place });
      all.set(entry.patient, own);
    }
    return all;
  }

  /**
   * Entries that were kept from before; they come first and keep their numbers. What came in while they were fetched is
   * numbered anew.
   * @param {Entry[]} kept
   */
  restore(kept) {
    const came = this.entries;
    this.#last = Math.max(this.#last, ...kept.map(({ id }) => id));
    const anew = new Map(came.map(({ id }) => [id, ++this.#last]));
    for (const entry of came) {
      entry.id = anew.get(entry.id) ?? entry.id;
      entry.sameAs = entry.sameAs === null ? null : (anew.get(entry.sameAs) ?? null);
      entry.version += 1;
    }
    this.entries = [];
    this.#byId.clear();
    this.#take([...kept, ...came]);
    this.#link();
  }

  /** Each copy of a file names the first that is here, by their SHA-256: the one that it named may be gone. */
  #link() {
    /** @type {Map<string, number>} */
    const first = new Map();
    for (const entry of this.entries) {
      const sha256 = entry.result?.report.image?.sha256;
      if (!sha256) continue;
      const sameAs = first.get(sha256) ?? null;
      if (sameAs === null) first.set(sha256, entry.id);
      if (entry.sameAs !== sameAs) this.update(entry, { sameAs });
    }
  }

  /** @param {Entry[]} entries */
  #take(entries) {
    for (const entry of entries) {
      this.entries.push(entry);
      this.#byId.set(entry.id, entry);
      listOf.set(entry, this);
    }
    this.changes.value += 1;
  }

  /** @param {Entry} entry @param {Partial<Entry>} change */
  update(entry, change) {
    if (this.#byId.get(entry.id) !== entry) return; // the series was emptied meanwhile
    Object.assign(entry, change);
    entry.version += 1;
    this.changes.value += 1;
  }

  /** Changes all that pass. @param {(entry: Entry) => boolean} pass @param {Partial<Entry>} change */
  updateAll(pass, change) {
    for (const entry of this.entries.filter(pass)) {
      Object.assign(entry, change);
      entry.version += 1;
    }
    this.changes.value += 1;
  }

  /** @param {Entry | null} entry */
  has(entry) {
    return entry !== null && this.#byId.get(entry.id) === entry;
  }

  /** @param {(entry: Entry) => boolean} pass */
  remove(pass) {
    const gone = this.entries.filter(pass);
    if (gone.length === 0) return;
    this.entries = this.entries.filter((entry) => !gone.includes(entry));
    for (const { id } of gone) this.#byId.delete(id);
    this.changes.value += 1;
    this.#link();
  }

  next() {
    return this.entries.find((entry) => entry.state === 'waiting');
  }

  /** An entry before this one with as many bytes, screened, and not itself a repetition. @param {Entry} entry */
  twins(entry) {
    return this.entries.filter(
      (other) => other !== entry && other.bytes === entry.bytes && other.state === 'done' && other.sameAs === null,
    );
  }

  clear() {
    this.entries = [];
    this.others = [];
    this.#byId.clear();
    this.changes.value += 1;
  }

  /** How many are in each state. */
  counts() {
    /** @type {Record<State, number> & { all: number, ended: number }} */
    const counts = { all: this.entries.length, ended: 0, waiting: 0, working: 0, done: 0, failed: 0, left: 0 };
    for (const { state } of this.entries) counts[state] += 1;
    counts.ended = counts.done + counts.failed;
    return counts;
  }
}
