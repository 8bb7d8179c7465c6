/** A DICOM object as a photograph: what it is, whether it can be read here, and what it says of itself. No pixels yet. */

import { MAX_BYTES } from '../constants.js';
import { messageOf, VmnetError } from '../errors.js';
import { parseDicom, readPart10Header } from '../vendor/dicom-parser.js';
import { OTHERS, PHOTOGRAPHS } from './kinds.js';
import { inForm } from './values.js';

/** @import { DataSet, Element } from '../vendor/dicom-parser.js' */
/** @import { DicomFacts } from '../vmnet.js' */

/** @typedef {'raw' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000'} Coding */

/**
 * @typedef {object} DicomObject
 * @property {DataSet} data
 * @property {Element} pixels
 * @property {Coding} coding
 * @property {string} syntax its UID
 * @property {number} width
 * @property {number} height
 * @property {number} samples 1 or 3
 * @property {boolean} planar
 * @property {string} colours the photometric interpretation
 * @property {number} frames
 */

/** Transfer syntaxes. @type {Readonly<Record<string, Coding>>} */
const CODINGS = {
  '1.2.840.10008.1.2': 'raw',
  '1.2.840.10008.1.2.1': 'raw',
  '1.2.840.10008.1.2.1.99': 'raw',
  '1.2.840.10008.1.2.2': 'raw',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.50': 'jpeg',
  '1.2.840.10008.1.2.4.51': 'jpeg',
  '1.2.840.10008.1.2.4.57': 'jpeg-lossless',
  '1.2.840.10008.1.2.4.70': 'jpeg-lossless',
  '1.2.840.10008.1.2.4.80': 'jpeg-ls',
  '1.2.840.10008.1.2.4.81': 'jpeg-ls',
  '1.2.840.10008.1.2.4.90': 'jpeg-2000',
  '1.2.840.10008.1.2.4.91': 'jpeg-2000',
};
const DEFLATED = '1.2.840.10008.1.2.1.99';

/** Photometric interpretations, and the samples of each. @type {Readonly<Record<string, number>>} */
const COLOURS = {
  RGB: 3,
  YBR_FULL: 3,
  YBR_FULL_422: 3,
  YBR_RCT: 3,
  YBR_ICT: 3,
  'PALETTE COLOR': 1,
  MONOCHROME1: 1,
  MONOCHROME2: 1,
};

const REMEDY = 'export the photograph as JPEG or PNG from the DICOM viewer';

/** @param {string} name @param {string} why @param {string} text @param {Record<string, string | number>} [facts] */
export function refused(name, why, text, facts = {}) {
  return new VmnetError('format', `${name}: a DICOM object, but ${text}; ${REMEDY}`, {
    facts: { why: `dicom-${why}`, ...facts },
  });
}

/** @param {string} name @param {string} tag as (7FE0,0010) @param {string} text @param {unknown} [cause] */
export function damaged(name, tag, text, cause) {
  return new VmnetError('damaged', `${name}: a DICOM object, but ${tag} ${text}; copy or export it again`, {
    cause,
    facts: { why: 'dicom', tag },
  });
}

/** x7fe00010 as (7FE0,0010) @param {string} tag */
function written(tag) {
  return `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase();
}

/**
 * Throws 'format' (facts.why dicom-kind, -no-pixels, -bits, -colours, -syntax) or 'damaged' (facts.tag).
 * @param {string} name for error texts
 * @param {Uint8Array<ArrayBuffer>} bytes of the whole file
 * @returns {Promise<DicomObject>}
 */
export async function readObject(name, bytes) {
  const syntax = syntaxOf(name, bytes);
  const coding = Object.hasOwn(CODINGS, syntax) ? CODINGS[syntax] : undefined;
  if (coding === undefined)
    throw refused(name, 'syntax', `of transfer syntax ${syntax}, which is not read here`, { syntax });
  const data = await parse(name, bytes, syntax);
  const said = data.string('x00080016') ?? '';
  const kind = said.length > 64 ? '' : said; // no UID is longer
  if (!PHOTOGRAPHS.has(kind)) {
    const what = OTHERS[kind] ?? (kind || 'no kind (0008,0016)');
    throw refused(name, 'kind', `of the kind ${what}, which is not a photograph`, { kind: what });
  }
  const pixels = data.elements.x7fe00010;
  if (pixels === undefined || pixels.length === 0)
    throw refused(name, 'no-pixels', 'without pixel data (7FE0,0010)', { tag: '(7FE0,0010)' });
  return { data, pixels, coding, syntax, ...layoutOf(name, data) };
}

/** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
function syntaxOf(name, bytes) {
  try {
    const syntax = readPart10Header(bytes).string('x00020010');
    if (syntax !== undefined) return syntax;
  } catch (error) {
    throw damaged(name, '(0002,0010)', 'the transfer syntax, is missing', error);
  }
  throw damaged(name, '(0002,0010)', 'the transfer syntax, is missing');
}

/** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes @param {string} syntax @returns {Promise<DataSet>} */
async function parse(name, bytes, syntax) {
  const whole = syntax === DEFLATED ? await inflated(name, bytes) : bytes;
  let data;
  try {
    data = parseDicom(whole, { inflater: () => whole });
  } catch (error) {
    const read = /** @type {{ dataSet?: DataSet }} */ (error)?.dataSet?.elements ?? {};
    const last = Object.keys(read).at(-1) ?? 'x00020010';
    throw damaged(name, written(last), `cannot be read to its end, or what follows it (${reasonOf(error)})`, error);
  }
  checkDelimiters(name, data.elements);
  checkWhole(name, data);
  return data;
}

/** What dicom-parser lets pass: a value that goes beyond the file, and fragments without their end. @param {string} name @param {DataSet} data */
function checkWhole(name, { elements, byteArray }) {
  for (const [tag, element] of Object.entries(elements)) {
    const { dataOffset = 0, length, encapsulatedPixelData, fragments } = element ?? {};
    const last = fragments?.at(-1);
    const end = last === undefined ? dataOffset + (length ?? 0) : last.position + last.length;
    const mark = [0xfe, 0xff, 0xdd, 0xe0];
    if (end > byteArray.length || (encapsulatedPixelData && mark.some((byte, i) => byteArray[end + i] !== byte)))
      throw damaged(name, written(tag), 'cannot be read to its end, or what follows it (the file ends before)');
  }
}

/**
 * Marks of sequences stand within sequences; elsewhere they pass for elements. As dcmdump, which the command reads with: the
 * end of an item is the end of the object, and any other is a fault.
 * @param {string} name @param {Record<string, Element | undefined>} elements in the file's order
 */
function checkDelimiters(name, elements) {
  const tags = Object.keys(elements);
  const at = tags.findIndex((tag) => tag.startsWith('xfffe'));
  if (at < 0) return;
  if (tags[at] !== 'xfffee00d') {
    const before = tags.slice(0, at).includes('x7fe00010') ? 'x7fe00010' : tags[at];
    const why = 'a mark of sequences stands where there is none';
    throw damaged(name, written(before), `cannot be read to its end, or what follows it (${why})`);
  }
  for (const tag of tags.slice(at)) delete elements[tag];
}

/** dicom-parser throws texts and objects. @param {any} error @returns {string} */
function reasonOf(error) {
  return messageOf(error?.exception ?? error).replace(/^dicomParser[.:]\w+: /, '');
}

/** The header as it is, and what follows unpacked. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes */
async function inflated(name, bytes) {
  const { position } = readPart10Header(bytes);
  /** @type {Uint8Array[]} */
  const parts = [bytes.subarray(0, position)];
  let length = position;
  try {
    const stream = new Blob([bytes.subarray(position)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > 4 * MAX_BYTES) {
        await reader.cancel();
        throw new Error(`over the limit of ${(4 * MAX_BYTES) / 2 ** 20} MiB`);
      }
      parts.push(value);
    }
  } catch (error) {
    // An odd length is padded with a zero byte, which DecompressionStream takes for trailing junk: all was read before.
    if (!(error instanceof TypeError && length > position))
      throw damaged(name, '(0002,0010)', `says deflated, and the rest cannot be unpacked (${messageOf(error)})`, error);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {string} name @param {DataSet} data */
function layoutOf(name, data) {
  const number = (/** @type {string} */ tag) => {
    const value = data.elements[tag] === undefined ? undefined : data.uint16(tag);
    if (value === undefined) throw damaged(name, written(tag), 'is missing');
    return value;
  };
  const allocated = number('x00280100');
  const stored = data.uint16('x00280101') ?? allocated;
  const [bits, tag] = stored === 8 ? [allocated, '(0028,0100)'] : [stored, '(0028,0101)'];
  if (bits !== 8) throw refused(name, 'bits', `of ${bits} bits a sample ${tag}, and 8 are read here`, { bits });
  const said = (data.string('x00280004') ?? '').trim();
  const colours = said.length > 16 ? '' : said; // no CS is longer
  const samples = number('x00280002');
  if (!Object.hasOwn(COLOURS, colours) || COLOURS[colours] !== samples)
    throw refused(
      name,
      'colours',
      `of the colours ${colours || 'none'} in ${samples} samples (0028,0004), which are not read here`,
      {
        colours: colours || '-',
      },
    );
  const frames = Number.parseInt(data.string('x00280008') ?? '1', 10);
  if (!(frames >= 1 && frames < 2 ** 31)) throw damaged(name, '(0028,0008)', 'gives no number of frames');
  const [height, width] = [number('x00280010'), number('x00280011')];
  return { width, height, samples, planar: samples > 1 && data.uint16('x00280006') === 1, colours, frames };
}

// ---- what it says of itself ----

/** By specific character set. @type {Readonly<Record<string, string>>} */
const CHARSETS = {
  'ISO_IR 192': 'utf-8',
  'ISO_IR 100': 'iso-8859-1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** What follows it is of another set of characters (ISO 2022), which nothing here reads: better no name than a garbled one. */
const ESCAPE = 0x1b;

/** @param {DataSet} data @param {string} tag @returns {string | null} */
function textOf(data, tag) {
  const element = data.elements[tag];
  if (element === undefined || element.length <= 0) return null;
  const charset = CHARSETS[(data.string('x00080005') ?? '').split('\\')[0].trim()] ?? 'iso-8859-1';
  const bytes = data.byteArray.slice(element.dataOffset, element.dataOffset + element.length);
  if (bytes.includes(ESCAPE)) return null;
  return new TextDecoder(charset).decode(bytes).replace(/[\0 ]+$/, '') || null;
}

/** @param {string | null} text @returns {[number, number] | null} */
function spacingOf(text) {
  const [rows, columns] = (text ?? '').split('\\').map(Number);
  return rows > 0 && columns > 0 ? [rows, columns] : null;
}

/** @param {DicomObject} object @param {number} frame from 1 @param {boolean} deidentify @returns {DicomFacts} */
export function factsOf({ data, syntax, frames }, frame, deidentify) {
  const text = (/** @type {string} */ tag) => textOf(data, tag);
  const uid = (/** @type {string} */ tag) => inForm('UI', textOf(data, tag)) || null;
  const side = text('x00200062') ?? text('x00200060'); // image's, else series'
  return {
    sopClass: text('x00080016') ?? '',
    transferSyntax: syntax,
    frame,
    frames,
    laterality: side === 'R' || side === 'L' || side === 'B' ? side : null,
    pixelSpacing: spacingOf(text('x00280030')),
    patient: deidentify
      ? null
      : { name: text('x00100010'), id: text('x00100020'), birthDate: text('x00100030'), sex: text('x00100040') },
    study: deidentify
      ? null
      : {
          uid: uid('x0020000d'),
          series: uid('x0020000e'),
          instance: uid('x00080018'),
          id: text('x00200010'),
          date: text('x00080020'),
          time: text('x00080030'),
          accession: text('x00080050'),
          referrer: text('x00080090'),
          frameOfReference: uid('x00200052'),
        },
  };
}
