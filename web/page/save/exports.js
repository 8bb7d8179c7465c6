/**
 * The series as a table and as JSON. Column names and values are for programs: they do not follow the page's language, but
 * for the action, the reason, and what a person wrote.
 */

import { decisionOf, gradeHere, reasonCodes, reportHere, standing, whyText } from '../case/decision.js';
import { gradeSentence } from '../case/grade.js';
import { cutOf, OPERATING_POINTS, operatingPoint, plansFor, rules } from '../rules/rules.js';
import { decimalMark } from '../words/i18n.js';
import { isFinding, notesText } from '../words/terms.js';
import { isOfBothEyes, otherPatients } from '../worklist/copies.js';
import { eyeOf, eyeSource, eyesDisagree, seenEye } from '../worklist/entry.js';
import { byEye, byPatient, eyeKey } from '../worklist/eye-rows.js';
import { isPutTogether, otherSpellings } from '../worklist/identities.js';
import { errorText } from '../worklist/row-texts.js';
import { answered } from '../worklist/sorting.js';
import { unseenTexts } from '../worklist/unseen.js';
import { patientAction, wholeOf, wholesOf } from '../worklist/whole.js';
import { csvOf, styleOf } from './csv.js';
import { dayOfEntry } from './visits.js';

/**
 * @import { Decided, ModelClass, ModelInfo, Report } from '../../vmnet.js'
 * @import { Cell } from './csv.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Together } from '../worklist/together.js'
 * @import { Whole } from '../worklist/whole.js'
 */

/** As in every report. */
export const NOTICE = 'research and teaching, not a medical device';

/** The ETDRS grid of each kind of lesion would be 81 columns. */
const IN_REPORTS_ALONE = 'regions';

/** The numbers in a tree, by their way to them: { a: { b: 1 } } gives a_b. @param {string} name @param {unknown} tree @returns {[string, Cell][]} */
function leaves(name, tree) {
  if (tree === null || tree === undefined) return [];
  if (typeof tree === 'object')
    return Object.entries(tree).flatMap(([key, value]) =>
      key === IN_REPORTS_ALONE ? [] : leaves(`${name}_${snake(key)}`, value),
    );
  return [[name, /** @type {Cell} */ (tree)]];
}

/** @param {string} key meanWidth gives mean_width */
function snake(key) {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .toLowerCase();
}

/** @type {Record<Entry['state'], string>} */
const STATUS = {
  done: 'screened',
  failed: 'failed',
  waiting: 'not screened',
  working: 'not screened',
  left: 'not screened',
};

/**
 * Answers of the eye and the patient that an entry belongs to, what the patient's adds to its own, and which eye was not seen.
 * @typedef {{ eye: Map<Entry, Decided>, patient: Map<Entry, Decided>, whole: Map<Entry, Whole>, unseen: Map<string, string> }} Groups
 */

/** @param {Entry[]} entries @param {Together} together @returns {Groups} */
function groupsOf(entries, together) {
  /** @type {Groups} */
  const groups = {
    ...{ eye: new Map(), patient: new Map() },
    ...{ whole: wholesOf(entries, together), unseen: unseenTexts(entries, together) },
  };
  const eyes = new Map(byEye(entries, together).map(({ key, decision }) => [key, decision]));
  const patients = new Map([...byPatient(entries)].map(([patient, all]) => [patient, patient && together.of(all)]));
  for (const entry of entries) {
    const { patient } = entry;
    const alone = patient === '' ? together.of([entry]) : null; // nobody knows whose others are: each stands for itself
    const [eye, whole] = patient === '' ? [alone, alone] : [eyes.get(eyeKey(entry)), patients.get(patient)];
    if (eye) groups.eye.set(entry, eye);
    if (whole) groups.patient.set(entry, whole);
  }
  return groups;
}

/** Why, with the grade, and whether it is so of a part of the file only, or of what was turned. @param {Entry} entry that is screened @param {Decided} decision */
export function reasonText({ result }, decision) {
  const { report, notes } = /** @type {NonNullable<Entry['result']>} */ (result);
  return [whyText(decision, report.decision), gradeSentence(report), ...notesText(report, notes)]
    .filter(Boolean)
    .join(' ');
}

/** What to do and why, in words, and what a person said to it. @param {Entry} entry @param {Whole | null} whole @param {string} unseen which eye of the patient @returns {[string, Cell][]} */
function actionCells(entry, whole, unseen) {
  const decision = answered(entry);
  const coverage = entry.result?.report.decision;
  const known = decision !== null && coverage !== undefined;
  const { review } = entry;
  return [
    ['answer', decision?.answer],
    ['action', known || whole !== null ? patientAction(decision, whole, unseen) : null],
    ['reason', known ? reasonText(entry, decision) : errorText(entry)],
    ['review_answer', review?.answer],
    ['review_by', review?.by],
    ['review_note', review?.note],
    ['review_at', review?.at],
    ['review_of_answer', review?.of.answer],
  ];
}

/** @param {Entry} entry @param {Whole | null} whole @returns {[string, Cell][]} */
function answerCells(entry, whole) {
  const decision = answered(entry);
  const at = entry.result?.report.decision.at;
  const about = whole === null ? decision : whole.decided;
  const plans = about === null ? [] : plansFor(about);
  return [
    ['rules', rules().name],
    ['operating_point', operatingPoint()],
    ['action_codes', plans.map(({ action }) => action).join(' ')],
    ['action_within', plans.flatMap(({ within }) => within ?? []).join(' ')],
    ['answer_reasons', decision && reasonCodes(decision)],
    ['rest', decision?.rest],
    ...OPERATING_POINTS.map((name) => /** @type {[string, Cell]} */ ([`answer_${name}`, at?.[name].answer])),
  ];
}

/** A row of the table by the names of its columns. @param {Entry} entry @param {Map<number, Entry>} all @param {Groups} groups @param {ModelInfo} info @returns {[string, Cell][]} */
function rowOf(entry, all, groups, info) {
  const { classes } = info;
  const { result, error } = entry;
  const report = result?.report;
  const whole = groups.whole.get(entry) ?? null;
  return [
    ['patient', entry.patient],
    ['eye', eyeOf(entry)],
    ...actionCells(entry, whole, groups.unseen.get(entry.patient) ?? ''),
    ['file', entry.path],
    ['day', dayOfEntry(entry)],
    ['sha256', report?.image.sha256],
    ['same_as', entry.sameAs === null ? null : all.get(entry.sameAs)?.path],
    ['same_file_patients', otherPatients(entry).join('; ')],
    ['same_file_eyes', isOfBothEyes(entry)],
    ['similar_patients', otherSpellings(entry).join('; ')],
    ['patient_guessed', isPutTogether(entry)],
    ['dicom_patient', entry.result?.stated?.patient],
    ['dicom_eye', entry.result?.stated?.eye],
    ['eye_source', eyeSource(entry)],
    ['eye_by_disc', seenEye(entry)],
    ['eye_conflict', result === null ? null : eyesDisagree(entry)],
    ['status', STATUS[entry.state]],
    ...answerCells(entry, whole),
    ['eye_answer', groups.eye.get(entry)?.answer],
    ['eye_reasons', reasonsOf(groups.eye.get(entry))],
    ['eye_rest', groups.eye.get(entry)?.rest],
    ['patient_answer', groups.patient.get(entry)?.answer],
    ['patient_reasons', reasonsOf(groups.patient.get(entry))],
    ['patient_rest', groups.patient.get(entry)?.rest],
    ['width', report?.image.width],
    ['height', report?.image.height],
    ['turned', report?.orientation?.turned],
    ['gradable', report?.quality.gradable],
    ['gradability', report?.quality.gradability],
    ['gradability_threshold', report?.quality.threshold],
    ['quality_reasons', report?.quality.reasons?.join(' ')],
    ...classes.flatMap((of) => diseaseCells(entry, of)),
    ...gradeCells(entry),
    ['vessel_density', report?.vessels.density],
    ...leaves('measure', result?.measures),
    ...leaves('optic_disc', result?.opticDisc),
    ...leaves('disc_and_cup', report?.disc_and_cup),
    ...leaves('lesions', report?.lesions),
    ...leaves('arteries', report?.arteries),
    ['laterality_confidence', result?.laterality?.confidence],
    ['notes', result?.notes.join(' ')],
    ['error', error?.code],
    ['error_text', error?.message],
    ['version', report?.version ?? info.version],
    ['weights_sha256', report?.model.weights_sha256 ?? info.weightsSha256],
    ['notice', NOTICE],
  ];
}

/** @param {Decided | undefined} decision */
function reasonsOf(decision) {
  return decision && reasonCodes(decision);
}

/** @param {string} name @param {Cell} value @returns {[string, Cell]} */
function cell(name, value) {
  return [name, value];
}

/** @param {Entry} entry @param {ModelClass} of @returns {[string, Cell][]} */
function diseaseCells(entry, of) {
  const name = of.id.replaceAll('-', '_');
  const disease = entry.result?.report.diseases.find((d) => d.id === of.id);
  const decision = answered(entry);
  return [
    [`${name}_probability`, disease?.probability],
    [`${name}_threshold`, cutOf(disease, of)],
    ...(isFinding(of) ? [cell(`${name}_suspected`, decision && suspected(decision, of.id))] : []),
  ];
}

/** Of diabetic retinopathy. @param {Entry} entry @returns {[string, Cell][]} */
function gradeCells(entry) {
  const decision = answered(entry);
  const grade = decision === null || entry.result === null ? undefined : gradeHere(entry.result.report, decision);
  const atLeast = (grade?.at_least ?? []).map((share, i) => cell(`grade_at_least_${i + 1}`, share));
  return [cell('grade', grade?.grade), cell('grade_reason', grade?.reason), ...atLeast];
}

/** "no" alone says that it is not suspected; where that cannot be said, it says why. @param {Decided} decision @param {string} id */
function suspected(decision, id) {
  const stands = standing(decision, id);
  if (stands === 'suspected') return 'yes';
  if (stands === 'near') return 'near';
  return stands === 'not' ? 'no' : (decision.rest ?? 'not-judged');
}

/** All that is known, a row a photograph; the first row names the columns. @param {Entry[]} entries @param {ModelInfo} info @param {Together} together */
export function tableOf(entries, info, together) {
  const all = new Map(entries.map((entry) => [entry.id, entry]));
  const groups = groupsOf(entries, together);
  const rows = entries.map((entry) => rowOf(entry, all, groups, info));
  const names = columnNames(rows);
  return [names, ...rows.map((row) => valuesOf(new Map(row), names))];
}

/** Parted as spreadsheets in the page's language expect it. @param {Entry[]} entries @param {ModelInfo} info @param {Together} together */
export function csvFile(entries, info, together) {
  return csvOf(tableOf(entries, info, together), styleOf(decimalMark()));
}

/** @param {Map<string, Cell>} row @param {string[]} names */
function valuesOf(row, names) {
  return names.map((name) => row.get(name) ?? null);
}

/** Of all rows, as not each has all measures: each name after the one it followed first. @param {[string, Cell][][]} rows */
function columnNames(rows) {
  /** @type {string[]} */
  const names = [];
  for (const row of rows)
    for (const [i, [name]] of row.entries())
      if (!names.includes(name)) names.splice(i === 0 ? 0 : names.indexOf(row[i - 1][0]) + 1, 0, name);
  return names;
}

/** @param {Entry[]} entries @param {ModelInfo} info @param {Together} together */
export function jsonFile(entries, info, together) {
  const { classes } = info;
  const reports = entries.map((entry) => jsonEntry(entry, entries, together));
  const eyes = byEye(entries, together).map((row) => ({
    patient: row.patient,
    ...(row.patient === '' ? { file: row.entries[0].path } : {}),
    eye: row.eye || null,
    photographs: row.photographs,
    judged: row.judged,
    ...decidedOf(row.decision),
    probabilities: Object.fromEntries(row.worst),
  }));
  const patients = [...byPatient(entries)]
    .filter(([patient]) => patient !== '') // of nobody in particular: many people's, perhaps
    .map(([patient, all]) => ({ patient, ...decidedOf(together.of(all)) }));
  const operating = {
    name: operatingPoint(),
    classes: classes.map((of) => ({ id: of.id, ...(of.points?.[operatingPoint()] ?? { threshold: of.threshold }) })),
  };
  const head = {
    schema: 'vmnet-series-2',
    notice: NOTICE,
    version: info.version,
    operating_point: operating,
    rules: rules(),
  };
  return `${JSON.stringify({ ...head, reports, eyes, patients }, null, 2)}\n`;
}

/** @param {Decided | null} decision */
function decidedOf(decision) {
  return {
    answer: decision?.answer ?? null,
    reasons: decision?.reasons ?? [],
    rest: decision?.rest ?? null,
    plans: decision === null ? [] : plansFor(decision),
  };
}

/** @param {Entry} entry @param {Entry[]} entries @param {Together} together */
export function jsonEntry(entry, entries, together) {
  const { path, patient, result, error, review, sameAs } = entry;
  const all = patient === '' ? [entry] : entries.filter((other) => other.patient === patient);
  const decided = together.of(all);
  return {
    file: path,
    day: dayOfEntry(entry),
    patient,
    eye: eyeOf(entry) || null,
    eye_source: eyeSource(entry) || null,
    status: STATUS[entry.state],
    patient_answer: decided?.answer ?? null,
    patient_plans: decided === null ? [] : plansFor(decided),
    ...(sameAs === null ? {} : { same_as: entries.find(({ id }) => id === sameAs)?.path ?? null }),
    ...(otherPatients(entry).length === 0 ? {} : { same_file_patients: otherPatients(entry) }),
    ...(isOfBothEyes(entry) ? { same_file_eyes: true } : {}),
    ...(otherSpellings(entry).length === 0 ? {} : { similar_patients: otherSpellings(entry) }),
    ...(isPutTogether(entry) ? { patient_guessed: true } : {}),
    ...(result?.stated ? { dicom: result.stated } : {}),
    ...(error === null ? {} : { error }),
    ...(review === null ? {} : { review }),
    ...(result === null ? {} : resultOf(entry, wholeOf(entry, all, together))),
  };
}

/** @param {Entry} entry @param {Whole | null} whole */
function resultOf(entry, whole) {
  const { report, notes, laterality, measures, opticDisc } = /** @type {NonNullable<Entry['result']>} */ (entry.result);
  const { answer, reasons, rest = null } = decisionOf(report);
  return {
    answer,
    reasons,
    rest,
    ...(eyesDisagree(entry) ? { eye_conflict: true } : {}),
    notes,
    ...(laterality === null ? {} : { laterality }),
    ...(measures === null ? {} : { measures }),
    ...(opticDisc === null ? {} : { optic_disc: opticDisc }),
    report: planned(reportHere(report), whole),
  };
}

/** Where the patient's answer is the more urgent, or not known yet, no plan is said that follows the photograph's own. @param {Report} report @param {Whole | null} whole @returns {Report} */
function planned({ clinic, ...report }, whole) {
  if (whole === null) return { ...report, clinic };
  if (whole.decided === null) return report;
  return { ...report, clinic: { rules: rules().name, plans: plansFor(whole.decided) } };
}
