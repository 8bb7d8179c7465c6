/** The camera: a dialog with the live picture, a framing ring, and a hint on light and sharpness while one aims. */

import { VmnetError } from '../../errors.js';
import { byId, make, makeDialog } from '../shell/dom.js';
import { t } from '../words/i18n.js';
import { greyInRing, Hints, look } from './camera-hints.js';

/**
 * @import { Context } from '../shell/context.js'
 * @import { Key } from '../words/i18n.js'
 * @import { Hint } from './camera-hints.js'
 */

/** Of the shorter side of the picture; the same circle is drawn and measured. */
const RING = 0.86;
/** Pixels a side of the canvas that is measured. */
const SIDE = 256;
const LOOK_MS = 250;
/** A hint has to hold for so many looks, or it flickers. */
const STEADY = 2;
/** Some phones never answer. */
const PHOTO_PATIENCE_MS = 6000;

/** @type {Readonly<Record<string, Key>>} */
const REFUSALS = {
  NotAllowedError: 'camera.refused',
  SecurityError: 'camera.refused',
  NotFoundError: 'camera.none',
  OverconstrainedError: 'camera.none',
  NotReadableError: 'camera.busy',
  AbortError: 'camera.busy',
};
/** @type {Readonly<Record<Hint, Key>>} */
const HINTS = {
  dark: 'camera.hint.dark',
  bright: 'camera.hint.bright',
  still: 'camera.hint.still',
  blurred: 'camera.hint.blurred',
  good: 'camera.hint.good',
};

/** @param {Context} context */
export function openCamera(context) {
  if (document.querySelector('dialog.camera[open]') === null) new Camera(context).open();
}

/** One opening of the dialog; closing it ends it. */
class Camera {
  #receive;
  #view = new CameraDialog();
  /** @type {MediaStream | null} */
  #stream = null;
  #hints = new Hints();
  /** @type {Float32Array | null} */
  #before = null;
  /** The last hint, and for how many looks it has been the same. @type {{ hint: Hint | null, looks: number }} */
  #steady = { hint: null, looks: 0 };
  #timer = 0;
  /** What was taken and is being looked at. @type {File | null} */
  #taken = null;
  /** Counts openings of a camera: an answer to an earlier one comes too late. */
  #turn = 0;
  #open = true;

  /** @param {Context} context */
  constructor({ receive }) {
    this.#receive = receive;
    const view = this.#view;
    view.shoot.addEventListener('click', () => this.#shoot());
    view.use.addEventListener('click', () => this.#use());
    view.again.addEventListener('click', () => this.#aim());
    view.retry.addEventListener('click', () => this.#start());
    view.choose.addEventListener('click', () => {
      view.dialog.close();
      byId('file', HTMLInputElement).click();
    });
    view.devices.addEventListener('change', () => this.#start(view.devices.value));
    view.torch.addEventListener('click', () => this.#switchTorch());
    view.dialog.addEventListener('close', () => this.#end());
    addEventListener('pagehide', () => this.#stopTracks(), { once: true });
  }

  open() {
    this.#view.show();
    this.#start();
  }

  /** @param {string} [device] an id, or the camera that looks away from the user */
  async #start(device) {
    const turn = ++this.#turn;
    this.#stopTracks();
    this.#view.setState('starting', t('camera.starting'));
    try {
      const stream = await openStream(device);
      if (!this.#open || turn !== this.#turn) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      this.#track()?.addEventListener('ended', () => this.#fail('camera.gone'), { once: true });
      await this.#view.play(stream);
      await this.#offer();
      if (turn === this.#turn) this.#aim();
    } catch (error) {
      if (!this.#open || turn !== this.#turn) return;
      this.#fail(reasonOf(error));
    }
  }

  #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  /** Which cameras there are, and whether this one has a light. */
  async #offer() {
    const track = this.#track();
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const cameras = all.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '');
    this.#view.setDevices(cameras, track?.getSettings().deviceId);
    const can = /** @type {{ torch?: boolean } | undefined} */ (track?.getCapabilities?.());
    this.#view.setTorch(can?.torch ? false : null);
  }

  async #switchTorch() {
    const on = this.#view.torch.getAttribute('aria-pressed') !== 'true';
    const wish = /** @type {MediaTrackConstraintSet} */ ({ torch: on });
    try {
      await this.#track()?.applyConstraints({ advanced: [wish] });
      this.#view.setTorch(on);
    } catch {
      this.#view.setTorch(null); // it said it had one
    }
  }

  #aim() {
    this.#taken = null;
    this.#hints = new Hints();
    this.#before = null;
    this.#steady = { hint: null, looks: 0 };
    this.#view.setState('aiming', t('camera.aim'));
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #look() {
    const pixels = this.#view.ringPixels(SIDE);
    if (pixels === null) return;
    const grey = greyInRing(pixels, SIDE);
    const hint = this.#hints.next(look(grey, SIDE, this.#before));
    this.#before = grey;
    const looks = hint === this.#steady.hint ? this.#steady.looks + 1 : 1;
    this.#steady = { hint, looks };
    if (looks >= STEADY) this.#view.setHint(hint, t(HINTS[hint]));
  }

  async #shoot() {
    const turn = this.#turn;
    clearInterval(this.#timer);
    this.#view.setState('shooting', t('camera.hint.still'));
    try {
      const blob = await photograph(/** @type {MediaStreamTrack} */ (this.#track()), this.#view.video);
      if (!this.#open || turn !== this.#turn) return;
      this.#taken = new File([blob], fileName(new Date(), blob.type), { type: blob.type });
      await this.#view.preview(this.#taken);
      this.#view.setState('looking', t('camera.look'));
    } catch {
      if (this.#open && turn === this.#turn) this.#fail('camera.failed');
    }
  }

  #use() {
    const file = this.#taken;
    this.#view.dialog.close();
    if (file !== null) this.#receive([file]);
  }

  /** @param {Key} key */
  #fail(key) {
    if (!this.#open) return;
    this.#turn += 1;
    this.#stopTracks();
    this.#view.setState('failed', t(key));
  }

  #stopTracks() {
    clearInterval(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#view.video.srcObject = null;
  }

  #end() {
    this.#open = false;
    this.#stopTracks();
    this.#view.remove();
  }
}

/** @param {string} [device] @returns {Promise<MediaStream>} */
async function openStream(device) {
  if (navigator.mediaDevices?.getUserMedia === undefined)
    throw new VmnetError('unsupported', isSecureContext ? 'camera.unsupported' : 'camera.insecure');
  // Where a photograph can be asked for, the live picture need not be large.
  const width = canPhotograph() ? 1920 : 4096;
  const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: 'environment' } };
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { ...which, width: { ideal: width }, height: { ideal: (width * 3) / 4 } },
  });
}

/** @param {unknown} error @returns {Key} */
function reasonOf(error) {
  if (error instanceof VmnetError) return /** @type {Key} */ (error.message);
  return REFUSALS[error instanceof Error ? error.name : ''] ?? 'camera.failed';
}

function canPhotograph() {
  return typeof ImageCapture === 'function' && 'takePhoto' in ImageCapture.prototype;
}

/** At the camera's full resolution where the browser can ask for it, else what the live picture has. @param {MediaStreamTrack} track @param {HTMLVideoElement} video @returns {Promise<Blob>} */
async function photograph(track, video) {
  if (canPhotograph()) {
    /** @type {Promise<never>} */
    const patience = new Promise((_, reject) => {
      setTimeout(() => reject(new Error('no photograph came')), PHOTO_PATIENCE_MS);
    });
    try {
      return await Promise.race([new ImageCapture(track).takePhoto(), patience]);
    } catch {
      // the live picture will do
    }
  }
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: 'image/png' }); // nothing lost
}

/** camera-2026-11-24-140532.jpg, by this machine's clock @param {Date} now @param {string} type */
function fileName(now, type) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('');
  return `camera-${day}-${time}.${type === 'image/png' ? 'png' : 'jpg'}`;
}

/** @typedef {'starting' | 'aiming' | 'shooting' | 'looking' | 'failed'} State */

/** What is seen: built for one opening, taken away afterwards. */
class CameraDialog {
  video = /** @type {HTMLVideoElement} */ (make('video', { playsinline: '', tabindex: '-1' }));
  photo = /** @type {HTMLImageElement} */ (make('img', { alt: t('camera.photograph'), class: 'camera-photo' }));
  hint = make('p', { class: 'camera-hint', role: 'status' });
  devices = /** @type {HTMLSelectElement} */ (make('select', { id: 'camera-device' }));
  device = make('label', { class: 'camera-device' }, make('span', {}, t('camera.device')), this.devices);
  torch = button('camera-torch', t('camera.torch'));
  shoot = button('camera-shoot', t('camera.shoot'), 'primary');
  use = button('camera-use', t('camera.use'), 'primary');
  again = button('camera-again', t('camera.again'));
  retry = button('camera-retry', t('camera.retry'), 'primary');
  choose = button('camera-choose', t('camera.choose'));
  stage = make('div', { class: 'camera-stage' }, this.video, make('i', { class: 'camera-ring' }), this.photo);
  dialog;
  #photoUrl = '';

  constructor() {
    const close = button('camera-close', t('camera.close'));
    this.dialog = makeDialog(
      { class: 'camera', 'aria-labelledby': 'camera-title' },
      make('div', { class: 'camera-head' }, make('h2', { id: 'camera-title' }, t('camera.title')), close),
      this.stage,
      this.hint,
      make('div', { class: 'camera-setup' }, this.device, this.torch),
      make('div', { class: 'actions' }, this.shoot, this.use, this.again, this.retry, this.choose),
    );
    this.video.muted = true;
    // The ring is a share of the picture as it is shown, whichever way the phone is held.
    this.stage.style.setProperty('--ring', String(RING));
    this.video.addEventListener('resize', () => {
      this.stage.style.setProperty('--ratio', String(this.video.videoWidth / this.video.videoHeight));
    });
    this.device.hidden = true;
    this.torch.hidden = true;
    // Not by a click beside it: that would lose a shot.
    close.addEventListener('click', () => this.dialog.close());
  }

  show() {
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  remove() {
    this.dialog.remove();
    URL.revokeObjectURL(this.#photoUrl);
  }

  /** @param {State} state @param {string} text */
  setState(state, text) {
    const { shoot, use, again, retry, choose } = this;
    this.dialog.dataset.state = state;
    shoot.hidden = state === 'looking' || state === 'failed';
    shoot.disabled = state !== 'aiming';
    for (const element of [use, again]) element.hidden = state !== 'looking';
    for (const element of [retry, choose]) element.hidden = state !== 'failed';
    this.photo.hidden = state !== 'looking';
    this.devices.disabled = state === 'shooting' || state === 'looking';
    this.torch.disabled = state !== 'aiming';
    if (state === 'failed') {
      this.device.hidden = true;
      this.torch.hidden = true;
    }
    delete this.hint.dataset.hint;
    this.hint.textContent = text;
    const next = { aiming: shoot, looking: use, failed: retry, starting: null, shooting: null }[state];
    if (document.activeElement !== this.devices) next?.focus();
  }

  /** @param {Hint} hint @param {string} text */
  setHint(hint, text) {
    if (this.hint.dataset.hint === hint) return;
    this.hint.dataset.hint = hint;
    this.hint.textContent = text;
  }

  /** @param {MediaStream} stream */
  async play(stream) {
    this.video.srcObject = stream;
    await this.video.play();
  }

  /** @param {MediaDeviceInfo[]} cameras @param {string | undefined} current */
  setDevices(cameras, current) {
    this.devices.replaceChildren(
      ...cameras.map(({ deviceId, label }, i) => {
        const option = new Option(label || t('camera.device.number', { number: i + 1 }), deviceId);
        option.selected = deviceId === current;
        return option;
      }),
    );
    this.device.hidden = cameras.length < 2;
  }

  /** @param {boolean | null} on null where there is none */
  setTorch(on) {
    this.torch.hidden = on === null;
    this.torch.setAttribute('aria-pressed', String(on === true));
  }

  /** @param {Blob} blob */
  async preview(blob) {
    URL.revokeObjectURL(this.#photoUrl);
    this.#photoUrl = URL.createObjectURL(blob);
    this.photo.src = this.#photoUrl;
    await this.photo.decode();
  }

  /** The ring's square of the live picture. @param {number} side @returns {Uint8ClampedArray | null} */
  ringPixels(side) {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth === 0 || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
    const across = RING * Math.min(videoWidth, videoHeight);
    const [left, top] = [(videoWidth - across) / 2, (videoHeight - across) / 2];
    context?.drawImage(this.video, left, top, across, across, 0, 0, side, side);
    return context?.getImageData(0, 0, side, side).data ?? null;
  }
}

/** @param {string} id @param {string} text @param {string} [kind] @returns {HTMLButtonElement} */
function button(id, text, kind = '') {
  return /** @type {HTMLButtonElement} */ (make('button', { type: 'button', id, class: kind }, text));
}
