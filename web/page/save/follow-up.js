/** A patient's earlier visits beside the case: answer, probabilities and measures then and now, and what changed. */

import { answerText, chanceText, decisionOf, isJudged, isVeiled, standing } from '../case/decision.js';
import { gradeText } from '../case/grade.js';
import { MEASURE_FORMS, measured, ratioOf, ratioText, written } from '../case/measures.js';
import { onlyCounts } from '../intake/one-name.js';
import { decidedText } from '../record/review.js';
import { operatingPoint } from '../rules/rules.js';
import { make } from '../shell/dom.js';
import { quartersOf, turnedSize } from '../viewer/upright.js';
import { language, listed, number, t } from '../words/i18n.js';
import { capital, dayName, inPoints, isFinding, nameOf, turnedNote } from '../words/terms.js';
import { eyeOf } from '../worklist/entry.js';
import { urlOf } from '../worklist/pictures.js';
import { eyeName } from '../worklist/row-texts.js';
import { probabilityOf } from '../worklist/sorting.js';
import { chosen } from './ask.js';
import { comparedOf, namesakes, visitsBefore } from './visits.js';

/**
 * @import { Report, VesselMeasures } from '../../vmnet.js'
 * @import { Measure } from '../case/measures.js'
 * @import { Entry, Screened } from '../worklist/entry.js'
 * @import { Kept } from './records.js'
 * @import { Candidate, Visit } from './visits.js'
 */

/** Of somebody of the same name: enough to know him by. */
const MOST_SHOWN = 4;

/** From left to right, also where text runs the other way. @param {string} text */
const isolated = (text) => `\u2066${text}\u2069`;

/** @param {number} difference @param {number} digits with its sign; what rounds to nothing has none */
function signed(difference, digits) {
  const how = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return isolated(number(difference, { ...how, signDisplay: 'exceptZero' }));
}

/** @param {number | null} before @param {number | null} now @param {number} digits of a share, as percentage points */
function changeText(before, now, digits) {
  return before === null || now === null ? '–' : inPoints(signed(100 * (now - before), digits), now - before, digits);
}

/** @param {Screened} result @returns {VesselMeasures | null} */
function fieldOf({ measures }) {
  return /** @type {{ field: VesselMeasures | null } | null} */ (measures)?.field ?? null;
}

/** @param {string} name @param {string[]} cells */
function row(name, cells) {
  return make('tr', {}, make('th', { scope: 'row' }, name), ...cells.map((text) => make('td', {}, text)));
}

/** @param {Entry} entry @param {string} id */
function chanceOf({ result }, id) {
  const disease = result?.report.diseases.find((one) => one.id === id);
  if (!result || disease === undefined) return '–';
  const { probability, threshold, cuts } = disease;
  return chanceText(probability, standing(decisionOf(result.report), id), cuts?.[operatingPoint()] ?? threshold);
}

/** @param {Entry} before @param {Entry} now @returns {HTMLElement[]} */
function findingRows(before, now) {
  const all = now.result?.report.diseases.filter(isFinding) ?? [];
  return all.map((disease) => {
    const [then, today] = [before, now].map((entry) => probabilityOf(entry, disease.id));
    const cells = [before, now].map((entry) => chanceOf(entry, disease.id));
    return row(capital(nameOf(disease)), [...cells, changeText(then, today, 0)]);
  });
}

/** Where one of them has a grade, or may have none; the other says why it has none. @param {Report} before @param {Report} now @returns {HTMLElement[]} */
function gradeRow(before, now) {
  const [then, today] = [before, now].map(gradeText);
  const said = [then, today].some(({ told }) => told);
  return said ? [row(t('grade.title'), [then.text, today.text, '–'])] : [];
}

/** @param {Measure} name @param {VesselMeasures | null} before @param {VesselMeasures | null} now */
function change(name, before, now) {
  const then = measured(before, name);
  const today = measured(now, name);
  const how = MEASURE_FORMS[name];
  if (how === 'percent') return changeText(then, today, 1);
  if (then === null || today === null) return '–';
  return signed(today - then, how === 'pixels' ? 1 : how);
}

/** @param {Screened} before @param {Screened} now @returns {HTMLElement[]} */
function measureRows(before, now) {
  const [then, today] = [fieldOf(before), fieldOf(now)];
  const rows = /** @type {Measure[]} */ (Object.keys(MEASURE_FORMS)).map((name) =>
    row(t(`measures.${name}`), [written(then, name), written(today, name), change(name, then, today)]),
  );
  return [...rows, ...ratioRow(ratioOf(before.report), ratioOf(now.report))];
}

/** Where it was measured at one of them. @param {number | null} before @param {number | null} now @returns {HTMLElement[]} */
function ratioRow(before, now) {
  if (before === null && now === null) return [];
  const cells = [before, now].map((ratio) => (ratio === null ? '–' : ratioText(ratio)));
  return [row(t('disc.ratio'), [...cells, before === null || now === null ? '–' : signed(now - before, 2)])];
}

/** What else a change may come from. @param {Report} before @param {Report} now */
function doubts(before, now) {
  const other = before.model.weights_sha256 !== now.model.weights_sha256 || before.version !== now.version;
  const size = (/** @type {Report} */ report) => {
    const { width, height } = turnedSize(report.image, quartersOf(report));
    return isolated(`${number(width)} × ${number(height)}`);
  };
  const texts = [before, now].every((report) => isJudged(decisionOf(report))) ? [] : [t('visits.unjudged')];
  if ([before, now].some((report) => isVeiled(decisionOf(report)))) texts.push(t('decision.why.cataract'));
  if (other) texts.push(t('visits.version'));
  if (size(before) !== size(now)) texts.push(t('visits.size', { before: size(before), now: size(now) }));
  for (const [when, report] of /** @type {const} */ ([
    ['visits.then', before],
    ['visits.now', now],
  ])) {
    const note = turnedNote(report);
    if (note !== '') texts.push(t('batch.sum', { name: t(when), count: note }));
  }
  return texts.map((text) => make('p', { class: 'warn' }, text));
}

/** What people decided at that visit. @param {Candidate['entry'][]} entries */
function decided(entries) {
  const text = decidedText(/** @type {Entry[]} */ (entries));
  return text === '' ? [] : [' ', make('span', { class: 'decided' }, text)];
}

/** Of one eye, which is said. @param {Candidate} one */
function answerOf({ entry }) {
  const { report } = /** @type {Screened} */ (entry.result);
  return t('batch.sum', {
    name: capital(eyeName(eyeOf(/** @type {Entry} */ (entry)))),
    count: answerText(decisionOf(report).answer),
  });
}

/** @param {Candidate} one */
function picture(one) {
  const { entry } = one;
  const words = answerOf(one);
  const image = entry.thumb === null ? [] : [make('img', { src: urlOf(entry.thumb), alt: '', decoding: 'async' })];
  return make('figure', {}, ...image, make('figcaption', { class: 'fine' }, words, ...decided([entry])));
}

/** @param {Visit} visit @param {Entry} entry @param {boolean} open */
function card(visit, entry, open) {
  const before = comparedOf(visit, entry);
  const answer = before?.entry.result ? answerOf(before) : '';
  const details = make(
    'details',
    { class: 'visit', 'data-day': visit.day ?? '' },
    make(
      'summary',
      {},
      make('strong', {}, dayName(visit.day)),
      ...(answer === '' ? [] : [' ', make('span', {}, answer)]),
      ...decided(visit.photographs.map((one) => one.entry)),
    ),
    make('div', { class: 'visit-pictures' }, ...visit.photographs.map(picture)),
    ...(before === null ? [make('p', { class: 'fine' }, t('visits.no-eye'))] : comparison(before, entry)),
  );
  details.toggleAttribute('open', open);
  return details;
}

/** @param {Candidate} before @param {Entry} entry */
function comparison(before, entry) {
  const then = /** @type {Screened} */ (before.entry.result);
  const now = /** @type {Screened} */ (entry.result);
  const head = ['visits.what', 'visits.then', 'visits.now', 'visits.change'].map((key) =>
    make('th', { scope: 'col' }, t(/** @type {import('../words/i18n.js').Key} */ (key))),
  );
  const table = make(
    'table',
    {},
    make('thead', {}, make('tr', {}, ...head)),
    make(
      'tbody',
      {},
      ...findingRows(/** @type {Entry} */ (before.entry), entry),
      ...gradeRow(then.report, now.report),
      ...measureRows(then, now),
    ),
  );
  return [...doubts(then.report, now.report), make('div', { class: 'visit-scroll', tabindex: '0' }, table)];
}

/**
 * @typedef {object} Archive
 * @property {() => Kept[]} kept what does not stand in the table
 * @property {(person: string, entry: Entry) => void} unite says that this is the patient of the photograph
 */

export class FollowUp {
  #candidates;
  #archive;
  #shown = '';
  root = make('section', { class: 'visits', 'aria-labelledby': 'visits-title', 'data-testid': 'visits' });

  /** @param {() => Candidate[]} candidates all that may be of an earlier visit @param {Archive} archive */
  constructor(candidates, archive) {
    this.#candidates = candidates;
    this.#archive = archive;
    this.root.hidden = true;
  }

  /** @param {Entry | null} entry the photograph that is looked at */
  show(entry) {
    const screened = entry?.state === 'done' && entry.result !== null && entry.patient !== '' ? entry : null;
    const all = screened === null ? [] : this.#candidates();
    const of = all.find((one) => one.entry === screened) ?? { key: '', entry: /** @type {Entry} */ (screened) };
    const visits = screened === null ? [] : visitsBefore(of, all);
    const others = screened === null ? [] : namesakes(of, this.#archive.kept());
    const asked = others.map(({ photographs, ...told }) => [told, ...photographs.map(({ key }) => key)]);
    const keys = visits.map(({ day: on, photographs }) => [
      on,
      ...photographs.map(({ key, entry: one }) => [key, one.review, one.chosen]),
    ]);
    const shown = JSON.stringify([screened?.id, screened?.version, keys, asked, language(), operatingPoint()]);
    if (shown === this.#shown) return; // or what was folded up would open again
    this.#shown = shown;
    this.root.hidden = visits.length === 0 && others.length === 0;
    if (screened === null) return;
    this.root.replaceChildren(
      make('h3', { id: 'visits-title' }, t('visits.title')),
      ...others.flatMap((other) => this.#question(screened, other)),
      ...(visits.length === 0 ? [] : [make('p', { class: 'fine' }, t('visits.honest'))]),
      ...visits.map((visit, i) => card(visit, screened, i === 0)),
    );
  }

  /** A name or a number may be another's: only somebody who knows can say that it is the same patient, and is asked once more. @param {Entry} entry @param {ReturnType<typeof namesakes>[number]} other */
  #question(entry, { person, full, days, photographs }) {
    const key = onlyCounts(entry.patient) ? 'visits.number' : 'visits.name';
    const said = listed(days.map(dayName));
    const text = t(key, { name: full, days: said });
    const same = make('button', { type: 'button', 'data-testid': 'visits-same' }, t('visits.number.same'));
    const sure = { title: t('batch.join.title'), text: t('visits.join', { name: full, days: said }), warns: true };
    same.addEventListener('click', async () => {
      const answer = await chosen({ ...sure, choices: { same: t('batch.join.yes') } });
      if (answer === 'same') this.#archive.unite(person, entry);
    });
    const seen = photographs.slice(0, MOST_SHOWN).map(picture);
    return [
      make('p', { class: 'warn', 'data-testid': 'visits-number' }, text),
      make('div', { class: 'visit-pictures' }, ...seen),
      same,
    ];
  }
}
