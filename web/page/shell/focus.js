/**
 * Keeps the focus on the page. What has it may be hidden, taken away or disabled: a start page that gives way to a
 * photograph, a view that another takes the place of, a box that is dismissed, "Next" at the last one. Then it goes to what
 * stands beside that, else to what follows in the same view, else to the view's own tab; to begin again at the top of the page would leave those lost who work with keys or a screen reader.
 */

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';

/** What had the focus last, as long as nobody took it away on purpose. @type {HTMLElement | null} */
let last = null;
/** What it stood in, from the inside out: it may be taken out of the page. @type {Element[]} */
let around = [];
/** Whether that was reached by keys. */
let keyed = false;
let asked = false;

/** @param {Element} element */
function isShown(element) {
  if (!element.isConnected) return false;
  // Safari before 17.4 has no checkVisibility()
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.getClientRects().length > 0;
}

/** Whether it can keep the focus. @param {Element} element */
function stands(element) {
  return isShown(element) && !element.matches(':disabled');
}

/** @param {Element} element @returns {element is HTMLElement} */
function canHave(element) {
  return element instanceof HTMLElement && element.tabIndex >= 0 && stands(element);
}

/** Where the focus goes. @param {Element} gone what had it, or the nearest of what it stood in that is still there */
function placeAfter(gone) {
  const scope = document.querySelector('dialog:modal') ?? around.find((e) => e.matches('main > section'));
  const all = gone === document.body ? document.querySelector('main') : null; // not what leads past it
  const places = [...(scope ?? all ?? document).querySelectorAll(FOCUSABLE)].filter(canHave);
  const follows = (/** @type {Element} */ e) => gone.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING;
  const beside = gone.matches(':disabled') ? places.filter((e) => e.parentElement === gone.parentElement) : [];
  if (beside.length > 0) return beside.findLast((e) => !follows(e)) ?? beside[0];
  return places.find(follows) ?? places.at(-1) ?? document.querySelector('nav [aria-current="page"]');
}

/** Whether what has the focus was reached by keys: then what gets it next is scrolled to. */
export function byKeys() {
  return document.activeElement?.matches(':focus-visible') === true;
}

function check() {
  asked = false;
  const { activeElement: active, body } = document;
  if (last === null || (active !== body && active !== last) || stands(last)) return;
  const there = last.isConnected ? last : around.find((element) => element.isConnected);
  const place = there === undefined ? null : placeAfter(there);
  last = null;
  if (place instanceof HTMLElement) place.focus({ preventScroll: !keyed });
}

export function setUpFocus() {
  document.addEventListener('focusin', ({ target }) => {
    last = target instanceof HTMLElement ? target : null;
    keyed = byKeys();
    around = [];
    for (let e = last?.parentElement ?? null; e !== null; e = e.parentElement) around.push(e);
  });
  // It is also left on purpose, by a click beside it or for another window; what is hidden is not left on purpose.
  document.addEventListener('focusout', ({ target }) => {
    if (target instanceof Element && stands(target)) last = null;
  });
  new MutationObserver(() => {
    if (asked || last === null) return;
    asked = true;
    requestAnimationFrame(check);
  }).observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['hidden', 'open', 'disabled'],
  });
}
