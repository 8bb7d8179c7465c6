/** The cells of one row. Each part that can have the focus has a name in data-part. */

import { html } from '../../vendor/lit.js';
import { chanceText, gradabilityText, isJudged, soonestText, standing, standingText } from '../case/decision.js';
import { decidedText } from '../record/review.js';
import { cutOf } from '../rules/rules.js';
import { t } from '../words/i18n.js';
import { isFinding, turnedNote } from '../words/terms.js';
import { eyeDoubts, listDoubts } from './doubts.js';
import { eyeOf, eyeSource } from './entry.js';
import { eyeCut } from './eye-rows.js';
import { urlOf } from './pictures.js';
import { answerWords, countText, errorParts, errorText, eyeName, eyeWords, stateText } from './row-texts.js';
import { answered, reportedDisease } from './sorting.js';
import { actionText, besideUnread, patientText, patientWord } from './whole.js';

/**
 * @import { Drawing } from '../../vendor/lit.js'
 * @import { Standing } from '../../answer.js'
 * @import { Decided, ModelClass } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 * @import { Doubt } from './doubts.js'
 * @import { Entry } from './entry.js'
 * @import { EyeRow } from './eye-rows.js'
 * @import { RowWords } from './row-texts.js'
 * @import { Whole } from './whole.js'
 */

/**
 * @typedef {object} Acts what a row's parts do
 * @property {(entry: Entry) => void} open
 * @property {(entry: Entry, eye: Eye) => void} setEye
 * @property {(entry: Entry, patient: string, stay?: boolean) => void} setPatient whether the focus is to stay in the field
 * @property {(patient: string) => void} showPatient
 * @property {(id: number) => Entry | undefined} entry
 * @property {(own: Decided | null, entry: Entry) => Whole | null} whole what is to be said of the patient beside an answer
 */

const EYES = /** @type {const} */ (['OD', 'OS', '']);

/** @param {string} kind @param {string} tone @param {unknown} [inside] */
const cell = (kind, tone, inside = '') => html`<td role="cell" class=${`c-${kind} ${tone}`.trim()}>${inside}</td>`;

// ---- a photograph ----

/** @param {Entry} entry @param {ModelClass[]} classes @param {Acts} acts @returns {Drawing} */
export function photographCells(entry, classes, acts) {
  const findings = classes.filter(isFinding);
  const rest =
    entry.state === 'failed'
      ? errorCell(entry, findings.length + 2, acts)
      : [
          answerCell(answered(entry), answerWords(entry), decidedText([entry]), entry, acts),
          gradeCell(entry),
          findings.map((of) => diseaseCell(entry, of)),
        ];
  return html`${nameCell(entry, acts)}${patientCell(entry, acts)}${eyeCell(entry, acts)}${rest}`;
}

/** A photograph's small picture, or its place. @param {Entry} entry */
export function thumb({ thumb }) {
  return html`<span class="thumb">${thumb === null ? '' : html`<img src=${urlOf(thumb)} alt="" decoding="async">`}</span>`;
}

/** @param {Entry} entry @param {Acts} acts */
function nameCell(entry, acts) {
  const first = entry.sameAs === null ? undefined : acts.entry(entry.sameAs);
  const [mixed] = listDoubts(entry);
  const folder = entry.path.slice(0, -entry.name.length).replace(/\/$/, '');
  const turned = entry.result === null ? '' : turnedNote(entry.result.report);
  const short = turned === '' ? '' : t('file.turned.short');
  const under = [short, first ? t('batch.same', { name: first.name }) : folder].filter(Boolean).join(' · ');
  return html`<th scope="row" role="rowheader" class="c-name"
    ><button type="button" class="open" data-part="open" title=${entry.path} @click=${() => acts.open(entry)}>${thumb(entry)}<span class="lines"
      ><bdi class="line">${entry.name}</bdi>${
        mixed !== undefined
          ? doubtNote(mixed)
          : under === ''
            ? ''
            : html`<span class=${`line fine${first ? ' note' : ''}`} title=${turned}><bdi>${under}</bdi></span>`
      }</span></button></th>`;
}

/** @param {Entry} entry @param {Acts} acts */
function patientCell(entry, acts) {
  const input = (/** @type {Event} */ { target }) => /** @type {HTMLInputElement} */ (target);
  /** It says what it is until it is another: of several photographs that is asked first. @param {Event} event */
  const rename = (event) => {
    const wanted = input(event).value.trim();
    input(event).value = entry.patient;
    acts.setPatient(entry, wanted);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault(); // what is asked then has the focus, and is not what the key was pressed for
    const wanted = event.key === 'Enter' ? input(event).value.trim() : entry.patient;
    input(event).value = entry.patient;
    input(event).blur(); // rows that waited take their places, and the field is to be found where its row is then
    acts.setPatient(entry, wanted, true);
  };
  return cell(
    'patient',
    '',
    html`<input type="text" data-part="patient" aria-label=${t('batch.patient.of', { name: entry.name })} autocomplete="off"
      spellcheck="false" dir="auto" title=${entry.patient} .value=${entry.patient} @keydown=${key}
      @change=${rename}>`,
  );
}

/** @param {Entry} entry @param {Acts} acts */
function eyeCell(entry, acts) {
  const chosen = eyeOf(entry);
  const source = eyeSource(entry);
  const [odd] = eyeDoubts(entry);
  const under = source === '' ? '' : t(`batch.eye.source.${source}`);
  const set = (/** @type {Event} */ { target }) =>
    acts.setEye(entry, /** @type {Eye} */ (/** @type {HTMLSelectElement} */ (target).value));
  return cell(
    'eye',
    '',
    html`<select data-part="eye" aria-label=${t('batch.eye.of', { name: entry.name })} @change=${set}>${EYES.map(
      (eye) => html`<option value=${eye} .selected=${eye === chosen}>${t(`batch.eye.short.${eye || 'none'}`)}</option>`,
    )}</select>${odd !== undefined ? doubtMark(odd) : html`<span class="line fine">${under}</span>`}`,
  );
}

/**
 * With the patient's answer, where that is more urgent: "no finding" of one eye reads as the patient's in a table.
 * @param {Decided | null} decision @param {RowWords} words @param {string} decided by a person, '' for nothing
 * @param {Entry} entry of whose patient it is @param {Acts} acts
 */
function answerCell(decision, words, decided, entry, acts) {
  if (decision === null) return cell('answer', 'soft', words.short);
  const whole = acts.whole(decision, entry);
  const other = whole?.decided?.answer === decision.answer ? null : whole; // the same word twice tells nothing
  return cell('answer', '', reason(`line answer ${decision.answer}`, words, decided, other));
}

/** @param {string} kind @param {RowWords} words @param {string} decided by a person, '' for nothing @param {Whole | null} whole */
function reason(kind, { short, note, grade }, decided, whole) {
  const why = note === '' ? '' : html`<span class="fine two" title=${note}>${note}</span>`;
  return html`<div class="reason"><strong class=${kind}>${short}</strong>${gradeMark(grade)}${decidedMark(decided)}${
    whole === null ? '' : patientMark(whole)
  }${why}</div>`;
}

/** Beside the answer, where nothing cuts it off. @param {RowWords['grade']} grade */
function gradeMark(grade) {
  return grade === undefined ? '' : html` <span class="graded" title=${grade.text}>${grade.mark}</span>`;
}

/** @param {Whole} whole */
function patientMark(whole) {
  const text = [patientText(whole), actionText(null, whole)].filter(Boolean).join('. ');
  return html`<span class=${`whole ${whole.decided?.answer ?? ''}`.trim()} title=${text}>${patientWord(whole)}</span>`;
}

/** @param {Entry} entry */
function gradeCell(entry) {
  const quality = entry.result?.report.quality;
  const decision = answered(entry);
  if (quality === undefined || decision === null) return cell('gradability', '');
  return cell('gradability', isJudged(decision) ? '' : 'alert', html`<bdi>${gradabilityText(quality)}</bdi>`);
}

/** @param {Entry} entry @param {ModelClass} of */
function diseaseCell(entry, of) {
  const disease = reportedDisease(entry, of.id);
  const decision = answered(entry);
  if (disease === null || decision === null) return cell('disease', '');
  return probabilityCell(disease.probability, standing(decision, of.id), cutOf(disease, of));
}

/** There is room for the number alone; the cut stands in the column's head. @param {number | null} share null: none @param {Standing} stands @param {number} cut */
function probabilityCell(share, stands, cut) {
  const said = standingText(stands, cut);
  return cell(
    'disease',
    { suspected: 'alert', near: '', not: '', unjudged: 'faint' }[stands],
    html`<span class="percent" title=${said}><bdi>${share === null ? '–' : chanceText(share, stands, cut)}</bdi></span><span class="unseen">${said}</span>`,
  );
}

/** With what is to be done about the patient, and by when. @param {Entry} entry @param {number} columns @param {Acts} acts */
function errorCell(entry, columns, acts) {
  const whole = besideUnread(acts.whole(null, entry));
  const { problem, remedy } = errorParts(entry);
  const text = errorText(entry);
  return html`<td role="cell" class="c-error" colspan=${columns}><div class="reason" title=${text}><strong class="line">${stateText(entry)}</strong>${
    whole === null || whole.decided === null ? '' : html`${patientMark(whole)} · ${soonestText(whole.decided)}`
  }<span class="fine two"><span class="problem">${problem}</span>${remedy}</span></div></td>`;
}

/** What a person decided, beside the answer. @param {string} text '' for nothing */
export function decidedMark(text) {
  return text === '' ? '' : html` <span class="decided" title=${text}>${text}</span>`;
}

// ---- an eye ----

/** @param {EyeRow} row @param {ModelClass[]} classes @param {Acts} acts @returns {Drawing} */
export function eyeCells(row, classes, acts) {
  const { decision, worst, stands, rest } = row;
  const [odd] = row.entries.flatMap(eyeDoubts);
  const [mixed] = row.entries.flatMap(listDoubts);
  const diseases = classes.filter(isFinding).map((of) => {
    const highest = worst.get(of.id);
    const cut = eyeCut(row, of);
    if (highest !== undefined) return probabilityCell(highest, stands.get(of.id) ?? rest, cut);
    return row.screened === 0 ? cell('disease', '') : probabilityCell(null, rest, cut);
  });
  const two = (/** @type {string} */ text) => html`<span class="two">${text}</span>`;
  return html`<th scope="row" role="rowheader" class="c-patient-row"
    ><button type="button" class="open" data-part="open" title=${t('batch.patient.show')} @click=${() => acts.showPatient(row.patient || row.entries[0].path)}
      ><span class="lines"><bdi class="line">${row.patient || t('batch.patient.none')}</bdi>${mixed === undefined ? ofNobody(row) : doubtNote(mixed)}</span></button></th>${[
        cell('eye', '', [two(eyeName(row.eye)), odd === undefined ? '' : doubtMark(odd)]),
        answerCell(decision, eyeWords(row), decidedText(row.entries), row.entries[0], acts),
        cell('count', '', two(countText(row))),
        diseases,
      ]}`;
}

/** Which photograph it is, where no patient says it. @param {EyeRow} row */
function ofNobody({ patient, entries: [{ name }] }) {
  return patient === '' ? html`<span class="line fine"><bdi>${name}</bdi></span>` : '';
}

/** @param {Doubt} doubt */
function doubtNote({ short, text }) {
  return html`<span class="line fine note" title=${text}>${short}</span>`;
}

/** The same where there is little room. @param {Doubt} doubt */
function doubtMark({ short, text, mark = short }) {
  return doubtNote({ short: mark, text });
}
