/** What one file's or folder's name says by itself: the words in it, an eye, a view, a number, whether somebody. */

import {
  ANYBODY,
  BETWEEN,
  COUNTED,
  DATE,
  DOUBTFUL,
  EYE_OF,
  EYE_OR_NAME,
  EYE_WORDS,
  MAYBE_VIEWS,
  PAIRED,
  plain,
  VIEWS,
  WEAK,
  WHEN,
} from './name-words.js';

/** @typedef {'OD' | 'OS' | ''} Eye right, left, not known */
/** Of a path. @typedef {{ folders: string[], stem: string }} Parts */

/** Of a kind of file; a number behind a point is of the name, as in those that DICOM gives. */
const ENDING = /\.(?=[^.]*\p{L})[^.\s]{1,8}$/u;
/** Before the name of a file that a system copied; behind it they put what says no eye. */
const COPY_OF = /^(copy of|copie de|copia de|kopie von) /i;

/** Letters composed in one way: one system writes é as one sign, another as two. @param {string} path @returns {Parts} */
export function pathParts(path) {
  const folders = path
    .normalize()
    .split('/')
    .filter((part) => part !== '');
  const name = folders.pop() ?? '';
  const stem = name.replace(ENDING, '') || name;
  return { folders, stem: parted(stem.replace(COPY_OF, '')) };
}

/** Chinese is written without spaces: `李华右眼` and `李华OD` as two words each. @param {string} stem */
export function parted(stem) {
  return stem
    .replace(/(\p{Script=Han})(?=(?:右眼|左眼|双眼)|(?:OD|OS)(?!\p{Script=Latin}))/gu, '$1 ')
    .replace(/(右眼|左眼|双眼)(?=\p{Script=Han})/gu, '$1 ');
}

/** A word of letters, marks and digits. */
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** `LeftEye` and `oeilgauche` as two words. @param {string} text */
export function wordsOf(text) {
  return [...text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').matchAll(WORD)].map(([word]) => word);
}

/** `DSC` and `00012` of `DSC00012`. @param {string} text */
function lettersAndNumbers(text) {
  return wordsOf(text).flatMap((word) => word.match(/\d+|[^\d]+/gu) ?? []);
}

/** `right`, of `right`, `rightEye`, `eye right` and `oeildroit`. @param {string} bare a word without digits, plain @returns {Eye} */
export function eyeOfBare(bare) {
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
  return PAIRED.has(bare) ? '' : eyeOfBare(bare);
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
export function isView(text, under = false) {
  const words = wordsOf(text);
  if (under && words.length === 1 && /^f\d$/i.test(words[0])) return true;
  const views = words.filter((word, i) => isViewWord(word, /^\d/.test(words[i + 1] ?? '')));
  const beside = (/** @type {string} */ word) =>
    views.includes(word) || /^\d+$/.test(word) || EYE_WORDS.has(plain(word)) || BETWEEN.has(plain(word));
  return views.length > 0 && words.every((word) => beside(word) || eyeOfWord(word) !== '');
}

/** A name without the views at its ends: `P1_macula_2` is of P1; '' where it is nothing else. @param {string} text */
export function withoutViews(text) {
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
export function eyeIn(text) {
  /** @type {{ eye: Eye, before: string, after: string, weak: boolean } | null} */
  let found = null;
  for (const { 0: whole, index } of text.matchAll(WORD)) {
    const [own, word] = codeIn(whole);
    const [left, right] = [text.slice(0, index), text.slice(index + whole.length)];
    const sure = PAIRED.has(plain(word)) && (withoutEyeWord(left, -1) !== left || withoutEyeWord(right, 1) !== right);
    const eye = sure ? eyeOfBare(plain(word)) : eyeOfWord(word);
    if (eye === '' || isInitial(word, left, right)) continue;
    const digits = own || (word.match(/^\d+/)?.[0] ?? '');
    const before = trim(withoutEyeWord(left, -1) + digits);
    const after = trim(withoutEyeWord(right, 1));
    const rest = isNobody(after) ? '' : withoutViews(after); // `OD_Color_45` is no name
    if (isDoubtful(word) && isName(word, before, rest)) continue;
    const weak = WEAK.has(plain(word).replace(/\d+$/, ''));
    if (weak && found !== null && !found.weak) continue; // `OD_1_SN123`
    found = { eye, before, after, weak };
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
export function eyeOfFolder(folder) {
  if (EYE_OR_NAME.has(plain(folder))) return ''; // see eyesOrPeople
  const words = wordsOf(folder).filter((word) => !EYE_WORDS.has(plain(word)) && !/^\d+$/.test(word) && !isView(word));
  if (words.length !== 1) {
    const whole = eyeOfBare(plain(words.join('')));
    return words.length === 0 ? '' : whole;
  }
  return wordsOf(folder).some((word) => EYE_WORDS.has(plain(word))) ? eyeOfBare(plain(words[0])) : eyeOfWord(words[0]);
}

/** @param {string[]} folders @returns {Eye} */
export function folderEye(folders) {
  return folders.map(eyeOfFolder).findLast(Boolean) ?? '';
}

/** An ID of a person, with the day and the time that cameras put behind it: `00012345_20240312_101530`. */
const MOMENT = /^(\p{L}{0,4}\d{5,})[-_ ](?:19|20)\d{6}[-_ ]\d{6}$/u;

/**
 * Whom a name says, without its eye, views and the moment; '' for nobody. Before the eye `IMG` and `Patient` say nobody: what
 * counts may stand behind it.
 * @param {string} stem @param {ReturnType<typeof eyeIn>} named
 */
export function ownName(stem, named) {
  const before = withoutViews(named === null ? stem : named.before);
  const after = withoutViews(named?.after ?? '');
  const general = /^\P{N}*\p{L}{2}\P{N}*$/u.test(before) && (isNobody(before) || ANYBODY.test(before));
  const own = general && named !== null ? [before, after].filter((part) => part !== '').join('_') : before || after;
  const [, id = ''] = own.match(MOMENT) ?? [];
  return id === '' || WHEN.test(id) ? own : id;
}

/** @param {string} text */
export function trim(text) {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, '');
}

/**
 * Whether a name says nobody: words for an eye or a view, what a camera counts by, and numbers that are no longer than a
 * count; a day or a time of day is none either.
 * @param {string} text
 */
export function isNobody(text) {
  const words = lettersAndNumbers(text);
  return words.every((word, i) => {
    if (/^\d+$/.test(word))
      return word.length <= 4 || WHEN.test(word) || /^(19|20)\d{12}$/.test(word) || isTime(words, i);
    if (/^[\p{Script=Latin}]$/u.test(word)) return words.length === 1 || eyeOfWord(word) !== '';
    return COUNTED.has(plain(word)) || EYE_WORDS.has(plain(word)) || eyeOfWord(word) !== '' || isViewWord(word, true);
  });
}

/** `101530` of `20240301_101530`. @param {string[]} words @param {number} i */
function isTime(words, i) {
  return /^\d{6}$/.test(words[i]) && WHEN.test(words[i - 1] ?? '');
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

/** What counts within a name that says nobody: `7` of `7_left` and of `OS_7`. @param {string} stem */
export function numberIn(stem) {
  return ownName(stem, eyeIn(stem)) || stem;
}

/** A file whose name only counts. first: its number stands before the eye; below: it lies in a folder for the eye @typedef {{ number: string, eye: Eye, first: boolean, below: boolean }} Numbered */

/** @param {string} stem @param {string[]} folders @returns {Numbered} */
export function numberedOf(stem, folders) {
  const named = eyeIn(stem);
  const eye = named?.eye ?? folderEye(folders);
  return {
    number: numberIn(stem),
    eye,
    first: named === null || named.before !== '',
    below: named === null && eye !== '',
  };
}

/** What systems put behind the name of a folder of which there is one already: `New folder (2)`. */
export const COPY = / \(\d+\)$/;

/** Whether a folder may be called after a person. @param {string} folder */
export function mayBePerson(folder) {
  const words = wordsOf(folder);
  const eyesOnly = words.length > 0 && words.every((word) => EYE_WORDS.has(plain(word)));
  const name = folder.replace(COPY, '');
  return !ANYBODY.test(name) && !DATE.test(name) && !eyesOnly && eyeOfFolder(folder) === '' && !isView(folder);
}

/** A folder's name that is a number of a row, no number of a person. @param {string} name */
export function isCount(name) {
  return /^\d{1,3}$/.test(name);
}

/** Whether a name is a letter or a few and a number, as `P12` and `K-012`, that no camera counts by. @param {string} name plain @param {number} most digits */
export function isCode(name, most) {
  const [, letters = '', digits = ''] = name.match(/^(\p{L}{1,3})[-_ ]?(\d+)$/u) ?? [];
  return digits !== '' && digits.length <= most && !isNobody(name) && !COUNTED.has(letters);
}

/** Whether a folder is called by a number of a person: `P3`, `012`, `ID_77`. @param {string} folder */
export function isOfId(folder) {
  return /^\p{L}{0,3}[-_ ]?\d+$/u.test(folder) && !WHEN.test(folder);
}

/**
 * A word, or a number too long for one of a row, that no camera counts by: who that is hangs on no folder, as with `P12`, which
 * every ward has, and `DSC00012`, which every camera has.
 * @param {string} name
 */
export function saysWho(name) {
  const parts = lettersAndNumbers(name);
  if (parts.some((part) => /\p{L}\p{M}*\p{L}/u.test(part) && !isNobody(part))) return true;
  return (
    !isNobody(name) && parts.some((part) => /^\d{6,}$/.test(part)) && !parts.some((part) => COUNTED.has(plain(part)))
  );
}

/**
 * Whom a file's name says besides the folder's; '' where that is nobody. What follows the folder's own words counts if it is a
 * word: `Kibera_Meier` is one of Kibera's.
 * @param {string} folder @param {string} name without its eye, plain
 */
export function besideFolder(folder, name) {
  const whole = wordsOf(plain(folder));
  const words = wordsOf(name);
  const more = words.filter((word) => !whole.includes(word));
  if (more.length === 0) return '';
  if (more.length + whole.length > words.length) return isNobody(name) ? '' : name;
  return more.some((word) => /\p{L}\p{M}*\p{L}/u.test(word) && !isNobody(word)) ? more.join(' ') : '';
}

/** `12` of `north 12` in the folder `North`; '' for none. @param {string} folder @param {string} name plain */
export function numberBehind(folder, name) {
  const whole = wordsOf(plain(folder));
  const words = wordsOf(name);
  const more = words.filter((word) => !whole.includes(word));
  const [number = ''] = more;
  const isDay = WHEN.test(number) || WHEN.test(more.join('-'));
  if (more.length + whole.length <= words.length && more.every((word) => /^\d+$/.test(word)))
    return isDay ? '' : number;
  return '';
}
