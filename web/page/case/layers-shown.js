/** Which layers lie on the photograph: the buttons over it, and the keys that show one for as long as they are held. */

import { byId } from '../shell/dom.js';
import { t } from '../words/i18n.js';

/**
 * @import { ScreenResult } from '../../vmnet.js'
 * @import { Key } from '../words/i18n.js'
 */

/**
 * @typedef {object} Shown
 * @property {boolean} vessels
 * @property {string | null} heat id of the disease whose heatmap is shown, of each eye the same one
 * @property {string | null} place id of the disease that is pointed at in the list: its contour, for as long as that lasts
 * @property {boolean} disc whether optic disc and cup are outlined
 * @property {boolean} lesions whether lesions are coloured
 * @property {boolean} arteries whether arteries and veins are coloured
 * @property {'contour' | 'colour'} style of the heatmap
 * @property {boolean} wipe whether it is compared with the photograph alone
 */

const at = {
  vessels: byId('vessels-on', HTMLButtonElement),
  heat: byId('heat-on', HTMLButtonElement),
  disc: byId('disc-on', HTMLButtonElement),
  lesions: byId('lesions-on', HTMLButtonElement),
  arteries: byId('arteries-on', HTMLButtonElement),
  style: byId('heat-style', HTMLSelectElement),
  wipe: byId('wipe-on', HTMLButtonElement),
};

/** Whether anything is to lie on a photograph. @param {Shown} shown */
export function isWished({ vessels, heat, place, disc, lesions, arteries }) {
  return vessels || disc || lesions || arteries || heat !== null || place !== null;
}

/** What shows a layer for as long as it is held. */
const KEYS = ['v', 'a', 'h', 'd', 'l'];

/** The letter of a key, by its place where the keyboard has other letters. @param {KeyboardEvent} event */
function letterOf({ key, code }) {
  return (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, '')).toLowerCase();
}

/** What may take letters. */
const TYPING = 'input:not([type=range], [type=checkbox], [type=radio]), select, textarea, [contenteditable]';

/** A button that does nothing says why, in place of what it does. @param {HTMLButtonElement} button @param {Key | null} why @param {Key} does */
function bar(button, why, does) {
  const key = why ?? does;
  button.disabled = why !== null;
  button.setAttribute('data-t-title', key);
  button.title = t(key);
}

export class LayersShown {
  #changed;
  #strongest;
  #vessels = false;
  #heat = false;
  /** Whose heatmap it is, where one was chosen. @type {string | null} */
  #disease = null;
  /** @type {string | null} */
  #place = null;
  #disc = false;
  #lesions = false;
  #arteries = false;
  #wipe = false;
  /** What this photograph does not have: why, by the key of its words. @type {Record<'disc' | 'lesions' | 'arteries', Key | null>} */
  #lacks = { disc: null, lesions: null, arteries: null };
  /** Keys that are held. @type {Set<string>} */
  #held = new Set();

  /**
   * @param {() => void} changed
   * @param {() => string | null} strongest the disease whose heatmap is shown when none was chosen
   */
  constructor(changed, strongest) {
    this.#changed = changed;
    this.#strongest = strongest;
    at.vessels.addEventListener('click', () => this.#set({ vessels: !this.#vessels }));
    at.heat.addEventListener('click', () => this.#set({ heat: !this.#heat }));
    at.disc.addEventListener('click', () => this.#set({ disc: !this.#disc }));
    at.lesions.addEventListener('click', () => this.#set({ lesions: !this.#lesions }));
    at.arteries.addEventListener('click', () => this.#set({ arteries: !this.#arteries }));
    at.wipe.addEventListener('click', () => this.#set({ wipe: !this.#wipe }));
    at.style.addEventListener('input', () => this.#set({}));
    document.addEventListener('keydown', (event) => this.#hold(event));
    document.addEventListener('keyup', (event) => this.#release(letterOf(event)));
    addEventListener('blur', () => this.#release(null));
  }

  /** @returns {Shown} */
  get shown() {
    return {
      vessels: this.#vessels || this.#held.has('v'),
      heat: this.#heat || this.#held.has('h') ? (this.#disease ?? this.#strongest()) : null,
      place: this.#place,
      disc: this.#disc || this.#held.has('d'),
      lesions: this.#lesions || this.#held.has('l'),
      arteries: this.#arteries || this.#held.has('a'),
      style: at.style.value === 'colour' ? 'colour' : 'contour',
      wipe: this.#wipe,
    };
  }

  /** The disease whose heatmap stays, for a link or a file. */
  get heat() {
    return this.#heat ? (this.#disease ?? this.#strongest()) : null;
  }

  /** @param {string | null} id */
  set heat(id) {
    this.#set({ heat: id !== null, disease: id });
  }

  /**
   * What there is to outline and to colour.
   * @param {Pick<ScreenResult, 'disc' | 'discAndCup' | 'lesionMap' | 'lesions' | 'arteryMap' | 'arteries'>} result
   */
  offer({ disc, discAndCup, lesionMap, lesions, arteryMap, arteries }) {
    at.disc.hidden = discAndCup.reason === 'no-output';
    at.lesions.hidden = lesions.reason === 'no-output';
    at.arteries.hidden = arteries.reason === 'no-output';
    this.#lacks = {
      disc: disc === null ? `disc.${discAndCup.reason ?? 'not-found'}` : null,
      lesions: lesionMap === null ? `lesions.${lesions.reason ?? 'none'}` : null,
      arteries: arteryMap === null ? `arteries.${arteries.reason ?? 'not-gradable'}` : null,
    };
    this.#write();
  }

  /** The disease that is pointed at. @param {string | null} id */
  set place(id) {
    if (this.#place === id) return;
    this.#place = id;
    this.#changed();
  }

  /** Another photograph: what was laid on the one before lies on it, too. @param {string | null} [heat] another disease's heatmap, or none */
  another(heat) {
    this.#place = null;
    if (heat === undefined) return;
    this.#heat = heat !== null;
    this.#disease = heat;
    this.#write();
  }

  /** @param {{ vessels?: boolean, heat?: boolean, disease?: string | null, disc?: boolean, lesions?: boolean, arteries?: boolean, wipe?: boolean }} change */
  #set({
    vessels = this.#vessels,
    heat = this.#heat,
    disease = heat ? this.#disease : null,
    disc = this.#disc,
    lesions = this.#lesions,
    arteries = this.#arteries,
    wipe = this.#wipe,
  }) {
    // A comparison needs something to compare with; without layers it is over.
    const begins = wipe && !this.#wipe;
    this.#vessels = vessels || (begins && !heat && !disc && !lesions && !arteries);
    this.#heat = heat;
    this.#disease = disease;
    this.#disc = disc;
    this.#lesions = lesions;
    this.#arteries = arteries;
    this.#wipe = wipe && (this.#vessels || heat || disc || lesions || arteries);
    this.#write();
    this.#changed();
  }

  #write() {
    at.vessels.setAttribute('aria-pressed', String(this.#vessels));
    at.heat.setAttribute('aria-pressed', String(this.#heat));
    at.disc.setAttribute('aria-pressed', String(this.#disc));
    at.lesions.setAttribute('aria-pressed', String(this.#lesions));
    at.arteries.setAttribute('aria-pressed', String(this.#arteries));
    at.wipe.setAttribute('aria-pressed', String(this.#wipe));
    // what the next photograph may have stays wished for, until it is put away
    bar(at.disc, this.#disc ? null : this.#lacks.disc, 'case.hold.disc');
    bar(at.lesions, this.#lesions ? null : this.#lacks.lesions, 'case.hold.lesions');
    bar(at.arteries, this.#arteries ? null : this.#lacks.arteries, 'case.hold.arteries');
  }

  /** @param {KeyboardEvent} event */
  #hold(event) {
    const key = letterOf(event);
    if (!KEYS.includes(key) || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (at.vessels.offsetParent === null || document.querySelector('dialog[open]') !== null) return;
    if (target instanceof Element && target.matches(TYPING)) return;
    this.#held.add(key);
    this.#changed();
  }

  /** @param {string | null} key null: all */
  #release(key) {
    const before = this.#held.size;
    if (key === null) this.#held.clear();
    else this.#held.delete(key);
    if (this.#held.size !== before) this.#changed();
  }
}
