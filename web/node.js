/** V-MNet in Node.js. Types and documentation: node.d.ts. This side reads the files; node-worker.js runs the engine. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, VmnetError } from './errors.js';
import { detect } from './features.js';
import { moduleFiles, WEIGHTS } from './files.js';
import { Thread } from './node-thread.js';
import { checkEyes, checkModel, checkPoint, checkSide, checkSwitch, notJudged } from './options.js';
import { checkPixels, checkSize } from './photo/checks.js';

export { VmnetError } from './errors.js';

/**
 * @import { Decided, Decision, ModelInfo, NotJudged, PointName, ScreenResult } from './vmnet.js'
 * @import { NodeLoadOptions, NodeModel, NodeScreenOptions, Pixels } from './node.js'
 */

/** @param {string | URL} file */
function addressOf(file) {
  if (file instanceof URL) return file;
  return /^file:/.test(file) ? new URL(file) : pathToFileURL(resolve(file));
}

/** @param {URL} url @param {string} what */
async function read(url, what) {
  try {
    return new Uint8Array(await readFile(url));
  } catch (error) {
    throw new VmnetError(
      'network',
      `${url.href}: ${what} could not be read (${messageOf(error)}); give load() where it is`,
      { cause: error },
    );
  }
}

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {NodeLoadOptions['variant']} wish @returns {'simd' | 'relaxed'} */
function variantFor(wish) {
  const { simd, relaxed } = detect();
  if (wish !== undefined && wish !== 'simd' && wish !== 'relaxed')
    throw new VmnetError('argument', `load: variant '${wish}' is unknown here; choose from simd and relaxed`);
  if (!simd || (wish === 'relaxed' && !relaxed))
    throw new VmnetError('unsupported', `load: this Node.js has no ${simd ? 'relaxed ' : ''}SIMD; use 22 or later`);
  return wish ?? (relaxed ? 'relaxed' : 'simd');
}

/** @param {NodeLoadOptions} [options] @returns {Promise<NodeModel>} */
export async function load(options = {}) {
  const { size, maxMegapixels } = checkModel(options);
  const variant = variantFor(options.variant);
  const folder = options.wasm === undefined ? null : addressOf(options.wasm);
  if (folder !== null && !folder.pathname.endsWith('/')) folder.pathname += '/';
  const at = (/** @type {string} */ end) => new URL(`vmnet-${variant}.${end}`, folder ?? undefined);
  const { wasm, glue } = folder === null ? moduleFiles(variant) : { wasm: at('wasm'), glue: at('mjs') };
  const given = options.weights ?? Object.values(WEIGHTS)[0]();
  const [weights, bytes] = await Promise.all([
    given instanceof Uint8Array ? given : read(addressOf(given), 'the weights'),
    read(wasm, 'the module'),
  ]);
  const start = { variant, threads: 1, size, maxMegapixels, weights, bytes, glueUrl: glue.href };
  const hashes = { weightsSha256: sha256(weights), wasmSha256: sha256(bytes) };
  const thread = new Thread();
  try {
    const info = await thread.call({ type: 'start', start: { ...start, ...hashes } });
    return new NodeModelOf(thread, { ...info, ...hashes, variant, maxMegapixels });
  } catch (error) {
    await thread.end();
    throw error;
  }
}

/** @implements {NodeModel} */
class NodeModelOf {
  #thread;
  #info;

  /** @param {Thread} thread @param {any} info of the engine, and what was loaded */
  constructor(thread, info) {
    this.#thread = thread;
    /** @type {ModelInfo} */
    this.#info = { simd: info.variant === 'relaxed' ? 'relaxed' : 'plain', threads: 1, notes: [], ...info };
  }

  get info() {
    return structuredClone(this.#info);
  }

  /** @param {Pixels} pixels @param {NodeScreenOptions} [options] @returns {Promise<ScreenResult>} */
  async screen(pixels, options = {}) {
    const {
      guide = 1,
      point = 'balanced',
      fine = false,
      heatmaps = true,
      heatmapSide,
      vesselProbability = false,
      file,
    } = options;
    const name = options.name ?? null;
    const input = name ?? 'photograph';
    checkPoint(point);
    checkSide('heatmapSide', heatmapSide);
    checkSwitch('vesselProbability', vesselProbability);
    if (!(guide >= 0 && guide <= 1))
      throw new VmnetError('argument', `guide ${guide}: must be 0 to 1; leave it out for 1`);
    const { data, width, height } = Object(pixels);
    if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray) || data.length !== width * height * 4)
      throw new VmnetError(
        'argument',
        `${input}: not pixels but ${data?.length ?? 'no'} bytes for ${width} x ${height}; give { data, width, height } with four bytes a pixel`,
      );
    checkPixels(input, width, height, this.#info.maxMegapixels);
    if (file !== undefined) checkSize(input, file.length);
    const imageSha256 = file === undefined ? null : sha256(file);
    const screen = {
      input,
      name,
      guide,
      point,
      fine,
      heatmaps,
      heatmapSide,
      vesselProbability,
      imageSha256,
      file: file ?? null,
      data,
      width,
      height,
    };
    const began = performance.now();
    const result = await this.#thread.call({ type: 'screen', screen });
    const { variant } = this.#info;
    return {
      ...result,
      picture: null,
      dicom: pixels.dicom ?? null,
      info: { variant, threads: 1, milliseconds: performance.now() - began, notes: pixels.notes ?? [] },
    };
  }

  /** @param {(Decision | NotJudged)[]} decisions @param {PointName} [point] @param {(string | null)[]} [eyes] @returns {Promise<Decided>} */
  async decideTogether(decisions, point = 'balanced', eyes = []) {
    checkPoint(point);
    if (!Array.isArray(decisions) || decisions.length === 0 || decisions.some((d) => !notJudged(d) && !d?.at?.[point]))
      throw new VmnetError(
        'argument',
        'decide: a list of one or more decisions is needed; give result.decision of each, null of one that could not be read',
      );
    checkEyes(eyes, decisions.length);
    return this.#thread.call({
      type: 'decide',
      decide: { each: decisions.map((d) => (notJudged(d) ? d : d.at[point])), point, eyes },
    });
  }

  close() {
    return this.#thread.end();
  }
}
