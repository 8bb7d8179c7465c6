/**
 * The WebAssembly module behind plain calls: pixels in, typed arrays out. Knows nothing of pages, Workers or files,
 * so it runs in a Worker and in Node.js alike.
 */

import { messageOf, VmnetError } from './errors.js';
import { sniff } from './photo/sniff.js';

/**
 * @import { Answer, Decided, Disease, NotJudged, Phantom, PhantomOptions, PointName, ReasonCode, Report, Rest, ScreenResult, Variant } from './vmnet.js'
 */

/**
 * The module's functions; wasm/exports.c says what each does. Pointers are byte offsets, 0 is NULL.
 * @typedef {object} Exports
 * @property {(size: number) => number} _malloc
 * @property {(p: number) => void} _free
 * @property {() => number} _vmw_error_size
 * @property {(err: number) => number} _vmw_error_why
 * @property {(weights: number, size: number, side: number, threads: number, err: number) => number} _vmw_open
 * @property {(int8: number) => number} _vmw_warm_network
 * @property {() => number} _vmw_warm_measures
 * @property {(maps: number, step: number) => number} _vmw_warm_step
 * @property {(model: number) => void} _vmw_close
 * @property {(model: number, err: number) => number} _vmw_info
 * @property {(err: number) => number} _vmw_constants
 * @property {(bytes: number, size: number, err: number) => number} _vmw_inspect
 * @property {(bytes: number, size: number) => number} _vmw_kind
 * @property {(rgba: number, count: number) => void} _vmw_on_black
 * @property {(pixels: number, count: number, blueFirst: number) => void} _vmw_opaque
 * @property {(model: number, rgba: number, width: number, height: number, guide: number, point: number, fine: number, err: number) => number} _vmw_screen
 * @property {(result: number) => void} _vmw_result_free
 * @property {(result: number, index: number, width: number, height: number, row: number, rows: number, out: number) => number} _vmw_heatmap
 * @property {(result: number, row: number, rows: number, probability: number, mask: number) => number} _vmw_vessels
 * @property {(result: number, cup: number, row: number, rows: number, mask: number) => number} _vmw_disc
 * @property {(result: number, row: number, rows: number, kinds: number) => number} _vmw_lesions
 * @property {(result: number, layer: number, index: number) => number} _vmw_map
 * @property {(result: number, name: number, imageHash: number, weightsHash: number, binaryHash: number, variant: number, threads: number, err: number) => number} _vmw_report
 * @property {(point: number, out: number) => void} _vmw_not_readable
 * @property {(point: number, out: number) => void} _vmw_both_eyes
 * @property {(each: number, eyes: number, count: number, together: number, err: number) => number} _vmw_decide_together
 * @property {(p: number) => void} _vmw_free
 * @property {(seed: number, side: number, lesions: number, cup: number, calibre: number, marks: number, rgba: number, vessels: number, lesionMask: number, err: number) => number} _vmw_draw_phantom
 */

/**
 * Emscripten's glue, the default export of vmnet-*.mjs.
 * @typedef {(options: object) => Promise<Exports>} Glue
 */

/**
 * @typedef {object} EngineOptions
 * @property {Glue} glue
 * @property {WebAssembly.Module} module
 * @property {Uint8Array} weights not needed after the call
 * @property {Variant} variant
 * @property {number} threads
 * @property {number} size
 * @property {number} maxMegapixels
 * @property {string | null} weightsSha256
 * @property {string | null} wasmSha256
 */

/**
 * What an engine answers, without what only the caller knows.
 * @typedef {Omit<ScreenResult, 'info' | 'dicom' | 'picture'>} EngineResult
 */

/**
 * What the module counts in, by name: vm_constants.
 * @typedef {object} Constants
 * @property {{ max_reasons: number }} limits
 * @property {Readonly<Record<string, number>>} statuses
 * @property {Readonly<Record<PointName, number>>} points
 * @property {Readonly<Record<Answer, number>>} answers
 * @property {Readonly<Record<Rest, number>>} rests
 * @property {Readonly<Record<ReasonCode, number>>} reasons
 * @property {Readonly<Record<string, number>>} layers
 * @property {Readonly<Record<string, number>>} lesions
 * @property {Readonly<Record<import('./vmnet.js').LesionKind, number>>} drawn_lesions
 */

/**
 * Room for a photograph in the module's memory. `bytes` is a view of it, of `size` bytes; of none once that memory is another.
 * @typedef {{ at: number, size: number, bytes: Uint8Array<ArrayBuffer> }} Room
 */

/** WebAssembly counts memory in pages of 64 KiB. */
const PAGE_BYTES = 65536;

/** Pages that the module accepts at least: 64 MB. */
const LEAST_PAGES = 1024;

/** What the module inspects as a photograph: its errors say more than the kind. */
const INSPECTED = ['', 'JPEG', 'PNG'];

/** Bytes of a photograph that are brought in at a time: few enough to be in the processor's cache still when they are looked at. */
const PIECE = 2 ** 18;

/** Rows drawn at a time: small enough for little memory, large enough for few calls. */
const STRIP = 64;

/**
 * Pages of the module's memory. It never grows, so this is the ceiling; an operating system gives memory only as it is
 * touched. Measured: 34 MB and 405 bytes a pixel of the network's input, 4 bytes a pixel of the photograph; the rest is
 * reserve. tests/js/memory.test.mjs fails when it is too little.
 * @param {number} size S
 * @param {number} maxMegapixels
 * @param {number} weightsBytes
 * @param {number} threads
 */
export function memoryPages(size, maxMegapixels, weightsBytes, threads) {
  const bytes = 18e6 + weightsBytes * 4 + size * size * 430 + maxMegapixels * 4.1e6 + threads * 2e6;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return Math.min(Math.max(pages, LEAST_PAGES), 32768); // 2 GB
}

/**
 * The module with this memory and so many threads beside the caller's.
 * @param {Pick<EngineOptions, 'glue' | 'module'>} options @param {WebAssembly.Memory} memory @param {number} poolSize
 * @returns {Promise<Exports>}
 */
function instantiate({ glue, module }, memory, poolSize) {
  /** @type {(reason: unknown) => void} */
  let refuse = () => {};
  const refused = new Promise((_, reject) => {
    refuse = reject;
  });
  const started = glue({
    wasmMemory: memory,
    poolSize,
    onAbort: (/** @type {unknown} */ what) => refuse(new Error(`the module stopped: ${what}`)),
    instantiateWasm: (
      /** @type {WebAssembly.Imports} */ imports,
      /** @type {(i: WebAssembly.Instance, m: WebAssembly.Module) => void} */ receive,
    ) => {
      WebAssembly.instantiate(module, imports).then((instance) => receive(instance, module), refuse);
      return {};
    },
  });
  return Promise.race([started, refused]);
}

/**
 * Runs what a screening will run, in an instance that is dropped: the engine optimises it meanwhile, for all instances of this
 * module. First the network's operations, then, step by step, what is around them, until it is `late`.
 * @param {Pick<EngineOptions, 'glue' | 'module' | 'variant'>} options @param {'f32' | 'int8'} precision of the weights to come
 * @param {() => Promise<boolean>} late whether they are there
 */
export async function warm(options, precision, late) {
  if (await late()) return;
  const shared = options.variant.endsWith('-mt');
  const memory = new WebAssembly.Memory({ initial: LEAST_PAGES, maximum: LEAST_PAGES, shared });
  const c = await instantiate(options, memory, 0);
  if (await late()) return;
  c._vmw_warm_network(precision === 'int8' ? 1 : 0);
  if (await late()) return;
  const maps = c._vmw_warm_measures();
  for (let step = 0; maps !== 0 && c._vmw_warm_step(maps, step) && !(await late()); ) step++;
}

export class Engine {
  /** @type {Exports} */
  #c;
  #memory;
  #model = 0;
  #err;
  /** @type {Constants} */
  #counts;
  #options;

  /** @param {Exports} c @param {WebAssembly.Memory} memory @param {EngineOptions} options */
  constructor(c, memory, options) {
    this.#c = c;
    this.#memory = memory;
    this.#options = { ...options, weights: null };
    this.#err = this.#allocate(c._vmw_error_size(), 'an error text');
    const constants = c._vmw_constants(this.#err);
    if (constants === 0)
      throw new VmnetError('memory', 'memory: none for the constants; load() with a larger maxMegapixels');
    this.#counts = JSON.parse(this.#take(constants));
  }

  /**
   * Starts the module and builds the network.
   * @param {EngineOptions} options
   */
  static async start(options) {
    const { size, threads, maxMegapixels, weights, variant } = options;
    const shared = variant.endsWith('-mt');
    const pages = memoryPages(size, maxMegapixels, weights.length, threads);
    /** @type {WebAssembly.Memory} */
    let memory;
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch (error) {
      throw new VmnetError(
        'memory',
        `memory: ${Math.round((pages * PAGE_BYTES) / 1e6)} MB for size ${size} and ${maxMegapixels} megapixels were refused (${messageOf(error)}); load() with a smaller maxMegapixels or size`,
        { cause: error },
      );
    }
    const c = await instantiate(options, memory, threads - 1);
    const engine = new Engine(c, memory, options);
    engine.#open(weights);
    return engine;
  }

  /** @param {Uint8Array} weights */
  #open(weights) {
    const { size, threads } = this.#options;
    const p = this.#allocate(weights.length, `${weights.length} bytes of weights`);
    this.#bytes(p, weights.length).set(weights);
    this.#model = this.#c._vmw_open(p, weights.length, size, threads, this.#err);
    this.#c._free(p);
    if (this.#model === 0) throw this.#error('model');
  }

  /** Gives the network's memory back. */
  close() {
    if (this.#model !== 0) this.#c._vmw_close(this.#model);
    this.#model = 0;
  }

  /** vm_info as an object. */
  info() {
    const p = this.#c._vmw_info(this.#model, this.#err);
    if (p === 0) throw this.#error('info');
    return JSON.parse(this.#take(p));
  }

  /**
   * Refuses a JPEG or PNG that is not whole, and what is no picture that can be read, by the command's own rules. A WebP
   * that is no animation, a TIFF or a DICOM object is left to its decoder.
   * @param {Uint8Array} bytes of the file
   * @param {string} input for error texts
   */
  inspect(bytes, input) {
    const { kind, animated = false } = sniff(bytes);
    if ((kind === 'webp' && !animated) || kind === 'tiff' || kind === 'dicom') return;
    const p = this.#allocate(bytes.length, `${bytes.length} bytes of the file`, input);
    try {
      this.#bytes(p, bytes.length).set(bytes);
      if (this.#c._vmw_inspect(p, bytes.length, this.#err) === 0) return;
      const name = this.#c._vmw_kind(p, bytes.length);
      const named = name === 0 ? '' : this.#string(name);
      throw this.#error(input, INSPECTED.includes(named) ? {} : { kind: named });
    } finally {
      this.#c._free(p);
    }
  }

  /**
   * Room for pixels that come from elsewhere; screen() takes it and gives it back, or release() does.
   * @param {number} width @param {number} height @param {string} input for error texts
   * @returns {Room}
   */
  room(width, height, input) {
    const size = 4 * width * height;
    const at = this.#allocate(size, `${width} x ${height} pixels`, input);
    return { at, size, bytes: this.#bytes(at, size) };
  }

  /** @param {Room} room */
  release(room) {
    this.#c._free(room.at);
  }

  /** Makes what came opaque, red first. @param {Room} room @param {boolean} blueFirst which it was */
  settle({ at, size }, blueFirst) {
    this.#c._vmw_opaque(at, size / 4, Number(blueFirst));
  }

  /** The pixels in the module's memory, on black. @param {Uint8ClampedArray | Uint8Array} rgba @param {Room} room */
  #bring(rgba, { at, bytes }) {
    for (let from = 0; from < rgba.length; from += PIECE) {
      const piece = rgba.subarray(from, from + PIECE);
      bytes.set(piece, from);
      this.#c._vmw_on_black(at + from, piece.length / 4);
    }
  }

  /**
   * @param {Uint8ClampedArray | Uint8Array | Room} pixels [height][width][4]; what is transparent stands on black. A room's
   *   are opaque, and it is given back.
   * @param {number} width
   * @param {number} height
   * @param {object} request
   * @param {string} request.input for error texts
   * @param {number} request.guide 0..1
   * @param {PointName} request.point of `decision`
   * @param {boolean} [request.fine] vessels and arteries as means over mirror images, too
   * @param {boolean | 'suspected' | string[]} request.heatmaps all, none, of what is suspected at any operating point, or these ids
   * @param {boolean} [request.vesselProbability] beside the vessels' mask
   * @param {number} [request.heatmapSide] of their longer side in pixels, at most and without it the photograph's
   * @param {string | null} request.name
   * @param {string | null} request.imageSha256
   * @param {(phase: 'network' | 'layers', fraction: number) => void} [request.onProgress]
   * @returns {EngineResult}
   */
  screen(pixels, width, height, request) {
    const point = this.#counts.points[request.point];
    const room = 'bytes' in pixels ? pixels : this.room(width, height, request.input);
    let result = 0;
    try {
      if (room !== pixels) this.#bring(/** @type {Uint8Array} */ (pixels), room);
      request.onProgress?.('network', 0);
      const fine = request.fine === true ? 1 : 0;
      result = this.#c._vmw_screen(this.#model, room.at, width, height, request.guide, point, fine, this.#err);
    } finally {
      this.release(room); // before the layers are drawn
    }
    if (result === 0) throw this.#error(request.input);
    request.onProgress?.('network', 1);
    try {
      return this.#collect(result, request);
    } finally {
      this.#c._vmw_result_free(result);
    }
  }

  /**
   * The answer for an eye or a patient from those of several photographs, at one operating point.
   * @param {(Decided | NotJudged)[]} each
   * @param {PointName} point
   * @param {(string | null)[]} eyes of which eye each is: the same text is the same eye; none, '' or null: an eye of its own
   * @returns {Decided}
   */
  decideTogether(each, point, eyes = []) {
    const { limits, points, answers, rests, reasons: codes } = this.#counts;
    /** @type {string[]} */
    const ids = this.info().classes.map((/** @type {{ id: string }} */ c) => c.id);
    const places = Object.fromEntries(ids.map((id, i) => [id, i]));
    const numberOf = (/** @type {Readonly<Record<string, number>>} */ table, /** @type {string} */ name) => {
      if (!Object.hasOwn(table, name))
        throw new VmnetError('argument', `decide: '${name}' is unknown to these weights; give answers that they gave`);
      return table[name];
    };
    const fields = 4 + 2 * limits.max_reasons; // of a vm_decision, whole numbers all
    const size = fields * (each.length + 1);
    const known = [...new Set(eyes.filter(Boolean))];
    const p = this.#allocate(4 * (size + each.length), `${each.length} decisions`);
    try {
      const numbers = new Int32Array(this.#memory.buffer, p, size + each.length);
      numbers.set(
        each.map((_, i) => known.indexOf(eyes[i] ?? '') + 1),
        size,
      );
      for (const [i, one] of each.entries()) {
        if (one === null || one === 'both-eyes') {
          this.#c[one === null ? '_vmw_not_readable' : '_vmw_both_eyes'](points[point], p + 4 * fields * i);
          continue;
        }
        const { answer, reasons, rest = 'not-judged' } = one;
        const pairs = reasons.flatMap(({ code, disease }) => [
          numberOf(codes, code),
          disease === undefined ? -1 : numberOf(places, disease),
        ]);
        const head = [numberOf(answers, answer), points[point], numberOf(rests, rest), reasons.length];
        numbers.set([...head, ...pairs].slice(0, fields), fields * i);
      }
      const at = p + 4 * fields * each.length;
      if (this.#c._vmw_decide_together(p, p + 4 * size, each.length, at, this.#err) !== 0) throw this.#error('decide');
      const [answer, , rest, count, ...pairs] = new Int32Array(this.#memory.buffer, at, fields);
      const reasons = Array.from({ length: count }, (_, i) => {
        const code = nameOf(codes, pairs[2 * i]);
        return pairs[2 * i + 1] < 0 ? { code } : { code, disease: ids[pairs[2 * i + 1]] };
      });
      return { answer: nameOf(answers, answer), reasons, rest: nameOf(rests, rest) };
    } finally {
      this.#c._free(p);
    }
  }

  /**
   * A made-up photograph with known truth.
   * @param {Required<PhantomOptions>} spec
   * @returns {{ rgba: Uint8ClampedArray<ArrayBuffer>, vessels: Uint8Array, lesions: Uint8Array } & Pick<Phantom, 'opticDisc' | 'fovea' | 'vesselWidth'>}
   */
  phantom({ seed, side, lesions, cup, calibre = 1 }) {
    let bits = 0;
    const known = this.#counts.lesions;
    for (const name of lesions) {
      if (!Object.hasOwn(known, name))
        throw new VmnetError('argument', `lesions: '${name}' is unknown; choose from ${Object.keys(known).join(', ')}`);
      bits |= known[name];
    }
    if (!Number.isInteger(side) || side < 1 || side > 65535)
      throw new VmnetError('argument', `phantom: side ${side} must be a whole number of pixels; 512 is a good one`);
    const pixels = side * side;
    const marks = this.#allocate(pixels * 6 + 24, `a phantom of ${side} x ${side} pixels`);
    const p = marks + 24;
    try {
      const [vesselsAt, lesionsAt] = [p + pixels * 4, p + pixels * 5];
      const draw = this.#c._vmw_draw_phantom;
      const status = draw(seed, side, bits, cup, calibre, marks, p, vesselsAt, lesionsAt, this.#err);
      if (status !== 0) throw this.#error('phantom');
      const rgba = new Uint8ClampedArray(pixels * 4);
      rgba.set(this.#bytes(p, pixels * 4));
      const vessels = this.#bytes(vesselsAt, pixels).slice();
      const lesions = this.#bytes(lesionsAt, pixels).slice();
      const [x, y, radius, foveaX, foveaY, vesselWidth] = new Float32Array(this.#memory.buffer, marks, 6);
      return { rgba, vessels, lesions, opticDisc: { x, y, radius }, fovea: { x: foveaX, y: foveaY }, vesselWidth };
    } finally {
      this.#c._free(marks);
    }
  }

  /** @param {number} result @param {Parameters<Engine['screen']>[3]} request @returns {EngineResult} */
  #collect(result, request) {
    const report = this.#report(result, request);
    const { width, height } = report.image;
    const heatmaps = request.heatmaps === 'suspected' ? suspectedIn(report) : request.heatmaps;
    const wanted = report.diseases.map((d) => (Array.isArray(heatmaps) ? heatmaps.includes(d.id) : heatmaps));
    const total = 1 + wanted.filter(Boolean).length;
    let done = 0;
    const drawn = () => request.onProgress?.('layers', ++done / total);
    const mask = new Uint8Array(width * height);
    const probability = request.vesselProbability === true ? new Uint8Array(width * height) : null;
    this.#draw(probability === null ? [mask] : [mask, probability], width, height, (row, rows, at) =>
      this.#c._vmw_vessels(result, row, rows, probability === null ? 0 : at + rows * width, at),
    );
    drawn();
    const shrunk = Math.min(1, (request.heatmapSide ?? Infinity) / Math.max(width, height));
    const size = { width: Math.max(1, Math.round(width * shrunk)), height: Math.max(1, Math.round(height * shrunk)) };
    const heatmap = (/** @type {number} */ index) => {
      const data = new Uint8Array(size.width * size.height);
      this.#draw([data], size.width, size.height, (row, rows, at) =>
        this.#c._vmw_heatmap(result, index, size.width, size.height, row, rows, at),
      );
      drawn();
      return { ...size, data };
    };
    const diseases = report.diseases.map((d, index) => {
      /** @type {Disease} */
      const disease = {
        id: d.id,
        name: d.name,
        logit: d.logit,
        probability: d.probability,
        threshold: d.threshold,
        positive: d.positive,
        cuts: /** @type {Disease['cuts']} */ (d.cuts),
        heatmap: wanted[index] ? heatmap(index) : null,
      };
      return disease;
    });
    const grid = report.model.size / 16;
    const map = (/** @type {'guide' | 'before' | 'after'} */ layer) => {
      return { width: grid, height: grid, data: this.#map(result, this.#counts.layers[layer], 0, grid * grid) };
    };
    const guide = map('guide');
    const discAndCup = /** @type {import('./vmnet.js').DiscAndCup} */ (report.disc_and_cup);
    const around = rectangleOf(report);
    const patch = (/** @type {0 | 1} */ cup) => this.#patch(result, cup, around, width, height);
    const lesions = /** @type {import('./vmnet.js').Lesions} */ (report.lesions);
    const kinds = /** @type {import('./vmnet.js').LesionKind[]} */ (Object.keys(this.#counts.drawn_lesions));
    const arteries = /** @type {import('./vmnet.js').Arteries} */ (report.arteries);
    const side = report.model.size;
    const square = (/** @type {'vessels' | 'artery-map'} */ layer) => {
      return { width: side, height: side, data: this.#map(result, this.#counts.layers[layer], 0, side * side) };
    };
    const anyLesion = kinds.some((kind) => (lesions[kind]?.count ?? 0) > 0);
    return {
      width,
      height,
      discAndCup,
      disc: discAndCup.disc === null ? null : patch(0),
      cup: discAndCup.cup === null ? null : patch(1),
      lesions,
      lesionMap: anyLesion ? this.#lesions(result, width, height) : null,
      arteries,
      arteryMap: arteries.valid ? square('artery-map') : null,
      grade: /** @type {import('./vmnet.js').Grade} */ (report.grade),
      orientation: /** @type {import('./vmnet.js').Orientation} */ (report.orientation),
      vessels: { width, height, probability, mask },
      vesselMap: square('vessels'),
      decision: report.decision,
      diseases,
      quality: report.quality,
      fieldOfView: report.field_of_view,
      vesselDensity: report.vessels.density,
      measures: { field: report.vessels.field, zoneB: report.vessels.zone_b, zoneC: report.vessels.zone_c },
      opticDisc: report.optic_disc,
      laterality: report.laterality,
      guideMap: guide,
      stages: { before: map('before'), guide, after: map('after') },
      report,
    };
  }

  /**
   * Fills layers, 255 = 1, that are drawn together: strips of rows, one layer's after the other's.
   * @param {Uint8Array[]} layers [height][width] each
   * @param {number} width
   * @param {number} height
   * @param {(row: number, rows: number, out: number) => number} strip draws rows to this place; returns a vm_status
   */
  #draw(layers, width, height, strip) {
    const out = this.#allocate(layers.length * width * STRIP, 'drawing');
    try {
      for (let row = 0; row < height; row += STRIP) {
        const rows = Math.min(STRIP, height - row);
        const status = strip(row, rows, out);
        if (status !== 0) throw new VmnetError(this.#code(status), 'drawing: a layer failed; screen again');
        for (const [i, data] of layers.entries())
          data.set(this.#bytes(out + i * rows * width, rows * width), row * width);
      }
    } finally {
      this.#c._free(out);
    }
  }

  /**
   * The mask of the optic disc, or of its cup, in the rectangle around the disc.
   * @param {number} result @param {0 | 1} cup @param {ReturnType<typeof rectangleOf>} around
   * @param {number} width @param {number} height of the photograph
   * @returns {import('./vmnet.js').Patch}
   */
  #patch(result, cup, { x, y, across, down }, width, height) {
    // a pixel more on every side: the extent is measured a little finer or coarser than the photograph's pixels
    const left = Math.max(0, Math.floor(x - across / 2) - 1);
    const top = Math.max(0, Math.floor(y - down / 2) - 1);
    const size = {
      width: Math.min(width, Math.ceil(x + across / 2) + 1) - left,
      height: Math.min(height, Math.ceil(y + down / 2) + 1) - top,
    };
    const rows = new Uint8Array(width * size.height);
    this.#draw([rows], width, size.height, (row, count, at) => this.#c._vmw_disc(result, cup, top + row, count, at));
    const data = new Uint8Array(size.width * size.height);
    for (let row = 0; row < size.height; row++) {
      const from = row * width + left;
      data.set(rows.subarray(from, from + size.width), row * size.width);
    }
    return { x: left, y: top, ...size, data };
  }

  /**
   * Which lesions are drawn where.
   * @param {number} result @param {number} width @param {number} height of the photograph
   * @returns {import('./vmnet.js').Layer}
   */
  #lesions(result, width, height) {
    const data = new Uint8Array(width * height);
    this.#draw([data], width, height, (row, count, at) => this.#c._vmw_lesions(result, row, count, at));
    return { width, height, data };
  }

  /**
   * A map at the network's own resolution (tests use more of them than the API shows).
   * @param {number} result @param {number} layer @param {number} index @param {number} count
   */
  #map(result, layer, index, count) {
    return new Float32Array(this.#memory.buffer, this.#c._vmw_map(result, layer, index), count).slice();
  }

  /** @param {number} result @param {{ name: string | null, imageSha256: string | null }} from @returns {Report} */
  #report(result, from) {
    const { weightsSha256, wasmSha256, variant, threads } = this.#options;
    const texts = [from.name, from.imageSha256, weightsSha256, wasmSha256, variant].map((text) => this.#text(text));
    const [name, image, weights, wasm, kind] = texts;
    const p = this.#c._vmw_report(result, name, image, weights, wasm, kind, threads, this.#err);
    for (const text of texts) if (text !== 0) this.#c._free(text);
    if (p === 0) throw this.#error('report');
    return JSON.parse(this.#take(p));
  }

  /** @param {number} count @param {string} what @param {string} [input] */
  #allocate(count, what, input = 'memory') {
    const p = this.#c._malloc(count);
    if (p === 0)
      throw new VmnetError(
        'memory',
        `${input}: no memory for ${what} in a model made for ${this.#options.maxMegapixels} megapixels; load() with a larger maxMegapixels or scale the photograph down`,
      );
    return p;
  }

  /** @param {number} p @param {number} count */
  #bytes(p, count) {
    return new Uint8Array(this.#memory.buffer, p, count);
  }

  /** @param {number} status a vm_status @returns {import('./vmnet.js').VmnetErrorCode} */
  #code(status) {
    return nameOf(/** @type {any} */ (this.#counts.statuses), status) ?? 'runtime'; // VM_OK has none: a mistake of ours
  }

  /** A copy of a text in the module's memory; 0 for null. @param {string | null} text */
  #text(text) {
    if (text === null) return 0;
    const bytes = new TextEncoder().encode(text);
    const p = this.#allocate(bytes.length + 1, 'a text');
    const place = this.#bytes(p, bytes.length + 1);
    place.set(bytes);
    place[bytes.length] = 0;
    return p;
  }

  /** @param {number} p */
  #string(p) {
    const heap = new Uint8Array(this.#memory.buffer);
    // slice: a TextDecoder does not read shared memory
    return new TextDecoder().decode(heap.slice(p, heap.indexOf(0, p)));
  }

  /** Reads a text that C made for us, and frees it. @param {number} p */
  #take(p) {
    const text = this.#string(p);
    this.#c._vmw_free(p);
    return text;
  }

  /** The last vm_error, with the caller's name for the input. @param {string} input @param {Readonly<Record<string, string>>} [facts] */
  #error(input, facts = {}) {
    const status = new Int32Array(this.#memory.buffer, this.#err, 1)[0];
    const text = this.#string(this.#err + 4).replace(/^photograph:/, `${input}:`);
    const why = this.#string(this.#c._vmw_error_why(this.#err));
    return new VmnetError(this.#code(status), text, { facts: why === '' ? facts : { why, ...facts } });
  }
}

/** What of a result can be moved to another thread. @param {EngineResult} result @returns {ArrayBufferLike[]} */
export function buffersOf({ vessels, vesselMap, stages, disc, cup, lesionMap, arteryMap, diseases }) {
  const { before, guide, after } = stages; // guideMap is stages.guide
  const layers = [before, guide, after, disc, cup, lesionMap, vesselMap, arteryMap, ...diseases.map((d) => d.heatmap)];
  const data = [vessels.mask, vessels.probability, ...layers.map((layer) => layer?.data ?? null)];
  return data.flatMap((array) => (array === null ? [] : [array.buffer]));
}

/** Around the optic disc, in the photograph as it was given: width and height of the report are those of the upright one. @param {Report} report */
function rectangleOf({ disc_and_cup: seen, orientation }) {
  const { x, y, width_px, height_px } = seen?.disc ?? { x: 0, y: 0, width_px: 0, height_px: 0 };
  const lies = (orientation?.turned ?? 0) !== 0;
  return { x, y, across: lies ? height_px : width_px, down: lies ? width_px : height_px };
}

/** @template {string} N @param {Readonly<Record<N, number>>} table @param {number} number one of its numbers @returns {N} */
function nameOf(table, number) {
  return /** @type {N} */ (Object.keys(table).find((name) => table[/** @type {N} */ (name)] === number));
}

/** Ids of what is suspected at any operating point. @param {Report} report */
function suspectedIn({ decision }) {
  const reasons = Object.values(decision.at).flatMap((at) => at.reasons);
  return reasons.flatMap(({ code, disease }) => (code === 'finding' && disease !== undefined ? [disease] : []));
}
