/**
 * Who is the same person from one list to the next: whoever somebody says, and nobody else. A name proves nothing: a village has
 * two Annas, every list has a 3, every camera a P1000001, and out of a folder that is called after a village comes somebody else
 * next time. In one sitting, whoever has the same name.
 */

import { plain } from '../intake/name-words.js';
import { homeOf } from '../intake/names.js';
import { onlyCounts } from '../intake/one-name.js';

/** What tells whose a photograph is. @typedef {{ patient: string, path?: string, sitting?: string, person?: string }} Named */

/** Equal for the same person alone; earlier versions noted no sitting: what came on one day is taken for one. @param {Named} entry @param {string | null | undefined} visit when it came @returns {string} */
export function personOf({ patient, person, sitting }, visit) {
  return person ?? JSON.stringify([patient, sitting ?? (visit ?? '').slice(0, '2026-03-07'.length)]);
}

/** own: the name; home: the folders around it @typedef {{ patient: string, path: string, own: string, home: string }} Place */

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
  const place = { patient, path, own, home: where };
  places.set(entry, place);
  return place;
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
