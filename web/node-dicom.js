/**
 * dicom.js for Node.js, where it takes its place (package.json): the same, but what decodes runs in a worker thread, so that a
 * server's own loop stays free. Types and documentation: dicom.d.ts.
 */

import { readWith } from './dicom/read.js';
import { VmnetError } from './errors.js';
import { Thread } from './node-thread.js';

export { toDicom } from './dicom.js';
export { VmnetError } from './errors.js';

/**
 * @import { decodeDicom } from './dicom/decode.js'
 * @import { ReadOptions } from './dicom.js'
 */

/** For all objects, one after the other; begun with the first. @type {Thread | null} */
let thread = null;

/** @param {Blob | Uint8Array<ArrayBuffer>} file @param {ReadOptions} [options] */
export function readDicom(file, options) {
  return readWith(decodeThere, file, options);
}

/** @type {typeof decodeDicom} */
async function decodeThere(name, bytes, maxMegapixels, { jpeg, ...which } = {}) {
  if (thread === null || thread.ended) thread = new Thread();
  /** @type {unknown} */
  let failure;
  const decodeJpeg = async (/** @type {Uint8Array<ArrayBuffer>} */ coded) => {
    try {
      const { data, width, height } = Object(await jpeg?.(coded));
      return { data, width, height };
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  // A copy: of a view the whole buffer would go over, and the caller's is not to be taken away.
  const dicom = { name, bytes: new Uint8Array(bytes), maxMegapixels, which, jpeg: jpeg !== undefined };
  try {
    return await thread.call({ type: 'dicom', dicom }, [dicom.bytes.buffer], decodeJpeg);
  } catch (error) {
    if (failure === undefined || !(error instanceof VmnetError)) throw error;
    if (failure instanceof VmnetError) throw failure;
    throw new VmnetError(error.code, error.message, { cause: failure, facts: error.facts });
  }
}
