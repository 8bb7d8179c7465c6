/** The worker thread of node.js and node-dicom.js: one engine, one request at a time, an answer to each. */

import { parentPort } from 'node:worker_threads';
import { buffersOf, Engine } from './engine.js';
import { messageOf, VmnetError } from './errors.js';

/** @type {Engine | null} */
let engine = null;

/** By call: who waits for the pixels of a JPEG. @type {Map<number, { resolve: (pixels: any) => void, reject: (error: Error) => void }>} */
const asked = new Map();

/** @param {number} id of the call whose other end has a decoder @returns {(coded: Uint8Array<ArrayBuffer>) => Promise<any>} */
const jpegOf = (id) => (coded) =>
  new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    parentPort?.postMessage({ id, coded });
  });

/** @param {{ id: number, pixels?: any, error?: string }} answered */
function takePixels({ id, pixels, error }) {
  const waiting = asked.get(id);
  asked.delete(id);
  if (error === undefined) waiting?.resolve(pixels);
  else waiting?.reject(new Error(error));
}

/** What of an answer is moved, not copied. @param {string} type of the request @param {any} value @returns {ArrayBuffer[]} */
function moved(type, value) {
  if (type === 'dicom') return [value.image.data.buffer];
  return type === 'screen' ? /** @type {ArrayBuffer[]} */ (buffersOf(value)) : [];
}

/** @param {any} request @returns {Promise<unknown>} */
async function answer({ id, type, start, screen, decide, dicom }) {
  if (type === 'dicom') {
    const { decodeDicom } = await import('./dicom/decode.js');
    const { name, bytes, maxMegapixels, which, jpeg } = dicom;
    return decodeDicom(name, bytes, maxMegapixels, { ...which, ...(jpeg ? { jpeg: jpegOf(id) } : {}) });
  }
  if (type === 'start') {
    const { bytes, glueUrl, ...options } = start;
    const [{ default: glue }, module] = await Promise.all([import(glueUrl), WebAssembly.compile(bytes)]);
    engine = await Engine.start({ ...options, glue, module });
    return engine.info();
  }
  if (engine === null) throw new VmnetError('runtime', 'model: not started; load() again');
  if (type === 'decide') return engine.decideTogether(decide.each, decide.point, decide.eyes);
  const { file, data, width, height, ...request } = screen;
  if (file !== null) engine.inspect(file, screen.input);
  return engine.screen(data, width, height, request);
}

parentPort?.on('message', async (request) => {
  const { id } = request;
  if (request.type === 'jpeg') return takePixels(request);
  try {
    const value = await answer(request);
    parentPort?.postMessage({ id, value }, moved(request.type, value));
  } catch (error) {
    const { code, message, facts } =
      error instanceof VmnetError
        ? error
        : { code: 'runtime', message: `module: ${messageOf(error)}; load() again`, facts: {} };
    parentPort?.postMessage({ id, error: { code, message, facts } });
  }
});
