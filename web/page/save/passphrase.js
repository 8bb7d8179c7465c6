/** Asks for a passphrase: a new one twice, one that is known once; and says what cannot be said later. */

import { html, render } from '../../vendor/lit.js';
import { makeDialog } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { LEAST_CHARACTERS, SealError } from './seal.js';

/** @import { Key } from '../words/i18n.js' */

/** @typedef {{ before: string, fresh: string | null }} Said fresh: null where none was asked for, or the same is to do */

/** @typedef {{ same: boolean, shown: boolean, busy: boolean, trouble: string }} State */

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

/** @param {Key} label @param {string} name @param {'current-password' | 'new-password'} autocomplete @param {boolean} shown */
const field = (label, name, autocomplete, shown) => html`<label class="field"><span>${t(label)}</span>
  <input name=${name} type=${shown ? 'text' : 'password'} autocomplete=${autocomplete} autocapitalize="none" spellcheck="false"
    dir="auto" data-testid=${`passphrase-${name}`} aria-describedby="passphrase-trouble"></label>`;

class Form {
  #question;
  /** @type {State} */
  #state = { same: false, shown: false, busy: false, trouble: '' };
  #worked = false;
  /** @type {unknown} */
  #broken = null;
  root = makeDialog({ class: 'passphrase', 'aria-labelledby': 'passphrase-title', 'data-testid': 'passphrase' });

  /** @param {Question} question */
  constructor(question) {
    this.#question = question;
    this.#set({ same: question.same ?? false });
    // What has begun is not left half done.
    this.root.addEventListener('cancel', (event) => {
      if (this.#state.busy) event.preventDefault();
    });
  }

  /** @param {Partial<State>} state */
  #set(state) {
    Object.assign(this.#state, state);
    render(this.#form(), this.root);
  }

  #form() {
    const { title, text, go, before, fresh, same: maySame } = this.#question;
    const { same, shown, busy, trouble } = this.#state;
    const check = (/** @type {Key} */ label, /** @type {'same' | 'shown'} */ what, /** @type {boolean} */ hidden) =>
      html`<label class="check" ?hidden=${hidden}><input type="checkbox" data-testid=${`passphrase-${what === 'same' ? what : 'show'}`}
        .checked=${this.#state[what]} @change=${() => this.#set({ [what]: !this.#state[what] })}><span>${t(label)}</span></label>`;
    return html`<form method="dialog" @submit=${this.#submit}>
      <input autocomplete="username" value="V-MNet" hidden><!-- for those who let the browser keep it -->
      <h2 id="passphrase-title">${t(title)}</h2>
      <p>${text}</p>
      ${maySame ? check('keep.pass.same', 'same', false) : ''}
      ${before === null ? '' : field(before, 'before', 'current-password', shown)}
      ${
        fresh
          ? html`<div class="choose" ?hidden=${same}>${field('keep.pass', 'fresh', 'new-password', shown)}
        <p class="fine">${t('keep.pass.least', { count: LEAST_CHARACTERS })}</p>
        ${field('keep.pass.again', 'again', 'new-password', shown)}
        <p class="warn">${t('keep.pass.warn')}</p></div>`
          : ''
      }
      ${check('keep.pass.show', 'shown', before === null && same)}
      <p id="passphrase-trouble" class="trouble" role="alert">${busy ? t('keep.pass.working') : trouble}</p>
      <div class="actions"><button type="button" ?disabled=${busy} @click=${() => this.root.close()}>${t('override.cancel')}</button>
        <button type="submit" class="primary" data-testid="passphrase-go" ?disabled=${busy}>${t(go)}</button></div>
    </form>`;
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement | null} */ (this.root.querySelector(`[name=${name}]`));
  }

  /** @param {string} name */
  #written(name) {
    return this.#field(name)?.value ?? '';
  }

  /** What is wrong with what was written. @returns {[string, string] | null} */
  #fault() {
    const written = this.#written('fresh').normalize('NFC');
    if (this.#question.before !== null && this.#written('before') === '') return ['before', t('keep.pass.none')];
    if (!this.#question.fresh || this.#state.same) return null;
    if ([...written].length < LEAST_CHARACTERS) return ['fresh', t('keep.pass.short', { count: LEAST_CHARACTERS })];
    if (written !== this.#written('again').normalize('NFC')) return ['again', t('keep.pass.differ')];
    return null;
  }

  /** @param {Event} event */
  #submit = async (event) => {
    event.preventDefault();
    if (this.#state.busy) return;
    const fault = this.#fault();
    if (fault !== null) return this.#say(...fault);
    const { fresh, act, trouble } = this.#question;
    this.#busy(true);
    try {
      await act({ before: this.#written('before'), fresh: fresh && !this.#state.same ? this.#written('fresh') : null });
      this.#worked = true;
      this.root.close();
    } catch (error) {
      this.#busy(false);
      const text = error instanceof SealError ? t(`keep.trouble.${error.code}`) : (trouble?.(error) ?? null);
      if (text !== null) return this.#say('before', text);
      this.#broken = error;
      this.root.close();
    }
  };

  /** @param {boolean} busy */
  #busy(busy) {
    this.root.setAttribute('aria-busy', String(busy));
    this.#set({ busy, trouble: '' });
  }

  /** @param {string} name @param {string} trouble */
  #say(name, trouble) {
    this.#set({ trouble });
    this.#field(name)?.focus();
    this.#field(name)?.select();
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
