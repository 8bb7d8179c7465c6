/**
 * The answer that the core gave, in words. Nothing is decided here: the report holds the answer at each operating point, and
 * this looks it up at the one in use.
 */

import {
  againOf,
  digitsBy,
  faultsOf,
  GRADED,
  isFlagged,
  isVeiled,
  namesIn,
  restOf,
  standing,
  toldFromCut,
  whyOf,
} from '../../answer.js';
import { ANSWER_NUMBERS } from '../../constants.js';
import { delayOf, isShipped, OWN, operatingPoint, plansFor, rules } from '../rules/rules.js';
import { has, listed, percent, t } from '../words/i18n.js';
import { isFinding, nameOf } from '../words/terms.js';

/**
 * @import { Standing } from '../../answer.js'
 * @import { Answer, Decided, Report } from '../../vmnet.js'
 * @import { Plan } from '../rules/rules.js'
 * @import { Key } from '../words/i18n.js'
 */

/** @typedef {Pick<Report['decision'], 'looks_for'>} Coverage ids of what the test looks for */

export { isFlagged, isVeiled, restOf, standing };

/** The most urgent first. */
export const ANSWERS = /** @type {readonly Answer[]} */ (Object.keys(ANSWER_NUMBERS));

/** At the operating point in use. @param {Pick<Report, 'decision'>} report @returns {Decided} */
export function decisionOf({ decision }) {
  return decision.at[operatingPoint()];
}

/** With the cut of the operating point in use; an earlier version's report holds that of the balanced one alone. @param {Report['diseases'][number]} disease @param {Decided} decided @returns {Report['diseases'][number]} */
function diseaseHere(disease, decided) {
  const { id, probability, threshold, cuts } = disease;
  const point = operatingPoint();
  const cut = cuts?.[point] ?? (point === 'balanced' ? threshold : Number.NaN); // null in a file
  const positive = isFinding(disease) ? suspectedIn(decided).includes(id) : probability >= cut;
  return { ...disease, threshold: cut, positive };
}

/**
 * At the operating point in use; none beside an answer that does not name what is graded. A report of another version may hold
 * it at its own operating point alone, or not at all.
 * @param {Pick<Report, 'decision' | 'grade'>} report @param {Decided} [decided] the report's own @returns {Report['grade']}
 */
export function gradeHere({ decision, grade }, decided = decisionOf({ decision })) {
  if (!grade?.at_least) return grade;
  const point = operatingPoint();
  const there = grade.at?.[point] ?? (decision.operating_point === point ? {} : null);
  if (isFlagged(standing(decided, GRADED))) return there === null ? undefined : { ...grade, ...there };
  return { ...grade, valid: false, reason: /** @type {const} */ ('not-suspected'), grade: null };
}

/** The report with all of the operating point in use in front, and what the rules say to do about it. @param {Report} report @returns {Report} */
export function reportHere(report) {
  const { at, looks_for } = report.decision;
  const decided = decisionOf(report);
  const grade = gradeHere(report, decided);
  const { grade: _, ...rest } = report;
  return {
    ...rest,
    decision: { operating_point: operatingPoint(), ...decided, at, looks_for },
    diseases: report.diseases.map((disease) => diseaseHere(disease, decided)),
    ...(grade && { grade }),
    clinic: { rules: rules().name, plans: plansFor(decided) },
  };
}

/** Whether it can be judged. @param {Decided} decision */
export function isJudged({ answer }) {
  return answer !== 'repeat';
}

/** Ids of what is suspected, the strongest first. @param {Decided} decision */
export function suspectedIn({ reasons }) {
  return reasons.filter(({ code }) => code === 'finding').map(({ disease }) => /** @type {string} */ (disease));
}

/** From where on something is suspected. @param {number} cut @param {number} [digits] */
export function cutText(cut, digits = digitsBy(cut)) {
  return percent(cut, digits);
}

/** A finding's probability, of what is flagged in the digits of its cut. @param {number} probability @param {Standing} stands @param {number} cut */
export function chanceText(probability, stands, cut) {
  return toldFromCut(probability, stands, cut, percent, 0);
}

/** How well it can be judged, never as if it reached what is needed where it does not. @param {Pick<Report['quality'], 'gradability' | 'threshold'>} quality */
export function gradabilityText({ gradability, threshold }) {
  return toldFromCut(gradability, 'not', threshold, percent, 0);
}

/** What the answer says of a finding: of what is flagged with its cut. @param {Standing} stands @param {number} cut @param {number} [digits] */
export function standingText(stands, cut, digits) {
  return isFlagged(stands) ? t(`findings.${stands}.from`, { low: cutText(cut, digits) }) : t(`findings.${stands}`);
}

/** @type {import('../../answer.js').Words} */
const WORDS = {
  say: (key, values) => t(/** @type {Key} */ (key), values),
  has,
  list: listed,
  nameOf: (id) => nameOf({ id, name: id }),
};

/** @param {Answer} answer */
export function answerText(answer) {
  return t(`decision.${answer}`);
}

/** For a table. @param {Answer} answer */
export function shortText(answer) {
  return t(`decision.short.${answer}`);
}

/** Why, in a sentence or two. @param {Decided} decision @param {Coverage} of @param {(name: string, id: string) => string} [write] a finding, with more of it */
export function whyText(decision, { looks_for: named }, write = (name) => name) {
  return whyOf(decision, named, { ...WORDS, nameOf: (id) => write(WORDS.nameOf(id), id) });
}

/** What to do about it by the clinic's rules, and by when. @param {Decided} decision */
export function whatToDo(decision) {
  return plansFor(decision)
    .flatMap((plan) => [actionText(decision, plan), delayText(plan), ...plan.notes])
    .filter(Boolean)
    .join(' ');
}

/** @param {Decided} decision @param {Plan} plan */
function actionText(decision, { action }) {
  if (action === 'recall') return t('decision.do.none');
  return action === 'repeat' ? againOf(decision, WORDS) : t(`decision.do.${action}`);
}

/** By when at the latest the first of it is to be done; '' without a delay. @param {Decided} decision */
export function soonestText(decision) {
  return delayText(plansFor(decision)[0]);
}

/** @param {Plan} plan */
function delayText({ action, within }) {
  const delay = delayOf(within);
  if (delay === null) return '';
  const text = t(`delay.${delay.unit}`, { count: delay.count });
  return t(action === 'recall' ? 'decision.recall' : 'decision.within', { delay: text });
}

/** Which rules that is by. */
export function rulesText() {
  const { name } = rules();
  if (name === OWN) return t('rules.by', { name: t('rules.own') });
  return t('rules.by', { name: isShipped(name) ? t(`rules.set.${name}`) : name });
}

/**
 * The reasons in a few words, for a table; a finding is no reason to photograph again.
 * @param {Decided} decision @param {Coverage} of @param {(name: string, id?: string) => string} write a finding, with more of it
 */
export function noteText(decision, { looks_for: named }, write) {
  const reasons = isJudged(decision)
    ? decision.reasons
    : decision.reasons.filter(({ disease }) => disease === undefined);
  const words = reasons.flatMap((reason) => {
    const one = { ...decision, reasons: [reason] };
    const faults = faultsOf(one, WORDS);
    if (faults.length > 0) return faults;
    const key = `decision.note.${reason.code}`;
    if (!has(key)) return [];
    const [name = ''] = namesIn(one, named, () => true, WORDS);
    return [t(/** @type {Key} */ (key), { names: write(name, reason.disease) })];
  });
  return listed(words);
}

/** What the test looks for, and that it cannot see the rest. @param {Coverage} of */
export function coverageText({ looks_for: named }) {
  return t('decision.covers', { names: listed(named.map((id) => nameOf({ id, name: id }))) });
}

/** As codes, as the command writes them. @param {Decided} decision */
export function reasonCodes({ reasons }) {
  return reasons.map(({ code, disease }) => (disease === undefined ? code : `${code}:${disease}`)).join(' ');
}
