/** Which rows the table shows, and in which order. */

import { ANSWERS, decisionOf, isJudged, suspectedIn } from '../case/decision.js';
import { gradeOf } from '../case/grade.js';
import { daysFor } from '../rules/rules.js';
import { standsTwice } from './copies.js';
import { eyeOf } from './entry.js';

/**
 * @import { Answer, Decided } from '../../vmnet.js'
 * @import { Entry } from './entry.js'
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

/** Of several photographs the worst; 0 where none has a grade. @param {Entry[]} entries */
export function worstGrade(entries) {
  return Math.max(0, ...entries.map(({ state, result }) => (state === 'done' && result ? gradeOf(result.report) : 0)));
}

/** As its report has it. @param {Entry} entry @param {string} id */
export function reportedDisease({ result }, id) {
  return result?.report.diseases.find((d) => d.id === id) ?? null;
}

/** @param {Entry} entry @param {string} id */
export function probabilityOf(entry, id) {
  return reportedDisease(entry, id)?.probability ?? null;
}

// ---- filter ----

/** The answer that a filter names. @param {string} what @returns {Answer | null} */
export function answerOf(what) {
  return ANSWERS.find((answer) => `answer:${answer}` === what) ?? null;
}

/** As the counts above the table: what could not be read is no photograph that is to be repeated. @param {Filter} filter @returns {(entry: Entry) => boolean} */
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
  if (what === 'repeated') return standsTwice(entry);
  if (what === 'eye') return eyeOf(entry) === '';
  return true;
}

// ---- order ----

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** How urgent something is, and after it what tells equals apart. @typedef {{ numbers: number[], name: string }} Urgency */
/** null: none @typedef {string | number | Urgency | null} Value */

/**
 * Sorted by one value each; what has none comes last either way, and equals keep their order. Of equal urgency names rise,
 * whichever way the rest goes.
 * @template T @param {T[]} items @param {(item: T) => Value} value @param {boolean} down
 * @returns {T[]}
 */
export function sorted(items, value, down) {
  const all = items.map((item) => ({ item, value: value(item) }));
  all.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    const sign = compared(a.value, b.value);
    return sign === 0 ? collator.compare(nameOf(a.value), nameOf(b.value)) : down ? -sign : sign;
  });
  return all.map(({ item }) => item);
}

/** @param {NonNullable<Value>} a @param {NonNullable<Value>} b */
function compared(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a !== 'object' || typeof b !== 'object') return collator.compare(String(a), String(b));
  const at = a.numbers.findIndex((number, i) => number !== b.numbers[i]);
  return at < 0 ? 0 : a.numbers[at] < (b.numbers[at] ?? 0) ? -1 : 1;
}

/** @param {NonNullable<Value>} value */
function nameOf(value) {
  return typeof value === 'object' ? value.name : '';
}

/** What a photograph is sorted by. @param {SortKey} key @returns {(entry: Entry) => Value} */
export function photographValue(key) {
  if (key.startsWith('disease:')) return (entry) => probabilityOf(entry, key.slice('disease:'.length));
  if (key === 'name') return (entry) => entry.name;
  if (key === 'patient') return (entry) => entry.patient || null;
  if (key === 'eye') return (entry) => eyeOf(entry) || null;
  if (key === 'gradability') return (entry) => entry.result?.report.quality.gradability ?? null;
  return (entry) => {
    const name = `${entry.patient}\n${entry.path}`;
    return entry.state === 'failed' ? { numbers: [FAILED], name } : urgency(answered(entry), [entry], name);
  };
}

/** What could not be screened is less urgent than what is to be repeated, and more than what has no finding. */
const FAILED = 1.5;

/**
 * By the answer; of the same by the shortest delay of the clinic's rules; of the same delay, of what is referred, grade 4 of
 * diabetic retinopathy goes first, then grade 3; of the same by the highest probability of what is suspected or nearly so; of
 * the same by name. What is not screened yet has none: it stays last, as it came.
 * @param {Decided | null} decision @param {Entry[]} entries it is of @param {string} name @returns {Urgency | null}
 */
function urgency(decision, entries, name) {
  if (decision === null) return null;
  const rank = ANSWERS.length - ANSWERS.indexOf(decision.answer);
  return { numbers: [rank, -daysFor(decision), severityOf(decision, entries), likelihoodOf(decision, entries)], name };
}

/** Grades that go first of what is referred within the same delay, from this one on: severe. */
const SEVERE = 3;

/** @param {Decided} decision @param {Entry[]} entries it is of */
function severityOf({ answer }, entries) {
  const grade = answer === 'refer' ? worstGrade(entries) : 0;
  return grade < SEVERE ? 0 : grade;
}

/** The highest probability of a disease that an answer names; 0 where it names none. @param {Decided} decision @param {Entry[]} entries */
function likelihoodOf({ reasons }, entries) {
  const all = reasons.flatMap(({ disease }) =>
    disease === undefined ? [] : entries.map((entry) => probabilityOf(entry, disease) ?? 0),
  );
  return Math.max(0, ...all);
}

/** What an eye is sorted by. @param {SortKey} key @returns {(row: EyeRow) => Value} */
export function eyeValue(key) {
  if (key.startsWith('disease:')) return (row) => row.worst.get(key.slice('disease:'.length)) ?? null;
  if (key === 'patient') return (row) => row.patient || null;
  if (key === 'eye') return (row) => row.eye || null;
  if (key === 'count') return (row) => row.photographs;
  return (row) => urgencyOf(row, row.patient);
}

/** Of an eye or a patient. @param {Pick<EyeRow, 'decision' | 'entries'>} of @param {string} name @returns {Urgency | null} */
export function urgencyOf({ decision, entries }, name) {
  if (entries.every(({ state }) => state === 'failed')) return { numbers: [FAILED], name };
  return urgency(decision, entries, name);
}
