/**
 * Who is the same person from one list to the next: whoever has the same name. A name that only counts, such as 3, is none: the
 * next list has a 3 as well. It is the same person's within one sitting, and in another where somebody says so.
 */

import { onlyCounts } from '../intake/names.js';

/** What tells whose a photograph is. @typedef {{ patient: string, sitting?: string }} Named */

/** Earlier versions noted no sitting: what came on one day is taken for one. @param {Named} entry @param {string | null | undefined} visit when it came */
export function sittingOf({ sitting }, visit) {
  return sitting ?? (visit ?? '').slice(0, '2026-03-07'.length);
}

/** Equal for the same person alone. @param {Named} entry @param {string | null | undefined} visit when it came @returns {string} */
export function personOf(entry, visit) {
  const { patient } = entry;
  return JSON.stringify(onlyCounts(patient) ? [patient, sittingOf(entry, visit)] : [patient]);
}

/**
 * For somebody who comes beside others: his name, else with a number behind it, where another person has it.
 * @param {string} patient @param {string} person see personOf @param {{ name: string, person: string }[]} others
 */
export function freeName(patient, person, others) {
  for (let n = 1; ; n++) {
    const name = n === 1 ? patient : `${patient} (${n})`;
    if (others.every((other) => other.name !== name || other.person === person)) return name;
  }
}
