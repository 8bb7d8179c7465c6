/**
 * The answer for an eye from several photographs of it, and for a patient from both eyes: by the core's rule, which is asked
 * once for each set of answers.
 */

import { signal } from '../../vendor/signals.js';
import { operatingPoint } from '../rules/rules.js';
import { fileNumber, isOfBothEyes } from './copies.js';
import { eyeOf } from './entry.js';
import { judged } from './sorting.js';

/**
 * @import { Decided, Model, NotJudged, Report } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 * @import { Entry } from './entry.js'
 */

/** @typedef {Report['decision']} Decision */
/**
 * What a photograph says, or what stands for it, and at the operating point in words.
 * @typedef {{ text: string, decision: Decision | NotJudged, eye: string }} Asked
 */

/** @param {Decision | NotJudged} decision @param {ReturnType<typeof operatingPoint>} point */
const at = (decision, point) => (typeof decision === 'object' ? decision?.at[point] : undefined);

/**
 * Each file once, and whose eye it is, '' where that is not known: of photographs of nobody in particular, two right eyes need
 * not be one. A file that stands as both eyes of a patient is of neither for certain: both count as not judged by it. In an
 * order of its own: who lists right before left asks for the same answer as who lists them as they came.
 * @param {Entry[]} entries @param {ReturnType<typeof operatingPoint>} point
 * @returns {Asked[]}
 */
function decisionsOf(entries, point) {
  const seen = new Set();
  const all = entries.flatMap((entry) => {
    const { result, state, patient } = entry;
    const failed = state === 'failed';
    if (result === null && !failed) return [];
    const asked = (/** @type {Decision | NotJudged} */ decision, /** @type {string} */ eye) => ({
      text: JSON.stringify([eye, at(decision, point) ?? decision]),
      decision,
      eye,
    });
    const both = isOfBothEyes(entry);
    const open = both ? [asked('both-eyes', eyeOf(entry))] : [];
    if (seen.has(fileNumber(entry))) return open;
    seen.add(fileNumber(entry));
    const decision = failed || result === null ? null : result.report.decision;
    return [...open, asked(decision, patient === '' || both ? '' : eyeOf(entry))];
  });
  return all.sort((a, b) => Number(a.text > b.text) - Number(a.text < b.text));
}

/**
 * Eyes of a patient with files of a kind, and none that was read and judged. A file whose name does not say its eye may be of
 * any: it counts, unless both eyes are judged (both_judged of src/decision.c).
 * @param {Entry[]} entries @param {(entry: Entry) => boolean} isOfKind @returns {Eye[]}
 */
function openEyes(entries, isOfKind) {
  const seen = new Set(entries.filter((entry) => judged(entry) && !isOfBothEyes(entry)).map(eyeOf));
  const both = seen.has('OD') && seen.has('OS');
  const eyes = entries.filter((entry) => entry.patient !== '' && isOfKind(entry)).map(eyeOf);
  return [...new Set(eyes)].filter((eye) => (eye === '' ? !both : !seen.has(eye)));
}

/** Of which nothing could be read. @param {Entry[]} entries @returns {Eye[]} */
export const unreadEyes = (entries) => openEyes(entries, ({ state }) => state === 'failed');

/** Which of them is awaited. @param {Entry[]} entries @returns {Eye[]} */
export const awaitedEyes = (entries) => openEyes(entries, isAwaited);

/** Whether it is to be screened yet, or was left when the screening was stopped. @param {Entry} entry */
export const isAwaited = ({ sameAs, result, state }) => sameAs === null && result === null && state !== 'failed';

export class Together {
  #model;
  #lacks;
  /** Counts answers that have come. */
  answers = signal(0);
  /** By operating point and answers; null while it is asked for. @type {Map<string, Decided | null>} */
  #known = new Map();
  /** What each photograph's group was last told, and at which operating point. @type {WeakMap<Entry, { point: string, decided: Decided }>} */
  #last = new WeakMap();
  /** @type {Set<Promise<unknown>>} */
  #asked = new Set();
  /** Counts answers that were wanted before they were there. */
  #lacked = 0;
  /** Counts answers that could not be had, with why the last of them could not. @type {{ count: number, error: unknown }} */
  #failed = { count: 0, error: null };

  /**
   * @param {() => Promise<Pick<Model, 'decideTogether'>>} model
   * @param {(patient: string) => boolean} [lacks] whether more of the same visit is on its way into the list
   */
  constructor(model, lacks = () => false) {
    this.#model = model;
    this.#lacks = lacks;
  }

  /**
   * At the operating point in use, also of what could not be read; null where nothing is screened yet, where the answer is on
   * its way, or where "no finding" would be said while another eye is still to be screened, or more of the visit is kept.
   * Whoever is urgent by what is screened so far stays so meanwhile: a list whose top row goes and comes back is clicked
   * wrongly.
   * @param {Entry[]} entries @returns {Decided | null}
   */
  of(entries) {
    const decided = this.#ofEnded(entries);
    if (decided?.answer !== 'no-finding') return decided;
    const lacks = entries[0].patient !== '' && this.#lacks(entries[0].patient);
    return lacks || awaitedEyes(entries).length > 0 ? null : decided;
  }

  /** @param {Entry[]} entries @returns {Decided | null} */
  #ofEnded(entries) {
    const point = operatingPoint();
    const all = decisionsOf(entries, point);
    if (all.length === 0) return null;
    const key = [point, ...all.map(({ text }) => text)].join('\n');
    const decided = (all.length === 1 ? at(all[0].decision, point) : null) ?? this.#known.get(key);
    if (decided) {
      for (const entry of entries) this.#last.set(entry, { point, decided });
      return decided;
    }
    this.#lacked += 1;
    if (decided === undefined) this.#begin(key, all);
    const before = entries.map((entry) => this.#last.get(entry)).filter((last) => last?.point === point);
    const told = before.find((last) => last?.decided.answer === 'refer')?.decided;
    return told ?? all.map(({ decision }) => at(decision, point)).find((one) => one?.answer === 'refer') ?? null;
  }

  /** @param {string} key @param {Asked[]} decisions */
  #begin(key, decisions) {
    this.#known.set(key, null);
    const asking = this.#ask(key, decisions);
    this.#asked.add(asking);
    asking.finally(() => this.#asked.delete(asking));
  }

  /** @param {string} key @param {Asked[]} decisions */
  async #ask(key, decisions) {
    const name = operatingPoint();
    try {
      const model = await this.#model();
      const [each, eyes] = [decisions.map(({ decision }) => decision), decisions.map(({ eye }) => eye)];
      this.#known.set(key, await model.decideTogether(each, name, eyes));
      this.answers.value += 1;
    } catch (error) {
      this.#known.delete(key); // to be asked for again
      this.#failed = { count: this.#failed.count + 1, error };
      console.warn(error);
    }
  }

  /**
   * What is written once, made anew until no answer is on its way of those that it shows.
   * @template T @param {() => T} make at one go, by what of() says @returns {Promise<T>} @throws what an answer failed by
   */
  async complete(make) {
    for (;;) {
      const [lacked, failed] = [this.#lacked, this.#failed.count];
      const made = make();
      if (this.#lacked === lacked) return made;
      await Promise.all(this.#asked);
      if (this.#failed.count > failed) throw this.#failed.error;
    }
  }
}
