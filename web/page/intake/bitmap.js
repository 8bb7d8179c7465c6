/** Pictures for the viewer: what the browser cannot decode itself is decoded in a Worker, as for the network. */

import { VmnetError } from '../../errors.js';
import { noteRequests } from '../../requests.js';
import { PageError } from '../words/error-texts.js';

/** As the Worker does: colours and transparency as stored. @type {ImageBitmapOptions} */
export const AS_STORED = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * The photograph upright, with its own pixels or at a size, on black where it is transparent. The caller closes the bitmap.
 * Not for a file that has not passed the Worker's checks.
 * @param {Blob | ImageData} source @param {{ width: number, height: number }} [size]
 * @returns {Promise<ImageBitmap>}
 */
export async function bitmapOf(source, size) {
  if (!(source instanceof Blob)) return resized(await createImageBitmap(source, AS_STORED), size);
  const [{ bytesOf, draw, storedBitmapOf }, { sniff }] = await parts();
  const bytes = await bytesOf(nameOf(source), source);
  const { kind } = sniff(bytes);
  if (kind === 'tiff' || kind === 'dicom') return resized(await inWorker(source), size);
  const stored = await storedBitmapOf(nameOf(source), source, bytes, kind, size);
  if (kind === 'jpeg' && stored.orientation === 1) return stored.bitmap;
  const { canvas } = draw(stored, { alpha: false });
  stored.bitmap.close();
  return canvas.transferToImageBitmap();
}

/** @param {ImageBitmap} whole which it closes @param {{ width: number, height: number }} [size] */
async function resized(whole, size) {
  if (size === undefined) return whole;
  const how = /** @type {const} */ ({
    resizeWidth: size.width,
    resizeHeight: size.height,
    resizeQuality: 'medium',
  });
  return createImageBitmap(whole, how).finally(() => whole.close());
}

/** Which the page needs with its first photograph. */
function parts() {
  return Promise.all([import('../../photo/decode.js'), import('../../photo/sniff.js')]).catch((error) => {
    console.error(error);
    throw new PageError('network', 'page.broken');
  });
}

/** @param {Blob} blob @returns {Promise<ImageBitmap>} */
function inWorker(blob) {
  const worker = new Worker(new URL('bitmap-worker.js', import.meta.url), { type: 'module' });
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
