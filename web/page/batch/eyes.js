/** The summary by patient and eye. */

import { suspected } from '../points.js';
import { isGood } from '../text.js';
import { gradable, passes } from './order.js';
import { eyeOf } from './series.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Eye } from './names.js'
 * @import { Entry } from './series.js'
 */

/**
 * One eye of one patient. The same file twice counts once.
 * @typedef {object} EyeRow
 * @property {string} key
 * @property {string} patient
 * @property {Eye} eye
 * @property {Entry[]} entries its photographs, each file once
 * @property {number} photographs how many
 * @property {number} screened how many of them
 * @property {number} gradable how many of those can be judged
 * @property {number | null} gradability of the best
 * @property {Map<string, number>} worst the highest probability of each disease on a photograph that can be judged; the
 *   lowest of 'normal'
 * @property {string[]} found ids of the diseases that are suspected by that
 */

/** OD before OS before not known. @type {readonly Eye[]} */
const EYES = ['OD', 'OS', ''];

/** @param {Entry[]} entries @param {ModelClass[]} classes @returns {EyeRow[]} by patient, then right before left */
export function byEye(entries, classes) {
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  for (const entry of entries) {
    if (entry.sameAs !== null) continue;
    const key = JSON.stringify([entry.patient, eyeOf(entry)]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const rows = [...groups].map(([key, group]) => rowOf(key, group, classes));
  const collator = new Intl.Collator(undefined, { numeric: true });
  return rows.sort((a, b) => collator.compare(a.patient, b.patient) || EYES.indexOf(a.eye) - EYES.indexOf(b.eye));
}

/** @param {string} key @param {Entry[]} entries @param {ModelClass[]} classes @returns {EyeRow} */
function rowOf(key, entries, classes) {
  const screened = entries.filter((entry) => entry.state === 'done' && entry.result !== null);
  const good = screened.filter(gradable);
  const worst = worstOf(good);
  return {
    key,
    patient: entries[0].patient,
    eye: eyeOf(entries[0]),
    entries,
    photographs: entries.length,
    screened: screened.length,
    gradable: good.length,
    gradability: screened.reduce(
      (/** @type {number | null} */ best, { result }) => Math.max(best ?? 0, result?.report.quality.gradability ?? 0),
      null,
    ),
    worst,
    found: classes
      .filter((c) => !isGood(c.id) && worst.has(c.id) && suspected({ probability: worst.get(c.id) ?? 0 }, c))
      .map((c) => c.id),
  };
}

/** @param {Entry[]} entries */
function worstOf(entries) {
  /** @type {Map<string, number>} */
  const worst = new Map();
  for (const { result } of entries)
    for (const { id, probability } of result?.report.diseases ?? []) {
      const before = worst.get(id) ?? probability;
      worst.set(id, isGood(id) ? Math.min(before, probability) : Math.max(before, probability));
    }
  return worst;
}

/**
 * Whether an eye is shown: by what is suspected on it as a whole, else by any of its photographs.
 * @param {string} what see Filter @param {ModelClass[]} classes @returns {(row: EyeRow) => boolean}
 */
export function eyePasses(what, classes) {
  const one = passes({ what, text: '' }, classes);
  return (row) => {
    if (what === 'suspected') return row.found.length > 0;
    if (what === 'poor') return row.screened > 0 && row.gradable === 0;
    const of = classes.find((c) => `disease:${c.id}` === what);
    if (of === undefined) return row.entries.some(one);
    return suspected({ probability: row.worst.get(of.id) ?? -1 }, of);
  };
}
