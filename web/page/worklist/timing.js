/** How long it will still take, from how long the last photographs took. */

/** So many of the last ones count: enough to even out, few enough to follow a change. */
const LAST = 20;

export class TimeLeft {
  /** @type {number[]} */
  #took = [];

  /** @param {number} milliseconds of one photograph */
  add(milliseconds) {
    this.#took.push(milliseconds);
    if (this.#took.length > LAST) this.#took.shift();
  }

  /** Milliseconds for so many more; null while it cannot be told. @param {number} count */
  of(count) {
    if (this.#took.length < 2) return null;
    return (this.#took.reduce((sum, t) => sum + t, 0) / this.#took.length) * count;
  }
}
