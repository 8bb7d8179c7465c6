/** A ZIP file that is written as its parts come; what is done goes into Blobs, which the browser may keep on disk. */

/** @typedef {typeof import('../../vendor/fflate.js')} Fflate */

/** Bytes that are gathered before they become a Blob. */
const GATHERED = 8 * 2 ** 20;

/** @returns {Promise<Fflate>} */
export function loadFflate() {
  return import('../../vendor/fflate.js');
}

export class Archive {
  #fflate;
  #zip;
  /** @type {Blob[]} */
  #parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #gathered = [];
  #waiting = 0;
  /** @type {Error | null} */
  #error = null;
  /** Bytes so far. */
  size = 0;
  /** Files so far. */
  files = 0;

  /** @param {Fflate} fflate */
  constructor(fflate) {
    this.#fflate = fflate;
    this.#zip = new fflate.Zip((error, bytes) => {
      if (error) this.#error = error;
      else this.#take(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
    });
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #take(bytes) {
    this.#gathered.push(bytes);
    this.#waiting += bytes.length;
    this.size += bytes.length;
    if (this.#waiting >= GATHERED) this.#flush();
  }

  #flush() {
    this.#parts.push(new Blob(this.#gathered));
    this.#gathered = [];
    this.#waiting = 0;
  }

  /** Pictures are stored as they are, texts are compressed. @param {string} path @param {Blob | string} what */
  async add(path, what) {
    const text = typeof what === 'string';
    const file = text ? new this.#fflate.ZipDeflate(path) : new this.#fflate.ZipPassThrough(path);
    this.#zip.add(file);
    file.push(text ? this.#fflate.strToU8(what) : new Uint8Array(await what.arrayBuffer()), true);
    this.files += 1;
    if (this.#error !== null) throw this.#error;
  }

  finish() {
    this.#zip.end();
    if (this.#error !== null) throw this.#error;
    this.#flush();
    const whole = new Blob(this.#parts, { type: 'application/zip' });
    this.#parts = [];
    return whole;
  }
}
