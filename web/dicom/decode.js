/** A photograph out of a DICOM object. Runs in a Worker; fetched for the first object only, each codec for the first of its kind. */

import { messageOf, VmnetError } from '../errors.js';
import { checkPixels } from '../photo/checks.js';
import { pixelsOf as browserPixels, storedBitmapOf } from '../photo/decode.js';
import { sniff } from '../photo/sniff.js';
import { createJPEGBasicOffsetTable, readEncapsulatedImageFrame } from '../vendor/dicom-parser.js';
import { damaged, factsOf, readObject, refused } from './object.js';
import { from422, paletteOf, toRgba, unpackRle } from './pixels.js';

/** @import { DicomObject } from './object.js' */
/** @import { DicomFacts } from '../vmnet.js' */

const PIXELS = '(7FE0,0010)';

/** RGBA. @typedef {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number }} Pixels */
/**
 * @typedef {object} Which
 * @property {number} [frame] from 1
 * @property {boolean} [deidentify] whether patient and study are left out
 * @property {(file: Uint8Array<ArrayBuffer>) => Promise<Pixels>} [jpeg] decodes a JPEG in place of the browser
 */

/**
 * @param {string} name for error texts
 * @param {Uint8Array<ArrayBuffer>} bytes of the whole file
 * @param {number} maxMegapixels
 * @param {Which} [which]
 * @returns {Promise<{ image: ImageData, note: string | null, dicom: DicomFacts }>} in Node.js, the image's plain fields
 */
export async function decodeDicom(name, bytes, maxMegapixels, { frame = 1, deidentify = false, jpeg } = {}) {
  try {
    const object = await readObject(name, bytes);
    const { width, height, frames } = object;
    checkPixels(name, width, height, maxMegapixels);
    if (!(Number.isInteger(frame) && frame >= 1 && frame <= frames))
      throw new VmnetError(
        'argument',
        `${name}: frame ${frame} must be 1 to ${frames}, the number of frames (0028,0008)`,
      );
    const dicom = factsOf(object, frame, deidentify);
    const note = frames > 1 ? `a DICOM object of ${frames} photographs: only number ${frame} was read` : null;
    const data = await pixelsOf(name, object, frame - 1, jpeg);
    return { image: imageOf(data, width, height), note, dicom };
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    if (error instanceof RangeError && /alloc/i.test(error.message))
      throw new VmnetError(
        'memory',
        `${name}: no memory for its pixels (${messageOf(error)}); scale it down or close other tabs`,
      );
    throw damaged(name, PIXELS, `cannot be decoded (${messageOf(error)})`, error);
  }
}

/** @param {Uint8ClampedArray<ArrayBuffer>} data @param {number} width @param {number} height */
function imageOf(data, width, height) {
  if (globalThis.ImageData !== undefined) return new ImageData(data, width, height);
  return /** @type {ImageData} */ ({ data, width, height });
}

/** @param {string} name @param {DicomObject} object @param {number} frame from 0 @param {Which['jpeg']} decodeJpeg */
async function pixelsOf(name, object, frame, decodeJpeg) {
  const { width, height, samples, colours, coding } = object;
  const palette = colours === 'PALETTE COLOR' ? paletteOf(object.data) : null;
  if (colours === 'PALETTE COLOR' && palette === null)
    throw damaged(name, '(0028,1201)', 'to (0028,1203), the palette, are not whole');
  if (coding === 'raw') return raw(name, object, frame, palette);
  const coded = codedFrame(name, object, frame);
  if (coding === 'rle') {
    const planes = unpackRle(coded, width * height, samples);
    if (planes === null) throw damaged(name, PIXELS, 'its run lengths do not fill the picture');
    return toRgba(planes, { ...object, planar: true }, palette);
  }
  const head = headOf(coded);
  if (head === null || head.coding !== coding) throw damaged(name, PIXELS, `holds no ${coding} picture`);
  if (head.bits !== 8)
    throw refused(name, 'bits', `of ${head.bits} bits a sample in ${PIXELS}, and 8 are read here`, { bits: head.bits });
  if (head.width !== width || head.height !== height || head.samples !== samples)
    throw damaged(
      name,
      PIXELS,
      `holds ${head.width} x ${head.height} pixels of ${head.samples} samples, and (0028,0010) and (0028,0011) say ${width} x ${height} of ${samples}`,
    );
  if (coding === 'jpeg') return jpegOf(name, object, coded, decodeJpeg);
  const decoded = await DECODERS[coding](coded);
  if (decoded.samples.length < width * height * samples) throw damaged(name, PIXELS, 'ends before the picture does');
  return toRgba(decoded.samples, { ...object, planar: decoded.planar && samples > 1 }, palette);
}

/** @param {string} name @param {DicomObject} object @param {number} frame @param {Uint8Array[] | null} palette */
function raw(name, object, frame, palette) {
  const { data, pixels, width, height, samples, colours } = object;
  const halved = colours === 'YBR_FULL_422';
  const size = halved ? Math.ceil((width * height) / 2) * 4 : width * height * samples;
  const start = pixels.dataOffset + frame * size;
  if (pixels.encapsulatedPixelData) throw damaged(name, PIXELS, 'is in fragments, and its transfer syntax has none');
  if (pixels.length < (frame + 1) * size || start + size > data.byteArray.length)
    throw damaged(name, PIXELS, `holds ${pixels.length} bytes, and its frames need ${object.frames * size}`);
  const bytes = data.byteArray.subarray(start, start + size);
  return halved ? from422(bytes, width * height) : toRgba(bytes, object, palette);
}

/** The frame's own bytes. @param {string} name @param {DicomObject} object @param {number} frame */
function codedFrame(name, { data, pixels, frames, coding }, frame) {
  const { fragments, basicOffsetTable = [] } = pixels;
  if (!pixels.encapsulatedPixelData || fragments === undefined || fragments.length === 0)
    throw damaged(name, PIXELS, 'is not in fragments, as its transfer syntax has it');
  const bytes = (/** @type {{ position: number, length: number }} */ { position, length }) =>
    data.byteArray.slice(position, position + length);
  if (fragments.length === frames) return bytes(fragments[frame]);
  if (frames === 1) return joined(fragments.map(bytes));
  if (basicOffsetTable.length === frames) return readEncapsulatedImageFrame(data, pixels, frame);
  if (coding === 'jpeg' || coding === 'jpeg-lossless')
    return readEncapsulatedImageFrame(data, pixels, frame, createJPEGBasicOffsetTable(data, pixels));
  throw damaged(name, PIXELS, `has ${fragments.length} fragments for ${frames} frames, and no table that says which`);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * What the picture's own header says, before a codec makes room for it.
 * @param {Uint8Array} bytes of a JPEG, JPEG-LS or JPEG 2000 picture
 * @returns {{ width: number, height: number, samples: number, bits: number, coding: string } | null}
 */
export function headOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 60 && view.getUint16(0) === 0xff4f && view.getUint16(2) === 0xff51)
    return {
      width: view.getUint32(8) - view.getUint32(16),
      height: view.getUint32(12) - view.getUint32(20),
      samples: view.getUint16(40),
      bits: (bytes[42] & 127) + 1,
      coding: 'jpeg-2000',
    };
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    const frame = (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7;
    if (frame)
      return {
        bits: bytes[at + 4],
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        samples: bytes[at + 9],
        coding: { [0xc3]: 'jpeg-lossless', [0xf7]: 'jpeg-ls' }[marker] ?? 'jpeg',
      };
    if (marker === 0xda) return null;
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {string} name @param {DicomObject} object @param {Uint8Array<ArrayBuffer>} coded @param {Which['jpeg']} decodeJpeg */
async function jpegOf(name, { colours, width, height }, coded, decodeJpeg) {
  const found = sniff(coded);
  if (found.damage !== null) throw damaged(name, PIXELS, `holds a JPEG, but ${found.damage}`);
  const bytes = colours === 'RGB' ? markedRgb(coded) : coded;
  if (decodeJpeg !== undefined) {
    const pixels = Object(await decodeJpeg(bytes));
    if (pixels.width !== width || pixels.height !== height || pixels.data?.length !== 4 * width * height)
      throw new VmnetError(
        'argument',
        `${name}: jpeg() gave ${pixels.data?.length ?? 'no'} bytes for ${pixels.width} x ${pixels.height} and not four a pixel for ${width} x ${height}; let it neither scale nor turn`,
      );
    return new Uint8ClampedArray(pixels.data);
  }
  if (globalThis.createImageBitmap === undefined)
    throw new VmnetError('unsupported', `${name}: there is no decoder for the JPEG in it here; give one as jpeg`);
  // EXIF inside does not count: the object says how it lies. Its block is not shown to the browser.
  const { bitmap } = await storedBitmapOf(name, new Blob([bytes]), bytes, 'jpeg');
  return browserPixels(name, { bitmap, orientation: 1 }, (width * height) / 1e6).data;
}

/** An Adobe marker that says no YCbCr: JPEG itself does not tell. @param {Uint8Array<ArrayBuffer>} jpeg */
function markedRgb(jpeg) {
  const marker = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0];
  return joined([jpeg.subarray(0, 2), Uint8Array.from(marker), jpeg.subarray(2)]);
}

/** @typedef {{ samples: Uint8Array, planar: boolean }} Decoded */

/** @type {Record<'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000', (coded: Uint8Array<ArrayBuffer>) => Promise<Decoded>>} */
const DECODERS = {
  'jpeg-lossless': async (coded) => {
    const { Decoder } = await part(() => import('../vendor/jpeg-lossless.js'));
    return {
      samples: new Uint8Array(new Decoder().decode(coded.buffer, coded.byteOffset, coded.length, 1)),
      planar: false,
    };
  },
  'jpeg-ls': async (coded) => {
    const { charls } = await part(() => import('../vendor/charls.js'));
    const decoder = new (await charls()).JpegLSDecoder();
    return taken(decoder, coded, () => decoder.getInterleaveMode() === 0);
  },
  'jpeg-2000': async (coded) => {
    const { openjpeg } = await part(() => import('../vendor/openjpeg.js'));
    return taken(new (await openjpeg()).J2KDecoder(), coded, () => false);
  },
};

/**
 * @param {{ getEncodedBuffer(length: number): Uint8Array, decode(): void, getDecodedBuffer(): Uint8Array, delete(): void }} decoder
 * @param {Uint8Array} coded @param {() => boolean} isPlanar
 * @returns {Decoded} a copy, out of the codec's memory
 */
function taken(decoder, coded, isPlanar) {
  try {
    decoder.getEncodedBuffer(coded.length).set(coded);
    decoder.decode();
    return { samples: decoder.getDecodedBuffer().slice(), planar: isPlanar() };
  } finally {
    decoder.delete();
  }
}

/** @template T @param {() => Promise<T>} get @returns {Promise<T>} */
async function part(get) {
  try {
    return await get();
  } catch (error) {
    throw new VmnetError(
      'network',
      `DICOM: a part that reads it could not be loaded (${messageOf(error)}); look at the connection and try again`,
      { cause: error },
    );
  }
}
