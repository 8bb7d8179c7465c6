/**
 * All that is kept, as one encrypted file:
 *
 *   VMNETKEPT1\n   what it is, with the version of this format
 *   u32            length of the head (numbers are little-endian)
 *   head           JSON: the lock (see seal.js), and an id of the file
 *   32 bytes       SHA-256 of the head: a wrong passphrase and a damaged head are told apart
 *   frames         each a u32 length and so many bytes, sealed; three a photograph: its entry, its larger pictures and the
 *                  photograph itself (the last two empty where there is none), then an empty one that ends the file
 *
 * Each frame is sealed with the file's head, its number, and whether it is the last one. So none can be left out, put
 * elsewhere or taken from another file, and a file that was cut does not open.
 */

import { SealError, seal, unseal } from './seal.js';

/**
 * @import { Bytes } from './records.js'
 * @import { Lock } from './seal.js'
 */

/** What its name ends with. */
export const ENDING = '.vmnet';
const MAGIC = 'VMNETKEPT';
const VERSION = '1\n';
const MOST_HEAD = 4096;
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

const encoder = new TextEncoder();

/** @param {number} value */
function u32(value) {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** @param {Bytes} bytes */
async function digestOf(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {string} file its head's hash @param {number} index @param {boolean} last */
const about = (file, index, last) => `file ${file} ${index}${last ? ' last' : ''}`;

/**
 * @param {{ lock: Lock, key: CryptoKey }} locked what opens it
 * @param {AsyncIterable<Bytes>} frames three a photograph
 * @returns {Promise<Blob>}
 */
export async function writeKept({ lock, key }, frames) {
  const head = encoder.encode(JSON.stringify({ ...lock, file: crypto.randomUUID() }));
  const hash = await digestOf(head);
  const parts = [new Blob([MAGIC, VERSION, u32(head.length), head, hash])];
  const add = async (/** @type {Bytes} */ bytes, /** @type {boolean} */ last) => {
    const sealed = await seal(key, bytes, about(hex(hash), parts.length - 1, last));
    parts.push(new Blob([u32(sealed.length), sealed]));
  };
  for await (const bytes of frames) await add(bytes, false);
  await add(new Uint8Array(), true);
  return new Blob(parts, { type: 'application/octet-stream' });
}

/** A file that was written so; nothing of it is believed before its frame was opened. */
export class KeptFile {
  #blob;
  #at;
  #hash;
  #key;

  /** @param {Blob} blob @param {number} at where its frames begin @param {string} hash @param {CryptoKey} key */
  constructor(blob, at, hash, key) {
    this.#blob = blob;
    this.#at = at;
    this.#hash = hash;
    this.#key = key;
  }

  /**
   * @param {Blob} blob @param {(lock: Lock) => Promise<CryptoKey>} open @returns {Promise<KeptFile>}
   * @throws {SealError} also `format`: it is something else
   */
  static async open(blob, open) {
    const start = MAGIC.length + VERSION.length;
    const magic = await blob.slice(0, start).text();
    if (!magic.startsWith(MAGIC)) throw new SealError('format');
    if (magic.slice(MAGIC.length) !== VERSION) throw new SealError('unknown');
    const length = await readLength(blob, start);
    if (length > MOST_HEAD) throw new SealError('damaged');
    const at = start + LENGTH_BYTES;
    const head = await read(blob, at, length);
    const hash = hex(await read(blob, at + length, HASH_BYTES));
    if (hash !== hex(await digestOf(head))) throw new SealError('damaged');
    const key = await open(lockIn(head));
    return new KeptFile(blob, at + length + HASH_BYTES, hash, key);
  }

  /** One after the other, without the one that ends it. @returns {AsyncGenerator<Bytes>} @throws {SealError} */
  async *frames() {
    let at = this.#at;
    for (let index = 0; ; index++) {
      const length = await readLength(this.#blob, at);
      const sealed = await read(this.#blob, at + LENGTH_BYTES, length);
      at += LENGTH_BYTES + length;
      const last = at === this.#blob.size;
      const bytes = await unseal(this.#key, sealed, about(this.#hash, index, last));
      if (last) return;
      yield bytes;
    }
  }
}

/** @param {Bytes} head @returns {Lock} */
function lockIn(head) {
  let lock = null;
  try {
    lock = JSON.parse(new TextDecoder().decode(head));
  } catch {}
  if (typeof lock !== 'object' || lock === null) throw new SealError('damaged');
  return lock;
}

/** @param {Blob} blob @param {number} at @param {number} length @returns {Promise<Bytes>} */
async function read(blob, at, length) {
  if (at + length > blob.size) throw new SealError('damaged');
  return new Uint8Array(await blob.slice(at, at + length).arrayBuffer());
}

/** @param {Blob} blob @param {number} at */
async function readLength(blob, at) {
  return new DataView((await read(blob, at, LENGTH_BYTES)).buffer).getUint32(0, true);
}
