/** The series as CSV and JSON. Column names and values are for programs: they do not follow the page's language. */

import { point, suspected, thresholdOf } from '../points.js';
import { csvOf } from './csv.js';
import { byEye } from './eyes.js';
import { eyeOf, eyeSource } from './series.js';

/**
 * @import { ModelClass, ModelInfo } from '../../vmnet.js'
 * @import { Cell } from './csv.js'
 * @import { Entry } from './series.js'
 */

/** As in every report. */
export const NOTICE = 'research and teaching, not a medical device';

/** The operating point's name; 'balanced' is all there is in weights without others. @param {ModelClass[]} classes */
export function pointName(classes) {
  return classes.some((c) => c.points !== null) ? point() : 'balanced';
}

/** The numbers in a tree, by their way to them: { a: { b: 1 } } gives a_b. @param {string} name @param {unknown} tree @returns {[string, Cell][]} */
function leaves(name, tree) {
  if (tree === null || tree === undefined) return [];
  if (typeof tree === 'object')
    return Object.entries(tree).flatMap(([key, value]) => leaves(`${name}_${snake(key)}`, value));
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

/** A row of the table by the names of its columns. @param {Entry} entry @param {Map<number, Entry>} all @param {ModelClass[]} classes @param {ModelInfo} info @returns {[string, Cell][]} */
function rowOf(entry, all, classes, info) {
  const { result, error } = entry;
  const report = result?.report;
  return [
    ['file', entry.path],
    ['sha256', report?.image.sha256],
    ['same_as', entry.sameAs === null ? null : all.get(entry.sameAs)?.path],
    ['patient', entry.patient],
    ['eye', eyeOf(entry)],
    ['eye_source', eyeSource(entry)],
    ['status', STATUS[entry.state]],
    ['width', report?.image.width],
    ['height', report?.image.height],
    ['gradable', report?.quality.gradable],
    ['gradability', report?.quality.gradability],
    ['gradability_threshold', report?.quality.threshold],
    ['reasons', result?.reasons.join(' ')],
    ['operating_point', pointName(classes)],
    ...classes.flatMap((of) => diseaseCells(entry, of)),
    ['vessel_density', report?.vessels.density],
    ...leaves('measure', result?.measures),
    ...leaves('optic_disc', result?.opticDisc),
    ['laterality_confidence', result?.laterality?.confidence],
    ['notes', result?.notes.join(' ')],
    ['error', error?.code],
    ['error_text', error?.message],
    ['version', report?.version ?? info.version],
    ['weights_sha256', report?.model.weights_sha256 ?? info.weightsSha256],
    ['notice', NOTICE],
  ];
}

/** @param {Entry} entry @param {ModelClass} of @returns {[string, Cell][]} */
function diseaseCells({ result }, of) {
  const name = of.id.replaceAll('-', '_');
  const disease = result?.report.diseases.find((d) => d.id === of.id);
  return [
    [`${name}_probability`, disease?.probability],
    [`${name}_threshold`, thresholdOf(of)],
    [`${name}_suspected`, disease === undefined ? null : suspected(disease, of)],
  ];
}

/** @param {Entry[]} entries @param {ModelInfo} info */
export function csvFile(entries, info) {
  const all = new Map(entries.map((entry) => [entry.id, entry]));
  const rows = entries.map((entry) => rowOf(entry, all, info.classes, info));
  const names = columnNames(rows);
  return csvOf([names, ...rows.map((row) => valuesOf(new Map(row), names))]);
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

/** @param {Entry[]} entries @param {ModelInfo} info */
export function jsonFile(entries, info) {
  const { classes } = info;
  const reports = entries.map((entry) => jsonEntry(entry, entries));
  const eyes = byEye(entries, classes).map((row) => ({
    patient: row.patient,
    eye: row.eye || null,
    photographs: row.photographs,
    gradable: row.gradable,
    suspected: row.found,
    probabilities: Object.fromEntries(row.worst),
  }));
  const operating = {
    name: pointName(classes),
    classes: classes.map((of) => ({ id: of.id, ...(of.points?.[point()] ?? { threshold: of.threshold }) })),
  };
  const head = { schema: 'vmnet-series-1', notice: NOTICE, version: info.version, operating_point: operating };
  return `${JSON.stringify({ ...head, reports, eyes }, null, 2)}\n`;
}

/** @param {Entry} entry @param {Entry[]} entries */
export function jsonEntry(entry, entries) {
  const { path, patient, result, error, sameAs } = entry;
  return {
    file: path,
    patient,
    eye: eyeOf(entry) || null,
    eye_source: eyeSource(entry) || null,
    status: STATUS[entry.state],
    ...(sameAs === null ? {} : { same_as: entries.find(({ id }) => id === sameAs)?.path ?? null }),
    ...(error === null ? {} : { error }),
    ...(result === null ? {} : resultOf(entry)),
  };
}

/** @param {Entry} entry */
function resultOf(entry) {
  const { report, reasons, notes, laterality, measures, opticDisc } = /** @type {NonNullable<Entry['result']>} */ (
    entry.result
  );
  return {
    reasons,
    notes,
    ...(laterality === null ? {} : { laterality }),
    ...(measures === null ? {} : { measures }),
    ...(opticDisc === null ? {} : { optic_disc: opticDisc }),
    report,
  };
}
