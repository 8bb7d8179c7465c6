/**
 * Shows a photograph down to its single pixels, with layers on it and a wipe between two states of them.
 *
 * Memory: one bitmap of the original (4 bytes a pixel), one reduced picture of it (at most 16 MiB), a view the same,
 * and 96 MiB of tiles at most. The canvas has the screen's pixels, 4 million at most.
 */

import { signal } from '../../vendor/signals.js';
import { byId, make } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { listen } from './gestures.js';
import { Pose } from './pose.js';
import { Ruler } from './ruler.js';
import { drawPicture, NO_STORE, reducedSize, Tiled, TileStore } from './tiles.js';
import { Tools } from './tools.js';

/**
 * @import { Place, Point, Size } from './pose.js'
 * @import { Context2D, Drawn, Store } from './tiles.js'
 * @import { Rendering } from './tools.js'
 */

/**
 * What lies on the photograph on one side of the wipe: pictures of the whole photograph in any resolution, or what
 * draws itself (`tiledLayer` and `contourLayer` of layers.js).
 * @typedef {{ picture: CanvasImageSource | Drawn, opacity: number }[]} Overlay
 */

/**
 * Where one looks, whatever the photograph's size: how much larger than as a whole, and which part of its sides is in the
 * middle, 0..1.
 * @typedef {{ zoom: number, x: number, y: number }} Look
 */

/**
 * A place to point at, in photograph pixels: a circle where it has a radius, else a small ring.
 * @typedef {object} Mark
 * @property {number} x
 * @property {number} y
 * @property {number} [radius]
 * @property {string} [label]
 * @property {'note' | 'answer' | 'truth'} [kind] white, blue or green; 'note' unless told
 */

/** Pixels a side of a photograph that is shown through setPhoto(). */
const MAX_SHOWN = 1600;
/** Canvas pixels; a screen of more is served with larger ones. */
const MAX_CANVAS = 4e6;
/** Share of the view that an arrow key moves. */
const ARROW = 0.1;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MARKS = { note: '#fff', answer: '#38e8ff', truth: '#beff5a' };

export class Viewer {
  #stage;
  #canvas;
  #context;
  #wipe;
  #line;
  #tags;
  /** The cross that keys move while a place is picked. */
  #aim = make('span', { class: 'aim', 'aria-hidden': 'true', hidden: '' });
  #aimAt = { x: 0.5, y: 0.5 };
  /** @type {Tools | null} */
  #tools = null;
  /** @type {Ruler | null} */
  #ruler = null;
  #pose = new Pose();
  #store = new TileStore();
  /** Canvas pixels a CSS pixel. */
  #ratio = 1;
  /** @type {CanvasImageSource | null} */
  #photo = null;
  /** The photo where it is the viewer's to close. @type {ImageBitmap | null} */
  #bitmap = null;
  /** @type {Size} */
  #size = { width: 1000, height: 1000 };
  /** @type {OffscreenCanvas | null} */
  #reduced = null;
  /** How the photograph is coloured; `view` changes it. */
  rendering = signal(/** @type {Rendering} */ ('colour'));
  /** @type {Map<Rendering, Promise<Tiled>>} */
  #views = new Map();
  /** The view that is drawn; null for the photograph's own colours. @type {Tiled | null} */
  #base = null;
  /** Ends work for a photograph that is gone. */
  #gone = new AbortController();
  /** @type {Overlay} */
  #overlay = [];
  /** @type {Overlay | null} */
  #left = null;
  /** @type {readonly Mark[]} */
  #marks = [];
  /** Who wants to know what is clicked; the last one is told. @type {((point: Point) => void)[]} */
  #pickers = [];
  #frame = 0;
  /** Where a hand or a key has moved or zoomed it. */
  moved = signal(/** @type {Look | null} */ (null));
  /** Width by height of what is shown, or of what there is room for. */
  shape = signal(1);
  /** The look that was told last, or followed. */
  #seen = '';

  /**
   * @param {HTMLElement} [stage] holds a canvas and, where the page wrote them, `.wipe`, `.wipe-line`, `.tag.left` and
   *   `.tag.right`; what is missing is made. Buttons and panel are put behind it, or behind a `.caption` that follows.
   * @param {{ tools?: boolean | HTMLElement, panel?: HTMLElement }} [options] tools: whether there are buttons and a ruler,
   *   or what they are put into; panel: what the ruler's panel is put into, first of all, if not behind the buttons
   */
  constructor(stage = byId('stage', HTMLElement), { tools = true, panel } = {}) {
    this.#stage = stage;
    this.#canvas = /** @type {HTMLCanvasElement} */ (part(stage, 'canvas', 'canvas', { role: 'img' }));
    this.#context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d', { alpha: false }));
    const wipe = { type: 'range', min: '0', max: '1000', value: '500', 'data-t-label': 'viewer.wipe', hidden: '' };
    this.#wipe = /** @type {HTMLInputElement} */ (part(stage, '.wipe', 'input', wipe));
    this.#line = part(stage, '.wipe-line', 'span', { 'aria-hidden': 'true', hidden: '' });
    this.#tags = ['left', 'right'].map((side) =>
      part(stage, `.tag.${side}`, 'span', { 'aria-hidden': 'true', hidden: '' }),
    );
    stage.append(this.#aim);
    const label = { 'data-t-label': 'viewer.stage', 'aria-label': t('viewer.stage') };
    for (const [name, value] of Object.entries({ tabindex: '0', role: 'group', ...label }))
      stage.setAttribute(name, value);
    this.#wipe.dir = 'ltr'; // photographs have no reading direction
    if (tools) this.#addTools(tools === true ? null : tools, panel);
    translate(stage);
    this.#listen();
    this.#watchSize();
  }

  // ---- what is shown ----

  /** The size in which smooth pictures that lie on the photograph are best made: at most 2048 pixels a side. */
  get width() {
    return reducedSize(this.#size).width;
  }

  get height() {
    return reducedSize(this.#size).height;
  }

  /** The photograph's own size. @returns {Size} */
  get size() {
    return { ...this.#size };
  }

  get hasPhoto() {
    return this.#photo !== null;
  }

  /** The photograph's bitmap, for as long as it is shown: not to be closed, and no need to decode it again. */
  get bitmap() {
    return this.#bitmap;
  }

  /** Scale bar and measuring line; null for a viewer without tools. */
  get ruler() {
    return this.#ruler;
  }

  /** The size in which setPhoto() takes a photograph. @param {number} width @param {number} height */
  static shown(width, height) {
    return reducedSize({ width, height }, MAX_SHOWN);
  }

  /**
   * Shows a photograph in its own resolution.
   * @param {ImageBitmap} bitmap the viewer's from now on: closed when another photograph comes
   * @param {Size} [size] the photograph's, where the bitmap has fewer pixels
   */
  setSource(bitmap, size = bitmap) {
    this.#replace(bitmap, size);
    this.#bitmap = bitmap;
  }

  /**
   * Shows a picture that stays the caller's; null for none yet.
   * @param {CanvasImageSource | null} photo @param {number} width @param {number} height
   */
  setPhoto(photo, width, height) {
    this.#replace(photo, { width, height });
  }

  /** Lets go of all memory; the viewer shows nothing. */
  clear() {
    this.#replace(null, this.#size);
  }

  /** Room for a picture of this shape, also before it comes. @param {number} width @param {number} height */
  reserve(width, height) {
    this.shape.value = width / height;
    this.#stage.style.setProperty('--ratio', String(width / height));
  }

  /** @param {CanvasImageSource | null} photo @param {Size} size */
  #replace(photo, { width, height }) {
    this.#gone.abort();
    this.#gone = new AbortController();
    this.#bitmap?.close();
    this.#bitmap = null;
    this.#photo = photo;
    this.#size = { width, height };
    this.#reduced = null;
    this.#base = null;
    this.#views.clear();
    this.#store.clear();
    this.#overlay = [];
    this.#marks = [];
    this.#pose.setPhoto(this.#size);
    this.reserve(width, height);
    this.#stage.dataset.photo = photo === null ? '' : `${width}x${height}`; // for tests
    this.#ruler?.setPhoto(photo === null ? null : this.size);
    this.compare(null);
    if (photo !== null) this.#showView();
  }

  /** @param {Overlay} overlay @param {string} description for those who do not see it */
  setOverlay(overlay, description) {
    this.#overlay = overlay;
    this.#canvas.setAttribute('aria-label', description);
    this.redraw();
  }

  /** @param {{ left: Overlay, names: [string, string] } | null} what null ends the comparison */
  compare(what) {
    this.#left = what?.left ?? null;
    for (const element of [this.#wipe, this.#line, ...this.#tags]) element.hidden = what === null;
    if (what !== null) for (const i of [0, 1]) this.#tags[i].textContent = what.names[i];
    this.redraw();
  }

  /** Points at places of the photograph, over all layers and on both sides of the wipe. @param {readonly Mark[]} marks none takes them away */
  mark(marks) {
    this.#marks = marks;
    this.redraw();
  }

  /** Colours, green light, or raised contrast. @returns {Rendering} */
  get view() {
    return this.rendering.peek();
  }

  set view(view) {
    this.rendering.value = view;
    this.#tools?.showView(view);
    this.#showView();
  }

  async #showView() {
    const { picture, view, signal } = { picture: this.#photo, view: this.view, signal: this.#gone.signal };
    if (picture === null) return;
    let base = null;
    if (view !== 'colour') {
      const source = { picture, size: sizeOf(picture, this.#size) };
      const make = async () => (await import('./renderings.js')).makeRendering(view, source, signal);
      const made = this.#views.get(view) ?? make();
      this.#views.set(view, made);
      this.#stage.setAttribute('aria-busy', 'true');
      base = await made.catch((error) => signal.aborted || console.error(error));
    }
    if (signal.aborted || view !== this.view) return;
    this.#stage.removeAttribute('aria-busy');
    if (view !== 'colour' && !(base instanceof Tiled)) {
      this.#views.delete(view); // no memory for it, say: to be tried again
      this.view = 'colour';
      return;
    }
    this.#base = base instanceof Tiled ? base : null;
    this.#stage.dataset.view = view;
    this.redraw();
  }

  /** The picture as it would be drawn without the wipe. @param {CanvasImageSource} photo @param {Overlay} overlay @param {number} width @param {number} height */
  static compose(photo, overlay, width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const size = sizeOf(photo, { width, height });
    const place = { ...size, scale: width / size.width, left: 0, top: 0, canvasWidth: width, canvasHeight: height };
    drawPicture(context, photo, size, place);
    drawOverlay(context, overlay, place, NO_STORE);
    return canvas;
  }

  // ---- where one looks ----

  /** Screen pixels a photograph pixel: 1 is 100 %. */
  get zoom() {
    return this.#pose.scale;
  }

  /** The photograph's point in the middle. @returns {Point} */
  get centre() {
    return this.#pose.centre;
  }

  /**
   * @param {number | 'fit'} zoom 1 is 100 %: one photograph pixel on one screen pixel; 'fit' shows the whole
   * @param {Point} [centre] the photograph's point to show in the middle
   */
  zoomTo(zoom, centre = this.centre) {
    if (zoom === 'fit') this.#pose.fit();
    else this.#pose.show(zoom, centre);
    this.redraw();
  }

  /** Where one looks, to look at the same part of another photograph. @returns {Look} */
  get look() {
    const { x, y } = this.#pose.centre;
    const { width, height } = this.#size;
    return { zoom: this.#pose.scale / this.#pose.whole, x: x / width, y: y / height };
  }

  set look({ zoom, x, y }) {
    if (this.#photo === null) return;
    this.#pose.show(zoom * this.#pose.whole, { x: x * this.#size.width, y: y * this.#size.height });
    this.#seen = JSON.stringify(this.look); // who leads need not be told
    this.redraw();
  }

  #tellLook() {
    if (this.#photo === null) return;
    const { look } = this;
    const now = JSON.stringify(look);
    if (now === this.#seen) return;
    this.#seen = now;
    this.moved.value = look;
  }

  /** Moves no more than needed to bring a point into sight. @param {Point} point in photograph pixels */
  reveal({ x, y }) {
    const { scale, left, top, canvasWidth, canvasHeight } = this.#pose.place();
    const lack = (/** @type {number} */ at, /** @type {number} */ side) => {
      const edge = Math.min(32 * this.#ratio, side / 4);
      return Math.min(0, side - edge - at) + Math.max(0, edge - at);
    };
    this.#pose.pan(lack(left + x * scale, canvasWidth), lack(top + y * scale, canvasHeight));
    this.redraw();
  }

  /** The photograph's point under a place of the window; outside the photograph too. @param {number} clientX @param {number} clientY @returns {Point} */
  toPhoto(clientX, clientY) {
    const { left, top, scale } = this.#pose.place();
    const { x, y } = this.#toCanvas(clientX, clientY);
    return { x: (x - left) / scale, y: (y - top) / scale };
  }

  /** The place of the window, in CSS pixels, where a point of the photograph is. @param {Point} point @returns {Point} */
  toWindow({ x, y }) {
    const { left, top, scale } = this.#pose.place();
    const box = this.#canvas.getBoundingClientRect();
    return { x: box.left + (left + x * scale) / this.#ratio, y: box.top + (top + y * scale) / this.#ratio };
  }

  /** @param {number} clientX @param {number} clientY @returns {Point} in canvas pixels */
  #toCanvas(clientX, clientY) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (clientX - box.left) * this.#ratio, y: (clientY - box.top) * this.#ratio };
  }

  // ---- picking ----

  /**
   * From now on a click, a tap, or Enter on a cross that arrow keys move, gives a point of the photograph; drags still
   * move it. Only the latest who asked is told.
   * @param {(point: Point) => void} take
   * @returns {() => void} ends it
   */
  onPick(take) {
    this.#pickers.push(take);
    this.#showPicking();
    return () => {
      this.#pickers = this.#pickers.filter((other) => other !== take);
      this.#showPicking();
    };
  }

  /**
   * One point of the photograph: `const { x, y } = await viewer.pick(signal)`.
   * @param {AbortSignal} [signal] gives up: the promise is rejected with its reason
   * @returns {Promise<Point>}
   */
  pick(signal) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const giveUp = () => {
        stop();
        reject(signal?.reason);
      };
      const stop = this.onPick((point) => {
        stop();
        signal?.removeEventListener('abort', giveUp);
        resolve(point);
      });
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #showPicking() {
    const picking = this.#pickers.length > 0;
    this.#stage.classList.toggle('picking', picking);
    this.#aim.hidden = !picking || !this.#stage.matches(':focus-visible');
    if (!picking) this.#aimAt = { x: 0.5, y: 0.5 };
    this.#placeAim();
  }

  /** @param {number} clientX @param {number} clientY */
  #tap(clientX, clientY) {
    const point = this.toPhoto(clientX, clientY);
    const { width, height } = this.#size;
    const inside = point.x >= 0 && point.y >= 0 && point.x <= width && point.y <= height;
    if (this.#photo !== null && inside) this.#pickers.at(-1)?.(point);
  }

  // ---- hands and keys ----

  /** @param {HTMLElement | null} place null: behind the stage, or the caption that follows it @param {HTMLElement} [panel] */
  #addTools(place, panel) {
    const tools = new Tools({
      zoom: (direction) => this.#step(direction),
      fit: () => this.zoomTo('fit'),
      full: () => this.zoomTo(1),
      view: (view) => {
        this.view = view;
      },
    });
    this.#tools = tools;
    this.#ruler = new Ruler(this, this.#stage, (text) => tools.say(text));
    tools.add(this.#ruler.button);
    const caption = this.#stage.nextElementSibling;
    if (place !== null) place.append(tools.root, this.#ruler.panel);
    else (caption?.matches('.caption') ? caption : this.#stage).after(tools.root, this.#ruler.panel);
    panel?.prepend(this.#ruler.panel);
    this.#stage.setAttribute('aria-describedby', tools.hintId);
  }

  #listen() {
    let held = { point: this.centre, zoom: 1 };
    listen(this.#canvas, this.#stage, {
      pan: (dx, dy) => {
        this.#pose.pan(dx * this.#ratio, dy * this.#ratio);
        this.redraw();
      },
      zoom: (factor, x, y) => this.#zoomAt(this.zoom * factor, x, y),
      hold: (x, y) => {
        held = { point: this.toPhoto(x, y), zoom: this.zoom };
      },
      pinch: (factor, clientX, clientY) => {
        const { x, y } = this.#toCanvas(clientX, clientY);
        this.#pose.put(held.zoom * factor, held.point, x, y);
        this.redraw();
      },
      tap: (x, y) => this.#tap(x, y),
      twice: (x, y) => this.#pickers.length === 0 && this.#zoomAt(this.zoom * 2, x, y),
      wheel: () => this.#stage.contains(document.activeElement),
    });
    this.#stage.addEventListener('keydown', (event) => this.#key(event));
    for (const type of ['focus', 'blur']) this.#stage.addEventListener(type, () => this.#showPicking());
    this.#wipe.addEventListener('input', () => this.redraw());
    this.#listenToLine();
  }

  /** The line of the wipe is dragged by hand; keys move the range that belongs to it. */
  #listenToLine() {
    let held = false;
    this.#line.addEventListener('pointerdown', (event) => {
      held = true;
      this.#line.setPointerCapture(event.pointerId);
      event.preventDefault(); // the focus goes to the range
      this.#wipe.focus({ preventScroll: true });
    });
    this.#line.addEventListener('pointermove', ({ clientX }) => {
      if (!held) return;
      const { left, width } = this.#canvas.getBoundingClientRect();
      this.#wipe.value = String(Math.round(((clientX - left) / width) * 1000));
      this.redraw();
    });
    for (const type of ['pointerup', 'pointercancel'])
      this.#line.addEventListener(type, () => {
        held = false;
      });
  }

  /** @param {number} zoom @param {number} clientX @param {number} clientY */
  #zoomAt(zoom, clientX, clientY) {
    if (this.#photo === null) return false;
    const { x, y } = this.#toCanvas(clientX, clientY);
    const changed = this.#pose.zoomAt(zoom, x, y);
    if (changed) this.redraw();
    return changed;
  }

  /** @param {1 | -1} direction */
  #step(direction) {
    this.zoomTo(this.#pose.step(direction));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.#stage || event.ctrlKey || event.metaKey || event.altKey || this.#photo === null) return;
    const way = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    const picking = this.#pickers.length > 0;
    if (way && picking) this.#moveAim(way[0], way[1], event.shiftKey ? 40 : 4);
    else if (way) {
      const before = this.centre;
      this.#panView(way[0] * ARROW, way[1] * ARROW);
      if (this.centre.x === before.x && this.centre.y === before.y) return; // the page scrolls
    } else if (picking && (event.key === 'Enter' || event.key === ' ')) this.#pickAim();
    else if (event.key === '+' || event.key === '=') this.#step(1);
    else if (event.key === '-' || event.key === '_' || event.key === '\u2212') this.#step(-1);
    else if (event.key === '0') this.zoomTo('fit');
    else if (event.key === '1') this.zoomTo(1);
    else return;
    event.preventDefault();
  }

  /** @param {number} x shares of the view @param {number} y */
  #panView(x, y) {
    this.#pose.pan(-x * this.#canvas.width, -y * this.#canvas.height);
    this.redraw();
  }

  /** @param {number} dx @param {number} dy @param {number} pixels CSS pixels */
  #moveAim(dx, dy, pixels) {
    const { clientWidth, clientHeight } = this.#canvas;
    const x = this.#aimAt.x + (dx * pixels) / clientWidth;
    const y = this.#aimAt.y + (dy * pixels) / clientHeight;
    this.#aimAt = { x: Math.min(0.98, Math.max(0.02, x)), y: Math.min(0.98, Math.max(0.02, y)) };
    this.#panView(x - this.#aimAt.x, y - this.#aimAt.y); // at the edge the photograph moves under it
    this.#aim.hidden = false;
    this.#placeAim();
  }

  #placeAim() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#aim.style.translate = `${this.#aimAt.x * clientWidth}px ${this.#aimAt.y * clientHeight}px`;
  }

  #pickAim() {
    const box = this.#canvas.getBoundingClientRect();
    this.#tap(box.left + this.#aimAt.x * box.width, box.top + this.#aimAt.y * box.height);
  }

  // ---- drawing ----

  /** The canvas has as many pixels as the screen has under it, so that 100 % is exact. */
  #watchSize() {
    const observer = new ResizeObserver(([entry]) => {
      const box = entry.devicePixelContentBoxSize?.[0];
      const { width: cssWidth, height: cssHeight } = entry.contentRect;
      if (cssWidth === 0 || cssHeight === 0) return;
      // The browser's own count, which knows how a fraction was rounded, unless it leaves the ratio out.
      const own = (/** @type {number | undefined} */ told, /** @type {number} */ css) => {
        const guess = Math.round(css * devicePixelRatio);
        return told !== undefined && Math.abs(told - guess) <= 1 ? told : guess;
      };
      let width = own(box?.inlineSize, cssWidth);
      let height = own(box?.blockSize, cssHeight);
      const shrink = Math.min(1, Math.sqrt(MAX_CANVAS / (width * height)));
      width = Math.max(1, Math.floor(width * shrink));
      height = Math.max(1, Math.floor(height * shrink));
      this.#ratio = width / cssWidth;
      if (this.#canvas.width !== width) this.#canvas.width = width;
      if (this.#canvas.height !== height) this.#canvas.height = height;
      this.#pose.setCanvas({ width, height });
      this.#placeAim();
      this.#draw(); // now, as the canvas has just been emptied
    });
    try {
      observer.observe(this.#canvas, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(this.#canvas); // where the browser does not tell the screen's pixels
    }
  }

  /** Draws again with the next frame. */
  redraw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const context = this.#context;
    const place = this.#pose.place();
    const { canvasWidth, canvasHeight } = place;
    this.#stage.classList.toggle('zoomed', !this.#pose.fitted);
    context.globalAlpha = 1;
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvasWidth, canvasHeight);
    if (this.#photo !== null) {
      this.#store.begin();
      this.#drawSide(place, this.#overlay);
      if (this.#left !== null) this.#drawLeft(place, this.#left);
      for (const mark of this.#marks) drawMark(context, mark, place, this.#ratio);
      for (const mark of this.#marks) drawLabel(context, mark, place, this.#ratio); // over all rings
      if (!this.#store.complete) this.redraw();
    }
    this.#ruler?.draw(context, place, this.#ratio);
    const { scale: zoom, fitted: least, most } = this.#pose;
    this.#tools?.show({ zoom, least, most: zoom >= most, empty: this.#photo === null });
    this.#tellLook();
  }

  /** @param {Place} place @param {Overlay} left */
  #drawLeft(place, left) {
    const share = Number(this.#wipe.value) / 1000;
    this.#stage.style.setProperty('--wipe', String(share));
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(0, 0, Math.round(place.canvasWidth * share), place.canvasHeight);
    this.#context.clip();
    this.#drawSide(place, left);
    this.#context.restore();
  }

  /** @param {Place} place @param {Overlay} overlay */
  #drawSide(place, overlay) {
    this.#context.globalAlpha = 1;
    if (this.#base) this.#base.draw(this.#context, place, this.#store);
    else this.#drawPhoto(/** @type {CanvasImageSource} */ (this.#photo), place);
    drawOverlay(this.#context, overlay, place, this.#store);
  }

  /** From the reduced picture while that has pixels enough. @param {CanvasImageSource} photo @param {Place} place */
  #drawPhoto(photo, place) {
    const size = sizeOf(photo, this.#size);
    const small = reducedSize(size);
    if (small.width === size.width || place.scale * place.width > small.width)
      return drawPicture(this.#context, photo, size, place);
    this.#reduced ??= reduce(photo, small);
    drawPicture(this.#context, this.#reduced, small, place);
  }
}

/** The element of a stage, made where the page has none. @param {HTMLElement} stage @param {string} selector @param {string} tag @param {Record<string, string>} attributes */
function part(stage, selector, tag, attributes) {
  const found = stage.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  const names = selector.split('.').filter((name) => name !== '' && name !== tag);
  const made = make(tag, names.length > 0 ? { ...attributes, class: names.join(' ') } : attributes);
  stage.append(made);
  return made;
}

/** @param {CanvasImageSource} picture @param {Size} otherwise @returns {Size} */
function sizeOf(picture, otherwise) {
  const { width, height } = /** @type {{ width: unknown, height: unknown }} */ (picture);
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : otherwise;
}

/** @param {CanvasImageSource} photo @param {Size} size */
export function reduce(photo, { width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }));
  context.imageSmoothingQuality = 'medium';
  context.drawImage(photo, 0, 0, width, height);
  return canvas;
}

/** @param {Context2D} context @param {Overlay} overlay @param {Place} place @param {Store} store */
function drawOverlay(context, overlay, place, store) {
  for (const { picture, opacity } of overlay) {
    context.globalAlpha = opacity;
    if ('draw' in picture) picture.draw(context, place, store);
    else drawPicture(context, picture, sizeOf(picture, place), place);
  }
  context.globalAlpha = 1;
}

/** @param {Context2D} context @param {Mark} mark @param {Place} place @param {number} ratio */
function drawMark(context, mark, place, ratio) {
  const { x, y, r } = ringOf(mark, place, ratio);
  context.save();
  for (const [width, colour] of [
    [5, 'rgb(0 0 0 / 60%)'],
    [2.5, MARKS[mark.kind ?? 'note']],
  ]) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.lineWidth = Number(width) * ratio;
    context.strokeStyle = String(colour);
    context.stroke();
  }
  context.restore();
}

/** On the canvas. @param {Mark} mark @param {Place} place @param {number} ratio */
function ringOf({ x, y, radius }, { left, top, scale }, ratio) {
  const r = Math.max(radius === undefined ? 9 * ratio : radius * scale, 3 * ratio);
  return { x: left + x * scale, y: top + y * scale, r };
}

/** @param {Context2D} context @param {Mark} mark @param {Place} place @param {number} ratio */
function drawLabel(context, mark, place, ratio) {
  const { label, kind = 'note' } = mark;
  if (!label) return;
  const { r, ...at } = ringOf(mark, place, ratio);
  context.save();
  context.font = `600 ${14 * ratio}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  const half = context.measureText(label).width / 2 + 4 * ratio;
  const x = Math.min(place.canvasWidth - half, Math.max(half, at.x));
  const above = at.y - r - 5 * ratio;
  const y = above > 20 * ratio ? above : at.y + r + 22 * ratio; // below, where the edge is near
  context.lineJoin = 'round';
  context.lineWidth = 4 * ratio;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.strokeText(label, x, y);
  context.fillStyle = MARKS[kind];
  context.fillText(label, x, y);
  context.restore();
}
