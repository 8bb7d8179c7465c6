/** A photograph on its way in: limits first, then the browser's own decoder. Runs in the Worker. */

import { messageOf, VmnetError } from '../errors.js';
import { MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../limits.js';
import { orientationOf, turning, withoutExif } from './orientation.js';
import { checkPng } from './png.js';
import { sniff } from './sniff.js';

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

/**
 * Refuses what cannot be a photograph within the limits, without decoding it. What is of no kind that is known here (kind
 * null), and what is changed inside a JPEG or PNG, the module says in the Worker: Engine.inspect.
 * @param {string} name
 * @param {Uint8Array} bytes
 * @param {number} maxMegapixels
 * @returns {import('./sniff.js').Sniffed}
 */
export function checkBytes(name, bytes, maxMegapixels) {
  checkSize(name, bytes.length);
  const found = sniff(bytes);
  if (found.width > 0 && found.height > 0) checkPixels(name, found.width, found.height, maxMegapixels);
  if (found.refusal !== undefined)
    throw new VmnetError(
      'format',
      `${name}: a ${found.kind?.toUpperCase()} file, but ${found.refusal}, which cannot be read here; save it as JPEG, PNG or plain TIFF`,
    );
  if (found.damage !== null)
    throw new VmnetError(
      'damaged',
      `${name}: a ${found.kind?.toUpperCase()} file of ${bytes.length} bytes, but ${found.damage}; copy or export it again`,
    );
  return found;
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

/**
 * The pixels as stored in the file, upright as EXIF says, without colour management: what the network was trained on.
 * `note` says what else the file holds and was not read; `dicom` what a DICOM object says of itself.
 * @param {string} name
 * @param {Blob} blob
 * @param {Uint8Array<ArrayBuffer>} bytes the blob's
 * @param {number} maxMegapixels
 * @param {import('../dicom/decode.js').Which} [which] of a DICOM object
 * @returns {Promise<{ image: ImageData, note: string | null, dicom?: import('../vmnet.js').DicomFacts }>}
 */
export async function decode(name, blob, bytes, maxMegapixels, which) {
  const found = checkBytes(name, bytes, maxMegapixels);
  const { tiff, note = null } = found;
  if (found.kind === 'dicom') {
    const { decodeDicom } = await lazily(name, 'DICOM', () => import('../dicom/decode.js'));
    return decodeDicom(name, bytes, maxMegapixels, which);
  }
  if (tiff !== undefined) {
    const { decodeTiff } = await lazily(name, 'TIFF', () => import('./tiff.js'));
    const { data, width, height } = await decodeTiff(name, bytes, tiff);
    return { image: new ImageData(data, width, height), note };
  }
  if (found.kind === 'png') await checkPng(name, bytes);
  return { image: pixelsOf(name, await storedBitmapOf(name, blob, bytes, found.kind), maxMegapixels), note };
}

/** As in the file. @type {ImageBitmapOptions} */
const AS_STORED = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * Pixels as they are stored, and how they have to be turned. The caller closes the bitmap.
 * @typedef {{ bitmap: ImageBitmap, orientation: number }} Stored
 */

/**
 * The browser's own decoder, which is not shown the EXIF blocks.
 * @param {string} name @param {Blob} blob @param {Uint8Array<ArrayBuffer>} bytes the blob's
 * @param {import('./sniff.js').Sniffed['kind']} kind
 * @returns {Promise<Stored>}
 */
export async function storedBitmapOf(name, blob, bytes, kind) {
  try {
    const bitmap = await createImageBitmap(withoutExif(bytes, kind) ?? blob, AS_STORED);
    return { bitmap, orientation: orientationOf(bytes, kind) };
  } catch (error) {
    throw new VmnetError(
      'damaged',
      `${name}: this browser cannot decode it (${messageOf(error)}); copy or export it again`,
      {
        cause: error,
      },
    );
  }
}

/** @param {string} input @param {Blob} blob */
export async function bytesOf(input, blob) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    throw new VmnetError(
      'damaged',
      `${input}: its ${blob.size} bytes cannot be read (${messageOf(error)}); choose it again`,
    );
  }
}

/**
 * Fetched for the first file of its kind only.
 * @template T
 * @param {string} name @param {string} kind @param {() => Promise<T>} get
 */
async function lazily(name, kind, get) {
  try {
    return await get();
  } catch (error) {
    throw new VmnetError(
      'network',
      `${name}: the part that reads ${kind} could not be loaded (${messageOf(error)}); look at the connection and try again, or save it as JPEG or PNG`,
      { cause: error },
    );
  }
}

/** Upright. @param {Stored} stored @returns {{ width: number, height: number }} */
export function sizeOf({ bitmap: { width, height }, orientation }) {
  return orientation > 4 ? { width: height, height: width } : { width, height };
}

/** Draws it upright, pixel by pixel. @param {Stored} stored @param {CanvasRenderingContext2DSettings} settings */
export function draw({ bitmap, orientation }, settings) {
  const { width, height } = sizeOf({ bitmap, orientation });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', settings);
  if (context === null) throw new Error('no 2d canvas');
  context.imageSmoothingEnabled = false;
  context.setTransform(...turning(orientation, bitmap.width, bitmap.height));
  context.drawImage(bitmap, 0, 0);
  return { canvas, context };
}

/**
 * Reads a bitmap back, upright, and closes it. Transparent pixels keep their alpha: the module puts them on black.
 * @param {string} name @param {Stored} stored @param {number} maxMegapixels
 * @returns {ImageData}
 */
export function pixelsOf(name, stored, maxMegapixels) {
  const { width, height } = sizeOf(stored);
  try {
    checkPixels(name, width, height, maxMegapixels);
    const { context } = draw(stored, { willReadFrequently: true });
    return context.getImageData(0, 0, width, height);
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    throw new VmnetError(
      'memory',
      `${name}: no memory for ${width} x ${height} pixels (${messageOf(error)}); scale it down or close other tabs`,
      { cause: error },
    );
  } finally {
    stored.bitmap.close();
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string | null>} hex; null where crypto.subtle is missing */
export async function sha256(bytes) {
  if (globalThis.crypto?.subtle === undefined) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
