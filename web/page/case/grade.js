/**
 * How severe diabetic retinopathy is, in words, as the report says it. Only beside the finding itself: a grade beside an answer
 * that does not name it, or that there is none, would reassure.
 */

import { GRADED } from '../../answer.js';
import { make } from '../shell/dom.js';
import { percent, t } from '../words/i18n.js';
import { decisionOf, gradeHere, isFlagged, standing } from './decision.js';

/**
 * @import { Decided, Report } from '../../vmnet.js'
 * @import { Key } from '../words/i18n.js'
 */

/** @param {Pick<Report, 'decision' | 'grade'>} report @param {Decided} [decision] the report's own @returns {number} 0: none */
export function gradeOf(report, decision = decisionOf(report)) {
  return gradeHere(report, decision)?.grade ?? 0;
}

/** Whether finding and grade speak against one another. @param {Pick<Report, 'decision' | 'grade'>} report */
function disagrees(report) {
  return gradeHere(report)?.reason === 'disagrees';
}

/** @param {number} grade */
function nameOf(grade) {
  return t(/** @type {Key} */ (`grade.${grade}`));
}

/** A finding with its grade, for a list of findings. @param {string} finding its name @param {number} grade 0: none */
export function gradedName(finding, grade) {
  return grade === 0 ? finding : t('grade.named', { finding, name: nameOf(grade) });
}

/** Writes a report's findings, what is graded with its grade. @param {Pick<Report, 'decision' | 'grade'>} report @returns {(name: string, id?: string) => string} */
export function namedWith(report) {
  return (name, id) => (id === GRADED ? gradedName(name, gradeOf(report)) : name);
}

/** In a word, for a table. @param {number} grade */
export function gradeMark(grade) {
  return t('grade.mark', { grade });
}

/** '' where nothing is said of it. @param {number} grade */
export function gradeLine(grade) {
  return grade === 0 ? '' : t('grade.line', { grade, name: nameOf(grade) });
}

/** A sentence, with what it is worth; '' where nothing is said of it. @param {Pick<Report, 'decision' | 'grade'>} report */
export function gradeSentence(report) {
  if (disagrees(report)) return t('grade.disagrees');
  const line = gradeLine(gradeOf(report));
  return line && t('grade.sentence', { line });
}

/**
 * In a table beside another's; told: whether something is said of it. Where nothing is, what the answer says of the finding.
 * @param {Pick<Report, 'decision' | 'grade'>} report
 */
export function gradeText(report) {
  if (disagrees(report)) return { told: true, text: t('grade.disagrees') };
  const grade = gradeOf(report);
  if (grade > 0) return { told: true, text: t('grade.short', { grade, name: nameOf(grade) }) };
  const stands = standing(decisionOf(report), GRADED);
  return { told: false, text: isFlagged(stands) ? t('grade.none') : t(`findings.${stands}`) };
}

/** What stands in a finding's row, and behind its i; null for what is not graded. @param {Report} report @param {string} id of the finding */
export function gradePart(report, id) {
  if (id !== GRADED || gradeSentence(report) === '') return null;
  const line = gradeLine(gradeOf(report));
  const said = line === '' ? [t('grade.disagrees')] : [make('strong', {}, line), ` · ${t('grade.one')}`];
  return { line: make('span', { class: 'hint', 'data-testid': 'grade' }, ...said), about: t('grade.hint') };
}

/** For the facts: how likely at least each grade is; none where nothing is said of it. @param {Report} report @returns {[string, Node][]} */
export function gradeFacts(report) {
  const likely = report.grade?.at_least ?? [];
  if (gradeSentence(report) === '') return [];
  const rows = likely.map((share, i) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, t('grade.at-least', { grade: i + 1, name: nameOf(i + 1) })),
      make('td', {}, percent(share)),
    ),
  );
  const table = make('table', { 'data-testid': 'grade-facts' }, make('tbody', {}, ...rows));
  const text = make('p', { class: 'fine' }, `${t('grade.at-least.text')} ${t('grade.hint')}`);
  return [[t('grade.title'), make('div', {}, gradeLine(gradeOf(report)) || t('grade.disagrees'), table, text)]];
}
