/** One step of the network at a time, for a projector. */

import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { Strength } from './guide.js';
import { Slide, stepOf } from './large.js';
import { FULL } from './subject.js';

/** @import { Item } from './large.js' */

/**
 * @typedef {object} Acts
 * @property {() => Item[]} items
 * @property {(strength: number) => void} strength
 * @property {(id: string) => void} disease
 */

export class Presenter {
  #acts;
  #slide = new Slide('h2', 'teach-present-title');
  #back = make('button', { type: 'button', 'data-t': 'teach.back' });
  #next = make('button', { type: 'button', class: 'primary', 'data-t': 'teach.next' });
  #select = /** @type {HTMLSelectElement} */ (make('select', { id: 'teach-present-disease' }));
  #slider;
  #strength = FULL;
  #busy = make('span');
  #index = 0;
  root;

  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts;
    this.#slider = new Strength(acts.strength);
    const disease = make(
      'div',
      { class: 'teach-choice' },
      make('label', { for: 'teach-present-disease', 'data-t': 'teach.disease' }),
      this.#select,
    );
    const bar = make('div', { class: 'teach-bar' }, disease, this.#slider.root, this.#back, this.#next);
    const keys = make('span', { 'data-t': 'teach.present.keys' });
    const hint = make('p', { class: 'fine teach-hints' }, keys, this.#busy);
    this.root = make(
      'section',
      { class: 'teach-presenter', 'aria-labelledby': 'teach-present-title', hidden: '' },
      this.#slide.root,
      bar,
      hint,
    );
    translate(this.root);
    this.#back.addEventListener('click', () => this.#go(-1));
    this.#next.addEventListener('click', () => this.#go(1));
    this.#select.addEventListener('change', () => acts.disease(this.#select.value));
  }

  get shown() {
    return !this.root.hidden;
  }

  /** Which step is shown, from 0. */
  get step() {
    return this.#index;
  }

  /** @param {number} step to be shown, now or when it opens */
  ask(step) {
    this.#index = Math.min(this.#acts.items().length - 1, step);
    if (this.shown) this.#show();
  }

  open() {
    this.root.hidden = false;
    this.#show();
    this.#slide.title.focus({ preventScroll: true });
  }

  close() {
    this.root.hidden = true;
  }

  /** @param {KeyboardEvent} event whether it was one of the presenter's */
  key(event) {
    const step = stepOf(event);
    const louder = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? 0;
    const inField = event.target instanceof HTMLElement && event.target.matches('input, select');
    if (event.key === 'Home' && !inField) this.#go(Number.NEGATIVE_INFINITY);
    else if (event.key === 'End' && !inField) this.#go(Number.POSITIVE_INFINITY);
    else if (step !== 0) this.#go(step);
    else if (louder !== 0 && !inField) this.#acts.strength(Math.min(FULL, Math.max(0, this.#strength + louder)));
    else return false;
    return true;
  }

  /** @param {boolean} waits */
  computing(waits) {
    write(this.#busy, waits ? t('phase.network') : '');
  }

  /** @param {number} strength in tenths @param {{ id: string, name: string }[]} diseases @param {string} chosen */
  refresh(strength, diseases, chosen) {
    this.#strength = strength;
    this.#slider.show(strength);
    const names = diseases.map((d) => d.name).join('\n');
    if (this.#select.dataset.names !== names) {
      this.#select.dataset.names = names;
      this.#select.replaceChildren(...diseases.map((d) => new Option(d.name, d.id)));
    }
    this.#select.value = chosen;
    if (this.shown) this.#show();
  }

  #show() {
    const items = this.#acts.items();
    this.#slide.show(items[this.#index], this.#index, items.length);
    this.#back.setAttribute('aria-disabled', String(this.#index === 0));
    this.#next.setAttribute('aria-disabled', String(this.#index === items.length - 1));
  }

  /** @param {number} step */
  #go(step) {
    this.#index = Math.min(this.#acts.items().length - 1, Math.max(0, this.#index + step));
    this.#show();
  }
}
