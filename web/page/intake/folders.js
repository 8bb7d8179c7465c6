/** Photographs out of folders: dropped or chosen, in the order of their paths, hidden files left out. */

/** Of one drop or one folder; more than a day's clinic. */
export const MAX_FILES = 5000;
/** Folders within folders. */
const MAX_DEPTH = 16;
/** Entries that are looked at, hidden ones and folders too. */
const MAX_LOOKED_AT = 50_000;

/** What systems leave behind in folders of photographs. */
const NOT_FILES = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r', '__macosx']);

/** What a dropped file's path was: File.webkitRelativePath cannot be set. @type {WeakMap<File, string>} */
const paths = new WeakMap();

/** The file's path within the folder that it came in with, or its name. @param {File} file */
export function pathOf(file) {
  return paths.get(file) || file.webkitRelativePath || file.name;
}

/**
 * What came in at once.
 * @typedef {object} Taken
 * @property {File[]} files in the order of their paths, at most MAX_FILES
 * @property {boolean} more whether there were more than MAX_FILES
 * @property {string[]} folders names of the folders among what was dropped or chosen
 * @property {string[]} unread paths of what could not be read
 */

/** @param {Iterable<File>} list of an input with `webkitdirectory` @returns {Taken} */
export function filesOfFolder(list) {
  const files = [...list].filter((file) => !isHidden(pathOf(file)));
  const folders = [...new Set([...list].map((file) => pathOf(file).split('/')[0]))];
  return taken(files, folders, [], false);
}

/** @param {(FileSystemEntry | File | null)[]} dropped @returns {Promise<Taken>} */
export async function filesOfDrop(dropped) {
  const roots = dropped.filter((entry) => entry !== null);
  /** @type {File[]} */
  const files = [];
  /** @type {string[]} */
  const unread = [];
  let left = MAX_LOOKED_AT;
  let more = false;
  const whole = () => files.length > MAX_FILES || left <= 0;
  /** @param {FileSystemEntry} entry @param {number} depth */
  const visit = async (entry, depth) => {
    left -= 1;
    if (isHidden(entry.name)) return;
    const path = entry.fullPath.replace(/^\//, '');
    try {
      if (entry.isFile) {
        const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
        if (depth > 0) paths.set(file, path);
        files.push(file);
      } else if (depth > MAX_DEPTH) {
        unread.push(path);
      } else {
        const inside = await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry), left);
        for (const child of inside.sort((a, b) => byPath(a.name, b.name))) {
          if (whole()) break;
          await visit(child, depth + 1);
        }
      }
    } catch {
      unread.push(path);
    }
  };
  for (const root of roots)
    if (root instanceof File) files.push(root);
    else if (!whole()) await visit(root, 0);
  more = whole();
  const folders = roots.filter((root) => !(root instanceof File) && root.isDirectory).map((root) => root.name);
  return taken(files, folders, unread, more);
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A reader hands over some hundred at a time. @param {FileSystemDirectoryEntry} folder @param {number} most */
async function entriesOf(folder, most) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  while (all.length < most) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    all.push(...some);
  }
  return all;
}

/** @param {File[]} files @param {string[]} folders @param {string[]} unread @param {boolean} more @returns {Taken} */
function taken(files, folders, unread, more) {
  const sorted = files
    .map((file) => ({ file, path: pathOf(file) }))
    .sort((a, b) => byPath(a.path, b.path))
    .map(({ file }) => file);
  return { files: sorted.slice(0, MAX_FILES), more: more || sorted.length > MAX_FILES, folders, unread };
}

/** @param {string} path */
function isHidden(path) {
  return path.split('/').some((part) => part.startsWith('.') || NOT_FILES.has(part.toLowerCase()));
}

/** One way on every machine, whatever the page's language: 2 before 10, small letters beside capitals. */
const collator = new Intl.Collator('en', { numeric: true });

/** Folder by folder: 'a/2' before 'a b/1'. @param {string} a @param {string} b */
export function byPath(a, b) {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = collator.compare(left[i], right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length || (a < b ? -1 : Number(a > b));
}
