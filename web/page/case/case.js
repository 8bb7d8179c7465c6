/** The Screen view: one photograph, screened with the vessel guide at a strength of one's choice. */

import { aborted } from '../../errors.js';
import { bitmapOf } from '../intake/bitmap.js';
import { nextPhantom, onPhantomAsked, phantomName, showPhantomForm } from '../lab/phantom-choice.js';
import { heatmapFile, maskFile, reportFile, save, stemOf } from '../save/downloads.js';
import { byId, fillFacts } from '../shell/dom.js';
import { doing, hideError, isAbort, markState, showError } from '../shell/error-box.js';
import { classes, modelNotes, theModel } from '../shell/loading.js';
import {
  heatColours,
  lesionColours,
  picture,
  ringShape,
  tiledLayer,
  truthColours,
  vesselColours,
} from '../viewer/layers.js';
import { Viewer } from '../viewer/viewer.js';
import { PageError } from '../words/error-texts.js';
import { commas, number, onLanguage, percent, t } from '../words/i18n.js';
import { nameOf, qualityHints } from '../words/terms.js';
import { answerText, coverageText, decisionOf, suspectedIn, whatToDo, whyText } from './decision.js';
import { EyeChoice } from './eye-choice.js';
import { showFindings } from './findings.js';
import { showMeasures } from './measures.js';
import { OPERATING_POINTS, onOperatingPoint, operatingPoint, setOperatingPoint } from './operating-point.js';
import { Strengths } from './strengths.js';

/**
 * @import { Layer, Progress, ScreenResult } from '../../vmnet.js'
 * @import { Current, Truth } from '../shell/context.js'
 * @import { EyeKnown } from './eye-choice.js'
 * @import { PhantomChoice } from '../lab/phantom-choice.js'
 * @import { PointName } from './operating-point.js'
 * @import { Drawn } from '../viewer/tiles.js'
 * @import { Overlay } from '../viewer/viewer.js'
 */

const viewer = new Viewer();
const eyeChoice = new EyeChoice(say);
const at = {
  again: byId('again', HTMLElement),
  canvas: byId('canvas', HTMLCanvasElement),
  caption: byId('caption', HTMLElement),
  start: byId('start', HTMLElement),
  work: byId('work', HTMLElement),
  results: byId('results', HTMLElement),
  controls: byId('controls', HTMLElement),
  busy: byId('busy', HTMLElement),
  busyText: byId('busy-text', HTMLElement),
  busyBar: byId('busy-bar', HTMLProgressElement),
  vesselsOn: byId('vessels-on', HTMLInputElement),
  vesselsOpacity: byId('vessels-opacity', HTMLInputElement),
  heatName: byId('heat-name', HTMLElement),
  heatOpacity: byId('heat-opacity', HTMLInputElement),
  guide: byId('guide', HTMLInputElement),
  strength: byId('guide-strength', HTMLInputElement),
  ring: byId('ring', HTMLInputElement),
  legend: byId('legend', HTMLElement),
  diseases: byId('diseases', HTMLElement),
  truth: byId('compare-truth', HTMLElement),
  pointText: byId('point-text', HTMLElement),
  say: byId('say', HTMLElement),
  answer: byId('answer', HTMLElement),
  summary: byId('summary', HTMLElement),
  cancel: byId('cancel', HTMLButtonElement),
};

/** @type {AbortController | null} */
let screening = null;
/** @type {Current | null} */
let current = null;
/** The disease whose heatmap is shown; null for none. @type {string | null} */
let chosen = null;
/** Counts what was put on the table: decoding takes time, and only the latest photograph may appear. */
let tableTurn = 0;
/** @type {Set<() => void>} */
const listeners = new Set();

/** The photograph on the table, once it is screened. */
export function currentPhotograph() {
  return current;
}

/** Calls back when another photograph lies on the table. @param {() => void} listener */
export function onCurrent(listener) {
  listeners.add(listener);
}

/** For those who do not see the page. @param {string} text */
export function say(text) {
  at.say.textContent = text;
}

/** What load() says, in front of whoever waits for it. @param {string} text */
export function tellLoading(text) {
  if (screening !== null) at.busyText.textContent = text;
}

// ---- screening ----

/**
 * @typedef {object} Wish how to show a photograph, where a link says so
 * @property {number} [guide] 0..1
 * @property {string} [show] id of the disease whose heatmap is shown, or 'none'
 */

/**
 * @param {string} name
 * @param {() => Promise<{ source: Blob | ImageData, truth: Truth | null }>} get
 * @param {Wish} [wish]
 * @param {EyeKnown} [eye]
 */
async function open(name, get, { guide = 1, show } = {}, eye = { named: '', chosen: null }) {
  screening?.abort();
  const own = new AbortController();
  screening = own;
  hideError();
  const before = current;
  /** @type {Current | null} */
  let next = null;
  try {
    setBusy(true, before === null ? t('load.waiting') : t('screen.opening', { name }));
    say(t('screen.busy', { name }));
    if (before === null) showTable();
    const { source, truth } = await get();
    next = { name, source, results: new Strengths(), truth, pictures: new Map(), eye };
    await run(next, guide, own);
    if (own !== screening) return;
    current = next;
    showStrength(guide);
    strengthBefore = guide;
    strengthTurn += 1;
    setCompare('none');
    chosen = next.results.get(guide)?.diseases.some((d) => d.id === show) ? (show ?? null) : null;
    if (show === undefined) chosen = firstChoice(next);
    showResult();
    for (const listener of listeners) listener();
    say(t('screen.says', { name, summary: at.summary.textContent ?? '' }));
    // Whoever waited with the focus here reads on with the answer.
    if (at.busy.contains(document.activeElement))
      at.summary.focus({ preventScroll: !at.cancel.matches(':focus-visible') });
  } catch (error) {
    if (own !== screening) return; // another photograph took over
    if (eye.tell !== undefined) showNothing(name);
    else if (before !== null) await restore(before);
    else showStart();
    if (isAbort(error)) say(t('screen.cancelled'));
    else showError(error);
  } finally {
    if (own === screening) {
      screening = null;
      setBusy(false);
    }
  }
}

/**
 * Screens with one setting of the guide, and shows the photograph as soon as its bytes have passed the checks.
 * @param {Current} photo @param {number} guide @param {AbortController} own
 */
async function run(photo, guide, own) {
  const ready = await untilAborted(theModel(), own.signal);
  /** @type {Promise<void> | null} */
  let shown = photo === current ? Promise.resolve() : null;
  const result = await ready.screen(photo.source, {
    guide,
    name: photo.name,
    signal: own.signal,
    onProgress: (progress) => {
      if (own !== screening) return;
      showWork(progress);
      if (shown === null && progress.phase === 'decode' && progress.fraction === 1) {
        shown = showPhoto(photo);
        shown.catch(() => {}); // reported below, if the rest works
      }
    },
  });
  await shown;
  photo.results.set(guide, result);
}

/** @template T @param {Promise<T>} promise @param {AbortSignal} signal @returns {Promise<T>} */
function untilAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(aborted()), { once: true });
    promise.then(resolve, reject);
  });
}

/** @param {Current} photo */
function decoded({ source }) {
  return bitmapOf(source);
}

/** @param {Current} photo */
async function showPhoto(photo) {
  const turn = ++tableTurn;
  const bitmap = await decoded(photo);
  if (turn !== tableTurn) return bitmap.close();
  viewer.setSource(bitmap); // which closes it in its time
  at.work.classList.toggle('stale', photo !== current); // no answer beside another photograph
  at.caption.textContent = photo.name;
  at.canvas.setAttribute('aria-label', t('screen.photograph.named', { name: photo.name }));
}

/** Back to a photograph that was there before. @param {Current} photo */
async function restore(photo) {
  await showPhoto(photo);
  showResult();
}

/** The strongest of what is suspected. @param {Current} photo */
function firstChoice(photo) {
  return suspectedIn(decisionOf(shownResult(photo).report))[0] ?? null;
}

/** @param {Current} photo */
function shownResult(photo) {
  return /** @type {ScreenResult} */ (photo.results.get(strength()) ?? photo.results.last);
}

/** The strength of the guide that is asked for, 0..1. */
function strength() {
  return Number(at.strength.value) / 100;
}

/** @param {number} guide 0..1 */
function showStrength(guide) {
  at.strength.value = String(Math.round(guide * 100));
  at.guide.checked = guide > 0;
}

/** The same photograph with another strength of the guide; computed unless it is kept. Says whether it is there. @param {number} guide */
async function need(guide) {
  const photo = current;
  if (photo === null) return false;
  if (photo.results.has(guide)) return true;
  screening?.abort();
  const own = new AbortController();
  screening = own;
  hideError();
  try {
    setBusy(true, t('phase.network'));
    await run(photo, guide, own);
    return own === screening;
  } catch (error) {
    if (own === screening && !isAbort(error)) showError(error);
    return false;
  } finally {
    if (own === screening) {
      screening = null;
      setBusy(false);
    }
  }
}

// ---- what is shown ----

function showTable() {
  at.work.hidden = false;
  if (at.start.contains(document.activeElement)) at.cancel.focus({ preventScroll: true }); // it is to be hidden
  at.start.hidden = true;
  at.again.hidden = false;
  at.answer.hidden = false; // unseen, but in its place: nothing moves when the answer comes
  at.answer.dataset.answer = 'waiting';
  at.results.hidden = true;
  at.controls.hidden = true;
  at.caption.textContent = '';
  viewer.setPhoto(null, 1000, 1000);
}

/** A photograph of the series that cannot be shown: neither another one nor the start page may stand in its place. @param {string} name */
function showNothing(name) {
  tableTurn += 1;
  current = null;
  doing.hasResult = false;
  showTable();
  at.answer.hidden = true;
  at.caption.textContent = name;
}

function showStart() {
  tableTurn += 1;
  at.start.hidden = false;
  at.work.hidden = true;
  at.again.hidden = true;
}

function showResult() {
  if (current === null) return;
  const result = shownResult(current);
  doing.hasResult = true;
  viewer.ruler?.setField(result.fieldOfView);
  at.work.classList.remove('stale');
  at.answer.hidden = false;
  at.results.hidden = false;
  at.controls.hidden = false;
  at.truth.hidden = current.truth === null;
  showPhantomForm(current.truth?.choice ?? null);
  Object.assign(globalThis, { vmnetLast: result }); // to look at in the console, and for tests
  at.caption.textContent = t('screen.caption', {
    name: current.name,
    width: String(result.width),
    height: String(result.height),
  });
  eyeChoice.show(current.name, current.eye, result);
  fillFacts(byId('facts', HTMLElement), factsOf(result));
  showMeasures(result);
  markState();
  draw();
}

/** @param {string} term @param {string} text @returns {[string, string | Node]} */
function pair(term, text) {
  return [term, text];
}

/** @param {ScreenResult} result @returns {[string, string | Node][]} */
function factsOf({ vesselDensity, fieldOfView: { x, y, radius }, quality, info }) {
  const whole = (/** @type {number} */ v) => number(v, { maximumFractionDigits: 0 });
  const fine = (/** @type {number} */ v) => number(v, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const share = number(vesselDensity, { style: 'percent', minimumFractionDigits: 1 });
  return [
    [t('screen.fact.vessels'), t('screen.fact.vessels.text', { share })],
    [t('screen.fact.eye'), eyeChoice.root],
    [t('screen.fact.gradability'), gradabilityText(quality)],
    [t('screen.fact.field'), t('screen.fact.field.text', { x: whole(x), y: whole(y), radius: whole(radius) })],
    ...info.notes.filter((note) => !modelNotes().includes(note)).map((note) => pair(t('screen.fact.note'), note)),
    [t('screen.fact.time'), t('screen.fact.time.text', { seconds: fine(info.milliseconds / 1000) })],
  ];
}

/** The number, and what speaks against the photograph where it can be judged all the same. @param {ScreenResult['quality']} quality */
function gradabilityText(quality) {
  const { gradability, threshold, gradable } = quality;
  const text = t('screen.fact.gradability.text', { percent: percent(gradability), least: percent(threshold) });
  return [text, ...(gradable ? qualityHints(quality) : [])].join('. ');
}

/** A phantom gets no answer: it is a drawing. @param {Current} photo @param {ScreenResult} result */
function showAnswer(photo, { report }) {
  const decision = decisionOf(report);
  const drawn = photo.truth !== null;
  at.answer.dataset.answer = drawn ? 'phantom' : decision.answer;
  at.summary.textContent = drawn ? t('phantom.summary') : answerText(decision.answer);
  byId('why', HTMLElement).textContent = drawn ? t('phantom.quality') : whyText(decision, report.decision);
  byId('to-do', HTMLElement).textContent = drawn ? '' : whatToDo(decision);
  byId('coverage', HTMLElement).textContent = drawn ? '' : coverageText(report.decision);
  at.pointText.textContent = t(`findings.point.${operatingPoint()}.text`);
}

/** Redraws everything that depends on a choice. */
function draw() {
  if (current === null) return;
  const result = shownResult(current);
  showAnswer(current, result);
  showFindings(at.diseases, result, classes(), current.results.numbers(otherStrength()), chosen, choose);
  const disease = result.diseases.find((d) => d.id === chosen);
  at.heatName.textContent = disease ? t('screen.heat', { name: nameOf(disease) }) : t('screen.heat.none');
  at.legend.hidden = disease === undefined;
  at.heatOpacity.disabled = disease === undefined;
  at.vesselsOpacity.disabled = !at.vesselsOn.checked;
  byId('guide', HTMLInputElement).setAttribute('aria-checked', String(at.guide.checked));
  downloadButton('heatmap').disabled = disease === undefined;
  viewer.setOverlay(overlayOf(current, result), description(result));
  drawCompare(current);
}

/** The strength that the one that is shown is compared with: off, or, while it is off, on. */
function otherStrength() {
  return strength() > 0 ? 0 : 1;
}

/** @param {ScreenResult} result */
function description(result) {
  const parts = [t('screen.photograph.named', { name: current?.name ?? '' })];
  if (at.vesselsOn.checked) parts.push(t('screen.vessels.described', { share: percent(result.vesselDensity) }));
  if (chosen !== null) parts.push(at.heatName.textContent ?? '');
  return commas(parts);
}

/** @param {Current} photo @param {ScreenResult} result @returns {Overlay} */
function overlayOf(photo, result) {
  /** @type {Overlay} */
  const overlay = [];
  const heatmap = result.diseases.find((d) => d.id === chosen)?.heatmap;
  const guide = result.report.model.guide;
  if (heatmap)
    overlay.push({
      picture: cached(photo, `heat ${chosen} ${guide}`, heatmap, heatColours),
      opacity: Number(at.heatOpacity.value) / 100,
    });
  if (at.vesselsOn.checked)
    overlay.push({ picture: vessels(photo, result), opacity: Number(at.vesselsOpacity.value) / 100 });
  if (at.ring.checked) overlay.push({ picture: ringShape(result.fieldOfView), opacity: 1 });
  return overlay;
}

/** @param {Current} photo @param {ScreenResult} result */
function vessels(photo, { vessels: { width, height, mask }, report }) {
  const key = `vessels ${report.model.guide}`;
  return once(photo, key, () => tiledLayer({ width, height, data: mask }, vesselColours));
}

/** @param {Current} photo @param {string} key @param {Layer} layer @param {import('../viewer/layers.js').Colours} colours */
function cached(photo, key, layer, colours) {
  return once(photo, key, () => picture(layer, viewer.width, viewer.height, colours));
}

/** Pictures kept for one photograph: a slider can ask for many strengths of the guide. */
const MAX_PICTURES = 8;

/**
 * Made once, and kept while it is among the last that were shown.
 * @param {Current} photo @param {string} key @param {() => CanvasImageSource | Drawn} make
 */
function once(photo, key, make) {
  const { pictures } = photo;
  const found = pictures.get(key) ?? make();
  pictures.delete(key);
  pictures.set(key, found);
  if (pictures.size > MAX_PICTURES) pictures.delete(pictures.keys().next().value ?? '');
  return found;
}

/** @param {Current} photo */
function drawCompare(photo) {
  const mode = compareMode();
  const other = photo.results.get(otherStrength());
  if (mode === 'photo') viewer.compare({ left: [], names: [t('screen.side.photo'), t('screen.side.result')] });
  else if (mode === 'guide' && other) {
    const names = [t('screen.side.guide-off'), t('screen.side.guide-on')];
    if (strength() === 0) names.reverse();
    viewer.compare({ left: overlayOf(photo, other), names: [names[0], names[1]] });
  } else if (mode === 'truth' && photo.truth) {
    const { truth } = photo;
    const drawn = once(photo, 'true vessels', () => tiledLayer(truth.vessels, truthColours));
    const lesions = once(photo, 'true lesions', () => tiledLayer(truth.lesions, lesionColours));
    const left = [drawn, lesions].map((p) => ({ picture: p, opacity: 0.85 }));
    viewer.compare({ left, names: [t('screen.side.truth'), t('screen.side.result')] });
  } else viewer.compare(null);
}

function compareMode() {
  return document.querySelector('input[name="compare"]:checked')?.getAttribute('value') ?? 'none';
}

/** @param {string} mode */
function setCompare(mode) {
  const radio = document.querySelector(`input[name="compare"][value="${mode}"]`);
  if (radio instanceof HTMLInputElement) radio.checked = true;
}

/** Shows this disease's heatmap, or none if it was shown. @param {string} id */
function choose(id) {
  chosen = chosen === id ? null : id;
  draw();
}

/** @param {boolean} on @param {string} [text] */
function setBusy(on, text = '') {
  at.busy.hidden = !on;
  doing.busy = on;
  at.work.setAttribute('aria-busy', String(on));
  markState();
  if (!on) return;
  at.busyText.textContent = text;
  at.busyBar.removeAttribute('value');
}

/** @param {Progress} progress */
function showWork({ phase, fraction }) {
  at.busyText.textContent = t(`phase.${phase}`);
  // The network itself cannot say how far it is; the bar then only moves.
  if (phase === 'layers' && fraction !== null) at.busyBar.value = fraction;
  else at.busyBar.removeAttribute('value');
}

// ---- downloads ----

/** @param {string} kind */
function downloadButton(kind) {
  const button = document.querySelector(`[data-download="${kind}"]`);
  if (!(button instanceof HTMLButtonElement)) throw new Error(`index.html: no download ${kind}`);
  return button;
}

/** @param {string} kind */
async function download(kind) {
  if (current === null) return;
  const result = shownResult(current);
  const stem = stemOf(current.name);
  const disease = result.diseases.find((d) => d.id === chosen);
  if (kind === 'report') save(reportFile(stem, result, current.eye.chosen));
  else if (kind === 'mask') save(await maskFile(stem, result));
  else if (kind === 'overlay') save(await overlayFile(stem, current, result));
  else if (kind === 'heatmap' && disease) {
    const file = await heatmapFile(stem, disease);
    if (file) save(file);
  }
}

/** @param {string} stem @param {Current} photo @param {ScreenResult} result */
async function overlayFile(stem, photo, result) {
  const overlay = overlayOf(photo, result);
  const name = `${stem}-overlay${chosen === null ? '' : `-${chosen}`}.png`;
  const bitmap = await decoded(photo);
  const drawn = Viewer.compose(bitmap, overlay, result.width, result.height);
  bitmap.close();
  return { blob: await drawn.convertToBlob(), name };
}

// ---- what people do ----

/** @param {string} name @param {Blob | ImageData} source @param {EyeKnown} [eye] */
export function openPhotograph(name, source, eye) {
  open(name, async () => ({ source, truth: null }), {}, eye);
}

/** @param {Wish} [wish] */
export function openSample(wish) {
  open(
    'retina.jpg',
    async () => {
      const url = new URL('../../sample/retina.jpg', import.meta.url);
      const response = await fetch(url).catch(() => null);
      if (!response?.ok) throw new PageError('network', 'start.no-sample', { url: url.href });
      return { source: await response.blob(), truth: null };
    },
    wish,
  );
}

/** @param {PhantomChoice} choice @param {Wish} [wish] */
export function openPhantom(choice, wish) {
  open(
    phantomName(choice),
    async () => {
      const { photo, ...truth } = await (await theModel()).phantom({ ...choice, side: 1024 });
      return { source: photo, truth: { choice, ...truth } };
    },
    wish,
  );
}

/** The next phantom of the series. */
export function openNextPhantom() {
  openPhantom(nextPhantom());
}

/** The state as a link restores it; null for a photograph of one's own, which no link can hold. */
export function linkState() {
  if (current === null || (current.truth === null && current.name !== 'retina.jpg')) return null;
  const state = new URLSearchParams({ sample: current.name.replace(/\.jpg$/, '') });
  if (strength() !== 1) state.set('guide', String(strength()));
  state.set('show', chosen ?? 'none');
  return state.toString();
}

/** The strength that was shown last. */
let strengthBefore = 1;
/** Counts the wishes for another strength: screening takes time, and only the latest counts. */
let strengthTurn = 0;

/** Screens with the strength that is asked for, or goes back to the one there was. */
async function changeGuide() {
  const mine = ++strengthTurn;
  const there = await need(strength());
  if (mine !== strengthTurn) return;
  if (!there) showStrength(strengthBefore);
  strengthBefore = strength();
  if (compareMode() === 'guide') await compareGuide();
  showResult();
}

/** Sees to the other side of the comparison of strengths, or gives it up. */
async function compareGuide() {
  const there = await need(otherStrength());
  if (!there && compareMode() === 'guide') setCompare('none');
}

function listen() {
  for (const button of document.querySelectorAll('[data-download]'))
    button.addEventListener('click', () => download(button.getAttribute('data-download') ?? '').catch(showError));
  for (const input of [at.vesselsOn, at.vesselsOpacity, at.heatOpacity, at.ring]) input.addEventListener('input', draw);
  for (const radio of document.querySelectorAll('input[name="compare"]'))
    radio.addEventListener('change', async () => {
      if (compareMode() === 'guide') await compareGuide();
      draw();
    });
  for (const name of OPERATING_POINTS)
    byId(`point-${name}`, HTMLInputElement).addEventListener('change', () =>
      setOperatingPoint(/** @type {PointName} */ (name)),
    );
  at.guide.addEventListener('change', () => {
    showStrength(at.guide.checked ? 1 : 0);
    changeGuide();
  });
  at.strength.addEventListener('change', () => {
    showStrength(strength());
    changeGuide();
  });
  at.cancel.addEventListener('click', () => screening?.abort());
  onPhantomAsked((choice) => openPhantom(choice));
  onOperatingPoint(() => {
    byId(`point-${operatingPoint()}`, HTMLInputElement).checked = true; // another view may have changed it
    draw();
  });
  onLanguage(() => current !== null && showResult());
}

listen();
