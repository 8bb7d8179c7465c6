/** The cells of one row. Each part that can have the focus has a name in data-part. */

import { isJudged, standing } from '../case/decision.js';
import { makeInput } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { percent, t } from '../words/i18n.js';
import { isFinding } from '../words/terms.js';
import { urlOf } from './pictures.js';
import { answerWords, errorText, eyeName, eyeWords, oddText, shortEye, stateText } from './row-texts.js';
import { eyeOf, eyeSource, eyesDisagree, seenEye } from './series.js';
import { answered, probabilityOf } from './sorting.js';

/**
 * @import { Answer, ModelClass } from '../../vmnet.js'
 * @import { Eye } from '../intake/names.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eye-rows.js'
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
  const findings = classes.filter(isFinding);
  if (entry.state === 'failed') return [...start, errorCell(entry, findings.length + 2)];
  return [
    ...start,
    answerCell(answered(entry)?.answer ?? null, answerWords(entry)),
    gradeCell(entry),
    ...findings.map((of) => diseaseCell(entry, of)),
  ];
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
  const input = makeInput({
    type: 'text',
    'data-part': 'patient',
    'aria-label': t('batch.patient.of', { name: entry.name }),
    autocomplete: 'off',
    spellcheck: 'false',
    dir: 'auto',
  });
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
    ? t('batch.eye.odd', { eye: shortEye(seenEye(entry)) })
    : source === ''
      ? ''
      : t(`batch.eye.source.${source}`);
  const note = make('span', { class: `line fine${odd ? ' note' : ''}` }, under);
  if (odd) note.title = oddText(entry);
  return cell('eye', '', select, note);
}

/** @param {Answer | null} answer @param {{ short: string, note: string }} words */
function answerCell(answer, { short, note }) {
  if (answer === null) return cell('answer', 'soft', short);
  const word = make('strong', { class: `line answer ${answer}` }, short);
  const why = note === '' ? [] : [make('span', { class: 'fine two', title: note }, note)];
  return cell('answer', '', make('div', { class: 'reason' }, word, ...why));
}

/** @param {Entry} entry */
function gradeCell(entry) {
  const quality = entry.result?.report.quality;
  const decision = answered(entry);
  if (quality === undefined || decision === null) return cell('gradability', '');
  return cell('gradability', isJudged(decision) ? '' : 'alert', make('bdi', {}, percent(quality.gradability)));
}

/** @param {Entry} entry @param {ModelClass} of */
function diseaseCell(entry, of) {
  const probability = probabilityOf(entry, of.id);
  const decision = answered(entry);
  if (probability === null || decision === null) return cell('disease', '');
  return probabilityCell(probability, standing(decision, of.id), isJudged(decision));
}

/** @param {number} probability @param {'suspected' | 'near' | 'not'} stands @param {boolean} good whether it can be judged */
function probabilityCell(probability, stands, good) {
  const tone = stands === 'suspected' ? 'alert' : good ? '' : 'faint';
  return cell(
    'disease',
    tone,
    make('span', { class: 'percent' }, make('bdi', {}, percent(probability))),
    make('span', { class: 'unseen' }, t(`findings.${stands}`)), // there is room for the number alone
  );
}

/** @param {Entry} entry @param {number} columns */
function errorCell(entry, columns) {
  const detail = errorText(entry);
  const state = make('strong', { class: 'line' }, stateText(entry));
  const why = make('span', { class: 'fine two', title: detail }, detail);
  const td = cell('error', '', make('div', { class: 'reason' }, state, why));
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
  const { decision, worst, stands } = row;
  return [
    make('th', { scope: 'row', role: 'rowheader', class: 'c-patient-row' }, button),
    cell('eye', '', make('span', { class: 'two' }, eyeName(row.eye)), ...oddNote(row)),
    answerCell(decision?.answer ?? null, eyeWords(row)),
    cell('count', '', make('span', { class: 'two' }, countText(row))),
    ...classes.filter(isFinding).map((of) => {
      const highest = worst.get(of.id);
      return highest === undefined ? cell('disease', '') : probabilityCell(highest, stands.get(of.id) ?? 'not', true);
    }),
  ];
}

/** @param {EyeRow} row */
function oddNote({ entries }) {
  const odd = entries.find(eyesDisagree);
  if (odd === undefined) return [];
  return [
    make('span', { class: 'line fine note', title: oddText(odd) }, t('batch.eye.odd', { eye: shortEye(seenEye(odd)) })),
  ];
}

/** @param {EyeRow} row */
function countText({ photographs, judged }) {
  const all = t('batch.photographs', { count: photographs });
  return judged === photographs ? all : t('batch.photographs.of', { all, count: judged });
}
