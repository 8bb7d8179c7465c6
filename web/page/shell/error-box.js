/** The box that says what went wrong and what to do; and what the page is doing, for style and tests. */

import { VmnetError } from '../../errors.js';
import { effect, signal } from '../../vendor/signals.js';
import { troubleOf } from '../words/error-texts.js';
import { capital } from '../words/terms.js';
import { byId } from './dom.js';

/** @import { KeptError, PageError } from '../words/error-texts.js' */

const box = byId('error', HTMLElement);
const retry = byId('error-retry', HTMLButtonElement);

/** What the page is about. */
const doing = signal({ isReady: false, loadFailed: false, busy: false, hasResult: false });

const shown = signal(/** @type {KeptError | PageError | null} */ (null));

/** @param {Partial<typeof doing.value>} change */
export function mark(change) {
  doing.value = { ...doing.peek(), ...change };
}

/** 'loading', 'ready', 'screening', 'result' or 'error', as in `<html data-state>` */
function stateOf() {
  const { isReady, loadFailed, busy, hasResult } = doing.value;
  if (busy) return isReady ? 'screening' : 'loading';
  if (loadFailed || shown.value !== null) return 'error';
  if (hasResult) return 'result';
  return isReady ? 'ready' : 'loading';
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof Error && error.name === 'AbortError';
}

/** With words that can be told; what nobody expected stands in the console as well. @param {unknown} error @returns {KeptError | PageError} */
export function tellable(error) {
  if (error instanceof VmnetError) return error;
  console.error(error);
  return { code: 'page', message: String(error), facts: { input: '' } };
}

/** @param {unknown} error */
export function showError(error) {
  shown.value = tellable(error);
}

/** As what is shown, and the language, say. */
function write() {
  const error = shown.value;
  box.hidden = error === null;
  if (error === null) return;
  box.dataset.code = error.code;
  retry.hidden = !doing.value.loadFailed;
  const { title, input, problem, remedy, details } = troubleOf(error);
  byId('error-title', HTMLElement).textContent = title;
  byId('error-input', HTMLElement).textContent = input;
  byId('error-problem', HTMLElement).textContent = capital(problem);
  byId('error-remedy', HTMLElement).textContent = capital(remedy);
  byId('error-details', HTMLElement).hidden = details === '';
  byId('error-words', HTMLElement).textContent = details;
}

export function hideError() {
  shown.value = null;
}

/** @param {() => void} again what "Try again" does, after a network that could not be loaded */
export function setUpProblems(again) {
  byId('error-close', HTMLButtonElement).addEventListener('click', hideError);
  retry.addEventListener('click', () => {
    hideError();
    again();
  });
  effect(write);
  effect(() => {
    document.documentElement.dataset.state = stateOf();
  });
}
