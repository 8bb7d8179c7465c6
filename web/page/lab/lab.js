/** The lab: how the network decided, phantoms with known truth, and a quiz. */

import { effect, untracked } from '../../vendor/signals.js';
import { isExample } from '../case/case.js';
import { make } from '../shell/dom.js';
import { commas, language, t, translate } from '../words/i18n.js';
import { Break } from './break.js';
import { How } from './how.js';
import { Large } from './large.js';
import { PARTS, readLink, sampleOf, writeLink } from './link.js';
import { Mistakes } from './mistakes.js';
import { Pairs } from './pairs.js';
import { phantomName } from './phantom-choice.js';
import { Phantoms } from './phantoms.js';
import { Quiz } from './quiz.js';
import { FULL, fromPhantom, fromSample, fromScreen, GuideRunner } from './subject.js';

/**
 * @import { Lesion } from '../../vmnet.js'
 * @import { Context, Current, View } from '../shell/context.js'
 * @import { PartName } from './link.js'
 * @import { PhantomChoice, Subject } from './subject.js'
 */

/** What can be chosen beside the photograph in the Screen view. @type {readonly PhantomChoice[]} */
const OFFERED = [
  { seed: 1, lesions: [], cup: 0.4, calibre: 1 },
  { seed: 2, lesions: ['haemorrhages'], cup: 0.4, calibre: 1 },
  { seed: 3, lesions: ['exudates'], cup: 0.4, calibre: 1 },
  { seed: 4, lesions: ['drusen'], cup: 0.4, calibre: 1 },
  { seed: 5, lesions: [], cup: 0.8, calibre: 1 },
];

/** The example whose answer is another one without the guide. */
const GUIDED = 'overlooked';

/** @param {HTMLElement} root @param {Context} context @returns {View} */
export function makeTeachView(root, context) {
  return new Teach(root, context);
}

/** @implements {View} */
class Teach {
  #root;
  #context;
  #large;
  #how;
  #break;
  #phantoms;
  #quiz;
  #pairs;
  #mistakes;
  #runner;
  #isOpen = false;
  /** @type {PartName} */
  #part = 'how';
  /** The one of the Screen view that was taken last. @type {Current | null} */
  #taken = null;
  /** A link that was followed. @type {string | null} */
  #followed = null;
  /** A photograph that is not to be taken from the Screen view: a link asked for another one. @type {string | null} */
  #passed = null;
  /** Counts photographs that were asked for: only the latest appears. */
  #turn = 0;
  /** @type {Map<PartName, HTMLElement>} */
  #tabs = new Map();
  /** @type {Map<PartName, HTMLElement>} */
  #panels = new Map();
  #select = /** @type {HTMLSelectElement} */ (make('select', { id: 'teach-photo' }));
  #photo = make(
    'div',
    { class: 'teach-choice' },
    make('label', { for: 'teach-photo', 'data-t': 'teach.photo' }),
    this.#select,
  );
  #present = make('button', { type: 'button', 'data-act': 'present' });
  #copy = make('button', { type: 'button', 'data-act': 'copy', 'data-t': 'screen.link' });
  #copied = make('p', { class: 'fine teach-copied', role: 'status' });

  /** @param {HTMLElement} root @param {Context} context */
  constructor(root, context) {
    this.#root = root;
    this.#context = context;
    this.#large = new Large(root);
    const wanted = () => this.#want();
    this.#how = new How(context, this.#large, wanted, () => this.#open(GUIDED));
    this.#break = new Break(context);
    this.#phantoms = new Phantoms(context, this.#large, wanted, (subject) => {
      this.#setSubject(subject);
      this.#showPart('how', true);
    });
    this.#quiz = new Quiz(context, wanted);
    this.#pairs = new Pairs(context);
    this.#mistakes = new Mistakes(context);
    this.#runner = new GuideRunner(context, (busy, error) => {
      for (const part of this.#parts().values()) part.computing(busy);
      if (error !== null) context.showError(error);
      if (this.#isOpen) this.#parts().get(this.#part)?.render();
    });
    this.#build();
    this.#listen();
    this.#showPart('how');
  }

  #parts() {
    return new Map(
      /** @type {[PartName, How | Break | Phantoms | Quiz | Pairs | Mistakes][]} */ ([
        ['how', this.#how],
        ['break', this.#break],
        ['phantoms', this.#phantoms],
        ['quiz', this.#quiz],
        ['pairs', this.#pairs],
        ['mistakes', this.#mistakes],
      ]),
    );
  }

  #build() {
    const tabs = make('div', { class: 'teach-tabs', role: 'tablist', 'data-t-label': 'teach.parts' });
    for (const [name, { root }] of this.#parts()) {
      const ids = { tab: `teach-tab-${name}`, panel: `teach-part-${name}` };
      const tab = make('button', {
        type: 'button',
        role: 'tab',
        id: ids.tab,
        'aria-controls': ids.panel,
        'data-t': `teach.part.${name}`,
      });
      const panel = make('div', { role: 'tabpanel', id: ids.panel, 'aria-labelledby': ids.tab }, root);
      tabs.append(tab);
      this.#tabs.set(name, tab);
      this.#panels.set(name, panel);
    }
    const actions = make('div', { class: 'actions' }, this.#photo, this.#present, this.#copy);
    this.#root.classList.add('teach');
    this.#root.prepend(
      make('h1', { class: 'unseen', 'data-t': 'teach.title' }),
      make('div', { class: 'teach-top' }, tabs, actions, this.#copied),
      this.#how.presenter.root,
      ...this.#panels.values(),
    );
    translate(this.#root);
    this.#showOffer();
    this.#showPresent();
  }

  #listen() {
    for (const [name, tab] of this.#tabs) {
      tab.addEventListener('click', () => this.#showPart(name));
      tab.addEventListener('keydown', (event) => this.#tabKey(event, name));
    }
    this.#select.addEventListener('change', () => this.#open(this.#select.value));
    this.#copy.addEventListener('click', () => this.#copyLink());
    this.#present.addEventListener('click', () => (this.#presenting ? this.#leave() : this.#enter()));
    document.addEventListener('fullscreenchange', () => {
      if (document.fullscreenElement === null && this.#presenting) this.#leave();
    });
    document.addEventListener('keydown', (event) => this.#key(event));
    effect(() => {
      this.#context.current();
      if (this.#isOpen) untracked(() => this.#takeCurrent());
    });
    effect(() => {
      language();
      untracked(() => {
        this.#showOffer();
        this.#showPresent();
        for (const part of this.#parts().values()) part.render();
      });
    });
  }

  // ---- the view ----

  opened() {
    this.#isOpen = true;
    this.#followLink();
    this.#takeCurrent();
    // With nothing in the Screen view, nor on the way there, the sample serves: there is something to see at once.
    const waits = this.#followed !== null && readLink(this.#followed).sample !== null;
    if (this.#how.subject === null && this.#turn === 0 && !waits) this.#open('retina');
    this.#showPart(this.#part);
  }

  closed() {
    this.#isOpen = false;
    this.#break.closed();
    if (this.#presenting) this.#leave();
    this.#large.close();
    this.#runner.want([]);
  }

  #followLink() {
    if (location.hash === this.#followed) return;
    const { part, strength, disease, round, seat, step, changes, phantom, special, sample } = readLink(location.hash);
    this.#followed = location.hash;
    this.#passed = null;
    if (part !== null) this.#part = part;
    if (part === 'break') this.#break.ask(sample, { ...changes, guide: strength ?? FULL });
    else if (strength !== null) this.#how.setStrength(strength);
    if (part === 'phantoms' && phantom !== null) this.#phantoms.ask(phantom, disease);
    else if (disease !== null) this.#how.setDisease(disease);
    if (part === 'quiz' && round !== null) this.#quiz.ask({ round, seat, real: sample !== null });
    if (part === 'pairs') this.#pairs.ask(seat);
    if (step !== null) this.#how.presenter.ask(step - 1);
    if (step !== null && !this.#presenting) this.#enter();
    if (!special || phantom === null) return;
    this.#passed = sample;
    this.#openSubject(() => fromPhantom(this.#context, phantom));
  }

  /** What lies in the Screen view, if it is another one than before. */
  #takeCurrent() {
    const current = this.#context.current();
    if (current === null || current === this.#taken) return;
    this.#taken = current;
    if (current.name === this.#passed) return;
    this.#openSubject(() => fromScreen(current));
  }

  /** @param {string} value of the select */
  #open(value) {
    const current = this.#context.current();
    const choice = OFFERED.find((offered) => keyOf(offered) === value);
    if (choice) this.#openSubject(() => fromPhantom(this.#context, choice));
    else if (isExample(value)) this.#openSubject(() => fromSample(value));
    else if (value === 'current' && current !== null) this.#openSubject(() => fromScreen(current));
  }

  /** @param {() => Promise<Subject>} get */
  async #openSubject(get) {
    const turn = ++this.#turn;
    try {
      const subject = await get();
      if (turn === this.#turn) this.#setSubject(subject);
    } catch (error) {
      if (turn === this.#turn) this.#context.showError(error);
    }
  }

  /** @param {Subject} subject */
  #setSubject(subject) {
    this.#how.setSubject(subject);
    this.#break.setSubject(subject);
    this.#quiz.offer(subject);
    this.#showOffer();
    this.#showCopy();
    if (this.#presenting) this.#showPresenter();
  }

  #want() {
    const part = this.#parts().get(this.#part);
    this.#runner.want(this.#isOpen && part ? part.wishes() : []);
    this.#copy.hidden = this.#link() === null;
  }

  // ---- parts ----

  /** @param {PartName} name @param {boolean} [focus] */
  #showPart(name, focus = false) {
    this.#part = name;
    this.#root.dataset.part = name;
    for (const other of PARTS) {
      const tab = this.#tabs.get(other);
      const panel = this.#panels.get(other);
      if (tab === undefined || panel === undefined) continue;
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      panel.hidden = other !== name;
    }
    this.#photo.hidden = name !== 'how' && name !== 'break';
    if (name !== 'break') this.#break.closed();
    if (focus) this.#tabs.get(name)?.focus();
    if (this.#isOpen && name === 'break') this.#break.opened();
    if (this.#isOpen && name === 'phantoms') this.#phantoms.opened();
    if (this.#isOpen && name === 'quiz') this.#quiz.opened();
    if (this.#isOpen && name === 'pairs') this.#pairs.opened();
    if (this.#isOpen && name === 'mistakes') this.#mistakes.opened();
    if (this.#presenting) this.#showPresenter();
    this.#parts().get(name)?.render();
    this.#showCopy();
    this.#want();
  }

  /** @param {KeyboardEvent} event @param {PartName} name */
  #tabKey(event, name) {
    const forward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
    const at = PARTS.indexOf(name);
    const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: PARTS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#showPart(PARTS[(to + PARTS.length) % PARTS.length], true);
  }

  /** The photographs that can be chosen, with the one that is studied. */
  #showOffer() {
    const current = this.#context.current();
    const subject = this.#how.subject;
    const options = [
      ['retina', t('teach.photo.sample')],
      [GUIDED, t('teach.photo.guide')],
      ...OFFERED.map((c) => [keyOf(c), labelOf(c)]),
    ];
    const value = subject?.choice ? keyOf(subject.choice) : (sampleOf(subject) ?? 'current');
    const known = options.some(([v]) => v === value);
    if (current !== null && !options.some(([v]) => v === (current.example ?? current.name)))
      options.unshift(['current', t('teach.photo.screen', { name: current.name })]);
    if (subject?.choice && !known) options.unshift([value, labelOf(subject.choice)]);
    this.#select.replaceChildren(...options.map(([v, text]) => new Option(text, v)));
    // an example of the Screen view's is that one
    this.#select.value = options.some(([v]) => v === value) ? value : 'current';
  }

  // ---- links ----

  #link() {
    const part = this.#part;
    const step = !this.#presenting ? undefined : part === 'how' ? this.#how.presenter.step + 1 : 1;
    if (part === 'quiz') return writeLink({ part, step, ...this.#quiz.state });
    if (part === 'phantoms') return writeLink({ part, step, ...this.#phantoms.state });
    if (part === 'pairs') return writeLink({ part, step, subject: null, seat: this.#pairs.seat });
    if (part === 'mistakes') return writeLink({ part, step, subject: null });
    const { subject, strength, disease } = this.#how;
    if (subject === null) return null;
    if (part === 'how') return writeLink({ part, step, subject, strength, disease });
    const { changes } = this.#break;
    return writeLink({ part, step, subject, strength: changes.guide, changes });
  }

  #showCopy() {
    this.#copy.hidden = this.#link() === null;
    this.#copied.textContent = '';
  }

  async #copyLink() {
    const link = this.#link();
    if (link === null) return;
    history.replaceState(null, '', `#${link}`);
    this.#followed = location.hash;
    const copied = await navigator.clipboard?.writeText(location.href).then(
      () => true,
      () => false,
    );
    this.#copied.textContent = copied ? t('teach.link.copied') : t('screen.link.shown');
  }

  // ---- in front of a class ----

  get #presenting() {
    return this.#root.classList.contains('presenting');
  }

  #enter() {
    this.#root.classList.add('presenting');
    this.#copied.textContent = ''; // what was said before
    // Where the browser has no full screen for this, the view still covers the page.
    // It takes a moment: whoever has left meanwhile gets the page back.
    this.#root
      .requestFullscreen?.()
      .then(() => (this.#presenting ? null : document.exitFullscreen()))
      .catch(() => {});
    this.#showPresenter();
    this.#showPresent();
  }

  #leave() {
    this.#root.classList.remove('presenting');
    if (document.fullscreenElement === this.#root) document.exitFullscreen().catch(() => {});
    this.#showPresenter();
    this.#showPresent();
    this.#present.focus();
  }

  #showPresenter() {
    const steps = this.#presenting && this.#part === 'how' && this.#how.subject !== null;
    if (steps && !this.#how.presenter.shown) this.#how.presenter.open();
    if (!steps) this.#how.presenter.close();
  }

  #showPresent() {
    this.#present.textContent = this.#presenting ? t('teach.present.leave') : t('teach.present');
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (
      !this.#presenting ||
      this.#large.isOpen ||
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    if (event.key === 'Escape') this.#leave();
    else if (!this.#how.presenter.shown || !this.#how.presenter.key(event)) return;
    event.preventDefault();
  }
}

/** @param {PhantomChoice} choice */
function keyOf(choice) {
  const { cup, calibre } = choice;
  const more = [...(cup === 0.4 ? [] : [cup]), ...(calibre === 1 ? [] : [`x${calibre}`])];
  return [phantomName(choice), ...more].join(':');
}

/** @param {PhantomChoice} choice */
function labelOf({ seed, lesions, cup, calibre }) {
  const parts = lesions.map((/** @type {Lesion} */ lesion) => t(`phantom.${lesion}`));
  if (cup >= 0.6) parts.push(t('teach.photo.cup'));
  if (calibre !== 1) parts.push(calibre > 1 ? t('teach.photo.wide') : t('teach.photo.narrow'));
  return commas([t('teach.photo.phantom', { seed: String(seed) }), ...parts]);
}
