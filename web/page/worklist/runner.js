/** Screens one photograph of a series after the other; pauses, stops, and goes on after what goes wrong. */

import { messageOf, VmnetError } from '../../errors.js';
import { signal } from '../../vendor/signals.js';
import { keptOf } from '../words/error-texts.js';
import { TimeLeft } from './timing.js';

/** @import { Entry } from './entry.js' */

/** idle: nothing to do. pausing: until the photograph under way is done. stopped: too much went wrong, see `trouble`. */
/** @typedef {'idle' | 'running' | 'pausing' | 'paused' | 'stopped'} Phase */

/** After these the same photograph may well work: the Worker died, or memory was short for a moment. */
const AGAIN = ['runtime', 'worker', 'memory'];
/** So many photographs in a row that fail that way are no accident. */
const ROW = 3;
/** A Worker that says nothing for so long is dead. */
const PATIENCE_MS = 5 * 60_000;

/**
 * @typedef {object} Work
 * @property {() => Promise<unknown>} ready rejects when there is no network to screen with
 * @property {() => Entry | undefined} next
 * @property {(entry: Entry, signal: AbortSignal, alive: () => void) => Promise<void>} screen keeps the result; `alive` says
 *   that it goes forward
 * @property {(entry: Entry, change: Partial<Entry>) => void} update
 * @property {number} [patience] milliseconds
 */

export class Runner {
  #work;
  #phase = signal(/** @type {Phase} */ ('idle'));
  /** Why it stopped. @type {unknown} */
  trouble = null;
  left = new TimeLeft();
  /** @type {AbortController | null} */
  #own = null;
  #inARow = 0;
  /** @type {Promise<void>} */
  #loop = Promise.resolve();

  /** @param {Work} work */
  constructor(work) {
    this.#work = work;
  }

  get phase() {
    return this.#phase.value;
  }

  /** Whether a photograph is being screened, or is about to be. */
  get busy() {
    return this.phase === 'running' || this.phase === 'pausing';
  }

  /** Starts or goes on; settles when it ends, for whatever reason. */
  run() {
    if (this.phase === 'pausing') this.#phase.value = 'running';
    if (this.phase === 'running') return this.#loop;
    this.#inARow = 0;
    this.trouble = null;
    this.#phase.value = 'running';
    this.#loop = this.#loop.then(() => this.#all());
    return this.#loop;
  }

  pause() {
    if (this.phase === 'running') this.#phase.value = 'pausing';
  }

  /** Ends at once; the photograph under way waits again. */
  async cancel() {
    if (this.busy) this.#phase.value = 'pausing';
    this.#own?.abort();
    await this.#loop;
    this.#phase.value = 'idle';
  }

  async #all() {
    while (this.phase === 'running') {
      const entry = this.#work.next();
      if (entry === undefined) {
        this.#phase.value = 'idle';
        return;
      }
      try {
        await this.#work.ready();
      } catch (error) {
        this.#stop(error);
        return;
      }
      if (this.phase === 'running') await this.#one(entry);
    }
    if (this.phase === 'pausing') this.#phase.value = 'paused';
  }

  /** @param {unknown} trouble */
  #stop(trouble) {
    this.trouble = trouble;
    this.#phase.value = 'stopped';
  }

  /** @param {Entry} entry */
  async #one(entry) {
    const { update } = this.#work;
    update(entry, { state: 'working', error: null });
    const started = performance.now();
    const first = await this.#attempt(entry);
    const error = first !== null && AGAIN.includes(first.code) ? await this.#attempt(entry) : first;
    if (error === null) {
      if (entry.state !== 'done') update(entry, { state: 'done' });
    } else if (error.code === 'aborted' && this.phase !== 'running') {
      update(entry, { state: 'waiting' });
      return;
    } else {
      update(entry, { state: 'failed', error: keptOf(error) });
    }
    this.left.add(performance.now() - started);
    this.#inARow = error !== null && AGAIN.includes(error.code) ? this.#inARow + 1 : 0;
    if (this.#inARow >= ROW && this.phase === 'running') this.#stop(error);
  }

  /** @param {Entry} entry @returns {Promise<VmnetError | null>} what went wrong */
  async #attempt(entry) {
    const own = new AbortController();
    this.#own = own;
    const { screen, patience = PATIENCE_MS } = this.#work;
    let silent = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silent = true;
        own.abort();
      }, patience);
    };
    alive();
    try {
      await screen(entry, own.signal, alive);
      return null;
    } catch (error) {
      if (silent)
        return new VmnetError('runtime', `${entry.name}: no answer for ${Math.round(patience / 1000)} s; try it again`);
      return error instanceof VmnetError
        ? error
        : new VmnetError('runtime', `${entry.name}: ${messageOf(error)}; try it again`);
    } finally {
      clearTimeout(timer);
      this.#own = null;
    }
  }
}
