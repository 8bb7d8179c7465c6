/** What was drawn on a photograph, short enough for a link. */

/** What the brush leaves. @typedef {'cover' | 'haemorrhage' | 'exudate'} Tool */
/** A dab, in shares of the picture's width, whole 1024ths. @typedef {{ tool: Tool, x: number, y: number }} Dab */

/** @type {readonly Tool[]} */
export const TOOLS = ['cover', 'haemorrhage', 'exudate'];
/** Places a picture's width has for the middle of a dab. */
const GRID = 1024;
/** Dabs of a run, and what one byte holds of the way from one to the next. */
const RUN = 64;
const WAY = 127;
/** Characters of a link that are read at most. */
const LONGEST = 65_536;

/** To the place from which a link brings it back. @param {number} share of the width */
export function onGrid(share) {
  return Math.round(Math.max(0, share) * GRID) / GRID;
}

/**
 * Runs of one tool: its number and how many more dabs, the first one's place in two bytes each, then a byte each for every
 * way to the next. As base64url.
 * @param {readonly Dab[]} dabs @returns {string}
 */
export function writeStrokes(dabs) {
  /** @type {number[]} */
  const bytes = [];
  let [head, x, y] = [-1, 0, 0];
  for (const dab of dabs) {
    const [u, v] = [dab.x, dab.y].map((share) => Math.round(share * GRID));
    const tool = TOOLS.indexOf(dab.tool);
    const goesOn = head >= 0 && bytes[head] >> 6 === tool && bytes[head] % RUN < RUN - 1;
    if (goesOn && Math.abs(u - x) <= WAY && Math.abs(v - y) <= WAY) {
      bytes[head] += 1;
      bytes.push((u - x) & 255, (v - y) & 255);
    } else {
      head = bytes.length;
      bytes.push(tool * RUN, u >> 8, u & 255, v >> 8, v & 255);
    }
    [x, y] = [u, v];
  }
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** @param {string} text of a link, by anybody @returns {Dab[]} none where it is none of ours */
export function readStrokes(text) {
  if (text.length > LONGEST || !/^[\w-]*$/.test(text)) return [];
  /** @type {number[]} */
  let bytes = [];
  try {
    bytes = Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  } catch {
    return [];
  }
  /** @type {Dab[]} */
  const dabs = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const tool = TOOLS[bytes[at] >> 6];
    const more = bytes[at] % RUN;
    let [x, y] = [bytes[at + 1] * 256 + bytes[at + 2], bytes[at + 3] * 256 + bytes[at + 4]];
    at += 5;
    if (tool === undefined || at + 2 * more > bytes.length) return [];
    dabs.push({ tool, x: x / GRID, y: y / GRID });
    for (let i = 0; i < more; i++, at += 2) {
      x += (bytes[at] << 24) >> 24;
      y += (bytes[at + 1] << 24) >> 24;
      dabs.push({ tool, x: x / GRID, y: y / GRID });
    }
  }
  return dabs;
}
