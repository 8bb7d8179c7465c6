/** A patient's earlier visits: which photographs belong to which day, and which of them stand beside today's. */

import { eyeOf } from '../worklist/entry.js';
import { photographValue, sorted } from '../worklist/sorting.js';
import { fullName, personOf } from './persons.js';

/**
 * @import { Entry, Screened } from '../worklist/entry.js'
 * @import { Kept } from './records.js'
 */

/** What may be of an earlier visit; visit: undefined where it is not kept. @typedef {{ key: string, entry: Kept['entry'], visit?: string | null }} Candidate */
/** @typedef {{ day: string | null, photographs: Candidate[] }} Visit day: as 2026-03-07; null: nobody knows */

/** Days of which a folder of photographs can be called. */
const FIRST_YEAR = 1990;
const DAY = /^(\d{4})[-_. ]?(\d{2})[-_. ]?(\d{2})$/;
/** What the page itself calls what its camera took. */
const CAMERA = /^camera-(\d{4}-\d{2}-\d{2})-\d{6}\./;

/** @param {Date} date its local day, as 2026-03-07 */
export function localDay(date) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

/** @param {string} text the name of a folder @param {Date} now @returns {string | null} */
function namedDay(text, now) {
  const [, year, month, date] = text.match(DAY) ?? [];
  if (year === undefined || Number(year) < FIRST_YEAR) return null;
  const day = new Date(Number(year), Number(month) - 1, Number(date));
  const same = day.getMonth() === Number(month) - 1 && day.getDate() === Number(date);
  return same && day <= now ? localDay(day) : null;
}

/**
 * The day of a photograph: by the folder that is called after one, else when it was taken in.
 * @param {string} path @param {string | null | undefined} visit null: not known; undefined: now @param {Date} [now]
 * @returns {string | null} as 2026-03-07
 */
export function dayOf(path, visit, now = new Date()) {
  const folders = path.split('/');
  const name = folders.pop() ?? '';
  const named = folders.map((folder) => namedDay(folder, now)).findLast((day) => day !== null);
  const taken = named ?? name.match(CAMERA)?.[1];
  if (taken !== undefined) return taken;
  return visit === null ? null : localDay(visit === undefined ? now : new Date(visit));
}

/** Of a photograph of the table. @param {Entry} entry @param {Date} [now] */
export function dayOfEntry({ path, visit }, now) {
  return dayOf(path, visit, now);
}

/** Of several, each once, the unknown one last. @param {Entry[]} entries @param {Date} [now] @returns {(string | null)[]} */
export function daysOf(entries, now) {
  const days = new Set(entries.map((entry) => dayOfEntry(entry, now)));
  return [...days].sort((a, b) => Number(a === null) - Number(b === null) || (a ?? '').localeCompare(b ?? ''));
}

/** Who it is of. @param {Pick<Candidate, 'entry' | 'visit'>} candidate */
const whoOf = ({ entry, visit }) => personOf(entry, visit);

/** @param {Candidate} candidate @returns {Screened | null} what was found; null where nothing was, or not as it is today */
function foundIn({ entry }) {
  return entry.state === 'done' && entry.result?.report.decision !== undefined ? entry.result : null;
}

/**
 * The latest first; the same photograph is no other visit.
 * @param {Candidate} of @param {Candidate[]} candidates @param {Date} [now] @returns {Visit[]}
 */
export function visitsBefore(of, candidates, now = new Date()) {
  const { patient, path } = of.entry;
  const today = dayOf(path, of.visit, now);
  const who = whoOf(of);
  if (patient === '' || today === null) return [];
  /** @type {Map<string | null, Candidate[]>} */
  const days = new Map();
  const seen = new Set([of.entry.result?.report.image.sha256]);
  for (const candidate of candidates) {
    const sha256 = foundIn(candidate)?.report.image.sha256;
    if (whoOf(candidate) !== who || sha256 === undefined || seen.has(sha256)) continue;
    const day = dayOf(candidate.entry.path, candidate.visit, now);
    if (day !== null && day >= today) continue;
    seen.add(sha256);
    days.set(day, [...(days.get(day) ?? []), candidate]);
  }
  return [...days]
    .sort(([a], [b]) => (b ?? '').localeCompare(a ?? ''))
    .map(([day, photographs]) => ({ day, photographs }));
}

/**
 * Others of whom something is kept under the same name or number: it may be the same person.
 * @param {Candidate} of @param {Kept[]} kept that does not stand in the table @param {Date} [now]
 * @returns {{ person: string, full: string, days: (string | null)[], photographs: Kept[] }[]} the latest first; full: see fullName
 */
export function namesakes(of, kept, now = new Date()) {
  const who = whoOf(of);
  /** @type {Map<string, Kept[]>} */
  const others = new Map();
  for (const one of kept) {
    const person = whoOf(one);
    if (one.entry.patient !== of.entry.patient || person === who || foundIn(one) === null) continue;
    others.set(person, [...(others.get(person) ?? []), one]);
  }
  const daysIn = (/** @type {Kept[]} */ all) => [...new Set(all.map((one) => dayOf(one.entry.path, one.visit, now)))];
  return [...others]
    .map(([person, photographs]) => {
      const days = daysIn(photographs).sort((a, b) => (b ?? '').localeCompare(a ?? ''));
      return { person, full: fullName(photographs[0].entry), days, photographs };
    })
    .sort((a, b) => (b.days[0] ?? '').localeCompare(a.days[0] ?? ''));
}

/**
 * What is kept of a patient's visit of which other photographs stand in the table: what they say of him is not all.
 * @param {Kept[]} kept that does not stand there @param {Entry[]} entries of the table @param {Date} [now] @returns {Kept[]}
 */
export function ofSameVisit(kept, entries, now) {
  const visit = (/** @type {string} */ person, /** @type {string | null} */ day) => JSON.stringify([person, day]);
  const own = entries.filter(({ shelf }) => !shelf);
  const open = new Set(own.map((entry) => visit(whoOf({ entry, visit: entry.visit }), dayOfEntry(entry, now))));
  return kept.filter((one) => {
    const day = dayOf(one.entry.path, one.visit, now);
    return one.entry.patient !== '' && day !== null && open.has(visit(whoOf(one), day));
  });
}

/** The photograph of a visit that is compared: of the same eye, the most urgent. @param {Visit} visit @param {Entry} entry @returns {Candidate | null} */
export function comparedOf({ photographs }, entry) {
  const eye = eyeOf(entry);
  const of = photographs.filter((one) => eyeOf(/** @type {Entry} */ (one.entry)) === eye);
  const value = photographValue('answer');
  return sorted(of, (one) => value(/** @type {Entry} */ (one.entry)), true)[0] ?? null;
}
