/**
 * The clinic's rules: at which operating point the core's answer is read, and what is to be done about it, by when. They
 * change nothing of what the core decided. Checked and edited in check.js and form.js, which are fetched when they are needed.
 */

import { POINT_NUMBERS } from '../../constants.js';
import { signal } from '../../vendor/signals.js';
import { SHIPPED } from './shipped.js';

/**
 * @import { Answer, Decided, ModelClass, PointName } from '../../vmnet.js'
 */

/** refer: to an eye doctor; physician: to another one; recall: photograph again @typedef {'refer' | 'physician' | 'look' | 'repeat' | 'recall' | 'none'} Action */
/**
 * @typedef {object} Rule
 * @property {Action} action
 * @property {string} [within] at the latest: days, weeks or months as in ISO 8601, 'P14D', 'P2W', 'P3M'
 * @property {string} [note] the clinic's own words
 */
/**
 * @typedef {object} Rules
 * @property {'vmnet-rules-1'} schema
 * @property {string} name of a shipped set, the one that the clinic gave its own, or OWN
 * @property {PointName} operating_point
 * @property {Record<Answer, Rule>} answers
 * @property {Record<string, Rule>} findings by the id of what is suspected; what is not named here is done as answers.refer says
 */

/** By rising threshold. */
export const OPERATING_POINTS = /** @type {readonly PointName[]} */ (Object.keys(POINT_NUMBERS));

const STORED = 'vmnet-rules';
const inUse = signal(read() ?? SHIPPED.balanced);

/** Those in use on the whole page. */
export function rules() {
  return inUse.value;
}

/** Whether these are a set that comes with the page: then its name is said in the page's language. @param {string} name @returns {name is keyof typeof SHIPPED} */
export function isShipped(name) {
  return Object.hasOwn(SHIPPED, name);
}

/** The name of a clinic's own set to which nobody gave one: said in the page's language, as that of a shipped one. */
export const OWN = 'own';

/** For the whole page, and for the next visit. @param {Rules} wanted that were checked */
export function setRules(wanted) {
  try {
    localStorage.setItem(STORED, JSON.stringify(wanted));
  } catch {
    // storage is forbidden: they hold until the page is closed
  }
  inUse.value = wanted;
}

/** What was chosen before: only a checked set was ever written. @returns {Rules | null} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? 'null');
    if (kept?.schema !== SHIPPED.balanced.schema) return null;
    const { name } = /** @type {Rules} */ (kept);
    return isShipped(name) ? SHIPPED[name] : kept;
  } catch {
    return null;
  }
}

/** The operating point in use. */
export function operatingPoint() {
  return inUse.value.operating_point;
}

/** Where a class is cut at the operating point in use, to be told. @param {ModelClass} of */
export function thresholdOf({ points, threshold }) {
  return points?.[operatingPoint()].threshold ?? threshold;
}

/** The same of a report's own, whatever weights made it; one of an earlier version holds none. @param {{ cuts?: Record<PointName, number> } | undefined} disease @param {ModelClass} of */
export function cutOf(disease, of) {
  return disease?.cuts?.[operatingPoint()] ?? thresholdOf(of);
}

/** What is to be done, once for each action. @typedef {{ action: Action, within?: string, notes: string[] }} Plan */

/** What to do about an answer: of several findings each action once, by the shortest delay, the most urgent first. @param {Decided} decision @returns {Plan[]} */
export function plansFor({ answer, reasons }) {
  const { answers, findings } = inUse.value;
  const found = answer === 'refer' ? reasons.filter(({ code }) => code === 'finding') : [];
  const all = found.map(({ disease = '' }) => (Object.hasOwn(findings, disease) ? findings[disease] : answers.refer));
  if (all.length === 0) all.push(answers[answer]);
  all.sort((a, b) => daysOf(a) - daysOf(b));
  /** @type {Map<Action, Plan>} */
  const plans = new Map();
  for (const { action, within, note } of all) {
    const plan = plans.get(action) ?? { action, ...(within && { within }), notes: [] };
    if (note && !plan.notes.includes(note)) plan.notes.push(note);
    plans.set(action, plan);
  }
  return [...plans.values()];
}

/** Days until the first of what is to be done about an answer; without a delay Infinity. @param {Decided} decision */
export function daysFor(decision) {
  return Math.min(...plansFor(decision).map(daysOf));
}

/** @param {string} [within] @returns {{ count: number, unit: 'day' | 'week' | 'month' } | null} */
export function delayOf(within) {
  const [, count, unit] = within?.match(/^P([1-9]\d{0,2})([DWM])$/) ?? [];
  if (count === undefined) return null;
  return {
    count: Number(count),
    unit: { D: /** @type {const} */ ('day'), W: /** @type {const} */ ('week') }[unit] ?? 'month',
  };
}

/** To be compared; without a delay the last. @param {Pick<Rule, 'within'>} rule */
function daysOf({ within }) {
  const delay = delayOf(within);
  return delay === null ? Number.POSITIVE_INFINITY : delay.count * { day: 1, week: 7, month: 30.4 }[delay.unit];
}
