/** Photographs that are decoded before it is their turn, by the page's side while the Worker is busy with another. */

import { messageOf, VmnetError } from '../errors.js';
import { checkPixels, checkSize, sha256 } from './checks.js';

/** @import { DecodedPhotograph as Public } from '../vmnet.js' */

/** Documented in vmnet.d.ts. @implements {Public} */
export class DecodedPhotograph {
  /** @type {import('../worker.js').Source | null} */
  #source;
  name;
  width;
  height;

  /** @param {string | null} name @param {number} width @param {number} height @param {import('../worker.js').Source} source */
  constructor(name, width, height, source) {
    this.name = name;
    this.width = width;
    this.height = height;
    this.#source = source;
  }

  /** What goes to the Worker, once. @param {string} input for the error text */
  take(input) {
    const source = this.#source;
    if (source === null)
      throw new VmnetError('argument', `${input}: it was screened or closed already; decode() it again`);
    this.#source = null;
    return source;
  }

  close() {
    if (this.#source?.kind === 'bitmap') this.#source.bitmap.close();
    this.#source = null;
  }
}

/** Which no page needs before its first photograph. @param {string} input */
function parts(input) {
  return Promise.all([import('./decode.js'), import('./png.js')]).catch((error) => {
    throw new VmnetError(
      'network',
      `${input}: the part that decodes it could not be loaded (${messageOf(error)}); look at the connection and try again`,
      { cause: error },
    );
  });
}

/**
 * A TIFF or DICOM object is only checked: its decoder runs in the Worker. So does what names the kinds that cannot be read.
 * @param {string | null} name
 * @param {string} input for error texts
 * @param {Blob} blob
 * @param {number} maxMegapixels
 */
export async function decodeAhead(name, input, blob, maxMegapixels) {
  const [decoder, { checkPng }] = await parts(input);
  const { bytesOf, checkBytes, sizeOf, storedBitmapOf } = decoder;
  checkSize(input, blob.size);
  const bytes = await bytesOf(input, blob);
  const { kind, note = null, width, height } = checkBytes(input, bytes, maxMegapixels);
  if (kind === 'tiff' || kind === 'dicom' || kind === null)
    return new DecodedPhotograph(name, width, height, { kind: 'blob', blob });
  if (kind === 'png') await checkPng(input, bytes);
  const [stored, hash] = await Promise.all([storedBitmapOf(input, blob, bytes, kind), sha256(bytes)]);
  const upright = sizeOf(stored);
  try {
    checkPixels(input, upright.width, upright.height, maxMegapixels);
  } catch (error) {
    stored.bitmap.close();
    throw error;
  }
  const source = { kind: /** @type {const} */ ('bitmap'), ...stored, bytes, sha256: hash, note };
  return new DecodedPhotograph(name, upright.width, upright.height, source);
}
