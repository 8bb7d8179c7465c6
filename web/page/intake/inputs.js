/** How photographs come in: chosen, dropped, pasted, by the folder, from the camera. */

import { byId } from '../shell/dom.js';
import { stylesheet } from '../shell/stylesheet.js';
import { PageError } from '../words/error-texts.js';
import { listed, moreWords, t } from '../words/i18n.js';

/**
 * @import { Context } from '../shell/context.js'
 * @import { Taken } from './folders.js'
 */

/** @param {Context} context */
export function setUpInputs(context) {
  const { receive, showError } = context;
  const file = byId('file', HTMLInputElement);
  onAction('choose', () => file.click());
  onChosen(file, receive);

  const folder = byId('folder', HTMLInputElement);
  onAction('folder', () => folder.click());
  onChosen(folder, (files) => receiveFrom(context, ({ filesOfFolder }) => filesOfFolder(files)));
  if (!('webkitdirectory' in folder)) for (const button of buttonsOf('folder')) button.hidden = true; // phones: their pickers know no folders

  onAction('camera', () => {
    Promise.all([import('./camera.js'), stylesheet(new URL('camera.css', import.meta.url)), moreWords()]).then(
      ([{ openCamera }]) => openCamera(context),
      () => showError(new PageError('network', 'inputs.no-camera-part')),
    );
  });
  addEventListener('paste', (event) => {
    if (isTyping(event.target) || isCovered()) return;
    receive([...(event.clipboardData?.files ?? [])]); // text is none of ours
  });
  listenToDrops(context);
}

/** @param {string} name */
function buttonsOf(name) {
  return /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-action="${name}"]`));
}

/** @param {string} name @param {() => void} act */
function onAction(name, act) {
  for (const button of buttonsOf(name)) button.addEventListener('click', act);
}

/** @param {HTMLInputElement} input @param {(files: File[]) => void} take */
function onChosen(input, take) {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = ''; // the same may be chosen again
    take(files);
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && ['text', 'search', 'number', 'date'].includes(target.type)) ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}

/** A dialog lies over the page. */
function isCovered() {
  return document.querySelector('dialog[open]') !== null;
}

/** Hands the files on, and says what did not come along. @param {Context} context @param {(part: typeof import('./folders.js')) => Taken | Promise<Taken>} take */
async function receiveFrom({ receive, showError }, take) {
  const part = await import('./folders.js').catch(() => null);
  if (part === null) return showError(new PageError('network', 'page.broken'));
  const { files, more, folders, unread } = await take(part);
  receive(files);
  const name = folders.length > 0 ? listed(folders.slice(0, 3)) : t('inputs.dropped');
  if (more) showError(new PageError('argument', 'inputs.too-many', { name, most: part.MAX_FILES }));
  else if (unread.length > 0)
    showError(new PageError('damaged', 'inputs.unread', { count: unread.length, names: listed(unread.slice(0, 3)) }));
  else if (files.length === 0 && folders.length > 0)
    showError(new PageError('format', 'inputs.empty-folder', { name }));
}

/** @param {Context} context */
function listenToDrops(context) {
  const curtain = byId('dropping', HTMLElement);
  const words = /** @type {HTMLElement} */ (curtain.firstElementChild);
  /** How many elements deep the pointer is; dragenter and dragleave come for each. */
  let depth = 0;
  const brings = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragenter', (event) => {
    if (!brings(event) || isCovered()) return;
    depth += 1;
    words.textContent = t('page.drop');
    curtain.hidden = false;
  });
  addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    curtain.hidden = depth === 0;
  });
  addEventListener('dragover', (event) => {
    event.preventDefault(); // or the browser would leave the page for what is dropped
    if (event.dataTransfer && (!brings(event) || isCovered())) event.dataTransfer.dropEffect = 'none';
  });
  addEventListener('drop', async (event) => {
    event.preventDefault();
    depth = 0;
    curtain.hidden = true;
    const { dataTransfer } = event;
    if (dataTransfer === null || !brings(event) || isCovered()) return; // an address or a text
    // now: afterwards the browser forgets what was dropped
    const items = [...dataTransfer.items].filter((item) => item.kind === 'file');
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    // a network folder takes its time
    const slow = setTimeout(() => {
      words.textContent = t('inputs.reading');
      curtain.hidden = false;
    }, 300);
    await receiveFrom(context, ({ filesOfDrop }) => filesOfDrop(entries)).finally(() => {
      clearTimeout(slow);
      curtain.hidden = true;
    });
  });
}
