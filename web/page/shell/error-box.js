/** The box at the top that says what went wrong and what to do; and what the page is doing, for style and tests. */

import { VmnetError } from '../../errors.js';
import { troubleOf } from '../words/error-texts.js';
import { onLanguage } from '../words/i18n.js';
import { capital } from '../words/terms.js';
import { byId } from './dom.js';

/** @import { Kept, PageError } from '../words/error-texts.js' */

const box = byId('error', HTMLElement);
const retry = byId('error-retry', HTMLButtonElement);

/** What markState needs beyond what stands on the page. */
export const doing = { isReady: false, loadFailed: false, busy: false, hasResult: false };

/** Kept for a change of language. @type {Kept | PageError | null} */
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

/** @param {unknown} error */
export function showError(error) {
  const known = error instanceof VmnetError;
  if (!known) console.error(error);
  shown = known ? error : { code: 'page', message: String(error), facts: { input: '' } };
  write(shown);
  box.dataset.code = shown.code;
  retry.hidden = !doing.loadFailed;
  box.hidden = false;
  markState();
  box.scrollIntoView({ block: 'nearest' });
}

/** @param {Kept | PageError} error */
function write(error) {
  const { title, input, problem, remedy, details } = troubleOf(error);
  byId('error-title', HTMLElement).textContent = title;
  byId('error-input', HTMLElement).textContent = input;
  byId('error-problem', HTMLElement).textContent = capital(problem);
  byId('error-remedy', HTMLElement).textContent = capital(remedy);
  byId('error-details', HTMLElement).hidden = details === '';
  byId('error-words', HTMLElement).textContent = details;
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
    if (shown !== null) write(shown);
  });
}
