/** Few numbers out of many, such that a busy moment of the machine counts little. */

/** @param {number[]} sorted @param {number} at 0..1 */
function quantile(sorted, at) {
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (place - below);
}

/** @param {number[]} values */
export function median(values) {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** @param {number[]} values milliseconds */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ q) => round(quantile(sorted, q), 4);
  return {
    median: at(0.5),
    least: at(0),
    lower_quartile: at(0.25),
    upper_quartile: at(0.75),
    most: at(1),
    of: sorted.length,
  };
}

/** @param {number[]} values */
export const least = (values) => Math.min(...values);

/**
 * a over b: the median, the least and the largest of the ratios within each round, and the ratio of the least times, which a
 * busy machine moves less.
 * @param {number[]} a @param {number[]} b of the same rounds
 */
export function ratio(a, b) {
  const pairs = a.map((value, i) => value / b[i]);
  return {
    median: round(median(pairs), 3),
    from: round(least(pairs), 3),
    to: round(Math.max(...pairs), 3),
    of_least: round(least(a) / least(b), 3),
  };
}

/** The k of y = c x^k, by least squares on the logarithms. @param {number[]} x @param {number[]} y */
export function exponent(x, y) {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0) / list.length;
  const [mu, mv] = [mean(u), mean(v)];
  const over = u.reduce((sum, a, i) => sum + (a - mu) * (v[i] - mv), 0);
  return round(over / u.reduce((sum, a) => sum + (a - mu) ** 2, 0), 3);
}

/** @param {number} value @param {number} digits */
export function round(value, digits) {
  return Number(value.toFixed(digits));
}
