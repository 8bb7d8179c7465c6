/** Keeps the series on this device while its owner wants it: off until switched on, gone when switched off. */

import { VmnetError } from '../../errors.js';
import { canKeep, peek, room, Store, StoreError } from './store.js';

/** @import { Entry, Series } from '../worklist/series.js' */

/** full, taken and broken: why it is off although it was wanted. @typedef {'off' | 'on' | 'full' | 'taken' | 'broken'} Keeping */

export class Keeper {
  #series;
  #changed;
  /** @type {Store | null} */
  #store = null;
  /** What was written of each entry. @type {Map<number, number>} */
  #written = new Map();
  /** What is asked for waits until what was asked for before has ended. @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** Photographs that are still to be stored. */
  waiting = 0;
  /** @type {Keeping} */
  state = 'off';
  /** A series from before, which nobody has taken up. @type {Awaited<ReturnType<typeof peek>>} */
  offer = null;

  /** @param {Series} series @param {() => void} changed calls back when there is something else to show */
  constructor(series, changed) {
    this.#series = series;
    this.#changed = changed;
    series.onChange((entry) => this.#write(entry === null ? series.entries : [entry]));
  }

  get possible() {
    return canKeep();
  }

  /** Bytes of the photographs. */
  get bytes() {
    return this.#series.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Looks for a series from before. */
  async look() {
    if (this.#store !== null) return;
    const offer = await peek().catch(() => null); // storage is forbidden: nothing was kept
    if (this.#store !== null) return; // taken up meanwhile
    this.offer = offer;
    this.#changed();
  }

  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  #next(act) {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Keeps the series from now on. */
  start() {
    return this.#next(() => this.#start());
  }

  async #start() {
    if (this.#store !== null) return;
    try {
      const free = await room();
      if (free !== null && free < this.bytes * 1.1) throw new StoreError('full', null);
      navigator.storage?.persist?.().catch(() => {}); // or else the browser may throw it away when room is short
      this.#store = await Store.claim();
      this.#set('on');
      this.#write(this.#series.entries);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Takes up the series from before.
   * @param {(entry: Entry) => boolean} stale whether it has to be screened again
   * @returns {Promise<boolean>} whether that worked
   */
  resume(stale) {
    return this.#next(() => this.#resume(stale));
  }

  /** @param {(entry: Entry) => boolean} stale */
  async #resume(stale) {
    if (this.#store !== null) return false;
    /** @type {Store | null} */
    let store = null;
    try {
      store = await Store.claim();
      const { entries, stored } = await store.entries();
      // Not before: what comes in meanwhile has numbers of its own and would be written over what is kept.
      this.#store = store;
      for (const entry of entries) this.#written.set(entry.id, entry.version);
      this.offer = null;
      this.#series.restore(
        entries.map((entry) => {
          if (!stored.has(entry.id)) return lost(entry);
          return stale(entry) ? { ...entry, state: 'waiting', result: null, sameAs: null } : entry;
        }),
      );
      this.#set('on');
      return true;
    } catch (error) {
      if (this.#store === null) store?.close(); // what could not be read may be read another time
      this.#fail(error);
      return false;
    }
  }

  /** Deletes what is kept; the table stays. */
  forget() {
    return this.#next(() => this.#forget());
  }

  async #forget() {
    const mine = this.#store;
    this.#store = null;
    this.#written.clear();
    this.waiting = 0;
    try {
      const store = mine ?? (await Store.claim());
      await this.#takeHome(store);
      await store.forget();
      this.offer = null;
      this.#set('off');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Photographs that lie in the store only are needed as long as the table stands. @param {Store} store */
  async #takeHome(store) {
    for (const entry of this.#series.entries)
      if (entry.file === null) entry.file = (await store.photograph(entry.id)) ?? null;
  }

  /** @param {Entry} entry @returns {Promise<Blob>} */
  async fileOf(entry) {
    const file = entry.file ?? (await this.#store?.photograph(entry.id).catch(() => undefined));
    if (file) return file;
    throw new VmnetError('damaged', `${entry.name}: its bytes are not here any more; choose it again`, {
      facts: { why: 'gone', input: entry.name },
    });
  }

  /** @param {Keeping} state */
  #set(state) {
    this.state = state;
    this.#changed();
  }

  /** @param {unknown} error */
  #fail(error) {
    console.warn(error);
    const store = this.#store;
    this.#store = null;
    this.#written.clear();
    this.waiting = 0;
    // Half a series would mislead, and its room is needed.
    if (store !== null)
      this.#takeHome(store)
        .then(() => store.forget())
        .catch((again) => console.warn(again));
    this.#set(error instanceof StoreError ? error.code : 'broken');
  }

  /** @param {Entry[]} entries */
  #write(entries) {
    const store = this.#store;
    if (store === null) return;
    const check = (/** @type {unknown} */ error) => {
      if (store === this.#store) this.#fail(error);
    };
    for (const entry of entries) {
      const before = this.#written.get(entry.id);
      if (before === entry.version) continue;
      this.#written.set(entry.id, entry.version);
      store.put(entry).catch(check);
      if (before !== undefined || entry.file === null) continue;
      this.waiting += 1;
      store.putPhotograph(entry.id, entry.file).then(() => {
        if (store !== this.#store) return;
        this.waiting -= 1;
        this.#changed();
      }, check);
    }
  }
}

/** The page was closed before the photograph was stored. @param {Entry} entry @returns {Entry} */
function lost(entry) {
  if (entry.state === 'done' || entry.state === 'failed') return entry;
  const message = `${entry.name}: the page was closed before it was stored; choose it again`;
  return { ...entry, state: 'failed', error: { code: 'damaged', message, facts: { why: 'unstored' } } };
}
