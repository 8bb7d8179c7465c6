/** The other eye of the same patient, beside the one that is looked at: both move together, and show the same layers. */

import { effect, signal, untracked } from '../../vendor/signals.js';
import { bitmapOf } from '../intake/bitmap.js';
import { rules } from '../rules/rules.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { showError } from '../shell/error-box.js';
import { theModel } from '../shell/loading.js';
import { Viewer } from '../viewer/viewer.js';
import { commas, language, t } from '../words/i18n.js';
import { capital } from '../words/terms.js';
import { answerText, decisionOf, soonestText } from './decision.js';
import { isWished } from './layers-shown.js';
import { Legend } from './legend.js';
import { HEATMAP_SIDE, layersOf, quartersOf, turnedBitmap, turnedCanvas, turnedSize, uprightOf } from './paint.js';

/**
 * @import { ScreenResult } from '../../vmnet.js'
 * @import { Other } from '../shell/context.js'
 * @import { Drawn } from '../viewer/tiles.js'
 * @import { Look } from '../viewer/viewer.js'
 * @import { LayersShown } from './layers-shown.js'
 */

/** source: null until its file is read; turned: by how many quarters it is shown turned @typedef {Other & { source: Blob | null, turned: number, result: ScreenResult | null, pictures: Map<string, CanvasImageSource | Drawn> }} Photo */

/**
 * The same place of the other eye: they are mirror images of each other, the optic disc towards the nose.
 * @param {Look} look @returns {Look}
 */
function mirrored({ zoom, x, y }) {
  return { zoom, x: 1 - x, y };
}

export class Beside {
  #layers;
  #leader;
  #ready;
  #viewer;
  #legend = new Legend();
  #stage = make('figure', { class: 'stage', id: 'stage-beside' });
  #open = /** @type {HTMLButtonElement} */ (
    make('button', { type: 'button', class: 'quiet', 'data-testid': 'other-eye' })
  );
  #root = make(
    'div',
    { class: 'eye-pane', id: 'pane-beside' },
    this.#stage,
    make('div', { class: 'under' }, this.#legend.root, make('p', { class: 'caption' }, this.#open)),
  );
  /** @type {Photo | null} */
  #photo = null;
  /** Ends work for a photograph that is gone. */
  #gone = new AbortController();
  #asked = false;
  /** Whether its file or its layers are not to be had: nothing is to come. */
  #failed = false;
  /** Whether its file is no picture and is not screened yet: the list says why, once it has looked at it. */
  #unread = false;
  #isOpen = signal(false);

  /**
   * @param {HTMLElement} eyes holds both @param {LayersShown} layers @param {Viewer} leader the eye that is looked at
   * @param {() => boolean} ready whether that one is screened: it goes first
   */
  constructor(eyes, layers, leader, ready) {
    this.#layers = layers;
    this.#leader = leader;
    this.#ready = ready;
    this.#root.hidden = true;
    eyes.append(this.#root);
    this.#viewer = new Viewer(this.#stage, { tools: false });
    this.#follow(this.#viewer, leader);
    this.#follow(leader, this.#viewer);
    effect(() => {
      this.#viewer.view = leader.rendering.value;
    });
    // One frame for both, whatever their shapes: the wider one's, in which both stand at one height and a field that fills
    // its photograph's height is as large as the other's.
    effect(() => {
      const frame = this.#isOpen.value ? String(Math.max(leader.shape.value, this.#viewer.shape.value)) : '';
      eyes.style.setProperty('--frame', frame);
    });
    this.#open.addEventListener('click', () => this.#photo?.open());
    effect(() => {
      language();
      rules();
      untracked(() => this.draw());
    });
  }

  /** @param {Viewer} follower @param {Viewer} leader */
  #follow(follower, leader) {
    effect(() => {
      const { value: look } = leader.moved;
      if (look !== null) follower.look = mirrored(look);
    });
  }

  /** @param {Other | null} other null for none */
  async show(other) {
    this.#gone.abort();
    this.#gone = new AbortController();
    const gone = this.#gone.signal;
    this.#asked = false;
    this.#failed = false;
    this.#photo = null;
    this.#viewer.clear(); // nothing of another patient stands here, however long the file takes
    this.#unread = false;
    const seen = other?.report()?.image;
    if (seen !== undefined) {
      const { width, height } = turnedSize(seen, quartersOf(other?.report() ?? null));
      this.#viewer.reserve(width, height); // no jump once its file is read
    }
    this.#setOpen(other !== null);
    if (other === null) return;
    this.#root.dataset.eye = other.eye;
    /** @type {Photo} */
    const photo = { ...other, source: null, turned: 0, result: null, pictures: new Map() };
    this.#photo = photo;
    this.draw();
    try {
      const source = await other.file();
      const bitmap = await bitmapOf(source);
      if (gone.aborted) return bitmap.close();
      photo.source = source;
      photo.turned = quartersOf(this.report);
      this.#viewer.setSource(turnedBitmap(bitmap, photo.turned));
      this.#viewer.look = mirrored(this.#leader.look);
      this.draw();
    } catch (error) {
      if (gone.aborted) return;
      this.#unread = other.report() === null;
      if (this.#unread) this.#setOpen(false);
      else this.#fail(error);
    }
  }

  /** @param {boolean} open */
  #setOpen(open) {
    this.#root.hidden = !open;
    this.#isOpen.value = open;
    this.#root.parentElement?.classList.toggle('both', open);
  }

  /** The list knows more of it: what is said of it changes, no pixel does. */
  tell() {
    if (this.#unread && this.report !== null) this.show(this.#photo);
    else {
      if (this.#photo !== null && quartersOf(this.report) !== this.#photo.turned) this.draw();
      this.#write();
    }
  }

  /** What is known of it; null for none, or not yet. */
  get report() {
    return this.#photo?.report() ?? this.#photo?.result?.report ?? null;
  }

  #write() {
    if (this.#photo === null) return;
    const { eye, name, report, sooner } = this.#photo;
    const word = t(`batch.eye.${eye || 'none'}`);
    const screened = report();
    const answer = screened === null ? '' : answerText(decisionOf(screened).answer);
    const delay = screened !== null && sooner() ? soonestText(decisionOf(screened)) : '';
    const said = answer === '' ? word : t('batch.sheet.eye', { eye: word, answer });
    write(this.#open, capital([said, delay].filter(Boolean).join(' · ')));
    this.#open.title = name;
  }

  /** What was found to lie on its side is shown upright from then on. @param {Photo} photo */
  #standUpright(photo) {
    const to = quartersOf(this.report);
    const { bitmap } = this.#viewer;
    if (bitmap === null || to === photo.turned) return;
    this.#viewer.setSource(turnedCanvas(bitmap, (to - photo.turned + 4) % 4).transferToImageBitmap());
    photo.turned = to;
    this.#viewer.look = mirrored(this.#leader.look);
  }

  /** The same layers as on the other eye. They are computed when they are first wished for. */
  draw() {
    const photo = this.#photo;
    if (photo === null) return;
    const { shown } = this.#layers;
    const label = t('screen.photograph.named', { name: photo.name });
    this.#write();
    this.#standUpright(photo);
    const wished = isWished({ ...shown, place: null });
    if (wished && photo.result === null && photo.source !== null && this.#ready()) this.#ask(photo, photo.source);
    const { result } = photo;
    const here = { ...shown, place: null };
    const laid = result === null ? [] : this.#legend.show(result, here);
    if (result === null && wished && !this.#failed) this.#legend.wait();
    else if (result === null) this.#legend.hide();
    const overlay =
      wished && result !== null ? layersOf(photo, uprightOf(result, photo.turned), here, this.#viewer) : [];
    this.#viewer.setOverlay(overlay, commas([label, ...laid]));
    this.#viewer.compare(
      shown.wipe && result !== null ? { left: [], names: [t('screen.side.photo'), t('screen.side.result')] } : null,
    );
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#failed = true;
    this.draw();
    showError(error);
  }

  /** @param {Photo} photo @param {Blob} source */
  async #ask(photo, source) {
    if (this.#asked) return;
    this.#asked = true;
    const gone = this.#gone.signal;
    this.#root.setAttribute('aria-busy', 'true');
    try {
      const model = await theModel();
      if (gone.aborted) return;
      photo.result = await model.screen(source, { name: photo.name, heatmapSide: HEATMAP_SIDE });
      if (photo === this.#photo) this.draw();
    } catch (error) {
      if (photo === this.#photo) this.#fail(error);
    } finally {
      if (photo === this.#photo) this.#root.removeAttribute('aria-busy');
    }
  }
}
