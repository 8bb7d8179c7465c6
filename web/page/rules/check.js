/** Whether rules can be used: each thing that is wrong with its place, what is possible there, and what was found. */

import { t } from '../words/i18n.js';
import { delayOf, isShipped, OPERATING_POINTS } from './rules.js';
import { SHIPPED } from './shipped.js';

/**
 * @import { Answer } from '../../vmnet.js'
 * @import { Action, Rules } from './rules.js'
 */

/** What can be done about each answer: nothing less than what it says. @type {Readonly<Record<Answer, readonly Action[]>>} */
export const ACTIONS = {
  refer: ['refer', 'physician'],
  unclear: ['look'],
  repeat: ['repeat'],
  'no-finding': ['none', 'recall'],
};

/** Characters of a name and of a note. */
export const MOST_RULES_NAME = 40;
export const MOST_RULE_NOTE = 200;

/** Characters of a file that is read: rules take two thousand. */
export const MOST_TEXT = 65_536;

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was found, to be told. @param {unknown} value */
function shown(value) {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

class Check {
  /** @type {string[]} */
  wrong = [];

  /**
   * A group with these keys: calls back for each of them that is there.
   * @param {string} where @param {unknown} value @param {Record<string, (where: string, value: unknown) => void>} keys
   * @param {readonly string[]} [optional] those of them that may be missing
   */
  group(where, value, keys, optional = []) {
    const known = Object.keys(keys);
    if (!isObject(value)) {
      this.wrong.push(t('rules.wrong.object', { where: where || 'JSON', known: known.join(', ') }));
      return;
    }
    for (const key of Object.keys(value))
      if (!known.includes(key))
        this.wrong.push(t('rules.wrong.unknown', { where: at(where, key), known: known.join(', ') }));
    for (const [key, check] of Object.entries(keys))
      if (Object.hasOwn(value, key)) check(at(where, key), value[key]);
      else if (!optional.includes(key)) this.wrong.push(t('rules.wrong.missing', { where: at(where, key) }));
  }

  /** @param {readonly string[]} known */
  oneOf(known) {
    return (/** @type {string} */ where, /** @type {unknown} */ value) => {
      if (!known.some((one) => one === value))
        this.wrong.push(t('rules.wrong.value', { where, value: shown(value), known: known.join(', ') }));
    };
  }

  /** @param {number} most characters */
  text(most) {
    return (/** @type {string} */ where, /** @type {unknown} */ value) => {
      if (typeof value !== 'string' || value.trim() === '' || value.length > most)
        this.wrong.push(t('rules.wrong.text', { where, most }));
    };
  }

  /** @param {readonly Action[]} actions */
  rule(actions) {
    return (/** @type {string} */ where, /** @type {unknown} */ value) => {
      const action = isObject(value) ? value.action : '';
      const delay = (/** @type {string} */ place, /** @type {unknown} */ within) => {
        if (typeof within !== 'string' || delayOf(within) === null)
          this.wrong.push(t('rules.wrong.delay', { where: place, value: shown(within) }));
      };
      const keys = {
        action: this.oneOf(actions),
        note: this.text(MOST_RULE_NOTE),
        ...(action !== 'none' && { within: delay }),
      };
      this.group(where, value, keys, action === 'recall' ? ['note'] : ['note', 'within']);
    };
  }
}

/** @param {string} where @param {string} key */
function at(where, key) {
  return where === '' ? key : `${where}.${key}`;
}

/**
 * @param {unknown} value as it came out of JSON
 * @param {readonly string[]} ids of what can be suspected, by the weights in use
 * @returns {{ rules: Rules | null, wrong: string[] }} the same value, where nothing is wrong
 */
export function checkRules(value, ids) {
  const check = new Check();
  const findings = Object.fromEntries(ids.map((id) => [id, check.rule(ACTIONS.refer)]));
  const answers = Object.fromEntries(Object.entries(ACTIONS).map(([answer, actions]) => [answer, check.rule(actions)]));
  check.group('', value, {
    schema: check.oneOf([SHIPPED.balanced.schema]),
    name: (where, name) => {
      check.text(MOST_RULES_NAME)(where, name);
      if (typeof name === 'string' && isShipped(name) && !same(value, SHIPPED[name]))
        check.wrong.push(t('rules.wrong.name', { where, value: shown(name) }));
    },
    operating_point: check.oneOf(OPERATING_POINTS),
    answers: (where, group) => check.group(where, group, answers),
    findings: (where, group) => check.group(where, group, findings, ids),
  });
  return { rules: check.wrong.length === 0 ? /** @type {Rules} */ (value) : null, wrong: check.wrong };
}

/** @param {string} text @param {readonly string[]} ids @returns {ReturnType<typeof checkRules>} */
export function parseRules(text, ids) {
  if (text.length > MOST_TEXT) return { rules: null, wrong: [t('rules.wrong.long', { most: MOST_TEXT })] };
  try {
    return checkRules(JSON.parse(text), ids);
  } catch (error) {
    return { rules: null, wrong: [t('rules.wrong.json', { why: /** @type {Error} */ (error).message })] };
  }
}

/** The same keys and values in whatever order. @param {unknown} a @param {unknown} b @returns {boolean} */
export function same(a, b) {
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
