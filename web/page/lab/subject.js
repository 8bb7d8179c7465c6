/** The photographs that the lab studies, and the network's runs on them. */

import { bitmapOf } from '../intake/bitmap.js';
import { quartersOf, turnedCanvas } from '../viewer/upright.js';
import { PageError } from '../words/error-texts.js';
import { agreement, agreementLayer, cut, layerOf, learntStrength, squareOf } from './maps.js';
import { phantomName } from './phantom-choice.js';

/**
 * @import { Disease, Layer, Lesion, Phantom, Report, ScreenResult, Stages } from '../../vmnet.js'
 * @import { Context, Current } from '../shell/context.js'
 * @import { Square } from './maps.js'
 */

/**
 * A run of the network at one strength of the guide, without what is large.
 * @typedef {object} Run
 * @property {number} strength of the guide, in tenths
 * @property {Omit<Disease, 'heatmap'>[]} diseases
 * @property {Report['decision']} decision
 * @property {Stages} stages
 * @property {Map<string, Layer>} heatmaps by disease, cut to the square
 */

/** @typedef {{ found: boolean, x: number, y: number, radius: number }} FoundDisc */

/**
 * What all runs on one photograph share: the guide does not touch it.
 * @typedef {object} Frame
 * @property {number} width
 * @property {number} height
 * @property {ScreenResult['fieldOfView']} field
 * @property {Square} square around the field of view
 * @property {number} size of the network's input
 * @property {number} density share of the field of view that is vessel
 * @property {number | null} vesselWidth mean, in the photograph's pixels
 * @property {Layer} vessels their probability over the square
 * @property {FoundDisc | null} disc as the program found it; null where it does not look for it
 * @property {{ dice: number, sensitivity: number, precision: number, layer: Layer } | null} vesselTruth found against drawn
 */

/** @typedef {{ seed: number, lesions: Lesion[], cup: number, calibre: number }} PhantomChoice */

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {'own' | 'sample' | 'phantom'} kind
 * @property {Blob | ImageData} source
 * @property {PhantomChoice | null} choice what a phantom was drawn with
 * @property {Omit<Phantom, 'photo'> | null} truth
 * @property {ScreenResult | null} shared what the case has computed, with the guide at its full strength
 * @property {Map<number, Run>} runs by strength in tenths
 * @property {Frame | null} frame once there is a run
 * @property {number | null} learnt a, once a run tells it
 * @property {OffscreenCanvas | null} photo at most PHOTO_SIDE a side
 * @property {boolean} isWhole whether that has all pixels of the source
 */

/** Tenths. */
export const FULL = 10;
/** Pixels a side of a phantom, as in the Screen view: the numbers are the same there. */
const PHANTOM_SIDE = 1024;
const PHOTO_SIDE = 1600;
const HEAT_SIDE = 256;

/**
 * @param {Pick<Subject, 'name' | 'kind' | 'source'> & Partial<Subject>} of
 * @returns {Promise<Subject>} with its photograph ready to be drawn
 */
async function subject(of) {
  const { photo, isWhole } = await shrunk(of.source);
  return {
    choice: null,
    truth: null,
    shared: null,
    runs: new Map(),
    frame: null,
    learnt: null,
    photo,
    isWhole,
    ...of,
  };
}

/** @param {Blob | ImageData} source */
async function shrunk(source) {
  const bitmap = await bitmapOf(source);
  const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { photo: canvas, isWhole: scale === 1 };
}

/** What lies on its side as it is shown: previews are too small for the network to see how they lie. @param {Blob | ImageData} source @param {number} quarters */
async function upright(source, quarters) {
  const bitmap = await bitmapOf(source);
  const canvas = turnedCanvas(bitmap, quarters);
  bitmap.close();
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The photograph in the Screen view. @param {Current} current */
export async function fromScreen({ name, source, example, truth, result }) {
  const kind = truth !== null ? 'phantom' : example !== null ? 'sample' : 'own';
  const choice = truth === null ? null : { cup: 0.4, calibre: 1, ...truth.choice };
  const quarters = truth === null ? quartersOf(result?.report ?? null) : 0;
  if (quarters === 0) return subject({ name, kind, source, choice, shared: result });
  return subject({ name, kind, source: await upright(source, quarters), choice });
}

/** @param {import('../case/case.js').Example} example */
export async function fromSample(example) {
  const url = new URL(`../../sample/${example}.jpg`, import.meta.url);
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new PageError('network', 'start.no-sample', { url: url.href });
  return subject({ name: `${example}.jpg`, kind: 'sample', source: await response.blob() });
}

/** @param {Context} context @param {PhantomChoice} choice */
export async function fromPhantom(context, choice) {
  const model = await context.model();
  const { photo, ...truth } = await model.phantom({ ...choice, side: PHANTOM_SIDE });
  return subject({ name: phantomName(choice), kind: 'phantom', source: photo, choice, truth });
}

// ---- runs ----

/** @typedef {[Subject, number]} Wish a photograph and a strength in tenths */

/** Runs the network for the view: one run at a time, the latest wish first, each strength once. */
export class GuideRunner {
  #context;
  /** @type {Wish[]} */
  #wishes = [];
  #busy = false;
  #told;

  /**
   * @param {Context} context
   * @param {(busy: Wish | null, error: unknown) => void} told after each step: what is being computed, and what went wrong
   */
  constructor(context, told) {
    this.#context = context;
    this.#told = told;
  }

  /** Takes the place of all earlier wishes that are not being computed yet. @param {Wish[]} wishes by urgency */
  want(wishes) {
    this.#wishes = wishes;
    this.#pump();
  }

  async #pump() {
    if (this.#busy) return;
    this.#busy = true;
    /** @type {unknown} */
    let failed = null;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#told(next, null);
      try {
        await this.#run(next);
      } catch (error) {
        failed = error;
        this.#wishes = []; // no use in trying again and again
      }
    }
    this.#busy = false;
    this.#told(null, failed);
  }

  #next() {
    return this.#wishes.find(([of, strength]) => !of.runs.has(strength));
  }

  /** @param {Wish} wish */
  async #run([of, strength]) {
    const ready = strength === FULL ? of.shared : null;
    const result = ready?.diseases.every((d) => d.heatmap !== null)
      ? ready
      : await (await this.#context.model()).screen(of.source, { guide: strength / 10, name: of.name });
    keep(of, strength, result);
  }
}

/** @param {Subject} of @param {number} strength @param {ScreenResult} result */
function keep(of, strength, result) {
  of.frame ??= frameOf(of, result);
  const { square } = of.frame;
  /** @type {Map<string, Layer>} */
  const heatmaps = new Map();
  for (const { id, heatmap } of result.diseases)
    if (heatmap !== null) heatmaps.set(id, cut(heatmap, square, HEAT_SIDE));
  const diseases = result.diseases.map(({ heatmap, ...numbers }) => numbers);
  of.learnt ??= learntStrength(result.stages, strength / 10);
  of.runs.set(strength, { strength, diseases, decision: result.report.decision, stages: result.stages, heatmaps });
}

/** @param {Subject} of @param {ScreenResult} result @returns {Frame} */
function frameOf({ truth }, result) {
  const { width, height, vessels, vesselMap, fieldOfView: field, report } = result;
  const square = squareOf(field);
  const mask = { width, height, data: vessels.mask };
  return {
    width,
    height,
    field,
    square,
    size: report.model.size,
    density: result.vesselDensity,
    vesselWidth: result.measures.field?.width_px ?? null,
    vessels: layerOf(vesselMap, square, { width, height }),
    disc: /** @type {ScreenResult & { opticDisc?: FoundDisc }} */ (result).opticDisc ?? null,
    vesselTruth:
      truth === null
        ? null
        : { ...agreement(mask.data, truth.vessels.data), layer: agreementLayer(mask, truth.vessels) },
  };
}

/** The run at this strength, or else the nearest that there is. @param {Subject} of @param {number} strength */
export function nearestRun({ runs }, strength) {
  /** @type {Run | null} */
  let best = null;
  for (const run of runs.values())
    if (best === null || Math.abs(run.strength - strength) < Math.abs(best.strength - strength)) best = run;
  return best;
}
