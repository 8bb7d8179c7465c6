/**
 * Whose eye a photograph shows, guessed from its name; a person may correct it.
 *
 * The eye: a word for it in the file's name (`12_left.jpg`, `P003_OD_1.jpg`), else in a folder's (`right/12.jpg`).
 * The patient: the folder's name where the photographs lie in several folders, leaving out folders named after an eye,
 * a day or nothing in particular (`images`, `train`); else what stands before the eye in the file's name; else, in a
 * name that says nothing but the eye, the folder; else the whole name.
 */

/** @typedef {'OD' | 'OS' | ''} Eye right, left, not known */
/** @typedef {{ patient: string, eye: Eye }} Guess */

const RIGHT = ['od', 're', 'r', 'right', 'dexter', 'dextra', 'droit', 'droite', 'derecho', 'derecha', '右', '右眼'];
const LEFT = ['os', 'le', 'l', 'left', 'sinister', 'sinistra', 'gauche', 'izquierdo', 'izquierda', '左', '左眼'];

/** @type {ReadonlyMap<string, Eye>} */
const EYES = new Map([
  ...RIGHT.map((word) => /** @type {[string, Eye]} */ ([word, 'OD'])),
  ...LEFT.map((word) => /** @type {[string, Eye]} */ ([word, 'OS'])),
]);

/** Folders that hold photographs of many people. */
const ANYBODY =
  /^(images?|imgs?|photos?|photographs?|pictures?|pics?|data|dataset|dcim|raw|new|old|train(ing)?|test(ing)?|val(id(ation)?)?|fundus|\d{4}[-_. ]?\d{2}[-_. ]?\d{2})$/i;

/** @param {string} path @returns {{ folders: string[], stem: string }} */
function partsOf(path) {
  const folders = path.split('/').filter((part) => part !== '');
  const name = folders.pop() ?? '';
  return { folders, stem: name.replace(/\.[^.]+$/, '') || name };
}

/** `OD`, `OD1` and `12OD`, but a letter alone only by itself. @param {string} word @returns {Eye} */
function eyeOfWord(word) {
  const bare = word.toLowerCase().replace(/^\d+|\d+$/g, '');
  if (bare.length === 1 && bare.charCodeAt(0) < 128 && bare !== word.toLowerCase()) return '';
  return EYES.get(bare) ?? '';
}

/** The last word for an eye in a name, with what stands around it. @param {string} text */
function eyeIn(text) {
  /** @type {{ eye: Eye, before: string, after: string } | null} */
  let found = null;
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    const eye = eyeOfWord(word);
    if (eye === '') continue;
    const digits = word.match(/^\d+/)?.[0] ?? '';
    found = { eye, before: trim(text.slice(0, index) + digits), after: trim(text.slice(index + word.length)) };
  }
  return found;
}

/** @param {string} text */
function trim(text) {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
}

/** The innermost folder that may be called after a person. @param {string[]} folders */
function personOf(folders) {
  return folders.findLast((folder) => !ANYBODY.test(folder) && EYES.get(folder.toLowerCase()) === undefined) ?? '';
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
    const eye =
      named?.eye ?? /** @type {Eye} */ (folders.map((f) => EYES.get(f.toLowerCase())).findLast(Boolean) ?? '');
    if (many && people[i] !== '') return { patient: people[i], eye };
    if (named === null) return { patient: stem, eye };
    return { patient: named.before || people[i] || named.after || stem, eye };
  });
}
