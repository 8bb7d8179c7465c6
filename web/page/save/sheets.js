/**
 * The report for paper: one sheet a patient, and a list of what could not be screened. print.css makes it the only thing that
 * is printed, and paper.js a PDF file of the same.
 */

import {
  chanceText,
  coverageText,
  cutText,
  gradabilityText,
  rulesText,
  suspectedIn,
  whatToDo,
  whyText,
} from '../case/decision.js';
import { gradeSentence } from '../case/grade.js';
import { ratioOf, ratioText } from '../case/measures.js';
import { reviewNotes, reviewText, sameEye } from '../record/review.js';
import { operatingPoint } from '../rules/rules.js';
import { make } from '../shell/dom.js';
import { commas, listed, percent, t } from '../words/i18n.js';
import { capital, dayName, isFinding, nameOf, notesText } from '../words/terms.js';
import { doubtsOf } from '../worklist/doubts.js';
import { byEye, eyeCut } from '../worklist/eye-rows.js';
import { pictureOf } from '../worklist/pictures.js';
import { answerWords, colon, errorText, eyeName, eyeText, stateText } from '../worklist/row-texts.js';
import { answered, photographValue, sorted } from '../worklist/sorting.js';
import { isAwaited } from '../worklist/together.js';
import { unseenText } from '../worklist/unseen.js';
import { causedText, causesIn, patientAction, patientText, wholesOf } from '../worklist/whole.js';
import { daysOf } from './visits.js';

/**
 * @import { Decided, ModelClass, ModelInfo } from '../../vmnet.js'
 * @import { Coverage } from '../case/decision.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { EyeRow } from '../worklist/eye-rows.js'
 * @import { Together } from '../worklist/together.js'
 */

/** So many at once: each holds pictures, which paper needs all at the same time. */
export const MOST_SHEETS = 250;

/** @param {Entry} entry */
function isScreened(entry) {
  return answered(entry) !== null;
}

/**
 * @param {Entry[]} entries @param {ModelInfo} info @param {Together} together
 * @returns {{ sheets: HTMLElement[], patients: number }} a sheet for each of the first patients, by name, and for each photograph of nobody
 */
export function sheetsOf(entries, info, together) {
  /** @type {Map<string, EyeRow[]>} */
  const patients = new Map();
  for (const row of byEye(entries, together)) {
    const whose = row.patient === '' ? row.key : `patient ${row.patient}`;
    patients.set(whose, [...(patients.get(whose) ?? []), row]);
  }
  const all = [...patients.values()].map((rows) => ({
    patient: rows[0].patient,
    rows,
    entries: rows.flatMap((row) => row.entries),
  }));
  const some = all.filter((of) => of.entries.some(isScreened));
  const none = all.filter((of) => !of.entries.some(isScreened)).flatMap((of) => of.entries);
  const sheets = some
    .slice(0, MOST_SHEETS)
    .map(({ patient, rows, entries: own }) => sheet(patient, rows, own, info, together));
  if (some.length > MOST_SHEETS)
    sheets.at(-1)?.append(make('p', {}, t('batch.sheet.most', { most: MOST_SHEETS, count: some.length })));
  if (none.length > 0) sheets.push(notScreened(none, together));
  return { sheets, patients: some.length };
}

/** An earlier visit is not dated as today's. @param {string} title @param {Entry[]} entries */
function head(title, entries) {
  const on = listed(daysOf(entries).map(dayName));
  return [
    make('header', {}, make('h2', {}, title), make('p', {}, t('batch.sheet.day', { day: on }))),
    make('p', { class: 'sheet-notice' }, t('page.notice')),
  ];
}

/** @param {string} patient */
function patientName(patient) {
  return patient || t('batch.patient.none');
}

/** @param {string} patient @param {EyeRow[]} rows @param {Entry[]} entries @param {ModelInfo} info @param {Together} together */
function sheet(patient, rows, entries, info, together) {
  return make(
    'article',
    { class: 'sheet' },
    ...head(t('batch.sheet.title', { patient: patientName(patient) }), entries),
    ...answer(rows, entries, together),
    ...reviews(entries),
    make('div', { class: `sheet-eyes ${rows.length === 1 ? 'one' : ''}` }, ...rows.map((row) => pictures(row))),
    ...findings(
      rows.filter(({ judged }) => judged > 0),
      info.classes.filter(isFinding),
    ),
    make('p', { class: 'sheet-point' }, pointText(info.classes), isGraded(entries) ? ` ${t('grade.hint')}` : ''),
    foot(entries, info),
  );
}

/** For the patient, from all eyes. @param {EyeRow[]} rows @param {Entry[]} entries @param {Together} together */
function answer(rows, entries, together) {
  const decision = together.of(entries);
  const of = entries.find(isScreened)?.result?.report.decision;
  if (of === undefined) return [];
  if (decision === null) return [stillOpen()];
  const unseen = unseenText(entries, decision);
  const open = rows.length === 1 ? [] : rows.filter((row) => row.decision?.answer === 'repeat' || row.judged === 0);
  const eyesOf = (/** @type {EyeRow[]} */ some) => listed(some.map(({ eye }) => eyeName(eye)));
  const [left, unjudged] = [open.filter(isLeft), open.filter((row) => !isLeft(row))];
  return [
    make(
      'section',
      { class: `sheet-answer ${decision.answer}` },
      make('h3', {}, patientText({ decided: decision })),
      ...(unseen === '' ? [] : [make('p', {}, unseen)]),
      ...(unjudged.length === 0 ? [] : [make('p', {}, t('batch.sheet.unjudged', { eyes: eyesOf(unjudged) }))]),
      ...(left.length === 0 ? [] : [make('p', {}, t('batch.sheet.unscreened', { eyes: eyesOf(left) }))]),
      make('p', {}, whyText(decision, of)),
      make('p', { class: 'to-do' }, toDoOf(decision, rows)),
      ...besides(decision, rows, of),
      make('p', {}, coverageText(of)),
    ),
  ];
}

/**
 * What is suspected in an eye of another answer, be it past judging, and what is to be done about it: that may be due sooner than
 * what leads.
 * @param {Decided} decision @param {EyeRow[]} rows @param {Coverage} of
 */
function besides({ answer: leads }, rows, of) {
  return rows.flatMap(({ decision, eye }) =>
    decision === null || [leads, 'no-finding'].includes(decision.answer)
      ? []
      : [
          make(
            'p',
            { class: 'to-do' },
            capital(eyeName(eye)),
            colon(),
            `${whyText(decision, of)} ${whatToDo(decision)}`,
          ),
        ],
  );
}

/** How a photograph is to be taken again is of the eye that could not be judged; what is suspected stands above. @param {Decided} decision @param {EyeRow[]} rows */
function toDoOf(decision, rows) {
  const several = decision.answer === 'repeat' && rows.length > 1;
  return several ? causedText(decision, causesIn(decision, rows)) : whatToDo(decision);
}

/** Whether nobody tried to screen it: paused or cancelled before. @param {EyeRow} row */
function isLeft({ screened, entries }) {
  return screened === 0 && entries.some(isAwaited);
}

/** One eye is to be screened yet, and the other clears nobody. */
function stillOpen() {
  return make(
    'section',
    { class: 'sheet-answer' },
    make('h3', {}, patientText({ decided: null })),
    make('p', { class: 'to-do' }, t('decision.patient.first')),
  );
}

/** What people said to the answers. @param {Entry[]} entries */
function reviews(entries) {
  const said = entries.flatMap(sameEye).flatMap((entry) => {
    const { review, result } = entry;
    if (review === null || result === null) return [];
    const what = make('strong', {}, reviewText(review));
    const notes = reviewNotes(review, result.report).map((note) => make('p', {}, make('bdi', {}, note)));
    return [make('p', {}, make('bdi', {}, entry.name), colon(), what), ...notes];
  });
  if (said.length === 0) return [];
  return [make('section', { class: 'sheet-reviews' }, make('h3', {}, t('override.title')), ...said)];
}

/** The most urgent photograph large, with what the network looked at; the others small. @param {EyeRow} row */
function pictures(row) {
  const [main, ...others] = sorted(row.entries.filter(isScreened), photographValue('answer'), true);
  return make(
    'section',
    {},
    make('h3', {}, capital(t('batch.sheet.eye', { eye: eyeName(row.eye), answer: eyeText(row) }))),
    ...(main === undefined ? [] : [make('div', { class: 'sheet-pictures' }, figure(main), ...evidence(main))]),
    ...(others.length === 0 ? [] : [make('div', { class: 'sheet-others' }, ...others.map(figure))]),
    ...row.entries.filter((entry) => !isScreened(entry)).map(missing),
  );
}

/** A photograph without an answer. @param {Entry} entry */
function missing(entry) {
  return make('p', {}, make('bdi', {}, entry.name), ' ', make('strong', {}, stateText(entry)), ' ', whyNot(entry));
}

/** Why there is no answer, and what to do. @param {Entry} entry */
function whyNot(entry) {
  return isAwaited(entry) ? t('batch.sheet.left.why') : errorText(entry);
}

/** @param {Entry} entry that is screened */
function figure(entry) {
  const { short, note } = answerWords(entry);
  const quality = entry.result?.report.quality;
  const ratio = entry.result === null ? null : ratioOf(entry.result.report);
  const grade = entry.result === null ? '' : gradeSentence(entry.result.report);
  const notes = entry.result === null ? [] : notesText(entry.result.report, entry.result.notes);
  return make(
    'figure',
    {},
    ...(entry.preview === null ? [] : [pictureOf(entry.preview)]),
    make(
      'figcaption',
      {},
      make('bdi', {}, entry.name),
      make('span', {}, commas([short, note].filter(Boolean))),
      make(
        'span',
        {},
        t('batch.sheet.gradability', { percent: quality === undefined ? percent(0) : gradabilityText(quality) }),
      ),
      ...(ratio === null ? [] : [make('span', {}, `${t('disc.ratio')} ${ratioText(ratio)}`)]),
      ...(grade === '' ? [] : [make('span', {}, grade)]),
      ...notes.map((note) => make('strong', {}, note)),
      ...doubtsOf(entry).map(({ text }) => make('strong', {}, text)),
    ),
  );
}

/** The heatmap of the strongest of what is suspected. @param {Entry} entry that is screened */
function evidence(entry) {
  const decision = answered(entry);
  const [id] = decision === null ? [] : suspectedIn(decision);
  const found = entry.evidence.find((one) => one.id === id);
  if (found === undefined) return [];
  const caption = t('save.sheet.evidence', { name: nameOf({ id: found.id, name: found.id }) });
  return [
    make(
      'figure',
      { class: 'sheet-evidence' },
      pictureOf(found.laid),
      make('figcaption', {}, make('span', {}, caption)),
    ),
  ];
}

/** @param {EyeRow[]} rows that can be judged @param {ModelClass[]} classes @returns {HTMLElement[]} */
function findings(rows, classes) {
  if (rows.length === 0) return [];
  const cut = (/** @type {string} */ text) => make('th', { scope: 'col' }, text);
  const rated = classes.some((c) => c.points !== null);
  return [
    make(
      'table',
      {},
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          cut(capital(t('batch.sheet.finding'))),
          ...rows.map((row) => cut(capital(eyeName(row.eye)))),
          cut(t('batch.sheet.cut')),
          ...(rated ? [cut(t('batch.sheet.sensitivity')), cut(t('batch.sheet.specificity'))] : []),
        ),
      ),
      make('tbody', {}, ...classes.map((of) => finding(of, rows, rated))),
    ),
  ];
}

/** @param {ModelClass} of @param {EyeRow[]} rows @param {boolean} rated */
function finding(of, rows, rated) {
  const at = of.points?.[operatingPoint()];
  const [cut, ...others] = new Set(rows.map((row) => eyeCut(row, of)));
  const rates = at === undefined ? ['', ''] : [percent(at.sensitivity), percent(at.specificity)];
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, capital(nameOf(of))),
    ...rows.map((row) => probability(row, of)),
    make('td', {}, commas([cut, ...others].map((one) => cutText(one)))),
    ...(rated ? rates.map((rate) => make('td', {}, rate)) : []),
  );
}

/** The cut has a column of its own. @param {EyeRow} row @param {ModelClass} of */
function probability(row, of) {
  const { worst, stands, rest } = row;
  const stand = stands.get(of.id) ?? rest;
  const share = chanceText(worst.get(of.id) ?? 0, stand, eyeCut(row, of));
  const text = stand === 'not' ? share : commas([share, t(`findings.${stand}`).toLocaleLowerCase()]);
  return make('td', stand === 'suspected' ? { class: 'marked' } : {}, text);
}

/** Whether a photograph of it says a grade, or why it has none: what the scale is stands on the sheet then. @param {Entry[]} entries */
function isGraded(entries) {
  return entries.filter(isScreened).some(({ result }) => result !== null && gradeSentence(result.report) !== '');
}

/** @param {ModelClass[]} classes */
function pointText(classes) {
  const worst = `${rulesText()} ${t('batch.sheet.worst')}`;
  if (classes.every((c) => c.points === null)) return worst;
  const name = t(`findings.point.${operatingPoint()}`);
  return `${worst} ${t('batch.sheet.point', { name, text: t(`findings.point.${operatingPoint()}.text`) })}`;
}

/** @param {Entry[]} entries @param {ModelInfo} info */
function foot(entries, info) {
  const unknown = t('load.fact.unknown');
  const program = entries.find(({ result }) => result !== null)?.result?.report.model.binary_sha256 ?? info.wasmSha256;
  const hash = (/** @type {string} */ name, /** @type {string | null | undefined} */ sha) =>
    make('li', {}, make('bdi', {}, name), ' ', make('code', {}, sha ?? unknown));
  return make(
    'footer',
    {},
    make('p', {}, t('batch.sheet.made', { version: info.version, weights: info.weights })),
    make(
      'ul',
      {},
      ...entries
        .filter(({ result }) => result !== null)
        .map(({ name, result }) => hash(name, result?.report.image.sha256)),
      hash(t('batch.sheet.weights'), info.weightsSha256),
      hash(t('batch.sheet.program'), program),
    ),
    make('p', {}, make('strong', {}, t('batch.sheet.notice'))),
  );
}

/** Patients of whom nothing could be screened share the pages at the end. @param {Entry[]} entries @param {Together} together */
function notScreened(entries, together) {
  const wholes = wholesOf(entries, together);
  const cut = (/** @type {Parameters<typeof t>[0]} */ key) => make('th', { scope: 'col' }, t(key));
  return make(
    'article',
    { class: 'sheet not-screened' },
    ...head(t(entries.some(isAwaited) ? 'batch.sheet.left' : 'batch.sheet.failed'), entries),
    make(
      'table',
      {},
      make(
        'thead',
        {},
        make('tr', {}, cut('batch.column.patient'), cut('batch.column.name'), cut('batch.sheet.failed.why')),
      ),
      make(
        'tbody',
        {},
        ...entries.map((entry) =>
          make(
            'tr',
            {},
            make('th', { scope: 'row' }, make('bdi', {}, patientName(entry.patient))),
            make('td', {}, make('bdi', {}, entry.name)),
            make(
              'td',
              {},
              ...[make('strong', {}, stateText(entry)), ' ', whyNot(entry)],
              make('p', { class: 'to-do' }, patientAction(null, wholes.get(entry) ?? null)),
            ),
          ),
        ),
      ),
    ),
  );
}
