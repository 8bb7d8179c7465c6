/** One question, before what cannot be undone. */

import { make, makeDialog } from '../shell/dom.js';
import { t } from '../words/i18n.js';

/** @param {{ title: string, text: string, yes: string }} question @returns {Promise<boolean>} */
export function confirmed({ title, text, yes }) {
  const go = make('button', { type: 'button', class: 'primary', 'data-testid': 'confirm' }, yes);
  const no = make('button', { type: 'button' }, t('override.cancel'));
  const root = makeDialog(
    { class: 'ask', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
    make('h2', { id: 'confirm-title' }, title),
    make('p', { id: 'confirm-text' }, text),
    make('div', { class: 'actions' }, no, go),
  );
  document.body.append(root);
  root.showModal();
  no.focus();
  return new Promise((resolve) => {
    root.addEventListener('close', () => {
      root.remove();
      resolve(root.returnValue === 'yes');
    });
    go.addEventListener('click', () => root.close('yes'));
    no.addEventListener('click', () => root.close());
  });
}
