/**
 * The element with this id; its type is checked, so a slip in index.html shows at once.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html: no ${type.name} with id ${id}`);
  return found;
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A dialog, not in the page yet.
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function makeDialog(attributes, ...children) {
  return /** @type {HTMLDialogElement} */ (make('dialog', attributes, ...children));
}

/** A click beside it closes it: the dialog has no padding. @param {HTMLDialogElement} dialog */
export function closedBeside(dialog) {
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}

/** So does a click on the button. @param {HTMLDialogElement} dialog @param {HTMLElement} button */
export function closedBy(dialog, button) {
  button.addEventListener('click', () => dialog.close());
  closedBeside(dialog);
}

/** @param {HTMLElement} list a dl @param {[string, string | Node][]} pairs */
export function fillFacts(list, pairs) {
  list.replaceChildren(...pairs.map(([term, said]) => make('div', {}, make('dt', {}, term), make('dd', {}, said))));
}
