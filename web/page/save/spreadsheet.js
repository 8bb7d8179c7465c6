/** The series as a spreadsheet: a sheet to read, in the page's language, and one with all columns, as in the CSV file. */

import { digitsBy } from '../../answer.js';
import { answerText, standingText } from '../case/decision.js';
import { thresholdOf } from '../rules/rules.js';
import { listed, moment, percent, t } from '../words/i18n.js';
import { capital, dayName, isFinding, nameOf } from '../words/terms.js';
import { doubtsOf } from '../worklist/doubts.js';
import { eyeOf } from '../worklist/entry.js';
import { errorText, eyeName, stateText } from '../worklist/row-texts.js';
import { answered, probabilityOf } from '../worklist/sorting.js';
import { unseenTexts } from '../worklist/unseen.js';
import { ownText, patientAction, wholesOf } from '../worklist/whole.js';
import { reasonText, tableOf } from './exports.js';
import { daysOf } from './visits.js';

/**
 * @import { ModelClass, ModelInfo } from '../../vmnet.js'
 * @import { XlsxCell, XlsxSheet } from '../../vendor/xlsx.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Together } from '../worklist/together.js'
 * @import { Whole } from '../worklist/whole.js'
 * @import { Cell } from './csv.js'
 */

/** Characters that a cell can hold. */
const MOST = 32_000;

/** A cell that says of itself whether it is a text: no text becomes a formula, and no id a number. @param {Cell} value @returns {XlsxCell | null} */
function cellOf(value) {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? { value, type: Number } : null;
  if (typeof value === 'boolean') return { value, type: Boolean };
  return { value: clean(value).slice(0, MOST), type: String };
}

/** Without characters that XML cannot hold. @param {string} text */
function clean(text) {
  return text.replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');
}

/** @param {Cell} value @returns {XlsxCell | null} */
function wrapped(value) {
  const cell = cellOf(value);
  return cell && { ...cell, wrap: true, alignVertical: 'top' };
}

/** How a probability is written: one below its cut that would read as the cut is said to be below. @param {number} share @param {number} cut */
export function formatOf(share, cut) {
  const digits = digitsBy(cut);
  const same = share < cut && percent(share, digits) === percent(cut, digits);
  return `${same ? '"< "' : ''}${digits === 2 ? '0.00%' : '0.0%'}`;
}

/** @param {number | null} share 0..1 @param {number | undefined} cut @returns {XlsxCell | null} */
function percentCell(share, cut) {
  const format = share === null || cut === undefined ? '0.0%' : formatOf(share, cut);
  return share === null ? null : { value: share, type: Number, format, alignVertical: 'top' };
}

/** @param {string} text @returns {XlsxCell} */
function heading(text) {
  return { value: text, type: String, fontWeight: 'bold', wrap: true, alignVertical: 'top' };
}

/** Widths in characters of patient, eye, answer, action, reason, what a person said (four), and the file. */
const WIDTHS = [16, 16, 22, 44, 44, 22, 16, 30, 20, 30];

/** With its cut: a number of less than one per cent may be suspected. @param {ModelClass} of */
function findingHead(of) {
  return `${capital(nameOf(of))}\n${clean(standingText('suspected', thresholdOf(of)).replace(/[\u2066\u2069]/g, ''))}`;
}

/** @param {Entry[]} entries @param {ModelInfo} info @param {Together} together @returns {XlsxSheet} */
function readable(entries, info, together) {
  const wholes = wholesOf(entries, together);
  const unseen = unseenTexts(entries, together);
  const classes = info.classes.filter(isFinding);
  const words = /** @type {const} */ ([
    'batch.column.patient',
    'batch.column.eye',
    'decision.title',
    'save.column.action',
    'save.column.reason',
    'save.column.review',
    'save.column.by',
    'save.column.note',
    'save.column.when',
    'batch.column.name',
    'batch.column.gradability',
  ]);
  const head = [...words.map((key) => t(key)), ...classes.map((of) => findingHead(of))];
  return {
    sheet: t('save.sheet.read'),
    data: [
      [notice(entries)],
      head.map(heading),
      ...entries.map((entry) =>
        rowOf(entry, warnings(entry, entries), wholes.get(entry) ?? null, unseen.get(entry.patient) ?? '', classes),
      ),
    ],
    columns: [...WIDTHS.map((width) => ({ width })), ...classes.map(() => ({ width: 14 })), { width: 14 }],
  };
}

/** Over all rows, as wide as it is: of which day they are, and what they are not. @param {Entry[]} entries @returns {XlsxCell} */
function notice(entries) {
  const on = t('batch.sheet.day', { day: listed(daysOf(entries).map(dayName)) });
  return { value: clean(`${on} · ${t('page.notice')}`), type: String };
}

/** What speaks against whose photograph it is, and that the file stands there before. @param {Entry} entry @param {Entry[]} entries @returns {string[]} */
function warnings(entry, entries) {
  const first = entry.sameAs === null ? undefined : entries.find(({ id }) => id === entry.sameAs);
  const same = first === undefined ? [] : [capital(t('batch.same', { name: first.path }))];
  return [...doubtsOf(entry).map(({ text }) => text), ...same];
}

/** @param {Entry} entry @param {string[]} against see warnings @param {Whole | null} whole @param {string} unseen which eye of the patient @param {ModelClass[]} classes of the findings */
function rowOf(entry, against, whole, unseen, classes) {
  const decision = answered(entry);
  const coverage = entry.result?.report.decision;
  const known = decision !== null && coverage !== undefined;
  const { review } = entry;
  const quality = entry.result?.report.quality;
  return [
    ...[
      entry.patient,
      eyeName(eyeOf(entry)),
      known ? ownText(decision, whole) : stateText(entry),
      known || whole !== null ? patientAction(decision, whole, unseen) : '',
      [...against, known ? reasonText(entry, decision) : errorText(entry)].filter(Boolean).join('\n'),
      review && answerText(review.answer),
      review?.by,
      review?.note,
      review && moment(new Date(review.at)),
      entry.path,
    ].map(wrapped),
    percentCell(quality?.gradability ?? null, quality?.threshold),
    ...classes.map((of) => percentCell(known ? probabilityOf(entry, of.id) : null, thresholdOf(of))),
  ];
}

/** @param {Entry[]} entries @param {ModelInfo} info @param {Together} together @returns {Promise<Blob>} */
export async function xlsxFile(entries, info, together) {
  const { xlsxOf } = await import('../../vendor/xlsx.js');
  const [[names, ...rows], read] = await together.complete(() => [
    tableOf(entries, info, together),
    readable(entries, info, together),
  ]);
  const rightToLeft = document.documentElement.dir === 'rtl';
  const all = {
    sheet: t('save.sheet.all'),
    data: [names.map((name) => heading(String(name))), ...rows.map((row) => row.map(cellOf))],
    columns: names.map(() => ({ width: 18 })),
  };
  return xlsxOf([
    { ...read, rightToLeft, stickyRowsCount: 2 },
    { ...all, stickyRowsCount: 1 },
  ]);
}
