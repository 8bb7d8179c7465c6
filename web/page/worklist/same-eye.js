/** Where an eye has several photographs: which of them is looked at, and the way to the others. */

import { write } from '../shell/controls.js';
import { byId, make } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { isRepeat } from './copies.js';
import { eyeOf } from './entry.js';

/**
 * @import { Entry } from './entry.js'
 * @import { Series } from './series.js'
 */

/** @param {string} sign turns round where text runs the other way @param {Record<string, string>} attributes */
function step(sign, attributes) {
  return make(
    'button',
    { type: 'button', class: 'quiet', ...attributes },
    make('span', { 'aria-hidden': 'true' }, sign),
  );
}

export class SameEye {
  #series;
  #open;
  #previous = step('‹', { 'data-t-label': 'same.previous', 'data-testid': 'same-previous' });
  #next = step('›', { 'data-t-label': 'same.next', 'data-testid': 'same-next' });
  #text = make('span', { 'data-testid': 'same-text' });
  #root = make('div', { class: 'same-eye', role: 'group', hidden: '' }, this.#previous, this.#text, this.#next);
  /** The photographs of the eye, in the order in which they came. @type {Entry[]} */
  #all = [];
  /** @type {Entry | null} */
  #entry = null;

  /** @param {Series} series @param {(entry: Entry) => void} open */
  constructor(series, open) {
    this.#series = series;
    this.#open = open;
    this.#previous.addEventListener('click', () => this.#step(-1));
    this.#next.addEventListener('click', () => this.#step(1));
    byId('pane', HTMLElement).append(this.#root);
    this.rewrite();
  }

  /** The photograph that is looked at; null for none of the list. @param {Entry | null} entry */
  show(entry) {
    this.#entry = entry;
    this.#all = entry === null || entry.patient === '' ? [] : this.#of(entry);
    const at = entry === null ? -1 : this.#all.indexOf(entry);
    this.#root.hidden = at < 0 || this.#all.length < 2;
    if (!this.#root.hidden) write(this.#text, t('same.text', { number: at + 1, count: this.#all.length }));
  }

  /** Everything anew, in other words. */
  rewrite() {
    translate(this.#root);
    this.#root.setAttribute('aria-label', t('same.title'));
    this.#root.title = t('same.hint');
    this.show(this.#entry);
  }

  /** Each file once; what is looked at is one of them. @param {Entry} entry */
  #of(entry) {
    const eye = eyeOf(entry);
    return this.#series.entries.filter(
      (other) =>
        other === entry ||
        (other.patient === entry.patient && eyeOf(other) === eye && other.state !== 'failed' && !isRepeat(other)),
    );
  }

  /** After the last comes the first, so that the button that was pressed can be pressed again. @param {number} by */
  #step(by) {
    if (this.#entry === null) return;
    const { length } = this.#all;
    const next = this.#all[(this.#all.indexOf(this.#entry) + by + length) % length];
    if (next !== undefined) this.#open(next);
  }
}
