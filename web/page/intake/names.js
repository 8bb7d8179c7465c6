/**
 * Whose eye a photograph shows, guessed from its name; a person may correct it.
 *
 * The eye: a word for it in the file's name (`12_left.jpg`, `P003_OD_1.jpg`), else a folder that is called after one
 * (`right/12.jpg`, `P3/Left Eye/1.jpg`, `dupont/OG/1.jpg`), in the languages of the page and some others.
 * The patient: the folder's name where the photographs lie in several folders, leaving out folders named after an eye,
 * a day or nothing in particular (`images`, `train`); else what stands before the eye in the file's name; else, in a
 * name that says nothing but the eye, the folder; else the whole name.
 */

/** @typedef {'OD' | 'OS' | ''} Eye right, left, not known */
/** @typedef {{ patient: string, eye: Eye }} Guess */

/** @param {string} text */
const wordList = (text) => text.split(' ');

/** Latin, the page's languages and their neighbours. */
const RIGHT = wordList(
  'od re r right dexter dextra rt droit droite derecho derecha der dcho dcha destro destra direito ' +
    'direita dx rechts rechtes rechte rechter ra rechtsauge rightside 右 右眼 दाईं दाईंआँख दायाँ दायां दाहिनी दाहिना दाहिने ' +
    'يمين اليمين يمنى اليمنى أيمن الأيمن',
);
const LEFT = wordList(
  'os le l left sinister sinistra sinistro lt lf og oi oe gauche izquierdo izquierda izq izqdo izqda ' +
    'esquerdo esquerda sx sn links linkes linke linker la linksauge leftside 左 左眼 बाईं बाईंआँख बायाँ बायां बायीं बाएँ يسار ' +
    'اليسار يسرى اليسرى أيسر الأيسر',
);
/** Says that the word beside it is of an eye; alone it says nothing. */
const EYE = wordList('eye eyes oculus oeil œil ojo occhio olho auge oog oculo 眼 眼睛 आँख आंख عين العين');
/**
 * Codes that are words or names as well: `La Rochelle`, `Le Pen`, `Oi`. In a file's name only as capitals, in a folder's
 * only as its whole name.
 */
const DOUBTFUL = new Set(wordList('la ra le re os oe oi og od der rt lt lf dx sx sn'));

/** One spelling of each: no accents on Latin letters, no marks, one form of composed letters. @param {string} word */
function plain(word) {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/(\p{Script=Latin})\p{Mn}+/gu, '$1')
    .normalize('NFC');
}

/** @type {ReadonlyMap<string, Eye>} */
const EYES = new Map([
  ...RIGHT.map((word) => /** @type {[string, Eye]} */ ([plain(word), 'OD'])),
  ...LEFT.map((word) => /** @type {[string, Eye]} */ ([plain(word), 'OS'])),
]);
const EYE_WORDS = new Set(EYE.map(plain));

/** Folders that hold photographs of many people. */
const ANYBODY =
  /^(images?|imgs?|photos?|photographs?|pictures?|pics?|data|dataset|dcim|raw|new|old|train(ing)?|test(ing)?|val(id(ation)?)?|fundus|\d{4}[-_. ]?\d{2}[-_. ]?\d{2})$/i;

/** Folders that say when: years, days and visits of one person. */
const WHEN =
  /^((19|20)\d{2}|(19|20)\d{4}|(19|20)\d{6}|\d{1,2}[-_. ]\d{1,2}[-_. ](\d{2}|\d{4})|(\d{4}|\d{2})[-_. ]\d{1,2}|(visite?|visita|besuch|termin|session|sesi[oó]n|s[eé]ance|exam|examen|exame|study|studie|series?|serie|consulta|consultation|follow[-_. ]?up|baseline|day|month|year)[-_. ]?\d*)$/i;
const YEAR = /^(19|20)\d{2}$/;

/** @param {string} path @returns {{ folders: string[], stem: string }} */
function partsOf(path) {
  const folders = path.split('/').filter((part) => part !== '');
  const name = folders.pop() ?? '';
  return { folders, stem: name.replace(/\.[^.]+$/, '') || name };
}

/** A word of letters, marks and digits. */
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

/** `LeftEye` and `oeilgauche` as two words. @param {string} text */
function wordsOf(text) {
  return [...text.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2').matchAll(WORD)].map(([word]) => word);
}

/** `right`, of `right`, `rightEye`, `eye right` and `oeildroit`. @param {string} bare a word without digits, plain @returns {Eye} */
function eyeOfBare(bare) {
  const eye = EYES.get(bare);
  if (eye !== undefined) return eye;
  for (const word of EYE_WORDS) {
    if (bare.endsWith(word) && EYES.has(bare.slice(0, -word.length)))
      return EYES.get(bare.slice(0, -word.length)) ?? '';
    if (bare.startsWith(word) && EYES.has(bare.slice(word.length))) return EYES.get(bare.slice(word.length)) ?? '';
  }
  return '';
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

/**
 * The last word for an eye in a name, with what stands around it. At its front a code such as `OD` or `LA` may be a
 * surname: it counts there only if nothing but a number follows.
 * @param {string} text
 */
function eyeIn(text) {
  /** @type {{ eye: Eye, before: string, after: string } | null} */
  let found = null;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const eye = eyeOfWord(word);
    if (eye === '') continue;
    const digits = word.match(/^\d+/)?.[0] ?? '';
    const before = trim(withoutEyeWord(text.slice(0, index), -1) + digits);
    const after = trim(withoutEyeWord(text.slice(index + word.length), 1));
    if (isDoubtful(word) && isName(word, before, after)) continue;
    found = { eye, before, after };
  }
  // `OD_OS`: both eyes
  const last = found === null ? '' : (wordsOf(found.before).at(-1) ?? '');
  if (found !== null && ![found.eye, ''].includes(eyeOfWord(last)) && !isName(last, '', '')) found.eye = '';
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
  const words = wordsOf(folder).filter((word) => !EYE_WORDS.has(plain(word)) && !/^\d+$/.test(word));
  if (words.length !== 1) {
    const whole = eyeOfBare(plain(words.join('')));
    return words.length === 0 ? '' : whole;
  }
  return eyeOfWord(words[0]);
}

/** @param {string} text */
function trim(text) {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, '');
}

/**
 * The innermost folder that may be called after a person; one that says when only where there is no other: `martin/2024/OG`.
 * @param {string[]} folders
 */
function personOf(folders) {
  const may = folders.filter((folder) => !ANYBODY.test(folder) && eyeOfFolder(folder) === '');
  const months = (/** @type {string} */ folder, /** @type {number} */ i) =>
    /^\d{1,2}$/.test(folder) && YEAR.test(may[i - 1] ?? '');
  return may.findLast((folder, i) => !WHEN.test(folder) && !months(folder, i)) ?? may.at(-1) ?? '';
}

/**
 * One guess a path; they are looked at together, as only together they show what the folders stand for.
 * @param {string[]} paths `folder/name.jpg` or `name.jpg`
 * @returns {Guess[]}
 */
export function guessNames(paths) {
  const all = paths.map(partsOf);
  const people = all.map(({ folders }) => personOf(folders));
  const many = new Set(people.filter((name) => name !== '')).size > 1;
  return all.map(({ folders, stem }, i) => {
    const named = eyeIn(stem);
    const eye = named?.eye ?? /** @type {Eye} */ (folders.map(eyeOfFolder).findLast(Boolean) ?? '');
    if (many && people[i] !== '') return { patient: people[i], eye };
    if (named === null) return { patient: stem, eye };
    return { patient: named.before || people[i] || named.after || stem, eye };
  });
}
