/**
 * What is measured, with what it is worth: the table of vessel measures, in the whole field and in the rings around the optic disc,
 * each with its definition; the cup-to-disc ratio; lesions and where they lie.
 */

import { byId, make } from '../shell/dom.js';
import { commas, number, t } from '../words/i18n.js';
import { arteriesText } from './arteries.js';
import { drawnKinds, lesionsText } from './lesions.js';

export { gradeFacts, gradePart, namedWith } from './grade.js';

/** @import { LesionKind, LesionMeasures, Report, VesselMeasures } from '../../vmnet.js' */

/** @typedef {'density' | 'length_density' | 'branch_points' | 'fractal_dimension' | 'width' | 'tortuosity'} Measure */

/** Digits after the point; a share is written as a percentage. @type {Record<Measure, number | 'percent' | 'pixels'>} */
export const MEASURE_FORMS = {
  density: 'percent',
  length_density: 1,
  branch_points: 0,
  fractal_dimension: 2,
  width: 'pixels',
  tortuosity: 3,
};

/** The measure whose definition is shown. @type {Measure | null} */
let explained = null;

/** @param {VesselMeasures | null} of @param {Measure} name @returns {number | null} */
export function measured(of, name) {
  return of?.[name === 'width' ? 'width_px' : name] ?? null;
}

/** @param {VesselMeasures | null} of @param {Measure} name */
export function written(of, name) {
  const value = measured(of, name);
  if (value === null) return '–';
  const how = MEASURE_FORMS[name];
  if (how === 'percent') return number(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
  if (how === 'pixels') return t('measures.pixels', { value: number(value, { maximumFractionDigits: 1 }) });
  return number(value, { minimumFractionDigits: how, maximumFractionDigits: how });
}

/** The vertical cup-to-disc ratio; null where it was not measured. @param {Report} report */
export function ratioOf({ disc_and_cup: of }) {
  return of?.vertical_ratio ?? null;
}

/** @param {number} ratio */
export function ratioText(ratio) {
  return number(ratio, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** With its definition, or why there is none. @param {Report} report */
export function ratioFact(report) {
  const ratio = ratioOf(report);
  const why = t(`disc.${report.disc_and_cup?.reason ?? 'no-output'}`);
  return make(
    'div',
    { 'data-testid': 'cup-to-disc' },
    ratio === null ? why : ratioText(ratio),
    make('p', { class: 'fine' }, t('disc.ratio.text')),
  );
}

/** Kinds and numbers with the quadrants they lie in, or why there are none. @param {Pick<Report, 'lesions'>} report */
function placedText({ lesions }) {
  if (lesions === undefined || !isPlaced({ lesions })) return lesionsText({ lesions });
  const found = drawnKinds(lesions);
  return commas(found.map(({ kind, count }) => placed(kind, count, /** @type {LesionMeasures} */ (lesions[kind]))));
}

/** Whether there are any, and the fovea's place is known. @param {Pick<Report, 'lesions'>} report */
function isPlaced({ lesions }) {
  return lesions !== undefined && lesions.fovea !== null && drawnKinds(lesions).length > 0;
}

/** @param {LesionKind} kind @param {number} count @param {LesionMeasures} of */
function placed(kind, count, { quadrants, macula }) {
  const where = [t('lesions.quadrants', { count: Object.values(quadrants ?? {}).filter((n) => n > 0).length })];
  if (macula) where.push(t('lesions.macula', { count: macula }));
  return `${t(`lesions.${kind}`)} ${number(count)} (${commas(where)})`;
}

/** The ratio of the calibres of arteries and veins, with what it is worth. @param {Report} report */
export function arteriesFact(report) {
  return make(
    'div',
    { 'data-testid': 'arteries' },
    arteriesText(report),
    make('p', { class: 'fine' }, t('arteries.text')),
  );
}

/** With where they lie, and what they are worth. @param {Report} report */
export function lesionsFact(report) {
  return make(
    'div',
    { 'data-testid': 'lesions' },
    placedText(report),
    make('p', { class: 'fine' }, isPlaced(report) ? `${t('lesions.text')} ${t('lesions.places')}` : t('lesions.text')),
  );
}

/** @param {Measure} name @param {() => void} again */
function rowHead(name, again) {
  const open = explained === name;
  const button = make('button', { type: 'button', 'aria-expanded': String(open), 'data-measure': name });
  button.textContent = t(`measures.${name}`);
  button.addEventListener('click', () => {
    explained = open ? null : name;
    again();
    const same = document.querySelector(`[data-measure="${name}"]`);
    if (same instanceof HTMLElement) same.focus(); // it was written anew
  });
  return make('th', { scope: 'row' }, button);
}

/** @param {Report} report */
export function showMeasures(report) {
  const { field, zone_b: zoneB, zone_c: zoneC } = report.vessels;
  const again = () => showMeasures(report);
  const head = ['measure', 'field', 'zone-b', 'zone-c'].map((column) =>
    make('th', { scope: 'col' }, t(/** @type {import('../words/i18n.js').Key} */ (`measures.column.${column}`))),
  );
  const rows = /** @type {Measure[]} */ (Object.keys(MEASURE_FORMS)).map((name) =>
    make('tr', {}, rowHead(name, again), ...[field, zoneB, zoneC].map((of) => make('td', {}, written(of, name)))),
  );
  byId('measures-table', HTMLTableElement).replaceChildren(
    make('thead', {}, make('tr', {}, ...head)),
    make('tbody', {}, ...rows),
  );
  const zones = zoneB === null && zoneC === null ? t('measures.no-disc') : t('measures.zones');
  const text = explained === null ? zones : t(`measures.${explained}.text`);
  byId('measures-text', HTMLElement).textContent = `${text} ${t('measures.no-reference')}`;
}
