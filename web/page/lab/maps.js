/** Arithmetic on layers, maps and places. Knows nothing of the page. */

/** @import { Layer, Map16, Stages } from '../../vmnet.js' */

/** @typedef {{ x: number, y: number }} Place in the photograph's pixels */
/** @typedef {{ left: number, top: number, side: number }} Square */

/** The square around the field of view: what the network gets. @param {Place & { radius: number }} field @returns {Square} */
export function squareOf({ x, y, radius }) {
  return { left: x - radius, top: y - radius, side: 2 * radius };
}

/**
 * The part of a layer that lies in the square; black where that sticks out.
 * @param {Layer} layer @param {Square} square
 * @param {number} side of what comes out
 * @returns {Layer}
 */
export function cut({ width, height, data }, square, side) {
  const out = new Uint8Array(side * side);
  const step = square.side / side;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const column = Math.floor(square.left + (x + 0.5) * step);
      const row = Math.floor(square.top + (y + 0.5) * step);
      if (column >= 0 && row >= 0 && column < width && row < height) out[y * side + x] = data[row * width + column];
    }
  return { width: side, height: side, data: out };
}

/**
 * A map over the square, 0..1, as a layer: what lies outside the field of view or the photograph is black.
 * @param {Map16} map @param {Square} square @param {{ width: number, height: number }} photograph
 * @returns {Layer}
 */
export function layerOf({ width, height, data }, square, photograph) {
  const out = new Uint8Array(width * height);
  const half = square.side / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(square.side * (x + 0.5)) / width - half, (square.side * (y + 0.5)) / height - half];
      const [column, row] = [square.left + half + dx, square.top + half + dy];
      const seen = column >= 0 && row >= 0 && column < photograph.width && row < photograph.height;
      if (seen && dx * dx + dy * dy <= half * half) out[y * width + x] = Math.round(255 * data[y * width + x]);
    }
  return { width, height, data: out };
}

/**
 * a, as training left it, from after = before * (1 + a * strength * guide); null where these maps do not tell.
 * @param {Stages} stages @param {number} strength 0..1
 */
export function learntStrength({ before, guide, after }, strength) {
  let change = 0;
  let guided = 0;
  for (let i = 0; i < before.data.length; i++) {
    change += after.data[i] - before.data[i];
    guided += before.data[i] * guide.data[i];
  }
  return strength > 0 && guided > 0 ? change / (strength * guided) : null;
}

/** @param {Map16} map @returns {[number, number]} the least and the largest value */
export function rangeOf({ data }) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/**
 * How well a mask meets the truth.
 * @param {Uint8Array} found @param {Uint8Array} truth
 * @returns {{ dice: number, sensitivity: number, precision: number }} 0..1; NaN where there is nothing to find
 */
export function agreement(found, truth) {
  let both = 0;
  let inFound = 0;
  let inTruth = 0;
  for (let i = 0; i < truth.length; i++) {
    if (found[i] !== 0) inFound += 1;
    if (truth[i] === 0) continue;
    inTruth += 1;
    if (found[i] !== 0) both += 1;
  }
  return { dice: (2 * both) / (inFound + inTruth), sensitivity: both / inTruth, precision: both / inFound };
}

/** What agreementLayer holds. */
export const AGREE = { hit: 255, missed: 170, extra: 85 };

/** Pixel by pixel: hit, missed or extra. @param {Layer} found @param {Layer} truth @returns {Layer} */
export function agreementLayer(found, truth) {
  const data = new Uint8Array(truth.data.length);
  for (let i = 0; i < data.length; i++)
    if (truth.data[i] !== 0) data[i] = found.data[i] !== 0 ? AGREE.hit : AGREE.missed;
    else if (found.data[i] !== 0) data[i] = AGREE.extra;
  return { width: truth.width, height: truth.height, data };
}

/**
 * The connected places of a mask, each as the circle around its centre that has its area.
 * @param {Layer} mask
 * @returns {(Place & { radius: number, pixels: number })[]}
 */
export function placesOf({ width, height, data }) {
  const seen = new Uint8Array(data.length);
  const places = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start] === 1) continue;
    seen[start] = 1;
    const stack = [start];
    let pixels = 0;
    let sumX = 0;
    let sumY = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      pixels += 1;
      sumX += x + 0.5;
      sumY += y + 0.5;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (data[next] === 0 || seen[next] === 1) continue;
          seen[next] = 1;
          stack.push(next);
        }
    }
    places.push({ x: sumX / pixels, y: sumY / pixels, radius: Math.sqrt(pixels / Math.PI), pixels });
  }
  return places;
}

/** How far a place is from the mask: 0 on it, Infinity where the mask is empty. @param {Layer} mask @param {Place} place */
export function distanceTo({ width, height, data }, { x, y }) {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column >= 0 && row >= 0 && column < width && row < height && data[row * width + column] !== 0) return 0;
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0) continue;
    const u = at % width;
    best = Math.min(best, (u + 0.5 - x) ** 2 + ((at - u) / width + 0.5 - y) ** 2);
  }
  return Math.sqrt(best);
}

/**
 * Where a heatmap is strongest, in the photograph's pixels: the middle of its highest plateau; null where it is empty.
 * @param {Layer} heatmap cut to the square @param {Square} square
 * @returns {Place | null}
 */
export function peakOf({ width, height, data }, square) {
  let first = 0;
  for (let i = 1; i < data.length; i++) if (data[i] > data[first]) first = i;
  if (data.length === 0 || data[first] === 0) return null;
  const reach = Math.round(width / 16); // two cells of the network's grid: another summit of equal height is not mixed in
  const [x0, y0] = [first % width, Math.floor(first / width)];
  let [count, sumX, sumY] = [0, 0, 0];
  for (let y = y0; y <= Math.min(height - 1, y0 + reach); y++)
    for (let x = Math.max(0, x0 - reach); x <= Math.min(width - 1, x0 + reach); x++)
      if (data[y * width + x] === data[first]) {
        count += 1;
        sumX += x + 0.5;
        sumY += y + 0.5;
      }
  const scale = square.side / width;
  return { x: square.left + (sumX / count) * scale, y: square.top + (sumY / count) * scale };
}
