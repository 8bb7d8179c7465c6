/** The cells of one row. Each part that can have the focus has a name in data-part. */

import { make } from '../dom.js';
import { percent, t } from '../i18n.js';
import { likelihood, suspected } from '../points.js';
import { isGood, verdictWord } from '../text.js';
import { findingsOf, gradable, probabilityOf } from './order.js';
import { urlOf } from './pictures.js';
import { eyeOf, eyeSource, eyesDisagree, seenEye } from './series.js';
import { errorText, eyeName, eyeText, resultText } from './words.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Eye } from './names.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eyes.js'
 */

/**
 * @typedef {object} Acts what a row's parts do
 * @property {(entry: Entry) => void} open
 * @property {(entry: Entry, eye: Eye) => void} setEye
 * @property {(entry: Entry, patient: string) => void} setPatient
 * @property {(patient: string) => void} showPatient
 * @property {(id: number) => Entry | undefined} entry
 */

/** @param {string} kind @param {string} tone @param {...(Node | string)} children */
function cell(kind, tone, ...children) {
  return make('td', { role: 'cell', class: `c-${kind} ${tone}`.trim() }, ...children);
}

// ---- a photograph ----

/** @param {Entry} entry @param {ModelClass[]} classes @param {Acts} acts @returns {HTMLElement[]} */
export function photographCells(entry, classes, acts) {
  const start = [nameCell(entry, acts), patientCell(entry, acts), eyeCell(entry, acts)];
  if (entry.state === 'failed') return [...start, errorCell(entry, classes.length + 2, classes)];
  return [...start, gradeCell(entry), ...classes.map((of) => diseaseCell(entry, of)), resultCell(entry, classes)];
}

/** @param {Entry} entry @param {Acts} acts */
function nameCell(entry, acts) {
  const picture = make('span', { class: 'thumb' });
  if (entry.thumb !== null) picture.append(make('img', { src: urlOf(entry.thumb), alt: '', decoding: 'async' }));
  const first = entry.sameAs === null ? undefined : acts.entry(entry.sameAs);
  const folder = entry.path.slice(0, -entry.name.length).replace(/\/$/, '');
  const under = first ? t('batch.same', { name: first.name }) : folder;
  const button = make(
    'button',
    { type: 'button', class: 'open', 'data-part': 'open', title: entry.path },
    picture,
    make(
      'span',
      { class: 'lines' },
      make('bdi', { class: 'line' }, entry.name),
      ...(under === '' ? [] : [make('span', { class: `line fine${first ? ' note' : ''}` }, make('bdi', {}, under))]),
    ),
  );
  button.addEventListener('click', () => acts.open(entry));
  return make('th', { scope: 'row', role: 'rowheader', class: 'c-name' }, button);
}

/** @param {Entry} entry @param {Acts} acts */
function patientCell(entry, acts) {
  const input = /** @type {HTMLInputElement} */ (
    make('input', {
      type: 'text',
      'data-part': 'patient',
      'aria-label': t('batch.patient.of', { name: entry.name }),
      autocomplete: 'off',
      spellcheck: 'false',
      dir: 'auto',
    })
  );
  input.value = entry.patient;
  input.addEventListener('change', () => acts.setPatient(entry, input.value.trim()));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') input.blur();
    if (event.key !== 'Escape') return;
    input.value = entry.patient;
    input.blur();
  });
  return cell('patient', '', input);
}

/** @param {Entry} entry @param {Acts} acts */
function eyeCell(entry, acts) {
  const select = /** @type {HTMLSelectElement} */ (
    make('select', { 'data-part': 'eye', 'aria-label': t('batch.eye.of', { name: entry.name }) })
  );
  for (const eye of /** @type {Eye[]} */ (['OD', 'OS', '']))
    select.add(new Option(t(`batch.eye.short.${eye || 'none'}`), eye));
  select.value = eyeOf(entry);
  select.addEventListener('change', () => acts.setEye(entry, /** @type {Eye} */ (select.value)));
  const source = eyeSource(entry);
  const odd = eyesDisagree(entry);
  const under = odd
    ? t('batch.eye.odd', { eye: t(`batch.eye.short.${seenEye(entry) || 'none'}`) })
    : source === ''
      ? ''
      : t(`batch.eye.source.${source}`);
  const note = make('span', { class: `line fine${odd ? ' note' : ''}` }, under);
  if (odd) note.title = t('batch.eye.odd.text', { eye: eyeName(seenEye(entry)) });
  return cell('eye', '', select, note);
}

/** @param {Entry} entry */
function gradeCell(entry) {
  const quality = entry.result?.report.quality;
  if (quality === undefined) return cell('gradability', '');
  return cell('gradability', quality.gradable ? '' : 'alert', make('bdi', {}, percent(quality.gradability)));
}

/** @param {Entry} entry @param {ModelClass} of */
function diseaseCell(entry, of) {
  const probability = probabilityOf(entry, of.id);
  return probability === null ? cell('disease', '') : probabilityCell(of, probability, gradable(entry));
}

/** @param {ModelClass} of @param {number} probability @param {boolean} good whether it can be relied upon */
function probabilityCell(of, probability, good) {
  const level = likelihood({ probability }, of);
  const marked = good && suspected({ probability }, of);
  const tone = !good ? 'faint' : marked ? (isGood(of.id) ? 'good' : 'alert') : '';
  const quiet = level === 'unlikely' || !good || isGood(of.id);
  return cell(
    'disease',
    tone,
    make('span', { class: 'percent' }, make('bdi', {}, percent(probability))),
    make('span', { class: quiet ? 'unseen' : 'word' }, verdictWord(of.id, level)),
  );
}

/** @param {Entry} entry @param {ModelClass[]} classes */
function resultCell(entry, classes) {
  const text = resultText(entry, classes);
  const tone = entry.state !== 'done' ? 'soft' : toneOf(gradable(entry), findingsOf(entry, classes).length);
  // Where there is no room for a column each, the numbers stand here.
  const short = make('span', { class: 'two without-columns' }, resultText(entry, classes, true));
  return cell('result', tone, make('span', { class: 'two with-columns', title: text }, text), short);
}

/** @param {boolean} good @param {number} found */
function toneOf(good, found) {
  if (!good) return 'poor';
  return found > 0 ? 'alert' : 'plain';
}

/** @param {Entry} entry @param {number} columns @param {ModelClass[]} classes */
function errorCell(entry, columns, classes) {
  const detail = errorText(entry);
  const td = cell(
    'error',
    '',
    make('strong', { class: 'line' }, resultText(entry, classes)),
    make('span', { class: 'fine two', title: detail }, detail),
  );
  td.setAttribute('colspan', String(columns));
  return td;
}

// ---- an eye ----

/** @param {EyeRow} row @param {ModelClass[]} classes @param {Acts} acts @returns {HTMLElement[]} */
export function eyeCells(row, classes, acts) {
  const button = make(
    'button',
    { type: 'button', class: 'open', 'data-part': 'open', title: t('batch.patient.show') },
    make('bdi', { class: 'line' }, row.patient || t('batch.patient.none')),
  );
  button.addEventListener('click', () => acts.showPatient(row.patient));
  return [
    make('th', { scope: 'row', role: 'rowheader', class: 'c-patient-row' }, button),
    cell('eye', '', eyeName(row.eye)),
    cell('count', '', make('span', { class: 'two' }, countText(row))),
    ...classes.map((of) => {
      const worst = row.worst.get(of.id);
      return worst === undefined ? cell('disease', '') : probabilityCell(of, worst, true);
    }),
    cell(
      'result',
      row.gradable > 0 ? toneOf(true, row.found.length) : row.screened > 0 ? 'poor' : 'soft',
      make('span', { class: 'two with-columns' }, eyeText(row, classes)),
      make('span', { class: 'two without-columns' }, eyeText(row, classes, true)),
    ),
  ];
}

/** @param {EyeRow} row */
function countText({ photographs, gradable: good }) {
  const all = t('batch.photographs', { count: photographs });
  return good === photographs ? all : t('batch.photographs.of', { all, count: good });
}
