/**
 * Decodes the photograph in a TIFF file, upright, 8 bits a colour. geotiff.js puts strips and tiles together and reads
 * JPEG; the other compressions are read here, because a few kilobytes may claim to be gigabytes. Runs in a Worker.
 */

import { messageOf, VmnetError } from '../errors.js';
import { addDecoder, fromArrayBuffer } from '../vendor/tiff.js';
import { sniff } from './sniff.js';
import { COLOURS, COMPRESSION } from './tiff-header.js';

/** @import { TiffHeader } from './tiff-header.js' */

/** ExtraSamples: transparency that the colours are not multiplied by. */
const BESIDE = 2;
/** Rows that are decoded at a time, so that a large photograph does not lie in memory twice. */
const ROWS = 256;
/** The JPEG decoder needs some 17 bytes a pixel. */
const MAX_JPEG_PIXELS = 16_000_000;

/**
 * geotiff.js asks for a decoder by directory. And it gets the list of blocks from us: version 3.0.5 takes long lists for
 * little-endian, whatever the file is (its issue 535).
 * @type {WeakMap<object, TiffHeader>}
 */
const headers = new WeakMap();

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes of the whole file
 * @param {TiffHeader} header with neither refusal nor damage
 * @returns {Promise<{ data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number }>} RGBA
 */
export async function decodeTiff(name, bytes, header) {
  if (header.compression === COMPRESSION.jpeg) checkJpegs(name, bytes, header);
  try {
    const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    const image = await (await fromArrayBuffer(whole)).getImage(header.page);
    headers.set(image.fileDirectory, header);
    image.fileDirectory.loadValueIndexed = async (tag, index) => {
      const { at, length } = header.blocks[index];
      return tag.endsWith('Offsets') ? at : length;
    };
    return await upright(image, header);
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    if (error instanceof RangeError && /alloc/i.test(error.message))
      throw new VmnetError(
        'memory',
        `${name}: no memory for ${header.width} x ${header.height} pixels (${messageOf(error)}); scale it down or close other tabs`,
      );
    throw new VmnetError(
      'damaged',
      `${name}: a TIFF file of ${bytes.length} bytes that cannot be decoded (${messageOf(error)}); copy or export it again`,
      { cause: error },
    );
  }
}

// ---- pixels ----

/** @param {import('../vendor/tiff.js').Image} image @param {TiffHeader} header */
async function upright(image, header) {
  const { width, height, block } = header;
  const withAlpha = header.colours === COLOURS.rgb && header.samples > 3 && (header.alpha === 1 || header.alpha === 2);
  const colourful = header.colours === COLOURS.rgb || header.colours === COLOURS.ycbcr;
  const samples = withAlpha ? [0, 1, 2, 3] : colourful ? [0, 1, 2] : [0];
  const write = writer(header, withAlpha);
  const turned = header.orientation > 4;
  const out = new Uint8ClampedArray(width * height * 4).fill(255);
  const place = placing(header);
  // Whole blocks, or each would be decoded once for every band that it touches.
  const rows = block.height * Math.max(1, Math.floor(ROWS / block.height));
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(height, top + rows);
    const band = await image.readRasters({ window: [0, top, width, bottom], samples, interleave: true });
    let from = 0;
    for (let y = top; y < bottom; y++)
      for (let x = 0, to = place.start + y * place.down; x < width; x++, to += place.right, from += samples.length)
        write(out, 4 * to, band, from);
  }
  return { data: out, width: turned ? height : width, height: turned ? width : height };
}

/**
 * Where a stored pixel goes, counted in pixels: start + y * down + x * right.
 * @param {TiffHeader} header
 */
function placing({ orientation, width: w, height: h }) {
  switch (orientation) {
    case 2:
      return { start: w - 1, right: -1, down: w };
    case 3:
      return { start: w * h - 1, right: -1, down: -w };
    case 4:
      return { start: w * (h - 1), right: 1, down: -w };
    case 5:
      return { start: 0, right: h, down: 1 };
    case 6:
      return { start: h - 1, right: h, down: -1 };
    case 7:
      return { start: w * h - 1, right: -h, down: -1 };
    case 8:
      return { start: h * (w - 1), right: -h, down: 1 };
    default:
      return { start: 0, right: 1, down: w };
  }
}

/**
 * @typedef {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>} Samples
 * @typedef {(out: Uint8ClampedArray, to: number, band: Samples, from: number) => void} Write one pixel; `out` rounds
 */

/** What is transparent stands on black. @param {TiffHeader} header @param {boolean} withAlpha @returns {Write} */
function writer({ colours, bits, palette, alpha }, withAlpha) {
  const most = 2 ** bits - 1;
  const scale = 255 / most;
  if (colours === COLOURS.palette) {
    const entries = palette.length / 3;
    const shift = palette.some((value) => value > 255) ? 8 : 0; // some writers fill in bytes
    return (out, to, band, from) => {
      const entry = band[from];
      for (let i = 0; i < 3; i++) out[to + i] = palette[i * entries + entry] >> shift;
    };
  }
  if (colours === COLOURS.ycbcr)
    return (out, to, band, from) => {
      const y = band[from];
      const cb = band[from + 1] - 128;
      const cr = band[from + 2] - 128;
      out[to] = y + 1.402 * cr;
      out[to + 1] = y - 0.344136 * cb - 0.714136 * cr;
      out[to + 2] = y + 1.772 * cb;
    };
  if (colours === COLOURS.rgb)
    return (out, to, band, from) => {
      // Where it is multiplied into the colours already, only what is not there at all has to be made black.
      const seen = !withAlpha ? 1 : alpha === BESIDE ? band[from + 3] / most : Math.min(band[from + 3], 1);
      for (let i = 0; i < 3; i++) out[to + i] = band[from + i] * scale * seen;
    };
  const light = colours === COLOURS.whiteIsZero ? -scale : scale;
  const dark = colours === COLOURS.whiteIsZero ? 255 : 0;
  return (out, to, band, from) => {
    out[to] = out[to + 1] = out[to + 2] = dark + light * band[from];
  };
}

// ---- blocks: strips and tiles ----

/**
 * A JPEG's own header decides what its decoder allocates.
 * @param {string} name @param {Uint8Array} bytes @param {TiffHeader} header
 */
function checkJpegs(name, bytes, { block, height, blocks }) {
  if (block.width * block.height > MAX_JPEG_PIXELS)
    throw new VmnetError(
      'format',
      `${name}: a TIFF that holds one JPEG picture of over ${MAX_JPEG_PIXELS / 1e6} megapixels; save it as JPEG or PNG`,
    );
  for (const [i, { at, length }] of blocks.entries()) {
    const found = sniff(bytes.subarray(at, at + length));
    const fits = found.width === block.width && found.height <= block.height && found.height > 0;
    if (found.kind !== 'jpeg' || !fits || (found.height < block.height && found.height < height % block.height))
      throw new VmnetError(
        'damaged',
        `${name}: a TIFF file of ${bytes.length} bytes, but part ${i + 1} of ${blocks.length} is not the JPEG picture that it should be; copy or export it again`,
      );
  }
}

class Block {
  /** @param {TiffHeader} header */
  constructor(header) {
    this.header = header;
    const { block, samples, bits, planar } = header;
    this.samples = planar ? 1 : samples;
    this.rowBytes = Math.ceil((block.width * this.samples * bits) / 8);
    /** A whole block's; the last strip may hold less. */
    this.mostBytes = this.rowBytes * block.height;
  }

  /** @param {ArrayBuffer} packed @returns {Promise<ArrayBuffer>} */
  async decode(packed) {
    const { compression, predicted } = this.header;
    const bytes = await unpack(compression, new Uint8Array(packed), this.mostBytes);
    // As libtiff does: the predictor counts for these only.
    const dictionary = compression !== COMPRESSION.none && compression !== COMPRESSION.packBits;
    if (predicted && dictionary) this.#sumUp(bytes);
    return bytes.buffer;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes of rows that hold differences */
  #sumUp(bytes) {
    const { bits, littleEndian } = this.header;
    const { samples, rowBytes } = this;
    for (let row = 0; row + rowBytes <= bytes.length; row += rowBytes)
      if (bits === 8) {
        for (let i = row + samples; i < row + rowBytes; i++) bytes[i] += bytes[i - samples];
      } else {
        const words = new DataView(bytes.buffer, row, rowBytes);
        for (let i = 2 * samples; i < rowBytes; i += 2)
          words.setUint16(
            i,
            words.getUint16(i, littleEndian) + words.getUint16(i - 2 * samples, littleEndian),
            littleEndian,
          );
      }
  }
}

addDecoder(
  [COMPRESSION.none, COMPRESSION.lzw, COMPRESSION.deflate, COMPRESSION.oldDeflate, COMPRESSION.packBits],
  async () => Block,
  async (directory) => /** @type {TiffHeader} */ (headers.get(directory)),
);

/** @param {number} compression @param {Uint8Array<ArrayBuffer>} packed @param {number} most bytes @returns {Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>} */
function unpack(compression, packed, most) {
  switch (compression) {
    case COMPRESSION.lzw:
      return unpackLzw(packed, most);
    case COMPRESSION.packBits:
      return unpackBits(packed, most);
    case COMPRESSION.none:
      return packed;
    default:
      return inflate(packed, most);
  }
}

/** @param {Uint8Array<ArrayBuffer>} packed @param {number} most bytes; what comes after them is left alone */
async function inflate(packed, most) {
  const out = new Uint8Array(most);
  let filled = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  while (filled < most) {
    const { done, value } = await reader.read();
    if (done) break;
    const piece = value.subarray(0, most - filled);
    out.set(piece, filled);
    filled += piece.length;
  }
  await reader.cancel().catch(() => {});
  return out.slice(0, filled);
}

/** @param {Uint8Array} packed @param {number} most bytes */
function unpackBits(packed, most) {
  const out = new Uint8Array(most);
  let filled = 0;
  for (let at = 0; at + 1 < packed.length && filled < most; ) {
    const head = packed[at];
    if (head < 128) {
      const piece = packed.subarray(at + 1, Math.min(at + 2 + head, at + 1 + most - filled));
      out.set(piece, filled);
      filled += piece.length;
      at += 2 + head;
    } else if (head === 128) {
      at += 1; // does nothing
    } else {
      out.fill(packed[at + 1], filled, filled + 257 - head);
      filled = Math.min(most, filled + 257 - head);
      at += 2;
    }
  }
  return out.slice(0, filled);
}

const LZW = { clear: 256, end: 257, first: 258, size: 4096 };

/** Codes of 9 to 12 bits, high bit first, wider one code early. @param {Uint8Array} packed @param {number} most bytes */
function unpackLzw(packed, most) {
  if (packed[0] === 0 && (packed[1] & 1) === 1) throw new Error('LZW of before 1988');
  const out = new Uint8Array(most);
  // A code stands for a run of bytes that was written before.
  const starts = new Uint32Array(LZW.size);
  const lengths = new Uint32Array(LZW.size);
  let filled = 0;
  let next = LZW.first;
  let width = 9;
  let before = -1; // where the run of the code before began; -1 after a clear
  let bits = 0;
  let have = 0;
  for (let at = 0; filled < most; ) {
    for (; have < width && at < packed.length; have += 8) bits = ((bits & 0xffff) << 8) | packed[at++];
    if (have < width) break; // some writers leave the end out; a block that is too short is noticed later
    have -= width;
    const code = (bits >>> have) & ((1 << width) - 1);
    if (code === LZW.end) break;
    if (code === LZW.clear) {
      next = LZW.first;
      width = 9;
      before = -1;
      continue;
    }
    const start = filled;
    if (before >= 0 && next < LZW.size) {
      starts[next] = before;
      lengths[next] = start - before + 1; // its last byte is the first of this run
      next += 1;
    }
    if (code < LZW.clear) out[filled++] = code;
    else if (code >= next) throw new Error(`LZW code ${code} of ${next}`);
    else for (let i = 0; i < lengths[code] && filled < most; i++) out[filled++] = out[starts[code] + i];
    before = start;
    if (next + 1 >= 1 << width && width < 12) width += 1;
  }
  return out.slice(0, filled);
}
