/**
 * Pictures as large as the photograph that are made only where one looks. A reduced picture of the whole serves while
 * the view is wide; closer, tiles at full resolution. All tiles of a viewer share one store of bounded size: a picture
 * costs at most 16 MiB for its reduced form, and all tiles together at most 96 MiB, whatever the photograph's size.
 */

/**
 * @import { Place, Size } from './pose.js'
 * @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context2D
 */

/**
 * Something that draws itself onto the photograph.
 * @typedef {{ draw: (context: Context2D, place: Place, store: Store) => void }} Drawn
 */

/** Where tiles are kept; null instead of a tile that cannot be made just now. @typedef {{ tile: (owner: number, index: number, make: () => OffscreenCanvas) => OffscreenCanvas | null }} Store */

const TILE = 512;
/** Pixels a side of a reduced picture, at most. */
const REDUCED = 2048;
/** Those of a picture that is quickly made anew: no more than is seen. */
const STEPS = [1024, 1536, REDUCED];
/** 512 x 512 pixels of 4 bytes each: 1 MiB a tile. */
const MAX_TILES = 96;
/** Time for new tiles in one frame. At least one is made, so that all come in the end. */
const FRAME_MS = 10;
/** From here on photograph pixels are seen as such, with sharp edges. */
const SHARP = 2;

/** The size in which pictures of a whole photograph are kept. @param {Size} full @param {number} [most] pixels a side @returns {Size} */
export function reducedSize({ width, height }, most = REDUCED) {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** The least recently drawn tiles go first; those of the present frame stay. */
export class TileStore {
  /** @type {Map<string, { canvas: OffscreenCanvas, frame: number }>} */
  #tiles = new Map();
  #frame = 0;
  #made = 0;
  #until = 0;
  /** Whether the present frame got all it asked for; if not, another frame brings more. */
  complete = true;

  get size() {
    return this.#tiles.size;
  }

  begin() {
    this.#frame += 1;
    this.#made = 0;
    this.#until = performance.now() + FRAME_MS;
    this.complete = true;
  }

  clear() {
    this.#tiles.clear();
  }

  /** @type {Store['tile']} */
  tile(owner, index, make) {
    const key = `${owner} ${index}`;
    const found = this.#tiles.get(key);
    if (found)
      this.#tiles.delete(key); // and back in as the youngest
    else if (this.#made > 0 && performance.now() > this.#until) {
      this.complete = false;
      return null;
    } else if (!this.#room()) return null;
    else this.#made += 1;
    const canvas = found?.canvas ?? make();
    this.#tiles.set(key, { canvas, frame: this.#frame });
    return canvas;
  }

  #room() {
    if (this.#tiles.size < MAX_TILES) return true;
    for (const [key, { frame }] of this.#tiles) {
      if (frame === this.#frame) return false; // more is in sight than there is room for: the reduced picture serves
      this.#tiles.delete(key);
      return true;
    }
    return false;
  }
}

/** Keeps nothing: for a picture that is drawn once. @type {Store} */
export const NO_STORE = { tile: (_owner, _index, make) => make() };

let owners = 0;

/** @implements {Drawn} */
export class Tiled {
  #owner = ++owners;
  #size;
  #pixels;
  #reduced;
  #steps;
  /** @type {{ picture: CanvasImageSource, size: Size } | null} */
  #whole = null;

  /**
   * @param {Size} size in full resolution
   * @param {(size: Size) => CanvasImageSource} reduced makes the reduced picture
   * @param {(x: number, y: number, width: number, height: number) => ImageData} pixels a part in full resolution
   * @param {readonly number[]} [steps] pixels a side that the reduced picture may have: it is made when first needed, in the
   * first that is enough, and again when the view has grown beyond it
   */
  constructor(size, reduced, pixels, steps = STEPS) {
    this.#size = size;
    this.#reduced = reduced;
    this.#pixels = pixels;
    this.#steps = steps;
  }

  /** The reduced picture in this size, or in the larger one that there is. @param {Size} size */
  #wholeOf(size) {
    if (this.#whole === null || this.#whole.size.width < size.width)
      this.#whole = { picture: this.#reduced(size), size };
    return this.#whole;
  }

  /** @param {Context2D} context @param {Place} place @param {Store} store */
  draw(context, place, store) {
    const { width, height } = this.#size;
    const seen = place.scale * Math.max(place.width, place.height);
    const small = reducedSize(this.#size, this.#steps.find((step) => step >= seen) ?? this.#steps.at(-1));
    const share = small.width / width;
    const kx = (place.scale * place.width) / width; // canvas pixels one of ours
    const ky = (place.scale * place.height) / height;
    if (share === 1 || kx <= Math.max(share, 0.5)) {
      const whole = this.#wholeOf(small);
      return drawPicture(context, whole.picture, whole.size, place);
    }
    context.imageSmoothingEnabled = kx < SHARP;
    const columns = Math.ceil(width / TILE);
    const last = (/** @type {number} */ end, /** @type {number} */ from, /** @type {number} */ k) =>
      Math.min(end - 1, (from - 1) / k);
    const firstX = Math.max(0, Math.floor(-place.left / kx / TILE));
    const firstY = Math.max(0, Math.floor(-place.top / ky / TILE));
    const lastX = Math.floor(last(width, place.canvasWidth - place.left, kx) / TILE);
    const lastY = Math.floor(last(height, place.canvasHeight - place.top, ky) / TILE);
    for (let row = firstY; row <= lastY; row++)
      for (let column = firstX; column <= lastX; column++) {
        const x = column * TILE;
        const y = row * TILE;
        const w = Math.min(TILE, width - x);
        const h = Math.min(TILE, height - y);
        // Edges on whole canvas pixels: neighbours meet without a seam.
        const left = Math.round(place.left + x * kx);
        const top = Math.round(place.top + y * ky);
        const target = { left, top, width: Math.round(place.left + (x + w) * kx) - left, height: 0 };
        target.height = Math.round(place.top + (y + h) * ky) - top;
        const tile = store.tile(this.#owner, row * columns + column, () => canvasOf(this.#pixels(x, y, w, h)));
        if (tile) drawPart(context, tile, { left: 0, top: 0, width: w, height: h }, target, place);
        else {
          const whole = this.#wholeOf(small);
          const k = whole.size.width / width;
          drawPart(context, whole.picture, { left: x * k, top: y * k, width: w * k, height: h * k }, target, place);
        }
      }
  }
}

/** @param {ImageData} pixels */
function canvasOf(pixels) {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas;
}

/** @typedef {{ left: number, top: number, width: number, height: number }} Box */

/**
 * Draws a picture of the whole photograph, of any resolution, where it is in sight.
 * @param {Context2D} context @param {CanvasImageSource} picture @param {Size} size the picture's @param {Place} place
 */
export function drawPicture(context, picture, size, place) {
  const target = {
    left: place.left,
    top: place.top,
    width: place.width * place.scale,
    height: place.height * place.scale,
  };
  const scale = target.width / size.width;
  // A reduced or coarse picture is no photograph: its pixels are not shown as such.
  const own = size.width >= place.width;
  context.imageSmoothingEnabled = !own || scale < SHARP;
  context.imageSmoothingQuality = scale < 0.5 ? 'medium' : 'low';
  drawPart(context, picture, { left: 0, top: 0, width: size.width, height: size.height }, target, place);
}

/**
 * drawImage() for the part that is in sight: a source ten times the canvas costs no more than one of its size.
 * @param {Context2D} context @param {CanvasImageSource} picture @param {Box} source @param {Box} target
 * @param {Place} place
 */
function drawPart(context, picture, source, target, { canvasWidth, canvasHeight }) {
  const kx = target.width / source.width;
  const ky = target.height / source.height;
  // One pixel more on each side: smoothing looks at neighbours.
  const from = (/** @type {number} */ start, /** @type {number} */ k) => Math.max(0, Math.floor(-start / k) - 1);
  const to = (
    /** @type {number} */ start,
    /** @type {number} */ k,
    /** @type {number} */ end,
    /** @type {number} */ side,
  ) => Math.min(side, Math.ceil((end - start) / k) + 1);
  const u = from(target.left, kx);
  const v = from(target.top, ky);
  const w = to(target.left, kx, canvasWidth, source.width) - u;
  const h = to(target.top, ky, canvasHeight, source.height) - v;
  if (!(w > 0 && h > 0)) return;
  const x = target.left + u * kx;
  const y = target.top + v * ky;
  context.drawImage(picture, source.left + u, source.top + v, w, h, x, y, w * kx, h * ky);
}
