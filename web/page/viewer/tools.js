/** The row of buttons under the photograph: zoom, view, measure, and a line on what hands and keys do. */

import { effect } from '../../vendor/signals.js';
import { make } from '../shell/dom.js';
import { number, t, translate } from '../words/i18n.js';

/** How the photograph is coloured. @typedef {'colour' | 'green' | 'contrast'} Rendering */
/** @type {readonly Rendering[]} */
const RENDERINGS = ['colour', 'green', 'contrast'];

/**
 * @typedef {object} Acts what the buttons do
 * @property {(direction: 1 | -1) => void} zoom
 * @property {() => void} fit
 * @property {() => void} full
 * @property {(view: Rendering) => void} view
 */

/** @typedef {{ zoom: number, least: boolean, most: boolean, empty: boolean }} State */

/** How long a zoom has to stand before it is said: a wheel passes through many. */
const SAY_MS = 500;
let counted = 0;

export class Tools {
  root;
  #level = make('span', { class: 'level', 'aria-hidden': 'true' });
  #status = make('span', { class: 'unseen', role: 'status' });
  #hint;
  #buttons;
  /** @type {HTMLInputElement[]} */
  #views = [];
  /** @type {State} */
  #state = { zoom: 0, least: true, most: false, empty: true };
  #said = 0;

  /** @param {Acts} acts */
  constructor(acts) {
    const id = `viewer-${++counted}`;
    this.#buttons = {
      out: button({ 'data-t-label': 'viewer.zoom.out', 'data-t-title': 'viewer.zoom.out' }, () => acts.zoom(-1)),
      in: button({ 'data-t-label': 'viewer.zoom.in', 'data-t-title': 'viewer.zoom.in' }, () => acts.zoom(1)),
      fit: button({ class: 'whole', 'data-t': 'viewer.zoom.fit', 'data-t-title': 'viewer.zoom.fit.hint' }, acts.fit),
      full: button({ 'data-t-title': 'viewer.zoom.full.hint' }, acts.full),
    };
    const { out, in: closer, fit, full } = this.#buttons;
    out.textContent = '\u2212';
    closer.textContent = '+';
    this.#hint = make(
      'p',
      { class: 'viewer-hint fine', id: `${id}-hint` },
      make('span', { class: 'for-mouse', 'data-t': 'viewer.hint.mouse' }),
      make('span', { class: 'for-touch', 'data-t': 'viewer.hint.touch' }),
    );
    this.root = make(
      'div',
      { class: 'viewer-tools' },
      make(
        'div',
        { class: 'zooms', role: 'group', 'data-t-label': 'viewer.zoom' },
        out,
        this.#level,
        closer,
        fit,
        full,
      ),
      this.#viewChoice(id, acts),
      this.#hint,
      this.#status,
    );
    translate(this.root);
    effect(() => this.#write());
  }

  get hintId() {
    return this.#hint.id;
  }

  /** Puts a button before all others. @param {HTMLElement} element */
  add(element) {
    this.root.prepend(element);
  }

  /** @param {State} state */
  show(state) {
    const before = this.#state;
    if (Object.entries(state).every(([key, value]) => before[/** @type {keyof State} */ (key)] === value)) return;
    this.#state = state;
    this.#write();
    if (before.zoom === state.zoom || before.empty || state.empty) return;
    clearTimeout(this.#said);
    this.#said = setTimeout(() => this.say(t('viewer.zoom.says', { zoom: share(this.#state.zoom) })), SAY_MS);
  }

  /** @param {Rendering} view */
  showView(view) {
    for (const input of this.#views) input.checked = input.value === view;
  }

  /** For those who do not see it. @param {string} text */
  say(text) {
    this.#status.textContent = text;
  }

  #write() {
    const { zoom, least, most, empty } = this.#state;
    this.#level.textContent = empty ? '' : share(zoom);
    this.#buttons.full.textContent = share(1);
    const { out, in: closer, fit } = this.#buttons;
    for (const each of [...Object.values(this.#buttons), ...this.#views]) each.disabled = empty;
    // At an end the button still takes the focus: who presses it by key is not thrown out of the row.
    for (const each of [out, fit]) each.setAttribute('aria-disabled', String(least));
    closer.setAttribute('aria-disabled', String(most));
  }

  /** @param {string} id @param {Acts} acts */
  #viewChoice(id, acts) {
    const choice = make('fieldset', { class: 'segmented views' });
    choice.append(make('legend', { class: 'unseen', 'data-t': 'viewer.view' }));
    for (const view of RENDERINGS) {
      const input = /** @type {HTMLInputElement} */ (make('input', { type: 'radio', name: `${id}-view`, value: view }));
      input.checked = view === 'colour';
      input.addEventListener('change', () => acts.view(view));
      this.#views.push(input);
      const name = make('span', { 'data-t': `viewer.view.${view}` });
      choice.append(make('label', { 'data-t-title': `viewer.view.${view}.hint` }, input, name));
    }
    return choice;
  }
}

/** @param {Record<string, string>} attributes @param {() => void} act */
function button(attributes, act) {
  const made = /** @type {HTMLButtonElement} */ (make('button', { type: 'button', ...attributes }));
  made.addEventListener('click', act);
  return made;
}

/** @param {number} zoom */
function share(zoom) {
  return number(zoom, { style: 'percent', maximumFractionDigits: zoom < 0.1 ? 1 : 0 });
}
