/**
 * Fills the screen with an element; where the browser has no full screen for pages (iPhone), fills the page with it
 * instead. Either way the element carries the class `filling` meanwhile.
 */
export class Fullscreen {
  #element;
  #onChange;
  #fillsPage = false;

  /** @param {HTMLElement} element @param {() => void} onChange */
  constructor(element, onChange) {
    this.#element = element;
    this.#onChange = onChange;
    document.addEventListener('fullscreenchange', () => this.#mark());
  }

  /** Is the page filled, as there is no full screen? Then the browser shows no way out. */
  get fillsPage() {
    return this.#fillsPage;
  }

  /** Is the screen, or the page, filled now? */
  get isFilling() {
    return this.#fillsPage || document.fullscreenElement === this.#element;
  }

  /** Fills the screen, or stops filling it. */
  async toggle() {
    if (document.fullscreenElement) return this.#leave();
    if (this.#fillsPage) return this.#fillPage({ filled: false });
    try {
      if (!document.fullscreenEnabled) throw new Error('This browser has no full screen for pages.');
      await this.#element.requestFullscreen();
    } catch {
      this.#fillPage({ filled: true });
    }
  }

  async #leave() {
    try {
      await document.exitFullscreen();
    } catch {
      // It was left by another way just then, or the page is going: what is so now is marked.
      this.#mark();
    }
  }

  /** @param {{ filled: boolean }} how */
  #fillPage({ filled }) {
    this.#fillsPage = filled;
    this.#mark();
  }

  #mark() {
    if (this.isFilling === this.#element.classList.contains('filling')) return;
    this.#element.classList.toggle('filling', this.isFilling);
    this.#element.classList.toggle('fills-page', this.#fillsPage);
    document.documentElement.classList.toggle('page-filled', this.isFilling);
    this.#onChange();
  }
}
