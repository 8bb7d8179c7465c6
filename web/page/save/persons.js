/**
 * Who is the same person from one list to the next: whoever has the same name in the same folder, or in none both times, though a
 * first name may then be somebody else's. Where one folder is another's, or one of both stands in none, it is the same person's
 * where somebody says so. A name that only counts, such as 3, is none: the next list has a 3 as well. It is the same person's
 * within one sitting, and in another where somebody says so.
 */

import { plain } from '../intake/name-words.js';
import { homeOf, onlyCounts } from '../intake/names.js';

/** What tells whose a photograph is. @typedef {{ patient: string, path?: string, sitting?: string, person?: string }} Named */

/** Earlier versions noted no sitting: what came on one day is taken for one. @param {Named} entry @param {string | null | undefined} visit when it came */
export function sittingOf({ sitting }, visit) {
  return sitting ?? (visit ?? '').slice(0, '2026-03-07'.length);
}

/** own: the name; home: the folders around it; key: both in one, null where the name only counts @typedef {{ patient: string, path: string, own: string, home: string, key: string | null }} Place */

/** Found out once: every list asks it of every photograph whenever something changes. @type {WeakMap<Named, Place>} */
const places = new WeakMap();

/** The folders of a name and the name in them: of `Ward A/Smith` out of `day 1/Ward A` the same as of `Smith` there. @param {Named} entry @returns {Place} */
function placed(entry) {
  const { patient, path = '' } = entry;
  const known = places.get(entry);
  if (known?.patient === patient && known.path === path) return known;
  const at = patient.lastIndexOf('/');
  const [under, own] = [patient.slice(0, Math.max(at, 0)), patient.slice(at + 1)];
  const home = patient === '' ? '' : homeOf(path, patient);
  const told = under === '' || `/${plain(home)}`.endsWith(`/${plain(under)}`);
  const where = told ? home : under;
  const key = onlyCounts(patient) ? null : JSON.stringify(where === '' ? [own] : [own, plain(where)]);
  const place = { patient, path, own, home: where, key };
  places.set(entry, place);
  return place;
}

/** Equal for the same person alone. @param {Named} entry @param {string | null | undefined} visit when it came @returns {string} */
export function personOf(entry, visit) {
  const { patient, person } = entry;
  if (person !== undefined) return person;
  return placed(entry).key ?? JSON.stringify([patient, sittingOf(entry, visit)]);
}

/** With the folders that it stands in, which tell him from others of the name. @param {Named} entry */
export function fullName(entry) {
  const { own, home, key } = placed(entry);
  return key === null || home === '' ? entry.patient : `${home}/${own}`;
}

/** Whether two of one name may be two people because of their folders: not where one of them came out of none. @param {Named} one @param {Named} other */
export function standApart(one, other) {
  const [here, there] = [placed(one).home, placed(other).home].map(plain);
  return here !== there && here !== '' && there !== '';
}

/**
 * For somebody who comes beside others: his name, else with his folders before it or a number behind it, where another person
 * has it.
 * @param {string} patient @param {string} person see personOf @param {{ name: string, person: string }[]} others @param {string} [full] see fullName
 */
export function freeName(patient, person, others, full = patient) {
  const free = (/** @type {string} */ name) => others.every((other) => other.name !== name || other.person === person);
  const name = [patient, full].find(free);
  if (name !== undefined) return name;
  for (let n = 2; ; n++) if (free(`${patient} (${n})`)) return `${patient} (${n})`;
}
