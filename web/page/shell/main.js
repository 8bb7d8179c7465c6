/** The page: puts its parts together, takes photographs in, and switches between the views. */

import { effect } from '../../vendor/signals.js';
import {
  closeCase,
  currentPhotograph,
  isExample,
  linkState,
  openExample,
  openNextPhantom,
  openPhantom,
  openPhotograph,
  say,
  showCase,
  showStart,
  showWaiting,
  tellOf,
} from '../case/case.js';
import { setUpInputs } from '../intake/inputs.js';
import { phantomChoice } from '../lab/phantom-choice.js';
import { setUpOffline } from '../offline/offline.js';
import { watchRequests } from '../offline/recorded.js';
import { PageError } from '../words/error-texts.js';
import { LANGUAGES, language, moreWords, preferred, setLanguage, t } from '../words/i18n.js';
import { byId } from './dom.js';
import { hideError, setUpProblems, showError } from './error-box.js';
import { setUpFocus } from './focus.js';
import { setUpLoading, startLoading, theModel } from './loading.js';
import { stylesheet } from './stylesheet.js';

/**
 * @import { Worklist } from '../worklist/worklist.js'
 * @import { Context, View, ViewName } from './context.js'
 */

/** @type {Context} */
const context = {
  model: theModel,
  openPhotograph: (opening, source) => {
    show('screen');
    openPhotograph(opening, source);
  },
  openPhantom: (choice) => {
    show('screen');
    openPhantom(choice);
  },
  openExample: (name) => {
    show('screen');
    openExample(name);
  },
  closeCase,
  isShown: (name) => shown === name,
  tellOf,
  current: currentPhotograph,
  receive,
  show,
  showError,
  say,
};

// ---- views ----

/** @type {ViewName[]} */
const NAMES = ['screen', 'batch', 'teach'];

/** Views other than the first are fetched when they are first asked for. @type {Partial<Record<ViewName, Promise<View>>>} */
const views = { screen: Promise.resolve({ opened: () => {}, closed: () => {} }) };

/** What the list and the table look like, and what is saved from them. */
const LISTS = ['worklist/worklist.css', 'save/save.css', 'save/keep.css', 'save/sheet.css'];

/** @param {ViewName} name @returns {Promise<View>} */
function view(name) {
  const root = byId(`view-${name}`, HTMLElement);
  const known = views[name];
  if (known !== undefined) return known;
  const made = Promise.all([
    name === 'batch' ? import('../worklist/worklist.js') : import('../lab/lab.js'),
    moreWords(),
    ...(name === 'batch' ? LISTS : ['lab/lab.css']).map((path) => stylesheet(new URL(`../${path}`, import.meta.url))),
  ]).then(([part]) =>
    'makeBatchView' in part ? part.makeBatchView(root, context) : part.makeTeachView(root, context),
  );
  views[name] = made;
  made.catch(() => {
    delete views[name]; // to be tried again
  });
  return made;
}

/** @type {ViewName} */
let shown = 'screen';

/** @param {ViewName} name */
async function show(name) {
  const before = shown;
  shown = name;
  for (const other of NAMES) {
    byId(`view-${other}`, HTMLElement).hidden = other !== name;
    const button = byId(`to-${other}`, HTMLButtonElement);
    if (other === name) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
  }
  document.documentElement.dataset.view = name;
  try {
    if (before !== name) (await views[before])?.closed();
    const made = await view(name);
    if (shown === name) made.opened();
  } catch (error) {
    console.error(error);
    showError(new PageError('network', 'page.broken'));
  }
}

// ---- photographs ----

/** @returns {Promise<View & Worklist>} */
async function worklist() {
  return /** @type {View & Worklist} */ (await view('batch'));
}

/** One photograph is shown, several are listed beside the case; in the table all go into the table. @param {File[]} files */
async function receive(files) {
  hideError();
  if (files.length === 0) return;
  if (files.length === 1 && shown !== 'batch') return openOne(files[0]);
  const list = await worklist().catch(() => null);
  if (list === null) return showError(new PageError('network', 'page.broken'));
  if (shown !== 'batch') {
    show('screen');
    showWaiting(); // with its list at once: nothing moves when the first rows come
  }
  list.add(files);
}

/** Whose eye it is, its name tells as it does in a folder. @param {File} file */
function openOne(file) {
  const name = file.name || t('screen.photograph');
  const guess = Promise.all([import('../intake/names.js'), import('../intake/folders.js')]).then(
    ([{ guessNames }, { pathOf }]) => guessNames([pathOf(file)])[0],
    () => null, // without it there is still the photograph
  );
  const unread = async () => (await worklist().catch(() => null))?.addUnread(file); // the box has said it
  context.openPhotograph({ name, guess, unread }, file);
}

/** What was screened by itself is one of the list as well. @param {ReturnType<typeof currentPhotograph>} photo */
async function adopt(photo) {
  if (photo === null || photo.eye.tell !== undefined) return;
  const list = await worklist().catch(() => null); // without it the case is there all the same
  if (photo === currentPhotograph()) list?.adopt(photo);
}

// ---- links ----

/** `#sample=phantom-7&show=glaucoma`, `#view=teach`, `#lang=fr` */
function followLink() {
  const wish = new URLSearchParams(location.hash.slice(1));
  const asked = NAMES.find((name) => name === wish.get('view'));
  if (asked) show(asked);
  const sample = wish.get('sample');
  if (sample === null) return;
  if (!asked) show('screen');
  const how = { show: wish.get('show') ?? 'none' };
  const choice = phantomChoice(sample);
  if (choice) openPhantom(choice, how);
  else if (isExample(sample)) openExample(sample, how);
}

async function copyLink() {
  const state = linkState();
  if (state === null) return;
  history.replaceState(null, '', `#${state}`);
  const copied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  );
  const text = copied ? t('screen.link.copied') : t('screen.link.shown');
  byId('link-text', HTMLElement).textContent = text;
  say(text);
}

function showLinkButton() {
  byId('link', HTMLButtonElement).hidden = linkState() === null;
  byId('link-text', HTMLElement).textContent = '';
}

// ---- start ----

function setUpLanguages() {
  const select = byId('language', HTMLSelectElement);
  for (const [code, name] of Object.entries(LANGUAGES)) select.add(new Option(name, code));
  const tell = () => {
    select.value = language();
    document.title = t('page.title');
  };
  effect(tell);
  select.addEventListener('change', () =>
    setLanguage(select.value, true).catch(() => {
      tell(); // the language that there still is
      showError(new PageError('network', 'page.broken'));
    }),
  );
}

/** The home page, without losing what lies on the table; what is still screened does not take its place. @param {Event} event */
async function goHome(event) {
  event.preventDefault();
  if (views.batch) (await worklist().catch(() => null))?.stay();
  show('screen');
  showStart();
}

/** @type {Record<string, (event: Event) => void>} */
const ACTIONS = {
  sample: () => context.openExample('retina'),
  example: (event) => {
    const { example = '' } = /** @type {HTMLElement} */ (event.currentTarget).dataset;
    if (isExample(example)) context.openExample(example);
  },
  phantom: openNextPhantom,
  explain: () => show('teach'),
};

/** What is fetched when it is first asked for, with its style. @param {string} style @param {() => Promise<unknown>} open */
async function openLater(style, open) {
  try {
    styles[style] ??= stylesheet(new URL(`../${style}`, import.meta.url));
    await Promise.all([moreWords(), styles[style]]);
    await open();
  } catch (error) {
    delete styles[style]; // to be tried again
    console.error(error);
    showError(new PageError('network', 'page.broken'));
  }
}

/** @type {Record<string, Promise<void>>} */
const styles = {};
const openPrivacy = () =>
  openLater('offline/privacy.css', async () => (await import('../offline/privacy.js')).openPrivacy());
const openRules = () =>
  openLater('rules/rules.css', async () => (await import('../rules/form.js')).openRules(await theModel()));

/** What is kept from before is said at once: its part of the page is fetched where there is any. */
async function tellKept() {
  const all = (await globalThis.indexedDB?.databases?.().catch(() => [])) ?? []; // storage may be forbidden
  if (!all.some(({ name }) => name?.startsWith('vmnet-'))) return;
  byId('kept-offer', HTMLElement).classList.add('coming'); // in its place before its words are there
  await worklist().catch(() => {}); // the table says it as well
}

function listen() {
  for (const [name, act] of Object.entries(ACTIONS))
    for (const button of document.querySelectorAll(`[data-action="${name}"]`)) button.addEventListener('click', act);
  for (const name of NAMES) byId(`to-${name}`, HTMLButtonElement).addEventListener('click', () => show(name));
  byId('to-screen', HTMLButtonElement).addEventListener('click', showCase);
  byId('home', HTMLAnchorElement).addEventListener('click', goHome);
  byId('link', HTMLButtonElement).addEventListener('click', copyLink);
  byId('privacy', HTMLButtonElement).addEventListener('click', openPrivacy);
  byId('rules', HTMLButtonElement).addEventListener('click', openRules);
  effect(showLinkButton);
  effect(() => {
    adopt(currentPhotograph());
  });
  addEventListener('hashchange', followLink);
}

/** Whether the words did not come. Nothing can be opened without them, and a browser may take a file that failed to come once for
 * broken until the page is loaded anew. */
let wordless = false;

/** After a network that could not be loaded: anew, where the page itself is not whole and its server answers. */
async function again() {
  const answers = () => fetch(new URL('./', location.href)).then(({ ok }) => ok);
  if (wordless && (await answers().catch(() => false))) location.reload();
  else startLoading();
}

watchRequests();
setUpFocus();
setUpLanguages();
setUpProblems(again);
setUpLoading();
setUpInputs(context);
listen();
if (preferred() !== 'en') setLanguage(preferred()).catch(() => {}); // English stays where its words cannot be fetched
followLink();
setUpOffline({ onFiles: receive });
tellKept();
moreWords().catch(() => {
  wordless = true;
});
