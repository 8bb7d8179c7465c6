/**
 * A series that its owner chose to keep: in IndexedDB, in this browser, until it is forgotten. One tab at a time owns it
 * (Web Locks). The photographs' bytes lie in a table of their own, so that they are read only when needed.
 */

/**
 * @import { Entry } from '../worklist/series.js'
 */

const NAME = 'vmnet-series';
const VERSION = 1;
const ENTRIES = 'entries';
const PHOTOGRAPHS = 'photographs';

/** full: no room. taken: another tab owns it. broken: the browser refuses to store. */
export class StoreError extends Error {
  /** @param {'full' | 'taken' | 'broken'} code @param {unknown} cause */
  constructor(code, cause) {
    super(`series: ${code}`, { cause });
    this.name = 'StoreError';
    /** @readonly */
    this.code = code;
  }
}

/** @param {unknown} error */
function storeError(error) {
  if (error instanceof StoreError) return error;
  return new StoreError(
    error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'broken',
    error,
  );
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(storeError(request.error));
  });
}

/** @returns {Promise<IDBDatabase>} */
function connect() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ENTRIES, { keyPath: 'id' });
    request.result.createObjectStore(PHOTOGRAPHS);
  };
  return answer(request).then((db) => {
    db.onversionchange = () => db.close(); // forgotten by another tab
    return db;
  });
}

/** @param {IDBDatabase} db @param {IDBTransactionMode} mode @param {string[]} stores @param {(tx: IDBTransaction) => void} fill */
function transact(db, mode, stores, fill) {
  return new Promise((resolve, reject) => {
    const tx = db.transaction(stores, mode);
    tx.oncomplete = () => resolve(undefined);
    tx.onabort = () => reject(storeError(tx.error));
    try {
      fill(tx);
    } catch (error) {
      tx.onabort = () => reject(storeError(error));
      tx.abort();
    }
  });
}

/** Whether this browser can keep a series at all. */
export function canKeep() {
  return typeof indexedDB === 'object' && navigator.locks !== undefined;
}

/**
 * What is kept, without owning it: null for nothing; `taken` while a tab owns it.
 * @returns {Promise<{ all: number, ended: number, taken: boolean } | null>}
 */
export async function peek() {
  if (!canKeep()) return null;
  const held = (await navigator.locks.query()).held ?? [];
  if (held.some(({ name }) => name === NAME)) return { all: 0, ended: 0, taken: true };
  // Opening it would make it.
  const there = (await indexedDB.databases?.())?.some(({ name }) => name === NAME) ?? true;
  if (!there) return null;
  const db = await connect();
  try {
    /** @type {Entry[]} */
    const entries = await answer(db.transaction(ENTRIES).objectStore(ENTRIES).getAll());
    if (entries.length === 0) return null;
    const ended = entries.filter(({ state }) => state === 'done' || state === 'failed').length;
    return { all: entries.length, ended, taken: false };
  } finally {
    db.close();
  }
}

/** Room that the browser offers, in bytes; null where it does not say. */
export async function room() {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined ? null : Math.max(0, quota - (usage ?? 0));
}

/** A lock's owner; null when another tab has it. @returns {Promise<(() => void) | null>} what gives it back */
function own() {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(NAME, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise((giveBack) => resolve(() => giveBack(undefined)));
      })
      .catch(reject);
  });
}

export class Store {
  #db;
  #giveBack;
  /** Writes one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #closed = false;

  /** @param {IDBDatabase} db @param {() => void} giveBack */
  constructor(db, giveBack) {
    this.#db = db;
    this.#giveBack = giveBack;
  }

  /** Makes this tab its owner. @throws {StoreError} */
  static async claim() {
    const giveBack = await own().catch((error) => {
      throw storeError(error);
    });
    if (giveBack === null) throw new StoreError('taken', null);
    try {
      return new Store(await connect(), giveBack);
    } catch (error) {
      giveBack();
      throw storeError(error);
    }
  }

  /**
   * Writes an entry, after the writes before it. Its photograph is put separately.
   * @param {Entry} entry
   */
  put(entry) {
    const { file, version, ...kept } = entry;
    const state = entry.state === 'working' ? 'waiting' : entry.state;
    return this.#next(() =>
      transact(this.#db, 'readwrite', [ENTRIES], (tx) => tx.objectStore(ENTRIES).put({ ...kept, state })),
    );
  }

  /** @param {number} id @param {Blob} file */
  putPhotograph(id, file) {
    return this.#next(() =>
      transact(this.#db, 'readwrite', [PHOTOGRAPHS], (tx) => tx.objectStore(PHOTOGRAPHS).put(file, id)),
    );
  }

  /** All entries, in their order, without their photographs. @returns {Promise<{ entries: Entry[], stored: Set<number> }>} */
  async entries() {
    const tx = this.#db.transaction([ENTRIES, PHOTOGRAPHS]);
    const [entries, keys] = await Promise.all([
      answer(tx.objectStore(ENTRIES).getAll()),
      answer(tx.objectStore(PHOTOGRAPHS).getAllKeys()),
    ]);
    return {
      entries: entries.map((/** @type {Entry} */ entry) => ({
        ...entry,
        mask: entry.mask ?? null, // kept by an earlier version of the page
        evidence: entry.evidence ?? [],
        review: entry.review ?? null,
        file: null,
        version: 0,
      })),
      stored: new Set(keys.map(Number)),
    };
  }

  /** @param {number} id @returns {Promise<Blob | undefined>} */
  photograph(id) {
    return answer(this.#db.transaction(PHOTOGRAPHS).objectStore(PHOTOGRAPHS).get(id));
  }

  /** Ends the ownership; everything stays kept. */
  close() {
    this.#closed = true;
    this.#db.close();
    this.#giveBack();
  }

  /** Deletes everything that is kept, and ends the ownership. */
  async forget() {
    this.#closed = true;
    await this.#queue.catch(() => {});
    this.#db.close();
    try {
      await answer(indexedDB.deleteDatabase(NAME));
    } finally {
      this.#giveBack();
    }
  }

  /** @param {() => Promise<unknown>} write */
  #next(write) {
    const result = this.#queue.then(() => (this.#closed ? undefined : write()));
    this.#queue = result.catch(() => {});
    return result;
  }
}
