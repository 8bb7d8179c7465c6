/** One question, before what cannot be undone or may be meant in two ways. */

import { make, makeDialog } from '../shell/dom.js';
import { t } from '../words/i18n.js';

/** A warning. @param {{ title: string, text: string, yes: string }} question @returns {Promise<boolean>} */
export async function confirmed({ title, text, yes }) {
  return (await chosen({ title, text, choices: { yes }, warns: true })) === 'yes';
}

/**
 * Which of several; '' for none. The last stands out, but where the question warns: there to leave all as it is.
 * @param {{ title: string, text: string | string[], choices: Record<string, string>, warns: boolean }} question a paragraph each @returns {Promise<string>}
 */
export function chosen({ title, text, choices, warns }) {
  const no = make('button', { type: 'button', ...(warns && { class: 'primary' }) }, t('override.cancel'));
  const all = Object.entries(choices);
  const buttons = all.map(([value, label], i) => {
    const last = i === all.length - 1 && !warns;
    const test = all.length === 1 ? 'confirm' : `choose-${value}`;
    const button = make('button', { type: 'button', 'data-testid': test, ...(last && { class: 'primary' }) }, label);
    button.addEventListener('click', () => root.close(value));
    return button;
  });
  const root = makeDialog(
    { class: 'ask', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
    make('h2', { id: 'confirm-title' }, title),
    make('div', { id: 'confirm-text' }, ...[text].flat().map((one) => make('p', {}, one))),
    make('div', { class: 'actions' }, no, ...buttons),
  );
  document.body.append(root);
  root.showModal();
  no.focus();
  return new Promise((resolve) => {
    root.addEventListener('close', () => {
      root.remove();
      resolve(root.returnValue);
    });
    no.addEventListener('click', () => root.close());
  });
}
