/**
 * Pictures of a result's layers: tinted, transparent where nothing is. Smooth ones (heatmaps) are made at a reduced
 * size; those with fine lines are tiled, which shows the photograph's own resolution where one looks.
 */

import { DRAWN_LESION_NUMBERS } from '../../constants.js';
import { Tiled } from './tiles.js';

/**
 * @import { Layer, LesionKind, Map16, Patch, ScreenResult } from '../../vmnet.js'
 * @import { Point } from './pose.js'
 * @import { Drawn } from './tiles.js'
 */

/** The vessel overlay: a colour that no retina has. */
const VESSEL = [56, 232, 255];
/** The known truth of a phantom. */
const TRUTH = [190, 255, 90];
const LESION = [255, 255, 255];
/** Arteries, veins, and the stripes that veins have: told apart by lightness and pattern, too, not by hue alone. */
const ARTERY = [255, 132, 116];
const VEIN = [40, 84, 255];
const STRIPE = [188, 214, 255];

/**
 * 256 colours, from the first stop to the last.
 * @param {readonly (readonly number[])[]} stops rgb, evenly spaced, two or more
 * @returns {number[][]} rgb each
 */
export function ramp(stops) {
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return stops[low].map((c, k) => Math.round(c + (stops[low + 1][k] - c) * (at - low)));
  });
}

/** The heatmap: dark violet, magenta, orange, pale yellow. Brightness only rises, and the faint end fades out. */
const HEAT = ramp([
  [76, 29, 149],
  [190, 24, 147],
  [249, 115, 60],
  [255, 240, 160],
]).map((colour, i) => {
  // Nothing below a tenth of the maximum, full from a half on: the photograph stays visible around what counted.
  const alpha = Math.min(1, Math.max(0, (i / 255 - 0.08) / 0.42));
  return [...colour, Math.round(alpha * 255)];
});

/** @typedef {(value: number) => readonly number[]} Colours value 0..255 to rgba */

/** @type {Colours} */
export const heatColours = (value) => HEAT[value];
/** @type {Colours} */
export const vesselColours = (value) => [...VESSEL, value];
/** @type {Colours} */
export const truthColours = (value) => [...TRUTH, value];
/** @type {Colours} */
export const lesionColours = (value) => [...LESION, value];
/** @type {Colours} */
export const greyColours = (value) => [value, value, value, 255];

/** Colours that no retina has, as light as they are different. @type {Record<LesionKind, number[]>} */
const KINDS = {
  microaneurysms: [255, 110, 240],
  haemorrhages: [64, 96, 255],
  hard_exudates: [110, 255, 120],
  soft_exudates: [255, 255, 255],
};

/** One kind of lesion. @param {Layer} map @param {LesionKind} kind @returns {Drawn} */
export function lesionLayer({ width, height, data }, kind) {
  const own = new Uint8Array(data.length);
  const number = DRAWN_LESION_NUMBERS[kind] + 1;
  for (let i = 0; i < own.length; i++) if (data[i] === number) own[i] = 255;
  // seen from afar a small one is a share of a pixel: it must not fade out
  return tiledLayer({ width, height, data: own }, (value) => [...KINDS[kind], Math.min(255, 3 * value)]);
}

/** Stripes along a photograph's longer side: those of veins run from the upper right to the lower left. */
const STRIPES = 160;
/** How much of a vein is stripe. */
const STRIPED = 0.35;

/**
 * The vessel mask's arteries, its veins, and the stripes on these, each in its colour.
 * @param {Pick<ScreenResult, 'vessels' | 'fieldOfView'>} result @param {Map16} map probability of artery
 * @returns {Drawn[]}
 */
export function arteryLayers({ vessels: { width, height, mask }, fieldOfView: { x, y, radius } }, map) {
  const [artery, vein, striped] = [0, 1, 2].map(() => new Uint8Array(width * height));
  const cell = map.width / (2 * radius);
  const stripe = STRIPES / Math.max(width, height);
  const place = (/** @type {number} */ at, /** @type {number} */ middle) =>
    Math.min(map.width - 1, Math.max(0, Math.floor((at + 0.5 - middle + radius) * cell)));
  for (let v = 0, at = 0; v < height; v++) {
    const row = place(v, y) * map.width;
    for (let u = 0; u < width; u++, at++) {
      if (mask[at] === 0) continue;
      if (map.data[row + place(u, x)] >= 0.5) artery[at] = 255;
      else vein[at] = 255;
      if (vein[at] > 0 && ((u + v) * stripe) % 1 < STRIPED) striped[at] = 255;
    }
  }
  /** @type {[Uint8Array<ArrayBuffer>, number[]][]} */
  const coloured = [
    [artery, ARTERY],
    [vein, VEIN],
    [striped, STRIPE],
  ];
  return coloured.map(([data, rgb]) => tiledLayer({ width, height, data }, (value) => [...rgb, value]));
}

/** Shares of a heatmap's own maximum that its contours follow, and how light each line is. */
const CONTOURS = [
  { level: 0.5, colour: '#f9733c' },
  { level: 0.8, colour: '#fff0a0' },
];
/** Cells a side that the contours are followed on: a heatmap is no finer. */
const CONTOUR_SIDE = 192;

/**
 * A heatmap as lines around what counted, at shares of its own maximum: what lies under it stays in sight.
 * @param {Layer} layer
 * @returns {Drawn}
 */
export function contourLayer(layer) {
  const grid = shrunk(layer, fit(layer.width, layer.height, CONTOUR_SIDE));
  const most = grid.data.reduce((a, b) => Math.max(a, b), 0);
  const cell = { x: layer.width / grid.width, y: layer.height / grid.height };
  return lined(
    CONTOURS.map(({ level, colour }) => ({
      colour,
      segments: placed(contour(grid, level * most), { x: 0, y: 0 }, cell),
    })),
    layer,
  );
}

/** Cells a side that outlines are followed on: about as many as the network has for a disc, so that no stair shows. */
const OUTLINE_SIDE = 40;
/** Outlines of the optic disc and of its cup, of which the second is broken: colour alone need not tell them apart. */
const OUTLINES = [
  { colour: '#fff', dashes: 0 },
  { colour: '#ffd84a', dashes: 18 },
];

/**
 * @param {(Patch | null)[]} patches optic disc, cup
 * @param {{ width: number, height: number }} size of the photograph
 * @returns {Drawn}
 */
export function outlineLayer(patches, size) {
  const lines = OUTLINES.flatMap(({ colour, dashes }, i) => {
    const patch = patches[i] ?? null;
    if (patch === null) return [];
    const grid = shrunk(patch, fit(patch.width, patch.height, OUTLINE_SIDE));
    const cell = { x: patch.width / grid.width, y: patch.height / grid.height };
    return [
      {
        colour,
        segments: placed(broken(contour(grid, 255 / 2), dashes), patch, cell),
      },
    ];
  });
  return lined(lines, size);
}

/** A round outline as so many dashes around its middle; 0: whole. @param {number[][]} segments @param {number} dashes */
function broken(segments, dashes) {
  if (dashes === 0) return segments;
  const middle = [0, 1].map((k) => segments.reduce((sum, at) => sum + at[k], 0) / segments.length);
  return segments.filter(([x, y]) => {
    const turn = Math.atan2(y - middle[1], x - middle[0]) / (2 * Math.PI);
    return Math.floor(2 * dashes * (turn + 1)) % 2 === 0;
  });
}

/** From cells to the photograph's pixels. @param {number[][]} segments @param {Point} from @param {Point} cell its size */
function placed(segments, from, cell) {
  return segments.map((at) =>
    at.map((v, k) => (k % 2 === 0 ? from.x + (v + 0.5) * cell.x : from.y + (v + 0.5) * cell.y)),
  );
}

/**
 * Lines with a dark edge, which stand out from every retina, as wide at every zoom.
 * @param {{ colour: string, segments: number[][] }[]} lines x1, y1, x2, y2 in the photograph's pixels
 * @param {{ width: number, height: number }} size of the photograph
 * @returns {Drawn}
 */
function lined(lines, { width: across, height: down }) {
  return {
    draw(context, { scale, left, top, width, height, canvasWidth, canvasHeight }) {
      const stroke = Math.max(2, Math.min(Math.max(canvasWidth, canvasHeight), Math.max(width, height) * scale) / 400);
      const [sx, sy] = [(width * scale) / across, (height * scale) / down];
      context.save();
      context.lineCap = 'round';
      for (const { colour, segments } of lines)
        for (const [lineWidth, style] of [
          [2 * stroke, 'rgb(0 0 0 / 55%)'],
          [stroke, colour],
        ]) {
          context.beginPath();
          for (const [x1, y1, x2, y2] of segments) {
            context.moveTo(left + x1 * sx, top + y1 * sy);
            context.lineTo(left + x2 * sx, top + y2 * sy);
          }
          context.lineWidth = Number(lineWidth);
          context.strokeStyle = String(style);
          context.stroke();
        }
      context.restore();
    },
  };
}

/** Means of the cells. @param {Layer} layer @param {{ width: number, height: number }} size */
function shrunk({ width, height, data }, size) {
  const sums = new Float32Array(size.width * size.height);
  const counts = new Float32Array(size.width * size.height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * size.height) / height) * size.width;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor((x * size.width) / width);
      sums[at] += data[y * width + x];
      counts[at] += 1;
    }
  }
  return { ...size, data: sums.map((sum, i) => sum / Math.max(1, counts[i])) };
}

/**
 * Marching squares: where the level passes between the middles of four cells.
 * @param {{ width: number, height: number, data: Float32Array }} grid @param {number} level above 0
 * @returns {number[][]} x1, y1, x2, y2 in cells
 */
export function contour({ width, height, data }, level) {
  /** @type {number[][]} */
  const segments = [];
  if (!(level > 0)) return segments;
  const value = (/** @type {number} */ x, /** @type {number} */ y) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x];
  for (let y = -1; y < height; y++)
    for (let x = -1; x < width; x++) {
      const corners = [
        [x, y],
        [x + 1, y],
        [x + 1, y + 1],
        [x, y + 1],
      ];
      const crossings = corners.flatMap(([x1, y1], i) => {
        const [x2, y2] = corners[(i + 1) % 4];
        const [a, b] = [value(x1, y1), value(x2, y2)];
        if (a >= level === b >= level) return [];
        const share = (level - a) / (b - a);
        return [[x1 + (x2 - x1) * share, y1 + (y2 - y1) * share]];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) segments.push([...crossings[i], ...crossings[i + 1]]);
    }
  return segments;
}

/**
 * A layer that is sharp at every zoom and of bounded memory (see tiles.js).
 * @param {Layer} layer of the photograph's size @param {Colours} colours
 * @returns {Tiled}
 */
export function tiledLayer(layer, colours) {
  const table = tableOf(colours);
  return new Tiled(
    layer,
    (size) => picture(layer, size.width, size.height, colours),
    (x, y, width, height) => {
      const image = new ImageData(width, height);
      const out = new Uint32Array(image.data.buffer);
      for (let v = 0, at = 0; v < height; v++)
        for (let from = (y + v) * layer.width + x, u = 0; u < width; u++) out[at++] = table[layer.data[from + u]];
      return image;
    },
  );
}

/** The 256 colours as they lie in an ImageData, four bytes at a time. @param {Colours} colours */
function tableOf(colours) {
  const bytes = new Uint8ClampedArray(1024);
  for (let value = 0; value < 256; value++) bytes.set(colours(value), 4 * value);
  return new Uint32Array(bytes.buffer);
}

/** @param {number} width @param {number} height @param {number} most of the longer side */
export function fit(width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/**
 * Adds a row of a layer to the sums of its columns: four at a time, of which most are empty.
 * @param {Uint8Array} data @param {Uint32Array} fours the same, where it begins on a whole one @param {number} from
 * @param {Uint16Array} column of each of the row's pixels @param {Uint32Array} sums
 */
function addRow(data, fours, from, column, sums) {
  const end = from + column.length;
  const first = Math.min(end, (from + 3) & ~3);
  const last = Math.max(first >> 2, Math.min(end >> 2, fours.length));
  for (let at = from; at < first; at++) sums[column[at - from]] += data[at];
  for (let i = first >> 2; i < last; i++) {
    const four = fours[i];
    if (four === 0) continue;
    const at = 4 * i - from;
    sums[column[at]] += four & 255;
    sums[column[at + 1]] += (four >>> 8) & 255;
    sums[column[at + 2]] += (four >>> 16) & 255;
    sums[column[at + 3]] += four >>> 24;
  }
  for (let at = Math.max(first, 4 * last); at < end; at++) sums[column[at - from]] += data[at];
}

/** Means of the cells. @param {Layer} layer @param {number} width @param {number} height */
export function meansOf({ width: fullWidth, height: fullHeight, data }, width, height) {
  const left = Int32Array.from({ length: width + 1 }, (_, x) => Math.floor((x * fullWidth) / width));
  const top = Int32Array.from({ length: height + 1 }, (_, y) => Math.floor((y * fullHeight) / height));
  const column = new Uint16Array(fullWidth);
  for (let x = 0; x < width; x++) column.fill(x, left[x], left[x + 1]);
  const fours = new Uint32Array(data.buffer, 0, data.byteOffset === 0 ? data.length >> 2 : 0);
  const means = new Uint8Array(width * height);
  const sums = new Uint32Array(width);
  for (let y = 0, at = 0; y < height; y++) {
    for (let v = top[y]; v < top[y + 1]; v++) addRow(data, fours, v * fullWidth, column, sums);
    for (let x = 0; x < width; x++, at++) {
      if (sums[x] === 0) continue;
      means[at] = Math.round(sums[x] / ((top[y + 1] - top[y]) * (left[x + 1] - left[x])));
      sums[x] = 0;
    }
  }
  return means;
}

/**
 * @param {Layer} layer
 * @param {number} width of the picture, at most the layer's
 * @param {number} height
 * @param {Colours} colours
 * @returns {OffscreenCanvas}
 */
export function picture(layer, width, height, colours) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const table = tableOf(colours);
  const values = width === layer.width && height === layer.height ? layer.data : meansOf(layer, width, height);
  for (let i = 0; i < out.length; i++) out[i] = table[values[i]];
  context.putImageData(image, 0, 0);
  return canvas;
}
