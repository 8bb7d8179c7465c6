/** Looks at a photograph's bytes before any decoder does: what it is, how large, and whether all of it is there. */

import { isTiff, readTiffHeader } from './tiff-header.js';

/**
 * @typedef {object} Sniffed
 * @property {'jpeg' | 'png' | 'webp' | 'tiff' | 'dicom' | null} kind
 * @property {number} width pixels as stored, before EXIF turns them; 0 when the header does not say
 * @property {number} height
 * @property {string | null} damage what is missing, in words; null when the file is complete
 * @property {string} [refusal] what in it no decoder here can read, in words
 * @property {boolean} [animated] it holds several pictures: none of them is the photograph, which the core says
 * @property {string} [note] what else the file holds and will not be looked at, in words
 * @property {import('./tiff-header.js').TiffHeader} [tiff]
 */

const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** @param {Uint8Array} bytes @param {number} at @param {number[] | string} what */
function has(bytes, at, what) {
  if (bytes.length < at + what.length) return false;
  for (let i = 0; i < what.length; i++) {
    const want = typeof what === 'string' ? what.charCodeAt(i) : what[i];
    if (bytes[at + i] !== want) return false;
  }
  return true;
}

/** @param {Uint8Array} bytes @returns {Sniffed} */
export function sniff(bytes) {
  if (has(bytes, 0, PNG_MAGIC)) return sniffPng(bytes);
  if (has(bytes, 0, [0xff, 0xd8, 0xff])) return sniffJpeg(bytes);
  if (has(bytes, 0, 'RIFF') && has(bytes, 8, 'WEBP')) return sniffWebp(bytes);
  if (isTiff(bytes)) return sniffTiff(bytes);
  if (has(bytes, 128, 'DICM')) return { kind: 'dicom', width: 0, height: 0, damage: null }; // web/dicom/ reads its header
  return { kind: null, width: 0, height: 0, damage: null };
}

/** @param {Uint8Array} bytes */
function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Chunks from IHDR to IEND. Checksums are the decoder's business.
 * @param {Uint8Array} bytes @returns {Sniffed}
 */
function sniffPng(bytes) {
  const data = view(bytes);
  const header = bytes.length >= 24 && has(bytes, 12, 'IHDR');
  /** @type {Sniffed} */
  const found = {
    kind: 'png',
    width: header ? data.getUint32(16) : 0,
    height: header ? data.getUint32(20) : 0,
    damage: header ? 'the end is missing (no IEND chunk)' : 'the header is missing (no IHDR chunk)',
  };
  // length, type, data, checksum
  for (let at = 8; at + 12 <= bytes.length; ) {
    const next = at + 12 + data.getUint32(at);
    if (header && has(bytes, at + 4, 'IEND')) {
      found.damage = null;
      break;
    }
    at = next;
  }
  return found;
}

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC) @param {number} marker */
function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/**
 * Segment by segment to EOI; a thumbnail's own EOI lies inside a segment and does not count.
 * @param {Uint8Array} bytes @returns {Sniffed}
 */
function sniffJpeg(bytes) {
  const data = view(bytes);
  /** @type {Sniffed} */
  const found = { kind: 'jpeg', width: 0, height: 0, damage: 'the end is missing (no EOI marker)' };
  let at = 2;
  for (;;) {
    at = bytes.indexOf(0xff, at); // skips entropy-coded data
    if (at < 0 || at + 1 >= bytes.length) return found;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at += 1; // fill byte
    } else if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7) || marker === 0x01) {
      at += 2; // a stuffed 0xff, a restart or TEM: no length follows
    } else if (marker === 0xd9) {
      if (found.width === 0) found.damage = 'the frame header is missing';
      else found.damage = null;
      return found;
    } else {
      if (at + 4 > bytes.length) return found;
      if (isFrame(marker) && at + 9 <= bytes.length && found.width === 0) {
        found.height = data.getUint16(at + 5);
        found.width = data.getUint16(at + 7);
      }
      at += 2 + data.getUint16(at + 2);
    }
  }
}

/**
 * Whether a part of a lossy picture's data was lost and stands as zeros: WebP has no checksum, and decoders make grey or
 * smeared pixels of it. Of 2,500 photographs none held more than 52 zeros in a row; of black surrounds, which take next to
 * nothing, a picture of 9 megapixels held 525, one of 36 held 3,133.
 * @param {Uint8Array} bytes @param {number} pixels
 */
function hasHole(bytes, pixels) {
  const most = 512 + pixels / 8000;
  const data = view(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const end = Math.min(bytes.length, at + 8 + data.getUint32(at + 4, true));
    if (has(bytes, at, 'VP8 '))
      for (let i = at + 8, zeros = 0; i < end; i++) {
        zeros = bytes[i] === 0 ? zeros + 1 : 0;
        if (zeros > most) return true;
      }
    at = end + (end & 1);
  }
  return false;
}

/** @param {Uint8Array} bytes @returns {Sniffed} */
function sniffWebp(bytes) {
  const data = view(bytes);
  const complete = bytes.length >= 8 + data.getUint32(4, true);
  let width = 0;
  let height = 0;
  if (bytes.length >= 30) {
    if (has(bytes, 12, 'VP8X')) {
      width = 1 + (data.getUint32(24, true) & 0xffffff);
      height = 1 + (bytes[27] | (bytes[28] << 8) | (bytes[29] << 16));
    } else if (has(bytes, 12, 'VP8L')) {
      const bits = data.getUint32(21, true);
      width = 1 + (bits & 0x3fff);
      height = 1 + ((bits >>> 14) & 0x3fff);
    } else if (has(bytes, 12, 'VP8 ')) {
      width = data.getUint16(26, true) & 0x3fff;
      height = data.getUint16(28, true) & 0x3fff;
    }
  }
  /** @type {Sniffed} */
  const found = { kind: 'webp', width, height, damage: complete ? null : 'the end is missing' };
  if (complete && hasHole(bytes, width * height)) found.damage = 'a part of its data is lost and stands as zeros';
  if (has(bytes, 12, 'VP8X') && (bytes[20] & 2) !== 0) found.animated = true;
  return found;
}

/** @param {Uint8Array} bytes @returns {Sniffed} */
function sniffTiff(bytes) {
  const tiff = readTiffHeader(bytes);
  /** @type {Sniffed} */
  const found = { kind: 'tiff', width: tiff.width, height: tiff.height, damage: tiff.damage, tiff };
  if (tiff.refusal !== null) found.refusal = tiff.refusal;
  if (tiff.pages > 1) found.note = `a TIFF of ${tiff.pages} pages: only the first was read`;
  return found;
}
