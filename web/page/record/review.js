/**
 * What a person said to an answer of the test: the same, or another one. It stands beside the test's answer, and never
 * replaces it.
 */

import { ANSWERS, answerText, decisionOf, shortText } from '../case/decision.js';
import { operatingPoint } from '../rules/rules.js';
import { listed, moment, t } from '../words/i18n.js';

/**
 * @import { Answer, PointName, Report } from '../../vmnet.js'
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
 * What people decided about these photographs, in a word or two for a list; '' where nobody did.
 * @param {{ review?: Review | null }[]} entries
 */
export function decidedText(entries) {
  const said = ANSWERS.filter((answer) => entries.some(({ review }) => review?.answer === answer));
  return said.length === 0 ? '' : t('override.decided', { answer: listed(said.map(shortText)) });
}

/** What else is to be said about it: the note, and that the test's answer is another one by now. @param {Review} review @param {Report} report */
export function reviewNotes(review, report) {
  const notes = review.note === '' ? [] : [review.note];
  if (isOutdated(review, report)) notes.push(t('override.outdated', { answer: answerText(review.of.answer) }));
  return notes;
}
