/**
 * <vmnet-screen>: a photograph's answer in any page. Types and documentation: element.d.ts. It draws what the report says
 * and decides nothing. It builds its nodes and its style sheet by script calls alone, so that strict policies and Trusted Types pass.
 */

import { againOf, digitsBy, GRADED, isFlagged, standing, toldFromCut, whyOf } from './answer.js';
import { LANGUAGES, wordsFor } from './element-words.js';
import { aborted, messageOf, VmnetError } from './errors.js';
import { load } from './vmnet.js';

/**
 * @import { Standing } from './answer.js'
 * @import { Decision, Grade, LoadOptions, Model, Photograph, PointName, Progress, ScreenResult } from './vmnet.js'
 * @import { Words } from './element-words.js'
 */

const STYLE = `
:host { display: block; --text: var(--vmnet-text, CanvasText); --line: var(--vmnet-border, color-mix(in srgb, var(--text) 25%, transparent));
  color: var(--text); background: var(--vmnet-background, Canvas); font: var(--vmnet-font, 1rem/1.5 system-ui, sans-serif); }
:host([hidden]) { display: none; }
[part=base] { display: grid; gap: 0.75em; padding: 1em; border: 1px solid var(--line); border-radius: 0.5em; }
[part=base] > * { margin: 0; }
[hidden] { display: none !important; }
[part=choose] { justify-self: start; padding: 0.5em 1em; border: 1px solid var(--line); border-radius: 0.4em; cursor: pointer; }
[part=choose]:focus-within { outline: 3px solid var(--vmnet-accent, Highlight); outline-offset: 2px; }
.heard, [part=choose] input { position: absolute; overflow: hidden; clip-path: inset(50%); inline-size: 1px; block-size: 1px; opacity: 0; }
[part=photograph] { max-inline-size: 100%; max-block-size: 60vh; justify-self: center; background: #000; }
[part=progress] { inline-size: 100%; accent-color: var(--vmnet-accent, Highlight); }
[part=answer] { font-size: 1.4em; font-weight: 700; line-height: 1.25; padding-inline-start: 0.6em; border-inline-start: 0.3em solid var(--vmnet-accent, Highlight); }
[part=findings] { display: grid; grid-template-columns: 1fr auto auto; gap: 0.25em 1em; padding: 0; list-style: none; }
[part=findings] li { display: contents; }
[part=findings] .suspected { font-weight: 700; }
[part=findings] .grade { grid-column: 1 / -1; font-size: 0.875em; font-weight: 400; }
[part=coverage], [part=notice], [part=status] { font-size: 0.875em; }
[part=notice] { border-block-start: 1px solid var(--line); padding-block-start: 0.5em; }
`;

/** Longest side of what is drawn. */
const DRAWN_SIDE = 1024;
/** What is to be done, by the rules that the page is shipped with. */
const ACTIONS = { refer: 'refer', unclear: 'look', 'no-finding': 'none' };
/** Colours of what lies over the photograph: vessels, heatmap. */
const OVERLAY = { vessels: [0, 220, 255], heatmap: [255, 90, 0] };

/** On a server there are no elements: to import this does nothing there. @type {typeof HTMLElement} */
const Element = globalThis.HTMLElement ?? class {};

// ---- models: elements with the same options share one ----

/** @type {Map<string, { model: Promise<Model>, users: Set<object>, tell: Set<(p: Progress) => void> }>} */
const models = new Map();

/** @param {LoadOptions} options @param {object} user @param {(p: Progress) => void} tell */
async function modelFor(options, user, tell) {
  const key = JSON.stringify(options, (_, value) => (value instanceof URL ? value.href : value));
  let shared = models.get(key);
  if (shared === undefined) {
    /** @type {Set<(p: Progress) => void>} */
    const listeners = new Set();
    const onProgress = (/** @type {Progress} */ p) => {
      for (const listener of listeners) listener(p);
    };
    shared = { model: load({ ...options, onProgress }), users: new Set(), tell: listeners };
    models.set(key, shared);
  }
  shared.users.add(user);
  shared.tell.add(tell);
  try {
    return await shared.model;
  } catch (error) {
    if (models.get(key) === shared) models.delete(key); // the next one tries again
    throw error;
  } finally {
    shared.tell.delete(tell);
  }
}

/** @param {object} user */
function leave(user) {
  for (const [key, { model, users }] of models)
    if (users.delete(user) && users.size === 0) {
      models.delete(key);
      model.then(
        (m) => m.close(),
        () => {},
      );
    }
}

// ---- words ----

/** The report's words in one language. */
class Speaker {
  /** @param {string} language @param {Words} words */
  constructor(language, words) {
    this.language = language;
    this.words = words;
    // As the page: digits 0 to 9 in Arabic too.
    this.locale = language === 'ar' ? 'ar-u-nu-latn' : language;
  }

  /** @param {string} key */
  has(key) {
    return typeof this.words[key] === 'string';
  }

  /** @param {string} key @param {Record<string, string>} [values] */
  say(key, values = {}) {
    const text = this.has(key) ? /** @type {string} */ (this.words[key]) : key;
    return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  }

  /** @param {string[]} parts */
  list(parts) {
    return new Intl.ListFormat(this.language, { type: 'conjunction' }).format(parts);
  }

  /** @param {number} share @param {number} [digits] after the point, at most */
  percent(share, digits = 1) {
    const write = (/** @type {number} */ value) =>
      new Intl.NumberFormat(this.locale, { style: 'percent', maximumFractionDigits: digits }).format(value);
    const step = 10 ** -(digits + 2);
    // Never 0 % or 100 % unless it is; isolated, so that the sign stays before the number in Arabic too.
    if (share > 0 && share < step / 2) return `\u2066< ${write(step)}\u2069`;
    if (share < 1 && share >= 1 - step / 2) return `\u2066> ${write(1 - step)}\u2069`;
    return write(share);
  }

  /** Of what is flagged with its cut, which "< 1 %" would say nothing of. @param {number} share @param {Standing} said @param {number} cut @returns {string[]} */
  finding(share, said, cut) {
    const write = (/** @type {number} */ value, /** @type {number} */ digits) => this.percent(value, digits);
    const chance = toldFromCut(share, said, cut, write, 1);
    if (!isFlagged(said)) return [chance, this.say(`findings.${said}`)];
    return [chance, this.say(`findings.${said}.from`, { low: write(cut, digitsBy(cut)) })];
  }

  /** With what it is worth; '' where there is none. @param {Grade | undefined} of */
  grade(of) {
    if (of?.reason === 'disagrees') return this.say('grade.disagrees');
    if (!of?.valid) return '';
    const line = this.say('grade.line', { grade: String(of.grade), name: this.say(`grade.${of.grade}`) });
    return this.say('grade.sentence', { line });
  }

  /** @param {string} id @param {string} [name] from the weights */
  disease(id, name = id) {
    return this.has(`disease.${id}.name`) ? this.say(`disease.${id}.name`) : name;
  }

  /** @returns {import('./answer.js').Words} */
  get #own() {
    return {
      say: (key, values) => this.say(key, values),
      has: (key) => this.has(key),
      list: (parts) => this.list(parts),
      nameOf: (id) => this.disease(id),
    };
  }

  /** @param {Decision} decision */
  why(decision) {
    return whyOf(decision, decision.looks_for, this.#own);
  }

  /** @param {Decision} decision */
  whatToDo(decision) {
    const { answer } = decision;
    return answer === 'repeat' ? againOf(decision, this.#own) : this.say(`decision.do.${ACTIONS[answer]}`);
  }

  /** @param {Decision} decision */
  coverage({ looks_for: looksFor }) {
    return this.say('decision.covers', { names: this.list(looksFor.map((id) => this.disease(id))) });
  }
}

/** @param {string} tag @param {string} part @param {Record<string, string>} [attributes] */
function make(tag, part, attributes = {}) {
  const element = document.createElement(tag);
  if (part !== '') element.setAttribute('part', part);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// ---- the element ----

const PROPERTIES = /** @type {const} */ (['src', 'language', 'point', 'show']);

export class VmnetScreen extends Element {
  static observedAttributes = ['src', 'language', 'point', 'show'];
  static formAssociated = true;

  /** Options of load(); set before the first photograph, and before define() if need be. @type {LoadOptions} */
  options = Object.hasOwn(this, 'options') ? /** @type {any} */ (this).options : {};
  #internals;
  #parts;
  /** @type {ScreenResult | null} */
  #result = null;
  /** @type {AbortController | null} */
  #run = null;
  /** Whether the photograph that `src` names is yet to be screened to its end. */
  #due = false;
  /** @type {Speaker | null} */
  #speaker = null;
  /** @type {VmnetError | null} */
  #error = null;
  /** @type {string | null} */
  #phase = null;

  constructor() {
    super();
    this.#internals = this.attachInternals?.();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const input = /** @type {HTMLInputElement} */ (
      make('input', '', {
        type: 'file',
        accept: 'image/jpeg,image/png,image/webp,image/tiff,.tif,.tiff,application/dicom,.dcm',
      })
    );
    const choose = make('label', 'choose');
    const text = make('span', '');
    choose.append(text, input);
    this.#parts = {
      base: make('div', 'base'),
      text,
      photograph: /** @type {HTMLCanvasElement} */ (make('canvas', 'photograph', { role: 'img' })),
      progress: /** @type {HTMLProgressElement} */ (make('progress', 'progress', { max: '1' })),
      status: make('p', 'status', { role: 'status' }),
      answer: make('p', 'answer'),
      reasons: make('p', 'reasons'),
      note: make('p', 'note'),
      advice: make('p', 'advice'),
      findings: make('ul', 'findings', { role: 'list' }),
      coverage: make('p', 'coverage'),
      notice: make('p', 'notice'),
    };
    const { base, ...rest } = this.#parts;
    base.append(choose, ...Object.values(rest).filter((part) => part !== text));
    root.append(base);
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file) this.screen(file).catch(() => {}); // told by its event
    });
    this.#draw();
  }

  connectedCallback() {
    this.#adopt();
    this.#speak();
    this.#begin();
  }

  /** What was set before define() lies in front of the properties: their own setters get it. */
  #adopt() {
    for (const name of PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete (/** @type {Partial<VmnetScreen>} */ (this)[name]);
      /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (this))[name] = value;
    }
  }

  /** As frameworks do it: null and undefined are none. @param {string} name @param {unknown} value */
  #put(name, value) {
    if (value === null || value === undefined) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  disconnectedCallback() {
    const run = this.#run;
    queueMicrotask(() => {
      const another = this.#run !== null && this.#run !== run;
      if (this.isConnected || another) return; // it was moved, or given a photograph while it is nowhere
      this.#stop();
      this.#draw();
      leave(this);
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === 'language') this.#speak();
    else if (name === 'src') {
      this.#forget();
      this.#due = this.src !== '';
      this.#begin();
    }
    this.#draw();
  }

  get src() {
    return this.getAttribute('src') ?? '';
  }
  set src(value) {
    this.#put('src', value);
  }
  get language() {
    const wanted = this.getAttribute('language') ?? this.closest('[lang]')?.getAttribute('lang') ?? navigator.language;
    const base = wanted.toLowerCase().split('-')[0];
    return LANGUAGES.includes(base) ? base : 'en';
  }
  set language(value) {
    this.#put('language', value);
  }
  /** @returns {PointName} */
  get point() {
    return /** @type {PointName} */ (this.getAttribute('point') ?? 'balanced');
  }
  set point(value) {
    this.#put('point', value);
  }
  get show() {
    return this.getAttribute('show') ?? 'photograph';
  }
  set show(value) {
    this.#put('show', value);
  }
  get result() {
    return this.#result;
  }

  /** @param {Photograph} photograph @returns {Promise<ScreenResult>} */
  async screen(photograph) {
    this.#due = false;
    return this.#screen(async () => photograph);
  }

  /** What `src` names, if that is due: once all that happens in this task has happened, and only in a page. */
  #begin() {
    queueMicrotask(() => {
      if (!this.#due || this.#run !== null || !this.isConnected) return;
      const { src } = this;
      this.#screen((signal) => fetchPhotograph(new URL(src, document.baseURI), signal)).catch(() => {}); // told by its event
    });
  }

  /** Ends what is under way; what is due stays due. */
  #stop() {
    this.#run?.abort();
    this.#run = null;
    this.#phase = null;
  }

  /** Nothing of an earlier photograph stays. */
  #forget() {
    this.#stop();
    this.#result?.picture?.close();
    [this.#result, this.#error] = [null, null];
    this.#internals?.setFormValue?.(null);
  }

  /** @param {(signal: AbortSignal) => Promise<Photograph>} take @returns {Promise<ScreenResult>} */
  async #screen(take) {
    this.#forget();
    const run = new AbortController();
    const { signal } = run;
    this.#run = run;
    const onProgress = (/** @type {Progress} */ progress) => {
      if (signal.aborted) return;
      this.#phase = progress.phase;
      this.#parts.progress.value = progress.fraction ?? 0;
      this.#draw();
      this.#tell('vmnet-progress', progress);
    };
    try {
      onProgress({ phase: 'module', fraction: 0 });
      const [model, photograph] = await Promise.all([modelFor(this.options, this, onProgress), take(signal)]);
      if (signal.aborted) throw aborted('photograph', signal.reason);
      const result = await model.screen(photograph, {
        point: this.point,
        pictureSide: DRAWN_SIDE,
        vesselProbability: true, // `show` can change at any time, and `result` is the page's too
        onProgress,
        signal,
      });
      if (signal.aborted) throw aborted('photograph', signal.reason);
      this.#result = result;
      this.#internals?.setFormValue?.(JSON.stringify(result.report));
      this.#end();
      this.#tell('vmnet-result', result);
      return result;
    } catch (error) {
      if (signal.aborted) throw aborted('photograph', signal.reason); // whatever it broke: nothing failed
      const failure =
        error instanceof VmnetError ? error : new VmnetError('runtime', messageOf(error), { cause: error });
      this.#error = failure;
      this.#end();
      this.#tell('vmnet-error', failure);
      throw failure;
    }
  }

  #end() {
    [this.#run, this.#phase, this.#due] = [null, null, false];
    this.#draw();
  }

  /** @param {string} type @param {unknown} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  async #speak() {
    const { language } = this;
    const words = await wordsFor(language).catch(() => wordsFor('en'));
    if (language !== this.language) return; // another one was chosen meanwhile
    this.#speaker = new Speaker(language, words);
    this.#draw();
  }

  /** Everything as it is now. */
  #draw() {
    const speaker = this.#speaker;
    const { base, text, photograph, progress, status, answer, reasons, note, advice, findings, coverage, notice } =
      this.#parts;
    const decision = this.#decision();
    progress.hidden = this.#phase === null;
    const turned = this.#result?.orientation?.turned ?? 0;
    for (const part of [answer, reasons, advice, findings, coverage]) part.hidden = decision === null;
    note.hidden = decision === null || turned === 0;
    photograph.hidden = decision === null || this.show === 'none';
    if (speaker === null) return;
    base.lang = speaker.language;
    base.dir = speaker.language === 'ar' ? 'rtl' : 'ltr';
    text.textContent = speaker.say('start.choose');
    progress.setAttribute('aria-label', speaker.say('phase.network'));
    notice.textContent = speaker.say('page.notice');
    status.textContent = this.#status(speaker);
    // The answer is announced, and stands below for the eye.
    status.classList.toggle('heard', decision !== null);
    if (decision === null) {
      for (const part of [answer, reasons, note, advice, findings, coverage]) part.replaceChildren();
      photograph.removeAttribute('aria-label');
      photograph.width = 0;
      delete photograph.dataset.shows;
      delete base.dataset.answer;
      return;
    }
    answer.textContent = speaker.say(`decision.${decision.answer}`);
    base.dataset.answer = decision.answer;
    reasons.textContent = speaker.why(decision);
    note.textContent = turned === 0 ? '' : speaker.say(`file.turned.${turned}`);
    advice.textContent = speaker.whatToDo(decision);
    coverage.textContent = speaker.coverage(decision);
    photograph.setAttribute('aria-label', answer.textContent);
    this.#list(speaker, decision);
    if (!photograph.hidden) this.#paint();
  }

  /** At the point in use: the report holds all of them. @returns {Decision | null} */
  #decision() {
    if (this.#result === null) return null;
    const { decision } = this.#result;
    const at = decision.at[this.point];
    return at === undefined ? decision : { ...decision, ...at, operating_point: this.point };
  }

  /** @param {Speaker} speaker */
  #status(speaker) {
    if (this.#error !== null) {
      const { code, message } = this.#error;
      const key = speaker.has(`error.${code}`) ? code : 'page';
      const parts = [`error.${key}`, `error.${key}.problem`, `error.${key}.remedy`].filter((k) => speaker.has(k));
      return `${parts.map((k) => speaker.say(k).replace(/\.$/, '')).join('. ')}. (${message})`;
    }
    if (this.#phase !== null) return speaker.say(`phase.${this.#phase}`);
    const decision = this.#decision();
    return decision === null ? '' : speaker.say(`decision.${decision.answer}`);
  }

  /** @param {Speaker} speaker @param {Decision} decision */
  #list(speaker, decision) {
    const rows = (this.#result?.diseases ?? []).filter(({ id }) => id !== 'normal');
    const judged = decision.answer !== 'repeat';
    this.#parts.findings.replaceChildren(
      ...rows.map(({ id, name, probability, cuts }) => {
        const said = standing(decision, id);
        const cut = cuts[decision.operating_point];
        const row = make('li', '');
        row.classList.toggle('suspected', said === 'suspected');
        // Of a photograph that cannot be judged no number is shown as if it could.
        const cells = judged ? speaker.finding(probability, said, cut) : ['', ''];
        for (const cell of [speaker.disease(id, name), ...cells]) {
          const span = make('span', '');
          span.textContent = cell;
          row.append(span);
        }
        const grade = id === GRADED && isFlagged(said) ? speaker.grade(this.#result?.grade) : '';
        if (grade !== '') {
          const span = make('span', '');
          span.className = 'grade';
          span.textContent = grade;
          row.append(span);
        }
        return row;
      }),
    );
    this.#parts.findings.hidden = !judged;
    this.#parts.findings.setAttribute('aria-label', speaker.say('findings.title'));
  }

  /** The photograph, and over it what `show` names. */
  async #paint() {
    const [result, { show }] = [this.#result, this];
    const picture = result?.picture;
    if (result === null || picture == null) return;
    const canvas = this.#parts.photograph;
    const heatmap = result.diseases.find(({ id }) => id === show)?.heatmap?.data ?? null;
    const layer = show === 'vessels' ? result.vessels.probability : heatmap;
    const colour = show === 'vessels' ? OVERLAY.vessels : OVERLAY.heatmap;
    const above = layer === null ? null : await createImageBitmap(tinted(layer, result.width, result.height, colour));
    if (result !== this.#result || show !== this.show) return; // another one is drawn meanwhile
    const { turned } = result.orientation;
    const [width, height] = [picture.width, picture.height];
    [canvas.width, canvas.height] = turned === 0 ? [width, height] : [height, width];
    const context = canvas.getContext('2d');
    if (turned === 90) context?.setTransform(0, 1, -1, 0, height, 0); // upright, as it was looked at
    if (turned === 270) context?.setTransform(0, -1, 1, 0, 0, width);
    context?.drawImage(picture, 0, 0);
    if (above !== null) context?.drawImage(above, 0, 0, width, height);
    above?.close();
    canvas.dataset.shows = show;
  }
}

/** @param {Uint8Array} layer @param {number} width @param {number} height @param {number[]} colour */
function tinted(layer, width, height, [red, green, blue]) {
  const image = new ImageData(width, height);
  for (let i = 0; i < layer.length; i++) image.data.set([red, green, blue, (layer[i] * 3) >> 2], 4 * i);
  return image;
}

/** @param {URL} url @param {AbortSignal} signal @returns {Promise<File>} */
async function fetchPhotograph(url, signal) {
  const name = decodeURIComponent(url.pathname.split('/').pop() ?? '') || 'photograph';
  const response = await fetch(url, { signal }).catch((error) => {
    throw new VmnetError(
      'network',
      `${url.href}: the photograph could not be fetched (${messageOf(error)}); of another origin it needs CORS, and connect-src of the page's policy has to allow it`,
      { cause: error },
    );
  });
  if (!response.ok)
    throw new VmnetError(
      'network',
      `${url.href}: the server answered ${response.status} ${response.statusText} for the photograph; look at src`,
    );
  return new File([await response.blob()], name);
}

/** @param {string} [name] */
export function define(name = 'vmnet-screen') {
  if (globalThis.customElements?.get(name) === undefined) globalThis.customElements?.define(name, VmnetScreen);
}
