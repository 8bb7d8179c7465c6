/**
 * What went wrong, in the reader's language: an error's code and facts decide the words. What the program itself says is
 * English and stands apart, for whoever is asked for help.
 */

import { MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE } from '../../constants.js';
import { VmnetError } from '../../errors.js';
import { has, t } from './i18n.js';
import { splitMessage } from './terms.js';

/**
 * @import { VmnetErrorCode } from '../../vmnet.js'
 * @import { Key, Values } from './i18n.js'
 */

/** What the page itself has to say: the key's message reads `input: problem; remedy`. */
export class PageError extends VmnetError {
  /** @param {VmnetErrorCode} code @param {Key} key @param {Values} [values] */
  constructor(code, key, values = {}) {
    super(code, t(key, values));
    this.key = key;
    this.values = values;
  }
}

/**
 * As much of an error as can be kept; facts.why names the case where a code has several.
 * @typedef {{ code: string, message: string, facts?: Readonly<Record<string, string | number>> }} KeptError
 */

/** @typedef {{ title: string, input: string, problem: string, remedy: string, details: string }} Trouble details in English */

/** @param {VmnetError} error @returns {KeptError} */
export function keptOf({ code, message, facts }) {
  return { code, message, facts };
}

/** @param {string} code */
function codeOf(code) {
  return has(`error.${code}`) ? code : 'page';
}

/** @param {string} code */
export function headingOf(code) {
  return t(/** @type {Key} */ (`error.${codeOf(code)}`));
}

/** @param {KeptError | PageError} error @returns {Trouble} */
export function troubleOf(error) {
  const title = headingOf(error.code);
  if (error instanceof PageError) return { title, ...splitMessage(t(error.key, error.values)), details: '' };
  const { message, facts = {} } = error;
  const code = codeOf(error.code);
  const special = `error.${code}.${facts.why}`;
  const base = has(`${special}.problem`) ? special : `error.${code}`;
  const values = {
    ...facts,
    side: MAX_SIDE,
    least: MIN_SIDE,
    megapixels: MAX_PIXELS / 1e6,
    mebibytes: MAX_BYTES / 2 ** 20,
  };
  const size = code.startsWith('too-') && 'width' in facts && 'height' in facts;
  return {
    title,
    input: String(facts.input ?? splitMessage(message).input),
    problem: [size ? t('error.fact.pixels', values) : '', t(/** @type {Key} */ (`${base}.problem`), values)]
      .filter(Boolean)
      .join(' '),
    remedy: t(/** @type {Key} */ (`${base}.remedy`), values),
    details: message,
  };
}
