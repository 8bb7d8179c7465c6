/** Whose the photographs are that come in, by their names, beside what is in the list already. */

import { pathOf } from '../intake/folders.js';
import { guessNames } from '../intake/names.js';
import { onlyCounts } from '../intake/one-name.js';

/**
 * @import { Guess } from '../intake/names.js'
 * @import { Entry } from './entry.js'
 */

/** @param {File[]} files @param {Entry[]} entries of the list @param {string} sitting in which the files come @returns {Guess[]} one a file */
export function guessBeside(files, entries, sitting) {
  return tellApart(files, asTogether(files.map(pathOf), entries), entries, sitting);
}

/**
 * Names may show only together that they are of several people, as `a/10_left`, `a/10_right` and `a/13_left`: what comes later
 * is nobody's who is here and would be another one then, and his who is here under a part of the name that it would have.
 * @param {string[]} paths @param {Entry[]} entries what is here @returns {Guess[]}
 */
function asTogether(paths, entries) {
  const guesses = guessNames(paths);
  if (entries.length === 0) return guesses;
  const all = [...new Set([...entries.map(({ path }) => path), ...paths])];
  const names = new Map(guessNames(all).map(({ patient }, i) => [all[i], patient]));
  /** Under which names each is here who would be one person. @type {Map<string, Set<string>>} */
  const here = new Map();
  for (const { path, patient } of entries) {
    const name = names.get(path) ?? '';
    here.set(name, (here.get(name) ?? new Set()).add(patient));
  }
  const taken = new Set(entries.map(({ patient }) => patient));
  return guesses.map((one, i) => {
    const name = names.get(paths[i]) ?? one.patient;
    const own = here.get(name) ?? new Set();
    if (one.place !== null || own.has(one.patient)) return one;
    const part = [...own].find((known) => known === name || name.startsWith(`${known}/`) || name.endsWith(`/${known}`));
    return { ...one, patient: part ?? (taken.has(one.patient) ? name : one.patient) };
  });
}

/**
 * A name that only counts, such as 1, is another person's where it stands here already for a file of another place, or for
 * another file of the same path, or from an earlier sitting: two folders that came one after the other may each hold a 1.
 * @param {File[]} files @param {Guess[]} guesses @param {Entry[]} entries @param {string} sitting @returns {Guess[]}
 */
function tellApart(files, guesses, entries, sitting) {
  /** @type {Map<string, { patient: string, place: string | null, own: File[] }>} */
  const groups = new Map();
  for (const [i, { patient, place }] of guesses.entries()) {
    if (place === null && !onlyCounts(patient)) continue;
    const key = JSON.stringify([patient, place]);
    const group = groups.get(key) ?? { patient, place, own: [] };
    group.own.push(files[i]);
    groups.set(key, group);
  }
  if (groups.size === 0) return guesses;
  const known = byName(entries);
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const [key, { patient, place, own }] of groups)
    names.set(key, nameApart({ patient, place, files: own, sitting }, known));
  return guesses.map((one) => ({
    ...one,
    patient: names.get(JSON.stringify([one.patient, one.place])) ?? one.patient,
  }));
}

/** @param {Entry[]} entries @returns {Map<string, Placed[]>} by patient */
function byName(entries) {
  const guesses = guessNames(entries.map(({ path }) => path));
  /** @type {Map<string, Placed[]>} */
  const all = new Map();
  for (const [i, entry] of entries.entries()) {
    const own = all.get(entry.patient) ?? [];
    own.push({ entry, place: guesses[i].place });
    all.set(entry.patient, own);
  }
  return all;
}

/** place: see Guess @typedef {{ entry: Entry, place: string | null }} Placed */

/**
 * `1`, else `1 (2)` and so on: the first that no file of another place or sitting has, and no other file of the same path.
 * Where several might be meant, none is, but for files that are here already.
 * @param {{ patient: string, place: string | null, files: File[], sitting: string }} group @param {Map<string, Placed[]>} known by patient
 */
function nameApart({ patient, place, files, sitting }, known) {
  const same = (/** @type {Entry} */ { path, bytes }) =>
    files.some((file) => pathOf(file) === path && file.size === bytes);
  const other = (/** @type {Entry} */ { path, bytes }) =>
    files.some((file) => pathOf(file) === path && file.size !== bytes);
  const near = (/** @type {Placed} */ one) => place === null || ((one.place ?? place) === place && !other(one.entry));
  /** @type {string[]} */
  const free = [];
  for (let n = 1; ; n++) {
    const name = n === 1 ? patient : `${patient} (${n})`;
    const own = known.get(name) ?? [];
    if (own.length === 0) return n === 2 && free.length === 1 ? free[0] : name;
    if (own.some(({ entry }) => same(entry))) return name;
    if (own.every((one) => one.entry.sitting === sitting && near(one))) free.push(name);
  }
}
