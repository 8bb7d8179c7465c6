/** readDicom() of browsers and of Node.js: what is given, before anything decodes it. */

import { VmnetError } from '../errors.js';
import { checkSize } from '../photo/checks.js';
import { sniff } from '../photo/sniff.js';

/**
 * @import { Pixels, ReadOptions } from '../dicom.js'
 * @import { DicomFacts } from '../vmnet.js'
 * @import { decodeDicom } from './decode.js'
 */

/**
 * @param {typeof decodeDicom} decode
 * @param {Blob | Uint8Array<ArrayBuffer>} file
 * @param {ReadOptions} [options]
 * @returns {Promise<Pixels & { dicom: DicomFacts, notes: string[] }>}
 */
export async function readWith(decode, file, { maxMegapixels = 40, jpeg, frame, deidentify, ...options } = {}) {
  const name = options.name ?? (file instanceof File ? file.name : 'photograph');
  if (!(file instanceof Blob || file instanceof Uint8Array))
    throw new VmnetError('argument', `${name}: not a file but ${typeof file}; give a Blob or its bytes`);
  if (!(maxMegapixels > 0 && maxMegapixels <= 40))
    throw new VmnetError('argument', `maxMegapixels ${maxMegapixels}: must be above 0 to 40; leave it out for 40`);
  if (frame !== undefined && typeof frame !== 'number')
    throw new VmnetError('argument', `frame ${frame}: must be a number from 1; leave it out for 1`);
  const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  checkSize(name, bytes.length);
  if (sniff(bytes).kind !== 'dicom')
    throw new VmnetError(
      'format',
      `${name}: not a DICOM object ('DICM' is missing at byte 128); give screen() the file itself`,
    );
  const { image, note, dicom } = await decode(name, bytes, maxMegapixels, {
    frame,
    deidentify: Boolean(deidentify),
    jpeg,
  });
  const { data, width, height } = image;
  return { data, width, height, dicom, notes: note === null ? [] : [note] };
}
