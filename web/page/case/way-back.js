/** The way from a photograph in the Screen view back to its row, and to its neighbours. */

import { make } from '../shell/dom.js';
import { t, translate } from '../words/i18n.js';
import { eyeName } from '../worklist/row-texts.js';
import { eyeOf } from '../worklist/series.js';

/**
 * @import { Context } from '../shell/context.js'
 * @import { Eye } from '../intake/names.js'
 * @import { Entry } from '../worklist/series.js'
 */

export class WayBack {
  #context;
  #setEye;
  #root;
  #text = make('p', { class: 'fine' });
  #button;
  /** @type {Entry | null} */
  #entry = null;
  /** @type {Blob | null} */
  #file = null;

  /**
   * @param {Context} context
   * @param {(entry: Entry, step: 1 | -1) => Entry | undefined} neighbour
   * @param {(entry: Entry) => void} open
   * @param {(entry: Entry, eye: Eye | null) => void} setEye as a person corrected it there
   */
  constructor(context, neighbour, open, setEye) {
    this.#context = context;
    this.#setEye = setEye;
    const step = (/** @type {1 | -1} */ by) => {
      const next = this.#entry && neighbour(this.#entry, by);
      if (next) open(next);
    };
    const button = (/** @type {string} */ key, /** @type {string} */ id, /** @type {() => void} */ act) => {
      const made = make('button', { type: 'button', 'data-t': key, 'data-testid': id });
      made.addEventListener('click', act);
      return made;
    };
    this.#button = button('batch.back', 'batch-back', () => context.show('batch'));
    this.#root = make(
      'nav',
      { class: 'batch-back', 'aria-label': '', 'data-t-label': 'batch.title' },
      this.#button,
      button('batch.previous', 'batch-previous', () => step(-1)),
      button('batch.next', 'batch-next', () => step(1)),
      this.#text,
    );
    this.#root.hidden = true;
    translate(this.#root);
    document.getElementById('view-screen')?.prepend(this.#root);
    context.onCurrent(() => {
      if (context.current()?.source !== this.#file) this.hide();
    });
  }

  /** @param {Entry} entry @param {Blob} file */
  open(entry, file) {
    this.#entry = entry;
    this.#file = file;
    this.#root.hidden = false;
    this.write();
    const tell = (/** @type {Eye | null} */ chosen) => {
      this.#setEye(entry, chosen);
      this.write();
    };
    this.#context.openPhotograph(entry.name, file, { named: entry.named, chosen: entry.chosen, tell });
    // From a row of the table, which is not to be seen now; on the way to a neighbour the focus stays.
    if (!this.#root.contains(document.activeElement)) this.#button.focus({ preventScroll: true });
  }

  write() {
    if (this.#entry === null) return;
    const patient = this.#entry.patient || t('batch.patient.none');
    this.#text.textContent = t('batch.back.where', { patient, eye: eyeName(eyeOf(this.#entry)) });
  }

  hide() {
    this.#root.hidden = true;
    this.#entry = null;
    this.#file = null;
  }
}
