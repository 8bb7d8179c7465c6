/** Controls of the parts that are fetched later, and what is written into elements. */

import { make } from './dom.js';

/** @import { Key } from '../words/i18n.js' */

/** @param {Key} key what it says, once translated @param {Record<string, string>} [attributes] */
export function makeButton(key, attributes = {}) {
  return /** @type {HTMLButtonElement} */ (make('button', { type: 'button', 'data-t': key, ...attributes }));
}

/** @param {Record<string, string>} attributes */
export function makeInput(attributes) {
  return /** @type {HTMLInputElement} */ (make('input', attributes));
}

/** Only when it is another text: screen readers read what is written anew. @param {HTMLElement} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
