/**
 * Whose eye a photograph shows, guessed from its name; a person may correct it.
 *
 * The eye: a word for it in the file's name (`12_left.jpg`, `P003_OD_1.jpg`), else a folder that is called after one
 * (`right/12.jpg`, `P3/Left Eye/1.jpg`, `dupont/OG/1.jpg`), in the languages of the page and some others.
 * The patient: the folder's name where the photographs lie in several folders, leaving out folders named after an eye, a view
 * (`macula`, `field 2`), a day (also `Monday`, `12 March 2024`) or nothing in particular (`images`, `train`); else what stands
 * before the eye in the file's name; else, in a name that says nothing but the eye or the view or counts (`1`, `IMG_0012`),
 * the folder; else the whole name. Views are nobody.
 * A folder beside others whose file names somebody else, as `Kibera/Meier_OD`, is a place: the file is called after both, but
 * beside an ID (`P3/Meier_OD` is P3's); so is one that is a code (`Kibera/K12`), or the folder's own words with a number of a
 * person (`North/North 12`). A folder for each eye of a person, `P1 OD`, is his. Folders that hold files of several names, as
 * `Ward A/smith_OD` and `Ward A/jones_OD`, or folders of people, and days show that folders are places there: then a name that
 * says who it is wherever it stands (`smith`, `1002345`) and stands in no other folder is called so alone: the next list out
 * of the same folder finds the same person, whatever lies beside it.
 * Numbers before the eye of which one has both, as `Kibera/1_R`, `1_L` and `2_R`, are people, and so they are in folders for the
 * eyes below a word (`Kibera/right/1`); `1_R` and `2_L` may be one person's: that is asked where a list holds nothing else. A folder
 * called by a word for an eye that is a name as well (`Izquierdo`) is a person's beside people.
 * In doubt different folders are different people: folders of one name in different ones are called after both, and so is one
 * that only counts (`P16/3`). So many numbered files in one folder that they cannot be one person's are called after folder
 * and number. What comes one after the other is told apart as if it had come together, though the first keeps the name that it
 * has (see worklist/whose.js).
 */

import { eyeOfPerson, eyesOrPeople, partedByEyes, partedByLetters } from './eye-folders.js';
import { EYE_OR_NAME, plain, WHEN, YEAR } from './name-words.js';
import {
  besideFolder,
  COPY,
  eyeIn,
  eyeOfFolder,
  folderEye,
  isCode,
  isCount,
  isNobody,
  isOfId,
  isView,
  mayBePerson,
  numberBehind,
  numberedOf,
  numberIn,
  ownName,
  pathParts,
  saysWho,
  trim,
  withoutViews,
} from './one-name.js';

/** @import { Eye, Numbered } from './one-name.js' */
/**
 * @typedef {object} Guess
 * @property {string} patient
 * @property {Eye} eye
 * @property {string | null} place of a patient whose name only counts: in which folders; another 1 elsewhere is somebody else
 */

/** So many numbered photographs of one person at once: seven fields of each eye, and one more of each. */
const MOST_OF_ONE = 16;
/** In a folder called by a word alone, which may be anything: two of each eye; in folders for the eyes below it: four. */
const MOST_OF_A_WORD = 4;
const MOST_OF_ITS_EYES = 8;

/** @typedef {{ name: string, under: string, home: string, eyes: boolean }} Person home: its folder, with those above; eyes: the file lies in a folder for an eye below it */

/** Parts of a folder's name that say when: `Ward A 2024-03-12`, `Eye camp 12.3.2024`; what a system puts behind a copy. */
const DATED =
  /(?<!\d)((19|20)\d{2}[-_. ]\d{1,2}([-_. ]\d{1,2})?|(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])|\d{1,2}[-_. ]\d{1,2}[-_. ](19|20)?\d{2})(?!\d)| \(\d+\)$/g;

/**
 * In which folders a name stands, leaving out what tells no place from another: eyes, views, days, nothing in particular, and
 * whatever lies in the person's own folder. Another of the name who stands elsewhere may be somebody else.
 * @param {string} path @param {string} patient @returns {string} '' for none
 */
export function homeOf(path, patient) {
  const own = plain(patient.slice(patient.lastIndexOf('/') + 1));
  const [{ folders }] = eyesOrPeople([pathParts(path)]);
  const called = folders.map(plain).lastIndexOf(own);
  const at = called >= 0 ? called : folders.findLastIndex((folder) => plain(eyeOfPerson(folder)?.own ?? '') === own);
  const around = at < 0 ? folders : folders.slice(0, at);
  const places = around.map((folder, i) => {
    const undated = trim(folder.replace(DATED, ' '));
    const month = /^\d{1,2}$/.test(folder) && YEAR.test(around[i - 1] ?? '');
    return month || WHEN.test(undated) || !mayBePerson(undated) ? '' : undated;
  });
  return places.filter((place) => place !== '').join('/');
}

/**
 * The innermost folder that may be called after a person; one that says when only where there is no other: `martin/2024/OG`.
 * One that only counts is called after the one above it, too.
 * @param {string[]} folders @returns {Person} name: '' for none; under: in which others, of those that may be
 */
function personOf(folders) {
  const may = folders.filter(mayBePerson);
  const months = (/** @type {string} */ folder, /** @type {number} */ i) =>
    /^\d{1,2}$/.test(folder) && YEAR.test(may[i - 1] ?? '');
  const people = may.filter((folder, i) => !WHEN.test(folder) && !months(folder, i));
  const who = people.filter((folder, i) => i === 0 || !isView(folder, true));
  const name = who.at(-1) ?? may.at(-1) ?? '';
  const under = who.slice(0, -1).join('/');
  const below = folders.lastIndexOf(name) + 1;
  const home = folders.slice(0, below).join('/');
  const eyes = folders.slice(below).some((folder) => eyeOfFolder(folder) !== '');
  const numbered = isCount(name) && under !== '';
  return numbered ? { name: `${under}/${name}`, under: '', home, eyes } : { name, under, home, eyes };
}

/** Of folders with one name in different ones each by all of them. @param {Person[]} all */
function peopleOf(all) {
  /** @type {Map<string, Set<string>>} */
  const places = new Map();
  for (const { name, under } of all) places.set(name, (places.get(name) ?? new Set()).add(under));
  return all.map(({ name, under }) => {
    const several = name !== '' && under !== '' && (places.get(name)?.size ?? 0) > 1;
    return several ? `${under}/${name}` : name;
  });
}

/** The folders of a path that tell one place from another: neither eyes nor views. @param {string[]} folders */
function placeOf(folders) {
  return folders.filter((folder) => eyeOfFolder(folder) === '' && !isView(folder)).join('/');
}

/** What tells a photograph from others of its patient, besides eye and view. @typedef {{ ground: string, label: string }} Ground label: whom it would be of by itself */

/**
 * Photographs of one patient whose grounds differ were put together by a guess: they lie in different folders, or numbers or
 * days tell them apart, as `1_R` and `2_L` in `Kibera`.
 * @param {string} path @param {string} patient by the path @returns {Ground}
 */
export function groundOf(path, patient) {
  const { folders, stem } = pathParts(path);
  const own = plain(patient.slice(patient.lastIndexOf('/') + 1).replace(COPY, ''));
  const named = eyeIn(stem);
  const name = ownName(stem, named);
  if (plain(name) === own && !isNobody(stem)) {
    const home = homeOf(path, patient);
    // a number is in every day's folder, on every card: there may be another P1
    const places = /\d/.test(name) ? placesOf(folders, '').join('/') : `${home} ${folders.filter(isNumberedView)}`;
    const ground = plain(`name ${places} ${behind(named)}`);
    return { ground, label: [places.trim(), name].filter((part) => part !== '').join('/') };
  }
  const around = placesOf(folders, own);
  const label = [...around, name || digitsIn(stem)].filter((part) => part !== '').join('/');
  return { ground: plain(label), label: label || patient };
}

/** `Centre 1`: a place that is called as a view is. @param {string} folder */
const isNumberedView = (folder) => isView(folder) && /\d/.test(folder);

/** What stands behind the eye and may say who: a name, written as one, and long numbers that are no days. @param {ReturnType<typeof eyeIn>} named */
function behind(named) {
  if (named === null || named.before === '' || /\d/.test(named.before)) return ''; // `P1` says it
  const words = withoutViews(named.after).match(/\p{L}[\p{L}\p{M}]+|\d{5,}/gu) ?? [];
  const isNumber = (/** @type {string} */ word) => /\d/.test(word) && !WHEN.test(word) && !/^\d{6}$/.test(word);
  return words.filter((word) => isNumber(word) || (/^\p{Lu}\p{Ll}/u.test(word) && !isNobody(word))).join(' ');
}

/** @param {string} text */
const digitsIn = (text) => (text.match(/\d+/g) ?? []).join(' ');

/** Folders without those for eyes, of which a number stays, and views; those for an eye of a person are his. @param {string[]} folders @param {string} own the person, plain */
function placesOf(folders, own) {
  const isEyes = (/** @type {string} */ folder) => EYE_OR_NAME.has(plain(folder)) && plain(folder) !== own;
  return folders
    .map((folder) => (eyeOfFolder(folder) === '' && !isView(folder) ? folder : digitsIn(folder)))
    .filter((folder) => folder !== '' && !isEyes(folder))
    .map((folder) => eyeOfPerson(folder)?.own ?? folder);
}

/**
 * Whether numbered files of one folder may be of the person that it is called after: no more than one person has, and no second
 * number that has both eyes, as numbers of people have: `1_R`, `1_L` and `2_R`. An ID may have several photographs in folders for
 * its eyes, which begin at 1 in each; what counts behind the eye, as `OD_1`, may be each eye's photographs beside folders of others.
 * @param {Person} person @param {Numbered[]} files all of them @param {boolean} many whether folders of others lie beside it
 */
function mayBeOfOne({ name, eyes }, files, many) {
  if (files.length > MOST_OF_ONE) return false;
  const isId = /\d/.test(name);
  if (hasPairs(files.filter((file) => file.first && (!file.below || !isId)))) return false;
  if (isId) return true;
  if (!many && files.length > (eyes ? MOST_OF_ITS_EYES : MOST_OF_A_WORD)) return false;
  return (many && countsPhotographs(files.map(({ number }) => number))) || !hasPairs(files);
}

/**
 * Whether files in a folder that is called after one are of several: their names say an eye each and different people, or are
 * different words, or are more than one person has. Names that hold the folder's are the folder's; what only numbers tell
 * apart, without an eye, may be what a camera counts.
 * @param {string} folder @param {string[]} stems that say somebody
 */
function isOfSeveral(folder, stems) {
  const others = stems.flatMap((stem) => {
    const named = eyeIn(stem);
    const name = besideFolder(folder, plain(ownName(stem, named)));
    const says = named !== null || /^[\p{L}\p{M}\s.,'’_-]+$/u.test(name);
    return name === '' ? [] : [{ name, says }];
  });
  const said = others.filter(({ says }) => says).map(({ name }) => name);
  if (countsPeople(folder, stems)) return true;
  return new Set(said).size > 1 || new Set(others.map(({ name }) => name)).size > MOST_OF_ONE;
}

/**
 * Whether numbers behind the words of their folder are of people, as `North 12` in `North`, be there one alone. Of three digits
 * they are; of less, unless they count photographs of one person: from 1 on. Of more, which a camera gives each photograph, they
 * are where one of several has both eyes.
 * @param {string} folder @param {string[]} stems
 */
function countsPeople(folder, stems) {
  if (/\d/.test(folder)) return false;
  const numbered = stems.flatMap((stem) => {
    const named = eyeIn(stem);
    const number = numberBehind(folder, plain(ownName(stem, named)));
    return number === '' ? [] : [{ number, eye: named?.eye ?? /** @type {Eye} */ ('') }];
  });
  const all = [...new Set(numbered.map(({ number }) => number))];
  if (all.some((number) => number.length === 3) || !countsPhotographs(all.filter(({ length }) => length < 3)))
    return true;
  return all.some(({ length }) => length > 3) && hasPairs(numbered);
}

/** Whether numbers may count the photographs of one person: from 1 on, with gaps where bad ones were deleted, but not in long rows. @param {string[]} numbers */
function countsPhotographs(numbers) {
  const all = new Set(numbers.flatMap((number) => number.match(/\d+$/)?.map(Number) ?? []));
  const most = Math.max(0, ...all);
  return all.size === 0 || (Math.min(...all) <= 1 && (most < 10 || all.size >= most));
}

/** Whether of several numbers one has both eyes, as a person has; a day is no person's number. @param {Pick<Numbered, 'number' | 'eye'>[]} files */
function hasPairs(files) {
  /** @type {Map<string, Set<Eye>>} */
  const numbers = new Map();
  for (const { number, eye } of files)
    if (!WHEN.test(number) && !/\d{5}/.test(number)) numbers.set(number, (numbers.get(number) ?? new Set()).add(eye));
  return numbers.size > 1 && [...numbers.values()].some((of) => of.has('OD') && of.has('OS'));
}

/** By the person that a folder is called after, if there were one. @param {{ stem: string, person: Person }[]} all @param {string[]} people @returns {Set<string>} */
function foldersOfSeveral(all, people) {
  /** @type {Map<string, string[]>} */
  const stems = new Map();
  for (const [i, { stem }] of all.entries())
    if (people[i] !== '' && !isNobody(stem)) stems.set(people[i], [...(stems.get(people[i]) ?? []), stem]);
  const several = [...stems].filter(([whose, own]) => isOfSeveral(whose.slice(whose.lastIndexOf('/') + 1), own));
  const homes = new Set(all.map(({ person }) => person.home));
  const above = new Set([...homes].flatMap((home) => [...homes].filter((other) => home.startsWith(`${other}/`))));
  const holders = people.filter((whose, i) => whose !== '' && above.has(all[i].person.home));
  return new Set([...several.map(([whose]) => whose), ...holders]);
}

/**
 * Which files name another person than their folder, as `Kibera/Meier_OD` and `Kibera/K12`: not beside an ID as `P3`, and no
 * name that holds the folder's.
 * @param {{ stem: string, person: Person }[]} all @param {string[]} people @returns {boolean[]}
 */
function namingOthers(all, people) {
  return all.map(({ stem }, i) => {
    const folder = people[i].slice(people[i].lastIndexOf('/') + 1);
    const named = eyeIn(stem);
    const name = plain(ownName(stem, named));
    if (people[i] === '' || isOfId(folder) || besideFolder(folder, name) !== name) return false;
    return saysWho(name) || isCode(name, named === null ? 3 : 4);
  });
}

/** In which folders each name stands, of files and of people, however it is spelt. @param {{ stem: string, person: Person }[]} all @param {string[]} people @returns {Map<string, Set<string>>} */
function homesOf(all, people) {
  /** @type {Map<string, Set<string>>} */
  const homes = new Map();
  for (const [i, { stem, person }] of all.entries())
    for (const name of [ownName(stem, eyeIn(stem)) || stem, people[i]]) {
      const key = plain(name);
      homes.set(key, (homes.get(key) ?? new Set()).add(person.home));
    }
  return homes;
}

/**
 * One guess a path; they are looked at together, as only together they show what the folders stand for.
 * @param {string[]} paths `folder/name.jpg` or `name.jpg`
 * @returns {Guess[]}
 */
export function guessNames(paths) {
  const parts = partedByLetters(partedByEyes(eyesOrPeople(paths.map(pathParts))));
  const all = parts.map(({ folders, stem }) => ({ folders, stem, person: personOf(folders) }));
  const people = peopleOf(all.map(({ person }) => person));
  const many = new Set(people.filter((name) => name !== '')).size > 1;
  /** Files that only count, by person. @type {Map<string, Numbered[]>} */
  const numbered = new Map();
  for (const [i, { stem, folders }] of all.entries())
    if (isNobody(stem)) {
      const files = numbered.get(people[i]) ?? [];
      files.push(numberedOf(stem, folders));
      numbered.set(people[i], files);
    }
  const several = many ? foldersOfSeveral(all, people) : new Set();
  const others = many ? namingOthers(all, people) : [];
  const homes = many ? homesOf(all, people) : new Map();
  const guesses = all.map(({ folders, stem, person }, i) => {
    const named = eyeIn(stem);
    const eye = named?.eye ?? folderEye(folders);
    const whose = people[i];
    const nobody = isNobody(stem);
    const one = nobody ? mayBeOfOne(person, numbered.get(whose) ?? [], many) : many;
    const of = several.has(whose) || others[i];
    if (whose !== '' && one && !of)
      return guess(whose, eye, isCount(whose) ? placeOf(folders.slice(0, folders.lastIndexOf(whose))) : null);
    if (nobody && whose !== '') return guess(`${whose}/${numberIn(stem)}`, eye, null);
    const own = ownName(stem, named);
    if (of) {
      const name = own || stem;
      const alone = saysWho(name) && homes.get(plain(name))?.size === 1 && (several.size > 0 || WHEN.test(whose));
      return guess(alone ? name : `${whose}/${name}`, eye, null);
    }
    const first = named === null || withoutViews(named.before) !== '';
    return guess((first ? own || whose : whose || own) || stem, eye, nobody ? placeOf(folders) : null);
  });
  return apart(guesses);
}

/** @param {string} patient @param {Eye} eye @param {string | null} place @returns {Guess} */
function guess(patient, eye, place) {
  return { patient, eye, place };
}

/** One number in different places is of different people: each by its folders. @param {Guess[]} guesses */
function apart(guesses) {
  /** @type {Map<string, Set<string>>} */
  const places = new Map();
  for (const { patient, place } of guesses)
    if (place !== null) places.set(patient, (places.get(patient) ?? new Set()).add(place));
  return guesses.map((one) => {
    const { patient, place } = one;
    if (!place || (places.get(patient)?.size ?? 0) < 2) return one;
    return { ...one, patient: `${place}/${patient}` };
  });
}
