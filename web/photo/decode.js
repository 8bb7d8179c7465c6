/** A photograph on its way in: limits first, then the browser's own decoder. Runs in the Worker. */

import { messageOf, VmnetError } from '../errors.js';
import { checkPixels, checkSize } from './checks.js';
import { orientationOf, turning, withoutExif } from './orientation.js';
import { checkPng, decodePng, isPlain } from './png.js';
import { sniff } from './sniff.js';

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

/**
 * What was decoded: pixels, or a bitmap of the browser's that they are still to be read from. `note` says what else the file
 * holds and was not read; `dicom` what a DICOM object says of itself.
 * @typedef {{ image: ImageData | null, stored: Stored | null, note: string | null, dicom?: import('../vmnet.js').DicomFacts }} Opened
 */

/**
 * The pixels as stored in the file, upright as EXIF says, without colour management: what the network was trained on.
 * @param {string} name
 * @param {Blob} blob
 * @param {Uint8Array<ArrayBuffer>} bytes the blob's
 * @param {number} maxMegapixels
 * @param {import('../dicom/decode.js').Which} [which] of a DICOM object
 * @returns {Promise<{ image: ImageData } & Opened>}
 */
export async function decode(name, blob, bytes, maxMegapixels, which) {
  const opened = await open(name, blob, bytes, maxMegapixels, which);
  const { image, stored } = opened;
  if (stored === null) return { ...opened, image: /** @type {ImageData} */ (image) };
  return { ...opened, stored: null, image: pixelsOf(name, stored, maxMegapixels) };
}

/**
 * Up to the pixels, which may still be the browser's.
 * @param {string} name
 * @param {Blob} blob
 * @param {Uint8Array<ArrayBuffer>} bytes the blob's
 * @param {number} maxMegapixels
 * @param {import('../dicom/decode.js').Which} [which] of a DICOM object
 * @param {() => void} [inspect] looks the file through and throws; the browser decodes a JPEG meanwhile
 * @returns {Promise<Opened>}
 */
export async function open(name, blob, bytes, maxMegapixels, which, inspect = () => {}) {
  const jpeg = sniff(bytes).kind === 'jpeg';
  if (!jpeg) inspect();
  /** @type {import('./sniff.js').Sniffed} */
  let found;
  try {
    found = checkBytes(name, bytes, maxMegapixels);
  } catch (error) {
    if (jpeg) inspect(); // what it says of the file comes first
    throw error;
  }
  const { tiff, note = null } = found;
  if (found.kind === 'dicom') {
    const { decodeDicom } = await lazily(name, 'DICOM', () => import('../dicom/decode.js'));
    return { stored: null, ...(await decodeDicom(name, bytes, maxMegapixels, which)) };
  }
  if (tiff !== undefined) {
    const { decodeTiff } = await lazily(name, 'TIFF', () => import('./tiff.js'));
    const { data, width, height } = await decodeTiff(name, bytes, tiff);
    return { image: new ImageData(data, width, height), stored: null, note };
  }
  if (found.kind === 'png' && !isPlain(bytes) && orientationOf(bytes, 'png') === 1)
    return { image: await pngImage(name, bytes), stored: null, note };
  if (found.kind === 'png') await checkPng(name, bytes);
  const decoding = storedBitmapOf(name, blob, bytes, found.kind);
  try {
    if (jpeg) inspect();
  } catch (error) {
    decoding.then(({ bitmap }) => bitmap.close()).catch(() => {});
    throw error;
  }
  return { image: null, stored: await decoding, note };
}

/** As in the file. @type {ImageBitmapOptions} */
const AS_STORED = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * Pixels as they are stored, and how they have to be turned. The caller closes the bitmap.
 * @typedef {{ bitmap: ImageBitmap, orientation: number }} Stored
 */

/**
 * By the browser's own decoder, which is not shown the EXIF blocks; by ours a PNG on which browsers differ.
 * @param {string} name @param {Blob} blob @param {Uint8Array<ArrayBuffer>} bytes the blob's
 * @param {import('./sniff.js').Sniffed['kind']} kind
 * @param {{ width: number, height: number }} [size] of the upright picture; without it, its own pixels
 * @returns {Promise<Stored>}
 */
export async function storedBitmapOf(name, blob, bytes, kind, size) {
  try {
    const orientation = orientationOf(bytes, kind);
    const how = { ...AS_STORED, ...(size && resizing(size, orientation)) };
    const own = kind === 'png' && !isPlain(bytes) ? await pngImage(name, bytes) : null;
    return { bitmap: await createImageBitmap(own ?? withoutExif(bytes, kind) ?? blob, how), orientation };
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    throw new VmnetError(
      'damaged',
      `${name}: this browser cannot decode it (${messageOf(error)}); copy or export it again`,
      {
        cause: error,
      },
    );
  }
}

/** Not turned. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
async function pngImage(name, bytes) {
  const { data, width, height } = await decodePng(name, bytes);
  return new ImageData(data, width, height);
}

/** @param {{ width: number, height: number }} size upright @param {number} orientation @returns {ImageBitmapOptions} */
function resizing({ width, height }, orientation) {
  const [resizeWidth, resizeHeight] = orientation > 4 ? [height, width] : [width, height];
  return { resizeWidth, resizeHeight, resizeQuality: 'medium' };
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
