/**
 * The answer for an eye from several photographs of it, and for a patient from both eyes: by the core's rule, which is asked
 * once for each set of answers.
 */

import { signal } from '../../vendor/signals.js';
import { operatingPoint } from '../rules/rules.js';

/**
 * @import { Decided, Model, Report } from '../../vmnet.js'
 * @import { Entry } from './series.js'
 */

/** @typedef {Report['decision']} Decision */

/** Each file once. @param {Entry[]} entries @returns {Decision[]} */
function decisionsOf(entries) {
  return entries.flatMap(({ sameAs, result }) => (sameAs === null && result !== null ? [result.report.decision] : []));
}

export class Together {
  #model;
  /** Counts answers that have come. */
  answers = signal(0);
  /** By operating point and answers; null while it is asked for. @type {Map<string, Decided | null>} */
  #known = new Map();
  /** What each photograph's group was last told, and at which operating point. @type {WeakMap<Entry, { point: string, decided: Decided }>} */
  #last = new WeakMap();
  /** @type {Set<Promise<unknown>>} */
  #asked = new Set();

  /** @param {() => Promise<Pick<Model, 'decideTogether'>>} model */
  constructor(model) {
    this.#model = model;
  }

  /**
   * At the operating point in use; null where nothing is screened yet, or the answer is on its way. Whoever is urgent by what
   * is screened so far stays so meanwhile: a list whose top row goes and comes back is clicked wrongly.
   * @param {Entry[]} entries @returns {Decided | null}
   */
  of(entries) {
    const decisions = decisionsOf(entries);
    if (decisions.length === 0) return null;
    const point = operatingPoint();
    const here = decisions.map(({ at }) => at[point]);
    const decided = here.length === 1 ? here[0] : this.#known.get(JSON.stringify([point, here]));
    if (decided) {
      for (const entry of entries) this.#last.set(entry, { point, decided });
      return decided;
    }
    if (decided === undefined) this.#begin(JSON.stringify([point, here]), decisions);
    const before = entries.map((entry) => this.#last.get(entry)).filter((last) => last?.point === point);
    return before.find((last) => last?.decided.answer === 'refer')?.decided ?? null;
  }

  /** @param {string} key @param {Decision[]} decisions */
  #begin(key, decisions) {
    this.#known.set(key, null);
    const asking = this.#ask(key, decisions);
    this.#asked.add(asking);
    asking.finally(() => this.#asked.delete(asking));
  }

  /** @param {string} key @param {Decision[]} decisions */
  async #ask(key, decisions) {
    const name = operatingPoint();
    try {
      const model = await this.#model();
      this.#known.set(key, await model.decideTogether(decisions, name));
      this.answers.value += 1;
    } catch (error) {
      this.#known.delete(key); // to be asked for again
      console.warn(error);
    }
  }

  /** Once all that was asked for has come, for what is written once. @param {Entry[][]} groups */
  async settled(groups) {
    for (const entries of groups) this.of(entries);
    await Promise.all(this.#asked);
  }
}
