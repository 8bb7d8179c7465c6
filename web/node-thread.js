/** The worker thread of node.js and node-dicom.js. */

import { Worker } from 'node:worker_threads';
import { aborted, messageOf, VmnetError } from './errors.js';

/**
 * What the thread may ask back: to decode a JPEG, which Node.js cannot.
 * @typedef {(coded: Uint8Array<ArrayBuffer>) => Promise<unknown>} Jpeg
 */

/** With calls that are promises. While there is none it does not keep the process. */
export class Thread {
  // Not the process's own options: with those of `node -e` no file can be started.
  #worker = new Worker(new URL('./node-worker.js', import.meta.url), { execArgv: [] });
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: unknown) => void, jpeg: Jpeg | undefined }>} */
  #pending = new Map();
  #calls = 0;
  /** @type {unknown} */
  #ended = null;

  constructor() {
    this.#worker.on('message', ({ id, value, error, coded }) => {
      if (coded !== undefined) return void this.#decode(id, coded);
      const call = this.#pending.get(id);
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#worker.unref();
      if (error === undefined) call?.resolve(value);
      else call?.reject(new VmnetError(error.code, error.message, { facts: error.facts }));
    });
    this.#worker.on('error', (error) =>
      this.#fail(new VmnetError('runtime', `worker: it stopped (${messageOf(error)}); load() again`, { cause: error })),
    );
    this.#worker.on('exit', () => this.#fail(aborted('model')));
  }

  /** @param {unknown} reason */
  #fail(reason) {
    this.#ended ??= reason;
    for (const call of this.#pending.values()) call.reject(this.#ended);
    this.#pending.clear();
  }

  get ended() {
    return this.#ended !== null;
  }

  /** @param {number} id @param {Uint8Array<ArrayBuffer>} coded a JPEG */
  async #decode(id, coded) {
    try {
      const pixels = await this.#pending.get(id)?.jpeg?.(coded);
      this.#worker.postMessage({ id, type: 'jpeg', pixels });
    } catch (error) {
      this.#worker.postMessage({ id, type: 'jpeg', error: messageOf(error) });
    }
  }

  /** @param {object} request @param {ArrayBuffer[]} [transfer] @param {Jpeg} [jpeg] @returns {Promise<any>} */
  call(request, transfer = [], jpeg = undefined) {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ id, ...request }, transfer); // throws for what cannot be sent
      this.#worker.ref();
      this.#pending.set(id, { resolve, reject, jpeg });
    });
  }

  async end() {
    this.#fail(aborted('model'));
    await this.#worker.terminate();
  }
}
