/** Draws the photograph, its layers and the wipe between two states of them. */

import { byId } from './dom.js';

/**
 * What lies on the photograph on one side of the wipe.
 * @typedef {{ picture: CanvasImageSource, opacity: number }[]} Overlay
 */

/** Pixels a side of what is shown; downloads use the photograph's own. */
const MAX_SHOWN = 1600;

export class Viewer {
  #stage = byId('stage', HTMLElement);
  #canvas = byId('canvas', HTMLCanvasElement);
  #wipe = byId('wipe', HTMLInputElement);
  #line = byId('wipe-line', HTMLElement);
  #tags = [byId('wipe-left', HTMLElement), byId('wipe-right', HTMLElement)];
  /** @type {CanvasImageSource | null} */
  #photo = null;
  /** @type {Overlay} */
  #overlay = [];
  /** @type {Overlay | null} */
  #left = null;
  #frame = 0;

  constructor() {
    this.#wipe.addEventListener('input', () => this.#redraw());
  }

  get width() {
    return this.#canvas.width;
  }

  get height() {
    return this.#canvas.height;
  }

  /** The size in which a photograph is shown. @param {number} width @param {number} height */
  static shown(width, height) {
    const scale = Math.min(1, MAX_SHOWN / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  /** @param {CanvasImageSource | null} photo @param {number} width @param {number} height of what is shown */
  setPhoto(photo, width, height) {
    this.#photo = photo;
    this.#overlay = [];
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#stage.style.setProperty('--ratio', String(width / height));
    this.compare(null);
  }

  /** @param {Overlay} overlay @param {string} description for those who do not see it */
  setOverlay(overlay, description) {
    this.#overlay = overlay;
    this.#canvas.setAttribute('aria-label', description);
    this.#redraw();
  }

  /** @param {{ left: Overlay, names: [string, string] } | null} what null ends the comparison */
  compare(what) {
    this.#left = what?.left ?? null;
    for (const element of [this.#wipe, this.#line, ...this.#tags]) element.hidden = what === null;
    if (what !== null) for (const i of [0, 1]) this.#tags[i].textContent = what.names[i];
    this.#redraw();
  }

  /** The picture as it would be drawn without the wipe. @param {CanvasImageSource} photo @param {Overlay} overlay @param {number} width @param {number} height */
  static compose(photo, overlay, width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    paint(context, photo, overlay, width, height);
    return canvas;
  }

  #redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.clearRect(0, 0, width, height);
    if (this.#photo === null) return;
    paint(context, this.#photo, this.#overlay, width, height);
    if (this.#left === null) return;
    const share = Number(this.#wipe.value) / 1000;
    this.#stage.style.setProperty('--wipe', String(share));
    context.save();
    context.beginPath();
    context.rect(0, 0, width * share, height);
    context.clip();
    paint(context, this.#photo, this.#left, width, height);
    context.restore();
  }
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {CanvasImageSource} photo @param {Overlay} overlay @param {number} width @param {number} height
 */
function paint(context, photo, overlay, width, height) {
  context.globalAlpha = 1;
  context.drawImage(photo, 0, 0, width, height);
  for (const { picture, opacity } of overlay) {
    context.globalAlpha = opacity;
    context.drawImage(picture, 0, 0, width, height);
  }
  context.globalAlpha = 1;
}
