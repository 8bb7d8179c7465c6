/** The series: its photographs as entries of a table, as they come, change and go. */

import { signal } from '../../vendor/signals.js';
import { pathOf } from '../intake/folders.js';
import { personOf } from '../save/persons.js';
import { Copies } from './copies.js';
import { Identities, isPutTogether, namesApart } from './identities.js';
import { guessBeside } from './whose.js';

/**
 * @import { KeptBeside } from './copies.js'
 * @import { Entry, State } from './entry.js'
 */

export class Series {
  /** In the order in which they came. @type {Entry[]} */
  entries = [];
  /** What is kept besides, of earlier lists. @type {() => readonly KeptBeside[]} */
  kept = () => [];
  /** Whether it was taken up, of a day before today: it leaves once others come. @type {(entry: Entry) => boolean} */
  isEarlier = () => false;
  /** Names of files that are no photographs. @type {string[]} */
  others = [];
  /** @type {Map<number, Entry>} */
  #byId = new Map();
  #last = 0;
  /** Of what comes until the list is emptied. */
  #sitting = crypto.randomUUID();
  /** Whether somebody said that each folder and number is a patient. */
  #eachOne = false;
  /** In which go each came; what was kept came first. @type {WeakMap<Entry, number>} */
  #came = new WeakMap();
  #goes = 0;
  /** Counts changes; which entries they were of, their versions tell. */
  changes = signal(0);
  #copies = new Copies(this);
  #identities = new Identities(this);

  /** @param {number | null} id */
  entry(id) {
    return id === null ? undefined : this.#byId.get(id);
  }

  /** Whose they would be. @param {File[]} files */
  #guess(files) {
    return guessBeside(files, this.entries, this.#sitting);
  }

  /** @param {File} file */
  patientOf(file) {
    return this.#guess([file])[0].patient;
  }

  /** In one list a name is one person, also where some of it was kept since this morning. @param {string} patient @returns {string | undefined} undefined where name and sitting tell it */
  #personNamed(patient) {
    const here = this.entries.filter((one) => one.patient === patient && patient !== '' && !this.isEarlier(one));
    const other = here.find((one) => one.person !== undefined || one.sitting !== this.#sitting);
    return other === undefined ? undefined : personOf(other, other.visit);
  }

  /** @param {File[]} files @returns {Entry[]} */
  add(files) {
    const guesses = this.#guess(files);
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
        person: this.#personNamed(guesses[i].patient),
        sitting: this.#sitting,
        guessed: true,
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
    this.#goes += 1;
    for (const entry of added) this.#came.set(entry, this.#goes);
    this.#take(added);
    if (this.#eachOne) this.#part(added);
    return added;
  }

  /** Somebody says that each folder and number is a patient, also of what comes later; or that those are right who are put together now. @param {'one' | 'several'} said */
  sayOfGuesses(said) {
    this.#eachOne = said === 'several';
    const marked = new Set(this.entries.filter(isPutTogether));
    if (said === 'several') this.#part([...marked]);
    else this.updateAll((entry) => marked.has(entry), { guessed: false });
  }

  /** Each folder and number is somebody of his own. @param {Entry[]} entries */
  #part(entries) {
    const names = namesApart(entries.filter(isPutTogether), this.entries, (entry) => this.#came.get(entry) ?? 0);
    for (const [entry, patient] of names) {
      Object.assign(entry, { patient, person: undefined });
      entry.version += 1;
    }
    if (names.size > 0) this.#tell();
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

  /** What a view makes of it, and cannot show, stops nobody who changes something. */
  #tell() {
    try {
      this.changes.value += 1;
    } catch (error) {
      console.error(error);
    }
  }

  /** @param {Entry[]} entries */
  #take(entries) {
    for (const entry of entries) {
      this.entries.push(entry);
      this.#byId.set(entry.id, entry);
      this.#copies.hold(entry);
      this.#identities.hold(entry);
    }
    this.#tell();
  }

  /** @param {Entry} entry @param {Partial<Entry>} change */
  update(entry, change) {
    if (this.#byId.get(entry.id) !== entry) return; // the series was emptied meanwhile
    Object.assign(entry, change);
    entry.version += 1;
    this.#tell();
  }

  /** Changes all that pass. @param {(entry: Entry) => boolean} pass @param {Partial<Entry>} change */
  updateAll(pass, change) {
    for (const entry of this.entries.filter(pass)) {
      Object.assign(entry, change);
      entry.version += 1;
    }
    this.#tell();
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
    this.#tell();
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
    this.#sitting = crypto.randomUUID();
    this.#eachOne = false;
    this.others = [];
    this.#byId.clear();
    this.#tell();
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
