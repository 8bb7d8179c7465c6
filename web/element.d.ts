/** <vmnet-screen>: a photograph's answer in any page. Research and teaching, not a medical device. */

import type { LoadOptions, Photograph, PointName, Progress, ScreenResult, VmnetError } from './vmnet.js';

export class VmnetScreen extends HTMLElement {
  /**
   * The photograph's address. A new one clears the answer at once and is screened as soon as the element is in a page; '' or
   * none clears the answer and asks for a file. Attribute `src`.
   */
  src: string;
  /** en, zh, es, fr, hi, ar. Default: of the nearest `lang`, else the browser's. Attribute `language`. */
  language: string;
  /** Of the answer: 'screening', 'balanced' (default) or 'specific'; can be changed at any time. Attribute `point`. */
  point: PointName;
  /** 'photograph' (default), 'vessels', the id of a finding for its heatmap, or 'none'. Attribute `show`. */
  show: string;
  /** Of load(); set before the first photograph. Elements with the same options share one model. */
  options: LoadOptions;
  /** null until a photograph is screened. Its `picture` is the element's, to be left open. In a form, `name` and the report as JSON are what is submitted. */
  readonly result: ScreenResult | null;
  /**
   * Screens a photograph that the page has, and draws it. Another one that is under way is cancelled, without an event; so is
   * this one when the element is taken out of the page, but not when it is moved within one task.
   * @throws {VmnetError}
   */
  screen(photograph: Photograph): Promise<ScreenResult>;
}

/** Makes the element known to the page. Does nothing on a server, or if it is known. @param name Default 'vmnet-screen'. */
export function define(name?: string): void;

declare global {
  interface HTMLElementTagNameMap {
    'vmnet-screen': VmnetScreen;
  }
  /** The element's events; they bubble, and leave shadow trees. A photograph that is cancelled has none. */
  interface GlobalEventHandlersEventMap {
    'vmnet-progress': CustomEvent<Progress>;
    'vmnet-result': CustomEvent<ScreenResult>;
    'vmnet-error': CustomEvent<VmnetError>;
  }
}
