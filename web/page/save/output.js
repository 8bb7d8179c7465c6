/** The exports: what the buttons do, and how far a ZIP file is. */

import { isAbort } from '../shell/error-box.js';
import { t } from '../words/i18n.js';
import { write } from '../worklist/layout.js';
import { listedSome } from '../worklist/row-texts.js';
import { save } from './downloads.js';
import { answersSettled, csvFile, jsonFile } from './exports.js';
import { packSeries } from './pack.js';
import { MOST_SHEETS, sheetsOf } from './sheets.js';

/**
 * @import { ModelInfo } from '../../vmnet.js'
 * @import { Context } from '../shell/context.js'
 * @import { Keeper } from './keep.js'
 * @import { Layout } from '../worklist/layout.js'
 * @import { Runner } from '../worklist/runner.js'
 * @import { Series } from '../worklist/series.js'
 * @import { Tables } from '../worklist/table.js'
 * @import { Together } from '../worklist/together.js'
 */

/** @typedef {{ context: Context, series: Series, runner: Runner, keeper: Keeper, tables: Tables, together: Together }} Parts */

export class Output {
  #at;
  #print;
  #parts;
  /** @type {AbortController | null} */
  #packing = null;
  /** What was said last; null for what stands there otherwise. @type {(() => string) | null} */
  #said = null;
  /** While the page itself prints. */
  #printing = false;
  /** Whether all that is in the table was saved. */
  saved = false;
  /** What is to be known of the network, once it is loaded. @type {ModelInfo | null} */
  info = null;

  /** @param {Layout} at @param {Parts} parts */
  constructor(at, parts) {
    this.#at = at.out;
    this.#print = at.print;
    this.#parts = parts;
    this.#at.csv.addEventListener('click', () => this.#try(() => this.#saveCsv()));
    this.#at.json.addEventListener('click', () => this.#try(() => this.#saveJson()));
    this.#at.zip.addEventListener('click', () => this.#try(() => this.#pack()));
    this.#at.print.addEventListener('click', () => this.#try(() => this.#printSheets()));
    this.#at.cancel.addEventListener('click', () => this.#packing?.abort());
    addEventListener('keydown', (event) => {
      if (event.key !== 'p' || !(event.ctrlKey || event.metaKey) || !this.#isToPrint) return;
      event.preventDefault(); // with time for the pictures, which the browser would not wait for
      this.#try(() => this.#printSheets());
    });
    addEventListener('beforeprint', () => {
      if (!this.#printing && this.#isToPrint && this.info !== null) this.#fill(this.info); // by the browser's menu
    });
    parts.series.onChange(() => {
      this.saved = false;
      this.#print.replaceChildren(); // what was printed holds no longer
    });
  }

  get #isToPrint() {
    return !this.#at.root.closest('section[hidden]') && this.#parts.tables.shown.length > 0;
  }

  draw() {
    const { busy } = this.#parts.runner;
    const some = this.#parts.series.entries.length > 0;
    const packing = this.#packing !== null;
    this.#at.csv.disabled = !some;
    this.#at.json.disabled = !some;
    this.#at.zip.disabled = busy || packing || !this.#parts.series.entries.some(({ state }) => state === 'done');
    this.#at.print.disabled = packing || this.#parts.tables.shown.length === 0;
    this.#at.bar.parentElement?.toggleAttribute('hidden', !packing);
    if (packing) return;
    write(this.#at.text, this.#said?.() ?? t(busy ? 'batch.export.text.busy' : 'batch.export.text'));
  }

  /** What was said stands no longer. */
  hush() {
    this.#said = null;
    this.#packing?.abort();
    this.#print.replaceChildren();
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#parts.context.showError(error);
    }
    this.draw();
  }

  async #info() {
    return (await this.#parts.context.model()).info;
  }

  async #saveCsv() {
    const { series, together } = this.#parts;
    const info = await this.#info();
    await answersSettled(series.entries, together);
    const text = csvFile(series.entries, info, together);
    save({ blob: new Blob([text], { type: 'text/csv;charset=utf-8' }), name: 'series.csv' });
    this.saved = true;
  }

  async #saveJson() {
    const { series, together } = this.#parts;
    const info = await this.#info();
    await answersSettled(series.entries, together);
    const text = jsonFile(series.entries, info, together);
    save({ blob: new Blob([text], { type: 'application/json' }), name: 'series.json' });
    this.saved = true;
  }

  async #pack() {
    const { context, series, keeper, together } = this.#parts;
    const own = new AbortController();
    this.#packing = own;
    this.draw();
    try {
      const missing = await packSeries({
        entries: [...series.entries],
        model: await context.model(),
        together,
        fileOf: (entry) => keeper.fileOf(entry),
        signal: own.signal,
        onProgress: (done, all) => {
          this.#at.bar.value = all === 0 ? 1 : done / all;
          this.#at.text.textContent = t('batch.export.packing', { done, all });
        },
        save,
      });
      this.saved = true;
      this.#said = () =>
        missing.length === 0
          ? t('batch.export.packed')
          : t('batch.export.missing', { count: missing.length, names: listedSome(missing) });
    } catch (error) {
      if (!own.signal.aborted && !isAbort(error)) throw error;
      this.#said = () => t('batch.export.cancelled');
    } finally {
      this.#packing = null;
    }
  }

  async #printSheets() {
    const { tables, together } = this.#parts;
    const info = await this.#info();
    await answersSettled(tables.shown, together);
    const count = this.#fill(info);
    this.#said = () =>
      count > MOST_SHEETS
        ? t('batch.export.sheets.most', { count, most: MOST_SHEETS })
        : t('batch.export.sheets', { count });
    this.draw();
    await Promise.allSettled([...this.#print.querySelectorAll('img')].map((img) => img.decode()));
    this.#printing = true;
    print();
    this.#printing = false;
  }

  /** The sheets stay until the next ones: some browsers return from print() before they have printed. @param {ModelInfo} info */
  #fill(info) {
    const { tables, together } = this.#parts;
    const { sheets, patients } = sheetsOf(tables.shown, info, together);
    this.#print.replaceChildren(...sheets);
    return patients;
  }
}
