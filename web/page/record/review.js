/**
 * What a person said to an answer of the test: the same, or another one. It stands beside the test's answer, and never
 * replaces it.
 */

import { ANSWERS, answerText, decisionOf, shortText } from '../case/decision.js';
import { operatingPoint } from '../rules/rules.js';
import { commas, listed, moment, t } from '../words/i18n.js';
import { copiesOf, eachOnce } from '../worklist/copies.js';
import { eyeOf } from '../worklist/entry.js';

/**
 * @import { Answer, PointName, Report } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 */

/** Characters of a name and of a note. */
export const MOST_REVIEWER = 80;
export const MOST_REMARK = 500;

/**
 * @typedef {object} Review
 * @property {string} by who
 * @property {Answer} answer what the person says
 * @property {string} note
 * @property {string} at when, as in ISO 8601
 * @property {{ answer: Answer, operating_point: PointName, weights_sha256: string | null }} of the answer that it was said to
 */

/** @param {Report} report @param {Pick<Review, 'by' | 'answer' | 'note'>} said @param {Date} [now] @returns {Review} */
export function reviewOf(report, { by, answer, note }, now = new Date()) {
  return {
    by: by.trim().slice(0, MOST_REVIEWER),
    answer,
    note: note.trim().slice(0, MOST_REMARK),
    at: now.toISOString(),
    of: {
      answer: decisionOf(report).answer,
      operating_point: operatingPoint(),
      weights_sha256: report.model.weights_sha256,
    },
  };
}

/** Whether it confirms the answer that it was said to. @param {Review} review */
function confirms({ answer, of }) {
  return answer === of.answer;
}

/** Whether the test says something else now than when it was reviewed. @param {Review} review @param {Report} report */
function isOutdated({ of }, report) {
  return of.answer !== decisionOf(report).answer;
}

/** Who said what, in a sentence. @param {Review} review */
export function reviewText(review) {
  const { by, answer, at } = review;
  const values = { by, answer: answerText(answer), when: moment(new Date(at)) };
  return t(confirms(review) ? 'override.confirmed' : 'override.overridden', values);
}

/**
 * What people decided about these photographs of one patient, in a word or two for a list; '' where nobody did. A decision
 * about one eye is none about the other: until each eye has one, also one that could not be read, and where they differ, it is
 * said of which. Nor is one about a photograph one about another of the same eye: until each has one, it is said of how many.
 * @param {Entry[]} entries
 */
export function decidedText(entries) {
  const eyes = [...new Set(entries.map(eyeOf))].map((eye) => ({
    eye,
    ...saidAbout(entries.filter((entry) => eyeOf(entry) === eye)),
  }));
  const decided = eyes.filter(({ said }) => said.length > 0);
  if (decided.length === 0) return '';
  const whole = decided.every(({ count, all }) => count === all);
  const answers = new Set(decided.map(({ said }) => listed(said.map(shortText))));
  if (decided.length === eyes.length && answers.size === 1 && (whole || eyes.length === 1))
    return ofSome(t('override.decided', { answer: [...answers][0] }), decided[0]);
  // the most urgent first: a narrow list cuts what is last
  decided.sort((a, b) => ANSWERS.indexOf(a.said[0]) - ANSWERS.indexOf(b.said[0]));
  return commas(
    decided.map((of) =>
      ofSome(t(`override.decided.${of.eye || 'none'}`, { answer: listed(of.said.map(shortText)) }), of),
    ),
  );
}

/** @param {string} text @param {{ count: number, all: number }} of photographs that have a decision, and all */
function ofSome(text, { count, all }) {
  return count === all ? text : t('override.decided.some', { text, count, all });
}

/** What people decided about the photographs of one eye: of those that could be read, each file once. @param {Entry[]} entries */
function saidAbout(entries) {
  const files = eachOnce(entries).map((entry) => ({ entry, said: saidOf(sameEye(entry)) }));
  const own = files.filter(({ entry }) => entry.state !== 'failed');
  const all = files.flatMap(({ said }) => said);
  return {
    said: ANSWERS.filter((answer) => all.includes(answer)),
    count: own.filter(({ said }) => said.length > 0).length,
    all: own.length,
  };
}

/** A decision about one copy of a file is one about the file. @param {Entry} entry @returns {Entry[]} its copies as the same eye */
export function sameEye(entry) {
  const eye = eyeOf(entry);
  return copiesOf(entry).filter((other) => eyeOf(other) === eye);
}

/** The most urgent first, each once. @param {Entry[]} entries @returns {Answer[]} */
function saidOf(entries) {
  return ANSWERS.filter((answer) => entries.some(({ review }) => review?.answer === answer));
}

/** What else is to be said about it: the note, and that the test's answer is another one by now. @param {Review} review @param {Report} report */
export function reviewNotes(review, report) {
  const notes = review.note === '' ? [] : [review.note];
  if (isOutdated(review, report)) notes.push(t('override.outdated', { answer: answerText(review.of.answer) }));
  return notes;
}
