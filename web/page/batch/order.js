/** Which rows the table shows, and in which order. */

import { suspected, thresholdOf } from '../points.js';
import { isGood } from '../text.js';
import { eyeOf } from './series.js';

/**
 * @import { ModelClass } from '../../vmnet.js'
 * @import { Entry } from './series.js'
 * @import { EyeRow } from './eyes.js'
 */

/** 'name', 'patient', 'eye', 'count', 'gradability', 'result', or the id of a disease after 'disease:' */
/** @typedef {string} Key */
/** @typedef {{ key: Key, down: boolean }} Sorting */
/** 'all', 'suspected', 'poor', 'failed', 'waiting', 'repeated', 'eye', or the id of a disease after 'disease:' */
/** @typedef {{ what: string, text: string }} Filter */

/** @param {Entry} entry */
export function gradable({ result }) {
  return result?.report.quality.gradable === true;
}

/**
 * What is suspected at the operating point in use; nothing on a photograph that cannot be judged.
 * @param {Entry} entry @param {ModelClass[]} classes
 */
export function findingsOf(entry, classes) {
  if (entry.result === null || !gradable(entry)) return [];
  return entry.result.report.diseases.filter((d, i) => !isGood(d.id) && suspected(d, classes[i]));
}

/** @param {Entry} entry @param {string} id */
export function probabilityOf({ result }, id) {
  return result?.report.diseases.find((d) => d.id === id)?.probability ?? null;
}

// ---- filter ----

/** @param {Filter} filter @param {ModelClass[]} classes @returns {(entry: Entry) => boolean} */
export function passes({ what, text }, classes) {
  const needle = text.trim().toLocaleLowerCase();
  return (entry) => hasText(entry, needle) && isWhat(entry, what, classes);
}

/** @param {Entry} entry @param {string} needle */
function hasText({ path, patient }, needle) {
  return needle === '' || path.toLocaleLowerCase().includes(needle) || patient.toLocaleLowerCase().includes(needle);
}

/** @param {Entry} entry @param {string} what @param {ModelClass[]} classes */
function isWhat(entry, what, classes) {
  if (what.startsWith('disease:')) return hasDisease(entry, what.slice('disease:'.length), classes);
  if (what === 'suspected') return findingsOf(entry, classes).length > 0;
  if (what === 'poor') return entry.state === 'done' && !gradable(entry);
  if (what === 'failed') return entry.state === 'failed';
  if (what === 'waiting') return ['waiting', 'working', 'left'].includes(entry.state);
  if (what === 'repeated') return entry.sameAs !== null;
  if (what === 'eye') return eyeOf(entry) === '';
  return true;
}

/** @param {Entry} entry @param {string} id @param {ModelClass[]} classes */
function hasDisease(entry, id, classes) {
  const of = classes.find((c) => c.id === id);
  const probability = probabilityOf(entry, id);
  return of !== undefined && probability !== null && gradable(entry) && probability >= thresholdOf(of);
}

// ---- order ----

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/**
 * Sorted by one value each; what has none comes last either way, and equals keep their order.
 * @template T @param {T[]} items @param {(item: T) => string | number | null} value @param {boolean} down
 * @returns {T[]}
 */
export function sorted(items, value, down) {
  const all = items.map((item) => ({ item, value: value(item) }));
  all.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    const order =
      typeof a.value === 'number' && typeof b.value === 'number'
        ? a.value - b.value
        : collator.compare(String(a.value), String(b.value));
    return down ? -order : order;
  });
  return all.map(({ item }) => item);
}

/** What a photograph is sorted by. @param {Key} key @param {ModelClass[]} classes @returns {(entry: Entry) => string | number | null} */
export function photographValue(key, classes) {
  if (key.startsWith('disease:')) return (entry) => probabilityOf(entry, key.slice('disease:'.length));
  if (key === 'name') return (entry) => entry.name;
  if (key === 'patient') return (entry) => entry.patient || null;
  if (key === 'eye') return (entry) => eyeOf(entry) || null;
  if (key === 'gradability') return (entry) => entry.result?.report.quality.gradability ?? null;
  return (entry) => rank(entry, findingsOf(entry, classes).length);
}

/** Nothing suspected, the more is suspected, too poor, failed; what is not screened has none. @param {Entry} entry @param {number} found */
function rank(entry, found) {
  if (entry.state === 'failed') return 1000;
  if (entry.state !== 'done') return null;
  return gradable(entry) ? found : 999;
}

/** What an eye is sorted by. @param {Key} key @returns {(row: EyeRow) => string | number | null} */
export function eyeValue(key) {
  if (key.startsWith('disease:')) return (row) => row.worst.get(key.slice('disease:'.length)) ?? null;
  if (key === 'patient') return (row) => row.patient || null;
  if (key === 'eye') return (row) => row.eye || null;
  if (key === 'count') return (row) => row.photographs;
  if (key === 'gradability') return (row) => row.gradability;
  return (row) => (row.gradable > 0 ? row.found.length : row.screened > 0 ? 999 : null);
}
