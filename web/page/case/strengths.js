/**
 * A photograph's results by strength of the vessel guide. Their layers are as large as the photograph: of twelve megapixels
 * they take 120 MB a strength. So those used last are kept as long as they fit, and of the others the numbers alone.
 */

/** @import { ScreenResult } from '../../vmnet.js' */

/** Bytes of layers: all steps of the slider for a photograph of one megapixel, two for one of twelve. */
export const MOST_BYTES = 256 * 2 ** 20;
/** The one that is shown, and the one that it is compared with. */
const LEAST = 2;

/** @typedef {{ guide: number, probabilities: number[] }} Numbers in the order of the diseases */

/** @param {ScreenResult} result */
function bytesOf({ vessels, diseases }) {
  const layers = diseases.reduce((sum, { heatmap }) => sum + (heatmap?.data.byteLength ?? 0), 0);
  return vessels.probability.byteLength + vessels.mask.byteLength + layers;
}

export class Strengths {
  /** What was used last stands last. @type {Map<number, ScreenResult>} */
  #kept = new Map();
  /** @type {Map<number, Numbers>} */
  #numbers = new Map();

  /** @param {number} guide 0..1 */
  has(guide) {
    return this.#kept.has(guide);
  }

  /** @param {number} guide 0..1 */
  get(guide) {
    const found = this.#kept.get(guide);
    if (found === undefined) return undefined;
    this.#kept.delete(guide);
    this.#kept.set(guide, found);
    return found;
  }

  /** The one that was used last. */
  get last() {
    return [...this.#kept.values()].at(-1);
  }

  /** Also where its layers are not kept any more. @param {number} guide 0..1 */
  numbers(guide) {
    return this.#numbers.get(guide) ?? null;
  }

  /** @param {number} guide 0..1 @param {ScreenResult} result */
  set(guide, result) {
    this.#kept.delete(guide);
    this.#kept.set(guide, result);
    this.#numbers.set(guide, { guide, probabilities: result.diseases.map((d) => d.probability) });
    let bytes = [...this.#kept.values()].reduce((sum, one) => sum + bytesOf(one), 0);
    for (const [oldest, one] of this.#kept) {
      if (bytes <= MOST_BYTES || this.#kept.size <= LEAST) break;
      this.#kept.delete(oldest);
      bytes -= bytesOf(one);
    }
  }
}
