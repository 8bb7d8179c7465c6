/** Asks for a passphrase: a new one twice, one that is known once; and says what cannot be said later. */

import { makeInput } from '../shell/controls.js';
import { make, makeDialog } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { LEAST_CHARACTERS, SealError } from './seal.js';

/** @import { Key } from '../words/i18n.js' */

/** @typedef {{ before: string, fresh: string | null }} Said fresh: null where none was asked for, or the same is to do */

/**
 * @typedef {object} Question
 * @property {Key} title
 * @property {string} text
 * @property {Key} go what the button says
 * @property {Key | null} before how the known one is called; null where none is needed
 * @property {boolean} fresh whether a new one is to be chosen
 * @property {boolean} [same] whether the one in use may serve as the new one
 * @property {(error: unknown) => string | null} [trouble] words for other errors, after which it is asked again
 * @property {(said: Said) => Promise<unknown>} act what is done with it; an error of another passphrase is said, and asked again
 */

/** @param {Key} label @param {string} name @param {'current-password' | 'new-password'} autocomplete */
function field(label, name, autocomplete) {
  const input = makeInput({
    type: 'password',
    autocomplete,
    autocapitalize: 'none',
    spellcheck: 'false',
    dir: 'auto',
    'data-testid': `passphrase-${name}`,
    'aria-describedby': 'passphrase-trouble',
  });
  return { input, label: make('label', { class: 'field' }, make('span', {}, t(label)), input) };
}

/** @param {Key} label @param {string} testid */
function check(label, testid) {
  const input = makeInput({ type: 'checkbox', 'data-testid': testid });
  return { input, label: make('label', { class: 'check' }, input, make('span', {}, t(label))) };
}

class Form {
  #question;
  #before;
  #fresh = field('keep.pass', 'fresh', 'new-password');
  #again = field('keep.pass.again', 'again', 'new-password');
  #show = check('keep.pass.show', 'passphrase-show');
  #same = check('keep.pass.same', 'passphrase-same');
  #choose = make(
    'div',
    { class: 'choose' },
    this.#fresh.label,
    make('p', { class: 'fine' }, t('keep.pass.least', { count: LEAST_CHARACTERS })),
    this.#again.label,
    make('p', { class: 'warn' }, t('keep.pass.warn')),
  );
  #trouble = make('p', { id: 'passphrase-trouble', class: 'trouble', role: 'alert' });
  #go;
  #cancel = /** @type {HTMLButtonElement} */ (make('button', { type: 'button' }, t('override.cancel')));
  #worked = false;
  /** @type {unknown} */
  #broken = null;
  root;

  /** @param {Question} question */
  constructor(question) {
    this.#question = question;
    const { title, text, go, before, fresh, same = false } = question;
    this.#before = field(before ?? 'keep.pass', 'before', 'current-password');
    this.#go = /** @type {HTMLButtonElement} */ (
      make('button', { type: 'submit', class: 'primary', 'data-testid': 'passphrase-go' }, t(go))
    );
    const form = make(
      'form',
      { method: 'dialog' },
      makeInput({ autocomplete: 'username', value: 'V-MNet', hidden: '' }), // for those who let the browser keep it
      make('h2', { id: 'passphrase-title' }, t(title)),
      make('p', {}, text),
      ...(same ? [this.#same.label] : []),
      ...(before === null ? [] : [this.#before.label]),
      ...(fresh ? [this.#choose] : []),
      this.#show.label,
      this.#trouble,
      make('div', { class: 'actions' }, this.#cancel, this.#go),
    );
    this.root = makeDialog(
      { class: 'passphrase', 'aria-labelledby': 'passphrase-title', 'data-testid': 'passphrase' },
      form,
    );
    this.#same.input.checked = same;
    this.#drawSame();
    this.#listen(form);
  }

  /** @param {HTMLElement} form */
  #listen(form) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#cancel.addEventListener('click', () => this.root.close());
    this.#show.input.addEventListener('change', () => {
      for (const { input } of [this.#before, this.#fresh, this.#again])
        input.type = this.#show.input.checked ? 'text' : 'password';
    });
    this.#same.input.addEventListener('change', () => this.#drawSame());
    // What has begun is not left half done.
    this.root.addEventListener('cancel', (event) => {
      if (this.#go.disabled) event.preventDefault();
    });
  }

  #drawSame() {
    this.#choose.hidden = this.#same.input.checked;
    this.#show.label.hidden = this.#question.before === null && this.#choose.hidden;
  }

  /** What is wrong with what was written. @returns {[HTMLInputElement, string] | null} */
  #fault() {
    const fresh = this.#question.fresh && !this.#same.input.checked;
    const written = this.#fresh.input.value.normalize('NFC');
    if (this.#question.before !== null && this.#before.input.value === '')
      return [this.#before.input, t('keep.pass.none')];
    if (fresh && [...written].length < LEAST_CHARACTERS)
      return [this.#fresh.input, t('keep.pass.short', { count: LEAST_CHARACTERS })];
    if (fresh && written !== this.#again.input.value.normalize('NFC'))
      return [this.#again.input, t('keep.pass.differ')];
    return null;
  }

  async #submit() {
    if (this.#go.disabled) return;
    const fault = this.#fault();
    if (fault !== null) return this.#say(...fault);
    const { fresh, act, trouble } = this.#question;
    this.#busy(true);
    try {
      await act({
        before: this.#before.input.value,
        fresh: fresh && !this.#same.input.checked ? this.#fresh.input.value : null,
      });
      this.#worked = true;
      this.root.close();
    } catch (error) {
      this.#busy(false);
      const text = error instanceof SealError ? t(`keep.trouble.${error.code}`) : (trouble?.(error) ?? null);
      if (text !== null) return this.#say(this.#before.input, text);
      this.#broken = error;
      this.root.close();
    }
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#go.disabled = busy;
    this.#cancel.disabled = busy;
    this.root.setAttribute('aria-busy', String(busy));
    this.#trouble.textContent = busy ? t('keep.pass.working') : '';
  }

  /** @param {HTMLInputElement} input @param {string} text */
  #say(input, text) {
    this.#trouble.textContent = text;
    input.focus();
    input.select();
  }

  /** @returns {Promise<boolean>} whether it was done; rejects with what went wrong otherwise */
  open() {
    document.body.append(this.root);
    this.root.showModal();
    /** @type {HTMLElement | null} */ (this.root.querySelector('input:not([hidden])'))?.focus();
    return new Promise((resolve, reject) => {
      this.root.addEventListener('close', () => {
        this.root.remove();
        if (this.#broken === null) resolve(this.#worked);
        else reject(this.#broken);
      });
    });
  }
}

/** @param {Question} question @returns {Promise<boolean>} whether it was answered, and done */
export function askPassphrase(question) {
  return new Form(question).open();
}
