/** What can be saved of a result, at the photograph's own resolution. */

import { reportHere } from '../case/decision.js';
import { greyColours, picture } from '../viewer/layers.js';
import { greyPng } from './grey-png.js';

/** @import { Disease, ScreenResult } from '../../vmnet.js' */

/** @typedef {{ blob: Blob, name: string }} Download */

/** A photograph's name as the start of file names. @param {string} name */
export function stemOf(name) {
  return name.replace(/\.[^.]+$/, '').replace(/[^\p{L}\p{N}_.-]+/gu, '-') || 'photograph';
}

/**
 * The eye that a person chose stands beside the guess, which stays. Where the patient's answer is the more urgent, it holds no
 * plan: that of this photograph would say less.
 * @param {string} stem @param {ScreenResult} result @param {'OD' | 'OS' | '' | null} chosen @param {{ patient: string } | null} whole
 * @returns {Download}
 */
export function reportFile(stem, { report }, chosen, whole) {
  const laterality = { ...report.laterality, ...(chosen === null ? {} : { chosen: chosen || null }) };
  const { clinic, ...here } = reportHere(report);
  const said = { ...here, ...((whole?.patient ?? '') === '' ? { clinic } : {}), laterality };
  const text = `${JSON.stringify(said, null, 2)}\n`;
  return { blob: new Blob([text], { type: 'application/json' }), name: `${stem}-report.json` };
}

/** @param {string} stem @param {{ width: number, height: number, vessels: { mask: Uint8Array<ArrayBuffer> } }} of @returns {Promise<Download>} */
export async function maskFile(stem, { width, height, vessels }) {
  return { blob: await greyPng({ width, height, data: vessels.mask }), name: `${stem}-vessels.png` };
}

/**
 * As large as the photograph, on which it can be laid then.
 * @param {string} stem @param {Disease} disease @param {{ width: number, height: number }} size the photograph's
 * @returns {Promise<Download | null>} null where it has no heatmap
 */
export async function heatmapFile(stem, { id, heatmap }, { width, height }) {
  if (heatmap === null) return null;
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(picture(heatmap, heatmap.width, heatmap.height, greyColours), 0, 0, width, height);
  return { blob: await canvas.convertToBlob(), name: `${stem}-heatmap-${id}.png` };
}

/** @param {Download} file */
export function save({ blob, name }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
