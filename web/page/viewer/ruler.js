/** Lengths on the photograph: a scale bar where the size of a pixel is known, and a line that measures. */

import { effect } from '../../vendor/signals.js';
import { make } from '../shell/dom.js';
import { number, t, translate } from '../words/i18n.js';

/**
 * @import { Place, Point, Size } from './pose.js'
 * @import { Context2D } from './tiles.js'
 * @import { Viewer } from './viewer.js'
 */

/** What a pixel's size is taken from. @typedef {'none' | 'pixel' | 'degrees'} ScaleKind */

/** Micrometres on the retina a degree of the field of view: an approximation, which leaves the eye's length out. */
const MICROMETRES_A_DEGREE = 290;
/** What may be entered. */
const LIMITS = { pixel: { low: 0.1, high: 200, first: '' }, degrees: { low: 5, high: 200, first: '45' } };

/** How large a pixel is. */
export class Scale {
  /** @type {ScaleKind} */
  kind = 'none';
  /** Micrometres or degrees. */
  value = Number.NaN;
  /** Pixels across the field of view. */
  across = 1;

  /** Micrometres a pixel; null where they are not known. */
  get micrometres() {
    if (this.kind === 'none' || !this.valid) return null;
    return this.kind === 'pixel' ? this.value : (this.value * MICROMETRES_A_DEGREE) / this.across;
  }

  get valid() {
    if (this.kind === 'none') return true;
    const { low, high } = LIMITS[this.kind];
    return this.value >= low && this.value <= high;
  }
}

/** The largest of 1, 2, 5, 10, 20, ... that is not above. @param {number} most */
function roundLength(most) {
  const ten = 10 ** Math.floor(Math.log10(most));
  return ([5, 2].find((digit) => digit * ten <= most * 1.000001) ?? 1) * ten;
}

/** '350 µm', '1.24 mm' @param {number} micrometres @param {number} [digits] after the point of millimetres */
function lengthText(micrometres, digits = 2) {
  return micrometres < 1000
    ? t('ruler.micrometres', { value: number(micrometres, { maximumFractionDigits: micrometres < 10 ? 1 : 0 }) })
    : t('ruler.millimetres', { value: number(micrometres / 1000, { maximumFractionDigits: digits }) });
}

/** From the line, and from its ends, to its label, in CSS pixels. */
const LABEL_WAY = 14;
/** How far one press of an arrow moves an end, in photograph pixels; with Shift ten times as far. */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let counted = 0;

export class Ruler {
  #viewer;
  #stage;
  #say;
  #scale = new Scale();
  /** Its end points, none to two. @type {Point[]} */
  #line = [];
  /** Where the second end would be. @type {Point | null} */
  #hover = null;
  /** Ends the measuring. @type {(() => void) | null} */
  #leave = null;
  /** @type {Size | null} */
  #photo = null;
  /** A size that was entered for a photograph of other pixels. */
  #outdated = false;

  #bar = make('div', { class: 'scale-bar', hidden: '' });
  #barText = make('span', { dir: 'auto' });
  #label = make('span', { class: 'ruler-label', dir: 'auto', 'aria-hidden': 'true', hidden: '' });
  #ends = [0, 1].map(() => make('span', { class: 'ruler-end', role: 'slider', tabindex: '0', hidden: '' }));
  #text = make('p', { class: 'ruler-text' });
  #remove = /** @type {HTMLButtonElement} */ (make('button', { type: 'button', 'data-t': 'ruler.remove' }));
  #kind = /** @type {HTMLSelectElement} */ (make('select', {}));
  #value = /** @type {HTMLInputElement} */ (make('input', { type: 'number', step: 'any', inputmode: 'decimal' }));
  #unit = make('span', {});
  #entry = make('label', { class: 'ruler-entry', hidden: '' }, this.#value, this.#unit);
  #hint = make('p', { class: 'fine' });
  #problem = make('p', { class: 'ruler-problem', role: 'alert' });
  /** What opens and shuts it, to be put among the viewer's buttons. */
  button = /** @type {HTMLButtonElement} */ (
    make('button', { type: 'button', class: 'measure', 'data-t': 'ruler.measure', 'aria-expanded': 'false' })
  );
  panel;

  /** @param {Viewer} viewer @param {HTMLElement} stage @param {(text: string) => void} say */
  constructor(viewer, stage, say) {
    this.#viewer = viewer;
    this.#stage = stage;
    this.#say = say;
    this.panel = this.#makePanel(`ruler-${++counted}`);
    this.#bar.append(this.#barText);
    stage.append(this.#bar, this.#label, ...this.#ends);
    this.#listen();
    translate(this.panel);
    this.panel.setAttribute('aria-label', t('ruler.measure'));
    this.button.textContent = t('ruler.measure');
    effect(() => this.#write());
  }

  // ---- for the viewer and the page ----

  /** Micrometres a pixel of the photograph; null where nobody said so. */
  get micrometres() {
    return this.#scale.micrometres;
  }

  /** How the size of a pixel is known. @returns {{ kind: ScaleKind, value: number }} */
  get scale() {
    return { kind: this.#scale.kind, value: this.#scale.value };
  }

  /** The measuring line: its ends in photograph pixels and its length; null without one. */
  get line() {
    if (this.#line.length < 2) return null;
    const [from, to] = this.#line;
    const pixels = Math.hypot(to.x - from.x, to.y - from.y);
    const micrometres = this.micrometres === null ? null : pixels * this.micrometres;
    return { from: { ...from }, to: { ...to }, pixels, micrometres };
  }

  /** @param {ScaleKind} kind @param {number} [value] micrometres a pixel, or degrees */
  setScale(kind, value = Number.NaN) {
    this.#kind.value = kind;
    this.#value.value = Number.isNaN(value) ? '' : String(value);
    this.#takeScale();
  }

  /** The circle that the field of view fills, once it is found: degrees count across it. @param {{ radius: number }} circle in photograph pixels */
  setField({ radius }) {
    this.#scale.across = Math.max(1, 2 * radius);
    this.#write();
  }

  /** Another photograph; null for none. @param {Size | null} photo */
  setPhoto(photo) {
    this.#clear();
    if (photo === null) return;
    const other = this.#photo !== null && (photo.width !== this.#photo.width || photo.height !== this.#photo.height);
    this.#photo = photo;
    this.#scale.across = Math.min(photo.width, photo.height); // until the circle is known
    // Another camera or another export: a pixel's size would be wrong, the camera's degrees may still hold.
    if (other && this.#scale.kind === 'pixel') {
      this.setScale('none');
      this.#outdated = true;
    }
    this.#write();
  }

  /** Draws over the photograph. @param {Context2D} context @param {Place} place @param {number} ratio canvas pixels a CSS pixel */
  draw(context, place, ratio) {
    const seen = this.#photo !== null && this.#viewer.hasPhoto;
    const at = this.#line.map(({ x, y }) => [place.left + x * place.scale, place.top + y * place.scale]);
    for (const [i, end] of this.#ends.entries()) {
      end.hidden = !seen || i >= at.length;
      if (!end.hidden) end.style.translate = `${at[i][0] / ratio}px ${at[i][1] / ratio}px`;
    }
    this.#placeLabel(seen ? at : [], place, ratio);
    if (at.length === 1 && this.#hover)
      at.push([place.left + this.#hover.x * place.scale, place.top + this.#hover.y * place.scale]);
    if (seen && at.length === 2) stroke(context, at, ratio);
    this.#drawBar(place, ratio, seen);
  }

  /** Beside the line's middle, as long as that is in sight: on neither end, never cut off. @param {number[][]} line @param {Place} place @param {number} ratio */
  #placeLabel([from, to], place, ratio) {
    const [width, height] = [place.canvasWidth / ratio, place.canvasHeight / ratio];
    const x = to ? (from[0] + to[0]) / 2 / ratio : -1;
    const y = to ? (from[1] + to[1]) / 2 / ratio : -1;
    this.#label.hidden = x < 0 || y < 0 || x > width || y > height;
    if (this.#label.hidden) return;
    const { offsetWidth: w, offsetHeight: h } = this.#label;
    const [dx, dy] = [0, 1].map((axis) => Math.abs(to[axis] - from[axis]) / ratio);
    const steep = dy > dx && dy > h + 2 * LABEL_WAY; // else below it: where it is too short, below both ends
    const way = LABEL_WAY + (dx > w + 2 * LABEL_WAY ? (w / 2) * (dy / dx) : dy / 2);
    const left = steep ? x + LABEL_WAY : x - w / 2;
    const top = steep ? y - h / 2 : y + way;
    const over = steep ? x - LABEL_WAY - w : width - w;
    const above = steep ? height - h : y - way - h;
    const across = Math.max(0, left + w > width ? over : left);
    this.#label.style.translate = `${across}px ${Math.max(0, top + h > height ? above : top)}px`;
  }

  // ---- the line ----

  #begin() {
    this.#leave ??= this.#viewer.onPick((point) => this.#add(point));
    this.button.setAttribute('aria-expanded', 'true');
    this.panel.hidden = false;
    translate(this.panel); // its words come after the page's first
    this.#write();
  }

  /** The mode ends; a line that was drawn goes, as nothing would tell what it is. */
  #end() {
    const leave = this.#leave;
    this.#leave = null;
    leave?.();
    this.button.setAttribute('aria-expanded', 'false');
    this.panel.hidden = true;
    this.#clear();
  }

  /** @param {Point} point */
  #add(point) {
    this.#line = this.#line.length === 1 ? [this.#line[0], point] : [point];
    this.#hover = null;
    this.#write();
    this.#say(this.#text.textContent ?? '');
  }

  #clear() {
    this.#line = [];
    this.#hover = null;
    this.#write();
  }

  /** @param {number} i @param {Point} to */
  #move(i, { x, y }) {
    const { width, height } = this.#photo ?? { width: 0, height: 0 };
    this.#line[i] = { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
    this.#write();
  }

  #listen() {
    this.button.addEventListener('click', () => (this.#leave ? this.#end() : this.#begin()));
    this.#remove.addEventListener('click', () => {
      this.#clear();
      this.#stage.focus({ preventScroll: true });
    });
    for (const root of [this.#stage, this.panel]) root.addEventListener('keydown', (event) => this.#escape(event));
    this.#stage.addEventListener('pointermove', ({ clientX, clientY }) => {
      if (this.#line.length !== 1 || this.#leave === null) return;
      this.#hover = this.#viewer.toPhoto(clientX, clientY);
      this.#viewer.redraw();
    });
    for (const [i, end] of this.#ends.entries()) this.#listenToEnd(end, i);
    this.#kind.addEventListener('change', () => {
      if (this.#kind.value !== 'none') this.#value.value = LIMITS[/** @type {'pixel'} */ (this.#kind.value)].first;
      this.#takeScale();
      if (this.#kind.value !== 'none') this.#value.focus();
    });
    this.#value.addEventListener('input', () => this.#takeScale());
  }

  /** Escape takes the line away; without one it ends the measuring. @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== 'Escape' || this.#leave === null) return;
    event.stopPropagation();
    if (this.#line.length > 0) {
      const onEnd = this.#ends.includes(/** @type {HTMLElement} */ (event.target));
      this.#clear();
      if (onEnd) this.#stage.focus({ preventScroll: true });
      this.#say(t('ruler.removed'));
    } else {
      this.#end();
      this.button.focus();
    }
  }

  /** @param {HTMLElement} end @param {number} i */
  #listenToEnd(end, i) {
    /** From the pointer to the point that it holds. @type {{ dx: number, dy: number } | null} */
    let grip = null;
    end.addEventListener('pointerdown', (event) => {
      const at = this.#viewer.toPhoto(event.clientX, event.clientY);
      grip = { dx: this.#line[i].x - at.x, dy: this.#line[i].y - at.y };
      end.setPointerCapture(event.pointerId);
    });
    end.addEventListener('pointermove', (event) => {
      if (grip === null) return;
      const at = this.#viewer.toPhoto(event.clientX, event.clientY);
      this.#move(i, { x: at.x + grip.dx, y: at.y + grip.dy });
    });
    for (const type of ['pointerup', 'pointercancel'])
      end.addEventListener(type, () => {
        grip = null;
      });
    end.addEventListener('keydown', (event) => {
      const way = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
      if (way === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      this.#move(i, { x: this.#line[i].x + way[0] * far, y: this.#line[i].y + way[1] * far });
      this.#viewer.reveal(this.#line[i]);
    });
    end.addEventListener('focus', () => this.#line[i] && this.#viewer.reveal(this.#line[i]));
  }

  // ---- the scale ----

  #takeScale() {
    this.#outdated = false;
    this.#scale.kind = /** @type {ScaleKind} */ (this.#kind.value);
    this.#scale.value = this.#value.value === '' ? Number.NaN : Number(this.#value.value);
    this.#write();
  }

  /** @param {Place} place @param {number} ratio @param {boolean} seen */
  #drawBar(place, ratio, seen) {
    const size = this.micrometres;
    this.#bar.hidden = !seen || size === null;
    if (size === null) return;
    const most = Math.min(0.3 * (place.canvasWidth / ratio), 160); // CSS pixels
    const unit = (size * ratio) / place.scale; // micrometres a CSS pixel
    const length = roundLength(most * unit);
    this.#bar.style.width = `${length / unit}px`;
    this.#barText.textContent = lengthText(length);
  }

  // ---- words ----

  /** Everything that depends on the line, the scale or the language. */
  #write() {
    const length = this.#lengthText();
    this.#label.textContent = this.#shortText();
    this.#text.textContent =
      length !== '' ? t('ruler.length', { length }) : t(this.#line.length === 1 ? 'ruler.second' : 'ruler.first');
    this.#remove.disabled = this.#line.length === 0;
    for (const [i, end] of this.#ends.entries()) this.#writeEnd(end, i, length);
    this.#writeScale();
    this.#viewer.redraw();
  }

  /** '1.24 mm (312 pixels)', or the pixels alone */
  #lengthText() {
    const real = this.#realText();
    return real === '' ? this.#pixelText() : t('ruler.both', { pixels: this.#pixelText(), real });
  }

  #shortText() {
    return this.#realText() || this.#pixelText();
  }

  #pixelText() {
    const pixels = this.line?.pixels;
    if (pixels === undefined) return '';
    const value = number(pixels, { maximumFractionDigits: pixels < 100 ? 1 : 0 });
    return t('ruler.pixels', { count: pixels, value });
  }

  #realText() {
    const length = this.line?.micrometres ?? null;
    if (length === null) return '';
    // Degrees give an approximation: no more digits than it holds.
    if (this.#scale.kind === 'degrees') return t('ruler.about', { length: lengthText(length, 1) });
    return lengthText(length);
  }

  /** @param {HTMLElement} end @param {number} i @param {string} length */
  #writeEnd(end, i, length) {
    const at = this.#line[i];
    end.setAttribute('aria-label', t(i === 0 ? 'ruler.end.first' : 'ruler.end.second'));
    if (at === undefined || this.#photo === null) return;
    const whole = (/** @type {number} */ v) => number(v, { maximumFractionDigits: 0 });
    end.setAttribute('aria-valuemin', '0');
    end.setAttribute('aria-valuemax', String(this.#photo.width));
    end.setAttribute('aria-valuenow', String(Math.round(at.x)));
    end.setAttribute('aria-valuetext', t('ruler.end.at', { x: whole(at.x), y: whole(at.y), length }));
  }

  #writeScale() {
    const { kind, valid } = this.#scale;
    for (const option of this.#kind.options)
      option.textContent = t(`ruler.scale.${/** @type {ScaleKind} */ (option.value)}`);
    this.#entry.hidden = kind === 'none';
    const empty = Number.isNaN(this.#scale.value);
    const wrong = kind !== 'none' && !valid && !empty;
    this.#value.setAttribute('aria-invalid', String(wrong));
    this.#problem.textContent = '';
    if (kind === 'none') {
      this.#hint.textContent = t(this.#outdated ? 'ruler.hint.outdated' : 'ruler.hint.none');
      return;
    }
    const { low, high } = LIMITS[kind];
    this.#unit.textContent = t(`ruler.unit.${kind}`);
    if (wrong) this.#problem.textContent = t('ruler.wrong', { low, high });
    const size = this.micrometres;
    const value = size === null ? '' : number(size, { maximumSignificantDigits: 3 });
    this.#hint.textContent = [
      t(`ruler.hint.${kind}`),
      kind === 'degrees' && size !== null ? t('ruler.hint.so', { value }) : '',
    ]
      .join(' ')
      .trim();
  }

  /** @param {string} id */
  #makePanel(id) {
    for (const kind of ['none', 'pixel', 'degrees']) this.#kind.append(make('option', { value: kind }));
    this.#hint.id = `${id}-hint`;
    this.#problem.id = `${id}-problem`;
    this.#value.setAttribute('aria-describedby', `${this.#problem.id} ${this.#hint.id}`);
    this.button.setAttribute('aria-controls', id);
    return make(
      'div',
      { class: 'ruler-panel', id, role: 'group', 'data-t-label': 'ruler.measure', hidden: '' },
      make('div', { class: 'ruler-row' }, this.#text, this.#remove),
      make(
        'div',
        { class: 'ruler-row' },
        make('label', { class: 'ruler-kind' }, make('span', { 'data-t': 'ruler.scale' }), this.#kind),
        this.#entry,
      ),
      this.#problem,
      this.#hint,
    );
  }
}

/** Light on dark, so that it is seen on any ground. @param {Context2D} context @param {number[][]} line @param {number} ratio */
function stroke(context, [from, to], ratio) {
  context.save();
  context.lineCap = 'round';
  for (const [width, colour] of [
    [4, 'rgb(0 0 0 / 65%)'],
    [2, '#fff'],
  ]) {
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0], to[1]);
    context.lineWidth = Number(width) * ratio;
    context.strokeStyle = String(colour);
    context.stroke();
  }
  context.restore();
}
