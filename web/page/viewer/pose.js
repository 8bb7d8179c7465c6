/** Where one looks: the geometry of moving and zooming, without any drawing. */

/** Canvas pixels a photograph pixel at most: single pixels are then large squares. */
const MAX_ZOOM = 32;

/** What the buttons and keys step through, besides the whole photograph. */
const STEPS = [0.05, 0.07, 0.1, 0.125, 0.17, 0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/**
 * Where the photograph lies on the canvas: its point (u, v) is drawn at (left + u * scale, top + v * scale).
 * @typedef {object} Place
 * @property {number} scale canvas pixels a photograph pixel
 * @property {number} left whole canvas pixels
 * @property {number} top
 * @property {number} width of the photograph, in its pixels
 * @property {number} height
 * @property {number} canvasWidth
 * @property {number} canvasHeight
 */

/** @typedef {{ x: number, y: number }} Point in photograph pixels; (0, 0) is the upper left corner of the first pixel */
/** @typedef {{ width: number, height: number }} Size */

export class Pose {
  /** Canvas pixels a photograph pixel. */
  scale = 1;
  /** Whether all of the photograph is shown, also after the canvas changes its size. */
  fitted = true;
  /** The photograph's point in the middle of the canvas. */
  #x = 0.5;
  #y = 0.5;
  /** @type {Size} */
  #photo = { width: 1, height: 1 };
  /** @type {Size} */
  #canvas = { width: 1, height: 1 };

  /** @param {Size} photo another photograph, shown as a whole */
  setPhoto({ width, height }) {
    this.#photo = { width, height };
    this.fit();
  }

  /** @param {Size} canvas in its own pixels; what was in the middle stays there */
  setCanvas({ width, height }) {
    this.#canvas = { width, height };
    this.fitted ? this.fit() : this.#move(this.scale, this.#x, this.#y);
  }

  get centre() {
    return { x: this.#x, y: this.#y };
  }

  /** The scale at which all of the photograph is shown. */
  get whole() {
    return Math.min(this.#canvas.width / this.#photo.width, this.#canvas.height / this.#photo.height);
  }

  get most() {
    return Math.max(MAX_ZOOM, this.whole);
  }

  fit() {
    this.#move(this.whole, this.#photo.width / 2, this.#photo.height / 2);
  }

  /** @param {number} scale @param {Point} [middle] the photograph's point to show in the middle */
  show(scale, { x, y } = this.centre) {
    this.#move(scale, x, y);
  }

  /** @param {number} dx canvas pixels that the photograph moves to the right @param {number} dy and down */
  pan(dx, dy) {
    this.#move(this.scale, this.#x - dx / this.scale, this.#y - dy / this.scale);
  }

  /**
   * Zooms so that the photograph's point under a place on the canvas stays there. Says whether anything changed.
   * @param {number} scale @param {number} cx canvas pixels @param {number} cy
   */
  zoomAt(scale, cx, cy) {
    const before = this.scale;
    const x = this.#x + (cx - this.#canvas.width / 2) / before;
    const y = this.#y + (cy - this.#canvas.height / 2) / before;
    this.put(scale, { x, y }, cx, cy);
    return this.scale !== before;
  }

  /**
   * Zooms and moves so that a point of the photograph comes to a place on the canvas.
   * @param {number} scale @param {Point} point @param {number} cx canvas pixels @param {number} cy
   */
  put(scale, { x, y }, cx, cy) {
    const after = this.#limited(scale);
    this.#move(after, x - (cx - this.#canvas.width / 2) / after, y - (cy - this.#canvas.height / 2) / after);
  }

  /** The next round zoom. @param {1 | -1} direction */
  step(direction) {
    const steps = [...STEPS, this.whole].sort((a, b) => a - b);
    const near = 1.01; // a step that cannot be seen is none
    return direction > 0
      ? (steps.find((s) => s > this.scale * near) ?? this.most)
      : (steps.findLast((s) => s < this.scale / near) ?? this.whole);
  }

  /** @returns {Place} */
  place() {
    const { width, height } = this.#photo;
    const { width: canvasWidth, height: canvasHeight } = this.#canvas;
    // On whole canvas pixels: at 100 % each photograph pixel is exactly one of the canvas.
    const left = Math.round(canvasWidth / 2 - this.#x * this.scale);
    const top = Math.round(canvasHeight / 2 - this.#y * this.scale);
    return { scale: this.scale, left, top, width, height, canvasWidth, canvasHeight };
  }

  /** @param {number} scale */
  #limited(scale) {
    return Math.min(this.most, Math.max(this.whole, scale));
  }

  /** @param {number} scale @param {number} x @param {number} y */
  #move(scale, x, y) {
    this.scale = this.#limited(scale);
    this.fitted = this.scale <= this.whole * 1.0001;
    if (this.fitted) this.scale = this.whole;
    this.#x = inside(x, this.#photo.width, this.#canvas.width / this.scale);
    this.#y = inside(y, this.#photo.height, this.#canvas.height / this.scale);
  }
}

/** Keeps the photograph's edge at or outside the canvas's. @param {number} at @param {number} side @param {number} seen */
function inside(at, side, seen) {
  return seen >= side ? side / 2 : Math.min(side - seen / 2, Math.max(seen / 2, at));
}
