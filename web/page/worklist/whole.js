/** What is said of a patient beside one of his photographs, so that none of them reassures for all. */

import { ANSWERS, answerText, whatToDo } from '../case/decision.js';
import { t } from '../words/i18n.js';
import { byPatient } from './eye-rows.js';
import { answered } from './sorting.js';
import { awaitedEyes } from './together.js';

/**
 * @import { Decided } from '../../vmnet.js'
 * @import { Current } from '../shell/context.js'
 * @import { Entry } from './series.js'
 * @import { Together } from './together.js'
 */

/**
 * His answer, where it is more urgent than the photograph's own; null: an eye is still to be screened, or, with `coming`, the
 * answer is on its way.
 * @typedef {{ decided: Decided | null, coming?: true }} Whole
 */

/** @param {Entry} entry @param {Entry[]} entries all of the same patient @param {Together} together @returns {Whole | null} */
export function wholeOf(entry, entries, together) {
  const own = answered(entry);
  if (own === null || entry.patient === '') return null;
  const decided = together.of(entries);
  if (decided === null && own.answer !== 'no-finding') return null;
  if (decided === null) return awaitedEyes(entries).length > 0 ? { decided } : { decided, coming: true };
  return ANSWERS.indexOf(decided.answer) < ANSWERS.indexOf(own.answer) ? { decided } : null;
}

/** Of each photograph that alone would say less. @param {Entry[]} entries @param {Together} together @returns {Map<Entry, Whole>} */
export function wholesOf(entries, together) {
  const groups = byPatient(entries);
  const wholes = new Map();
  for (const entry of entries) {
    const whole = wholeOf(entry, groups.get(entry.patient) ?? [], together);
    if (whole !== null) wholes.set(entry, whole);
  }
  return wholes;
}

/** @param {Whole} whole */
export function patientText({ decided, coming }) {
  const open = t(coming ? 'decision.patient.coming' : 'decision.patient.open');
  const answer = decided === null ? open : answerText(decided.answer);
  return t('batch.sheet.patient', { answer });
}

/** The photograph's own answer, which is not the patient's. @param {Decided} decision @param {Whole | null} whole */
export function ownText(decision, whole) {
  const answer = answerText(decision.answer);
  return whole === null ? answer : t('decision.this', { answer });
}

/** What to do about a photograph; about the patient where that is more. @param {Decided} decision @param {Whole | null} whole */
export function actionText(decision, whole) {
  if (whole === null) return whatToDo(decision);
  if (whole.decided !== null) return whatToDo(whole.decided);
  return whole.coming ? '' : t('decision.patient.first');
}

/** The same where nothing else says whose answer it follows. @param {Decided} decision @param {Whole | null} whole */
export function patientAction(decision, whole) {
  const text = actionText(decision, whole);
  return whole === null ? text : [patientText(whole), text].filter(Boolean).join('. ');
}

/** For the case. @param {Entry} entry @param {Whole | null} whole @returns {ReturnType<Current['whole']>} */
export function leading(entry, whole) {
  const own = answered(entry);
  if (own === null || whole === null) return null;
  const answer = whole.decided?.answer ?? '';
  return { answer, patient: patientText(whole), own: ownText(own, whole), toDo: actionText(own, whole) };
}
