/**
 * A table of thousands of rows: only those in sight are in the document, gaps stand for the others. All rows are equally
 * high. What has the focus stays, in sight or not.
 */

import { render } from '../../vendor/lit.js';
import { make } from '../shell/dom.js';

/** @import { Drawing } from '../../vendor/lit.js' */

/** Rows drawn beyond what is in sight. */
const BEYOND = 8;
/** Until a row was measured. */
const GUESSED_HEIGHT = 64;

/**
 * @template T
 * @typedef {object} Source
 * @property {(item: T) => string} keyOf
 * @property {(item: T) => Drawing} cellsOf
 */

/** @template T */
export class WindowedRows {
  #scroller;
  #table;
  #body;
  #source;
  /** @type {T[]} */
  #items = [];
  /** @type {Map<string, HTMLElement>} by key */
  #drawn = new Map();
  #height = GUESSED_HEIGHT;
  #frame = 0;

  /**
   * @param {HTMLElement} scroller what the table may be scrolled in; or else the page
   * @param {HTMLTableElement} table with a body
   * @param {Source<T>} source
   */
  constructor(scroller, table, source) {
    this.#scroller = scroller;
    this.#table = table;
    this.#body = table.tBodies[0];
    this.#source = source;
    addEventListener('scroll', () => this.#ask(), { capture: true, passive: true });
    addEventListener('resize', () => this.#ask());
    new ResizeObserver(() => this.#ask()).observe(scroller);
    this.#body.addEventListener('focusout', () => this.#ask());
  }

  /** Whether someone is writing or choosing in a row: then rows stay where they are. */
  get edited() {
    const active = document.activeElement;
    return this.#body.contains(active) && (active instanceof HTMLInputElement || active instanceof HTMLSelectElement);
  }

  /** @param {T[]} items all rows, in their order */
  show(items) {
    this.#items = items;
    this.#table.setAttribute('aria-rowcount', String(items.length + 1));
    this.draw();
  }

  #ask() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  /** Puts this row into sight and the focus on a part of it. @param {string} key @param {string} part its data-part */
  focus(key, part) {
    const index = this.#items.findIndex((item) => this.#source.keyOf(item) === key);
    if (index < 0) return;
    this.#bring(index);
    this.draw();
    this.#partOf(this.#drawn.get(key), part)?.focus({ preventScroll: true });
  }

  /** @param {number} index */
  #bring(index) {
    const [first, last] = this.#inSight(0);
    if (index >= first && index < last - 1) return;
    const top = this.#body.getBoundingClientRect().top + index * this.#height;
    const { top: edge, height } = this.#scroller.getBoundingClientRect();
    if (this.#scroller.scrollHeight > this.#scroller.clientHeight + 1)
      this.#scroller.scrollTop += top - edge - height / 2;
    else scrollBy(0, top - innerHeight / 2);
  }

  draw() {
    if (this.#items.length === 0) this.#empty();
    if (this.#table.offsetParent === null) return; // not shown
    this.#fill();
    const real = this.#body.querySelector('tr[data-key]');
    const height = real?.getBoundingClientRect().height ?? 0;
    if (height === 0 || Math.abs(height - this.#height) < 0.5) return;
    this.#height = height;
    this.#fill();
  }

  /** Also while the table is not shown: names of an emptied series do not stay in the document. */
  #empty() {
    this.#drawn.clear();
    this.#body.replaceChildren();
  }

  /** First and one after the last row in sight. @param {number} beyond */
  #inSight(beyond) {
    const { top } = this.#body.getBoundingClientRect();
    const frame = this.#scroller.getBoundingClientRect();
    const first = Math.floor((Math.max(frame.top, 0) - top) / this.#height) - beyond;
    const last = Math.ceil((Math.min(frame.bottom, innerHeight) - top) / this.#height) + beyond;
    const within = (/** @type {number} */ i) => Math.min(this.#items.length, Math.max(0, i));
    return [within(first), Math.max(within(first), within(last))];
  }

  #fill() {
    const active = document.activeElement;
    const focused = active instanceof HTMLElement && this.#body.contains(active) ? active : null;
    const focusedKey = focused?.closest('tr')?.dataset.key;
    const part = focused?.dataset.part ?? '';
    const wanted = this.#wanted(focusedKey);
    /** @type {HTMLElement[]} */
    const nodes = [];
    /** @type {Map<string, HTMLElement>} */
    const drawn = new Map();
    let next = 0;
    for (const index of wanted) {
      if (index > next) nodes.push(this.#gap(index - next));
      const row = this.#row(this.#items[index], index);
      drawn.set(row.dataset.key ?? '', row);
      nodes.push(row);
      next = index + 1;
    }
    if (next < this.#items.length) nodes.push(this.#gap(this.#items.length - next));
    this.#drawn = drawn;
    this.#put(nodes);
    if (focusedKey !== undefined && document.activeElement !== focused)
      this.#partOf(drawn.get(focusedKey), part)?.focus({ preventScroll: true });
  }

  /** Indices of the rows to draw, rising. @param {string | undefined} focusedKey */
  #wanted(focusedKey) {
    const [first, last] = this.#inSight(BEYOND);
    const wanted = Array.from({ length: last - first }, (_, i) => first + i);
    if (focusedKey === undefined) return wanted;
    const focused = this.#items.findIndex((item) => this.#source.keyOf(item) === focusedKey);
    if (focused >= 0 && focused < first) wanted.unshift(focused);
    if (focused >= last) wanted.push(focused);
    return wanted;
  }

  /** Only what changed is moved: a node that is moved loses the focus. @param {HTMLElement[]} nodes */
  #put(nodes) {
    const stay = new Set(nodes);
    for (const child of [...this.#body.children]) if (!stay.has(/** @type {HTMLElement} */ (child))) child.remove();
    for (const [i, node] of nodes.entries()) {
      const there = this.#body.children[i];
      if (there !== node) this.#body.insertBefore(node, there ?? null);
    }
  }

  /** @param {number} rows that are not drawn */
  #gap(rows) {
    const columns = this.#table.tHead?.rows[0]?.cells.length ?? 1;
    const row = make('tr', { class: 'gap', 'aria-hidden': 'true' }, make('td', { colspan: String(columns) }));
    row.style.height = `${rows * this.#height}px`;
    return row;
  }

  /** Only what differs is written: a field in which someone writes is left alone. @param {T} item @param {number} index */
  #row(item, index) {
    const key = this.#source.keyOf(item);
    const row = this.#drawn.get(key) ?? make('tr', { role: 'row', 'data-key': key });
    row.setAttribute('aria-rowindex', String(index + 2)); // 1 is the head
    render(this.#source.cellsOf(item), row);
    return row;
  }

  /** @param {HTMLElement | undefined} row @param {string} part */
  #partOf(row, part) {
    const found = row?.querySelector(`[data-part="${CSS.escape(part)}"]`);
    return found instanceof HTMLElement ? found : null;
  }
}
