/** Phantoms on demand: what was drawn beside what the network found. */

import { CALIBRE_MAX, CALIBRE_MIN, LESION_NUMBERS } from '../../constants.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { classes } from '../shell/loading.js';
import { number, percent, t, translate } from '../words/i18n.js';
import { capital, inWidths, nameOf } from '../words/terms.js';
import { distanceTo, peakOf, placesOf } from './maps.js';
import { diseaseFor } from './rules.js';
import { diseaseName, diseaseOf, drawAgreement, drawHeatTruth, drawPhoto, drawTruth, exact } from './stages.js';
import { FULL, fromPhantom } from './subject.js';

/**
 * @import { Lesion } from '../../vmnet.js'
 * @import { Context } from '../shell/context.js'
 * @import { Item, Large } from './large.js'
 * @import { Scene } from './stages.js'
 * @import { PhantomChoice, Subject, Wish } from './subject.js'
 */

const LESIONS = /** @type {readonly Lesion[]} */ (Object.keys(LESION_NUMBERS));
/** @typedef {'photo' | 'truth' | 'vessels' | 'heat'} PictureName */
/** @type {readonly PictureName[]} */
const PICTURES = ['photo', 'truth', 'vessels', 'heat'];
const SMALL = 480;
const LAST_SEED = 9999;
/** Stands where a value is to come. */
const WAIT = '…';

export class Phantoms {
  #context;
  #large;
  #wanted;
  #explain;
  /** @type {Subject | null} */
  #subject = null;
  /** The lesions of the subject as circles. @type {ReturnType<typeof placesOf>} */
  #places = [];
  /** Chosen by hand; null follows the lesions. @type {string | null} */
  #disease = null;
  /** Counts what was asked for: only the latest appears. */
  #turn = 0;
  #drawing = false;
  /** Whether the network's answer on the subject is still to come. */
  #looking = false;
  #seed = field({
    type: 'number',
    min: '0',
    max: String(LAST_SEED),
    step: '1',
    value: '1',
    id: 'teach-seed',
    required: '',
  });
  #cup = field({ type: 'range', min: '0.2', max: '0.9', step: '0.1', value: '0.4', id: 'teach-cup' });
  #cupValue = make('output', { class: 'teach-value', for: 'teach-cup' });
  #calibre = field({
    type: 'range',
    min: String(CALIBRE_MIN),
    max: String(CALIBRE_MAX),
    step: '0.1',
    value: '1',
    id: 'teach-calibre',
  });
  #calibreValue = make('output', { class: 'teach-value', for: 'teach-calibre' });
  #lesions = LESIONS.map((value) => field({ type: 'checkbox', name: 'teach-lesion', value }));
  #select = /** @type {HTMLSelectElement} */ (make('select', { id: 'teach-heat' }));
  #busy = make('p', { class: 'fine teach-busy' });
  #facts = make('tbody');
  /** @type {Map<PictureName, { canvas: HTMLCanvasElement, title: HTMLElement, text: HTMLElement, button: HTMLElement }>} */
  #cards = new Map();
  root;

  /**
   * @param {Context} context @param {Large} large
   * @param {() => void} wanted when wishes() changed
   * @param {(subject: Subject) => void} explain shows how the network decided on it
   */
  constructor(context, large, wanted, explain) {
    this.#context = context;
    this.#large = large;
    this.#wanted = wanted;
    this.#explain = explain;
    const pictures = make('div', { class: 'teach-pictures' }, ...PICTURES.map((name, i) => this.#card(name, i)));
    this.root = make('div', { class: 'teach-phantoms' }, this.#form(), this.#busy, pictures, this.#table());
    translate(this.root);
    this.#listen();
    this.#showBusy();
    this.render();
  }

  #form() {
    const next = make('button', {
      type: 'button',
      class: 'primary',
      'data-act': 'next',
      'data-t': 'teach.phantom.next',
    });
    const how = make('button', { type: 'button', 'data-act': 'how', 'data-t': 'teach.phantom.how' });
    next.addEventListener('click', () => {
      this.#seed.value = String((Number(this.#seed.value) + 1) % (LAST_SEED + 1));
      this.#draw();
    });
    how.addEventListener('click', () => {
      if (this.#subject !== null) this.#explain(this.#subject);
    });
    return make(
      'form',
      { class: 'teach-form' },
      make(
        'div',
        { class: 'teach-choice' },
        make('label', { for: 'teach-seed', 'data-t': 'teach.phantom.number' }),
        this.#seed,
      ),
      make(
        'fieldset',
        { class: 'teach-lesions' },
        make('legend', { 'data-t': 'teach.phantom.lesions' }),
        ...LESIONS.map((name, i) => make('label', {}, this.#lesions[i], make('span', { 'data-t': `phantom.${name}` }))),
      ),
      slider('teach.phantom.cup', this.#cup, this.#cupValue),
      slider('teach.phantom.calibre', this.#calibre, this.#calibreValue),
      make(
        'div',
        { class: 'teach-choice' },
        make('label', { for: 'teach-heat', 'data-t': 'teach.phantom.heat' }),
        this.#select,
      ),
      make('div', { class: 'actions' }, next, how),
    );
  }

  #table() {
    const head = ['teach.fact', 'teach.fact.drawn', 'teach.fact.network'];
    return make(
      'div',
      { class: 'teach-facts' },
      make(
        'table',
        { class: 'teach-compare' },
        make('caption', { 'data-t': 'teach.facts' }),
        make('thead', {}, make('tr', {}, ...head.map((key) => make('th', { scope: 'col', 'data-t': key })))),
        this.#facts,
      ),
      make('p', { class: 'fine', 'data-t': 'phantom.quality' }),
    );
  }

  /** @param {PictureName} name @param {number} index */
  #card(name, index) {
    const canvas = /** @type {HTMLCanvasElement} */ (
      make('canvas', { width: String(SMALL), height: String(SMALL), 'aria-hidden': 'true' })
    );
    const [title, text] = ['teach-title', 'teach-text'].map((c) => make('span', { class: c }));
    const button = make(
      'button',
      { type: 'button', class: 'teach-stage', 'data-picture': name, 'aria-haspopup': 'dialog' },
      make('span', { class: 'teach-frame' }, canvas),
      make('span', { class: 'teach-words' }, title, text),
    );
    button.addEventListener('click', () => {
      if (this.#subject !== null) this.#large.open(() => this.#items(), index);
    });
    this.#cards.set(name, { canvas, title, text, button });
    return button;
  }

  #listen() {
    const form = this.root.querySelector('form');
    form?.addEventListener('submit', (event) => event.preventDefault());
    for (const input of [this.#seed, this.#cup, this.#calibre, ...this.#lesions])
      input.addEventListener('change', () => this.#draw());
    for (const input of [this.#cup, this.#calibre]) input.addEventListener('input', () => this.#showSliders());
    this.#select.addEventListener('change', () => {
      this.#disease = this.#select.value;
      this.render();
    });
  }

  /** What a link has to hold. */
  get state() {
    return { subject: this.#subject, disease: this.#disease };
  }

  /** Draws the first one, if nothing was asked for before. */
  opened() {
    if (this.#subject === null && this.#turn === 0) this.#draw();
  }

  /** @param {PhantomChoice} choice @param {string | null} disease whose heatmap is shown; null follows the lesions */
  ask({ seed, lesions, cup, calibre }, disease) {
    this.#disease = disease;
    this.#seed.value = String(seed);
    this.#cup.value = String(cup);
    this.#calibre.value = String(calibre);
    for (const input of this.#lesions) input.checked = lesions.some((lesion) => lesion === input.value);
    this.#draw();
  }

  /** @returns {PhantomChoice} */
  #choice() {
    const lesions = this.#lesions.filter((i) => i.checked).map((i) => /** @type {Lesion} */ (i.value));
    return {
      seed: Number(this.#seed.value),
      lesions,
      cup: Number(this.#cup.value),
      calibre: Number(this.#calibre.value),
    };
  }

  async #draw() {
    this.#showSliders();
    if (!this.#seed.reportValidity()) return;
    const turn = ++this.#turn;
    this.#drawing = true;
    this.#showBusy();
    try {
      const subject = await fromPhantom(this.#context, this.#choice());
      if (turn !== this.#turn) return;
      this.#subject = subject;
      this.#places = subject.truth === null ? [] : placesOf(subject.truth.lesions);
      this.#drawing = false;
      this.#looking = true;
      this.#showBusy();
      this.render();
      this.#wanted();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#drawing = false;
      this.#showBusy();
      this.#context.showError(error);
    }
  }

  /** Busy from the moment drawing starts until the network's answer is there. */
  #showBusy() {
    const text = this.#drawing ? t('teach.phantom.drawing') : this.#looking ? t('phase.network') : '\u00a0';
    write(this.#busy, text);
    this.root.setAttribute('aria-busy', String(this.#drawing || this.#looking));
  }

  /** @returns {Wish[]} */
  wishes() {
    return this.#subject === null ? [] : [[this.#subject, FULL]];
  }

  /** @param {Wish | null} busy */
  computing(busy) {
    // Another photograph may have its turn before this one; with nothing under way, no answer comes any more.
    this.#looking = busy !== null && this.#subject !== null && !this.#subject.runs.has(FULL);
    this.#showBusy();
  }

  /** @param {Subject} subject @returns {Scene & { subject: Subject }} */
  #scene(subject) {
    const run = subject.runs.get(FULL) ?? null;
    const disease = this.#disease ?? diseaseFor(subject.choice?.lesions ?? []);
    const known = run === null || run.diseases.some((d) => d.id === disease);
    return { subject, run, disease: known ? disease : (run?.diseases[0].id ?? '') };
  }

  /** @param {Scene & { subject: Subject }} scene */
  #peak({ subject, run, disease }) {
    const heatmap = run?.heatmaps.get(disease);
    return heatmap && subject.frame ? peakOf(heatmap, subject.frame.square) : null;
  }

  /** @returns {Item[]} */
  #items() {
    const subject = this.#subject;
    if (subject === null) return [];
    const scene = this.#scene(subject);
    return PICTURES.map((name) => ({
      title: titleOf(name, scene),
      text: t(`teach.picture.${name}.text`),
      more: t(`teach.picture.${name}.more`),
      draw: (canvas) => this.#drawPicture(name, canvas, scene),
    }));
  }

  /** @param {PictureName} name @param {HTMLCanvasElement} canvas @param {Scene & { subject: Subject }} scene */
  #drawPicture(name, canvas, scene) {
    const { subject } = scene;
    if (name === 'photo') drawPhoto(canvas, subject);
    else if (name === 'truth') drawTruth(canvas, subject, this.#places);
    else if (name === 'vessels') drawAgreement(canvas, subject);
    else drawHeatTruth(canvas, scene, this.#places, this.#peak(scene));
  }

  render() {
    this.#showSliders();
    const scene = this.#subject === null ? null : this.#scene(this.#subject);
    this.#fillSelect(scene);
    for (const [name, card] of this.#cards) {
      write(card.title, titleOf(name, scene));
      write(card.text, t(`teach.picture.${name}.text`));
      const there = scene !== null && (name === 'photo' || name === 'truth' || scene.run !== null);
      card.button.classList.toggle('empty', !there);
      if (there) this.#drawPicture(name, card.canvas, scene);
    }
    this.#facts.replaceChildren(...(scene === null ? WAITING : this.#rows(scene.subject, scene)).map(row));
    if (scene !== null) this.#large.refresh();
  }

  #showSliders() {
    write(this.#cupValue, number(Number(this.#cup.value), { minimumFractionDigits: 1 }));
    const calibre = percent(Number(this.#calibre.value));
    write(this.#calibreValue, calibre);
    this.#calibre.setAttribute('aria-valuetext', calibre);
  }

  /** The diseases of the weights; before these are there, a word that says so. @param {Scene | null} scene */
  #fillSelect(scene) {
    const known = classes().map((c) => new Option(capital(nameOf(c)), c.id));
    const options = known.length > 0 ? known : [new Option(t('load.waiting'), '')];
    this.#select.disabled = known.length === 0;
    if (options.map((o) => o.text).join() !== [...this.#select.options].map((o) => o.text).join())
      this.#select.replaceChildren(...options);
    if (known.length > 0) this.#select.value = scene?.disease || (this.#disease ?? diseaseFor([]));
  }

  /** What was drawn, and what the network or the program found. @param {Subject} subject @param {Scene & { subject: Subject }} scene @returns {Fact[]} */
  #rows({ truth, choice, frame }, scene) {
    if (truth === null || choice === null) return [];
    const found = frame?.vesselTruth;
    const wait = WAIT;
    const two = (/** @type {number} */ v) => number(v, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const share = (/** @type {number} */ v) => number(v, { style: 'percent', minimumFractionDigits: 1 });
    const pixels = (/** @type {number | null} */ v) =>
      Number.isFinite(v) ? t('measures.pixels', { value: number(Number(v), { maximumFractionDigits: 1 }) }) : '–';
    const drawn = truth.vessels.data.reduce((n, v) => n + Number(v !== 0), 0);
    const area = frame ? Math.PI * frame.field.radius ** 2 : Number.NaN;
    /** @type {Fact[]} */
    const rows = [
      ['vessels', frame ? share(drawn / area) : wait, frame ? share(frame.density) : wait],
      ['width', pixels(truth.vesselWidth), frame ? pixels(frame.vesselWidth) : wait, frame?.vesselWidth ?? undefined],
      ['dice', '', found ? two(found.dice) : wait, found?.dice],
      ['sensitivity', '', found ? percent(found.sensitivity) : wait, found?.sensitivity],
      ['precision', '', found ? percent(found.precision) : wait, found?.precision],
    ];
    if (frame === null) rows.push(['disc', '', wait]);
    else if (frame.disc) rows.push(['disc', '', discText(truth.opticDisc, frame.disc)]);
    const places = this.#places.length;
    if (places === 0) rows.push(['lesions', t('teach.fact.lesions.none'), '']);
    else rows.push(['lesions', t('teach.fact.places', { count: places }), this.#peakText(truth, scene)]);
    const glaucoma = scene.run?.diseases.find((d) => d.id === 'glaucoma');
    const says = glaucoma ? t('teach.fact.says', { name: nameOf(glaucoma), percent: exact(glaucoma) }) : wait;
    rows.push(['cup', number(choice.cup, { minimumFractionDigits: 1 }), says]);
    const shown = diseaseOf(scene);
    if (scene.run === null && scene.disease !== 'glaucoma') rows.push(['disease', '', wait]);
    if (shown !== null && shown.id !== 'glaucoma')
      rows.push(['disease', '', t('teach.fact.says', { name: nameOf(shown), percent: exact(shown) })]);
    return rows;
  }

  /** @param {NonNullable<Subject['truth']>} truth @param {Scene & { subject: Subject }} scene */
  #peakText(truth, scene) {
    if (scene.run === null) return WAIT;
    const peak = this.#peak(scene);
    if (peak === null) return t('teach.fact.peak.none');
    const away = distanceTo(truth.lesions, peak) / (2 * truth.opticDisc.radius);
    const distance = inWidths(away, 1);
    return away < 0.05 ? t('teach.fact.peak.on') : t('teach.fact.peak.away', { distance });
  }
}

/** Its key, what was drawn, what was found, and the number behind that. @typedef {[string, string, string, number?]} Fact */

/** What is to come, for as long as there is no drawing. @type {Fact[]} */
const WAITING = ['vessels', 'width', 'dice', 'sensitivity', 'precision', 'disc', 'lesions', 'cup', 'disease'].map(
  (key) => [key, ['vessels', 'width', 'lesions', 'cup'].includes(key) ? WAIT : '', WAIT],
);

/** Which disease the heatmap is of is known only with a drawing. @param {PictureName} name @param {Scene | null} scene */
function titleOf(name, scene) {
  if (name !== 'heat') return t(`teach.picture.${name}`);
  return scene === null ? t('teach.stage.heatmap') : t('teach.stage.heatmap.of', { name: diseaseName(scene) });
}

/** @param {Fact} fact */
function row([key, drawn, found, value]) {
  const name = t(/** @type {import('../words/i18n.js').Key} */ (`teach.fact.${key}`));
  const cell = make('td', { 'data-fact': key, ...(value === undefined ? {} : { 'data-value': String(value) }) }, found);
  return make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, drawn), cell);
}

/** @param {{ x: number, y: number, radius: number }} drawn @param {{ found: boolean, x: number, y: number }} found */
function discText(drawn, found) {
  if (!found.found) return t('teach.fact.disc.none');
  const away = Math.hypot(found.x - drawn.x, found.y - drawn.y) / (2 * drawn.radius);
  return t('teach.fact.disc.away', { distance: inWidths(away, 2) });
}

/** @param {import('../words/i18n.js').Key} label @param {HTMLInputElement} input @param {HTMLElement} value */
function slider(label, input, value) {
  const pair = make('span', { class: 'teach-pair' }, make('label', { for: input.id, 'data-t': label }), value);
  return make('div', { class: 'teach-choice' }, pair, input);
}

/** @param {Record<string, string>} attributes */
function field(attributes) {
  return /** @type {HTMLInputElement} */ (make('input', attributes));
}
