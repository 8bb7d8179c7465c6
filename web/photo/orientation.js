/**
 * Which way up a photograph is, from the EXIF blocks of JPEG, PNG and WebP alike: src/photo_inspect.c reads them by the
 * same rules (tests/browser/awkward.test.mjs holds both to them). Browsers differ, so they get the file without the blocks.
 */

/** @import { Sniffed } from './sniff.js' */

/**
 * A TIFF block and the part of the file that makes a decoder see it.
 * @typedef {{ at: number, end: number, hidden: { from: number, to: number, instead: string } }} Block
 */

/** @param {Uint8Array} bytes @param {number} at @param {string} text */
function has(bytes, at, text) {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** @param {Uint8Array} bytes */
function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Up to the first scan. @param {Uint8Array} bytes @returns {Block[]} */
function blocksOfJpeg(bytes) {
  const data = view(bytes);
  /** @type {Block[]} */
  const blocks = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const mark = bytes[at + 1];
    if (mark === 0xff || mark === 0x01) {
      at += mark === 0xff ? 1 : 2; // fill byte; TEM has no length
      continue;
    }
    const end = at + 2 + data.getUint16(at + 2);
    if (end < at + 4 || end > bytes.length || mark === 0xda) break;
    if (mark === 0xe1 && has(bytes, at + 4, 'Exif\0\0'))
      blocks.push({ at: at + 4, end, hidden: { from: at + 4, to: at + 8, instead: 'none' } });
    at = end;
  }
  return blocks;
}

/** @param {Uint8Array} bytes @returns {Block[]} */
function blocksOfPng(bytes) {
  const data = view(bytes);
  /** @type {Block[]} */
  const blocks = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + data.getUint32(at);
    if (end > bytes.length || has(bytes, at + 4, 'IEND')) break;
    if (has(bytes, at + 4, 'eXIf'))
      blocks.push({ at: at + 8, end: end - 4, hidden: { from: at, to: end, instead: '' } });
    at = end;
  }
  return blocks;
}

/** @param {Uint8Array} bytes @returns {Block[]} */
function blocksOfWebp(bytes) {
  const data = view(bytes);
  /** @type {Block[]} */
  const blocks = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = data.getUint32(at + 4, true);
    const end = Math.min(at + 8 + length, bytes.length);
    if (has(bytes, at, 'EXIF')) blocks.push({ at: at + 8, end, hidden: { from: at, to: at + 4, instead: 'none' } });
    at += 8 + length + (length & 1);
  }
  return blocks;
}

/** @param {Uint8Array} bytes @param {Sniffed['kind']} kind */
function blocksOf(bytes, kind) {
  if (kind === 'jpeg') return blocksOfJpeg(bytes);
  if (kind === 'png') return blocksOfPng(bytes);
  return kind === 'webp' ? blocksOfWebp(bytes) : [];
}

/** BYTE, SHORT and LONG @type {Readonly<Record<number, (d: DataView, at: number, little: boolean) => number>>} */
const NUMBERS = {
  1: (d, at) => d.getUint8(at),
  3: (d, at, little) => d.getUint16(at, little),
  4: (d, at, little) => d.getUint32(at, little),
};

/** @param {Uint8Array} block @returns {number} 1 to 8; 0 if it holds none */
function orientationIn(block) {
  const bytes = has(block, 0, 'Exif\0\0') ? block.subarray(6) : block;
  if (bytes.length < 10) return 0;
  const little = bytes[0] === 0x49;
  if (!has(bytes, 0, little ? 'II*\0' : 'MM\0*')) return 0;
  const data = view(bytes);
  const directory = data.getUint32(4, little);
  if (directory > bytes.length - 2) return 0;
  const entries = data.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > bytes.length) return 0;
    if (data.getUint16(at, little) !== 0x0112) continue;
    const value = NUMBERS[data.getUint16(at + 2, little)]?.(data, at + 8, little) ?? 0;
    return value >= 1 && value <= 8 ? value : 0;
  }
  return 0;
}

/**
 * The first block that holds an orientation counts.
 * @param {Uint8Array} bytes of the whole file
 * @param {Sniffed['kind']} kind a TIFF's is in its own directory
 * @returns {number} EXIF 1 to 8; 1 if there is none
 */
export function orientationOf(bytes, kind) {
  for (const { at, end } of blocksOf(bytes, kind)) {
    const found = orientationIn(bytes.subarray(at, end));
    if (found !== 0) return found;
  }
  return 1;
}

/**
 * The file with its EXIF blocks made unknown to any decoder, so that none turns it; the pixels stay as they are.
 * @param {Uint8Array<ArrayBuffer>} bytes @param {Sniffed['kind']} kind
 * @returns {Blob | null} null where there are none
 */
export function withoutExif(bytes, kind) {
  const blocks = blocksOf(bytes, kind);
  if (blocks.length === 0) return null;
  /** @type {BlobPart[]} */
  const parts = [];
  let from = 0;
  for (const { hidden } of blocks) {
    parts.push(bytes.subarray(from, hidden.from), hidden.instead);
    from = hidden.to;
  }
  return new Blob([...parts, bytes.subarray(from)], { type: `image/${kind}` });
}

/**
 * What a canvas has to do so that a picture of width x height stored pixels is drawn upright.
 * @param {number} orientation 1 to 8 @param {number} width @param {number} height
 * @returns {[number, number, number, number, number, number]}
 */
export function turning(orientation, width, height) {
  switch (orientation) {
    case 2:
      return [-1, 0, 0, 1, width, 0];
    case 3:
      return [-1, 0, 0, -1, width, height];
    case 4:
      return [1, 0, 0, -1, 0, height];
    case 5:
      return [0, 1, 1, 0, 0, 0];
    case 6:
      return [0, 1, -1, 0, height, 0];
    case 7:
      return [0, -1, -1, 0, height, width];
    case 8:
      return [0, -1, 1, 0, 0, width];
    default:
      return [1, 0, 0, 1, 0, 0];
  }
}
