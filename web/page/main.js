/** The page: one photograph at a time, screened with the vessel guide on and, when asked for, off. */

import { load, VmnetError } from '../vmnet.js';
import { byId, fillFacts } from './dom.js';
import { heatmapFile, maskFile, reportFile, save, stemOf } from './downloads.js';
import { qualityOf, showFindings, summaryOf } from './findings.js';
import { heatColours, lesionColours, picture, ringPicture, truthColours, vesselColours } from './layers.js';
import { nextPhantom, onPhantomAsked, phantomName, showPhantomForm } from './phantom.js';
import { capital, HEADINGS, megabytes, PHASES, percent, splitMessage } from './text.js';
import { Viewer } from './viewer.js';

/**
 * @import { Layer, Model, Progress, ScreenResult } from '../vmnet.js'
 * @import { PhantomChoice } from './phantom.js'
 * @import { Overlay } from './viewer.js'
 */

/**
 * The photograph on the table.
 * @typedef {object} Current
 * @property {string} name
 * @property {Blob | ImageData} source
 * @property {Map<number, ScreenResult>} results by strength of the guide, 0 or 1
 * @property {Truth | null} truth what a phantom was drawn with
 * @property {Map<string, OffscreenCanvas>} pictures of layers, by name
 */

/** @typedef {{ choice: PhantomChoice, vessels: Layer, lesions: Layer }} Truth */

const viewer = new Viewer();
const at = {
  again: byId('again', HTMLElement),
  canvas: byId('canvas', HTMLCanvasElement),
  caption: byId('caption', HTMLElement),
  start: byId('start', HTMLElement),
  work: byId('work', HTMLElement),
  results: byId('results', HTMLElement),
  controls: byId('controls', HTMLElement),
  file: byId('file', HTMLInputElement),
  busy: byId('busy', HTMLElement),
  busyText: byId('busy-text', HTMLElement),
  busyBar: byId('busy-bar', HTMLProgressElement),
  vesselsOn: byId('vessels-on', HTMLInputElement),
  vesselsOpacity: byId('vessels-opacity', HTMLInputElement),
  heatName: byId('heat-name', HTMLElement),
  heatOpacity: byId('heat-opacity', HTMLInputElement),
  guide: byId('guide', HTMLInputElement),
  ring: byId('ring', HTMLInputElement),
  legend: byId('legend', HTMLElement),
  diseases: byId('diseases', HTMLElement),
  truth: byId('compare-truth', HTMLElement),
  error: byId('error', HTMLElement),
  retry: byId('error-retry', HTMLButtonElement),
  status: byId('status', HTMLElement),
  loadBar: byId('load-bar', HTMLProgressElement),
  loadCancel: byId('load-cancel', HTMLButtonElement),
  details: byId('details', HTMLElement),
  dropping: byId('dropping', HTMLElement),
  say: byId('say', HTMLElement),
};

/** @type {Promise<Model>} */
let model;
let loading = new AbortController();
/** @type {AbortController | null} */
let screening = null;
/** @type {Current | null} */
let current = null;
/** The disease whose heatmap is shown; null for none. @type {string | null} */
let chosen = null;
/** Counts what was put on the table: decoding takes time, and only the latest photograph may appear. */
let tableTurn = 0;
/** Whether load() failed, so that it can be tried again. */
let failed = false;
/** Whether load() has worked. */
let isReady = false;

/** What the page is doing, in `<html data-state>`: for style, tests and whoever drives the page. */
function markState() {
  const state = () => {
    if (!at.busy.hidden) return isReady ? 'screening' : 'loading';
    if (failed || !at.error.hidden) return 'error';
    if (current !== null) return 'result';
    return isReady ? 'ready' : 'loading';
  };
  document.documentElement.dataset.state = state();
}

/** For those who do not see the page. @param {string} text */
function say(text) {
  at.say.textContent = text;
}

// ---- loading ----

function startLoading() {
  loading = new AbortController();
  at.loadBar.hidden = false;
  at.loadCancel.hidden = false;
  at.status.textContent = 'Loading';
  failed = false;
  isReady = false;
  markState();
  model = load({ signal: loading.signal, onProgress: showLoading });
  model.then(showReady, (error) => {
    failed = true;
    at.loadBar.hidden = true;
    at.loadCancel.hidden = true;
    at.status.textContent = 'The network is not loaded';
    showError(isAbort(error) ? new VmnetError('aborted', 'network: loading was cancelled; load it again') : error);
  });
}

/** Shares of the whole: the weights are ten times the program. */
const loaded = { module: 0, weights: 0, start: 0 };

/** @param {Progress} progress */
function showLoading({ phase, fraction, loaded: bytes, total }) {
  if (phase in loaded) loaded[/** @type {keyof typeof loaded} */ (phase)] = fraction ?? 0;
  at.loadBar.value = 0.1 * loaded.module + 0.8 * loaded.weights + 0.1 * loaded.start;
  const amount = bytes && total ? `: ${megabytes(bytes)} of ${megabytes(total)} MB` : '';
  at.status.textContent = `${PHASES[phase]}${amount}`;
  if (screening !== null) at.busyText.textContent = at.status.textContent;
}

/** @param {Model} ready */
function showReady({ info }) {
  isReady = true;
  at.loadBar.hidden = true;
  at.loadCancel.hidden = true;
  at.details.hidden = false;
  const threads = info.threads === 1 ? 'one thread' : `${info.threads} threads`;
  at.status.textContent = `Ready: ${info.variant}, ${threads}, version ${info.version}`;
  const list = byId('detail-list', HTMLElement);
  const notes = info.notes.length > 0 ? info.notes : ['none: this is the fastest way'];
  fillFacts(list, [
    ['Variant', info.variant],
    ['Computes with', `${info.simd === 'relaxed' ? 'relaxed SIMD' : 'plain SIMD'}, ${threads}`],
    ...notes.map((note) => /** @type {[string, string]} */ (['Fallback', note])),
    ['SHA-256 of the module', info.wasmSha256 ?? 'not known'],
    ['Weights', `${info.weights}, ${info.parameters.toLocaleString('en')} parameters`],
    ['SHA-256 of the weights', info.weightsSha256 ?? 'not known'],
    ["Network's input", `${info.size} x ${info.size} pixels`],
    ['Version', info.version],
  ]);
  list.querySelector('dd')?.setAttribute('data-testid', 'variant');
  markState();
}

// ---- screening ----

/**
 * @param {string} name
 * @param {() => Promise<{ source: Blob | ImageData, truth: Truth | null }>} get
 */
async function open(name, get) {
  screening?.abort();
  const own = new AbortController();
  screening = own;
  hideError();
  const before = current;
  /** @type {Current | null} */
  let next = null;
  try {
    setBusy(true, before === null ? 'Loading' : `Opening ${name}`);
    say(`Screening ${name}`);
    if (before === null) showTable();
    const { source, truth } = await get();
    next = { name, source, results: new Map(), truth, pictures: new Map() };
    await run(next, 1, own);
    if (own !== screening) return;
    current = next;
    at.guide.checked = true;
    setCompare('none');
    chosen = firstChoice(next);
    showResult();
    say(`${name}: ${byId('summary', HTMLElement).textContent}`);
  } catch (error) {
    if (own !== screening) return; // another photograph took over
    if (before !== null) await restore(before);
    else showStart();
    if (isAbort(error)) say('Cancelled');
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
  const ready = await untilAborted(model, own.signal);
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
    signal.addEventListener('abort', () => reject(new VmnetError('aborted', 'cancelled')), { once: true });
    promise.then(resolve, reject);
  });
}

/** @param {Current} photo */
function decoded({ source }) {
  return createImageBitmap(source, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }); // as the Worker does
}

/** @param {Current} photo */
async function showPhoto(photo) {
  const turn = ++tableTurn;
  const bitmap = await decoded(photo);
  const { width, height } = Viewer.shown(bitmap.width, bitmap.height);
  const small = turn === tableTurn ? Viewer.compose(bitmap, [], width, height) : null;
  bitmap.close();
  if (small === null) return;
  viewer.setPhoto(small, width, height);
  at.caption.textContent = photo.name;
  at.canvas.setAttribute('aria-label', `Photograph ${photo.name}`);
}

/** Back to a photograph that was there before. @param {Current} photo */
async function restore(photo) {
  await showPhoto(photo);
  showResult();
}

/** @param {Current} photo */
function firstChoice(photo) {
  const found = shownResult(photo).diseases.filter((d) => d.positive);
  found.sort((a, b) => b.probability - a.probability);
  return found[0]?.id ?? null;
}

/** @param {Current} photo */
function shownResult(photo) {
  return /** @type {ScreenResult} */ (photo.results.get(at.guide.checked ? 1 : 0) ?? photo.results.get(1));
}

/** The same photograph with the other setting of the guide; computed once. Says whether it is there. @param {number} guide */
async function need(guide) {
  const photo = current;
  if (photo === null) return false;
  if (photo.results.has(guide)) return true;
  screening?.abort();
  const own = new AbortController();
  screening = own;
  hideError();
  try {
    setBusy(true, PHASES.network);
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
  at.start.hidden = true;
  at.work.hidden = false;
  at.again.hidden = false;
  at.results.hidden = true;
  at.controls.hidden = true;
  at.caption.textContent = '';
  viewer.setPhoto(null, 1000, 1000);
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
  at.results.hidden = false;
  at.controls.hidden = false;
  at.truth.hidden = current.truth === null;
  showPhantomForm(current.truth?.choice ?? null);
  Object.assign(globalThis, { vmnetLast: result }); // to look at in the console, and for tests
  byId('summary', HTMLElement).textContent = current.truth ? 'A teaching phantom' : summaryOf(result);
  const quality = byId('quality', HTMLElement);
  quality.textContent = current.truth
    ? 'A drawing, not an eye: the network learnt from photographs. It shows how the network looks, not what it would find.'
    : qualityOf(result);
  quality.classList.toggle('warn', !result.quality.gradable && current.truth === null);
  at.caption.textContent = `${current.name}, ${result.width} x ${result.height} pixels`;
  const { x, y, radius } = result.fieldOfView;
  fillFacts(byId('facts', HTMLElement), [
    ['Vessels cover', `${(result.vesselDensity * 100).toFixed(1)} % of the field of view`],
    ['Field of view', `circle around ${x.toFixed(0)}, ${y.toFixed(0)}, radius ${radius.toFixed(0)} pixels`],
    ['Computed in', `${(result.info.milliseconds / 1000).toFixed(1)} s`],
  ]);
  draw();
}

/** Redraws everything that depends on a choice. */
function draw() {
  if (current === null) return;
  const result = shownResult(current);
  const guide = result.report.model.guide;
  showFindings(at.diseases, result, current.results.get(1 - guide) ?? null, chosen, choose);
  const disease = result.diseases.find((d) => d.id === chosen);
  at.heatName.textContent = disease ? `Heatmap: ${disease.name}` : 'Heatmap: none chosen';
  at.legend.hidden = disease === undefined;
  at.heatOpacity.disabled = disease === undefined;
  at.vesselsOpacity.disabled = !at.vesselsOn.checked;
  byId('guide', HTMLInputElement).setAttribute('aria-checked', String(at.guide.checked));
  downloadButton('heatmap').disabled = disease === undefined;
  viewer.setOverlay(overlayOf(current, result), description(result));
  drawCompare(current, result);
}

/** @param {ScreenResult} result */
function description(result) {
  const parts = [`Photograph ${current?.name ?? ''}`];
  if (at.vesselsOn.checked) parts.push(`vessels on ${percent(result.vesselDensity)} of the field of view`);
  if (chosen !== null) parts.push(at.heatName.textContent ?? '');
  return parts.join(', ');
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
  if (at.ring.checked) overlay.push({ picture: ring(photo, result), opacity: 1 });
  return overlay;
}

/** @param {Current} photo @param {ScreenResult} result */
function ring(photo, { fieldOfView, width }) {
  return once(photo, 'ring', () => ringPicture(fieldOfView, viewer.width / width, viewer.width, viewer.height));
}

/** @param {Current} photo @param {ScreenResult} result */
function vessels(photo, { vessels: { width, height, mask }, report }) {
  return cached(photo, `vessels ${report.model.guide}`, { width, height, data: mask }, vesselColours);
}

/** @param {Current} photo @param {string} key @param {Layer} layer @param {import('./layers.js').Colours} colours */
function cached(photo, key, layer, colours) {
  return once(photo, key, () => picture(layer, viewer.width, viewer.height, colours));
}

/** @param {Current} photo @param {string} key @param {() => OffscreenCanvas} make */
function once(photo, key, make) {
  const found = photo.pictures.get(key) ?? make();
  photo.pictures.set(key, found);
  return found;
}

/** @param {Current} photo @param {ScreenResult} result */
function drawCompare(photo, result) {
  const mode = compareMode();
  const off = photo.results.get(0);
  const on = photo.results.get(1);
  if (mode === 'photo') viewer.compare({ left: [], names: ['Photograph', 'Result'] });
  else if (mode === 'guide' && on && off) {
    const first = on === result ? off : on;
    viewer.compare({
      left: overlayOf(photo, first),
      names: on === result ? ['Guide off', 'Guide on'] : ['Guide on', 'Guide off'],
    });
  } else if (mode === 'truth' && photo.truth) {
    const drawn = cached(photo, 'true vessels', photo.truth.vessels, truthColours);
    const lesions = cached(photo, 'true lesions', photo.truth.lesions, lesionColours);
    const left = [drawn, lesions].map((p) => ({ picture: p, opacity: 0.85 }));
    viewer.compare({ left, names: ['Truth', 'Result'] });
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

/** @param {string} id */
function choose(id) {
  chosen = chosen === id ? null : id;
  draw();
}

/** @param {boolean} on @param {string} [text] */
function setBusy(on, text = '') {
  at.busy.hidden = !on;
  at.work.setAttribute('aria-busy', String(on));
  markState();
  if (!on) return;
  at.busyText.textContent = text;
  at.busyBar.removeAttribute('value');
}

/** @param {Progress} progress */
function showWork({ phase, fraction }) {
  at.busyText.textContent = PHASES[phase];
  // The network itself cannot say how far it is; the bar then only moves.
  if (phase === 'layers' && fraction !== null) at.busyBar.value = fraction;
  else at.busyBar.removeAttribute('value');
}

// ---- errors ----

/** @param {unknown} error */
function isAbort(error) {
  return error instanceof Error && error.name === 'AbortError';
}

/** @param {unknown} error */
function showError(error) {
  const known = error instanceof VmnetError;
  if (!known) console.error(error);
  const { input, problem, remedy } = splitMessage(known ? error.message : `page: ${error}; reload it`);
  byId('error-title', HTMLElement).textContent = known ? HEADINGS[error.code] : 'That did not work';
  byId('error-input', HTMLElement).textContent = input;
  byId('error-problem', HTMLElement).textContent = input === '' ? capital(problem) : problem;
  byId('error-remedy', HTMLElement).textContent = remedy === '' ? '' : `${capital(remedy)}.`;
  at.error.dataset.code = known ? error.code : 'page';
  at.retry.hidden = !failed;
  at.error.hidden = false;
  markState();
  at.error.scrollIntoView({ block: 'nearest' });
}

function hideError() {
  at.error.hidden = true;
  markState();
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
  if (kind === 'report') save(reportFile(stem, result));
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

/** @param {File | null | undefined} file */
function openFile(file) {
  if (file) open(file.name || 'photograph', async () => ({ source: file, truth: null }));
}

function openSample() {
  open('retina.jpg', async () => {
    const url = new URL('../sample/retina.jpg', import.meta.url);
    const response = await fetch(url).catch(() => null);
    if (!response?.ok)
      throw new VmnetError('network', `${url.href}: the sample could not be fetched; choose a photograph of your own`);
    return { source: await response.blob(), truth: null };
  });
}

/** @param {PhantomChoice} choice */
function openPhantom(choice) {
  open(phantomName(choice), async () => {
    const { photo, ...truth } = await (await model).phantom({ ...choice, side: 1024 });
    return { source: photo, truth: { choice, ...truth } };
  });
}

const ACTIONS = { choose: () => at.file.click(), sample: openSample, phantom: () => openPhantom(nextPhantom()) };

for (const button of document.querySelectorAll('[data-action]'))
  button.addEventListener('click', () =>
    ACTIONS[/** @type {keyof typeof ACTIONS} */ (button.getAttribute('data-action'))](),
  );
for (const button of document.querySelectorAll('[data-download]'))
  button.addEventListener('click', () =>
    download(button.getAttribute('data-download') ?? '').catch((error) => showError(error)),
  );
at.file.addEventListener('change', () => {
  openFile(at.file.files?.[0]);
  at.file.value = ''; // the same file may be chosen again
});
for (const input of [at.vesselsOn, at.vesselsOpacity, at.heatOpacity, at.ring]) input.addEventListener('input', draw);
for (const radio of document.querySelectorAll('input[name="compare"]'))
  radio.addEventListener('change', async () => {
    if (compareMode() === 'guide' && !((await need(0)) && (await need(1)))) setCompare('none');
    draw();
  });
at.guide.addEventListener('change', async () => {
  const wanted = at.guide.checked;
  if (!(await need(wanted ? 1 : 0))) at.guide.checked = !wanted;
  showResult();
});
byId('cancel', HTMLButtonElement).addEventListener('click', () => screening?.abort());
byId('error-close', HTMLButtonElement).addEventListener('click', hideError);
at.loadCancel.addEventListener('click', () => loading.abort());
at.retry.addEventListener('click', () => {
  hideError();
  startLoading();
});

onPhantomAsked(openPhantom);

addEventListener('paste', (event) => openFile(event.clipboardData?.files[0]));
let dragDepth = 0;
addEventListener('dragenter', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  dragDepth += 1;
  at.dropping.hidden = false;
});
addEventListener('dragleave', () => {
  dragDepth = Math.max(0, dragDepth - 1);
  at.dropping.hidden = dragDepth === 0;
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  dragDepth = 0;
  at.dropping.hidden = true;
  openFile(event.dataTransfer?.files[0]);
});

startLoading();
