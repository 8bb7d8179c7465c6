/** A photograph on its way into the module's memory. Runs in the Worker. */

import { checkPixels, checkSize, sha256 } from './checks.js';
import { bytesOf, open, pixelsOf, sizeOf } from './decode.js';

/**
 * @import { Engine, Room } from '../engine.js'
 * @import { Source } from '../worker.js'
 * @import { Stored } from './decode.js'
 */

/**
 * What Engine.screen() takes, and what is known of the file. `image`: the pixels once more, where they passed through one.
 * @typedef {{ pixels: Room | Uint8ClampedArray, width: number, height: number, image: ImageData | null, note: string | null,
 *   dicom: import('../vmnet.js').DicomFacts | null, imageSha256: string | null }} Read
 */

/**
 * Decoded, checked and hashed at the same time, as far as the browser does these beside each other.
 * @param {Engine} engine
 * @param {{ source: Source, input: string, which?: import('../dicom/decode.js').Which, pictureSide?: number }} request
 *   pictureSide: the caller needs `image`
 * @param {number} maxMegapixels
 * @returns {Promise<Read>}
 */
export async function readPhotograph(engine, { source, input, which, pictureSide }, maxMegapixels) {
  const { stored, image, note, dicom, hash } = await opened(engine, source, input, which, maxMegapixels);
  let bare = null;
  try {
    if (stored !== null && pictureSide === undefined) bare = await placed(engine, stored, input, maxMegapixels);
    const facts = { note, dicom, imageSha256: await hash };
    if (bare !== null) return { ...bare, ...facts, image: null };
    const drawn = image ?? pixelsOf(input, /** @type {Stored} */ (stored), maxMegapixels);
    return { pixels: drawn.data, width: drawn.width, height: drawn.height, image: drawn, ...facts };
  } catch (error) {
    if (bare !== null) engine.release(bare.pixels);
    stored?.bitmap.close();
    throw error;
  }
}

/**
 * @param {Engine} engine @param {Source} source @param {string} input @param {import('../dicom/decode.js').Which | undefined} which
 * @param {number} maxMegapixels
 */
async function opened(engine, source, input, which, maxMegapixels) {
  const nothing = { stored: null, image: null, note: null, dicom: null, hash: null };
  if (source.kind === 'pixels') return { ...nothing, image: source.image };
  if (source.kind === 'bitmap') {
    if (source.bytes !== null) engine.inspect(source.bytes, input);
    const { bitmap, orientation, note, sha256: hash } = source;
    return { ...nothing, stored: { bitmap, orientation }, note, hash };
  }
  checkSize(input, source.blob.size);
  const bytes = await bytesOf(input, source.blob);
  const hash = sha256(bytes);
  hash.catch(() => {});
  const found = await open(input, source.blob, bytes, maxMegapixels, which, () => engine.inspect(bytes, input));
  return { ...nothing, ...found, dicom: found.dicom ?? null, hash };
}

/** Formats without transparency: whether blue comes first. @type {Record<string, boolean>} */
const OPAQUE = { RGBX: false, BGRX: true };

/**
 * The pixels of an opaque bitmap that stands upright, copied once, straight into the module: through a canvas they are copied
 * three times, and 12 megapixels are 48 MB. null: not here, and the bitmap is as it was; else it is closed.
 * @param {Engine} engine @param {Stored} stored @param {string} input @param {number} maxMegapixels
 * @returns {Promise<{ pixels: Room, width: number, height: number } | null>}
 */
async function placed(engine, stored, input, maxMegapixels) {
  if (stored.orientation !== 1 || typeof VideoFrame !== 'function') return null;
  const { width, height } = sizeOf(stored);
  checkPixels(input, width, height, maxMegapixels);
  const frame = frameOf(stored.bitmap);
  if (frame === null) return null;
  try {
    const pixels = engine.room(width, height, input);
    if (!(await copied(frame, pixels, 4 * width))) {
      engine.release(pixels);
      return null;
    }
    engine.settle(pixels, OPAQUE[String(frame.format)]);
    stored.bitmap.close();
    return { pixels, width, height };
  } finally {
    frame.close();
  }
}

/**
 * Whether the frame's pixels are in the room now, row after row. The module may be asked for something else meanwhile: had its
 * memory grown then, the view would be empty and the copy lost.
 * @param {VideoFrame} frame @param {Room} room @param {number} row bytes
 */
async function copied(frame, { bytes, size }, row) {
  try {
    const [{ offset, stride }] = await frame.copyTo(bytes);
    return offset === 0 && stride === row && bytes.length === size;
  } catch {
    return false;
  }
}

/** @param {ImageBitmap} bitmap */
function frameOf(bitmap) {
  try {
    const frame = new VideoFrame(bitmap, { timestamp: 0 });
    const { format, displayWidth, displayHeight } = frame;
    const whole = displayWidth === bitmap.width && displayHeight === bitmap.height;
    if (whole && Object.hasOwn(OPAQUE, String(format)) && frame.allocationSize() === 4 * bitmap.width * bitmap.height)
      return frame;
    frame.close();
  } catch {
    // of a kind that no frame is made of
  }
  return null;
}
