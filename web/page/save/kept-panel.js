/** Everything that is kept on this device, by patient, and what can be done with it. */

import { makeButton } from '../shell/controls.js';
import { closedBy, make, makeDialog } from '../shell/dom.js';
import { commas, listed, t, translate } from '../words/i18n.js';
import { dayName } from '../words/terms.js';
import { sizeText } from '../worklist/row-texts.js';
import { confirmed } from './ask.js';
import { save } from './downloads.js';
import { ENDING } from './kept-file.js';
import { askPassphrase } from './passphrase.js';
import { fullName, personOf } from './persons.js';
import { dayOf } from './visits.js';

/**
 * @import { Key } from '../words/i18n.js'
 * @import { Keeper } from './keeper.js'
 */

/** @typedef {{ forget: () => Promise<boolean>, lock: () => Promise<void>, choose: () => void, take: (person: string) => Promise<void>, showError: (error: unknown) => void }} Acts */

/** @typedef {{ person: string, patient: string, full: string, count: number, days: Set<string>, files: string[], unknown: boolean, archived: boolean }} Patient person: see personOf; full: see fullName; files: by which he is told from others who are called the same, else none; unknown: some of it of a day that nobody knows; archived: some of it does not stand in the table */

/** Each under a name of his own: of two of one name with their folders. @param {Patient[]} patients */
function toldApart(patients) {
  /** @type {Map<string, number>} */
  const named = new Map();
  for (const { patient } of patients) named.set(patient, (named.get(patient) ?? 0) + 1);
  const called = patients.map((one) => ((named.get(one.patient) ?? 0) > 1 ? { ...one, patient: one.full } : one));
  /** @type {Map<string, number>} */
  const alike = new Map();
  for (const { patient } of called) alike.set(patient, (alike.get(patient) ?? 0) + 1);
  return called.map((one) => ((alike.get(one.patient) ?? 0) > 1 ? one : { ...one, files: [] }));
}

/** By name, the unknown one last. @param {Keeper} keeper @returns {Patient[]} */
function patientsOf({ all, archive }) {
  /** @type {Map<string, Patient>} */
  const patients = new Map();
  const away = new Set(archive.map((one) => one.entry));
  for (const { entry, visit } of all) {
    const { patient, path } = entry;
    const person = personOf(entry, visit);
    /** @type {Patient} */
    const none = {
      person,
      patient,
      full: fullName(entry),
      count: 0,
      days: new Set(),
      files: [],
      unknown: false,
      archived: false,
    };
    const known = patients.get(person) ?? none;
    const on = dayOf(path, visit);
    known.count += 1;
    known.files.push(entry.name);
    known.archived ||= away.has(entry);
    if (on === null) known.unknown = true;
    else known.days.add(on);
    patients.set(person, known);
  }
  const collator = new Intl.Collator(undefined, { numeric: true });
  return toldApart([...patients.values()]).sort(
    (a, b) => Number(a.patient === '') - Number(b.patient === '') || collator.compare(a.patient, b.patient),
  );
}

export class KeptPanel {
  #keeper;
  #acts;
  #text = make('p', { 'data-testid': 'kept-text' });
  #list = make('ul', { class: 'kept-patients', 'data-testid': 'kept-patients' });
  #status = make('p', { class: 'fine', role: 'status', 'data-testid': 'kept-status' });
  #root;
  #shown = '';

  /** @param {Keeper} keeper @param {Acts} acts */
  constructor(keeper, acts) {
    this.#keeper = keeper;
    this.#acts = acts;
    const close = makeButton('privacy.close', { class: 'close' });
    this.#root = makeDialog(
      { class: 'kept', 'aria-labelledby': 'kept-title', 'data-testid': 'kept' },
      make('div', { class: 'dialog-head' }, make('h2', { id: 'kept-title', 'data-t': 'keep.show' }), close),
      make(
        'div',
        { class: 'kept-body' },
        this.#text,
        make(
          'div',
          { class: 'actions' },
          this.#button('keep.export', () => this.#export()),
          this.#button('keep.import', acts.choose),
          this.#button('keep.change', () => this.#change()),
          this.#button('keep.lock', () => this.#leave(acts.lock)),
          this.#button('keep.forget', () => this.#forget()),
        ),
        this.#status,
        this.#list,
      ),
    );
    closedBy(this.#root, close);
    document.body.append(this.#root);
    translate(this.#root);
  }

  /** @param {Key} key @param {() => unknown} act */
  #button(key, act) {
    const made = makeButton(key, { 'data-testid': key.replace('.', '-') });
    made.addEventListener('click', () => this.#try(act));
    return made;
  }

  /** An error is said on the page, not behind this. @param {() => unknown} act */
  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#root.close();
      this.#acts.showError(error);
    }
  }

  /** @param {string} [said] what has just been done */
  open(said = '') {
    this.#status.textContent = said;
    if (!this.#root.open) this.#root.showModal();
    this.#shown = '';
    this.draw();
  }

  draw() {
    if (!this.#root.open) return;
    const { all, bytes, damaged } = this.#keeper;
    const patients = patientsOf(this.#keeper);
    const sum = t('keep.sum', { count: all.length, patients: patients.length, size: sizeText(bytes) });
    const text = damaged === 0 ? sum : `${sum} ${t('keep.damaged', { count: damaged })}`;
    const shown = JSON.stringify([text, patients.map(({ person, count, days }) => [person, count, ...days])]);
    if (shown === this.#shown) return; // or the focus would be lost
    this.#shown = shown;
    this.#text.textContent = text;
    this.#list.replaceChildren(...patients.map((one) => this.#row(one)));
  }

  /** @param {Patient} patient */
  #row({ person, patient, count, days, files, unknown, archived }) {
    const name = patient === '' ? t('keep.nobody') : patient;
    const told = files.length === 0 ? name : `${name} (${listed(files)})`;
    const when = [...days].sort().reverse().map(dayName);
    const forget = make('button', { type: 'button', class: 'quiet' }, t('keep.forget.one'));
    forget.setAttribute('aria-label', t('keep.forget.patient', { name: told }));
    forget.addEventListener('click', () => this.#try(() => this.#forgetPatient(person, told)));
    const take = make('button', { type: 'button', class: 'quiet' }, t('keep.take'));
    take.setAttribute('aria-label', t('keep.take.patient', { name: told }));
    take.addEventListener('click', () => this.#try(() => this.#leave(() => this.#acts.take(person))));
    return make(
      'li',
      {},
      make('strong', {}, make('bdi', {}, name)),
      make('span', { class: 'fine' }, commas([...when, ...(unknown ? [dayName(null)] : [])])),
      make('span', { class: 'fine' }, t('keep.photographs', { count })),
      ...(files.length === 0 ? [] : [make('span', { class: 'fine' }, make('bdi', {}, listed(files)))]),
      make('span', { class: 'actions' }, ...(archived ? [take] : []), forget),
    );
  }

  /** @param {string} person see personOf @param {string} name */
  async #forgetPatient(person, name) {
    const sure = await confirmed({
      title: t('keep.forget.patient', { name }),
      text: t('keep.forget.patient.text'),
      yes: t('keep.forget.yes'),
    });
    if (!sure) return;
    await this.#keeper.forgetPatient(person);
    this.#status.textContent = t('keep.forgotten', { name });
  }

  async #export() {
    /** @type {string} */
    let name = '';
    const done = await askPassphrase({
      title: 'keep.export',
      text: t('keep.export.text'),
      go: 'keep.export',
      before: null,
      fresh: true,
      same: true,
      act: async ({ fresh }) => {
        name = `vmnet-${dayOf('', undefined)}${ENDING}`;
        save({ blob: await this.#keeper.exportFile(fresh), name });
      },
    });
    if (done) this.#status.textContent = t('save.done', { name });
  }

  async #change() {
    const changed = await askPassphrase({
      title: 'keep.change',
      text: t('keep.change.text'),
      go: 'keep.change',
      before: 'keep.pass.before',
      fresh: true,
      act: ({ before, fresh }) => this.#keeper.changePassphrase(before, fresh ?? ''),
    });
    if (changed) this.#status.textContent = t('keep.changed');
  }

  /** @param {() => Promise<unknown>} act */
  async #leave(act) {
    this.#root.close();
    await act();
  }

  async #forget() {
    if (await this.#acts.forget()) this.#root.close();
  }
}
