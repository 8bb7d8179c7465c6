/** The printable report: one sheet a patient. print.css makes it the only thing on paper. */

import { make } from '../dom.js';
import { commas, day, number, percent, t } from '../i18n.js';
import { point, suspected, thresholdOf } from '../points.js';
import { capital, nameOf, verdict } from '../text.js';
import { byEye } from './eyes.js';
import { gradable } from './order.js';
import { urlOf } from './pictures.js';
import { errorText, eyeName, eyeText, resultText } from './words.js';

/**
 * @import { ModelClass, ModelInfo } from '../../vmnet.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eyes.js'
 */

/** So many at once: each holds pictures, which paper needs all at the same time. */
export const MOST_SHEETS = 250;

/** @param {Entry[]} entries @param {ModelInfo} info @returns {HTMLElement[]} one for each patient, by name */
export function sheetsOf(entries, info) {
  const eyes = byEye(entries, info.classes);
  /** @type {Map<string, EyeRow[]>} */
  const patients = new Map();
  for (const row of eyes) patients.set(row.patient, [...(patients.get(row.patient) ?? []), row]);
  return [...patients].map(([patient, rows]) => sheet(patient, rows, info));
}

/** @param {string} patient @param {EyeRow[]} rows @param {ModelInfo} info */
function sheet(patient, rows, info) {
  return make(
    'article',
    { class: 'sheet' },
    make(
      'header',
      {},
      make('h2', {}, t('batch.sheet.title', { patient: patient || t('batch.patient.none') })),
      make('p', {}, t('batch.sheet.day', { day: day(new Date()) })),
    ),
    make('p', { class: 'sheet-notice' }, t('page.notice')),
    make('div', { class: 'sheet-eyes' }, ...rows.map((row) => pictures(row, info.classes))),
    findings(rows, info.classes),
    make('p', { class: 'sheet-point' }, pointText(info.classes)),
    foot(rows, info),
  );
}

/** @param {EyeRow} row @param {ModelClass[]} classes */
function pictures(row, classes) {
  return make(
    'section',
    {},
    make('h3', {}, t('screen.says', { name: eyeName(row.eye), summary: eyeText(row, classes) })),
    make('div', { class: 'sheet-pictures' }, ...row.entries.map((entry) => figure(entry, classes))),
  );
}

/** @param {Entry} entry @param {ModelClass[]} classes */
function figure(entry, classes) {
  const quality = entry.result?.report.quality;
  const grade = quality === undefined ? '' : t('batch.sheet.gradability', { percent: percent(quality.gradability) });
  return make(
    'figure',
    {},
    ...(entry.preview === null ? [] : [make('img', { src: urlOf(entry.preview), alt: '' })]),
    make(
      'figcaption',
      {},
      make('bdi', {}, entry.name),
      make('span', {}, grade),
      ...(quality !== undefined && gradable(entry) ? [] : [make('span', {}, resultText(entry, classes))]),
      ...(entry.state === 'failed' ? [make('span', {}, errorText(entry))] : []),
    ),
  );
}

/** @param {EyeRow[]} rows @param {ModelClass[]} classes */
function findings(rows, classes) {
  const cut = (/** @type {string} */ text) => make('th', { scope: 'col' }, text);
  const rated = classes.some((c) => c.points !== null);
  return make(
    'table',
    {},
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        cut(t('batch.sheet.finding')),
        ...rows.map((row) => cut(eyeName(row.eye))),
        cut(t('batch.sheet.cut')),
        ...(rated ? [cut(t('batch.sheet.sensitivity')), cut(t('batch.sheet.specificity'))] : []),
      ),
    ),
    make('tbody', {}, ...classes.map((of) => finding(of, rows, rated))),
  );
}

/** @param {ModelClass} of @param {EyeRow[]} rows @param {boolean} rated */
function finding(of, rows, rated) {
  const at = of.points?.[point()];
  const exact = (/** @type {number} */ v) => number(v, { style: 'percent', maximumFractionDigits: 1 });
  const rates = at === undefined ? ['', ''] : [percent(at.sensitivity), percent(at.specificity)];
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, capital(nameOf(of))),
    ...rows.map((row) => answer(of, row.worst.get(of.id))),
    make('td', {}, exact(thresholdOf(of))),
    ...(rated ? rates.map((rate) => make('td', {}, rate)) : []),
  );
}

/** @param {ModelClass} of @param {number | undefined} probability */
function answer(of, probability) {
  if (probability === undefined) return make('td', {}, t('batch.sheet.none'));
  const text = commas([percent(probability), verdict({ id: of.id, probability }, of).toLocaleLowerCase()]);
  return make('td', suspected({ probability }, of) ? { class: 'marked' } : {}, text);
}

/** @param {ModelClass[]} classes */
function pointText(classes) {
  const worst = t('batch.sheet.worst');
  if (classes.every((c) => c.points === null)) return worst;
  const name = t(`findings.point.${point()}`);
  return `${worst} ${t('batch.sheet.point', { name, text: t(`findings.point.${point()}.text`) })}`;
}

/** @param {EyeRow[]} rows @param {ModelInfo} info */
function foot(rows, info) {
  const unknown = t('load.fact.unknown');
  const entries = rows.flatMap((row) => row.entries);
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
