/** One step at a time, large: in a dialog, and in front of a class. */

import { write } from '../shell/controls.js';
import { closedBy, make, makeDialog } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { drawStage, moreOf, pointsTable, probabilityFigure, STAGES, sentenceOf, titleOf } from './stages.js';

/** @import { Scene } from './stages.js' */

/**
 * What a slide shows.
 * @typedef {object} Item
 * @property {string} title
 * @property {string} text one plain sentence
 * @property {string} more
 * @property {(canvas: HTMLCanvasElement) => void} [draw]
 * @property {() => HTMLElement} [figure] in place of a picture
 * @property {() => HTMLElement | null} [extra] below the words
 */

/** Pixels a side. */
const LARGE = 1024;

/** @param {Scene} scene @returns {Item[]} */
export function stageItems(scene) {
  return STAGES.map((name) => {
    const words = { title: titleOf(name, scene), text: sentenceOf(name, scene), more: moreOf(name, scene) };
    if (name === 'probability')
      return { ...words, figure: () => probabilityFigure(scene), extra: () => pointsTable(scene) };
    return { ...words, draw: (canvas) => void drawStage(canvas, name, scene) };
  });
}

/** Which way an arrow key steps, as the language is read; 0 for other keys. @param {KeyboardEvent} event */
export function stepOf({ key, target }) {
  if (target instanceof HTMLElement && target.matches('input, select, textarea, [role="tab"]')) return 0;
  const forward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
  const back = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
  if (key === forward || key === 'PageDown') return 1;
  return key === back || key === 'PageUp' ? -1 : 0;
}

export class Slide {
  #canvas = /** @type {HTMLCanvasElement} */ (
    make('canvas', { class: 'teach-picture', width: String(LARGE), height: String(LARGE), role: 'img' })
  );
  #frame = make('div', { class: 'teach-slide-picture' }, this.#canvas);
  #step = make('p', { class: 'teach-step fine' });
  #text = make('p', { class: 'teach-sentence' });
  #more = make('p', { class: 'teach-more' });
  #extra = make('div', { class: 'teach-extra' });
  title;
  root;

  /** @param {string} heading h2 or h3 @param {string} id of the heading */
  constructor(heading, id) {
    this.title = make(heading, { id, tabindex: '-1' });
    const words = make(
      'div',
      { class: 'teach-slide-words', 'aria-live': 'polite' },
      this.#step,
      this.title,
      this.#text,
      this.#more,
      this.#extra,
    );
    this.root = make('div', { class: 'teach-slide' }, this.#frame, words);
  }

  /** @param {Item} item @param {number} index @param {number} count */
  show(item, index, count) {
    write(this.#step, t('teach.step', { index: index + 1, count }));
    write(this.title, item.title);
    write(this.#text, item.text);
    write(this.#more, item.more);
    this.#canvas.hidden = item.draw === undefined;
    this.#canvas.setAttribute('aria-label', item.title);
    item.draw?.(this.#canvas);
    this.#frame.querySelector('.teach-figure')?.remove();
    if (item.figure) this.#frame.append(item.figure());
    const extra = item.extra?.() ?? null;
    this.#extra.replaceChildren(...(extra === null ? [] : [extra]));
  }
}

/** A dialog that shows the pictures of a row one by one. */
export class Large {
  #dialog;
  #slide = new Slide('h2', 'teach-large-title');
  /** @type {() => Item[]} */
  #items = () => [];
  #index = 0;
  #back = make('button', { type: 'button', 'data-t': 'teach.back' });
  #next = make('button', { type: 'button', 'data-t': 'teach.next' });

  /** @param {HTMLElement} root */
  constructor(root) {
    const close = make('button', { type: 'button', class: 'primary', 'data-t': 'teach.close', autofocus: '' });
    const buttons = make('div', { class: 'actions' }, this.#back, this.#next, close);
    this.#dialog = makeDialog(
      { class: 'teach-large', 'aria-labelledby': 'teach-large-title' },
      make('div', { class: 'teach-large-inside' }, this.#slide.root, buttons),
    );
    root.append(this.#dialog);
    translate(this.#dialog);
    closedBy(this.#dialog, close);
    this.#back.addEventListener('click', () => this.#go(-1));
    this.#next.addEventListener('click', () => this.#go(1));
    this.#dialog.addEventListener('keydown', (event) => {
      // The browser lets the focus out at the ends, into its own bars.
      const end = event.shiftKey ? this.#back : close;
      if (event.key === 'Tab' && document.activeElement === end) {
        event.preventDefault();
        (event.shiftKey ? close : this.#back).focus();
      }
      const step = stepOf(event);
      if (step === 0) return;
      event.preventDefault();
      this.#go(step);
    });
  }

  /** @param {() => Item[]} items @param {number} index */
  open(items, index) {
    this.#items = items;
    this.#index = index;
    this.refresh(true);
    this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
  }

  get isOpen() {
    return this.#dialog.open;
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Draws again what may have changed. @param {boolean} [anyway] */
  refresh(anyway = false) {
    if (!this.#dialog.open && !anyway) return;
    const items = this.#items();
    const item = items[this.#index];
    if (item === undefined) return;
    this.#slide.show(item, this.#index, items.length);
    // Not `disabled`: that would take the focus away from under the reader's finger.
    this.#back.setAttribute('aria-disabled', String(this.#index === 0));
    this.#next.setAttribute('aria-disabled', String(this.#index === items.length - 1));
  }

  /** @param {number} step */
  #go(step) {
    this.#index = Math.min(this.#items().length - 1, Math.max(0, this.#index + step));
    this.refresh();
  }
}
