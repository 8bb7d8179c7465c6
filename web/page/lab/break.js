/** Break it: the photograph is covered, drawn on, blurred or recoloured, and the network's answer moves along. */

import { load } from '../../vmnet.js';
import { answerText, chanceText, cutText, decisionOf, standing, whyText } from '../case/decision.js';
import { thresholdOf } from '../rules/rules.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { isAbort } from '../shell/error-box.js';
import { classes } from '../shell/loading.js';
import { fit } from '../viewer/layers.js';
import { number, t, translate } from '../words/i18n.js';
import { capital, inPoints, isFinding, nameOf } from '../words/terms.js';
import { changeInPoints, Strength } from './guide.js';
import { BLUR_MAX, HUE_MAX, sampleOf } from './link.js';
import { onGrid, TOOLS } from './strokes.js';
import { FULL } from './subject.js';

/**
 * @import { Disease, Model, Report, ScreenResult } from '../../vmnet.js'
 * @import { Context } from '../shell/context.js'
 * @import { Dab, Tool } from './strokes.js'
 * @import { Subject, Wish } from './subject.js'
 */

/** All that was done to the photograph. @typedef {{ dabs: Dab[], blur: number, hue: number, guide: number }} Changes guide in tenths */
/** What the network says of a picture. @typedef {{ diseases: readonly Pick<Disease, 'id' | 'name' | 'probability'>[], decision: Report['decision'] }} Said */
/** @typedef {{ percent: HTMLElement, delta: HTMLElement, bar: HTMLElement, name: HTMLElement, needs: HTMLElement | null }} Row */

/** A blur is counted in pixels of a photograph of so many on its longer side. */
const BLUR_SIDE = 768;
/** Radius of a dab, in shares of the width. */
const RADIUS = { cover: 0.05, haemorrhage: 0.012, exudate: 0.008 };
const COLOUR = { cover: 'rgb(40 30 26)', haemorrhage: 'rgb(96 16 12 / 0.85)', exudate: 'rgb(250 226 132 / 0.9)' };
/** What an arrow key moves the brush by. */
const STEP = 0.02;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Runs that the rate is taken from, and how old they may be, in milliseconds. */
const COUNTED = 8;
const COUNTED_MS = 2000;
/** S while something is being moved, and the longer side of what is then screened: a preview, some times as fast. */
const PREVIEW = { size: 256, side: 384 };
/** How long nothing has moved when the hand rests, in milliseconds. */
const REST_MS = 300;

export class Break {
  #context;
  /** @type {Subject | null} */
  #subject = null;
  #shown = false;
  /** @type {Dab[]} */
  #dabs = [];
  /** @type {Tool} */
  #tool = 'cover';
  #strength = FULL;
  /** What a link asks for, and of which photograph. @type {{ sample: string | null, changes: Changes } | null} */
  #asked = null;
  #at = { x: 0.5, y: 0.5 };
  /** What is said of the photograph as it is: the case's own numbers. @type {Said | null} */
  #before = null;
  /** The same of as few pixels as what is changed has. @type {Said | null} */
  #base = null;
  /** @type {Said | null} */
  #now = null;
  /** Counts the changes: each asks for a run. */
  #wish = 0;
  #done = -1;
  /** The change that was previewed last. */
  #previewed = -1;
  /** When something was moved last. */
  #moved = Number.NEGATIVE_INFINITY;
  /** The network with a smaller input, while the scene is shown. @type {Promise<Model> | null} */
  #small = null;
  /** What it says of the photograph as it is. @type {Said | null} */
  #smallBefore = null;
  #busy = false;
  /** When the last runs ended. @type {number[]} */
  #ends = [];
  #canvas = /** @type {HTMLCanvasElement} */ (
    make('canvas', {
      tabindex: '0',
      role: 'application',
      'data-t-label': 'break.stage',
      'aria-describedby': 'break-keys',
    })
  );
  #brush = make('span', { class: 'break-brush', 'aria-hidden': 'true', hidden: '' });
  #rows = make('ul', { class: 'break-rows' });
  /** @type {Map<string, Row>} */
  #row = new Map();
  #answer = make('p', { class: 'break-answer', role: 'status' });
  /** Why it is this answer, as beside every photograph. */
  #because = make('p', { class: 'fine break-because', 'data-testid': 'break-because' });
  #most = make('p', { class: 'fine' });
  /** What each change alone did to the answer, once it was asked for. */
  #reasons = make('ul', { class: 'break-reasons', 'aria-live': 'polite' });
  #why = /** @type {HTMLButtonElement} */ (
    make('button', { type: 'button', 'data-act': 'why', 'data-t': 'break.why' })
  );
  #rate = make('p', { class: 'fine' });
  #blur = slider('break.blur', { min: '0', max: String(BLUR_MAX), step: '1', value: '0' });
  #hue = slider('break.hue', { min: String(-HUE_MAX), max: String(HUE_MAX), step: '5', value: '0' });
  #guide;
  #reset = /** @type {HTMLButtonElement} */ (
    make('button', { type: 'button', 'data-act': 'reset', 'data-t': 'break.reset' })
  );
  root;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#guide = new Strength((strength) => {
      this.#strength = strength;
      this.#move();
    });
    const tools = make('fieldset', { class: 'segmented' }, make('legend', { 'data-t': 'break.brush' }));
    for (const tool of TOOLS) {
      const input = /** @type {HTMLInputElement} */ (make('input', { type: 'radio', name: 'break-tool', value: tool }));
      input.checked = tool === this.#tool;
      input.addEventListener('change', () => {
        this.#tool = tool;
      });
      tools.append(make('label', {}, input, make('span', { 'data-t': `break.${tool}` })));
    }
    this.root = make(
      'div',
      { class: 'teach-break' },
      make(
        'div',
        { class: 'break-board' },
        tools,
        make('figure', { class: 'break-stage' }, this.#canvas, this.#brush),
        make('p', { class: 'fine', id: 'break-keys', 'data-t': 'break.keys' }),
        make('div', { class: 'break-sliders' }, this.#blur.root, this.#hue.root, this.#guide.root),
      ),
      make(
        'div',
        { class: 'teach-panel' },
        this.#answer,
        this.#because,
        this.#most,
        make('div', { class: 'actions' }, this.#why),
        this.#reasons,
        this.#rows,
        make('div', { class: 'actions' }, this.#reset),
        this.#rate,
        make('p', { class: 'fine', 'data-t': 'break.honest' }),
      ),
    );
    translate(this.root);
    this.#listen();
  }

  /** It computes by itself. @returns {Wish[]} */
  wishes() {
    return [];
  }

  /** @param {Wish | null} _busy */
  computing(_busy) {}

  /** @param {Subject} subject */
  setSubject(subject) {
    if (subject === this.#subject) return;
    this.#subject = subject;
    this.#before = null;
    this.#base = null;
    this.#smallBefore = null;
    this.#now = null;
    this.#row.clear();
    this.#rows.replaceChildren(...ordered(classes()).map((of) => this.#makeRow(of))); // in their place before they say anything
    this.#clear();
    this.#give();
  }

  /** What a link brings back, on its photograph: now, or when that comes. @param {string | null} sample @param {Changes} changes */
  ask(sample, changes) {
    this.#asked = { sample, changes };
    this.#give();
  }

  /** What a link has to hold. */
  get changes() {
    return this.#changes;
  }

  #give() {
    if (this.#asked === null || this.#subject === null || sampleOf(this.#subject) !== this.#asked.sample) return;
    const { dabs, blur, hue, guide } = this.#asked.changes;
    this.#put({ dabs: [...dabs], blur, hue, guide });
  }

  opened() {
    this.#shown = true;
    this.#change();
  }

  closed() {
    this.#shown = false;
    this.#small?.then(
      (model) => model.close(),
      () => {},
    );
    this.#small = null;
  }

  #clear() {
    this.#put({ ...AS_IT_IS, dabs: [] });
  }

  /** @param {Changes} changes */
  #put({ dabs, blur, hue, guide }) {
    this.#dabs = dabs;
    this.#blur.input.value = String(blur);
    this.#hue.input.value = String(hue);
    this.#strength = guide;
    this.#guide.show(guide);
    this.#change();
  }

  #listen() {
    for (const { input } of [this.#blur, this.#hue]) input.addEventListener('input', () => this.#move());
    this.#reset.addEventListener('click', () => {
      this.#asked = null;
      this.#clear();
    });
    this.#why.addEventListener('click', () => this.#explain());
    let down = false;
    this.#canvas.addEventListener('pointerdown', (event) => {
      down = true;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#dabAt(event);
    });
    this.#canvas.addEventListener('pointermove', (event) => down && this.#dabAt(event));
    for (const type of ['pointerup', 'pointercancel'])
      this.#canvas.addEventListener(type, () => {
        down = false;
      });
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    for (const type of ['focus', 'blur']) this.#canvas.addEventListener(type, () => this.#showBrush());
  }

  /** @param {PointerEvent} event */
  #dabAt({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    this.#dab((clientX - box.left) / box.width, (clientY - box.top) / box.width);
  }

  /** @param {number} x in shares of the width @param {number} y */
  #dab(x, y) {
    const last = this.#dabs.at(-1);
    if (last?.tool === this.#tool && Math.hypot(last.x - x, last.y - y) < RADIUS[this.#tool] / 2) return;
    this.#dabs.push({ tool: this.#tool, x: onGrid(x), y: onGrid(y) });
    this.#move();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const way = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    if (way) {
      const high = this.#canvas.height / this.#canvas.width;
      this.#at.x = Math.min(1, Math.max(0, this.#at.x + way[0] * STEP));
      this.#at.y = Math.min(high, Math.max(0, this.#at.y + way[1] * STEP));
      this.#showBrush();
    } else if (event.key === 'Enter' || event.key === ' ') this.#dab(this.#at.x, this.#at.y);
    else return;
    event.preventDefault();
  }

  #showBrush() {
    this.#brush.hidden = !this.#canvas.matches(':focus-visible');
    const { clientWidth } = this.#canvas;
    this.#brush.style.translate = `${this.#at.x * clientWidth}px ${this.#at.y * clientWidth}px`;
  }

  // ---- the picture ----

  /** @returns {Changes} */
  get #changes() {
    const [blur, hue] = [this.#blur, this.#hue].map(({ input }) => Number(input.value));
    return { dabs: this.#dabs, blur, hue, guide: this.#strength };
  }

  get #isChanged() {
    return without(this.#changes).length > 0;
  }

  /** By a hand, which may go on. */
  #move() {
    this.#asked = null;
    this.#moved = performance.now();
    this.#change();
  }

  get #isMoving() {
    return performance.now() - this.#moved < REST_MS;
  }

  #change() {
    this.#reset.disabled = !this.#isChanged;
    this.#reasons.replaceChildren();
    this.#why.disabled = true; // until there is another answer
    if (this.#subject?.photo == null) return;
    drawChanged(this.#canvas, this.#subject.photo, this.#changes);
    const { width, height } = this.#canvas;
    this.#canvas.parentElement?.style.setProperty('--ratio', String(width / height));
    this.#wish += 1;
    this.#run();
  }

  // ---- the network ----

  /** One run at a time, each of the picture as it is then; while something is being moved, previews. */
  async #run() {
    if (this.#busy || !this.#shown) return;
    this.#busy = true;
    try {
      const model = await this.#context.model();
      while (this.#shown && this.#done !== this.#wish) {
        const small = this.#before !== null && this.#isMoving ? await this.#preview() : null;
        if (small === null) await this.#look(model);
        else if (this.#previewed !== this.#wish) await this.#glance(small);
        else await new Promise((resolve) => setTimeout(resolve, REST_MS / 10));
      }
    } catch (error) {
      this.#done = this.#wish;
      if (!isAbort(error)) this.#context.showError(error);
    } finally {
      this.#busy = false;
    }
    if (this.#shown && this.#before !== null) this.#preview(); // ready when something is moved
  }

  /** The network with a smaller input; null where there is no room for another one, or the scene was left meanwhile. */
  async #preview() {
    this.#small ??= load({ size: PREVIEW.size, maxMegapixels: 1 });
    const small = this.#small;
    const model = await small.catch(() => null);
    return small === this.#small ? model : null;
  }

  /** @param {Model} model */
  async #look(model) {
    const subject = this.#subject;
    if (subject?.photo == null) return;
    const [wish, changed] = [this.#wish, this.#isChanged];
    const own = this.#before ?? (await saidInCase(subject, model));
    if (subject !== this.#subject) return;
    this.#before = own;
    if (changed && this.#base === null) {
      const base = subject.isWhole ? own : await saidOf(model, subject.photo, AS_IT_IS);
      if (subject === this.#subject) this.#base = base;
      return; // what is to be seen has its turn
    }
    const now = changed ? await saidOf(model, subject.photo, this.#changes) : own;
    if (subject !== this.#subject) return;
    this.#done = wish;
    this.#now = now;
    if (changed) this.#count();
    this.render();
  }

  /** @param {Model} small */
  async #glance(small) {
    const [wish, subject] = [this.#wish, this.#subject];
    if (subject?.photo == null) return;
    const look = async (/** @type {HTMLCanvasElement} */ canvas, /** @type {number} */ guide) =>
      said(await small.screen(pixelsOf(canvas, PREVIEW.side), { heatmaps: [], guide: guide / FULL }));
    if (this.#smallBefore === null) {
      const canvas = /** @type {HTMLCanvasElement} */ (make('canvas'));
      drawChanged(canvas, subject.photo, AS_IT_IS);
      const before = await look(canvas, FULL);
      if (subject === this.#subject) this.#smallBefore = before;
    }
    const result = await look(this.#canvas, this.#strength);
    if (subject !== this.#subject) return;
    this.#previewed = wish;
    this.#count();
    this.#write(this.#smallBefore, result);
    this.root.dataset.preview = '';
    write(this.#answer, t('break.preview', { size: String(PREVIEW.size) }));
    write(this.#because, '\u00a0');
    this.#why.disabled = true;
  }

  #count() {
    const now = performance.now();
    this.#ends = [...this.#ends.filter((end) => now - end < COUNTED_MS), now].slice(-COUNTED);
  }

  render() {
    translate(this.root);
    const now = this.#now;
    if (now === null) return write(this.#answer, t('phase.network'));
    const before = now === this.#before ? now : (this.#base ?? now);
    this.#write(before, now);
    delete this.root.dataset.preview;
    const [first, answer] = [before, now].map((one) => answerText(decisionOf(one).answer));
    write(this.#answer, answer === first ? t('break.same', { answer }) : t('break.changed', { before: first, answer }));
    write(this.#because, whyText(decisionOf(now), now.decision));
    this.#why.disabled = answer === first || this.#reasons.childElementCount > 0;
  }

  /** The numbers of two looks at the same size. @param {Said | null} before @param {Said} now */
  #write(before, now) {
    if (this.#row.size === 0) this.#rows.replaceChildren(...ordered(now.diseases).map((of) => this.#makeRow(of)));
    let most = { name: '', change: 0 };
    for (const disease of now.diseases) {
      const row = this.#row.get(disease.id);
      const then = before?.diseases.find(({ id }) => id === disease.id)?.probability ?? disease.probability;
      const change = disease.probability - then;
      if (Math.abs(change) > Math.abs(most.change)) most = { name: nameOf(disease), change };
      if (row === undefined) continue;
      write(row.name, capital(nameOf(disease)));
      write(row.percent, chanceIn(now, disease));
      row.percent.dataset.probability = String(disease.probability);
      write(row.delta, changeInPoints(change));
      row.bar.style.setProperty('--share', String(disease.probability));
      row.bar.style.setProperty('--at', String(then));
      if (row.needs !== null) write(row.needs, needsText(disease));
    }
    const big = Math.abs(most.change) >= 0.005;
    write(
      this.#most,
      big
        ? t('break.most', { name: most.name, points: inPoints(changeInPoints(most.change), most.change) })
        : t('break.little'),
    );
    write(this.#rate, this.#rateText());
  }

  /** Takes each change away by itself, and looks which answer there is without it. */
  async #explain() {
    const [wish, photo, base] = [this.#wish, this.#subject?.photo, this.#base];
    if (photo == null || base === null) return;
    const before = decisionOf(base).answer;
    this.#why.disabled = true;
    try {
      const model = await this.#context.model();
      const found = [];
      for (const { key, rest } of without(this.#changes)) {
        const one = await saidOf(model, photo, rest);
        if (wish !== this.#wish) return; // what is asked about is no more
        found.push({ key, answer: decisionOf(one).answer });
      }
      const lines = found.map(({ key, answer }) => t('break.without', { kind: t(key), answer: answerText(answer) }));
      if (!found.some(({ answer }) => answer === before)) lines.push(t('break.several'));
      this.#reasons.replaceChildren(...lines.map((line) => make('li', {}, line)));
    } catch (error) {
      if (!isAbort(error)) this.#context.showError(error);
    }
  }

  #rateText() {
    const [first, last] = [this.#ends[0], this.#ends.at(-1) ?? 0];
    if (this.#ends.length < 3) return '\u00a0';
    const rate = (1000 * (this.#ends.length - 1)) / (last - first);
    return t('break.rate', { rate: number(rate, { maximumFractionDigits: 1 }) });
  }

  /** @param {{ id: string, name: string }} of */
  #makeRow(of) {
    const { id } = of;
    const [name, percentage, delta] = ['name', 'percent', 'delta'].map((c) => make('span', { class: c }));
    const bar = make(
      'span',
      { class: 'bar', 'aria-hidden': 'true' },
      make('i', { class: 'fill' }),
      make('i', { class: 'mark' }),
    );
    name.textContent = capital(nameOf(of));
    percentage.textContent = '\u00a0';
    const needs = isFinding(of) ? null : make('span', { class: 'needs fine' }, needsText(of));
    this.#row.set(id, { name, percent: percentage, delta, bar, needs });
    return make('li', { 'data-id': id }, name, percentage, delta, bar, ...(needs === null ? [] : [needs]));
  }
}

/** Normal after all that it is held against: it is no finding. @template {{ id: string }} T @param {readonly T[]} diseases */
function ordered(diseases) {
  return diseases.toSorted((a, b) => Number(isFinding(b)) - Number(isFinding(a)));
}

/** @param {Said} now @param {{ id: string, probability: number }} disease */
function chanceIn(now, { id, probability }) {
  const known = classes().find((one) => one.id === id);
  return chanceText(probability, standing(decisionOf(now), id), known === undefined ? Number.NaN : thresholdOf(known));
}

/** Normal has a cut of its own, which "no finding" needs besides. @param {{ id: string }} of */
function needsText({ id }) {
  const known = classes().find((one) => one.id === id);
  return known === undefined ? '\u00a0' : t('break.needs', { low: cutText(thresholdOf(known)) });
}

/** @param {import('../words/i18n.js').Key} key @param {Record<string, string>} range */
function slider(key, range) {
  const id = key.replace('.', '-');
  const input = /** @type {HTMLInputElement} */ (make('input', { type: 'range', id, ...range }));
  return { input, root: make('div', { class: 'teach-strength' }, make('label', { for: id, 'data-t': key }), input) };
}

/**
 * What there is without each kind of change, and its name; nothing for what was not changed.
 * @param {Changes} changes @returns {{ key: import('../words/i18n.js').Key, rest: Changes }[]}
 */
function without(changes) {
  const { dabs, blur, hue, guide } = changes;
  /** @type {{ key: import('../words/i18n.js').Key, rest: Changes }[]} */
  const all = TOOLS.filter((tool) => dabs.some((dab) => dab.tool === tool)).map((tool) => ({
    key: `break.${tool}`,
    rest: { ...changes, dabs: dabs.filter((dab) => dab.tool !== tool) },
  }));
  if (blur !== 0) all.push({ key: 'break.blur', rest: { ...changes, blur: 0 } });
  if (hue !== 0) all.push({ key: 'break.hue', rest: { ...changes, hue: 0 } });
  if (guide !== FULL) all.push({ key: 'teach.guide', rest: { ...changes, guide: FULL } });
  return all;
}

/** @type {Changes} */
const AS_IT_IS = { dabs: [], blur: 0, hue: 0, guide: FULL };

/** @param {ScreenResult} result @returns {Said} */
function said({ diseases, report }) {
  return { diseases, decision: report.decision };
}

/** Of the photograph as it is, to the last digit what the case says. @param {Subject} subject @param {Model} model @returns {Promise<Said>} */
async function saidInCase({ shared, runs, source, name }, model) {
  if (shared !== null) return said(shared);
  return runs.get(FULL) ?? said(await model.screen(source, { heatmaps: [], name }));
}

/** @param {Model} model @param {OffscreenCanvas} photo @param {Changes} changes @returns {Promise<Said>} */
async function saidOf(model, photo, changes) {
  const canvas = /** @type {HTMLCanvasElement} */ (make('canvas'));
  drawChanged(canvas, photo, changes);
  return said(await model.screen(pixelsOf(canvas), { heatmaps: [], guide: changes.guide / FULL }));
}

/** @param {HTMLCanvasElement} canvas @param {number} [side] the longer one, in pixels, where it is to be smaller */
function pixelsOf(canvas, side = Number.POSITIVE_INFINITY) {
  const { width, height } = fit(canvas.width, canvas.height, side);
  const small = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** @param {HTMLCanvasElement} canvas @param {OffscreenCanvas} photo @param {Changes} changes */
function drawChanged(canvas, photo, { dabs, blur, hue }) {
  const { width, height } = photo;
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  blurred(context, photo, blur);
  if (hue !== 0) {
    const pixels = context.getImageData(0, 0, width, height);
    turnHue(pixels.data, (hue * Math.PI) / 180);
    context.putImageData(pixels, 0, 0);
  }
  for (const { tool, x, y } of dabs) {
    context.fillStyle = COLOUR[tool];
    context.beginPath();
    context.arc(x * width, y * width, RADIUS[tool] * width, 0, 2 * Math.PI);
    context.fill();
  }
}

/**
 * Drawn small and large again: as blurred as so many pixels, in every browser.
 * @param {CanvasRenderingContext2D} context @param {OffscreenCanvas} photo @param {number} radius pixels of BLUR_SIDE
 */
function blurred(context, photo, radius) {
  const { width, height } = context.canvas;
  context.imageSmoothingQuality = 'high';
  if (radius === 0) return context.drawImage(photo, 0, 0, width, height);
  const counted = fit(width, height, BLUR_SIDE);
  const small = new OffscreenCanvas(Math.ceil(counted.width / (1 + radius)), Math.ceil(counted.height / (1 + radius)));
  const reduced = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d'));
  reduced.imageSmoothingQuality = 'high';
  reduced.drawImage(photo, 0, 0, small.width, small.height);
  context.drawImage(small, 0, 0, width, height);
}

/**
 * Turns the colours around the grey axis, brightness stays.
 * @param {Uint8ClampedArray} data rgba @param {number} angle radians
 */
function turnHue(data, angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  // Rodrigues' rotation around (1, 1, 1)
  const a = c + (1 - c) / 3;
  const b = (1 - c) / 3 - s * Math.sqrt(1 / 3);
  const d = (1 - c) / 3 + s * Math.sqrt(1 / 3);
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
    data[i] = a * red + b * green + d * blue;
    data[i + 1] = d * red + a * green + b * blue;
    data[i + 2] = b * red + d * green + a * blue;
  }
}
