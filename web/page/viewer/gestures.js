/** What hands do on the photograph: mouse, pen, fingers and wheel become moves, zooms and taps. */

/**
 * All places and ways are CSS pixels of the window.
 * @typedef {object} Handlers
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, x: number, y: number) => boolean} zoom says whether anything changed
 * @property {(x: number, y: number) => void} hold two fingers begin: what lies between them is to stay there
 * @property {(factor: number, x: number, y: number) => void} pinch where that is now, and how much larger than then
 * @property {(x: number, y: number) => void} tap a click or tap that did not move
 * @property {(x: number, y: number) => void} twice a double click or double tap
 * @property {() => boolean} wheel whether the wheel zooms without Ctrl
 */

/** A press that moves less than this is a tap. */
const SLOP = { mouse: 4, pen: 8, touch: 10 };
const DOUBLE_MS = 350;
const DOUBLE_WAY = 30;

/** @typedef {{ x: number, y: number }} Spot */

/** @param {HTMLCanvasElement} canvas @param {HTMLElement} stage around it @param {Handlers} handlers */
export function listen(canvas, stage, handlers) {
  listenToPointers(canvas, handlers);
  stage.addEventListener('wheel', (event) => turn(event, handlers), { passive: false });
  // With two fingers the browser would scroll the page and take the pointers away.
  for (const type of ['touchstart', 'touchmove'])
    stage.addEventListener(
      type,
      (event) => {
        if (/** @type {TouchEvent} */ (event).touches.length > 1 && event.cancelable) event.preventDefault();
      },
      { passive: false },
    );
}

/** @param {HTMLCanvasElement} canvas @param {Handlers} handlers */
function listenToPointers(canvas, handlers) {
  /** @type {Map<number, Spot>} */
  const down = new Map();
  let start = { x: 0, y: 0 };
  let moved = false;
  /** How far apart two fingers were when they began. */
  let apart = 1;
  const last = { x: 0, y: 0, time: Number.NEGATIVE_INFINITY };
  let kind = 'mouse';

  canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    kind = event.pointerType;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved = down.size > 1;
    start = { x: event.clientX, y: event.clientY };
    apart = grip([...down.values()], handlers);
  });
  canvas.addEventListener('pointermove', (event) => {
    const now = { x: event.clientX, y: event.clientY };
    const was = down.get(event.pointerId);
    if (was === undefined) return;
    const slop = SLOP[/** @type {keyof typeof SLOP} */ (event.pointerType)] ?? SLOP.mouse;
    if (!moved && distance(start, now) < slop) return;
    moved = true;
    canvas.classList.add('held');
    down.set(event.pointerId, now);
    if (down.size === 1) return handlers.pan(now.x - was.x, now.y - was.y);
    const [a, b] = [...down.values()];
    const { x, y } = middle(a, b);
    handlers.pinch(distance(a, b) / apart, x, y);
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId)) return;
    apart = grip([...down.values()], handlers);
    if (down.size > 0) return;
    canvas.classList.remove('held');
    if (moved || event.type === 'pointercancel') return;
    const { clientX: x, clientY: y, timeStamp: time } = event;
    handlers.tap(x, y);
    // For a mouse the browser says what a double click is; for fingers not all browsers do.
    const again = kind !== 'mouse' && time - last.time < DOUBLE_MS && distance(last, { x, y }) < DOUBLE_WAY;
    if (again) handlers.twice(x, y);
    Object.assign(last, { x, y, time: again ? Number.NEGATIVE_INFINITY : time });
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('dblclick', ({ clientX, clientY }) => {
    if (kind === 'mouse') handlers.twice(clientX, clientY);
  });
}

/** Two fingers take hold; says how far apart they are. @param {Spot[]} fingers @param {Handlers} handlers */
function grip([a, b], { hold }) {
  if (b === undefined) return 1;
  const { x, y } = middle(a, b);
  hold(x, y);
  return Math.max(1, distance(a, b));
}

/** @param {Spot} a @param {Spot} b */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** @param {Spot} a @param {Spot} b */
function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** CSS pixels that a line and a page of the wheel stand for. */
const WHEEL_UNIT = [1, 16, 400];

/**
 * Never traps the page: without Ctrl (a trackpad's pinch counts as Ctrl) the wheel scrolls the page until the
 * photograph was clicked, and at the end of the zoom it scrolls again.
 * @param {WheelEvent} event @param {Handlers} handlers
 */
function turn(event, { wheel, zoom }) {
  const asked = event.ctrlKey || event.metaKey;
  if (!asked && (!wheel() || Math.abs(event.deltaX) > Math.abs(event.deltaY))) return;
  const way = Math.max(-300, Math.min(300, event.deltaY * WHEEL_UNIT[event.deltaMode]));
  // A notch of a wheel is 100 or so, a step of a trackpad's pinch 1 to 10.
  const speed = event.ctrlKey && Math.abs(way) < 30 ? 0.01 : 0.002;
  const changed = zoom(Math.exp(-way * speed), event.clientX, event.clientY);
  if (changed || asked) event.preventDefault(); // Ctrl and wheel would zoom all of the page
}
