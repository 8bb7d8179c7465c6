/** One case: a photograph with its answer, what was found, and what can be laid on it. */

import { aborted } from '../../errors.js';
import { batch, effect, signal, untracked } from '../../vendor/signals.js';
import { bitmapOf } from '../intake/bitmap.js';
import { nextPhantom, phantomName } from '../lab/phantom-choice.js';
import { rules } from '../rules/rules.js';
import { byId, fillFacts, make } from '../shell/dom.js';
import { hideError, isAbort, mark, showError, tellable } from '../shell/error-box.js';
import { classes, loadingText, modelNotes, theModel } from '../shell/loading.js';
import { fitted } from '../viewer/fit.js';
import { Viewer } from '../viewer/viewer.js';
import { PageError, troubleOf } from '../words/error-texts.js';
import { commas, has, language, moreWords, number, percent, t } from '../words/i18n.js';
import { capital, dayName, isFinding, nameOf, notesText, oddDoubt, qualityHints, turnedNote } from '../words/terms.js';
import {
  answerText,
  coverageText,
  decisionOf,
  gradabilityText,
  rulesText,
  suspectedIn,
  whatToDo,
  whyText,
} from './decision.js';
import { EyeChoice } from './eye-choice.js';
import { showFindings } from './findings.js';
import { isWished, LayersShown } from './layers-shown.js';
import { Legend } from './legend.js';

/**
 * @import { Decided, Progress, Report, ScreenResult } from '../../vmnet.js'
 * @import { NamedPhantom } from '../lab/phantom-choice.js'
 * @import { Key } from '../words/i18n.js'
 * @import { Current, Opening, Other, Truth } from '../shell/context.js'
 * @import { Beside } from './beside.js'
 * @import { Coverage } from './decision.js'
 */

const viewer = new Viewer(byId('stage', HTMLElement), {
  tools: byId('controls', HTMLElement),
  panel: byId('results', HTMLElement),
});
const eyeChoice = new EyeChoice(say, () => {
  const report = reportOf(onTable);
  if (onTable !== null && report !== null) showReport(onTable, report);
});
const layers = new LayersShown(draw, strongest);
/** Fetched with the first photograph. @type {typeof import('./measures.js') | null} */
let measures = null;
/** The same: nothing is drawn before it is there. @type {typeof import('./paint.js')} */
let paint;
/** The eye beside, fetched with the first patient who shows two. @type {Beside | null} */
let beside = null;
/** What stands there, or is to. @type {Other | null} */
let otherShown = null;
/** Counts what was to stand there: only the latest does. */
let besideTurn = 0;
const at = {
  again: byId('again', HTMLElement),
  canvas: byId('canvas', HTMLCanvasElement),
  caption: byId('caption', HTMLElement),
  start: byId('start', HTMLElement),
  work: byId('work', HTMLElement),
  pane: byId('pane', HTMLElement),
  results: byId('results', HTMLElement),
  controls: byId('controls', HTMLElement),
  busy: byId('busy', HTMLElement),
  busyText: byId('busy-text', HTMLElement),
  busyBar: byId('busy-bar', HTMLProgressElement),
  numbers: byId('numbers', HTMLDetailsElement),
  say: byId('say', HTMLElement),
  answer: byId('answer', HTMLElement),
  whose: byId('whose', HTMLElement),
  patient: byId('for-patient', HTMLElement),
  summary: byId('summary', HTMLElement),
  cancel: byId('cancel', HTMLButtonElement),
};

const legend = new Legend(byId('legend', HTMLElement));

/** What is only passed on the way through the list is not screened for its layers. */
const PASSING_MS = 250;

/** @type {AbortController | null} */
let screening = null;
/** What is to be seen while it is screened, and how to begin it again. @type {{ own: AbortController, again: () => void } | null} */
let underWay = null;
/** What of the list cannot be shown, and why. @type {Pick<Current, 'eye' | 'whole'> & { whose: string, error: ReturnType<typeof tellable> } | null} */
let failed = null;
/** What is screened and lies on the table: all that is read, saved and changed is its. */
const current = signal(/** @type {Current | null} */ (null));
/** What was that last. @type {Current | null} */
let last = null;
/** Only the latest photograph may appear. */
let tableTurn = 0;

/** The photograph on the table, once it is screened. */
export function currentPhotograph() {
  return current.value;
}

/** The other eye, beside the one that is shown; the same stays as it is. @param {Current} photo */
function showOtherOf(photo) {
  const other = photo.other();
  if (other === otherShown) beside?.tell();
  else showOther(other);
}

/** @param {Other | null} other */
async function showOther(other) {
  otherShown = other;
  const turn = ++besideTurn;
  if (beside !== null || other === null) return beside?.show(other);
  try {
    const ready = await theBeside();
    if (turn === besideTurn) ready.show(other);
  } catch {
    showError(new PageError('network', 'page.broken'));
  }
}

async function theMeasures() {
  const parts = Promise.all([import('./measures.js'), import('./paint.js'), moreWords()]);
  [measures, paint] = await parts.catch(() => Promise.reject(new PageError('network', 'page.broken')));
}

/** Two eyes appear at one time. */
async function theBeside() {
  const part = await import('./beside.js');
  beside ??= new part.Beside(byId('eyes', HTMLElement), layers, viewer, () => screening === null);
  return beside;
}

/**
 * What the list knows of the photograph on the table, if it is this one: whose, of which day, what is said of the patient, and
 * which is his other eye.
 * @type {import('../shell/context.js').Context['tellOf']}
 */
export function tellOf(eye, { patient, day: visit, chosen, whole, other }) {
  if (failed?.eye === eye && wholeShown !== JSON.stringify(whole())) writeFailed();
  const photo = onTable;
  if (photo?.eye !== eye) return;
  photo.other = other;
  showOtherOf(photo);
  const report = reportOf(photo);
  if (report === null) return;
  const same = photo.patient === patient && photo.day === visit && eye.chosen === chosen;
  if (same && wholeShown === JSON.stringify(whole())) return;
  Object.assign(photo, { patient, day: visit, whole });
  eye.chosen = chosen;
  eyeChoice.show(photo.name, eye, report);
  showReport(photo, report);
}

/** What the answer says of the patient. */
let wholeShown = 'null';

/** That a patient's answer is not known yet, and beside which photograph this stands. @type {{ photo: Current, whole: ReturnType<Current['whole']> } | null} */
let opened = null;

/** It stands until the answer is there: the strip moves once. @param {Current} photo */
function wholeOf(photo) {
  const whole = photo.whole();
  if (opened?.photo === photo && whole?.coming) return opened.whole;
  opened = whole !== null && whole.patient !== '' && whole.answer === '' ? { photo, whole } : null;
  return whole;
}

/** For those who do not see the page. @param {string} text */
export function say(text) {
  at.say.textContent = text;
}

// ---- screening ----

/**
 * @param {Opening} opening
 * @param {() => Promise<{ source: Blob | ImageData, truth: Truth | null }>} get
 * @param {{ show?: string }} [wish] show: id of the disease whose heatmap is shown, where a link says so
 */
async function open(opening, get, { show } = {}) {
  const { name, eye = { named: '', chosen: null }, known = null, example = null } = opening;
  const { day: visit, whole = () => null, other = () => null } = opening;
  let { patient = '' } = opening;
  screening?.abort();
  const own = new AbortController();
  screening = own;
  if (!opening.unasked) hideError();
  const before = last;
  const failedBefore = failed;
  try {
    setBusy(true, before === null ? t('load.waiting') : t('screen.opening', { name }));
    say(t('screen.busy', { name }));
    if ((before === null && underWay === null) || at.work.hidden) showTable();
    if (eye.tell !== undefined) withdraw(); // the list stands at this one already
    // Where it cannot be fetched, showOther() says so.
    if (known !== null) reserve(known.report);
    const ready = Promise.all([get(), opening.guess, theMeasures(), other() && theBeside().catch(() => null)]);
    const [{ source, truth }, guess] = await untilAborted(ready, own.signal);
    if (own !== screening) return; // another photograph took over
    if (guess) {
      patient = guess.patient;
      eye.named = guess.eye;
    }
    /** @type {Current} */
    const next = {
      ...{ name, patient, day: visit, eye, source, example, truth },
      ...{ known: known?.report ?? null, result: null, pictures: new Map(), whole, other },
    };
    const again = () => void open(opening, get, { show });
    if (known !== null) {
      await showKnown(next, known.report, own);
      if (own === screening) underWay = { own, again };
      await untilAborted(new Promise((resolve) => setTimeout(resolve, PASSING_MS)), own.signal);
    }
    await run(next, own, () => {
      showOtherOf(next); // not before: one that is broken takes no picture away
      underWay = { own, again };
    });
    if (own !== screening) return;
    batch(() => {
      current.value = next;
      last = next;
      const known = next.result?.diseases.some(({ id }) => id === show);
      layers.another(show === undefined ? undefined : known ? show : null);
      showResult();
    }); // who waits for it finds it shown
    const summary = [at.patient, at.summary].map(({ textContent }) => textContent).filter(Boolean);
    say([t('screen.says', { name, summary: summary.join('. ') }), commas(laid)].filter(Boolean).join('. '));
    // Whoever waited with the focus here reads on with the answer.
    if (at.busy.contains(document.activeElement))
      at.summary.focus({ preventScroll: !at.cancel.matches(':focus-visible') });
  } catch (error) {
    if (own !== screening) return; // another photograph took over
    if (eye.tell !== undefined) return showFailed([patient, name], error, { eye, whole });
    const interrupted = underWay;
    underWay = null;
    if (interrupted !== null && interrupted.own !== own) interrupted.again();
    else if (before !== null) await restore(before);
    else if (failedBefore !== null) showFailedAgain(failedBefore);
    else if (!document.documentElement.hasAttribute('data-rail')) showStart(); // else its first is still to come
    if (isAbort(error)) return say(t('screen.cancelled'));
    showError(error);
    opening.unread?.();
  } finally {
    if (own === screening) {
      screening = null;
      underWay = null;
      setBusy(false);
      beside?.draw(); // which waited for this one
    }
  }
}

/**
 * Screens it, and shows the photograph as soon as its bytes have passed the checks.
 * @param {Current} photo @param {AbortController} own @param {() => void} isShown once the photograph is to be seen
 */
async function run(photo, own, isShown) {
  const ready = await untilAborted(theModel(), own.signal);
  /** @type {Promise<void> | null} */
  let shown = onTable === photo ? Promise.resolve() : null;
  photo.result = await ready.screen(photo.source, {
    name: photo.name,
    heatmapSide: paint.HEATMAP_SIDE,
    signal: own.signal,
    onProgress: (progress) => {
      if (own !== screening) return;
      showWork(progress);
      if (shown === null && progress.phase === 'decode' && progress.fraction === 1) {
        shown = showPhoto(photo).then(() => {
          if (own === screening) isShown();
        });
        shown.catch(() => {}); // reported below, if the rest works
      }
    },
  });
  await shown;
}

/** Only its layers are to come. @param {Current} photo @param {Report} report @param {AbortController} own */
async function showKnown(photo, report, own) {
  await showPhoto(photo);
  if (own !== screening) return;
  showOtherOf(photo); // not before: one patient's eye does not stand beside another's
  layers.another();
  showNumbers(photo, report);
  setBusy(true, t('screen.busy', { name: photo.name }));
  at.busy.hidden = true; // there is something to look at
  showReport(photo, report);
}

/** @template T @param {Promise<T>} promise @param {AbortSignal} signal @returns {Promise<T>} */
function untilAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject);
  });
}

/** The photograph that is to be seen. @type {Current | null} */
let onTable = null;

/** By how many quarters it is shown turned: a drawing lies as it was drawn. */
let shownTurned = 0;

/** The same, as it is to be shown. @param {Current} photo */
function quartersOf(photo) {
  return photo.truth === null ? paint.quartersOf(reportOf(photo)) : 0;
}

/** What was found to lie on its side is shown upright from then on. @param {Current} photo */
function standUpright(photo) {
  const by = (quartersOf(photo) - shownTurned + 4) % 4;
  if (by === 0 || onTable !== photo || viewer.bitmap === null) return;
  shownTurned = quartersOf(photo);
  viewer.setSource(paint.turnedCanvas(viewer.bitmap, by).transferToImageBitmap());
}

/** Room for a photograph of which the report is known. @param {Report} report */
function reserve({ image: { width, height }, orientation }) {
  const [across, down] = orientation?.turned ? [height, width] : [width, height];
  viewer.reserve(across, down);
}

/** @param {Current} photo */
async function showPhoto(photo) {
  const turn = ++tableTurn;
  const bitmap = await bitmapOf(photo.source);
  if (turn !== tableTurn) return bitmap.close();
  onTable = photo;
  shownTurned = quartersOf(photo);
  viewer.setSource(paint.turnedBitmap(bitmap, shownTurned)); // which closes it in its time
  legend.hide();
  if (photo !== current.value) {
    withdraw();
    tellComing(layers.shown);
  }
  at.caption.textContent = photo.name;
  at.canvas.setAttribute('aria-label', t('screen.photograph.named', { name: photo.name }));
}

/** No answer beside another photograph. */
function withdraw() {
  at.work.classList.add('stale');
  current.value = null;
  mark({ hasResult: false });
  laid = [];
  eyeChoice.clear();
  offerFiles(false);
}

/** What is known of a photograph, also before its layers are there. @param {Current | null} photo */
function reportOf(photo) {
  return photo?.result?.report ?? photo?.known ?? null;
}

/** Back to a photograph that was there before. @param {Current} photo */
async function restore(photo) {
  showOtherOf(photo);
  if (onTable !== photo) await showPhoto(photo);
  if (onTable !== photo) return; // another one came meanwhile
  current.value = photo;
  showResult();
}

/**
 * The disease whose heatmap is shown when none was chosen, of both eyes the same whichever is looked at: what is suspected
 * in either, else what is the most likely.
 */
function strongest() {
  const reports = [reportOf(onTable), beside?.report].filter((report) => report != null);
  const suspected = reports.map((report) => suspectedIn(decisionOf(report))[0]);
  const likely = reports
    .flatMap(({ diseases }, eye) => diseases.map((of) => ({ ...of, suspected: of.id === suspected[eye] })))
    .filter(isFinding)
    .toSorted((a, b) => Number(b.suspected) - Number(a.suspected) || b.probability - a.probability);
  return likely[0]?.id ?? null;
}

// ---- what is shown ----

function showTable() {
  failed = null;
  onTable = null;
  withdraw();
  at.work.classList.remove('failed', 'stale');
  at.work.hidden = false;
  if (at.start.contains(document.activeElement)) at.cancel.focus({ preventScroll: true }); // it is to be hidden
  at.start.hidden = true;
  at.again.hidden = false;
  at.answer.hidden = false; // unseen, but in its place: nothing moves when the answer comes
  at.answer.dataset.answer = 'waiting';
  writeUsual();
  at.results.hidden = true;
  at.controls.classList.add('waiting');
  at.caption.textContent = '';
  legend.hide();
  viewer.setPhoto(null, 1000, 1000);
  showOther(null);
}

/** As many words as most answers take, unseen. */
function writeUsual() {
  const looks_for = classes()
    .filter(isFinding)
    .map(({ id }) => id);
  at.whose.textContent = '\u00a0';
  tellWhole(null);
  writeAnswer({ answer: 'no-finding', reasons: [{ code: 'normal' }], rest: 'not-suspected' }, { looks_for });
}

/**
 * A photograph of the list that cannot be shown: neither another one nor the start page may stand in its place, but why.
 * @param {string[]} whose @param {unknown} error @param {Pick<Current, 'eye' | 'whole'>} told
 */
function showFailed(whose, error, told) {
  const known = [...new Set(whose)].filter(Boolean).join(' · ');
  showFailedAgain({ whose: known, error: tellable(error), ...told });
  say(t('screen.says', { name: known, summary: at.summary.textContent ?? '' }));
}

/** @param {NonNullable<typeof failed>} what */
function showFailedAgain(what) {
  tableTurn += 1;
  last = null;
  showTable();
  at.work.classList.add('failed');
  failed = what;
  writeFailed();
}

function writeFailed() {
  if (failed === null) return;
  const { title, problem, remedy } = troubleOf(failed.error);
  at.answer.dataset.answer = 'failed';
  at.whose.textContent = failed.whose;
  at.whose.classList.remove('truth');
  const whole = failed.whole();
  tellWhole(whole);
  write(title, capital(problem), capital(whole?.toDo ?? remedy), '');
}

/** The home page; what lies on the table stays there. */
export function showStart() {
  tableTurn += 1;
  at.start.hidden = false;
  at.work.hidden = true;
  at.again.hidden = true;
}

/** Nothing is left of what lay on the table: the home page. */
export function closeCase() {
  const running = screening;
  screening = null; // what it was begun for is no more
  underWay = null;
  running?.abort();
  last = null;
  showTable();
  showStart();
  setBusy(false);
}

/** Room for the first of several photographs, which are being screened. */
export function showWaiting() {
  if (last === null && screening === null && failed === null) showTable();
  else showCase();
}

/** Back from the home page to what lies on the table. Says whether there is anything. */
export function showCase() {
  if (last === null && screening === null && failed === null) return false;
  at.start.hidden = true;
  at.work.hidden = false;
  at.again.hidden = false;
  return true;
}

/** Everything anew, in other words or by other rules; also where its layers are still to come. */
function rewrite() {
  opened = null; // in other words
  const report = reportOf(onTable);
  if (current.value !== null) showResult();
  else if (onTable !== null && report !== null && !at.work.classList.contains('stale')) {
    showNumbers(onTable, report);
    showReport(onTable, report);
  }
}

function showResult() {
  const photo = current.value;
  if (photo?.result == null) return;
  const { result } = photo;
  Object.assign(globalThis, { vmnetLast: result }); // to look at in the console, and for tests
  const { width, height } = paint.turnedSize(result, quartersOf(photo));
  at.caption.textContent = t('screen.caption', { name: photo.name, width: String(width), height: String(height) });
  layers.offer(result);
  standUpright(photo);
  showNumbers(photo, result.report);
  showReport(photo, result.report);
  offerFiles(true);
  mark({ hasResult: true });
  draw();
}

/** Facts and measures. @param {Current} photo @param {Report} report */
function showNumbers(photo, report) {
  viewer.ruler?.setField(report.field_of_view);
  eyeChoice.show(photo.name, photo.eye, report);
  fillFacts(byId('facts', HTMLElement), factsOf(photo, report));
  measures?.showMeasures(report);
}

/** Answer and findings, which a report tells without any layer. @param {Current} photo @param {Report} report */
function showReport(photo, report) {
  at.work.classList.remove('stale');
  at.answer.hidden = false;
  at.results.hidden = false;
  at.controls.classList.toggle('waiting', photo.result === null);
  at.pane.dataset.eye = eyeOfPhoto(photo, report);
  const { example, patient, name } = photo;
  const eye = eyeWord(photo, report);
  const whose = example === null ? [patient || name, eye, visitText(photo.day)] : [capital(eye), truthText(example)];
  at.whose.textContent = whose.filter(Boolean).join(' · ');
  const odd = oddDoubt(report.laterality?.guess ?? '', eyeOfPhoto(photo, report));
  if (odd !== null) at.whose.append(' · ', make('strong', { class: 'doubt', title: odd.text }, odd.short));
  at.whose.classList.toggle('truth', example !== null);
  showAnswer(photo, report);
  showFindings(report, classes(), layers.heat, {
    choose,
    point: (id) => (layers.place = id),
    more: (id) => measures?.gradePart(report, id) ?? null,
  });
}

/** An earlier visit is not read as today's. @param {Current['day']} visit */
function visitText(visit) {
  return visit === undefined ? '' : dayName(visit);
}

/** @param {Current} photo @param {Report} report @returns {'OD' | 'OS' | ''} */
function eyeOfPhoto({ eye }, { laterality }) {
  return eye.chosen ?? (eye.named || (laterality?.guess ?? ''));
}

/** @param {Current} photo @param {Report} report */
function eyeWord(photo, report) {
  const eye = eyeOfPhoto(photo, report);
  return eye === '' ? '' : t(`batch.eye.${eye}`);
}

/** @param {string} term @param {string} text @returns {[string, string | Node]} */
function pair(term, text) {
  return [term, text];
}

/** @param {Current} photo @param {Report} report @returns {[string, string | Node][]} */
function factsOf(photo, report) {
  const { result } = photo; // null: it is on its way
  const { vessels, quality } = report;
  const field = result === null ? report.field_of_view : paint.uprightOf(result, quartersOf(photo)).fieldOfView;
  const whole = (/** @type {number} */ v) => number(v, { maximumFractionDigits: 0 });
  const fine = (/** @type {number} */ v) => number(v, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const share = number(vessels.density, { style: 'percent', minimumFractionDigits: 1 });
  const { sha256 } = report.image;
  const seconds = result === null ? null : fine(result.info.milliseconds / 1000);
  const notes = notesOf(photo, report);
  return [
    [t('screen.fact.eye'), eyeChoice.root],
    [t('screen.fact.gradability'), gradabilityFact(quality)],
    ...(measures?.gradeFacts(report) ?? []),
    [t('screen.fact.vessels'), t('screen.fact.vessels.text', { share })],
    [t('disc.ratio'), measures?.ratioFact(report) ?? '–'],
    [t('lesions.title'), measures?.lesionsFact(report) ?? '–'],
    [t('arteries.title'), measures?.arteriesFact(report) ?? '–'],
    [
      t('screen.fact.field'),
      t('screen.fact.field.text', { x: whole(field.x), y: whole(field.y), radius: whole(field.radius) }),
    ],
    ...notes.map((note) => pair(t('screen.fact.note'), note)),
    [t('screen.fact.time'), seconds === null ? '–' : t('screen.fact.time.text', { seconds })],
    [t('load.fact.computes'), `${report.model.variant}, ${t('load.threads', { count: report.model.threads })}`],
    [t('load.fact.version'), report.version],
    ...(sha256 ? [pair(t('case.hash'), sha256)] : []),
    pair(t('load.fact.weights-sha'), report.model.weights_sha256 ?? t('load.fact.unknown')),
  ];
}

/** The number, and what speaks against it. @param {Report['quality']} quality */
function gradabilityFact(quality) {
  const least = percent(quality.threshold);
  const text = t('screen.fact.gradability.text', { percent: gradabilityText(quality), least });
  return [text, ...(quality.gradable ? qualityHints(quality) : [])].join('. ');
}

/** What is to be known of this file alone; nothing of a drawing. @param {Current} photo @param {Report} report */
function notesOf({ truth, result }, report) {
  if (truth !== null) return [];
  return notesText(report, result?.info.notes.filter((note) => !modelNotes().includes(note)) ?? []);
}

/** A phantom gets no answer: it is a drawing. @param {Current} photo @param {Report} report */
function showAnswer(photo, report) {
  const decision = decisionOf(report);
  const drawn = photo.truth !== null;
  const whole = drawn ? null : wholeOf(photo);
  tellWhole(whole);
  at.answer.dataset.answer = drawn ? 'phantom' : decision.answer;
  showNotes(notesOf(photo, report), turnedNote(report));
  if (drawn) write(t('phantom.summary'), t('phantom.quality'), '', '');
  else writeAnswer(decision, report.decision, whole, measures?.namedWith(report));
}

/** What was left out weighs more than what was turned. @param {string[]} notes @param {string} calm which of them */
function showNotes(notes, calm) {
  const only = byId('only', HTMLElement);
  only.replaceChildren(...notes.flatMap((note) => [note === calm ? note : make('strong', {}, note), ' ']));
  only.hidden = notes.length === 0;
}

/** @param {Decided} decision @param {Coverage} of @param {ReturnType<Current['whole']>} [whole] @param {(name: string, id: string) => string} [named] a finding, with more of it */
function writeAnswer(decision, of, whole = null, named = undefined) {
  write(
    whole?.own ?? answerText(decision.answer),
    whyText(decision, of, named),
    whole?.toDo ?? whatToDo(decision),
    `${coverageText(of)} ${rulesText()}`,
  );
}

/** @param {string} summary @param {string} why @param {string} toDo @param {string} coverage */
function write(summary, why, toDo, coverage) {
  at.summary.textContent = summary;
  byId('why', HTMLElement).textContent = why;
  byId('to-do', HTMLElement).textContent = toDo;
  byId('coverage', HTMLElement).textContent = coverage;
}

/** @param {ReturnType<Current['whole']>} whole */
function tellWhole(whole) {
  wholeShown = JSON.stringify(whole);
  at.patient.textContent = whole?.patient ?? '';
  at.patient.dataset.answer = whole?.answer ?? '';
}

/** What lies on the photograph, in words. @type {string[]} */
let laid = [];

/** Lays on the photograph what is wished, and says so. */
function draw() {
  const photo = current.value;
  const { shown } = layers;
  if (photo?.result == null || onTable !== photo) return tellComing(shown);
  const { result } = photo;
  for (const button of document.querySelectorAll('#results [data-disease]'))
    if (button instanceof HTMLElement)
      button.setAttribute('aria-pressed', String(button.dataset.disease === layers.heat));
  laid = legend.show(result, shown);
  const heat = result.diseases.find(({ id }) => id === heatToSave());
  downloadButton('heatmap').title = heat === undefined ? '' : t('screen.heat', { name: nameOf(heat) });
  const overlay = paint.layersOf(photo, paint.uprightOf(result, shownTurned), shown, viewer);
  viewer.setOverlay(overlay, commas([t('screen.photograph.named', { name: photo.name }), ...laid]));
  viewer.compare(shown.wipe ? otherSide(photo) : null);
  beside?.draw();
}

/** What is wished for and still to come is no empty layer. @param {import('./layers-shown.js').Shown} shown */
function tellComing(shown) {
  if (onTable === null || onTable.result !== null || screening === null) return;
  if (isWished(shown)) legend.wait();
  else legend.hide();
}

/** What the result is compared with: the photograph alone, or what a phantom was drawn with. @param {Current} photo @returns {Parameters<Viewer['compare']>[0]} */
function otherSide(photo) {
  const name = photo.truth === null ? t('screen.side.photo') : t('screen.side.truth');
  return { left: paint.truthOf(photo), names: [name, t('screen.side.result')] };
}

/** Shows this disease's heatmap, or none if it was shown. @param {string} id */
function choose(id) {
  layers.heat = layers.heat === id ? null : id;
}

/** @param {boolean} on @param {string} [text] */
function setBusy(on, text = '') {
  at.busy.hidden = !on;
  mark({ busy: on });
  at.work.setAttribute('aria-busy', String(on));
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

/** The disease whose heatmap is saved: the one that is shown, or would be. */
function heatToSave() {
  return layers.heat ?? strongest();
}

/** What is made of the layers. @param {boolean} on */
function offerFiles(on) {
  for (const button of document.querySelectorAll('#results :is([data-download], [data-action="explain"])'))
    if (button instanceof HTMLButtonElement) button.disabled = !on;
}

/** @param {string} kind */
async function download(kind) {
  const photo = current.value;
  if (photo?.result == null) return;
  const { result, name, eye } = photo;
  const disease = result.diseases.find((d) => d.id === heatToSave());
  const { heatmapFile, maskFile, reportFile, save, stemOf } = await import('../save/downloads.js');
  const stem = stemOf(name);
  if (kind === 'report') save(reportFile(stem, result, eye.chosen, photo.whole()));
  else if (kind === 'mask') save(await maskFile(stem, result));
  else if (kind === 'overlay') save(await overlayFile(stem, photo, result));
  else if (kind === 'heatmap' && disease) {
    const file = await heatmapFile(stem, disease, result);
    if (file) save(file);
  }
}

/** The photograph with the layers that are shown, as it lies in its file; with its vessels where none is. @param {string} stem @param {Current} photo @param {ScreenResult} result */
async function overlayFile(stem, photo, result) {
  const { shown } = layers;
  const own = shownTurned === 0 ? photo : { pictures: new Map() };
  const overlay = paint.layersOf(own, result, { ...shown, vessels: shown.vessels || shown.heat === null }, viewer);
  const name = `${stem}-overlay${shown.heat === null ? '' : `-${shown.heat}`}.png`;
  const bitmap = await bitmapOf(photo.source);
  const drawn = Viewer.compose(bitmap, overlay, result.width, result.height);
  bitmap.close();
  return { blob: await drawn.convertToBlob(), name };
}

// ---- what people do ----

/** @param {Opening} opening @param {Blob | ImageData | Promise<Blob>} source */
export function openPhotograph(opening, source) {
  open(opening, async () => ({ source: await source, truth: null }));
}

/** What the home page and the lab offer: files of web/sample/, with their licences. */
const EXAMPLES = /** @type {const} */ (['retina', 'diabetic', 'glaucoma', 'unclear', 'missed', 'overlooked', 'alarm']);

/** @typedef {typeof EXAMPLES[number]} Example */

/** @param {string} name @returns {name is Example} */
export function isExample(name) {
  return EXAMPLES.some((example) => example === name);
}

/** @param {Example} example @param {{ show?: string }} [wish] */
export function openExample(example, wish) {
  open(
    { name: `${example}.jpg`, example },
    async () => {
      const url = new URL(`../../sample/${example}.jpg`, import.meta.url);
      const response = await fetch(url).catch(() => null);
      if (!response?.ok) throw new PageError('network', 'start.no-sample', { url: url.href });
      return { source: await response.blob(), truth: null };
    },
    wish,
  );
}

/** What is known of an example. @param {Example} example */
function truthText(example) {
  const known = `start.shelf.truth.${example}`;
  const name = t(/** @type {Key} */ (has(known) ? known : `start.shelf.${example}`));
  return t('start.shelf.truth', { name });
}

/** @param {NamedPhantom} choice @param {{ show?: string }} [wish] */
export function openPhantom(choice, wish) {
  open(
    { name: phantomName(choice) },
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
  const photo = current.value;
  if (photo === null || (photo.truth === null && photo.example === null)) return null;
  return new URLSearchParams({
    sample: photo.example ?? photo.name,
    show: layers.heat ?? 'none',
  }).toString();
}

function listen() {
  // All in one row: at first without the letters of the keys, then with signs for words and short words for long ones; else
  // in two; on a phone in as many as it takes.
  fitted(at.controls, [
    ...['', 'bare', 'signs', 'signs bare', 'signs short', 'signs short bare'],
    ...['rows', 'rows bare', 'rows short bare', 'signs short bare wrap'],
  ]);
  for (const button of document.querySelectorAll('[data-download]'))
    button.addEventListener('click', () => download(button.getAttribute('data-download') ?? '').catch(showError));
  at.cancel.addEventListener('click', () => screening?.abort());
  effect(() => {
    const { value: text } = loadingText;
    if (screening !== null) at.busyText.textContent = text; // for whoever waits in front of a photograph
  });
  effect(() => {
    language();
    rules();
    untracked(rewrite);
    untracked(writeFailed);
  });
}

listen();
