/**
 * worklist.html: an archive's studies, their photographs screened in this page, results back to the archive when somebody says
 * so. It talks to the archive whose address is given and to nobody else; the token is in the field and in the requests alone.
 */

import { toDicom } from './dicom.js';
import { connect } from './dicomweb.js';
import { define } from './element.js';
import { messageOf, VmnetError } from './errors.js';
import { LANGUAGES, WORDS } from './worklist-words.js';

/**
 * @import { Dicomweb, StoredPhotograph, Study } from './dicomweb.js'
 * @import { VmnetScreen } from './element.js'
 * @import { ScreenResult } from './vmnet.js'
 * @import { Word } from './worklist-words.js'
 */

/** Studies asked for at a time. */
const PAGE = 50;
/** Refusals that have words of their own; 0: no answer at all. @type {Readonly<Record<number, Word>>} */
const REFUSALS = { 0: 'error.silent', 401: 'error.token', 403: 'error.right', 404: 'error.nothing' };

/** @template {HTMLElement} T @param {string} selector @param {new () => T} _kind @returns {T} */
function find(selector, _kind) {
  return /** @type {T} */ (document.querySelector(selector));
}

define();
const at = {
  ask: find('#ask', HTMLFormElement),
  language: find('#language', HTMLSelectElement),
  address: find('#address', HTMLInputElement),
  token: find('#token', HTMLInputElement),
  patient: find('#patient', HTMLInputElement),
  modality: find('#modality', HTMLSelectElement),
  status: find('#status', HTMLElement),
  error: find('#error', HTMLElement),
  errorText: find('#error > p', HTMLElement),
  errorDetails: find('#error details p', HTMLElement),
  studies: find('#studies', HTMLElement),
  rows: find('#studies tbody', HTMLElement),
  more: find('#more', HTMLButtonElement),
  study: find('#study', HTMLElement),
  whose: find('#whose', HTMLElement),
  photographs: find('#photographs', HTMLElement),
  screen: /** @type {VmnetScreen} */ (find('vmnet-screen', HTMLElement)),
  send: find('#send', HTMLButtonElement),
};

/** @type {Dicomweb | null} */
let archive = null;
/** What was asked for when it was listed. @type {Record<string, string>} */
let query = {};
/** @type {Study[]} */
let listed = [];
/** @type {StoredPhotograph[]} */
let pictures = [];
/** @type {ScreenResult | null} */
let result = null;
/** What was asked for last ends what was asked for before. */
let work = new AbortController();
/** What is said, in the language of now. @type {() => void} */
let told = () => {};

// ---- words ----

const language = () => at.language.value;

/** @param {Word} word @param {Record<string, string | number>} [values] */
function say(word, values = {}) {
  return WORDS[language()][word].replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

function speak() {
  document.documentElement.lang = language();
  document.documentElement.dir = language() === 'ar' ? 'rtl' : 'ltr';
  at.screen.language = language();
  for (const one of document.querySelectorAll('[data-word]'))
    one.textContent = say(/** @type {Word} */ (/** @type {HTMLElement} */ (one).dataset.word));
  drawStudies();
  drawPhotographs();
  told();
}

/** @param {Word} word @param {Record<string, string | number>} [values] */
function tell(word, values) {
  told = () => {
    at.status.textContent = say(word, values);
    at.error.hidden = true;
  };
  told();
}

/** @param {unknown} error */
function complain(error) {
  if (error instanceof VmnetError && error.code === 'aborted') return;
  const { status, timeout } = error instanceof VmnetError ? error.facts : {};
  const word = REFUSALS[timeout === undefined ? Number(status ?? Number.NaN) : 0] ?? 'error.other';
  told = () => {
    at.status.textContent = '';
    at.errorText.textContent = say(word);
    at.errorDetails.textContent = messageOf(error);
    at.error.hidden = false;
  };
  told();
}

/** @param {string | null} name as DICOM parts it */
const nameOf = (name) => name?.split('^').filter(Boolean).join(', ') || say('unknown');

/** @param {string | null} date YYYYMMDD */
function dateOf(date) {
  const [, y, m, d] = date?.match(/^(\d{4})(\d{2})(\d{2})$/) ?? [];
  if (y === undefined) return date ?? '';
  const day = new Date(Date.UTC(Number(y), Number(m) - 1, Number(d)));
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeZone: 'UTC' }).format(day);
}

// ---- what is to be seen ----

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const one = document.createElement('button');
  one.type = 'button';
  one.textContent = text;
  one.addEventListener('click', act);
  return one;
}

/** @param {Study} study */
function rowOf(study) {
  const row = document.createElement('tr');
  const { patient, date, description } = study;
  const cells = [button(nameOf(patient.name), () => open(study)), patient.id ?? '', dateOf(date), description ?? ''];
  row.append(
    ...cells.map((content) => {
      const cell = document.createElement('td');
      cell.append(content);
      return cell;
    }),
  );
  row.dataset.study = study.study;
  return row;
}

function drawStudies() {
  const chosen = at.study.dataset.study;
  at.rows.replaceChildren(...listed.map(rowOf));
  for (const row of at.rows.children)
    if (/** @type {HTMLElement} */ (row).dataset.study === chosen) row.setAttribute('aria-current', 'true');
}

function drawPhotographs() {
  const study = listed.find((one) => one.study === at.study.dataset.study);
  at.whose.textContent = study === undefined ? '' : nameOf(study.patient.name);
  at.photographs.replaceChildren(
    ...pictures.map((photograph, i) => {
      const eye = say(`eye.${photograph.laterality ?? 'none'}`);
      const one = button(`${i + 1}: ${eye}`, () => screen(photograph, one));
      one.setAttribute('aria-pressed', String(photograph.instance === at.screen.dataset.instance));
      const item = document.createElement('li');
      item.append(one);
      return item;
    }),
  );
}

// ---- what is done ----

/** Ends what runs, and says what begins. @param {Word} word @param {(signal: AbortSignal) => Promise<void>} act */
async function run(word, act) {
  work.abort();
  work = new AbortController();
  const { signal } = work;
  tell(word);
  try {
    await act(signal);
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
}

function forgetPhotograph() {
  result = null;
  at.send.hidden = true;
  at.screen.hidden = true;
  delete at.screen.dataset.instance;
}

/** Anew, by what the fields say. */
function ask() {
  return run('asking', async (signal) => {
    forget();
    const [token, modality, patient] = [at.token, at.modality, at.patient].map(({ value }) => value.trim());
    archive = connect({ url: at.address.value.trim(), ...(token === '' ? {} : { token }) });
    query = {
      ...(modality === '' ? {} : { ModalitiesInStudy: modality }),
      ...(patient === '' ? {} : { PatientID: patient }),
    };
    await list(signal);
  });
}

/** What comes next of what was asked for, whatever the fields say by now. @param {AbortSignal} signal */
async function list(signal) {
  const page = await /** @type {Dicomweb} */ (archive).studies(query, { limit: PAGE, offset: listed.length, signal });
  listed = [...listed, ...page];
  at.studies.hidden = listed.length === 0;
  at.more.hidden = page.length < PAGE;
  drawStudies();
  if (listed.length === 0) tell('none');
  else tell('found', { count: listed.length });
}

function forget() {
  [listed, pictures] = [[], []];
  forgetPhotograph();
  [at.studies.hidden, at.study.hidden] = [true, true];
  delete at.study.dataset.study;
}

/** @param {Study} study */
function open(study) {
  return run('asking', async (signal) => {
    forgetPhotograph();
    pictures = [];
    at.study.dataset.study = study.study;
    at.study.hidden = false;
    drawStudies();
    drawPhotographs();
    at.whose.focus();
    pictures = await /** @type {Dicomweb} */ (archive).photographs(study.study, { signal });
    drawPhotographs();
    if (pictures.length === 0) tell('no-photographs');
    else tell('choose');
  });
}

/** @param {StoredPhotograph} photograph @param {HTMLElement} chosen */
function screen(photograph, chosen) {
  return run('fetching', async (signal) => {
    forgetPhotograph();
    at.screen.dataset.instance = photograph.instance;
    for (const one of at.photographs.querySelectorAll('button'))
      one.setAttribute('aria-pressed', String(one === chosen));
    const file = await /** @type {Dicomweb} */ (archive).fetch(photograph, { signal });
    tell('screening');
    at.screen.hidden = false;
    const screened = await at.screen.screen(file);
    signal.throwIfAborted();
    result = screened;
    at.send.hidden = false;
    at.send.disabled = false;
    tell('screened');
  });
}

/** What is being stored is not cut off by another wish. @param {boolean} on */
function hold(on) {
  for (const part of [at.ask, at.studies, at.photographs]) part.inert = on;
}

function send() {
  const screened = result;
  if (screened === null) return;
  at.send.disabled = true;
  run('sending', async (signal) => {
    hold(true);
    try {
      const { segmentation, report } = await toDicom(screened);
      const stored = await /** @type {Dicomweb} */ (archive).store([segmentation, report], { signal });
      tell('sent', { count: stored.length });
    } catch (error) {
      at.send.disabled = false; // to store one again does no harm
      throw error;
    } finally {
      hold(false);
    }
  });
}

at.language.append(...LANGUAGES.map(([code, name]) => new Option(name, code)));
const wanted = navigator.languages.map((code) => code.split('-')[0]).find((code) => code in WORDS);
at.language.value = wanted ?? 'en';
at.address.value = new URLSearchParams(location.search).get('archive') ?? '';
at.language.addEventListener('change', speak);
at.ask.addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
at.more.addEventListener('click', () => run('asking', list));
at.send.addEventListener('click', send);
speak();
