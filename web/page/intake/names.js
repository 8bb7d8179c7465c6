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
 * In doubt different folders are different people: folders of one name in different ones are called after both, and so is one
 * that only counts (`P16/3`). So many numbered files in one folder that they cannot be one person's are called after folder
 * and number. What comes one after the other is told apart as if it had come together, though the first keeps the name that it
 * has (see worklist/whose.js).
 */

import {
  ANYBODY,
  BETWEEN,
  COUNTED,
  DATE,
  DOUBTFUL,
  EYE_OF,
  EYE_WORDS,
  MAYBE_VIEWS,
  NAMES_TOO,
  plain,
  VIEWS,
  WHEN,
  YEAR,
} from './name-words.js';

/** @typedef {'OD' | 'OS' | ''} Eye right, left, not known */
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
/** Before the name of a file that a system copied; behind it they put what says no eye. */
const COPY_OF = /^(copy of|copie de|copia de|kopie von) /i;

/** Of a path. @typedef {{ folders: string[], stem: string }} Parts */

/** Letters composed in one way: one system writes é as one sign, another as two. @param {string} path @returns {Parts} */
function partsOf(path) {
  const folders = path
    .normalize()
    .split('/')
    .filter((part) => part !== '');
  const name = folders.pop() ?? '';
  const stem = name.replace(/\.[^.]+$/, '') || name;
  return { folders, stem: parted(stem.replace(COPY_OF, '')) };
}

/** Chinese is written without spaces: `李华右眼` and `李华OD` as two words each. @param {string} stem */
function parted(stem) {
  return stem
    .replace(/(\p{Script=Han})(?=(?:右眼|左眼|双眼)|(?:OD|OS)(?!\p{Script=Latin}))/gu, '$1 ')
    .replace(/(右眼|左眼|双眼)(?=\p{Script=Han})/gu, '$1 ');
}

/** A word of letters, marks and digits. */
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** `LeftEye` and `oeilgauche` as two words. @param {string} text */
function wordsOf(text) {
  return [...text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').matchAll(WORD)].map(([word]) => word);
}

/** `DSC` and `00012` of `DSC00012`. @param {string} text */
function lettersAndNumbers(text) {
  return wordsOf(text).flatMap((word) => word.match(/\d+|[^\d]+/gu) ?? []);
}

/** `right`, of `right`, `rightEye`, `eye right` and `oeildroit`. @param {string} bare a word without digits, plain @returns {Eye} */
function eyeOfBare(bare) {
  const eye = EYE_OF.get(bare);
  if (eye !== undefined) return eye;
  for (const word of EYE_WORDS) {
    if (bare.endsWith(word) && EYE_OF.has(bare.slice(0, -word.length)))
      return EYE_OF.get(bare.slice(0, -word.length)) ?? '';
    if (bare.startsWith(word) && EYE_OF.has(bare.slice(word.length))) return EYE_OF.get(bare.slice(word.length)) ?? '';
  }
  return '';
}

/** `P14` and `OD`, of `P14OD`. @param {string} word @returns {[string, string]} what stands before the code, and the rest */
function codeIn(word) {
  const [, before = '', code = word] = word.match(/^(.*\d)(OD|OS|OG|OI|OE|od|os)$/) ?? [];
  return [before, code];
}

/** `OD`, `OD1` and `12OD`, but a letter alone only by itself. @param {string} word @returns {Eye} */
function eyeOfWord(word) {
  const bare = plain(word).replace(/^\d+|\d+$/g, '');
  if (bare.length === 1 && bare.charCodeAt(0) < 128 && bare !== plain(word)) return '';
  return eyeOfBare(bare);
}

/** @param {string} word */
function isDoubtful(word) {
  return DOUBTFUL.has(plain(word).replace(/^\d+|\d+$/g, ''));
}

/** Whether a doubtful word is one of somebody's name: `Le`, `de la Cruz`, `OD Martin`. @param {string} word @param {string} before @param {string} after */
function isName(word, before, after) {
  if (/^\p{Lu}\p{Ll}+\d*$/u.test(word)) return true;
  return /\p{L}/u.test(after) && (before === '' || /\p{Ll}/u.test(word));
}

/** Whether L or R is the first letter of somebody's name: `L. Brown`, `J. R. Smith`, `R Brown`, `Brown, L`. @param {string} word @param {string} left @param {string} right all that stands around it */
function isInitial(word, left, right) {
  if (!/^[LR]$/.test(word)) return false;
  if (/,\s*$/.test(left)) return true;
  const [, dot, next] = right.match(/^(\.?)\s*(\p{L}[\p{L}\p{M}]*)/u) ?? [];
  if (next === undefined || isViewWord(next) || EYE_WORDS.has(plain(next))) return false;
  return dot === '.' || (left === '' && /^ /.test(right));
}

/** @param {string} word @param {boolean} [numbered] whether a number follows */
function isViewWord(word, numbered = false) {
  const bare = plain(word).replace(/\d+$/, '');
  if (VIEWS.has(bare)) return true;
  return MAYBE_VIEWS.has(bare) && (numbered || /\d$/.test(word) || !/\p{Lu}/u.test(word));
}

/** `macula`, `Field 1`, `centre of the disc`, `OD macula 2`; `F1` where somebody stands before it. @param {string} text @param {boolean} [under] whether it does */
function isView(text, under = false) {
  const words = wordsOf(text);
  if (under && words.length === 1 && /^f\d$/i.test(words[0])) return true;
  const views = words.filter((word, i) => isViewWord(word, /^\d/.test(words[i + 1] ?? '')));
  const beside = (/** @type {string} */ word) =>
    views.includes(word) || /^\d+$/.test(word) || EYE_WORDS.has(plain(word)) || BETWEEN.has(plain(word));
  return views.length > 0 && words.every((word) => beside(word) || eyeOfWord(word) !== '');
}

/** A name without the views at its ends: `P1_macula_2` is of P1; '' where it is nothing else. @param {string} text */
function withoutViews(text) {
  const all = [...text.matchAll(WORD)];
  if (isView(text)) return '';
  for (let i = 1; i < all.length; i++)
    if (isView(text.slice(all[i].index), true)) return withoutViews(trim(text.slice(0, all[i].index)));
  for (let i = all.length - 1; i > 0; i--)
    if (isView(text.slice(0, all[i].index)) && !/^\d+$/.test(all[i][0])) return trim(text.slice(all[i].index));
  return text;
}

/**
 * The last word for an eye in a name, with what stands around it. At its front a code such as `OD` or `LA` may be a
 * surname: it counts there only if nothing but a number follows.
 * @param {string} text
 */
function eyeIn(text) {
  /** @type {{ eye: Eye, before: string, after: string } | null} */
  let found = null;
  for (const { 0: whole, index } of text.matchAll(WORD)) {
    const [own, word] = codeIn(whole);
    const eye = eyeOfWord(word);
    if (eye === '' || isInitial(word, text.slice(0, index), text.slice(index + whole.length))) continue;
    const digits = own || (word.match(/^\d+/)?.[0] ?? '');
    const before = trim(withoutEyeWord(text.slice(0, index), -1) + digits);
    const after = trim(withoutEyeWord(text.slice(index + whole.length), 1));
    const rest = isNobody(after) ? '' : withoutViews(after); // `OD_Color_45` is no name
    if (isDoubtful(word) && isName(word, before, rest)) continue;
    found = { eye, before, after };
  }
  // `OD_OS`: both eyes; `Maria L_OD`: her right one
  const last = found === null ? '' : (wordsOf(found.before).at(-1) ?? '');
  const initial = /\p{Lu}[\p{Ll}\p{M}]+ [LR]$/u.test(found?.before ?? '');
  const other = found !== null && ![found.eye, ''].includes(eyeOfWord(codeIn(last)[1]));
  if (found !== null && other && !initial && !isName(last, '', '')) found.eye = '';
  return found;
}

/** Leaves out a word such as `eye` beside the one that says which. @param {string} text @param {1 | -1} side */
function withoutEyeWord(text, side) {
  const words = [...text.matchAll(WORD)];
  const next = side > 0 ? words[0] : words.at(-1);
  if (next === undefined || !EYE_WORDS.has(plain(next[0]))) return text;
  return side > 0 ? text.slice(next.index + next[0].length) : text.slice(0, next.index);
}

/** The eye that a folder is called after: all its words say it. @param {string} folder @returns {Eye} */
function eyeOfFolder(folder) {
  if (NAMES_TOO.has(plain(folder))) return ''; // see eyesOrPeople
  const words = wordsOf(folder).filter((word) => !EYE_WORDS.has(plain(word)) && !/^\d+$/.test(word) && !isView(word));
  if (words.length !== 1) {
    const whole = eyeOfBare(plain(words.join('')));
    return words.length === 0 ? '' : whole;
  }
  return eyeOfWord(words[0]);
}

/** An ID of a person, with the day and the time that cameras put behind it: `00012345_20240312_101530`. */
const MOMENT = /^(\p{L}{0,4}\d{5,})[-_ ](?:19|20)\d{6}[-_ ]\d{6}$/u;

/** Whom a name says, without its eye, views and the moment; '' for nobody. @param {string} stem @param {ReturnType<typeof eyeIn>} named */
function ownName(stem, named) {
  const own = named === null ? withoutViews(stem) : withoutViews(named.before) || withoutViews(named.after);
  const [, id = ''] = own.match(MOMENT) ?? [];
  return id === '' || WHEN.test(id) ? own : id;
}

/** @param {string} text */
function trim(text) {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, '');
}

/**
 * Whether a name says nobody: words for an eye or a view, what a camera counts by, and numbers that are no longer than a
 * count; a day or a time of day is none either.
 * @param {string} text
 */
function isNobody(text) {
  const words = lettersAndNumbers(text);
  return words.every((word, i) => {
    if (/^\d+$/.test(word))
      return word.length <= 4 || WHEN.test(word) || /^(19|20)\d{12}$/.test(word) || isTime(words, i);
    if (/^[\p{Script=Latin}]$/u.test(word)) return words.length === 1 || eyeOfWord(word) !== '';
    return COUNTED.has(plain(word)) || EYE_WORDS.has(plain(word)) || eyeOfWord(word) !== '' || isViewWord(word, true);
  });
}

/**
 * Whether a patient's name only counts, as `3`, `clinic/3`, `IMG_0012` and `3 (2)`: it tells people of one list apart, and the
 * next list has a 3 as well.
 * @param {string} patient
 */
export function onlyCounts(patient) {
  const own = patient.slice(patient.lastIndexOf('/') + 1).replace(/ \(\d+\)$/, '');
  return patient !== '' && isNobody(own);
}

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
  const [{ folders }] = eyesOrPeople([partsOf(path)]);
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

/** `101530` of `20240301_101530`. @param {string[]} words @param {number} i */
function isTime(words, i) {
  return /^\d{6}$/.test(words[i]) && WHEN.test(words[i - 1] ?? '');
}

/** @typedef {{ name: string, under: string, home: string, eyes: boolean }} Person home: its folder, with those above; eyes: the file lies in a folder for an eye below it */

/** What systems put behind the name of a folder of which there is one already: `New folder (2)`. */
const COPY = / \(\d+\)$/;

/** Whether a folder may be called after a person. @param {string} folder */
function mayBePerson(folder) {
  const words = wordsOf(folder);
  const eyesOnly = words.length > 0 && words.every((word) => EYE_WORDS.has(plain(word)));
  const name = folder.replace(COPY, '');
  return !ANYBODY.test(name) && !DATE.test(name) && !eyesOnly && eyeOfFolder(folder) === '' && !isView(folder);
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

/** A folder's name that is a number of a row, no number of a person. @param {string} name */
function isCount(name) {
  return /^\d{1,3}$/.test(name);
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

/** What counts within a name that says nobody: `7` of `7_left` and of `OS_7`. @param {string} stem */
function numberIn(stem) {
  const named = eyeIn(stem);
  const own = named === null ? stem : named.before || named.after;
  return withoutViews(own) || stem;
}

/** A file whose name only counts. first: its number stands before the eye; below: it lies in a folder for the eye @typedef {{ number: string, eye: Eye, first: boolean, below: boolean }} Numbered */

/** @param {string} stem @param {string[]} folders @returns {Numbered} */
function numberedOf(stem, folders) {
  const named = eyeIn(stem);
  const eye = named?.eye ?? folderEye(folders);
  return {
    number: numberIn(stem),
    eye,
    first: named === null || named.before !== '',
    below: named === null && eye !== '',
  };
}

/**
 * By which number a photograph stands in a folder that is taken for a person though only a word says so, as `1_R` and `2_L` in
 * `Kibera`; '' where it is otherwise.
 * @param {string} path @param {string} patient @returns {string}
 */
export function numberInFolder(path, patient) {
  const [{ folders, stem }] = eyesOrPeople([partsOf(path)]);
  const { name } = personOf(folders);
  const { number, first } = numberedOf(stem, folders);
  return (patient === name || patient.endsWith(`/${name}`)) &&
    first &&
    !/\d/.test(name) &&
    /^\d{1,4}$/.test(number) &&
    !WHEN.test(number)
    ? number
    : '';
}

/** @param {string[]} folders @returns {Eye} */
function folderEye(folders) {
  return folders.map(eyeOfFolder).findLast(Boolean) ?? '';
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
 * Whom a file's name says besides the folder's; '' where that is nobody. What follows the folder's own words counts if it is a
 * word: `Kibera_Meier` is one of Kibera's.
 * @param {string} folder @param {string} name without its eye, plain
 */
function besideFolder(folder, name) {
  const whole = wordsOf(plain(folder));
  const words = wordsOf(name);
  const more = words.filter((word) => !whole.includes(word));
  if (more.length === 0) return '';
  if (more.length + whole.length > words.length) return isNobody(name) ? '' : name;
  return more.some((word) => /\p{L}\p{M}*\p{L}/u.test(word) && !isNobody(word)) ? more.join(' ') : '';
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

/** `12` of `north 12` in the folder `North`; '' for none. @param {string} folder @param {string} name plain */
function numberBehind(folder, name) {
  const whole = wordsOf(plain(folder));
  const words = wordsOf(name);
  const more = words.filter((word) => !whole.includes(word));
  const [number = ''] = more;
  const isDay = WHEN.test(number) || WHEN.test(more.join('-'));
  if (more.length + whole.length <= words.length && more.every((word) => /^\d+$/.test(word)))
    return isDay ? '' : number;
  return '';
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

/** Whether a name is a letter or a few and a number, as `P12` and `K-012`, that no camera counts by. @param {string} name plain @param {number} most digits */
function isCode(name, most) {
  const [, letters = '', digits = ''] = name.match(/^(\p{L}{1,3})[-_ ]?(\d+)$/u) ?? [];
  return digits !== '' && digits.length <= most && !isNobody(name) && !COUNTED.has(letters);
}

/** Whether a folder is called by a number of a person: `P3`, `012`, `ID_77`. @param {string} folder */
function isOfId(folder) {
  return /^\p{L}{0,3}[-_ ]?\d+$/u.test(folder) && !WHEN.test(folder);
}

/**
 * A word, or a number too long for one of a row, that no camera counts by: who that is hangs on no folder, as with `P12`, which
 * every ward has, and `DSC00012`, which every camera has.
 * @param {string} name
 */
function saysWho(name) {
  const parts = lettersAndNumbers(name);
  if (parts.some((part) => /\p{L}\p{M}*\p{L}/u.test(part) && !isNobody(part))) return true;
  return (
    !isNobody(name) && parts.some((part) => /^\d{6,}$/.test(part)) && !parts.some((part) => COUNTED.has(plain(part)))
  );
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

/** Whose eye a folder is called after, as `P1 OD` and `Meier left eye`; null where it is after none. @param {string} folder @returns {{ own: string, eye: Eye, sure: boolean } | null} sure: no word that a place may be called by */
function eyeOfPerson(folder) {
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
function partedByEyes(all) {
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
function eyesOrPeople(all) {
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
function partedByLetters(all) {
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

/**
 * One guess a path; they are looked at together, as only together they show what the folders stand for.
 * @param {string[]} paths `folder/name.jpg` or `name.jpg`
 * @returns {Guess[]}
 */
export function guessNames(paths) {
  const parts = partedByLetters(partedByEyes(eyesOrPeople(paths.map(partsOf))));
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
