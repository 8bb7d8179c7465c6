/** Folders and letters that may be for an eye or of a name, such as `P1 OD`, `Izquierdo`, `P001L`: only what lies beside them tells. */

import { ANYBODY, EYE_WORDS, NAMES_TOO, plain, WHEN } from './name-words.js';
import {
  besideFolder,
  eyeIn,
  eyeOfBare,
  eyeOfFolder,
  isNobody,
  mayBePerson,
  ownName,
  parted,
  withoutViews,
  wordsOf,
} from './one-name.js';

/** @import { Eye, Parts } from './one-name.js' */

/** Whose eye a folder is called after, as `P1 OD` and `Meier left eye`; null where it is after none. @param {string} folder @returns {{ own: string, eye: Eye, sure: boolean } | null} sure: no word that a place may be called by */
export function eyeOfPerson(folder) {
  const name = parted(folder);
  const named = eyeIn(name);
  if (named === null || named.eye === '' || named.before === '') return null;
  if (named.after !== '' && !WHEN.test(named.after) && !ANYBODY.test(named.after)) return null;
  const own = withoutViews(named.before);
  const said = wordsOf(name.slice(name.indexOf(named.before) + named.before.length));
  const sure =
    !mayBePerson(own) ||
    said.some((word) => /^(OD|OS|OG|OI|OE)$/.test(word) || EYE_WORDS.has(plain(word)) || /眼$/.test(word));
  const counts = eyeOfFolder(folder) !== '' && mayBePerson(own); // `1 OD` below somebody
  return own === '' || counts ? null : { own, eye: named.eye, sure };
}

/** Whether a file names somebody else than its folder for an eye of somebody, or the other eye. @param {{ own: string, eye: Eye }} folder @param {string} stem */
function saysOther({ own, eye }, stem) {
  const named = eyeIn(stem);
  if (named !== null && named.eye !== '' && named.eye !== eye) return true;
  return !isNobody(stem) && besideFolder(own, plain(ownName(stem, named))) !== '';
}

/**
 * A folder for each eye of a person, `P1 OD` beside `P1 OS`, as folders for eyes in one of his: where no file says another person
 * or the other eye, as in `Maria L` and `Maria R` with both eyes of each, and there is one for the other eye or it says so in a
 * code or with a word for an eye.
 * @param {Parts[]} all @returns {Parts[]}
 */
export function partedByEyes(all) {
  /** @type {Map<string, Set<Eye>>} */
  const eyes = new Map();
  /** Where they are people's. @type {Set<string>} */
  const others = new Set();
  const said = all.map(({ folders, stem }) => {
    const at = folders.findLastIndex(
      (folder) => eyeOfPerson(folder) !== null || (mayBePerson(folder) && !WHEN.test(folder)),
    );
    const one = eyeOfPerson(folders[at] ?? '');
    if (one === null) return null;
    const home = [...folders.slice(0, at), one.own].join('/');
    if (saysOther(one, stem)) others.add(home);
    eyes.set(home, (eyes.get(home) ?? new Set()).add(one.eye));
    return { ...one, at, home };
  });
  return all.map((parts, i) => {
    const one = said[i];
    if (one === null || others.has(one.home) || !(one.sure || (eyes.get(one.home)?.size ?? 0) > 1)) return parts;
    return { ...parts, folders: parts.folders.toSpliced(one.at, 1, one.own, one.eye) };
  });
}

/**
 * Folders called by a word for an eye that is a name as well: the eye's, unless a person's folder lies beside it, or, where the
 * word has a gender, the other eye's does not.
 * @param {Parts[]} all @returns {Parts[]}
 */
export function eyesOrPeople(all) {
  /** By the folder above. @type {Map<string, Set<string>>} */
  const within = new Map();
  for (const { folders } of all)
    for (const [i, folder] of folders.entries()) {
      const above = folders.slice(0, i).join('/');
      within.set(above, (within.get(above) ?? new Set()).add(folder));
    }
  const isEye = (/** @type {string} */ folder, /** @type {string} */ above) => {
    const beside = [...(within.get(above) ?? [])].filter((other) => other !== folder);
    const needed = NAMES_TOO.get(plain(folder)) ?? '';
    const people = beside.filter((other) => mayBePerson(other) && !WHEN.test(other) && !NAMES_TOO.has(plain(other)));
    return people.length === 0 && (needed === '' || beside.some((other) => plain(other) === needed));
  };
  return all.map((parts) => {
    if (!parts.folders.some((folder) => NAMES_TOO.has(plain(folder)))) return parts;
    const folders = parts.folders.map((folder, i) => {
      const eye = NAMES_TOO.has(plain(folder)) && isEye(folder, parts.folders.slice(0, i).join('/'));
      return eye ? eyeOfBare(plain(folder)) : folder;
    });
    return { ...parts, folders };
  });
}

/** `P001L` beside `P001R` in one folder, `OD Fatima` beside `OS Fatima`: what may be of a name is the eye's where both stand there. @param {Parts[]} all @returns {Parts[]} */
export function partedByLetters(all) {
  const places = new Set(all.map(({ folders, stem }) => [...folders, stem].join('/')));
  return all.map((parts) => {
    const { folders, stem } = parts;
    const [, first = '', own = stem.match(/^(.*\d)[LR]$/)?.[1] ?? ''] = stem.match(/^(O[DS]) (.+)$/) ?? [];
    const letter = stem.slice(own.length);
    const other = first === '' ? `${own}${letter === 'L' ? 'R' : 'L'}` : `${first === 'OD' ? 'OS' : 'OD'} ${own}`;
    const both = own !== '' && places.has([...folders, other].join('/'));
    return both ? { ...parts, stem: `${own}_${first || letter}` } : parts;
  });
}
