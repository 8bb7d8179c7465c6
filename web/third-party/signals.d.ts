/** The few parts of @preact/signals-core that the page uses. */

export interface Signal<T> {
  value: T;
  /** The value, without being told of the next one. */
  peek(): T;
}

export function signal<T>(value: T): Signal<T>;
/** Runs now, and again after each change of a signal that was read. */
export function effect(run: () => void): () => void;
/** Reads signals without being told of their changes. */
export function untracked<T>(run: () => T): T;
/** Effects run once, at its end. */
export function batch<T>(run: () => T): T;
