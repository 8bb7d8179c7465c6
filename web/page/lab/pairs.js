/** Two photographs side by side: one with a finding and one without. Which? Real ones by their data sets, phantoms by what is drawn. */

import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { isAbort } from '../shell/error-box.js';
import { byKeys } from '../shell/focus.js';
import { listed, t, translate } from '../words/i18n.js';
import { nameOf } from '../words/terms.js';
import { creditOf } from './credit.js';
import { fromPhantom } from './subject.js';

/**
 * @import { Lesion } from '../../vmnet.js'
 * @import { Example } from '../case/case.js'
 * @import { Context } from '../shell/context.js'
 * @import { Subject, Wish } from './subject.js'
 */

/**
 * Of a pair: the one with the finding, and the one without; `first` stands before the other.
 * @typedef {{ disease: string, shows: Example, other: Example, first: boolean }} RealPair
 * @typedef {{ lesion: Lesion, seeds: [number, number], first: boolean }} DrawnPair
 */

/** The same for everybody, real ones and phantoms in turn. @type {readonly (RealPair | DrawnPair)[]} */
const PAIRS = [
  { disease: 'diabetic-retinopathy', shows: 'diabetic', other: 'retina', first: false },
  { lesion: 'exudates', seeds: [41, 42], first: true },
  { disease: 'glaucoma', shows: 'glaucoma', other: 'alarm', first: true },
  { lesion: 'haemorrhages', seeds: [43, 44], first: false },
  { disease: 'diabetic-retinopathy', shows: 'overlooked', other: 'alarm', first: false },
  { lesion: 'drusen', seeds: [45, 46], first: true },
];
const LETTERS = ['A', 'B'];

export class Pairs {
  #context;
  #seat = 0;
  #right = 0;
  /** How many were chosen from. */
  #asked = 0;
  /** Which was chosen, 0 or 1. @type {number | null} */
  #chosen = null;
  #begun = false;
  #turn = 0;
  #question = make('h2', { class: 'teach-question' });
  #pictures = LETTERS.map(() => make('span', { class: 'pair-picture' }));
  #names = LETTERS.map(() => make('span', { class: 'pair-name' }));
  #truths = LETTERS.map(() => make('span', { class: 'fine' }));
  #sources = LETTERS.map(() => make('small', {}));
  #cards;
  #verdict = make('p', { class: 'verdict' });
  #score = make('p', { class: 'fine' });
  #next = make('button', { type: 'button', class: 'primary', 'data-act': 'next' });
  root;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#cards = LETTERS.map((letter, i) => {
      const parts = [this.#pictures[i], this.#names[i], this.#truths[i], this.#sources[i]];
      const card = /** @type {HTMLButtonElement} */ (
        make('button', { type: 'button', class: 'pair-card', 'data-letter': letter }, ...parts)
      );
      card.addEventListener('click', () => this.#choose(i));
      return card;
    });
    const end = make('div', { class: 'pair-end' }, this.#verdict, this.#next, this.#score);
    this.root = make(
      'div',
      { class: 'teach-pairs' },
      make('p', { 'data-t': 'pairs.text' }),
      this.#question,
      make('div', { class: 'pair-cards' }, ...this.#cards),
      end,
    );
    this.#next.addEventListener('click', () => this.#go());
    translate(this.root);
  }

  /** It asks the network nothing. @returns {Wish[]} */
  wishes() {
    return [];
  }

  /** @param {Wish | null} _busy */
  computing(_busy) {}

  /** @param {Subject} _subject */
  setSubject(_subject) {}

  opened() {
    if (this.#begun) return;
    this.#begun = true;
    this.#deal();
  }

  /** Which pair it is, from 0. */
  get seat() {
    return Math.min(this.#seat, PAIRS.length - 1);
  }

  /** What a link brings back. @param {number} seat from 0 */
  ask(seat) {
    [this.#seat, this.#right, this.#asked] = [Math.min(PAIRS.length - 1, seat), 0, 0];
    if (this.#begun) this.#deal();
  }

  get #pair() {
    return PAIRS[this.#seat] ?? null;
  }

  /** Where the one with the finding stands, 0 or 1. */
  get #answer() {
    return this.#pair?.first ? 0 : 1;
  }

  /** Puts the next two on the table. */
  async #deal() {
    const turn = ++this.#turn;
    const pair = this.#pair;
    this.#chosen = null;
    for (const picture of this.#pictures) picture.replaceChildren();
    this.#setBusy(true);
    this.render();
    if (pair === null) return;
    try {
      const shown = await ('disease' in pair ? photographsOf(pair) : this.#phantomsOf(pair));
      if (turn !== this.#turn) return;
      const ordered = pair.first ? shown : shown.toReversed();
      for (const [i, picture] of ordered.entries()) this.#pictures[i].replaceChildren(picture);
      this.#setBusy(false);
    } catch (error) {
      this.#begun = false;
      if (turn === this.#turn && !isAbort(error)) this.#context.showError(error);
    }
  }

  /** @param {DrawnPair} pair */
  async #phantomsOf({ lesion, seeds }) {
    const drawn = [];
    for (const [i, seed] of seeds.entries()) {
      const { photo } = await fromPhantom(this.#context, {
        seed,
        lesions: i === 0 ? [lesion] : [],
        cup: 0.4,
        calibre: 1,
      });
      if (photo === null) throw new TypeError('a phantom without a picture');
      const canvas = /** @type {HTMLCanvasElement} */ (make('canvas', {}));
      [canvas.width, canvas.height] = [photo.width, photo.height];
      canvas.getContext('2d')?.drawImage(photo, 0, 0);
      drawn.push(canvas);
    }
    return drawn;
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.root.setAttribute('aria-busy', String(busy));
    for (const card of this.#cards) card.setAttribute('aria-disabled', String(busy)); // the focus may wait on one
  }

  /** @param {number} i */
  #choose(i) {
    if (this.#chosen !== null || this.#pair === null || this.root.ariaBusy === 'true') return;
    const preventScroll = !byKeys(); // before the card that was pressed is no more to be chosen
    this.#chosen = i;
    this.#asked += 1;
    if (i === this.#answer) this.#right += 1;
    this.render();
    this.#context.say([this.#verdict, this.#score].map(({ textContent }) => textContent).join(' '));
    this.#next.focus({ preventScroll });
  }

  #go() {
    if (this.#pair === null) [this.#seat, this.#right, this.#asked] = [0, 0, 0];
    else this.#seat += 1;
    this.#deal();
    (this.#pair === null ? this.#next : this.#cards[0]).focus({ preventScroll: !byKeys() });
  }

  render() {
    const pair = this.#pair;
    const done = this.#chosen !== null;
    const over = pair === null;
    const shown = over ? '' : 'disease' in pair ? nameOf({ id: pair.disease, name: pair.disease }) : lesionText(pair);
    write(this.#question, over ? t('pairs.over') : t('pairs.ask', { name: shown }));
    for (const [i, card] of this.#cards.entries()) {
      card.hidden = over;
      card.setAttribute('aria-disabled', String(done));
      card.dataset.state = !done ? 'open' : i === this.#answer ? 'shows' : i === this.#chosen ? 'wrong' : 'other';
      write(this.#names[i], t('pairs.one', { letter: LETTERS[i] }));
      write(this.#truths[i], done && !over ? truthOf(pair, i === this.#answer) : '\u00a0');
      write(this.#sources[i], over ? '' : done ? sourceOf(pair, i === this.#answer) : t('credit.later'));
    }
    const letter = LETTERS[this.#answer];
    const said = this.#chosen === this.#answer ? t('pairs.hit', { letter }) : t('pairs.miss', { letter });
    write(this.#verdict, done ? said : '\u00a0');
    const count = this.#asked;
    write(this.#score, count > 0 ? t('teach.quiz.score', { right: this.#right, count }) : '\u00a0');
    this.#next.hidden = !done && !over;
    write(
      this.#next,
      over ? t('teach.quiz.again') : this.#seat + 1 < PAIRS.length ? t('pairs.next') : t('teach.quiz.result'),
    );
    this.root.dataset.seat = String(this.#seat);
    if (over) this.#setBusy(false);
  }
}

/** @param {RealPair} pair */
function photographsOf({ shows, other }) {
  return Promise.all(
    [shows, other].map(async (name) => {
      const image = /** @type {HTMLImageElement} */ (make('img', { alt: '' }));
      image.src = new URL(`../../sample/${name}.jpg`, import.meta.url).href;
      await image.decode();
      return image;
    }),
  );
}

/** @param {DrawnPair} pair */
const lesionText = ({ lesion }) => t(`phantom.${lesion}`);

/** @param {RealPair | DrawnPair} pair @param {boolean} shows whether it is the one with the finding */
function truthOf(pair, shows) {
  if ('disease' in pair) {
    const name = shows ? nameOf({ id: pair.disease, name: pair.disease }) : t('start.shelf.retina');
    return t('mistakes.truth', { name });
  }
  return shows ? t('pairs.drawn', { name: listed([lesionText(pair)]) }) : t('pairs.nothing');
}

/** @param {RealPair | DrawnPair} pair @param {boolean} shows */
function sourceOf(pair, shows) {
  if (!('disease' in pair)) return t('pairs.phantom');
  return creditOf(shows ? pair.shows : pair.other);
}
