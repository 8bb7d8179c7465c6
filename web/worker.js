/**
 * The Worker's side of web/vmnet.js: one engine, an answer to each request. One photograph at a time is sent here; while the
 * browser decodes, copies or hashes it, a request to decide is answered. A call into the module is never broken into.
 */

import { buffersOf, Engine, warm } from './engine.js';
import { messageOf, VmnetError } from './errors.js';
// What read.js asks for in turn: named here, all is fetched at one time.
import './constants.js';
import './photo/checks.js';
import './photo/decode.js';
import './photo/orientation.js';
import './photo/png.js';
import './photo/sniff.js';
import './photo/tiff-header.js';
import { readPhotograph } from './photo/read.js';
import { watchPolicy } from './policy.js';
import { reportRequests } from './requests.js';
import { scriptAddress } from './script.js';

/**
 * @typedef {Omit<import('./engine.js').EngineOptions, 'glue'> & { glueUrl: string }} StartRequest
 * @typedef {{ glueUrl: string, module: WebAssembly.Module, variant: import('./vmnet.js').Variant, precision: 'f32' | 'int8' }} WarmRequest
 * @typedef {{ kind: 'blob', blob: Blob } | { kind: 'pixels', image: ImageData }
 *   | { kind: 'bitmap', bitmap: ImageBitmap, orientation: number, bytes: Uint8Array<ArrayBuffer> | null,
 *   sha256: string | null, note: string | null }} Source bytes and what follows: of a bitmap's file
 * @typedef {{ source: Source, input: string, name: string | null, guide: number, point: import('./vmnet.js').PointName, fine?: boolean,
 *   heatmaps: boolean | 'suspected' | string[], heatmapSide?: number, vesselProbability?: boolean, pictureSide?: number, which: import('./dicom/decode.js').Which }} ScreenRequest
 * @typedef {{ each: (import('./vmnet.js').Decided | import('./vmnet.js').NotJudged)[], point: import('./vmnet.js').PointName, eyes: (string | null)[] }} DecideRequest
 * @typedef {{ id: number } & ({ type: 'prepare', glueUrl: string } | { type: 'warm', warm: WarmRequest } | { type: 'start', start: StartRequest } | { type: 'screen', screen: ScreenRequest }
 *   | { type: 'decide', decide: DecideRequest } | { type: 'phantom', phantom: Required<import('./vmnet.js').PhantomOptions> })} Request
 */

/** @type {Engine | null} */
let engine = null;
let maxMegapixels = 0;

/**
 * The glue starts its threads from a name and a place of its own, which a bundler or another origin changes: here they start
 * from where the glue came from.
 * @param {URL} glueUrl
 */
function startThreadsFrom(glueUrl) {
  const Native = globalThis.Worker;
  globalThis.Worker = class extends Native {
    /** @param {string | URL} _ @param {WorkerOptions} [options] */
    constructor(_, options) {
      super(scriptAddress(glueUrl), options);
    }
  };
}

/** Fetches the module's script while the rest still comes; what is wrong with it, the start says. @param {string} glueUrl */
async function prepare(glueUrl) {
  await import(glueUrl).catch(() => {});
  return { value: null, transfer: [] };
}

let starting = false;

/** Whether the start was asked for: lets in what was sent before. @returns {Promise<boolean>} */
function late() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve(starting);
    };
    port2.postMessage(null);
  });
}

/** @type {Promise<void>} */
let warming = Promise.resolve();

/** While the weights still come; a start waits for the step that runs. @param {WarmRequest} request */
async function warmUp({ glueUrl, precision, ...options }) {
  warming = import(glueUrl).then(({ default: glue }) => warm({ ...options, glue }, precision, late));
  warming = warming.catch(() => {}); // what is wrong, the start says
  await warming;
  return { value: null, transfer: [] };
}

/** @param {StartRequest} start */
async function begin({ glueUrl, ...options }) {
  starting = true;
  const policy = watchPolicy();
  const { default: glue } = await import(glueUrl).catch(async (error) => {
    const directive = await policy.stopped(/^script-src/);
    const remedy =
      directive === null
        ? 'serve the built vmnet-*.mjs there or pass the right wasmUrl to load()'
        : `let ${directive} of the Content-Security-Policy allow it`;
    throw new VmnetError(
      'network',
      `${glueUrl}: the module's script could not be loaded (${messageOf(error)}); ${remedy}`,
      { cause: error },
    );
  });
  policy.end();
  if (options.variant.endsWith('-mt')) startThreadsFrom(new URL(glueUrl));
  await warming;
  engine = await Engine.start({ ...options, glue });
  maxMegapixels = options.maxMegapixels;
  return { value: engine.info(), transfer: [] };
}

/** @param {ScreenRequest} request @param {(phase: string, fraction: number) => void} onProgress */
async function screen(request, onProgress) {
  const started = performance.now();
  onProgress('decode', 0);
  const photo = await readPhotograph(live(), request, maxMegapixels);
  const { image, note, dicom, imageSha256 } = photo;
  onProgress('decode', 1);
  const result = live().screen(photo.pixels, photo.width, photo.height, { ...request, imageSha256, onProgress });
  /** @type {Transferable[]} */
  const transfer = /** @type {ArrayBuffer[]} */ (buffersOf(result));
  const picture =
    request.pictureSide === undefined || image === null ? null : await smaller(image, request.pictureSide);
  if (picture !== null) transfer.push(picture);
  return { value: { result, picture, note, dicom, milliseconds: performance.now() - started }, transfer };
}

/** @param {ImageData} image @param {number} side the longer one's, at most as it is */
function smaller(image, side) {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const [resizeWidth, resizeHeight] = [image.width, image.height].map((n) => Math.max(1, Math.round(n * scale)));
  return createImageBitmap(image, { resizeWidth, resizeHeight, resizeQuality: 'medium' });
}

/** @param {DecideRequest} request */
function decide({ each, point, eyes }) {
  return { value: live().decideTogether(each, point, eyes), transfer: [] };
}

/** @param {Required<import('./vmnet.js').PhantomOptions>} spec */
function phantom(spec) {
  const drawn = live().phantom(spec);
  return { value: drawn, transfer: [drawn.rgba.buffer, drawn.vessels.buffer, drawn.lesions.buffer] };
}

function live() {
  if (engine === null) throw new VmnetError('runtime', 'model: not started; load() again');
  return engine;
}

/** @param {unknown} error @param {Request} request */
function describe(error, request) {
  if (error instanceof VmnetError && error.code !== 'runtime') {
    const { code, message, facts } = error;
    return { code, message, facts };
  }
  // A trap, an abort, or a mistake of ours: the module's memory cannot be trusted any more.
  const input = request.type === 'screen' ? request.screen.input : request.type === 'start' ? 'module' : request.type;
  const again = request.type === 'start' ? 'load again' : 'try it again, a fresh Worker starts';
  return { code: 'runtime', message: `${input}: the module stopped (${messageOf(error)}); ${again}`, fatal: true };
}

addEventListener('message', async (/** @type {MessageEvent<Request>} */ event) => {
  const request = event.data;
  const { id } = request;
  // Emscripten's own messages between threads pass through here too; they have no id.
  if (typeof id !== 'number' || typeof request.type !== 'string') return;
  const onProgress = (/** @type {string} */ phase, /** @type {number} */ fraction) =>
    postMessage({ id, progress: { phase, fraction } });
  try {
    let answer;
    if (request.type === 'prepare') answer = await prepare(request.glueUrl);
    else if (request.type === 'warm') answer = await warmUp(request.warm);
    else if (request.type === 'start') answer = await begin(request.start);
    else if (request.type === 'screen') answer = await screen(request.screen, onProgress);
    else if (request.type === 'decide') answer = decide(request.decide);
    else answer = phantom(request.phantom);
    postMessage({ id, value: answer.value }, { transfer: /** @type {Transferable[]} */ (answer.transfer) });
  } catch (error) {
    postMessage({ id, error: describe(error, request) });
  }
});

reportRequests((requests) => postMessage({ requests }));
// After the listener stands: what comes before it is not lost, a module Worker queues it.
postMessage({ id: 0, value: 'here' });
