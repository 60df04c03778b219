import { CLOSE, sizesOf, Zoom } from './zoom.js';

/** A finger that moves less stays where it is. */
const STILL_PX = 10;
const DOUBLE_WITHIN_MS = 350;
const DOUBLE_WITHIN_PX = 40;
/** One notch of most wheels is 100 pixels; the pinch of a touch pad comes as a wheel with Ctrl, in small steps. */
const FACTOR_OF_WHEEL = 0.002;
const FACTOR_OF_PINCHED_WHEEL = 0.01;
const PIXELS_OF_MODE = [1, 16, 400];
const FACTOR_OF_KEY = 1.25;
const SHARE_OF_KEY = 0.15;

/** @typedef {{ x: number, y: number, fromX: number, fromY: number }} Finger */

/** Enlarges a picture by fingers, wheel and keys. The page around it keeps the browser's own zoom. */
export class Gestures {
  #place;
  #img;
  #onChange;
  #zoom = new Zoom();
  /** @type {Map<number, Finger>} */
  #fingers = new Map();
  /** Was there only one finger, and did it stay where it was? */
  #isTap = false;
  /** The tap before. */
  #tapped = { x: 0, y: 0, atMs: -Infinity };

  /** @param {HTMLElement} place @param {HTMLImageElement} img in it @param {() => void} onChange */
  constructor(place, img, onChange) {
    this.#place = place;
    this.#img = img;
    this.#onChange = onChange;
    img.draggable = false;
    place.addEventListener('pointerdown', (event) => this.#down(event));
    place.addEventListener('pointermove', (event) => this.#move(event));
    place.addEventListener('pointerup', (event) => this.#up(event));
    place.addEventListener('pointercancel', (event) => this.#lift(event));
    place.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    window.addEventListener('resize', () => this.fit());
    globalThis.visualViewport?.addEventListener('resize', () => this.#leavePageAlone());
  }

  get scale() {
    return this.#zoom.scale;
  }

  /** The place has another size: what is seen stays within the picture. */
  fit() {
    if (this.#zoom.isWhole) return;
    this.#zoom.move(0, 0, this.#sizes());
    this.#apply();
  }

  /** Back to the whole picture. */
  reset() {
    if (this.#zoom.isWhole) return;
    this.#zoom.reset();
    this.#apply();
  }

  /** A key that was pressed at the picture. @param {string} key @returns {boolean} is it one of these? */
  key(key) {
    if (key === '+' || key === '=') this.#by(FACTOR_OF_KEY, 0, 0);
    else if (key === '-') this.#by(1 / FACTOR_OF_KEY, 0, 0);
    else if (key === '0') this.reset();
    else return !this.#zoom.isWhole && this.#panByKey(key);
    return true;
  }

  /** @param {string} key */
  #panByKey(key) {
    const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (!way) return false;
    const [x = 0, y = 0] = way;
    const sizes = this.#sizes();
    this.#zoom.move(x * sizes.width * SHARE_OF_KEY, y * sizes.height * SHARE_OF_KEY, sizes);
    this.#apply();
    return true;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 0 || this.#img.hidden || this.#isLeftAlone(event)) return;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY });
    this.#isTap = this.#fingers.size === 1;
    this.#place.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const finger = this.#fingers.get(event.pointerId);
    if (!finger) return;
    const before = span(this.#fingers);
    finger.x = event.clientX;
    finger.y = event.clientY;
    if (Math.hypot(finger.x - finger.fromX, finger.y - finger.fromY) > STILL_PX) this.#isTap = false;
    const after = span(this.#fingers);
    const sizes = this.#sizes();
    if (before.apart > 0 && after.apart > 0) this.#zoom.by(after.apart / before.apart, ...this.#fromMiddle(before), sizes);
    this.#zoom.move(after.x - before.x, after.y - before.y, sizes);
    this.#apply();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    this.#lift(event);
    if (!this.#isTap) return;
    const { clientX: x, clientY: y, timeStamp: atMs } = event;
    const isSecond = atMs - this.#tapped.atMs < DOUBLE_WITHIN_MS
      && Math.hypot(x - this.#tapped.x, y - this.#tapped.y) < DOUBLE_WITHIN_PX;
    this.#tapped = { x, y, atMs: isSecond ? -Infinity : atMs };
    if (!isSecond) return;
    if (this.#zoom.isWhole) this.#by(CLOSE, ...this.#fromMiddle({ x, y }));
    else this.reset();
  }

  /** @param {PointerEvent} event */
  #lift(event) {
    this.#fingers.delete(event.pointerId);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const pixels = event.deltaY * (PIXELS_OF_MODE[event.deltaMode] ?? 1);
    // A whole picture can't be made smaller: then the wheel is the page's.
    if (this.#img.hidden || event.altKey || event.shiftKey || (pixels >= 0 && this.#zoom.isWhole && !event.ctrlKey)) return;
    event.preventDefault();
    const factor = Math.exp(-pixels * (event.ctrlKey ? FACTOR_OF_PINCHED_WHEEL : FACTOR_OF_WHEEL));
    this.#by(factor, ...this.#fromMiddle({ x: event.clientX, y: event.clientY }));
  }

  /** @param {number} factor @param {number} x @param {number} y */
  #by(factor, x, y) {
    if (this.#img.hidden) return;
    this.#zoom.by(factor, x, y, this.#sizes());
    this.#apply();
  }

  #sizes() {
    const { clientWidth, clientHeight } = this.#place;
    return sizesOf(clientWidth, clientHeight, this.#img.naturalWidth, this.#img.naturalHeight);
  }

  /** @param {{ x: number, y: number }} point @returns {[number, number]} */
  #fromMiddle({ x, y }) {
    const box = this.#place.getBoundingClientRect();
    return [x - box.x - box.width / 2, y - box.y - box.height / 2];
  }

  /** Who has enlarged the page needs their fingers to get around in it. @param {PointerEvent} event */
  #isLeftAlone({ pointerType }) {
    return pointerType === 'touch' && (globalThis.visualViewport?.scale ?? 1) > 1.01;
  }

  #leavePageAlone() {
    this.#place.classList.toggle('page-enlarged', (globalThis.visualViewport?.scale ?? 1) > 1.01);
  }

  #apply() {
    const { scale, x, y, isWhole } = this.#zoom;
    this.#img.style.transform = isWhole ? '' : `translate(${x}px, ${y}px) scale(${scale})`;
    this.#place.classList.toggle('enlarged', !isWhole);
    this.#onChange();
  }
}

/** Where the first two fingers are: the middle between them, and how far apart. @param {Map<number, Finger>} fingers */
function span(fingers) {
  const [first, second] = [...fingers.values()];
  if (!first) return { x: 0, y: 0, apart: 0 };
  if (!second) return { x: first.x, y: first.y, apart: 0 };
  return {
    x: (first.x + second.x) / 2,
    y: (first.y + second.y) / 2,
    apart: Math.hypot(first.x - second.x, first.y - second.y),
  };
}
