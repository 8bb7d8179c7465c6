/** What is said of a patient beside one of his photographs, so that none of them reassures for all. */

import { ANSWERS, answerText, shortText, soonestText, whatToDo, whyText } from '../case/decision.js';
import { plansFor } from '../rules/rules.js';
import { listed, t } from '../words/i18n.js';
import { capital } from '../words/terms.js';
import { byEye, byPatient } from './eye-rows.js';
import { errorParts, eyeName } from './row-texts.js';
import { answered } from './sorting.js';
import { awaitedEyes } from './together.js';

/**
 * @import { Decided, Report } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 * @import { Current } from '../shell/context.js'
 * @import { EyeRow } from './eye-rows.js'
 * @import { Entry } from './entry.js'
 * @import { Together } from './together.js'
 */

/** An eye that gave the patient's answer. @typedef {{ eye: Eye, decision: Decided, of: Report['decision'] | null }} Cause */

/**
 * His answer, where it is more urgent than the photograph's own, where more or another thing is to be done about it, or where the
 * photograph has none, and the eyes that it comes from; null: an
 * eye is still to be screened, or, with `coming`, the answer is on its way.
 * @typedef {{ decided: Decided | null, causes: Cause[], coming?: true }} Whole
 */

/** @param {Entry} entry @param {Entry[]} entries all of the same patient @param {Together} together @returns {Whole | null} */
export function wholeOf(entry, entries, together) {
  return wholeBeside(answered(entry), entry, entries, together);
}

/**
 * The same beside another answer of which the photograph is a part, such as its eye's.
 * @param {Decided | null} own @param {Entry} entry @param {Entry[]} entries all of the same patient @param {Together} together
 * @returns {Whole | null}
 */
export function wholeBeside(own, entry, entries, together) {
  const all = entry.patient === '' ? [entry] : entries;
  const decided = own !== null && entry.patient === '' ? null : together.of(all);
  if (own === null) return decided && { decided, causes: causesOf(decided, all, together) };
  if (entry.patient === '' || (decided === null && own.answer !== 'no-finding')) return null;
  if (decided === null) {
    const open = { decided, causes: [] };
    return awaitedEyes(all).length > 0 ? open : { ...open, coming: true };
  }
  const later = ANSWERS.indexOf(decided.answer) - ANSWERS.indexOf(own.answer);
  if (later > 0 || (later === 0 && isPlannedAs(decided, own))) return null;
  return { decided, causes: causesOf(decided, all, together) };
}

/** Whether the same is to be done by the same day, by the clinic's rules. @param {Decided} decided @param {Decided} own */
function isPlannedAs(decided, own) {
  return JSON.stringify(plansFor(decided)) === JSON.stringify(plansFor(own));
}

/** @param {Decided} decided @param {Entry[]} entries @param {Together} together */
function causesOf(decided, entries, together) {
  return causesIn(decided, byEye(entries, together));
}

/** @param {Decided} decided @param {EyeRow[]} rows of his eyes @returns {Cause[]} right before left */
export function causesIn({ answer }, rows) {
  return rows.flatMap(({ eye, decision, entries: own }) => {
    const of = own.find((entry) => answered(entry) !== null)?.result?.report.decision ?? null;
    return decision?.answer === answer ? [{ eye, decision, of }] : [];
  });
}

/** Of each photograph that alone would say less, or nothing. @param {Entry[]} entries @param {Together} together @returns {Map<Entry, Whole>} */
export function wholesOf(entries, together) {
  const groups = byPatient(entries);
  const wholes = new Map();
  for (const entry of entries) {
    const whole = wholeOf(entry, groups.get(entry.patient) ?? [], together);
    if (whole !== null) wholes.set(entry, whole);
  }
  return wholes;
}

/** @param {Pick<Whole, 'decided' | 'coming'>} whole */
export function patientText({ decided, coming }) {
  const open = t(coming ? 'decision.patient.coming' : 'decision.patient.open');
  const answer = decided === null ? open : answerText(decided.answer);
  return t('batch.sheet.patient', { answer });
}

/** The same in a word, for a table. @param {Pick<Whole, 'decided' | 'coming'>} whole */
export function patientWord({ decided, coming }) {
  const open = t(coming ? 'decision.patient.coming' : 'decision.patient.open');
  return t('batch.sum', {
    name: t('batch.column.patient'),
    count: decided === null ? open : shortText(decided.answer),
  });
}

/** The photograph's own answer, which is not the patient's. @param {Decided} decision @param {Whole | null} whole */
export function ownText(decision, whole) {
  const answer = answerText(decision.answer);
  return whole === null ? answer : t('decision.this', { answer });
}

/** What to do about a photograph; about the patient where that is more. @param {Decided | null} decision null: not screened @param {Whole | null} whole */
export function actionText(decision, whole) {
  if (whole === null) return decision === null ? '' : whatToDo(decision);
  if (whole.decided !== null) return causedText(whole.decided, whole.causes);
  return whole.coming ? '' : t('decision.patient.first');
}

/** What to do, with the eyes that it is about: beside another eye it would read as if it were about that one. @param {Decided} decided @param {Cause[]} causes */
export function causedText(decided, causes) {
  if (causes.length === 0) return whatToDo(decided);
  if (decided.answer === 'repeat') return ofEyes(causes, ({ decision }) => whatToDo(decision));
  const known = causes.filter(({ of }) => of !== null);
  const why = ofEyes(known, ({ decision, of }) => whyText(decision, /** @type {Report['decision']} */ (of)));
  return [why, whatToDo(decided)].filter(Boolean).join(' ');
}

/** Once what holds for both eyes. @param {Cause[]} causes @param {(cause: Cause) => string} say */
function ofEyes(causes, say) {
  const eyesOf = (/** @type {string} */ answer) =>
    causes.filter((cause) => say(cause) === answer).map(({ eye }) => eyeName(eye));
  return [...new Set(causes.map(say))]
    .map((answer) => t('batch.sheet.eye', { eye: capital(listed(eyesOf(answer))), answer }))
    .join(' ');
}

/**
 * The same where nothing else says whose answer it follows.
 * @param {Decided | null} decision @param {Whole | null} whole @param {string} [unseen] which eye was not photographed
 */
export function patientAction(decision, whole, unseen = '') {
  const text = [actionText(decision, whole), unseen].filter(Boolean).join(' ');
  return whole === null ? text : [patientText(whole), text].filter(Boolean).join('. ');
}

/** For the case. @param {Entry} entry @param {Whole | null} whole @param {string} [unseen] which eye was not photographed @returns {ReturnType<Current['whole']>} */
export function leading(entry, whole, unseen = '') {
  const own = answered(entry);
  if (own === null) return leadingUnread(entry, whole);
  if (whole === null && unseen === '') return null;
  const toDo = [actionText(own, whole), unseen].filter(Boolean).join(' ');
  if (whole === null) return { answer: '', patient: '', own: ownText(own, null), toDo };
  const answer = whole.decided?.answer ?? '';
  const soonest = whole.decided !== null && answer === own.answer ? soonestText(whole.decided) : ''; // what tells them apart
  const patient = [patientText(whole), soonest].filter(Boolean).join('. ');
  return { answer, patient, own: ownText(own, whole), toDo, coming: whole.coming };
}

/** @param {Entry} entry @param {Whole | null} whole @returns {ReturnType<Current['whole']>} */
function leadingUnread(entry, whole) {
  const beside = entry.state === 'failed' ? besideUnread(whole) : null;
  if (beside === null || beside.decided === null) return null;
  const toDo = `${errorParts(entry).remedy} ${actionText(null, beside)}`;
  return { answer: beside.decided.answer, patient: patientText(beside), own: '', toDo };
}

/** What is said of a patient beside a photograph that could not be read; nothing that would reassure. @param {Whole | null} whole */
export function besideUnread(whole) {
  return whole?.decided?.answer === 'no-finding' ? null : whole;
}
