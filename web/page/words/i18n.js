/** The page's words in the reader's language. One file a language, each one flat object, English first. */

import { batch, signal } from '../../vendor/signals.js';
import en from './en.js';

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Message a text, or one text a plural form of {count} */
/** @typedef {Record<string, Message>} Catalogue */
/** @typedef {keyof typeof en | keyof typeof import('./en-later.js').default} Key */
/** @typedef {Record<string, string | number>} Values */

/** What the page can speak, each in its own name. @type {Readonly<Record<string, string>>} */
export const LANGUAGES = { en: 'English', zh: '中文', es: 'Español', fr: 'Français', hi: 'हिन्दी', ar: 'العربية' };

const STORED = 'vmnet-language';
/** Each is fetched when it is chosen. @type {Record<string, () => Promise<{ default: Catalogue }>>} */
const CATALOGUES = {
  zh: () => import('./zh.js'),
  es: () => import('./es.js'),
  fr: () => import('./fr.js'),
  hi: () => import('./hi.js'),
  ar: () => import('./ar.js'),
};
/** English stands in for what another language lacks. @type {Catalogue} */
const english = { ...en };
/** @type {Catalogue} */
let words = english;
const code = signal('en');
/** Counts what was asked for: words take time to come, and only the latest wish counts. */
let turn = 0;

/** What no first view needs comes by itself. @type {Promise<void> | null} */
let more = null;

/** Once there are words for all parts of the page: those that are fetched later wait for it. @returns {Promise<void>} */
export function moreWords() {
  more ??= import('./en-later.js').then(
    ({ default: later }) => {
      Object.assign(english, later);
    },
    (error) => {
      more = null; // to be tried again
      throw error;
    },
  );
  return more;
}

/** The language in use, as in `<html lang>`. */
export function language() {
  return code.value;
}

/**
 * The language for Intl. Browsers differ in the digits that they write Arabic with: here they are 0 to 9 everywhere, as
 * in exports, in inputs and on the ruler.
 */
function locale() {
  return code.value === 'ar' ? 'ar-u-nu-latn' : code.value;
}

/**
 * A message with its {placeholders} filled in. Numbers are written as the language does. A message with plural forms
 * picks by `values.count`, written with `values.digits` decimals: 1 point, but 1.0 points.
 * @param {Key} key @param {Values} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return fill(words[key] ?? english[key] ?? key, values);
}

/** Whether there is a message: for keys made from data, such as 'disease.glaucoma.name'. @param {string} key @returns {key is Key} */
export function has(key) {
  return key in english;
}

/** @param {Message} message @param {Values} values */
function fill(message, values) {
  const { count = 0, digits = 0 } = values;
  const form = new Intl.PluralRules(code.value, { minimumFractionDigits: Number(digits) }).select(Number(count));
  const text = typeof message === 'string' ? message : (message[form] ?? message.other ?? '');
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? all);
  });
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  return new Intl.NumberFormat(locale(), options).format(value);
}

/** A share as a percentage; never 0 % or 100 % unless it is. @param {number} share 0..1 @param {number} [digits] after the point */
export function percent(share, digits = 0) {
  const write = (/** @type {number} */ v) =>
    number(v, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits });
  const step = 10 ** -(digits + 2);
  // isolated, so that the sign stays before the number also where text runs from right to left
  if (share > 0 && share < step / 2) return `\u2066< ${write(step)}\u2069`;
  if (share < 1 && share >= 1 - step / 2) return `\u2066> ${write(1 - step)}\u2069`;
  return write(share);
}

/** @param {Date} date '7 March 2026' */
export function day(date) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'long', calendar: 'gregory' }).format(date);
}

/** @param {Date} date '7 Mar 2026, 14:05' */
export function moment(date) {
  const style = /** @type {const} */ ({ dateStyle: 'medium', timeStyle: 'short', calendar: 'gregory' });
  return new Intl.DateTimeFormat(locale(), style).format(date);
}

/** The mark before the decimals, as the language writes it: '.' or ','. */
export function decimalMark() {
  return new Intl.NumberFormat(locale()).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
}

/** @param {string[]} names 'a, b and c' */
export function listed(names) {
  return new Intl.ListFormat(code.value, { type: 'conjunction' }).format(names);
}

/** What Intl.ListFormat has no form for in every language: side by side, without an 'and'. @type {Record<string, string>} */
const COMMAS = { ar: '، ', zh: '，' };

/** 'a, b, c' with the comma of the language. @param {string[]} parts */
export function commas(parts) {
  return parts.join(COMMAS[code.value] ?? ', ');
}

/**
 * Fills in everything below `root` that names its message: data-t (text), data-t-label (aria-label), data-t-title
 * (title), data-t-placeholder (placeholder).
 * @param {ParentNode} [root]
 */
export function translate(root = document) {
  for (const element of root.querySelectorAll('[data-t]'))
    element.textContent = t(/** @type {Key} */ (element.getAttribute('data-t')));
  for (const [data, attribute] of [
    ['data-t-label', 'aria-label'],
    ['data-t-title', 'title'],
    ['data-t-placeholder', 'placeholder'],
  ])
    for (const element of root.querySelectorAll(`[${data}]`))
      element.setAttribute(attribute, t(/** @type {Key} */ (element.getAttribute(data))));
}

/** The language asked for: by #lang= in the address, chosen before, or by the browser's own list. */
export function preferred() {
  const asked = [new URLSearchParams(location.hash.slice(1)).get('lang'), read(), ...navigator.languages];
  for (const tag of asked) {
    const base = tag?.toLowerCase().split('-')[0] ?? '';
    if (base in LANGUAGES) return base;
  }
  return 'en';
}

/** @param {string} wanted a code of LANGUAGES @param {boolean} [keep] for the next visit */
export async function setLanguage(wanted, keep = false) {
  const mine = ++turn;
  const wantedWords = wanted === 'en' ? english : (await CATALOGUES[wanted]()).default;
  if (mine !== turn) return; // another one was chosen meanwhile
  words = wantedWords;
  batch(() => {
    code.value = wanted;
    document.documentElement.lang = wanted;
    document.documentElement.dir = wanted === 'ar' ? 'rtl' : 'ltr';
    translate();
  });
  if (keep) write(wanted);
}

function read() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is forbidden: the browser's language serves
  }
}

/** @param {string} value */
function write(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // as above
  }
}
