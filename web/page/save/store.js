/**
 * What its owner chose to keep, in IndexedDB, encrypted (seal.js), until it is forgotten. One tab at a time owns it (Web
 * Locks). Whoever reads the browser's files sees how many records there are and how large each is, and nothing else.
 * Photographs and larger pictures lie in tables of their own, so that they are read only when needed.
 */

import { sha256 } from '../../photo/checks.js';
import { deleteDB, openDB } from '../../vendor/idb.js';
import { blobBytes, packEntry, packPictures, unpackEntry, unpackPictures } from './records.js';
import { changeLock, newLock, openLock, SealError, seal, unseal } from './seal.js';

/**
 * @import { Database } from '../../vendor/idb.js'
 * @import { Bytes, Kept, Seen } from './records.js'
 * @import { Lock } from './seal.js'
 */

const NAME = 'vmnet-kept';
const LOCK = 'lock';
const ENTRIES = 'entries';
const PICTURES = 'pictures';
const PHOTOGRAPHS = 'photographs';
const TABLES = [ENTRIES, PICTURES, PHOTOGRAPHS];
/** Records that are read at once, by how large they are: a photograph may have 64 MiB. */
const AT_ONCE = { [ENTRIES]: 500, [PICTURES]: 50, [PHOTOGRAPHS]: 4 };
/** As they lay here unencrypted, in an earlier version of the page. */
const UNSEALED = 'vmnet-series';

/** full: no room. taken: another tab owns it. broken: the browser refuses to store. closed: it was closed meanwhile. */
export class StoreError extends Error {
  /** @param {'full' | 'taken' | 'broken' | 'closed'} code @param {unknown} cause */
  constructor(code, cause) {
    super(`store: ${code}`, { cause });
    this.name = 'StoreError';
    /** @readonly */
    this.code = code;
  }
}

/** @param {unknown} error */
function storeError(error) {
  if (error instanceof StoreError || error instanceof SealError) return error;
  return new StoreError(
    error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'broken',
    error,
  );
}

/** @returns {Promise<Database>} */
function connect() {
  return openDB(NAME, 1, {
    upgrade: (db) => {
      for (const table of [LOCK, ...TABLES]) db.createObjectStore(table);
    },
    blocking: (_current, _blocked, event) => /** @type {IDBDatabase} */ (event.target).close(), // forgotten by another tab
  });
}

/** Whether this browser can keep anything at all. */
export function canKeep() {
  return typeof indexedDB === 'object' && navigator.locks !== undefined && crypto.subtle !== undefined;
}

/**
 * What is kept, without its passphrase: null for nothing; `taken` while a tab owns it; `unsealed` where an earlier version
 * of the page kept it, unencrypted.
 * @returns {Promise<{ all: number, taken: boolean, unsealed: boolean } | null>}
 */
export async function peek() {
  if (!canKeep()) return null;
  const held = (await navigator.locks.query()).held ?? [];
  if (held.some(({ name }) => name === NAME)) return { all: 0, taken: true, unsealed: false };
  // Opening one would make it; a browser that cannot list them makes it, empty.
  const names = (await indexedDB.databases?.())?.map(({ name }) => name) ?? [NAME];
  const unsealed = names.includes(UNSEALED);
  if (!names.includes(NAME)) return unsealed ? { all: 0, taken: false, unsealed } : null;
  const db = await connect();
  try {
    const all = await db.count(ENTRIES);
    return all === 0 && !unsealed ? null : { all, taken: false, unsealed };
  } finally {
    db.close();
  }
}

/** Room that the browser offers, in bytes; null where it does not say. */
export async function room() {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined ? null : Math.max(0, quota - (usage ?? 0));
}

/**
 * A lock's owner; null when another tab has it.
 * @returns {Promise<(() => Promise<unknown>) | null>} what gives it back; whoever asks after that finds it free
 */
function own() {
  return new Promise((resolve, reject) => {
    const ended = navigator.locks.request(NAME, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(null);
        return undefined;
      }
      return new Promise((giveBack) => {
        resolve(() => {
          giveBack(undefined);
          return ended;
        });
      });
    });
    ended.catch(reject);
  });
}

/** Once no tab owns it. */
export function released() {
  return navigator.locks.request(NAME, { mode: 'shared' }, () => {});
}

/** What a record is about; one cannot stand for another. @param {string} table @param {string} key */
const about = (table, key) => `${table} ${key}`;

export class Store {
  #db;
  #lock;
  #key;
  #giveBack;
  /** Writes one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #closed = false;

  /** @param {Database} db @param {Lock} lock @param {CryptoKey} key @param {() => Promise<unknown>} giveBack */
  constructor(db, lock, key, giveBack) {
    this.#db = db;
    this.#lock = lock;
    this.#key = key;
    this.#giveBack = giveBack;
  }

  /** A new one, in which nothing is kept so far. @param {string} passphrase @throws {StoreError} */
  static create(passphrase) {
    return Store.#claim(async (db) => {
      if ((await db.count(ENTRIES)) > 0) throw new StoreError('taken', null); // by a tab that is gone by now
      const { lock, key } = await newLock(passphrase);
      await db.put(LOCK, lock, LOCK);
      return { lock, key };
    });
  }

  /** What is kept from before. @param {string} passphrase @throws {StoreError | SealError} */
  static open(passphrase) {
    return Store.#claim(async (db) => {
      const lock = await db.get(LOCK, LOCK);
      if (lock === undefined) throw new SealError('damaged');
      return { lock, key: await openLock(lock, passphrase) };
    });
  }

  /** Makes this tab its owner. @param {(db: Database) => Promise<{ lock: Lock, key: CryptoKey }>} unlock */
  static async #claim(unlock) {
    const giveBack = await own().catch((error) => {
      throw storeError(error);
    });
    if (giveBack === null) throw new StoreError('taken', null);
    /** @type {Database | null} */
    let db = null;
    try {
      db = await connect();
      const { lock, key } = await unlock(db);
      return new Store(db, lock, key, giveBack);
    } catch (error) {
      db?.close();
      await giveBack();
      throw storeError(error);
    }
  }

  /** For a file that the same passphrase opens. @returns {{ lock: Lock, key: CryptoKey }} */
  get locked() {
    return { lock: this.#lock, key: this.#key };
  }

  /** @param {string} before @param {string} after @throws {StoreError | SealError} */
  async changePassphrase(before, after) {
    const lock = await changeLock(this.#lock, before, after);
    await this.#next(() => this.#db.put(LOCK, lock, LOCK));
    this.#lock = lock;
  }

  /** Writes an entry, after the writes before it. Its photograph and larger pictures are put separately. @param {Kept} kept */
  put(kept) {
    return this.#next(async () => this.#seal(ENTRIES, kept.key, await packEntry(kept)));
  }

  /** @param {string} key @param {Seen} seen */
  putPictures(key, seen) {
    return this.#next(async () => this.#seal(PICTURES, key, await packPictures(seen)));
  }

  /** @param {string} key @param {Blob} file @returns {Promise<string | null>} the SHA-256 of its bytes */
  putPhotograph(key, file) {
    return this.#next(async () => {
      const bytes = await blobBytes(file);
      await this.#seal(PHOTOGRAPHS, key, bytes);
      return sha256(bytes);
    });
  }

  /** Everything of these. @param {string[]} keys */
  remove(keys) {
    return this.#next(async () => {
      const tx = this.#db.transaction(TABLES, 'readwrite');
      for (const table of TABLES) for (const key of keys) tx.objectStore(table).delete(key);
      await tx.done;
    });
  }

  /**
   * All entries, without their photographs and larger pictures; `stored`: whose photograph is here; `damaged`: how many
   * could not be read.
   * @returns {Promise<{ kept: Kept[], stored: Set<string>, damaged: number }>}
   */
  async entries() {
    const [keys, stored] = await Promise.all([this.#db.getAllKeys(ENTRIES), this.stored()]);
    /** @type {Kept[]} */
    const kept = [];
    for await (const [key, bytes] of this.#all(ENTRIES, keys.map(String)))
      if (bytes !== null) kept.push(await unpackEntry(key, bytes));
    kept.sort((a, b) => a.entry.id - b.entry.id);
    return { kept, stored, damaged: keys.length - kept.length };
  }

  /** The larger pictures of these; of those that cannot be read there are none. @param {string[]} keys @returns {Promise<Map<string, Seen>>} */
  async pictures(keys) {
    /** @type {Map<string, Seen>} */
    const found = new Map();
    for await (const [key, bytes] of this.#all(PICTURES, keys))
      if (bytes !== null) found.set(key, await unpackPictures(bytes));
    return found;
  }

  /** @param {string} key @param {string} type @returns {Promise<Blob | null>} */
  async photograph(key, type) {
    const bytes = await this.#unseal(PHOTOGRAPHS, key);
    return bytes && new Blob([bytes], { type });
  }

  /** The bytes of these, but for those that cannot be read. @param {string[]} keys @returns {AsyncGenerator<[string, Bytes]>} */
  async *photographs(keys) {
    for await (const [key, bytes] of this.#all(PHOTOGRAPHS, keys)) if (bytes !== null) yield [key, bytes];
  }

  /** As they lie there, opened: for a file. Empty where there is none. @param {string} key @returns {Promise<Bytes[]>} */
  async opened(key) {
    const found = await Promise.all([PICTURES, PHOTOGRAPHS].map((table) => this.#unseal(table, key)));
    return found.map((bytes) => bytes ?? new Uint8Array());
  }

  /** From a file, all of one photograph. @param {Kept} kept @param {Bytes} pictures @param {Bytes} photograph */
  putOpened(kept, pictures, photograph) {
    return this.#next(async () => {
      if (photograph.length > 0) await this.#seal(PHOTOGRAPHS, kept.key, photograph);
      if (pictures.length > 0) await this.#seal(PICTURES, kept.key, pictures);
      await this.#seal(ENTRIES, kept.key, await packEntry(kept));
    });
  }

  /** Whose photograph is here. @returns {Promise<Set<string>>} */
  async stored() {
    return new Set((await this.#db.getAllKeys(PHOTOGRAPHS)).map(String));
  }

  /** Once everything so far is written. */
  settled() {
    return this.#queue;
  }

  /** Ends the ownership once everything is written; it stays kept. */
  async close() {
    await this.#queue;
    await this.#end();
    await this.#giveBack();
  }

  /** Deletes everything that is kept, and ends the ownership. */
  async forget() {
    await this.#end();
    try {
      await deleteDB(NAME);
    } finally {
      await this.#giveBack();
    }
  }

  async #end() {
    this.#closed = true;
    await this.#queue;
    this.#db.close();
  }

  /** @param {string} table @param {string} key @param {Bytes} bytes */
  async #seal(table, key, bytes) {
    await this.#db.put(table, await seal(this.#key, bytes, about(table, key)), key);
  }

  /** @param {string} table @param {string} key @returns {Promise<Bytes | null>} */
  async #unseal(table, key) {
    const sealed = await this.#db.get(table, key);
    return sealed === undefined ? null : unseal(this.#key, sealed, about(table, key));
  }

  /**
   * Records of a table, many in one transaction; null for what is not there or cannot be read.
   * @param {keyof typeof AT_ONCE} table @param {string[]} keys @returns {AsyncGenerator<[string, Bytes | null]>}
   */
  async *#all(table, keys) {
    for (let from = 0; from < keys.length; from += AT_ONCE[table]) {
      const some = keys.slice(from, from + AT_ONCE[table]);
      const sealed = await this.#together(table, some);
      const opened = sealed.map(
        (bytes, i) => bytes && unseal(this.#key, bytes, about(table, some[i])).catch(() => null),
      );
      for (const [i, bytes] of (await Promise.all(opened)).entries()) yield [some[i], bytes ?? null];
    }
  }

  /** @param {string} table @param {string[]} keys @returns {Promise<(Bytes | undefined)[]>} */
  async #together(table, keys) {
    const tx = this.#db.transaction([table], 'readonly');
    tx.done.catch(() => {}); // said below
    const store = tx.objectStore(table);
    try {
      return await Promise.all(keys.map((key) => store.get(key)));
    } catch {
      // One that cannot be read ends the transaction: each by itself.
      return Promise.all(keys.map((key) => this.#db.get(table, key).catch(() => undefined)));
    }
  }

  /** @template T @param {() => Promise<T>} write @returns {Promise<T>} */
  #next(write) {
    const result = this.#queue
      .then(() => {
        if (this.#closed) throw new StoreError('closed', null);
        return write();
      })
      .catch((error) => {
        throw storeError(error);
      });
    this.#queue = result.catch(() => {});
    return result;
  }
}

/** Deletes everything that is kept, without its passphrase. @throws {StoreError} */
export async function forgetUnopened() {
  const giveBack = await own();
  if (giveBack === null) throw new StoreError('taken', null);
  try {
    await Promise.all([deleteDB(NAME), deleteDB(UNSEALED)]);
  } finally {
    await giveBack();
  }
}

/** What an earlier version of the page kept unencrypted. @returns {Promise<import('../worklist/entry.js').Entry[]>} */
export async function unsealedEntries() {
  const db = await openDB(UNSEALED, 1, {
    upgrade: () => {},
    blocking: (_current, _blocked, event) => /** @type {IDBDatabase} */ (event.target).close(),
  });
  try {
    const entries = await db.getAll(ENTRIES);
    const files = await Promise.all(entries.map(({ id }) => db.get(PHOTOGRAPHS, id)));
    return entries.map((entry, i) => ({
      ...entry,
      mask: entry.mask ?? null,
      evidence: entry.evidence ?? [],
      review: entry.review ?? null,
      shelf: false,
      visit: null,
      file: files[i] ?? null,
      version: 0,
    }));
  } finally {
    db.close();
  }
}

/** Deletes what lies there unencrypted. */
export function forgetUnsealed() {
  return deleteDB(UNSEALED);
}
