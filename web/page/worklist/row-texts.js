/** What the series says about its rows. */

import { GRADED } from '../../answer.js';
import { answerText, noteText, shortText } from '../case/decision.js';
import { gradedName, gradeLine, gradeMark } from '../case/grade.js';
import { headingOf, troubleOf } from '../words/error-texts.js';
import { listed, number, t } from '../words/i18n.js';
import { answered, worstGrade } from './sorting.js';
import { isAwaited } from './together.js';

/**
 * @import { Decided } from '../../vmnet.js'
 * @import { Coverage } from '../case/decision.js'
 * @import { Eye } from '../intake/one-name.js'
 * @import { Entry } from './entry.js'
 * @import { EyeRow } from './eye-rows.js'
 */

/** @param {Eye} eye */
export function eyeName(eye) {
  return t(eye === '' ? 'batch.eye.none' : `batch.eye.${eye}`);
}

/** @param {Eye} eye */
export function shortEye(eye) {
  return t(`batch.eye.short.${eye || 'none'}`);
}

/** What stands between a name and what is said of it. */
export function colon() {
  return t('batch.sheet.eye', { eye: '', answer: '' });
}

/**
 * @typedef {object} RowWords an answer in a word, and its reasons in a few
 * @property {string} short
 * @property {string} note
 * @property {{ mark: string, text: string }} [grade] in a word, and in full; where there is one
 */

/** @param {Entry} entry @returns {RowWords} */
export function answerWords(entry) {
  const decision = answered(entry);
  if (decision !== null && entry.result !== null) return wordsOf(decision, entry.result.report.decision, [entry]);
  return { short: stateText(entry), note: '' };
}

/** With the grade of what is graded, of several photographs the worst. @param {Decided} decision @param {Coverage} of @param {Entry[]} entries @returns {RowWords} */
function wordsOf(decision, of, entries) {
  const grade = of.looks_for.includes(GRADED) ? worstGrade(entries) : 0;
  const first = grade === 0 ? decision : gradedFirst(decision);
  const note = noteText(first, of, (name, id) => (id === GRADED ? gradedName(name, grade) : name));
  const told = { short: shortText(decision.answer), note };
  return grade === 0 ? told : { ...told, grade: { mark: gradeMark(grade), text: gradeLine(grade) } };
}

/** There may be room for the first alone. @param {Decided} decision */
function gradedFirst(decision) {
  const rank = (/** @type {Decided['reasons'][number]} */ { disease }) => Number(disease !== GRADED);
  return { ...decision, reasons: [...decision.reasons].sort((a, b) => rank(a) - rank(b)) };
}

/** What there is instead of an answer. @param {Entry} entry */
export function stateText({ state, error }) {
  return state === 'failed' ? headingOf(error?.code ?? 'runtime') : t(`batch.state.${state}`);
}

/** Why it could not be screened, and what to do. @param {Entry} entry */
export function errorText({ error }) {
  if (error === null) return '';
  const { problem, remedy } = troubleOf(error);
  return t('batch.error', { problem, remedy });
}

/** The same in two parts, of which a narrow list has room for the second. @param {Entry} entry */
export function errorParts({ error }) {
  if (error === null) return { problem: '', remedy: '' };
  const { problem, remedy } = troubleOf(error);
  const text = t('batch.error', { problem, remedy });
  const at = text.indexOf(remedy, problem.length);
  return { problem: text.slice(0, at), remedy: text.slice(at) };
}

/** @param {EyeRow} row @returns {RowWords} */
export function eyeWords(row) {
  const { decision, entries } = row;
  const coverage = entries.find(({ result }) => result !== null)?.result?.report.decision ?? { looks_for: [] };
  if (decision !== null) return wordsOf(decision, coverage, entries);
  return {
    short: entries.every(({ state }) => state === 'failed')
      ? t('batch.state.failed')
      : stateText(entries.find(isAwaited) ?? entries[0]),
    note: '',
  };
}

/** An eye's answer as on paper. @param {EyeRow} row */
export function eyeText(row) {
  return row.decision === null ? eyeWords(row).short : answerText(row.decision.answer);
}

/** How many photographs, and how many of them can be judged once that is known of all. @param {EyeRow} row */
export function countText({ entries, photographs, screened, judged }) {
  const all = t('batch.photographs', { count: photographs });
  if (screened === 0 || judged === photographs || entries.some(isAwaited)) return all;
  if (judged === 0) return t('batch.photographs.none', { all });
  return t('batch.photographs.of', { all, count: judged });
}

/** @param {number | null} milliseconds */
export function leftText(milliseconds) {
  if (milliseconds === null) return t('batch.left.unknown');
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return t('batch.left.seconds');
  if (minutes < 90) return t('batch.left.minutes', { count: minutes });
  return t('batch.left.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** @param {number} bytes */
export function sizeText(bytes) {
  return number(Math.max(1, Math.round(bytes / 1e6)), { style: 'unit', unit: 'megabyte', unitDisplay: 'short' });
}

/** The first of many names. @param {string[]} names */
export function listedSome(names, most = 20) {
  const rest = names.length - most;
  if (rest <= 0) return listed(names);
  return listed([...names.slice(0, most), t('batch.more', { count: rest })]);
}
