/** The few parts of lit-html that the page uses. */

/** What a template drew. */
export interface Drawing {
  readonly strings: TemplateStringsArray;
}

export function html(strings: TemplateStringsArray, ...values: unknown[]): Drawing;
export function render(drawing: Drawing, into: HTMLElement): void;
/** No attribute. */
export const nothing: unique symbol;
