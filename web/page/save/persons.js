/**
 * Who is the same person from one list to the next: whoever somebody says. A name proves nothing: a village has two Annas, every
 * list has a 3, and out of a folder that is called after a village comes somebody else next time. In one sitting, whoever has the
 * same name; in another, only whoever is called by a number as long as a clinic gives it to one person alone, in the same folder.
 */

import { COUNTED, isDate, plain, WHEN } from '../intake/name-words.js';
import { homeOf } from '../intake/names.js';
import { onlyCounts } from '../intake/one-name.js';

/** What tells whose a photograph is. @typedef {{ patient: string, path?: string, sitting?: string, person?: string }} Named */

/** Earlier versions noted no sitting: what came on one day is taken for one. @param {Named} entry @param {string | null | undefined} visit when it came */
function sittingOf({ sitting }, visit) {
  return sitting ?? (visit ?? '').slice(0, '2026-03-07'.length);
}

/** A clinic's number of one person, as `00123456` and `MRN-1234567`; shorter ones stand in rows, and eight digits may be a birthday. @param {string} name */
function isLongNumber(name) {
  const [, letters = '', digits = ''] = name.match(/^(\p{L}{0,4})[-_ ]?(\d{7,12})$/u) ?? [];
  return digits !== '' && !COUNTED.has(plain(letters)) && !WHEN.test(digits) && !isDate(digits);
}

/** own: the name; home: the folders around it; key: of a person who is known again by it, else null @typedef {{ patient: string, path: string, own: string, home: string, key: string | null }} Place */

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
  const key = isLongNumber(own) ? JSON.stringify([own, plain(where)]) : null;
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
  const { own, home } = placed(entry);
  return onlyCounts(entry.patient) || home === '' ? entry.patient : `${home}/${own}`;
}

/** Whether names and folders say no two people: the same name, in the same folder, or once in none. The same photograph is then of one person. @param {Named} one @param {Named} other */
export function mayBeOne(one, other) {
  const [here, there] = [placed(one), placed(other)];
  const apart = plain(here.home) !== plain(there.home) && here.home !== '' && there.home !== '';
  return here.own === there.own && !apart;
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
