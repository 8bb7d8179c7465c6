/** What leaves as a file or on paper: what the Save menus do, of the table and of the case, and how far it is. */

import { effect } from '../../vendor/signals.js';
import { make } from '../shell/dom.js';
import { isAbort } from '../shell/error-box.js';
import { language, t } from '../words/i18n.js';
import { byPatient } from '../worklist/eye-rows.js';
import { picturesOf } from '../worklist/pictures.js';
import { listedSome } from '../worklist/row-texts.js';
import { save, stemOf } from './downloads.js';
import { csvFile, jsonFile } from './exports.js';
import { fileName } from './file-names.js';
import { SaveMenu } from './menu.js';
import { packSeries } from './pack.js';
import { MOST_SHEETS, sheetsOf } from './sheets.js';
import { xlsxFile } from './spreadsheet.js';

/**
 * @import { Model, ModelInfo } from '../../vmnet.js'
 * @import { Context } from '../shell/context.js'
 * @import { Keeper } from './keeper.js'
 * @import { Kind } from './menu.js'
 * @import { Runner } from '../worklist/runner.js'
 * @import { Entry } from '../worklist/entry.js'
 * @import { Series } from '../worklist/series.js'
 * @import { Together } from '../worklist/together.js'
 */

/** @typedef {{ context: Context, series: Series, runner: Runner, keeper: Keeper, together: Together }} Parts */

/**
 * What can be saved at one place of the page.
 * @typedef {object} Scope
 * @property {HTMLElement} slot for the menu
 * @property {string} name for ids
 * @property {() => Entry[]} entries for files of data
 * @property {() => Entry[]} paper for PDF and print
 * @property {() => string} whose the files are, for their names; '' for the whole list
 * @property {() => string} hint what is said while nothing else is
 */

/** @typedef {Scope & { menu: SaveMenu, said: (() => string) | null }} Place */

/** In millimetres: how wide a sheet is laid out, and how high it may be: Letter, lower than A4, has 257 between its margins. */
const SHEET_WIDTH = 182;
const SHEET_ROOM = 252;
/** A sheet that would have to become smaller goes on to another page. */
const SMALLEST = 0.75;

export class Output {
  #parts;
  #print = document.createElement('div');
  /** What stands on the sheets. @type {Entry[]} */
  #printed = [];
  /** @type {Place[]} */
  #places = [];
  /** What is being saved, and where. @type {{ place: Place, own: AbortController, share: number } | null} */
  #work = null;
  /** While the page itself prints. */
  #printing = false;
  /** Whether all that is in the table was saved. */
  saved = false;
  /** What is to be known of the network, once it is loaded. @type {ModelInfo | null} */
  info = null;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#print.className = 'sheet-print';
    document.body.append(this.#print);
    addEventListener('keydown', (event) => {
      const place = this.#here();
      if (event.key !== 'p' || !(event.ctrlKey || event.metaKey) || place === null) return;
      event.preventDefault(); // with time for the pictures, which the browser would not wait for
      this.#act(place, 'print');
    });
    addEventListener('beforeprint', () => {
      if (this.#printing) return;
      const place = this.#here();
      if (place !== null && this.info !== null)
        this.#fill(place, this.info); // by the browser's menu
      else this.#clear();
    });
    effect(() => {
      parts.series.changes.value;
      this.saved = false;
      if (!this.#printed.every((entry) => parts.series.has(entry))) this.#clear(); // no name stays that was removed
    });
  }

  /** Puts a Save menu there. @param {Scope} scope */
  offer(scope) {
    /** @type {Place} */
    const place = {
      ...scope,
      said: null,
      menu: new SaveMenu(
        scope.slot,
        scope.name,
        (kind) => this.#act(place, kind),
        () => this.#work?.own.abort(),
      ),
    };
    this.#places.push(place);
    this.draw();
  }

  /** The place that is to be seen and has something for paper. */
  #here() {
    const seen = this.#places.find(({ slot }) => slot.checkVisibility());
    return seen !== undefined && seen.paper().length > 0 ? seen : null;
  }

  draw() {
    this.#ask();
    for (const place of this.#places) {
      const { menu, said, hint } = place;
      const mine = this.#work?.place === place ? this.#work : null;
      menu.enable(this.#possible(place));
      menu.progress(mine === null ? null : mine.share);
      menu.hint(hint());
      if (mine === null) menu.say(said?.() ?? '');
    }
  }

  /** Ahead of the browser's own menu, which waits for no answer. */
  #ask() {
    const { series, runner, together } = this.#parts;
    if (this.info === null || runner.busy) return;
    for (const [patient, entries] of byPatient(series.entries)) if (patient !== '') together.of(entries);
  }

  /** @param {Place} place @returns {Kind[]} */
  #possible(place) {
    const entries = place.entries();
    if (this.#work !== null || entries.length === 0) return [];
    /** @type {Kind[]} */
    const kinds = ['xlsx', 'csv', 'json'];
    if (place.paper().length > 0) kinds.push('pdf', 'print');
    if (entries.some(({ result, state }) => result !== null || state === 'failed')) kinds.push('fhir');
    if (!this.#parts.runner.busy && entries.some(({ state }) => state === 'done')) kinds.push('zip', 'dicom');
    return kinds;
  }

  rewrite() {
    for (const { menu } of this.#places) menu.rewrite();
    this.draw();
  }

  /** What was said at this place stands no longer. @param {string} name */
  forget(name) {
    for (const place of this.#places) if (place.name === name) place.said = null;
  }

  /** What was said stands no longer. */
  hush() {
    for (const place of this.#places) place.said = null;
    this.#work?.own.abort();
    this.#clear();
  }

  /** @param {Place} place @param {Kind} kind */
  async #act(place, kind) {
    const { context, series } = this.#parts;
    if (!this.#possible(place).includes(kind)) return;
    const work = { place, own: new AbortController(), share: 0 };
    this.#work = work;
    this.draw();
    try {
      const model = await context.model();
      place.said = await this.#make(place, kind, model, work.own.signal);
      if (kind !== 'print' && place.entries().length === series.entries.length) this.saved = true;
    } catch (error) {
      if (work.own.signal.aborted || isAbort(error)) place.said = () => t('save.cancelled');
      else context.showError(error);
    } finally {
      this.#work = null;
      this.draw();
    }
  }

  /** @param {Place} place @param {Kind} kind @param {Model} model @param {AbortSignal} signal @returns {Promise<() => string>} what to say of it */
  async #make(place, kind, model, signal) {
    const { together } = this.#parts;
    const { info } = model;
    const entries = [...place.entries()];
    const whose = place.whose();
    if (kind === 'zip' || kind === 'dicom') return this.#pack(place, kind, entries, model, signal);
    if (kind === 'pdf' || kind === 'print') await this.#complete(place.paper(), model, signal);
    if (kind === 'print') return this.#printSheets(place, info);
    if (kind === 'pdf') return this.#pdf(place, info, signal);
    if (kind === 'fhir') return fhir(entries, info, whose, together);
    const name = fileName(kind, { whose });
    save({ blob: await table(kind, entries, info, together), name });
    return () => t('save.done', { name });
  }

  /** @param {Place} place @param {number} done @param {number} all @param {string} text */
  #tell(place, done, all, text) {
    if (this.#work !== null) this.#work.share = all === 0 ? 1 : done / all;
    place.menu.progress(all === 0 ? 1 : done / all);
    place.menu.say(text);
  }

  /** Draws what paper needs and nobody has drawn. @param {Entry[]} entries @param {Model} model @param {AbortSignal} signal */
  async #complete(entries, model, signal) {
    const { series, keeper } = this.#parts;
    for (const entry of entries.filter(({ state, mask }) => state === 'done' && mask === null))
      series.update(entry, await picturesOf(entry, await keeper.fileOf(entry), model, signal));
  }

  /** @param {Place} place @param {'zip' | 'dicom'} kind @param {Entry[]} entries @param {Model} model @param {AbortSignal} signal */
  async #pack(place, kind, entries, model, signal) {
    const { keeper, together } = this.#parts;
    const names = /** @type {string[]} */ ([]);
    /** @type {import('./pack.js').Packing} */
    const packing = {
      entries,
      model,
      together,
      fileOf: (entry) => keeper.fileOf(entry),
      signal,
      onProgress: (done, all) => this.#tell(place, done, all, t('batch.export.packing', { done, all })),
      whose: place.whose(),
      save: (file) => {
        names.push(file.name);
        save(file);
      },
    };
    const missing = kind === 'zip' ? await packSeries(packing) : await dicom({ ...packing, plain: place.menu.plain });
    return () =>
      missing.length === 0
        ? t('save.done', { name: listedSome(names) })
        : t('batch.export.missing', { count: missing.length, names: listedSome(missing) });
  }

  /** @param {Place} place @param {ModelInfo} info @param {AbortSignal} signal */
  async #pdf(place, info, signal) {
    const { together } = this.#parts;
    const { pdfOf } = await import('./paper.js');
    const selected = place.paper().length < place.entries().length;
    const name = fileName('pdf', { whose: place.whose(), selected });
    const { sheets, patients } = await together.complete(() => sheetsOf(place.paper(), info, together));
    const all = sheets.length;
    const blob = await pdfOf(sheets, {
      title: t('save.pdf.title', { name: name.replace(/\.pdf$/, '') }),
      language: language(),
      signal,
      onProgress: (done) => this.#tell(place, done, all, t('save.writing', { done, all })),
    });
    save({ blob, name });
    return () => (patients > MOST_SHEETS ? this.#tooMany(patients) : t('save.done', { name }));
  }

  /** @param {number} count */
  #tooMany(count) {
    return t('batch.export.sheets.most', { count, most: MOST_SHEETS });
  }

  /** @param {Place} place @param {ModelInfo} info */
  async #printSheets(place, info) {
    const count = await this.#parts.together.complete(() => this.#fill(place, info));
    await Promise.allSettled([...this.#print.querySelectorAll('img')].map((img) => img.decode()));
    this.#lay(/** @type {HTMLElement[]} */ ([...this.#print.children])); // now that its pictures have their size
    this.#printing = true;
    print();
    this.#printing = false;
    return () => (count > MOST_SHEETS ? this.#tooMany(count) : t('batch.export.sheets', { count }));
  }

  /** The sheets stay until the next ones: some browsers return from print() before they have printed. @param {Place} place @param {ModelInfo} info */
  #fill(place, info) {
    this.#printed = [...place.paper()];
    const { sheets, patients } = sheetsOf(this.#printed, info, this.#parts.together);
    this.#lay(sheets);
    return patients;
  }

  /** Makes those smaller that would run over a page a little. @param {HTMLElement[]} sheets */
  #lay(sheets) {
    const desk = make('div', { class: 'sheet-desk fitting', 'aria-hidden': 'true' }, ...sheets);
    for (const sheet of sheets) sheet.style.removeProperty('zoom');
    document.body.append(desk);
    const millimetre = desk.offsetWidth / SHEET_WIDTH;
    const shares = sheets.map((sheet) => (SHEET_ROOM * millimetre) / sheet.offsetHeight);
    for (const [i, share] of shares.entries())
      if (share < 1 && share >= SMALLEST) sheets[i].style.setProperty('zoom', share.toFixed(3));
    desk.remove();
    this.#print.replaceChildren(...sheets);
  }

  #clear() {
    this.#printed = [];
    this.#print.replaceChildren();
  }
}

/** With every answer that it holds. @param {'xlsx' | 'csv' | 'json'} kind @param {Entry[]} entries @param {ModelInfo} info @param {Together} together */
async function table(kind, entries, info, together) {
  if (kind === 'xlsx') return xlsxFile(entries, info, together);
  const [make, type] =
    kind === 'csv' ? [csvFile, 'text/csv;charset=utf-8'] : /** @type {const} */ ([jsonFile, 'application/json']);
  return new Blob([await together.complete(() => make(entries, info, together))], { type });
}

/** @param {Entry[]} entries @param {ModelInfo} info @param {string} whose @param {Together} together */
async function fhir(entries, { classes }, whose, together) {
  const { fhirFile } = await import('./fhir-file.js');
  const name = fileName('fhir', { whose });
  const text = await together.complete(() => fhirFile(entries, classes, together));
  save({ blob: new Blob([text], { type: 'application/fhir+json' }), name });
  return () => t('save.done', { name });
}

/** @param {Parameters<typeof import('./dicom-files.js').packDicom>[0]} packing */
async function dicom(packing) {
  const { packDicom } = await import('./dicom-files.js');
  return packDicom(packing);
}

/** A patient's name as the start of file names. @param {Entry | null} entry */
export function stemOfCase(entry) {
  return entry === null ? 'case' : stemOf(entry.patient || entry.name);
}
