/** What is kept on this device, as people see it: the switch under the table, and what is offered when the page opens. */

import { makeButton, makeInput, write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { sizeText } from '../worklist/row-texts.js';
import { confirmed } from './ask.js';
import { ENDING } from './kept-file.js';
import { KeptPanel } from './kept-panel.js';
import { askPassphrase } from './passphrase.js';
import { StoreError } from './store.js';

/**
 * @import { Entry } from '../worklist/entry.js'
 * @import { Keeper } from './keeper.js'
 */

/**
 * @typedef {object} Acts
 * @property {() => Promise<(entry: Entry) => boolean>} stale tells what has to be screened again
 * @property {() => void} run goes on screening
 * @property {() => Promise<void>} clear empties the table
 * @property {(place: string) => Promise<void> | void} list shows what was opened, with the focus on it; place: where it was asked for
 * @property {(error: unknown) => void} showError
 */

/** That something is kept here and locked, with the way to open it. */
class Offer {
  #text;
  open;
  forget;
  root;

  /** @param {string} name for tests @param {Record<string, string>} look @param {boolean} [forgets] whether it can be forgotten there */
  constructor(name, look, forgets = false) {
    this.#text = make('p', { 'data-testid': `${name}-offer-text` });
    this.open = makeButton('keep.open', { class: 'primary', 'data-testid': `${name}-resume` });
    this.forget = makeButton('keep.forget', { 'data-testid': `${name}-offer-forget` });
    const actions = make('div', { class: 'actions' }, this.open, ...(forgets ? [this.forget] : []));
    this.root = make('section', { ...look, 'data-testid': `${name}-offer` }, this.#text, actions);
    this.root.hidden = true;
  }

  /** @param {Keeper['offer']} offer */
  draw(offer) {
    this.root.hidden = offer === null;
    if (offer === null) return;
    this.open.hidden = offer.taken;
    this.forget.hidden = offer.taken;
    write(this.open, t(offer.unsealed ? 'keep.unsealed.go' : 'keep.open'));
    if (offer.taken) write(this.#text, t('batch.offer.taken'));
    else write(this.#text, offer.unsealed ? t('keep.unsealed.text') : t('batch.offer', { count: offer.all }));
  }
}

export class KeepCard {
  #keeper;
  #acts;
  #panel;
  #on = makeInput({
    type: 'checkbox',
    role: 'switch',
    'data-testid': 'batch-keep',
    'aria-describedby': 'batch-keep-text',
  });
  #text = make('p', { id: 'batch-keep-text', class: 'fine', role: 'status', 'data-testid': 'batch-keep-text' });
  #show = makeButton('keep.show', { 'data-testid': 'keep-show' });
  #forget = makeButton('keep.forget', { 'data-testid': 'batch-forget' });
  #import = makeButton('keep.import', { 'data-testid': 'keep-import' });
  #file = makeInput({
    type: 'file',
    accept: ENDING,
    'data-testid': 'keep-file',
    tabindex: '-1',
    'data-t-label': 'keep.import',
  });

  /** Under the table. */
  card = make(
    'div',
    { class: 'batch-keep' },
    make('label', { class: 'switch' }, this.#on, make('span', { 'data-t': 'batch.keep' })),
    make('div', { class: 'actions' }, this.#show, this.#forget, this.#import, this.#file),
    this.#text,
  );
  /** What is kept and locked is said wherever somebody may look for it. */
  offers = {
    /** Above the table. */
    table: new Offer('batch', { class: 'box' }, true),
    home: new Offer('home', { class: 'box' }),
    rail: new Offer('rail', { class: 'rail-offer' }),
  };

  /** @param {Keeper} keeper @param {Acts} acts */
  constructor(keeper, acts) {
    this.#keeper = keeper;
    this.#acts = acts;
    this.#panel = new KeptPanel(keeper, {
      forget: () => this.#askForget(),
      choose: () => this.#file.click(),
      take: async (person) => {
        await keeper.toTable(person, await acts.stale());
        acts.run();
      },
      showError: acts.showError,
      lock: async () => {
        await keeper.lock();
        await acts.clear();
      },
    });
    const act = (/** @type {() => Promise<unknown>} */ what) => () => what().catch(acts.showError);
    this.#on.addEventListener(
      'change',
      act(() => this.#switched()),
    );
    this.#show.addEventListener('click', () => this.#panel.open());
    this.#file.hidden = true;
    this.#import.addEventListener('click', () => this.#file.click());
    this.#file.addEventListener(
      'change',
      act(() => this.#askImport()),
    );
    for (const [place, { open }] of Object.entries(this.offers))
      open.addEventListener(
        'click',
        act(async () => {
          if (!(await this.#askOpen())) return;
          await acts.list(place);
          if (keeper.onlyEarlier) this.#panel.open(); // an empty table would read as if nothing were kept
        }),
      );
    for (const forget of [this.#forget, this.offers.table.forget])
      forget.addEventListener(
        'click',
        act(() => this.#askForget()),
      );
  }

  async #switched() {
    const { offer } = this.#keeper;
    if (!this.#on.checked) await this.#askForget();
    else if (offer === null) await this.#askNew();
    else await this.#askOpen();
    this.draw(); // where nothing came of it
  }

  #askNew() {
    return askPassphrase({
      title: 'keep.new.title',
      text: t('keep.new.text'),
      go: 'keep.new.go',
      before: null,
      fresh: true,
      act: ({ fresh }) => this.#keeper.start(fresh ?? ''),
    });
  }

  async #askOpen() {
    const keeper = this.#keeper;
    const { unsealed = false, all = 0 } = keeper.offer ?? {};
    const stale = this.#acts.stale();
    const opened = await askPassphrase({
      title: unsealed ? 'keep.unsealed.title' : 'keep.open.title',
      text: all === 0 ? t('keep.new.text') : t('batch.offer', { count: all }),
      go: unsealed ? 'keep.unsealed.go' : 'keep.open.go',
      before: all > 0 ? 'keep.pass' : null,
      fresh: all === 0,
      act: async ({ before, fresh }) => {
        if (unsealed) await keeper.migrate(fresh ?? before, stale);
        else await keeper.open(before, stale);
      },
    });
    const isOpen = opened && keeper.state === 'on';
    if (isOpen) this.#acts.run();
    return isOpen;
  }

  async #askImport() {
    const [file] = this.#file.files ?? [];
    this.#file.value = ''; // the same one may be chosen again
    if (file === undefined) return;
    const keeper = this.#keeper;
    let text = '';
    const taken = await askPassphrase({
      title: 'keep.import',
      text: t(keeper.state === 'on' ? 'keep.import.text' : 'keep.import.text.new', { name: file.name }),
      go: 'keep.import.go',
      before: 'keep.pass',
      fresh: false,
      act: async ({ before }) => {
        const { added, there } = await keeper.importFile(file, before);
        text = t('keep.imported', { count: added, there });
      },
      trouble: (error) =>
        error instanceof StoreError && error.code === 'full'
          ? t('batch.keep.full', { size: sizeText(file.size) })
          : null,
    });
    if (taken) this.#panel.open(text);
  }

  async #askForget() {
    const { state, all, offer } = this.#keeper;
    const count = state === 'on' ? all.length : (offer?.all ?? 0);
    const sure = await confirmed({
      title: t('keep.forget.title'),
      text: count === 0 ? t('keep.forget.text.some') : t('keep.forget.text', { count }),
      yes: t('keep.forget.yes'),
    });
    if (sure) await this.#keeper.forget();
    return sure;
  }

  draw() {
    const { offer, state } = this.#keeper;
    for (const place of Object.values(this.offers)) place.draw(state === 'on' ? null : offer);
    this.#drawCard();
    this.#panel.draw();
  }

  #drawCard() {
    const { state, possible, offer } = this.#keeper;
    this.#on.checked = state === 'on';
    this.#on.setAttribute('aria-checked', String(this.#on.checked));
    this.#on.disabled = !possible || (offer?.taken ?? false);
    this.#show.hidden = state !== 'on';
    this.#forget.hidden = state !== 'on';
    this.#import.hidden = !possible || state === 'on' || offer !== null;
    write(this.#text, this.#said());
  }

  #said() {
    const { state, possible, waiting, bytes, archive } = this.#keeper;
    if (!possible) return t('batch.keep.impossible');
    if (state === 'on' && waiting > 0) return t('batch.keep.storing', { count: waiting });
    const away = archive.length > 0 ? ` ${t('keep.away', { count: archive.length })}` : '';
    if (state === 'on') return t('batch.keep.on', { size: sizeText(bytes) }) + away;
    if (state === 'full') return t('batch.keep.full', { size: sizeText(bytes) });
    if (state === 'taken') return t('batch.keep.taken');
    return state === 'broken' ? t('batch.keep.broken') : t('batch.keep.off');
  }
}
