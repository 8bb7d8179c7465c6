/** Folders and letters that may be for an eye or of a name, such as `P1 OD`, `Izquierdo`, `P001L`: only what lies beside them tells. */

import { ANYBODY, EYE_OR_NAME, EYE_WORDS, PAIRED, plain, WHEN } from './name-words.js';
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

/** What lies in a folder. folders: within it; loose: whether a file there says somebody; eyes: that files in it and below say @typedef {{ folders: Set<string>, loose: boolean, eyes: Set<Eye> }} Within */

/** @param {Parts[]} all @returns {Map<string, Within>} by folder, with those above */
function contents(all) {
  /** @type {Map<string, Within>} */
  const within = new Map();
  for (const { folders, stem } of all) {
    const eye = eyeIn(stem)?.eye ?? '';
    for (let i = 0; i <= folders.length; i++) {
      const path = folders.slice(0, i).join('/');
      const here = within.get(path) ?? { folders: new Set(), loose: false, eyes: new Set() };
      within.set(path, here);
      if (i < folders.length) here.folders.add(folders[i]);
      else here.loose ||= !isNobody(stem);
      if (eye !== '') here.eyes.add(eye);
    }
  }
  return within;
}

/** Whether the list has a folder for the other eye. @param {string} word plain @param {Set<string>} beside folders in the same one @param {Set<string>} all folders */
function hasOther(word, beside, all) {
  const other = PAIRED.get(word);
  if (other !== undefined) return [...beside].some((folder) => plain(folder) === other);
  return [...all].some((folder) => ![eyeOfBare(word), ''].includes(eyeOfBare(plain(folder))));
}

/**
 * Folders called by a word for an eye that is a name as well are an eye's where the list has one for the other eye, no person's
 * folder or file lies beside it, and no file in it says the other eye; else they are people's.
 * @param {Parts[]} all @returns {Parts[]}
 */
export function eyesOrPeople(all) {
  const every = new Set(all.flatMap(({ folders }) => folders));
  if (![...every].some((folder) => EYE_OR_NAME.has(plain(folder)))) return all;
  const within = contents(all);
  const isEye = (/** @type {string} */ folder, /** @type {string[]} */ above) => {
    const [around, inside] = [above, [...above, folder]].map((path) => within.get(path.join('/')));
    const [beside, eye] = [around?.folders ?? new Set(), eyeOfBare(plain(folder))];
    const people = [...beside].some(
      (other) => mayBePerson(other) && !WHEN.test(other) && !EYE_OR_NAME.has(plain(other)),
    );
    const other = [...(inside?.eyes ?? [])].some((said) => said !== eye);
    return !people && !other && !around?.loose && hasOther(plain(folder), beside, every);
  };
  return all.map((parts) => {
    const folders = parts.folders.map((folder, i) =>
      EYE_OR_NAME.has(plain(folder)) && isEye(folder, parts.folders.slice(0, i)) ? eyeOfBare(plain(folder)) : folder,
    );
    return { ...parts, folders };
  });
}

/** With the eye as a code, as the other of a pair would be called. @param {string} stem @returns {{ own: string, eye: Eye, other: string } | null} */
function pairedStem(stem) {
  const [, code, whose] = stem.match(/^(O[DS]) (.+)$/) ?? [];
  if (code === 'OD') return { own: whose, eye: 'OD', other: `OS ${whose}` };
  if (code === 'OS') return { own: whose, eye: 'OS', other: `OD ${whose}` };
  const [, number, letter] = stem.match(/^(.*\d)([LR])$/) ?? [];
  if (letter === 'R') return { own: number, eye: 'OD', other: `${number}L` };
  if (letter === 'L') return { own: number, eye: 'OS', other: `${number}R` };
  const [, before = '', word = ''] = stem.match(/^(.*?)(\p{L}+)$/u) ?? [];
  const other = PAIRED.get(plain(word));
  return other === undefined ? null : { own: before, eye: eyeOfBare(plain(word)), other: `${before}${other}` };
}

/** `P001L` beside `P001R` in one folder, `OD Fatima` beside `OS Fatima`: what may be of a name is the eye's where both stand there. @param {Parts[]} all @returns {Parts[]} */
export function partedByLetters(all) {
  const places = new Set(all.map(({ folders, stem }) => [...folders, stem].join('/')));
  return all.map((parts) => {
    const one = pairedStem(parts.stem);
    const both = one !== null && places.has([...parts.folders, one.other].join('/'));
    return both ? { ...parts, stem: `${one.own}_${one.eye}` } : parts;
  });
}
