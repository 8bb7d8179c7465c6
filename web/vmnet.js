/**
 * V-MNet in a browser. Research and teaching, not a medical device. Types and documentation of what is public:
 * vmnet.d.ts. Inside: this file fetches, keeps one Worker (worker.js) and queues calls to it; engine.js in the Worker
 * drives the WebAssembly module.
 *
 * The fetched weights and the compiled module are kept here, so that a Worker that was ended (a crash, a cancelled
 * screening) is replaced without any request.
 */

import { CALIBRE_MAX, CALIBRE_MIN, MAX_THREADS } from './constants.js';
import { aborted, messageOf, VmnetError } from './errors.js';
import { candidates, detect, MINIMUM_BROWSERS, notes } from './features.js';
import { checkCompiles, checkWeights, compile, fetchBytes, whyNoScript } from './fetch.js';
import { moduleFiles, WEIGHTS, workerFile } from './files.js';
import './locate.js'; // asked for by files.js: named here, it is fetched at once with it
import { checkEyes, checkModel, checkPoint, checkSide, checkSwitch, notJudged } from './options.js';
import { DecodedPhotograph, decodeAhead } from './photo/ahead.js';
import { checkPixels, checkSize, sha256 } from './photo/checks.js';
import { watchPolicy } from './policy.js';
import { noteRequests } from './requests.js';
import { POLICY, scriptAddress } from './script.js';

export { VmnetError } from './errors.js';

/**
 * @import { Candidate } from './features.js'
 * @import { Decided, Decision, LoadOptions, Model, ModelInfo, NotJudged, Phantom, PhantomOptions, Photograph, PointName, Progress, ScreenOptions, ScreenResult,
 *   Variant } from './vmnet.js'
 * @import { ScreenRequest, Source, StartRequest } from './worker.js'
 */

/** A Worker's script that has not come after this long never will. */
const WORKER_PATIENCE_MS = 60_000;
/** Threads that have not started after this long never will; then one thread is tried. */
const THREADS_PATIENCE_MS = 30_000;

/** @type {readonly Variant[]} */
const VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];

// ---- the Worker ----

/** @typedef {{ resolve: (value: any) => void, reject: (error: unknown) => void, onProgress?: (p: Progress) => void }} Pending */

/** One Worker, with calls that are promises. */
class Host {
  #worker;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #calls = 0;
  /** Set once it ended. @type {unknown} */
  ended = null;

  /** @param {URL} url of worker.js */
  constructor(url) {
    const policy = watchPolicy();
    try {
      this.#worker = new Worker(scriptAddress(url), { type: 'module', name: 'vmnet' });
    } catch (error) {
      policy.end();
      throw workerError(url, messageOf(error), error);
    }
    let here = false;
    this.#worker.onmessage = ({ data }) => {
      if (data.id === 0) here = true;
      if (data.requests) noteRequests(data.requests);
      this.#answer(data);
    };
    this.#worker.onerror = async (event) => {
      event.preventDefault();
      const why = event.message || 'it was blocked or not found';
      this.end(
        here
          ? new VmnetError('runtime', `worker: it stopped (${why}); try it again, a fresh one starts`)
          : await whyNoScript(url, policy, why),
      );
    };
    this.#worker.onmessageerror = () =>
      this.end(new VmnetError('runtime', 'worker: an answer was lost; try it again, a fresh one starts'));
    /** Resolves when the script runs. @type {Promise<void>} */
    this.here = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
    this.here.catch(() => {});
    const timer = setTimeout(() => this.end(workerError(url, 'no answer')), WORKER_PATIENCE_MS);
    const settled = () => {
      clearTimeout(timer);
      policy.end();
    };
    this.here.then(settled, settled);
  }

  /** @param {{ id: number, value?: any, error?: any, progress?: Progress }} answer */
  #answer({ id, value, error, progress }) {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    if (progress !== undefined) {
      call.onProgress?.(progress);
      return;
    }
    this.#pending.delete(id);
    if (error === undefined) call.resolve(value);
    else {
      const failure = new VmnetError(error.code, error.message, { facts: error.facts });
      if (error.fatal) this.end(failure);
      call.reject(failure);
    }
  }

  /**
   * @param {object} request
   * @param {Transferable[]} transfer
   * @param {(p: Progress) => void} [onProgress]
   * @returns {Promise<any>}
   */
  call(request, transfer, onProgress) {
    if (this.ended !== null) return Promise.reject(this.ended);
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
      try {
        this.#worker.postMessage({ id, ...request }, transfer);
      } catch (error) {
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  /** Ends the Worker and its threads at once. @param {unknown} reason for the calls under way */
  end(reason) {
    if (this.ended !== null) return;
    this.ended = reason;
    this.#worker.terminate();
    for (const call of this.#pending.values()) call.reject(reason);
    this.#pending.clear();
  }
}

/** @param {URL} url @param {string} why @param {unknown} [cause] */
function workerError(url, why, cause) {
  const remedy = /TrustedScriptURL|Trusted ?Type/i.test(why)
    ? `let trusted-types of the Content-Security-Policy hold ${POLICY}`
    : "let worker-src of the Content-Security-Policy hold 'self'";
  return new VmnetError('worker', `${url.href}: the Worker could not be started (${why}); ${remedy}`, { cause });
}

// ---- loading ----

/** @param {LoadOptions} options */
function checkOptions(options) {
  const { threads, variant, precision } = options;
  const fail = (/** @type {string} */ text) => {
    throw new VmnetError('argument', `load: ${text}`);
  };
  const model = checkModel(options);
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS))
    fail(`threads ${threads} must be 1 to ${MAX_THREADS}; leave it out to use the processors there are`);
  if (variant !== undefined && !VARIANTS.includes(variant))
    fail(`variant '${variant}' is unknown; leave it out or choose from ${VARIANTS.join(', ')}`);
  if (precision !== undefined && !Object.hasOwn(WEIGHTS, precision))
    fail(
      `precision '${precision}' must be ${Object.keys(WEIGHTS).join(' or ')}; leave it out for ${Object.keys(WEIGHTS)[0]}, or give weightsUrl`,
    );
  return model;
}

/** Of our own weights. @param {LoadOptions} options */
const precisionOf = ({ precision = /** @type {'f32'} */ (Object.keys(WEIGHTS)[0]) }) => precision;

/** Where all files are. @param {LoadOptions} options @returns {Files} */
function filesOf({ workerUrl, wasmUrl, weightsUrl, precision }) {
  const folder = wasmUrl === undefined ? null : resolveUrl(wasmUrl);
  if (folder !== null && !folder.pathname.endsWith('/')) folder.pathname += '/';
  return {
    workerUrl: workerUrl === undefined ? workerFile() : resolveUrl(workerUrl),
    weightsUrl: weightsUrl === undefined ? WEIGHTS[precisionOf({ precision })]() : resolveUrl(weightsUrl),
    module: (variant) =>
      folder === null
        ? moduleFiles(variant)
        : { wasm: new URL(`vmnet-${variant}.wasm`, folder), glue: new URL(`vmnet-${variant}.mjs`, folder) },
  };
}

/**
 * @typedef {object} Files
 * @property {URL} workerUrl
 * @property {URL} weightsUrl
 * @property {(variant: Variant) => { wasm: URL, glue: URL }} module
 */

/** @param {string | URL} url */
function resolveUrl(url) {
  try {
    return new URL(url, globalThis.location?.href);
  } catch (error) {
    throw new VmnetError('argument', `load: '${url}' is not an address; give a URL or leave it out`, { cause: error });
  }
}

/** @param {Variant | undefined} variant */
function unsupported(variant) {
  if (variant !== undefined && detect().simd)
    return new VmnetError(
      'unsupported',
      `load: variant '${variant}' needs ${
        variant.startsWith('relaxed') ? 'relaxed SIMD' : 'shared memory'
      }${variant.endsWith('-mt') ? ' and a page served with the headers COOP and COEP' : ''}, which are missing here; leave variant out`,
    );
  return new VmnetError(
    'unsupported',
    `browser: it has no WebAssembly SIMD, which V-MNet needs; use at least ${MINIMUM_BROWSERS}`,
  );
}

/**
 * @param {LoadOptions} [options]
 * @returns {Promise<Model>}
 */
export async function load(options = {}) {
  const { size, maxMegapixels } = checkOptions(options);
  const { signal, variant: forced } = options;
  const onProgress = options.onProgress ?? (() => {});
  if (signal?.aborted) throw aborted('load', signal.reason);
  if (typeof Worker !== 'function')
    throw new VmnetError(
      'unsupported',
      'load: there is no Worker here, as on a server; call it in a browser, or in Node.js import vmnet-web/node',
    );
  const features = detect();
  const list = candidates(features, options);
  if (list.length === 0) throw unsupported(forced);
  const { workerUrl, weightsUrl, module: filesOfModule } = filesOf(options);
  // Of other weights the file says it; by its name the module is warmed up before that.
  const named = /int8/.test(weightsUrl.pathname) ? 'int8' : 'f32';
  const precision = options.weightsUrl === undefined ? precisionOf(options) : named;

  const remarks = notes(features, options);
  if (globalThis.crypto?.subtle === undefined)
    remarks.push('no sha256: crypto.subtle needs https or localhost (a secure context)');

  checkCompiles();
  // Its script comes while the rest does; where a policy forbids it, the rest is not waited for.
  const early = new Host(workerUrl);
  /** @type {Promise<never>} */
  const forbidden = new Promise((_, reject) => {
    early.here.catch((error) => error instanceof VmnetError && error.facts.why === 'policy' && reject(error));
  });
  forbidden.catch(() => {});
  /** @type {Host | null} */
  let waiting = early;

  // One failure stops the other fetch.
  const stop = new AbortController();
  const relay = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', relay, { once: true });
  const weights = fetchWeights(weightsUrl, stop.signal, onProgress);
  weights.catch(() => {});
  /** @type {unknown} */
  let first = null;
  try {
    for (const candidate of list) {
      try {
        const { wasm, glue } = filesOfModule(candidate.variant);
        waiting?.call({ type: 'prepare', glueUrl: glue.href }, []).catch(() => {});
        const module = await Promise.race([fetchModule(wasm, stop.signal, onProgress), forbidden]);
        const warm = { glueUrl: glue.href, module: module.module, variant: candidate.variant, precision };
        waiting?.call({ type: 'warm', warm }, []).catch(() => {});
        const start = {
          ...candidate,
          ...module,
          ...(await Promise.race([weights, forbidden])),
          size,
          maxMegapixels,
          workerUrl,
          glueUrl: glue.href,
        };
        const host = waiting ?? new Host(workerUrl);
        waiting = null;
        return await OneModel.start(start, host, remarks, signal, onProgress);
      } catch (error) {
        if (signal?.aborted) throw aborted('load', signal.reason);
        if (error instanceof VmnetError && ['weights', 'worker', 'aborted'].includes(error.code)) throw error;
        if (error === (await weights.then(null, (e) => e))) throw error;
        first ??= error;
        remarks.push(`${candidate.variant} was tried and did not start: ${messageOf(error)}`);
      }
    }
  } finally {
    signal?.removeEventListener('abort', relay);
    stop.abort();
    waiting?.end(aborted('load'));
  }
  throw first;
}

/** @param {URL} url @param {AbortSignal} signal @param {(p: Progress) => void} onProgress */
async function fetchWeights(url, signal, onProgress) {
  const bytes = await fetchBytes(url, 'the weights', signal, (loaded, total) =>
    onProgress({ phase: 'weights', fraction: total === null ? null : loaded / total, loaded, total }),
  );
  checkWeights(url, bytes);
  return { weightsUrl: url, weights: new Blob([bytes]), weightsSha256: await sha256(bytes), fresh: [bytes] };
}

/** @param {URL} url @param {AbortSignal} signal @param {(p: Progress) => void} onProgress */
async function fetchModule(url, signal, onProgress) {
  const bytes = await fetchBytes(url, 'the module', signal, (loaded, total) =>
    onProgress({ phase: 'module', fraction: total === null ? null : loaded / total, loaded, total }),
  );
  const [module, wasmSha256] = await Promise.all([compile(url, bytes), sha256(bytes)]);
  return { module, wasmSha256 };
}

/**
 * All that is needed to start a Worker again. `fresh`: for the first start.
 * @typedef {Candidate & Awaited<ReturnType<typeof fetchModule>> & Awaited<ReturnType<typeof fetchWeights>>
 *   & { size: number, maxMegapixels: number, workerUrl: URL, glueUrl: string }} Kept
 */

/** @param {Kept} kept @param {AbortSignal | undefined} signal @param {Host} [host] where one waits already */
async function startHost(kept, signal, host = new Host(kept.workerUrl)) {
  const cancel = () => host.end(aborted('load', signal?.reason));
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = kept.variant.endsWith('-mt')
    ? setTimeout(
        () => host.end(new VmnetError('runtime', 'threads: they did not start; load() with threads: 1')),
        THREADS_PATIENCE_MS,
      )
    : undefined;
  try {
    await host.here;
    const { workerUrl, weightsUrl, fresh, ...rest } = kept;
    const weights = fresh.pop() ?? new Uint8Array(await kept.weights.arrayBuffer());
    /** @type {StartRequest} */
    const start = { ...rest, weights };
    const info = await host.call({ type: 'start', start }, [weights.buffer]);
    return { host, info };
  } catch (error) {
    host.end(error);
    // C does not know where its bytes came from.
    if (error instanceof VmnetError && error.code === 'weights')
      throw new VmnetError(
        'weights',
        `${kept.weightsUrl.href}: ${kept.weights.size} bytes, ${error.message}; fetch the file again or serve the original`,
      );
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

// ---- the model ----

/** @implements {Model} */
class OneModel {
  #kept;
  /** @type {Host | null} */
  #host;
  /** Settles when the call before has ended. @type {Promise<unknown>} */
  #turn = Promise.resolve();
  /** Settles when the call before has begun, or was cancelled. @type {Promise<void>} */
  #begun = Promise.resolve();
  /** Calls that wait or run. @type {Set<AbortController>} */
  #open = new Set();
  #closed = false;
  #info;

  /** @param {Kept} kept @param {Host} host @param {ModelInfo} info */
  constructor(kept, host, info) {
    this.#kept = kept;
    this.#host = host;
    this.#info = info;
  }

  /** @param {Kept} kept @param {Host} waiting @param {string[]} remarks @param {AbortSignal | undefined} signal @param {(p: Progress) => void} onProgress */
  static async start(kept, waiting, remarks, signal, onProgress) {
    onProgress({ phase: 'start', fraction: 0 });
    const { host, info } = await startHost(kept, signal, waiting);
    onProgress({ phase: 'start', fraction: 1 });
    return new OneModel(kept, host, {
      simd: kept.variant.startsWith('relaxed') ? 'relaxed' : 'plain',
      variant: kept.variant,
      threads: kept.threads,
      weights: info.weights,
      weightsSha256: kept.weightsSha256,
      wasmSha256: kept.wasmSha256,
      version: info.version,
      size: info.size,
      maxMegapixels: kept.maxMegapixels,
      parameters: info.parameters,
      structures: info.structures,
      lesions: info.lesions,
      grade: info.grade,
      classes: info.classes.map((/** @type {import('./vmnet.js').ModelClass} */ c) => ({
        id: c.id,
        name: c.name,
        named: c.named,
        threshold: c.threshold,
        points: c.points ?? null,
      })),
      notes: remarks,
    });
  }

  /** @returns {ModelInfo} */
  get info() {
    const { classes, structures, lesions, notes: remarks } = this.#info;
    const lists = { structures: [...structures], lesions: [...lesions], notes: [...remarks] };
    return { ...this.#info, classes: structuredClone(classes), ...lists };
  }

  /** @param {Photograph} photograph @param {ScreenOptions} [options] @returns {Promise<ScreenResult>} */
  async screen(photograph, options = {}) {
    const {
      guide = 1,
      point = 'balanced',
      fine = false,
      heatmaps = true,
      heatmapSide,
      vesselProbability = false,
      pictureSide,
      frame = 1,
      deidentify = false,
      signal,
      onProgress,
    } = options;
    const name = options.name ?? nameOf(photograph);
    const input = name ?? 'photograph';
    const { maxMegapixels } = this.#kept;
    if (!(guide >= 0 && guide <= 1))
      throw new VmnetError('argument', `guide ${guide}: must be 0 to 1; leave it out for 1`);
    checkPoint(point);
    checkSide('heatmapSide', heatmapSide);
    checkSwitch('vesselProbability', vesselProbability);
    checkSide('pictureSide', pictureSide, 'none');
    const ids = this.#info.classes.map((c) => c.id);
    const unknown = Array.isArray(heatmaps) ? heatmaps.find((id) => !ids.includes(id)) : undefined;
    if (unknown !== undefined)
      throw new VmnetError('argument', `heatmaps: '${unknown}' is not in the weights; choose from ${ids.join(', ')}`);
    // Behind another: decoded while that one is screened. At the head of the queue the Worker decodes, which is as fast.
    const ahead = photograph instanceof Blob && this.#open.size > 0;
    const early = ahead ? () => decodeAhead(name, input, photograph, maxMegapixels) : undefined;
    const work = async (
      /** @type {Host} */ host,
      /** @type {AbortSignal} */ cancelled,
      /** @type {DecodedPhotograph | undefined} */ decoded,
    ) => {
      const source = await sourceOf(decoded ?? photograph, input, maxMegapixels);
      if (cancelled.aborted) throw aborted(input, cancelled.reason);
      /** @type {ScreenRequest} */
      const screen = {
        source,
        input,
        name,
        guide,
        point,
        fine,
        heatmaps,
        heatmapSide,
        vesselProbability,
        pictureSide,
        which: { frame, deidentify },
      };
      const transfer =
        source.kind === 'bitmap' ? [source.bitmap, ...(source.bytes === null ? [] : [source.bytes.buffer])] : [];
      const { result, picture, note, dicom, milliseconds } = await post(
        host,
        input,
        { type: 'screen', screen },
        transfer,
        onProgress,
      );
      const { variant, threads } = this.#kept;
      const extra = note === null ? [] : [note];
      return {
        ...result,
        picture,
        dicom,
        info: { variant, threads, milliseconds, notes: [...this.#info.notes, ...extra] },
      };
    };
    return this.#exclusive(input, signal, onProgress, work, early);
  }

  /** @param {Blob} photograph @param {{ name?: string }} [options] @returns {Promise<DecodedPhotograph>} */
  async decode(photograph, options = {}) {
    const name = options.name ?? nameOf(photograph);
    const input = name ?? 'photograph';
    if (this.#closed) throw new VmnetError('argument', 'model: it was closed; load() another');
    if (!(photograph instanceof Blob))
      throw new VmnetError('argument', `${input}: not a file but ${typeof photograph}; give a Blob or File`);
    return decodeAhead(name, input, photograph, this.#kept.maxMegapixels);
  }

  /** @param {(Decision | NotJudged)[]} decisions @param {PointName} [point] @param {(string | null)[]} [eyes] @returns {Promise<Decided>} */
  async decideTogether(decisions, point = 'balanced', eyes = []) {
    if (this.#closed) throw new VmnetError('argument', 'model: it was closed; load() another');
    checkPoint(point);
    const given = (/** @type {Decision | NotJudged} */ d) => notJudged(d) || Array.isArray(d?.at?.[point]?.reasons);
    if (!Array.isArray(decisions) || decisions.length === 0 || !decisions.every(given))
      throw new VmnetError(
        'argument',
        'decide: a list of one or more decisions is needed; give result.decision of each photograph, null of one that could not be read',
      );
    checkEyes(eyes, decisions.length);
    const request = {
      type: 'decide',
      decide: { each: decisions.map((d) => (notJudged(d) ? d : d.at[point])), point, eyes },
    };
    const host = this.#host;
    // Past the queue: the Worker decides as soon as it is done with the photograph under way.
    if (host !== null && host.ended === null)
      try {
        return await host.call(request, []);
      } catch (error) {
        if (host.ended === null || this.#closed) throw error;
        // A cancelled call took the Worker along: another decides.
      }
    return this.#exclusive('decide', undefined, undefined, (fresh) => fresh.call(request, []));
  }

  /** @param {PhantomOptions} [options] @returns {Promise<Phantom>} */
  async phantom({ seed = 1, side = 768, lesions = [], cup = 0.4, calibre = 1 } = {}) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
      throw new VmnetError('argument', `phantom: seed ${seed} must be a whole number from 0 to 4294967295`);
    if (!(cup > 0 && cup <= 1))
      throw new VmnetError('argument', `phantom: cup ${cup} must be above 0 to 1; 0.4 is usual`);
    if (!(calibre >= CALIBRE_MIN && calibre <= CALIBRE_MAX))
      throw new VmnetError(
        'argument',
        `phantom: calibre ${calibre} must be ${CALIBRE_MIN} to ${CALIBRE_MAX}; 1 is usual`,
      );
    return this.#exclusive('phantom', undefined, undefined, async (host) => {
      checkPixels('phantom', side, side, this.#kept.maxMegapixels);
      const spec = { seed, side, lesions, cup, calibre };
      const drawn = await host.call({ type: 'phantom', phantom: spec }, []);
      return {
        photo: new ImageData(drawn.rgba, side, side),
        vessels: { width: side, height: side, data: drawn.vessels },
        lesions: { width: side, height: side, data: drawn.lesions },
        opticDisc: drawn.opticDisc,
        fovea: drawn.fovea,
        vesselWidth: drawn.vesselWidth,
      };
    });
  }

  close() {
    this.#closed = true;
    for (const call of this.#open) call.abort(new Error('the model was closed'));
    this.#host?.end(aborted('model'));
    this.#host = null;
  }

  /**
   * Waits for its turn, sees to a live Worker, and runs `work`; a cancelled call ends the Worker that it keeps busy.
   * What can be done `early`, once it is next, is: work gets what came of it, and what it has not taken is closed.
   * @template T
   * @param {string} input
   * @param {AbortSignal | undefined} signal
   * @param {((p: Progress) => void) | undefined} onProgress
   * @param {(host: Host, cancelled: AbortSignal, prepared?: DecodedPhotograph) => Promise<T>} work
   * @param {() => Promise<DecodedPhotograph>} [early]
   * @returns {Promise<T>}
   */
  async #exclusive(input, signal, onProgress, work, early) {
    if (this.#closed) throw new VmnetError('argument', 'model: it was closed; load() another');
    if (signal?.aborted) throw aborted(input, signal.reason);
    const own = new AbortController();
    const relay = () => own.abort(signal?.reason);
    signal?.addEventListener('abort', relay, { once: true });
    this.#open.add(own);
    /** @type {Promise<never>} */
    const cancelled = new Promise((_, reject) => {
      own.signal.addEventListener('abort', () => reject(aborted(input, own.signal.reason)), { once: true });
    });
    cancelled.catch(() => {});
    const before = this.#turn;
    /** @type {() => void} */
    let done = () => {};
    const end = new Promise((resolve) => {
      done = () => resolve(undefined);
    });
    this.#turn = before.then(() => end);
    const prepared = early && this.#begun.then(() => (own.signal.aborted ? undefined : early()));
    prepared?.catch(() => {}); // told when it is its turn
    /** @type {() => void} */
    let begin = () => {};
    this.#begun = new Promise((resolve) => {
      begin = resolve;
    });
    let running = false;
    try {
      await Promise.race([before, cancelled]);
      running = true;
      begin();
      const task = this.#ready(own.signal, onProgress).then(async (host) => work(host, own.signal, await prepared));
      return await Promise.race([task, cancelled]);
    } catch (error) {
      if (running && own.signal.aborted) {
        this.#host?.end(error);
        this.#host = null;
      }
      throw error;
    } finally {
      signal?.removeEventListener('abort', relay);
      this.#open.delete(own);
      begin();
      done();
      prepared?.then(
        (decoded) => decoded?.close(),
        () => {},
      );
    }
  }

  /** @param {AbortSignal} signal @param {((p: Progress) => void) | undefined} onProgress */
  async #ready(signal, onProgress) {
    if (this.#host !== null && this.#host.ended === null) return this.#host;
    onProgress?.({ phase: 'start', fraction: 0 });
    const { host } = await startHost(this.#kept, signal);
    if (signal.aborted) {
      host.end(aborted('model'));
      throw aborted('model');
    }
    onProgress?.({ phase: 'start', fraction: 1 });
    this.#host = host;
    return host;
  }
}

/** @param {Host} host @param {string} input @param {object} request @param {Transferable[]} transfer @param {ScreenOptions['onProgress']} onProgress */
async function post(host, input, request, transfer, onProgress) {
  try {
    return await host.call(request, transfer, onProgress);
  } catch (error) {
    if (error instanceof VmnetError) throw error;
    throw new VmnetError(
      'argument',
      `${input}: it cannot be handed to the Worker (${messageOf(error)}); take an image from the page's own origin, or one that the caller has not transferred away`,
      { cause: error },
    );
  }
}

/** @param {unknown} photograph */
function nameOf(photograph) {
  if (photograph instanceof DecodedPhotograph) return photograph.name;
  return typeof File === 'function' && photograph instanceof File ? photograph.name : null;
}

/**
 * What to send to the Worker. Bitmaps are copies of our own, so that the caller's stay as they are.
 * @param {Photograph} photograph @param {string} input @param {number} maxMegapixels
 * @returns {Promise<Source>}
 */
async function sourceOf(photograph, input, maxMegapixels) {
  if (photograph instanceof DecodedPhotograph) {
    // Of a kind that is not known here nothing is measured yet: the Worker says what it is.
    if (photograph.width > 0) checkPixels(input, photograph.width, photograph.height, maxMegapixels);
    return photograph.take(input);
  }
  if (photograph instanceof Blob) {
    checkSize(input, photograph.size);
    return { kind: 'blob', blob: photograph };
  }
  if (photograph instanceof ImageData) {
    checkPixels(input, photograph.width, photograph.height, maxMegapixels);
    return { kind: 'pixels', image: photograph };
  }
  const element = typeof HTMLImageElement === 'function' && photograph instanceof HTMLImageElement;
  const bitmapLike =
    element ||
    photograph instanceof ImageBitmap ||
    (typeof HTMLCanvasElement === 'function' && photograph instanceof HTMLCanvasElement) ||
    (typeof OffscreenCanvas === 'function' && photograph instanceof OffscreenCanvas);
  if (!bitmapLike)
    throw new VmnetError(
      'argument',
      `${input}: not a photograph but ${photograph === null ? 'null' : typeof photograph}; give ImageData, a Blob or File, a canvas, an ImageBitmap or an image element`,
    );
  if (element) {
    if (!photograph.complete || photograph.naturalWidth === 0)
      throw new VmnetError('damaged', `${input}: the image element holds no picture; wait for its decode() first`);
    checkPixels(input, photograph.naturalWidth, photograph.naturalHeight, maxMegapixels);
  } else {
    checkPixels(input, photograph.width, photograph.height, maxMegapixels);
  }
  try {
    const bitmap = await createImageBitmap(photograph, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
    return { kind: 'bitmap', bitmap, orientation: 1, bytes: null, sha256: null, note: null };
  } catch (error) {
    throw new VmnetError('argument', `${input}: its pixels cannot be read (${messageOf(error)}); draw it again`, {
      cause: error,
    });
  }
}
