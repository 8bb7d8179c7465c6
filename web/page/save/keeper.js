/**
 * Keeps patients on this device while their owner wants it: off until switched on with a passphrase, locked when the page
 * is closed, gone when forgotten. What stands in the table is written as it changes; what stood in earlier ones is the
 * archive, whose visits are shown beside today's.
 */

import { VmnetError } from '../../errors.js';
import { effect, signal, untracked } from '../../vendor/signals.js';
import { onlyCounts } from '../intake/one-name.js';
import { KeptFile, writeKept } from './kept-file.js';
import { freeName, fullName, mayBeOne, personOf } from './persons.js';
import { newLock, openLock, SealError } from './seal.js';
import {
  canKeep,
  forgetUnopened,
  forgetUnsealed,
  peek,
  released,
  room,
  Store,
  StoreError,
  unsealedEntries,
} from './store.js';
import { addFrom, framesOf, hashOf, photographsOf } from './transfer.js';
import { dayOf, ofSameVisit } from './visits.js';

/**
 * @import { Entry } from '../worklist/entry.js'
 * @import { Series } from '../worklist/series.js'
 * @import { Kept, Told } from './records.js'
 */

/** full, taken and broken: why it is off although it was wanted. @typedef {'off' | 'on' | 'full' | 'taken' | 'broken'} Keeping */

/**
 * What is known of an entry of the table that is kept.
 * @typedef {object} Written
 * @property {string} key in the store
 * @property {number} version of the entry that was written last
 * @property {Blob | null} preview that was written last
 * @property {string | null} sha256
 * @property {string} type
 */

/** @param {Entry} entry @returns {Told} */
function toldOf({ file, version, visit, preview, mask, evidence, ...told }) {
  return told;
}

/** @type {Kept[]} */
const NONE = [];

/** Who a photograph of the archive is of. @param {Pick<Kept, 'entry' | 'visit'>} kept */
const whoOf = ({ entry, visit }) => personOf(entry, visit);

/** One photograph of two people is kept twice: patients may be mixed up. @param {Pick<Kept, 'sha256' | 'entry' | 'visit'>} kept */
function ownerOf(kept) {
  return JSON.stringify([hashOf(kept), fullName(kept.entry)]);
}

export class Keeper {
  #series;
  /** Counts what changed of that which is shown of it. */
  changes = signal(0);
  /** @type {Store | null} */
  #store = null;
  /** @type {Map<Entry, Written>} */
  #written = new Map();
  /** Keys of what was first kept since the store was opened, and is nowhere else in it. @type {Set<string>} */
  #fresh = new Set();
  /** Entries that were taken up while there was nothing but such in the table. @type {WeakSet<Entry>} */
  #before = new WeakSet();
  /** Entries that went into the archive when others came. @type {WeakSet<Entry>} */
  #parted = new WeakSet();
  /** What is asked for waits until what was asked for before has ended. @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** What is kept and does not stand in the table. @type {Kept[]} */
  archive = [];
  /** What is kept of visits that stand in the table, as of when. @type {{ changes: number, archive: Kept[], kept: Kept[] } | null} */
  #lacked = null;
  /** Whether it is looked for again once another tab has given it back. */
  #listening = false;
  /** Photographs that are still to be stored. */
  waiting = 0;
  /** Records that could not be read. */
  damaged = 0;
  /** @type {Keeping} */
  state = 'off';
  /** What is kept from before, and locked. @type {Awaited<ReturnType<typeof peek>>} */
  offer = null;

  /** @param {Series} series */
  constructor(series) {
    this.#series = series;
    series.kept = () => (this.state === 'on' ? this.archive : NONE);
    series.isEarlier = (entry) => this.isEarlier(entry);
    effect(() => {
      series.changes.value;
      untracked(() => {
        this.#write(series.entries);
        this.#partEarlier(series.entries);
      });
    });
  }

  get possible() {
    return canKeep();
  }

  /** Bytes of the photographs. */
  get bytes() {
    const kept = this.state === 'on' ? this.archive.map(({ entry }) => entry) : [];
    return [...this.#series.entries, ...kept].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Everything that is kept: of the table, and of earlier ones. @returns {Pick<Kept, 'key' | 'entry' | 'visit' | 'sha256'>[]} */
  get all() {
    const open = [...this.#written].map(([entry, { key, sha256 }]) => ({
      key,
      entry,
      visit: entry.visit ?? null,
      sha256,
    }));
    return [...open, ...this.archive];
  }

  /** Whether something is kept, and nothing of it stands in the table. */
  get onlyEarlier() {
    return this.state === 'on' && this.archive.length > 0 && this.#series.entries.length === 0;
  }

  /** Looks for what is kept from before. */
  async look() {
    if (this.#store !== null) return;
    const offer = await peek().catch(() => null); // storage is forbidden: nothing was kept
    if (this.#store !== null) return; // opened meanwhile
    this.offer = offer;
    this.changes.value += 1;
    if (!offer?.taken || this.#listening) return;
    this.#listening = true;
    await released();
    this.#listening = false;
    await this.look();
  }

  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  #next(act) {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Keeps the table from now on. @param {string} passphrase a new one */
  start(passphrase) {
    return this.#next(() => this.#start(passphrase));
  }

  /** @param {string} passphrase */
  async #start(passphrase) {
    if (this.#store !== null) return;
    try {
      const free = await room();
      if (free !== null && free < this.bytes * 1.1) throw new StoreError('full', null);
      navigator.storage?.persist?.().catch(() => {}); // or else the browser may throw it away when room is short
      this.#store = await Store.create(passphrase);
      this.#on();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Opens what is kept. An empty table takes up the one from before; one in use is kept from now on, beside it.
   * @param {string} passphrase
   * @param {Promise<(entry: Entry) => boolean>} stale whether it has to be screened again; what comes in until that is known comes beside
   * @returns {Promise<boolean>} whether that worked
   * @throws {SealError} where it is another passphrase: nothing has changed
   */
  open(passphrase, stale) {
    const empty = this.#series.entries.every(({ shelf }) => shelf);
    return this.#next(() => this.#open(passphrase, stale, empty));
  }

  /** @param {string} passphrase @param {Promise<(entry: Entry) => boolean>} known @param {boolean} empty */
  async #open(passphrase, known, empty) {
    const stale = await known;
    if (this.#store !== null) return false;
    /** @type {Store | null} */
    let store = null;
    try {
      store = await Store.open(passphrase);
      const { kept, stored, damaged } = await store.entries();
      const open = empty ? kept.filter((one) => one.open) : [];
      const taken = await takenUp(store, open, stored, stale);
      for (const [entry] of taken) this.#before.add(entry);
      this.#nameApart(taken.map(([entry]) => entry));
      // Not before: what comes in meanwhile is written once what is kept is known.
      this.#store = store;
      this.archive = kept.filter((one) => !open.includes(one));
      this.#written = new Map(taken);
      for (const one of this.archive.filter((kept) => kept.open)) this.#close(one);
      this.damaged = damaged;
      this.#series.restore(taken.map(([entry]) => entry));
      this.#on();
      return true;
    } catch (error) {
      if (this.#store === null) await store?.close(); // what could not be read may be read another time
      if (error instanceof SealError) throw error;
      this.#fail(error);
      return false;
    }
  }

  /** A table that was left for another one. @param {Kept} kept */
  #close(kept) {
    kept.open = false;
    this.#put(kept);
  }

  #on() {
    this.offer = null;
    this.#set('on');
    this.#write(this.#series.entries);
  }

  /**
   * Encrypts what an earlier version of the page kept unencrypted, and takes it up.
   * @param {string} passphrase a new one, or that of what is kept besides
   * @param {Promise<(entry: Entry) => boolean>} stale
   * @throws {SealError} where it is another passphrase: nothing has changed
   */
  async migrate(passphrase, stale) {
    if ((this.offer?.all ?? 0) > 0) await this.open(passphrase, stale);
    else await this.start(passphrase);
    return this.#next(async () => this.#migrate(await stale));
  }

  /** @param {(entry: Entry) => boolean} stale */
  async #migrate(stale) {
    const store = this.#store;
    if (store === null) return;
    const entries = (await unsealedEntries()).map((entry) => anew(entry, entry.file !== null, stale));
    if (this.#nothingNew()) for (const entry of entries) this.#before.add(entry);
    this.#series.restore(entries);
    await store.settled();
    if (store !== this.#store) return; // no room: it stays as it was
    await forgetUnsealed();
    for (const entry of entries) entry.file = null;
    this.changes.value += 1;
  }

  /** What stands in the table goes into the archive: a new one begins. */
  archiveAll() {
    return this.#next(async () => {
      await this.#store?.settled();
      const left = [...this.#written.keys()].map((entry) => this.#keptOf(entry, false));
      this.archive = [...this.archive, ...left];
      for (const kept of left) this.#put(kept);
      this.#written.clear();
      this.#fresh.clear();
    });
  }

  /** Whether it was taken up, of a day before today; what nobody knows the day of is not of today. @param {Entry} entry */
  isEarlier(entry) {
    if (!this.#before.has(entry)) return false;
    const day = dayOf('', entry.visit);
    return day === null || day < (dayOf('', undefined) ?? '');
  }

  /** Whether nothing stands in the table but what was taken up, and examples. */
  #nothingNew() {
    return this.#series.entries.every((entry) => entry.shelf || this.#before.has(entry));
  }

  /** Whether it stood in the table until others came, and is of the archive now. @param {Entry} entry */
  hasParted(entry) {
    return this.#parted.has(entry);
  }

  /**
   * An earlier day and today are never one list: once others come, what was taken up of a day before goes into the archive.
   * What has to be screened again goes once it is, so that its result is not lost.
   * @param {Entry[]} entries
   */
  #partEarlier(entries) {
    if (this.#store === null || this.#nothingNew()) return;
    const ended = (/** @type {Entry} */ { state, mask }) => state === 'failed' || (state === 'done' && mask !== null);
    const gone = entries.filter((entry) => ended(entry) && this.isEarlier(entry));
    if (gone.length === 0) return;
    const left = gone.map((entry) => this.#keptOf(entry, false));
    this.archive = [...this.archive, ...left];
    for (const [i, entry] of gone.entries()) {
      const kept = left[i];
      this.#put(kept);
      this.#written.delete(entry);
      this.#parted.add(entry);
    }
    this.#series.remove((entry) => gone.includes(entry));
    this.changes.value += 1;
  }

  /** Puts what is kept of a patient into the table. @param {string} person see personOf @param {(entry: Entry) => boolean} stale */
  toTable(person, stale) {
    return this.#next(() => this.#take((one) => whoOf(one) === person, stale));
  }

  /** Somebody says that who is kept under the same name or number is the patient of this photograph of the table. @param {string} person see personOf @param {Entry} entry */
  unite(person, entry) {
    return this.#next(async () => {
      const same = personOf(entry, entry.visit);
      for (const one of this.archive.filter((kept) => whoOf(kept) === person)) {
        one.entry.person = same;
        this.#put(one);
      }
      this.archive = [...this.archive]; // another list: whoever keeps what it made of the one before sees it
      this.changes.value += 1;
    });
  }

  /** @param {(kept: Kept) => boolean} wanted of the archive @param {(entry: Entry) => boolean} stale */
  async #take(wanted, stale) {
    const store = this.#store;
    if (store === null) return;
    const stored = await store.stored();
    const kept = this.archive.filter(wanted);
    const taken = await takenUp(store, kept, stored, stale);
    // Beside today's they were wished for; alone they leave once others come.
    if (this.#nothingNew()) for (const [entry] of taken) this.#before.add(entry);
    this.archive = this.archive.filter((one) => !kept.includes(one));
    this.#nameApart(taken.map(([entry]) => entry));
    for (const [i, [entry, written]] of taken.entries()) {
      entry.id = i + 1; // what stands there is numbered anew
      entry.sameAs = null;
      this.#written.set(entry, written);
      this.#put(this.#keptOf(entry));
    }
    this.#series.restore(taken.map(([entry]) => entry));
  }

  /** Who comes into the table is called as he is there; who has the name or number of somebody else there, after something more. @param {Entry[]} entries */
  #nameApart(entries) {
    const here = this.#series.entries.map((one) => ({ name: one.patient, person: personOf(one, one.visit) }));
    for (const entry of entries) {
      const person = personOf(entry, entry.visit);
      const same = here.find((one) => one.person === person && one.name !== '');
      const name = same?.name ?? freeName(entry.patient, person, here, fullName(entry));
      if (name === entry.patient) continue;
      entry.person = person;
      entry.patient = name;
      entry.version += 1; // to be written
    }
  }

  /** What is kept of a visit of which other photographs stand in the table: all of it tells of the patient, or none. */
  get #apart() {
    if (this.state !== 'on' || this.archive.length === 0) return [];
    const [changes, archive] = [this.#series.changes.peek(), this.archive];
    if (this.#lacked?.changes !== changes || this.#lacked.archive !== archive)
      this.#lacked = { changes, archive, kept: ofSameVisit(archive, this.#series.entries) };
    return this.#lacked.kept;
  }

  /** Whether something is kept of the patient of a photograph that does not stand in the table. @param {Entry} entry */
  keeps(entry) {
    const person = personOf(entry, entry.visit);
    return this.state === 'on' && entry.patient !== '' && this.archive.some((kept) => whoOf(kept) === person);
  }

  /** Who is kept under a name, in whatever folder; a number is one of the photograph's sitting. @param {string} patient @param {Entry} entry @returns {string[]} see personOf */
  namedAs(patient, { sitting, visit }) {
    if (this.state !== 'on' || patient === '') return [];
    const number = onlyCounts(patient) ? personOf({ patient, sitting }, visit) : null;
    const people = this.archive.filter(({ entry }) => entry.patient === patient).map(whoOf);
    return [...new Set(people)].filter((person) => number === null || person === number);
  }

  /** Whether what the table holds of a patient is a part of a visit, of which the rest is kept. @param {string} patient */
  lacks(patient) {
    const people = new Set(this.#apart.map(whoOf));
    if (people.size === 0) return false;
    return this.#series.entries.some((one) => one.patient === patient && people.has(personOf(one, one.visit)));
  }

  /**
   * Whose visits (see personOf) can be put together now: once all that stands in the table of them is stored, so that a
   * photograph that was kept before is known as the same.
   */
  get parted() {
    const storing = (/** @type {Entry} */ entry) => entry.file !== null && !this.#written.get(entry)?.sha256;
    const open = new Set(this.#series.entries.filter(storing).map((one) => personOf(one, one.visit)));
    return new Set(this.#apart.map(whoOf).filter((person) => !open.has(person)));
  }

  /** Puts into the table what is kept of the same visits. @param {(entry: Entry) => boolean} stale */
  join(stale) {
    return this.#next(async () => {
      const people = this.parted;
      const kept = this.#apart.filter((one) => people.has(whoOf(one)));
      if (kept.length > 0) await this.#take((one) => kept.includes(one), stale);
    });
  }

  /** All that is kept, as one file. @param {string | null} passphrase of the file; null: that of this device @returns {Promise<Blob>} */
  exportFile(passphrase) {
    return this.#next(async () => {
      const store = this.#store;
      if (store === null) throw new StoreError('closed', null);
      await store.settled();
      const locked = passphrase === null ? store.locked : await newLock(passphrase);
      const all = [...[...this.#written.keys()].map((entry) => this.#keptOf(entry, false)), ...this.archive];
      return writeKept(locked, framesOf(store, all));
    });
  }

  /**
   * Adds what a file holds and is not here yet, told by the photographs' hashes and whose they are. The whole file is checked
   * before anything is written. Where nothing is kept so far, its passphrase becomes that of this device.
   * @param {Blob} blob @param {string} passphrase of the file
   * @returns {Promise<{ added: number, there: number }>}
   * @throws {SealError | StoreError} none of it was added
   */
  importFile(blob, passphrase) {
    return this.#next(() => this.#importFile(blob, passphrase));
  }

  /** @param {Blob} blob @param {string} passphrase */
  async #importFile(blob, passphrase) {
    const file = await KeptFile.open(blob, (lock) => openLock(lock, passphrase));
    /** @type {string[]} */
    const owners = [];
    for await (const [kept] of photographsOf(file)) owners.push(ownerOf(kept));
    const free = await room();
    if (free !== null && free < blob.size * 1.1) throw new StoreError('full', null);
    if (this.#store === null) {
      this.#store = await Store.create(passphrase);
      this.#on();
    }
    await this.#store.settled(); // then the owners of what stands in the table are known as well
    const here = new Set(this.all.map(ownerOf));
    const wanted = owners.map((owner) => {
      const isNew = !here.has(owner);
      here.add(owner);
      return isNew;
    });
    const added = await addFrom(file, wanted, this.#store);
    this.archive = [...this.archive, ...added]; // another list: whoever keeps what it made of the one before sees it
    this.changes.value += 1;
    return { added: added.length, there: owners.length - added.length };
  }

  /** Closes what is kept: from now on it takes the passphrase to see it. */
  lock() {
    return this.#next(async () => {
      const store = this.#store;
      this.#leave();
      await store?.close();
      this.#set('off');
    });
  }

  /** @param {string} before @param {string} after @throws {SealError} where `before` is another one: nothing has changed */
  async changePassphrase(before, after) {
    await this.#store?.changePassphrase(before, after);
  }

  /** Deletes everything that is kept; the table stays. @throws {unknown} some of it may still be there */
  forget() {
    return this.#next(() => this.#forget());
  }

  async #forget() {
    const store = this.#store;
    this.#store = null;
    /** @type {Keeping} */
    let state = 'off';
    try {
      if (store === null) await forgetUnopened();
      else {
        await takeHome(store, this.#written);
        await store.forget();
        await forgetUnsealed();
      }
      this.offer = null;
    } catch (error) {
      this.look(); // what is still there is offered again
      if (!(error instanceof StoreError)) throw error;
      state = 'taken';
    } finally {
      this.#leave();
      this.#set(state);
    }
  }

  /** Deletes what is kept of one patient, also from the table. @param {string} person see personOf @throws {StoreError} some of it may still be there */
  forgetPatient(person) {
    return this.#next(async () => {
      const gone = this.all.filter((one) => whoOf(one) === person);
      const keys = gone.map(({ key }) => key);
      for (const { entry } of gone) this.#written.delete(/** @type {Entry} */ (entry));
      this.archive = this.archive.filter(({ key }) => !keys.includes(key));
      this.#series.remove((entry) => personOf(entry, entry.visit) === person);
      this.changes.value += 1;
      await this.#store?.remove(keys).catch((error) => {
        this.#fail(error);
        throw error;
      });
    });
  }

  #leave() {
    this.#store = null;
    this.#written = new Map();
    this.#fresh.clear();
    this.archive = [];
    this.waiting = 0;
    this.damaged = 0;
  }

  /** @param {Entry} entry @returns {Promise<Blob>} */
  async fileOf(entry) {
    const written = this.#written.get(entry);
    const stored = () => (written ? this.#store?.photograph(written.key, written.type).catch(() => null) : null);
    const file = entry.file ?? (await stored());
    if (file) return file;
    throw new VmnetError('damaged', `${entry.name}: its bytes are not here any more; choose it again`, {
      facts: { why: 'gone', input: entry.name },
    });
  }

  /** @param {Keeping} state */
  #set(state) {
    this.state = state;
    this.changes.value += 1;
  }

  /** Half a series would mislead, and its room is needed; what was kept before it stays. @param {unknown} error */
  #fail(error) {
    console.warn(error);
    const store = this.#store;
    const written = this.#written;
    const fresh = [...this.#fresh];
    const older = this.all.some(({ key }) => !this.#fresh.has(key));
    const tidy = async (/** @type {Store} */ left) => {
      await takeHome(left, written);
      if (older) await left.remove(fresh).finally(() => left.close());
      else await left.forget();
    };
    if (store !== null)
      this.#next(() => tidy(store))
        .catch((again) => console.warn(again))
        .then(() => this.look()); // what could not be deleted is still there
    this.#leave();
    this.#set(error instanceof StoreError && error.code !== 'closed' ? error.code : 'broken');
  }

  /** @param {Entry[]} entries */
  #write(entries) {
    if (this.#store === null) return;
    for (const entry of entries) {
      if (entry.shelf || this.#written.get(entry)?.version === entry.version) continue;
      const known = this.#written.has(entry);
      const written = this.#writtenOf(entry);
      written.version = entry.version;
      this.#put(this.#keptOf(entry));
      this.#putPictures(entry, written);
      if (!known && entry.file !== null) this.#putPhotograph(entry, written, entry.file);
    }
  }

  /** @param {Entry} entry @returns {Written} */
  #writtenOf(entry) {
    const known = this.#written.get(entry);
    if (known !== undefined) return known;
    if (entry.visit === undefined) entry.visit = new Date().toISOString();
    const type = entry.file?.type ?? '';
    /** @type {Written} */
    const written = { key: crypto.randomUUID(), version: -1, preview: null, sha256: null, type };
    this.#written.set(entry, written);
    this.#fresh.add(written.key);
    return written;
  }

  /** @param {Entry} entry @returns {Kept} */
  #keptOf(entry, open = true) {
    const { key, sha256, type } = /** @type {Written} */ (this.#written.get(entry));
    return { key, visit: entry.visit ?? null, sha256, type, open, entry: toldOf(entry) };
  }

  /** @param {Promise<unknown> | undefined} write */
  #check(write) {
    const store = this.#store;
    write?.catch((error) => {
      if (store === this.#store && store !== null) this.#fail(error);
    });
  }

  /** @param {Kept} kept */
  #put(kept) {
    this.#check(this.#store?.put(kept));
  }

  /** @param {Entry} entry @param {Written} written */
  #putPictures({ preview, mask, evidence }, written) {
    if (preview === null || preview === written.preview) return;
    written.preview = preview;
    this.#check(this.#store?.putPictures(written.key, { preview, mask, evidence }));
  }

  /** @param {Entry} entry @param {Written} written @param {Blob} file */
  #putPhotograph(entry, written, file) {
    const store = this.#store;
    this.waiting += 1;
    const stored = store?.putPhotograph(written.key, file).then((sha256) => {
      if (store !== this.#store) return;
      this.waiting -= 1;
      if (this.#written.get(entry) === written) {
        written.sha256 = sha256;
        this.#meet(entry, written);
        this.#put(this.#keptOf(entry));
      }
      this.changes.value += 1;
    });
    this.#check(stored);
  }

  /** The same photograph under the same number or name: then it is the same person. @param {Entry} entry @param {Kept} known */
  #samePerson(entry, known) {
    const [person, before] = [personOf(entry, entry.visit), whoOf(known)];
    if (before === person) return;
    this.#series.updateAll((one) => personOf(one, one.visit) === person, { person: before });
  }

  /**
   * The same photograph of the same patient from an earlier table: one of it is enough, of the day when it first came. Out of
   * two folders it may have been put into a wrong one.
   * @param {Entry} entry @param {Written} written
   */
  #meet(entry, written) {
    const person = personOf(entry, entry.visit);
    const isSame = (/** @type {Kept} */ one) => whoOf(one) === person || mayBeOne(one.entry, entry);
    const known = this.archive.find((one) => one.sha256 !== null && one.sha256 === written.sha256 && isSame(one));
    if (known === undefined) return;
    this.#samePerson(entry, known);
    entry.visit = known.visit;
    this.archive = this.archive.filter((one) => one !== known);
    this.#fresh.delete(written.key);
    this.#check(this.#store?.remove([known.key]));
    const { review, chosen } = known.entry;
    if ((entry.review === null && review !== null) || (entry.chosen === null && chosen !== null))
      this.#series.update(entry, { review: entry.review ?? review, chosen: entry.chosen ?? chosen });
  }
}

/**
 * Photographs that lie in the store only are needed as long as the table stands, but for those that cannot be read.
 * @param {Store} store @param {Map<Entry, Written>} written
 */
async function takeHome(store, written) {
  const away = new Map();
  for (const [entry, { key, type }] of written) if (entry.file === null) away.set(key, { entry, type });
  for await (const [key, bytes] of store.photographs([...away.keys()])) {
    const { entry, type } = away.get(key);
    entry.file = new Blob([bytes], { type });
  }
}

/**
 * Entries of the table from before.
 * @param {Store} store @param {Kept[]} kept @param {Set<string>} stored @param {(entry: Entry) => boolean} stale
 * @returns {Promise<[Entry, Written][]>}
 */
async function takenUp(store, kept, stored, stale) {
  const pictures = await store.pictures(kept.map(({ key }) => key)); // what has none is screened again
  return kept.map(({ key, visit, sha256, type, entry: told }) => {
    const { preview, mask, evidence } = pictures.get(key) ?? { preview: null, mask: null, evidence: [] };
    const entry = anew({ ...told, visit, preview, mask, evidence, file: null, version: 0 }, stored.has(key), stale);
    return [entry, { key, version: 0, preview, sha256, type }];
  });
}

/** @param {Entry} entry @param {boolean} stored whether its photograph is there @param {(entry: Entry) => boolean} stale */
function anew(entry, stored, stale) {
  if (!stored) return lost(entry);
  return stale(entry) ? { ...entry, state: /** @type {const} */ ('waiting'), result: null, sameAs: null } : entry;
}

/** The page was closed before the photograph was stored. @param {Entry} entry @returns {Entry} */
function lost(entry) {
  if (entry.state === 'done' || entry.state === 'failed') return entry;
  const message = `${entry.name}: the page was closed before it was stored; choose it again`;
  return { ...entry, state: 'failed', error: { code: 'damaged', message, facts: { why: 'unstored' } } };
}
