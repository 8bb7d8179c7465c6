/** What every photograph passes before anything decodes it, and the hash by which its file is known. */

import { MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../constants.js';
import { VmnetError } from '../errors.js';

/**
 * @param {string} name
 * @param {number} width
 * @param {number} height
 * @param {number} maxMegapixels of the model, at most 40
 */
export function checkPixels(name, width, height, maxMegapixels) {
  const input = `${name}: ${width} x ${height} pixels`;
  const options = { facts: { width, height } };
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    throw new VmnetError(
      'too-large',
      `${input} are over the limit of ${MAX_SIDE} a side and ${MAX_PIXELS / 1e6} megapixels; scale it down`,
      options,
    );
  if (width * height > maxMegapixels * 1e6)
    throw new VmnetError(
      'too-large',
      `${input} are over this model's limit of ${maxMegapixels} megapixels; load() with a larger maxMegapixels or scale it down`,
      options,
    );
  if (width < MIN_SIDE || height < MIN_SIDE)
    throw new VmnetError(
      'too-small',
      `${input} are under the limit of ${MIN_SIDE} a side; give the original, not a thumbnail`,
      options,
    );
}

/** @param {string} name @param {number} bytes */
export function checkSize(name, bytes) {
  if (bytes > MAX_BYTES)
    throw new VmnetError(
      'too-large',
      `${name}: ${bytes} bytes are over the limit of ${MAX_BYTES / 2 ** 20} MiB; save it smaller`,
    );
  if (bytes === 0)
    throw new VmnetError('format', `${name}: the file is empty; give a JPEG, PNG, WebP, TIFF or DICOM file`, {
      facts: { why: 'empty' },
    });
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string | null>} hex; null where crypto.subtle is missing */
export async function sha256(bytes) {
  if (globalThis.crypto?.subtle === undefined) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
