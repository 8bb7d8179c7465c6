/** Whose eye it is: by the side of the optic disc, and corrected by whoever knows better. */

import { make } from '../shell/dom.js';
import { t } from '../words/i18n.js';

/**
 * @import { Report } from '../../vmnet.js'
 * @import { Eye } from '../intake/one-name.js'
 */

/**
 * What is known of a photograph's eye beside the picture itself.
 * @typedef {object} EyeKnown
 * @property {Eye} named by the name of its file or folder
 * @property {Eye | null} chosen as a person corrected it
 * @property {(chosen: Eye | null) => void} [tell] for whoever else keeps it, such as a series
 */

/** @type {readonly Eye[]} */
const EYES = ['OD', 'OS', ''];

/** @param {Eye} eye */
function word(eye) {
  return t(`screen.fact.eye.${eye || 'none'}`);
}

/** What the picture alone says. @param {Report} report @returns {Eye} */
function seen({ laterality }) {
  return laterality?.guess ?? '';
}

/** Without a person's word: the name counts before the picture, as in a series. @param {EyeKnown} known @param {Report} report */
function guessed({ named }, report) {
  return named || seen(report);
}

/** How it is known, in words. @param {EyeKnown} known @param {Report} report */
function sourceText(known, report) {
  const disc = seen(report);
  if (known.chosen !== null)
    return disc === '' || disc === known.chosen
      ? t('batch.eye.source.user')
      : t('screen.fact.eye.corrected', { eye: word(disc) });
  if (known.named !== '' && disc !== '' && disc !== known.named) return t('screen.fact.eye.named', { eye: word(disc) });
  if (known.named !== '') return t('batch.eye.source.guess-name');
  return disc === '' ? t('screen.fact.eye.unclear') : t('screen.fact.eye.disc');
}

/** The choice of the eye, as a part of the list of facts: made once, so that it keeps the focus. */
export class EyeChoice {
  #select = /** @type {HTMLSelectElement} */ (make('select', { id: 'eye', 'aria-describedby': 'eye-source' }));
  #source = make('span', { id: 'eye-source', class: 'fine' });
  /** @type {{ known: EyeKnown, report: Report } | null} */
  #of = null;
  root = make('span', { class: 'eye-choice' }, this.#select, this.#source);

  /** @param {(text: string) => void} say for those who do not see the page @param {() => void} changed */
  constructor(say, changed) {
    this.#select.addEventListener('change', () => {
      if (this.#of === null) return;
      const { known, report } = this.#of;
      const eye = /** @type {Eye} */ (this.#select.value);
      known.chosen = eye === guessed(known, report) ? null : eye; // back to what was guessed is no correction
      known.tell?.(known.chosen);
      this.#write();
      changed();
      say(t('screen.says', { name: word(eye), summary: this.#source.textContent ?? '' }));
    });
  }

  /** @param {string} name of the photograph @param {EyeKnown} known @param {Report} report */
  show(name, known, report) {
    this.#of = { known, report };
    this.#select.setAttribute('aria-label', t('batch.eye.of', { name }));
    this.#select.replaceChildren(...EYES.map((eye) => new Option(word(eye), eye)));
    this.#write();
  }

  /** None, until one is shown. */
  clear() {
    this.#of = null;
    this.#select.disabled = true;
  }

  #write() {
    if (this.#of === null) return;
    this.#select.disabled = false;
    const { known, report } = this.#of;
    this.#select.value = known.chosen ?? guessed(known, report);
    this.#source.textContent = sourceText(known, report);
  }
}
