/** The box at the top that says what went wrong and what to do; and what the page is doing, for style and tests. */

import { VmnetError } from '../errors.js';
import { byId } from './dom.js';
import { onLanguage, t } from './i18n.js';
import { capital, splitMessage } from './text.js';

const box = byId('error', HTMLElement);
const retry = byId('error-retry', HTMLButtonElement);

/** What markState needs beyond what stands on the page. */
export const doing = { isReady: false, loadFailed: false, busy: false, hasResult: false };

/** Heading by code, kept for a change of language. @type {string | null} */
let shown = null;

/** Puts 'loading', 'ready', 'screening', 'result' or 'error' into `<html data-state>`. */
export function markState() {
  const state = () => {
    if (doing.busy) return doing.isReady ? 'screening' : 'loading';
    if (doing.loadFailed || !box.hidden) return 'error';
    if (doing.hasResult) return 'result';
    return doing.isReady ? 'ready' : 'loading';
  };
  document.documentElement.dataset.state = state();
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof Error && error.name === 'AbortError';
}

/** @param {string} code @returns {string} */
export function headingOf(code) {
  return t(/** @type {import('./i18n.js').Key} */ (`error.${code}`));
}

/** @param {unknown} error */
export function showError(error) {
  const known = error instanceof VmnetError;
  if (!known) console.error(error);
  const { input, problem, remedy } = splitMessage(known ? error.message : `page: ${error}; reload it`);
  shown = known ? error.code : 'page';
  byId('error-title', HTMLElement).textContent = headingOf(shown);
  byId('error-input', HTMLElement).textContent = input;
  byId('error-problem', HTMLElement).textContent = input === '' ? capital(problem) : problem;
  byId('error-remedy', HTMLElement).textContent = remedy === '' ? '' : `${capital(remedy)}.`;
  box.dataset.code = shown;
  retry.hidden = !doing.loadFailed;
  box.hidden = false;
  markState();
  box.scrollIntoView({ block: 'nearest' });
}

export function hideError() {
  box.hidden = true;
  shown = null;
  markState();
}

/** @param {() => void} again what "Try again" does, after a network that could not be loaded */
export function setUpProblems(again) {
  byId('error-close', HTMLButtonElement).addEventListener('click', hideError);
  retry.addEventListener('click', () => {
    hideError();
    again();
  });
  onLanguage(() => {
    if (shown !== null) byId('error-title', HTMLElement).textContent = headingOf(shown);
  });
}
