/** Pictures for the viewer: what the browser cannot decode itself is decoded in a Worker, as for the network. */

import { VmnetError } from '../errors.js';
import { isTiff } from '../photo/tiff-header.js';
import { noteRequests } from '../requests.js';

/** As the Worker does: colours and transparency as stored. @type {ImageBitmapOptions} */
export const AS_STORED = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/** Enough to tell a TIFF by. */
const HEAD_BYTES = 8;

/**
 * The photograph upright, with its own pixels. The caller closes the bitmap.
 * @param {Blob | ImageData} source
 * @returns {Promise<ImageBitmap>}
 */
export async function bitmapOf(source) {
  if (source instanceof Blob) {
    const head = new Uint8Array(await source.slice(0, HEAD_BYTES).arrayBuffer());
    if (isTiff(head)) return inWorker(source);
  }
  return createImageBitmap(source, AS_STORED);
}

/** @param {Blob} blob @returns {Promise<ImageBitmap>} */
function inWorker(blob) {
  const worker = new Worker(new URL('decode-worker.js', import.meta.url), { type: 'module' });
  /** @type {Promise<ImageBitmap>} */
  const answer = new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => {
      if (data.requests) noteRequests(data.requests);
      else if (data.bitmap) resolve(data.bitmap);
      else reject(new VmnetError(data.code, data.message, { facts: data.facts }));
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(new VmnetError('worker', `${nameOf(blob)}: the part that shows it did not start; reload the page`));
    });
  });
  worker.postMessage({ name: nameOf(blob), blob });
  return answer.finally(() => worker.terminate());
}

/** @param {Blob} blob */
function nameOf(blob) {
  return blob instanceof File ? blob.name : 'photograph';
}
