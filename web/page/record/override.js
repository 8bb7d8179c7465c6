/** Confirm or decide otherwise: who, which of the four answers, a note. In the answer strip, and in a dialog. */

import { ANSWERS, answerText, decisionOf } from '../case/decision.js';
import { makeButton, makeInput } from '../shell/controls.js';
import { make, makeDialog } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { eyeOf } from '../worklist/entry.js';
import { eyeName } from '../worklist/row-texts.js';
import { answered } from '../worklist/sorting.js';
import { MOST_REMARK, MOST_REVIEWER, reviewNotes, reviewOf, reviewText } from './review.js';

/**
 * @import { Answer } from '../../vmnet.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Review } from './review.js'
 */

export class Override {
  #root;
  #set;
  #said = make('p', { class: 'override-said', 'data-testid': 'override-said' });
  #note = make('p', { class: 'fine', dir: 'auto', 'data-testid': 'override-note' });
  #open = makeButton('override.open', { 'data-testid': 'override-open' });
  #remove = makeButton('override.remove', { class: 'quiet', 'data-testid': 'override-remove' });
  #form = new OverrideForm();
  /** @type {Entry | null} */
  #entry = null;

  /** @param {HTMLElement} root @param {(entry: Entry, review: Review | null) => void} set keeps it */
  constructor(root, set) {
    this.#root = root;
    this.#set = set;
    root.replaceChildren(this.#said, this.#note, make('div', { class: 'actions' }, this.#open, this.#remove));
    this.#open.addEventListener('click', () => this.#ask());
    this.#remove.addEventListener('click', () => {
      if (this.#entry !== null) this.#set(this.#entry, null);
      this.#open.focus();
    });
    this.rewrite();
  }

  /** What is to be answered; null for what has no answer of the test. @param {Entry | null} entry */
  show(entry) {
    this.#entry = entry !== null && answered(entry) !== null ? entry : null;
    this.#write();
  }

  /** Everything anew: in other words, or at another operating point. */
  rewrite() {
    translate(this.#root);
    this.#write();
  }

  #write() {
    const entry = this.#entry;
    this.#root.style.visibility = entry === null ? 'hidden' : '';
    if (entry === null || entry.result === null) return;
    const { review, result } = entry;
    const notes = review === null ? [] : reviewNotes(review, result.report);
    this.#said.textContent = review === null ? '' : reviewText(review);
    this.#note.textContent = notes.join(' ');
    this.#said.hidden = review === null;
    this.#note.hidden = notes.length === 0;
    this.#remove.hidden = review === null;
    this.#open.textContent = t(review === null ? 'override.open' : 'override.change');
  }

  async #ask() {
    const entry = this.#entry;
    if (entry === null || entry.result === null) return;
    const { report } = entry.result;
    const said = await this.#form.ask(entry, decisionOf(report).answer);
    if (said !== null) this.#set(entry, reviewOf(report, said));
  }
}

class OverrideForm {
  #whose = make('p', { id: 'override-whose', class: 'override-whose' });
  #who = makeInput({
    type: 'text',
    id: 'override-who',
    required: '',
    maxlength: String(MOST_REVIEWER),
    autocomplete: 'name',
    dir: 'auto',
  });
  #note = /** @type {HTMLTextAreaElement} */ (
    make('textarea', { id: 'override-note', rows: '3', maxlength: String(MOST_REMARK), dir: 'auto' })
  );
  /** @type {Map<Answer, { radio: HTMLInputElement, text: HTMLElement }>} */
  #answers = new Map();
  #root;
  /** @type {(said: Pick<Review, 'by' | 'answer' | 'note'> | null) => void} */
  #done = () => {};

  constructor() {
    for (const answer of ANSWERS) {
      const radio = makeInput({ type: 'radio', name: 'override', value: answer });
      this.#answers.set(answer, { radio, text: make('span', {}) });
    }
    const keep = makeButton('override.keep', { type: 'submit', class: 'primary', 'data-testid': 'override-keep' });
    const cancel = makeButton('override.cancel');
    const form = make(
      'form',
      { method: 'dialog' },
      make('h2', { id: 'override-title', 'data-t': 'override.open' }),
      this.#whose,
      make(
        'fieldset',
        {},
        make('legend', { 'data-t': 'override.answer' }),
        ...[...this.#answers.values()].map(({ radio, text }) => make('label', {}, radio, text)),
      ),
      make('label', { class: 'field' }, make('span', { 'data-t': 'override.who' }), this.#who),
      make('label', { class: 'field' }, make('span', { 'data-t': 'override.note' }), this.#note),
      make('p', { class: 'fine', 'data-t': 'override.stays' }),
      make('div', { class: 'actions' }, cancel, keep),
    );
    this.#root = makeDialog({ class: 'override-dialog', 'aria-labelledby': 'override-title override-whose' }, form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#keep();
    });
    cancel.addEventListener('click', () => this.#root.close());
    this.#root.addEventListener('close', () => this.#done(null));
    document.body.append(this.#root);
  }

  #keep() {
    const answer = ANSWERS.find((one) => this.#answers.get(one)?.radio.checked);
    if (answer === undefined || this.#who.value.trim() === '') {
      this.#who.setCustomValidity(t('override.need'));
      this.#who.reportValidity();
      this.#who.setCustomValidity('');
      return;
    }
    this.#done({ by: this.#who.value, answer, note: this.#note.value });
    this.#root.close();
  }

  /** The name stays from one case to the next. @param {Entry} entry of which eye it is said, where two stand side by side @param {Answer} own the test's @returns {Promise<Pick<Review, 'by' | 'answer' | 'note'> | null>} */
  ask(entry, own) {
    const { patient, name, review: before } = entry;
    translate(this.#root);
    this.#whose.replaceChildren(
      make('bdi', {}, patient || t('batch.patient.none')),
      ` · ${eyeName(eyeOf(entry))} · `,
      make('bdi', {}, name),
    );
    for (const [answer, { radio, text }] of this.#answers) {
      radio.checked = answer === (before?.answer ?? own);
      const words = answerText(answer);
      text.textContent = answer === own ? t('override.own', { answer: words }) : words;
    }
    this.#note.value = before?.note ?? '';
    if (before !== null) this.#who.value = before.by;
    this.#root.showModal();
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}
