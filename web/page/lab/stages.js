/** The steps from a photograph to a probability: what each shows, and its words. */

import { digitsBy } from '../../answer.js';
import { cutText, standing, standingText } from '../case/decision.js';
import { OPERATING_POINTS, operatingPoint, thresholdOf } from '../rules/rules.js';
import { make } from '../shell/dom.js';
import { classes } from '../shell/loading.js';
import { heatColours, lesionColours, picture, ramp, truthColours } from '../viewer/layers.js';
import { number, percent, t } from '../words/i18n.js';
import { capital, isFinding, nameOf } from '../words/terms.js';
import { exactDigits } from './digits.js';
import { AGREE, rangeOf } from './maps.js';

/**
 * @import { Layer, Map16, ModelClass } from '../../vmnet.js'
 * @import { Place } from './maps.js'
 * @import { Frame, Run, Subject } from './subject.js'
 */

/** @typedef {'photo' | 'vessels' | 'guide' | 'heatmap' | 'probability'} StageName */

/** In the order of the network's steps. @type {readonly StageName[]} */
export const STAGES = ['photo', 'vessels', 'guide', 'heatmap', 'probability'];

/**
 * What a stage is drawn from.
 * @typedef {{ subject: Subject | null, run: Run | null, disease: string }} Scene
 */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context2D */

/** From little to much: night blue, teal, pale. */
const SCALE = ramp([
  [13, 20, 38],
  [18, 74, 99],
  [42, 148, 140],
  [164, 214, 150],
  [252, 249, 214],
]).map((colour) => [...colour, 255]);
/** @type {import('../viewer/layers.js').Colours} */
const scaleColours = (value) => SCALE[value];
/** @type {import('../viewer/layers.js').Colours} */
const agreeColours = (value) =>
  value >= AGREE.hit
    ? [190, 255, 90, 255]
    : value >= AGREE.missed
      ? [255, 138, 76, 255]
      : value >= AGREE.extra
        ? [98, 160, 255, 255]
        : [0, 0, 0, 0];

// ---- pictures ----

/** What does not change is drawn once. @type {WeakMap<object, OffscreenCanvas>} */
const drawn = new WeakMap();

/** @param {object} key @param {() => OffscreenCanvas} draw */
function once(key, draw) {
  const found = drawn.get(key) ?? draw();
  drawn.set(key, found);
  return found;
}

/** @param {Layer} layer @param {import('../viewer/layers.js').Colours} colours */
function layerPicture(layer, colours) {
  return once(layer, () => picture(layer, layer.width, layer.height, colours));
}

/** @param {Map16} map @param {number} high the value that is drawn brightest */
function mapPicture({ width, height, data }, high) {
  const bytes = Uint8Array.from(data, (v) => Math.round(255 * Math.min(1, Math.max(0, v / high))));
  return picture({ width, height, data: bytes }, width, height, scaleColours);
}

/** @param {Context2D} context */
function black(context) {
  context.globalAlpha = 1;
  context.fillStyle = '#000';
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

/** The whole photograph in the middle of the picture. @param {Context2D} context @param {Subject} subject */
function drawWhole(context, { photo }) {
  black(context);
  if (photo === null) return;
  const { width, height } = context.canvas;
  const scale = Math.min(width / photo.width, height / photo.height);
  const [w, h] = [photo.width * scale, photo.height * scale];
  context.drawImage(photo, (width - w) / 2, (height - h) / 2, w, h);
}

/** What lies in the square around the field of view. @param {Context2D} context @param {Subject} subject @param {Frame} frame */
function drawSquare(context, { photo }, { square, width }) {
  black(context);
  if (photo === null) return;
  const scale = photo.width / width;
  const [left, top, side] = [square.left, square.top, square.side].map((v) => v * scale);
  context.drawImage(photo, left, top, side, side, 0, 0, context.canvas.width, context.canvas.height);
}

/** Lays a colour over all. @param {Context2D} context @param {string} colour */
function veil(context, colour) {
  context.fillStyle = colour;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}

/** @param {Context2D} context @param {OffscreenCanvas} map cells with hard edges: there are no more */
function drawCells(context, map) {
  context.imageSmoothingEnabled = false;
  context.drawImage(map, 0, 0, context.canvas.width, context.canvas.height);
}

/** @param {Context2D} context @param {number} x @param {number} y @param {number} radius @param {string} colour @param {number[]} [dash] */
function drawRing(context, x, y, radius, colour, dash = []) {
  const line = Math.max(1.5, context.canvas.width / 240);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.setLineDash([]);
  context.lineWidth = 2 * line;
  context.strokeStyle = 'rgb(0 0 0 / 60%)';
  context.stroke();
  context.setLineDash(dash.map((d) => d * line));
  context.lineWidth = line;
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
}

/** The largest value that features are drawn with: the same before and after, and at every strength. @param {Subject} subject @param {Run} run */
function brightest({ learnt }, { stages }) {
  const [, high] = rangeOf(stages.before);
  return high * Math.max(1, 1 + (learnt ?? 0)) || 1;
}

/** The features as they were on the left, weighed by the guide on the right. @param {Context2D} context @param {Subject} subject @param {Frame} _ @param {Run} run */
function drawGuided(context, subject, _, run) {
  const high = brightest(subject, run);
  const { width, height } = context.canvas;
  drawCells(context, mapPicture(run.stages.before, high));
  context.save();
  context.beginPath();
  context.rect(width / 2, 0, width / 2, height);
  context.clip();
  drawCells(context, mapPicture(run.stages.after, high));
  context.restore();
  const line = Math.max(2, width / 240);
  context.fillStyle = '#fff';
  context.fillRect((width - line) / 2, 0, line, height);
}

/** @type {Record<Exclude<StageName, 'probability'>, (context: Context2D, subject: Subject, frame: Frame, run: Run, disease: string) => void>} */
const DRAW = {
  photo: (context, subject, frame) => {
    drawWhole(context, subject);
    const { width, height } = context.canvas;
    const scale = Math.min(width / frame.width, height / frame.height);
    const [left, top] = [(width - frame.width * scale) / 2, (height - frame.height * scale) / 2];
    const { x, y, radius } = frame.field;
    drawRing(context, left + x * scale, top + y * scale, radius * scale * 0.992, '#fff', [6, 4]);
  },
  vessels: (context, _, frame) => {
    context.drawImage(layerPicture(frame.vessels, scaleColours), 0, 0, context.canvas.width, context.canvas.height);
  },
  guide: drawGuided,
  heatmap: (context, subject, frame, run, disease) => {
    drawSquare(context, subject, frame);
    veil(context, 'rgb(0 0 0 / 45%)');
    const heatmap = run.heatmaps.get(disease);
    if (heatmap)
      context.drawImage(layerPicture(heatmap, heatColours), 0, 0, context.canvas.width, context.canvas.height);
  },
};

/**
 * Says whether there was something to draw.
 * @param {HTMLCanvasElement} canvas @param {Exclude<StageName, 'probability'>} name @param {Scene} scene
 */
export function drawStage(canvas, name, scene) {
  const context = canvas.getContext('2d');
  const { subject, run, disease } = scene;
  if (context === null || subject === null) return false;
  context.imageSmoothingEnabled = true;
  if (run !== null && subject.frame !== null) DRAW[name](context, subject, subject.frame, run, disease);
  else if (name === 'photo') drawWhole(context, subject);
  else return false;
  return true;
}

// ---- pictures of a phantom's truth ----

/** @param {HTMLCanvasElement} canvas @param {Subject} subject */
export function drawPhoto(canvas, subject) {
  const context = canvas.getContext('2d');
  if (context !== null) drawWhole(context, subject);
}

/** What was drawn: vessels, lesions, optic disc and fovea. @param {HTMLCanvasElement} canvas @param {Subject} subject @param {readonly (Place & { radius: number })[]} lesions */
export function drawTruth(canvas, subject, lesions) {
  const context = canvas.getContext('2d');
  const { truth } = subject;
  if (context === null || truth === null) return;
  drawWhole(context, subject);
  veil(context, 'rgb(0 0 0 / 65%)');
  const { width } = canvas;
  context.drawImage(layerPicture(truth.vessels, truthColours), 0, 0, width, width);
  context.drawImage(layerPicture(truth.lesions, lesionColours), 0, 0, width, width);
  const scale = width / truth.vessels.width;
  for (const { x, y, radius } of lesions) drawRing(context, x * scale, y * scale, (radius + 7) * scale, '#fff');
  const { opticDisc, fovea } = truth;
  drawRing(context, opticDisc.x * scale, opticDisc.y * scale, opticDisc.radius * scale, '#ffd75e');
  drawRing(context, fovea.x * scale, fovea.y * scale, opticDisc.radius * 0.35 * scale, '#ff9bd0');
}

/** Found against drawn vessels. @param {HTMLCanvasElement} canvas @param {Subject} subject */
export function drawAgreement(canvas, subject) {
  const context = canvas.getContext('2d');
  const found = subject.frame?.vesselTruth;
  if (context === null || !found) return;
  drawWhole(context, subject);
  veil(context, 'rgb(0 0 0 / 78%)');
  context.drawImage(layerPicture(found.layer, agreeColours), 0, 0, canvas.width, canvas.width);
}

/** A heatmap with the drawn lesions on it. @param {HTMLCanvasElement} canvas @param {Scene} scene @param {readonly (Place & { radius: number })[]} lesions @param {Place | null} peak */
export function drawHeatTruth(canvas, { subject, run, disease }, lesions, peak) {
  const context = canvas.getContext('2d');
  const { frame, truth } = subject ?? { frame: null, truth: null };
  if (context === null || subject === null || frame === null || truth === null) return;
  drawWhole(context, subject);
  veil(context, 'rgb(0 0 0 / 45%)');
  const scale = canvas.width / frame.width;
  const { left, top, side } = frame.square;
  const heatmap = run?.heatmaps.get(disease);
  if (heatmap)
    context.drawImage(layerPicture(heatmap, heatColours), left * scale, top * scale, side * scale, side * scale);
  for (const { x, y, radius } of lesions) drawRing(context, x * scale, y * scale, (radius + 7) * scale, '#fff');
  if (peak) drawRing(context, peak.x * scale, peak.y * scale, 14 * scale, '#38e8ff', [2, 1.5]);
}

// ---- words ----

/** @param {Scene} scene */
export function diseaseOf({ run, disease }) {
  return run?.diseases.find((d) => d.id === disease) ?? null;
}

/** @param {Scene} scene */
export function diseaseName(scene) {
  const found = diseaseOf(scene) ?? classes().find((c) => c.id === scene.disease);
  return found ? nameOf(found) : '';
}

/** @param {StageName} name @param {Scene} scene */
export function titleOf(name, scene) {
  const disease = diseaseName(scene);
  return (name === 'heatmap' || name === 'probability') && disease !== ''
    ? t(`teach.stage.${name}.of`, { name: disease })
    : t(`teach.stage.${name}`);
}

/** One plain sentence. @param {StageName} name @param {Scene} scene */
export function sentenceOf(name, { subject, run }) {
  if (name === 'photo') return t('teach.stage.photo.text', { size: String(subject?.frame?.size ?? 512) });
  if (name === 'guide') return guideText(subject?.learnt ?? null, run);
  return t(`teach.stage.${name}.text`);
}

/** What the guide did to the features, in numbers. @param {number | null} learnt @param {Run | null} run */
function guideText(learnt, run) {
  if (run === null || learnt === null) return t('teach.stage.guide.text');
  const cells = run.stages.before.width;
  if (run.strength === 0) return t('teach.stage.guide.off', { cells });
  const [low, high] = factors(learnt, run);
  const fine = (/** @type {number} */ v) => number(v, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return t('teach.stage.guide.by', { cells, low: fine(low), high: fine(high) });
}

/** The least and the largest factor of a cell. @param {number} learnt @param {Run} run @returns {[number, number]} */
export function factors(learnt, { stages, strength }) {
  const [low, high] = rangeOf(stages.guide).map((g) => 1 + (learnt * strength * g) / 10);
  return [Math.min(low, high), Math.max(low, high)];
}

/** What the larger view adds. @param {StageName} name @param {Scene} scene */
export function moreOf(name, { subject, run }) {
  if (name === 'vessels') {
    const share = number(subject?.frame?.density ?? 0, { style: 'percent', minimumFractionDigits: 1 });
    return subject?.frame ? t('teach.stage.vessels.more', { share }) : '';
  }
  if (name === 'guide') {
    const fine = (/** @type {number} */ v) => number(v, { maximumFractionDigits: 2 });
    const [low, high] = run === null ? [0, 1] : rangeOf(run.stages.guide);
    return t('teach.stage.guide.more', { low: fine(low), high: fine(high) });
  }
  return t(`teach.stage.${name}.more`);
}

// ---- the last step ----

/** A disease's probability. @param {{ id: string, probability: number }} disease */
export function exact({ id, probability }) {
  const of = classes().find((one) => one.id === id);
  return percent(probability, exactDigits(probability, of && cutsOf(of)));
}

/** At each operating point; without them there is one. @param {ModelClass} of */
function cutsOf({ points, threshold }) {
  return points === null ? [threshold] : OPERATING_POINTS.map((name) => points[name].threshold);
}

/** The raw score, the probability that it is calibrated to, and where the operating points lie. @param {Scene} scene */
export function probabilityFigure(scene) {
  const disease = diseaseOf(scene);
  const of = classes().find((c) => c.id === scene.disease);
  if (disease === null || of === undefined) return make('span', { class: 'teach-figure' });
  const logit = number(disease.logit, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const bar = make('span', { class: 'teach-line', 'aria-hidden': 'true' }, make('i', { class: 'fill' }));
  bar.style.setProperty('--share', String(disease.probability));
  for (const cut of cutsOf(of)) {
    const mark = make('i', { class: 'mark' });
    mark.style.setProperty('--at', String(cut));
    bar.append(mark);
  }
  return make(
    'span',
    { class: 'teach-figure' },
    make('span', { class: 'fine' }, t('teach.logit')),
    make('span', { class: 'teach-logit', 'data-logit': String(disease.logit) }, logit),
    make('span', { class: 'teach-down', 'aria-hidden': 'true' }),
    make('span', { class: 'fine' }, t('teach.calibrated')),
    make('strong', { class: 'teach-p', 'data-probability': String(disease.probability) }, exact(disease)),
    bar,
    make('span', { class: 'teach-verdict' }, verdictOf(scene, of, disease.probability)),
  );
}

/** What the answer says about it; normal is no finding. @param {Scene} scene @param {ModelClass} of @param {number} p */
function verdictOf({ run }, of, p) {
  if (run === null || !isFinding(of)) return '';
  const cut = thresholdOf(of);
  return standingText(standing(run.decision.at[operatingPoint()], of.id), cut, digitsBeside(cut, p, of));
}

/** Of a cut, and more where a probability beside it has more to be told from it. @param {number} cut @param {number} p @param {ModelClass} of */
function digitsBeside(cut, p, of) {
  const digits = exactDigits(p, cutsOf(of));
  return digits > digitsBy(p) ? Math.max(digits, digitsBy(cut)) : digitsBy(cut);
}

/** The operating points of a disease, with what they gave on validation photographs. @param {Scene} scene */
export function pointsTable(scene) {
  const of = classes().find((c) => c.id === scene.disease);
  const disease = diseaseOf(scene);
  if (of === undefined || disease === null) return null;
  const head = ['teach.points.name', 'teach.points.from', 'teach.points.found', 'teach.points.spared'];
  const { points } = of;
  if (points === null)
    return make(
      'p',
      { class: 'fine' },
      t('teach.points.one', { cut: cutText(of.threshold, digitsBeside(of.threshold, disease.probability, of)) }),
    );
  const rows = OPERATING_POINTS.map((name) => {
    const { threshold, sensitivity, specificity } = points[name];
    const cut = cutText(threshold, digitsBeside(threshold, disease.probability, of));
    const cells = [cut, percent(sensitivity), percent(specificity)];
    const reached = disease.probability >= threshold;
    return make(
      'tr',
      { class: reached ? 'reached' : '' },
      make('th', { scope: 'row' }, t(`findings.point.${name}`), reached ? ` ✓` : ''),
      ...cells.map((text) => make('td', {}, text)),
    );
  });
  return make(
    'table',
    { class: 'teach-points' },
    make('caption', {}, t('teach.points', { name: capital(nameOf(of)) })),
    make(
      'thead',
      {},
      make(
        'tr',
        {},
        ...head.map((key) => make('th', { scope: 'col' }, t(/** @type {import('../words/i18n.js').Key} */ (key)))),
      ),
    ),
    make('tbody', {}, ...rows),
  );
}
