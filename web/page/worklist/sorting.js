/** Which rows the table shows, and in which order. */

import { ANSWERS, decisionOf, isJudged, suspectedIn } from '../case/decision.js';
import { daysFor } from '../rules/rules.js';
import { eyeOf } from './series.js';

/**
 * @import { Answer, Decided } from '../../vmnet.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eye-rows.js'
 */

/** 'name', 'patient', 'eye', 'count', 'gradability', 'answer', or the id of a disease after 'disease:' */
/** @typedef {string} SortKey */
/** @typedef {{ key: SortKey, down: boolean }} Sorting */
/** 'all', 'failed', 'waiting', 'repeated', 'eye', an answer after 'answer:', or the id of a disease after 'disease:' */
/** @typedef {{ what: string, text: string }} Filter */

/** The most urgent first. @type {Sorting} */
export const BY_URGENCY = { key: 'answer', down: true };

/** At the operating point in use; null where it is not screened. @param {Entry} entry */
export function answered({ state, result }) {
  return state === 'done' && result !== null ? decisionOf(result.report) : null;
}

/** @param {Entry} entry */
export function judged(entry) {
  const decision = answered(entry);
  return decision !== null && isJudged(decision);
}

/** Ids of what is suspected. @param {Entry} entry */
export function findingsOf(entry) {
  const decision = answered(entry);
  return decision === null ? [] : suspectedIn(decision);
}

/** @param {Entry} entry @param {string} id */
export function probabilityOf({ result }, id) {
  return result?.report.diseases.find((d) => d.id === id)?.probability ?? null;
}

// ---- filter ----

/** The answer that a filter names. @param {string} what @returns {Answer | null} */
export function answerOf(what) {
  return ANSWERS.find((answer) => `answer:${answer}` === what) ?? null;
}

/** @param {Filter} filter @returns {(entry: Entry) => boolean} */
export function passes({ what, text }) {
  const needle = text.trim().toLocaleLowerCase();
  return (entry) => hasText(entry, needle) && isWhat(entry, what);
}

/** @param {Entry} entry @param {string} needle */
function hasText({ path, patient }, needle) {
  return needle === '' || path.toLocaleLowerCase().includes(needle) || patient.toLocaleLowerCase().includes(needle);
}

/** @param {Entry} entry @param {string} what */
function isWhat(entry, what) {
  if (answerOf(what) !== null) return answered(entry)?.answer === answerOf(what);
  if (what.startsWith('disease:')) return findingsOf(entry).includes(what.slice('disease:'.length));
  if (what === 'failed') return entry.state === 'failed';
  if (what === 'waiting') return ['waiting', 'working', 'left'].includes(entry.state);
  if (what === 'repeated') return entry.sameAs !== null;
  if (what === 'eye') return eyeOf(entry) === '';
  return true;
}

// ---- order ----

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * Sorted by one value each; what has none comes last either way, and equals keep their order.
 * @template T @param {T[]} items @param {(item: T) => string | number | null} value @param {boolean} down
 * @returns {T[]}
 */
export function sorted(items, value, down) {
  const all = items.map((item) => ({ item, value: value(item) }));
  all.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    const sign =
      typeof a.value === 'number' && typeof b.value === 'number'
        ? a.value - b.value
        : collator.compare(String(a.value), String(b.value));
    return down ? -sign : sign;
  });
  return all.map(({ item }) => item);
}

/** What a photograph is sorted by. @param {SortKey} key @returns {(entry: Entry) => string | number | null} */
export function photographValue(key) {
  if (key.startsWith('disease:')) return (entry) => probabilityOf(entry, key.slice('disease:'.length));
  if (key === 'name') return (entry) => entry.name;
  if (key === 'patient') return (entry) => entry.patient || null;
  if (key === 'eye') return (entry) => eyeOf(entry) || null;
  if (key === 'gradability') return (entry) => entry.result?.report.quality.gradability ?? null;
  return (entry) => (entry.state === 'failed' ? FAILED : urgency(answered(entry)));
}

/** What could not be screened is less urgent than what is to be repeated, and more than what has no finding. */
const FAILED = 1.5;

/** Below what lies between an answer and FAILED: delays order what has the same answer, and nothing else. */
const BY_DELAY = 0.4;

/** By the answer, then by the shortest delay of the clinic's rules. @param {Decided | null} decision @returns {number | null} */
function urgency(decision) {
  if (decision === null) return null;
  return ANSWERS.length - ANSWERS.indexOf(decision.answer) + BY_DELAY / (1 + daysFor(decision));
}

/** What an eye is sorted by. @param {SortKey} key @returns {(row: EyeRow) => string | number | null} */
export function eyeValue(key) {
  if (key.startsWith('disease:')) return (row) => row.worst.get(key.slice('disease:'.length)) ?? null;
  if (key === 'patient') return (row) => row.patient || null;
  if (key === 'eye') return (row) => row.eye || null;
  if (key === 'count') return (row) => row.photographs;
  return (row) =>
    row.decision === null && row.entries.every(({ state }) => state === 'failed') ? FAILED : urgency(row.decision);
}
