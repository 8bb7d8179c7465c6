/** The Save button with its menu, and below it what is being saved. */

import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { language, t, translate } from '../words/i18n.js';

/** @typedef {'pdf' | 'xlsx' | 'csv' | 'zip' | 'json' | 'fhir' | 'dicom' | 'print'} Kind */

/** @type {readonly Kind[]} */
export const KINDS = ['pdf', 'xlsx', 'csv', 'zip', 'json', 'fhir', 'dicom', 'print'];

/** What most want: said in a sentence each. The others stand under them, side by side. @type {readonly Kind[]} */
const USUAL = ['pdf', 'xlsx', 'zip', 'print'];

/** Languages whose text is drawn into a PDF file as pictures (see paper.js). */
const DRAWN = ['ar', 'hi', 'zh'];

/** Room between button, menu and the window's edges, in pixels. */
const GAP = 6;
/** A menu that has so much room, in pixels, can be used: the rest of it is scrolled to. */
const USABLE = 320;

export class SaveMenu {
  #button;
  #menu;
  /** @type {Record<string, HTMLButtonElement>} */
  #items = {};
  #plain = /** @type {HTMLInputElement} */ (make('input', { type: 'checkbox' }));
  #hint = make('p', { class: 'fine save-hint' });
  #text = make('p', { class: 'fine', role: 'status' });
  #bar = /** @type {HTMLProgressElement} */ (make('progress', { max: '1', value: '0' }));
  #cancel;
  #under;
  /** What is being saved, or was: laid over what is beside, so that nothing makes room for it. */
  #status;

  /**
   * @param {HTMLElement} slot @param {string} name for ids @param {(kind: Kind) => void} act
   * @param {() => void} cancel stops what is being saved
   */
  constructor(slot, name, act, cancel) {
    const id = `${name}-save-menu`;
    this.#button = make('button', {
      type: 'button',
      class: 'primary save-button',
      'aria-haspopup': 'true',
      'aria-expanded': 'false',
      'data-testid': `${name}-save`,
      'data-t': 'save.button',
    });
    this.#menu = make(
      'div',
      { id, class: 'save-menu', popover: '', role: 'group', 'data-t-label': 'save.button', 'data-testid': id },
      ...USUAL.map((kind) => this.#item(kind, act)),
      make('div', { class: 'save-more' }, ...KINDS.filter(isRare).map((kind) => this.#item(kind, act))),
      this.#plainChoice(),
      this.#hint,
    );
    this.#text.id = `${name}-export-text`;
    this.#text.dataset.testid = this.#text.id;
    this.#bar.setAttribute('aria-labelledby', this.#text.id);
    this.#cancel = make('button', { type: 'button', 'data-t': 'batch.cancel', 'data-testid': `${name}-export-cancel` });
    this.#under = make('div', { class: 'save-progress' }, this.#bar, this.#cancel);
    this.#under.hidden = true;
    this.#status = make('div', { class: 'save-status' }, this.#text, this.#under);
    slot.append(this.#button, this.#menu, this.#status);
    for (const away of /** @type {const} */ (['pointerdown', 'focusin']))
      addEventListener(away, (event) => this.#leave(event), { passive: true });
    this.#button.setAttribute('aria-controls', id);
    let closes = false; // the browser closes an open menu as the button is pressed: the click that follows is not to open it
    this.#button.addEventListener('pointerdown', () => {
      closes = this.#menu.matches(':popover-open');
    });
    this.#button.addEventListener('click', () => {
      if (this.#button.getAttribute('aria-disabled') === 'true') return;
      this.#menu.togglePopover(!closes && !this.#menu.matches(':popover-open'));
      closes = false;
      this.#toggled(); // before the next key, and not after it as the event below
    });
    this.#cancel.addEventListener('click', cancel);
    this.#menu.addEventListener('toggle', () => this.#toggled());
    this.#menu.addEventListener('keydown', (event) => this.#step(event));
    for (const move of /** @type {const} */ (['scroll', 'resize']))
      addEventListener(move, () => this.#place(), { passive: true, capture: true });
    this.rewrite();
  }

  /** @param {Kind} kind @param {(kind: Kind) => void} act */
  #item(kind, act) {
    const rare = isRare(kind);
    const text = `save.${kind}.text`;
    const item = /** @type {HTMLButtonElement} */ (
      make(
        'button',
        { type: 'button', class: 'save-item', 'data-export': kind, ...(rare ? { 'data-t-title': text } : {}) },
        make('strong', { 'data-t': `save.${kind}` }),
        ...(rare ? [] : [make('span', { class: 'fine', 'data-t': text })]),
      )
    );
    item.addEventListener('click', () => {
      this.#menu.hidePopover();
      act(kind);
    });
    this.#items[kind] = item;
    return item;
  }

  #plainChoice() {
    return make('label', { class: 'save-plain' }, this.#plain, make('span', { 'data-t': 'save.dicom.plain' }));
  }

  /** What was said of what is saved is read when somebody goes on. @param {Event} event */
  #leave({ type, target }) {
    const own = type === 'focusin' && target instanceof Node && this.#button.parentElement?.contains(target);
    if (this.#under.hidden === true && !own) this.#status.toggleAttribute('data-read', true);
  }

  /** Whether DICOM goes without patient and study. */
  get plain() {
    return this.#plain.checked;
  }

  #toggled() {
    const open = this.#menu.matches(':popover-open');
    const was = this.#button.getAttribute('aria-expanded') === 'true';
    if (open === was) return;
    this.#button.setAttribute('aria-expanded', String(open));
    if (open) {
      this.#place();
      /** @type {HTMLElement | null} */ (this.#menu.querySelector('button:not(:disabled)'))?.focus();
    } else if (this.#menu.contains(document.activeElement)) this.#button.focus();
  }

  /** Where placeBy() says, within the window; as high as there is room, and the rest is scrolled to. */
  #place() {
    if (!this.#menu.matches(':popover-open')) return;
    const { offsetWidth: width, offsetHeight, clientHeight, scrollHeight } = this.#menu;
    const whole = scrollHeight + offsetHeight - clientHeight; // also of what is scrolled to
    const pictures = document.getElementById('eyes')?.getBoundingClientRect() ?? new DOMRect();
    const { left, top, room } = placeBy(this.#button.getBoundingClientRect(), width, whole, pictures);
    const height = Math.min(whole, room);
    const within = (/** @type {number} */ at, /** @type {number} */ most) =>
      `${Math.max(GAP, Math.min(at, most - GAP))}px`;
    this.#menu.style.maxHeight = `${height}px`;
    this.#menu.style.left = within(left, document.documentElement.clientWidth - width);
    this.#menu.style.top = within(top, innerHeight - height);
  }

  /** Arrow keys go from one to the next. @param {KeyboardEvent} event */
  #step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const items = [...this.#menu.querySelectorAll('button')].filter(({ disabled }) => !disabled);
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    items[(at + by + items.length) % items.length]?.focus();
  }

  /** @param {Kind[]} possible */
  enable(possible) {
    for (const kind of KINDS) this.#items[kind].disabled = !possible.includes(kind);
    this.#plain.disabled = !possible.includes('dicom');
    // It keeps the focus while it is busy: who saves by keys is not thrown out of the page.
    this.#button.setAttribute('aria-disabled', String(possible.length === 0));
  }

  /** How far it is, 0..1; null where nothing is being saved. @param {number | null} share */
  progress(share) {
    this.#under.hidden = share === null;
    if (share !== null) this.#bar.value = share;
  }

  /** What the files hold. @param {string} text */
  hint(text) {
    write(this.#hint, text);
  }

  /** @param {string} text */
  say(text) {
    if (this.#text.textContent !== text) this.#status.removeAttribute('data-read');
    write(this.#text, text);
  }

  /** Everything anew, in other words. */
  rewrite() {
    translate(/** @type {HTMLElement} */ (this.#button.parentElement));
    const drawn = DRAWN.includes(language()) ? ` ${t('save.pdf.drawn')}` : '';
    const said = this.#items.pdf.querySelector('span');
    if (said !== null) said.textContent = t('save.pdf.text') + drawn;
  }
}

/** @param {Kind} kind */
function isRare(kind) {
  return !USUAL.includes(kind);
}

/**
 * Under its button, or above it, or beside it: where it can be used and hides least of the pictures; never over the button,
 * as a second click is to close the menu and not to choose from it. In pixels.
 * @param {DOMRect} button @param {number} width of the menu @param {number} height @param {DOMRect} pictures
 * @returns {{ left: number, top: number, room: number }} room: so high at most
 */
function placeBy(button, width, height, pictures) {
  const { clientWidth, dir } = document.documentElement;
  const left = dir === 'rtl' ? button.right - width : button.left;
  const above = button.top - 2 * GAP;
  const aside = { top: Math.max(GAP, Math.min(button.top, innerHeight - GAP - height)), room: innerHeight - 2 * GAP };
  const places = [
    { left, top: button.bottom + GAP, room: innerHeight - button.bottom - 2 * GAP },
    { left, top: button.top - Math.min(height, above) - GAP, room: above },
    ...[button.right + GAP, button.left - width - GAP]
      .filter((at) => at >= GAP && at + width + GAP <= clientWidth)
      .map((at) => ({ left: at, ...aside })),
  ];
  const usable = places.filter(({ room }) => room >= Math.min(height, USABLE));
  const hidden = ({ left: x, top: y, room } = places[0]) =>
    Math.max(0, Math.min(x + width, pictures.right) - Math.max(x, pictures.left)) *
    Math.max(0, Math.min(y + Math.min(height, room), pictures.bottom) - Math.max(y, pictures.top));
  const roomiest = places.reduce((a, b) => (b.room > a.room ? b : a));
  return usable.reduce((a, b) => (hidden(b) < hidden(a) ? b : a), usable[0] ?? roomiest);
}
