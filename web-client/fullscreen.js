/**
 * Fills the screen with an element; where the browser has no full screen for pages (iPhone), fills the page with it
 * instead. Either way the element carries the class `filling` meanwhile.
 */
export class Fullscreen {
  #element;
  #onChange;

  /** @param {HTMLElement} element @param {(filling: boolean) => void} onChange */
  constructor(element, onChange) {
    this.#element = element;
    this.#onChange = onChange;
    document.addEventListener('fullscreenchange', () => this.#mark(document.fullscreenElement === element));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.isFilling && !document.fullscreenElement) this.#mark(false);
    });
  }

  /** Is the screen, or the page, filled now? */
  get isFilling() {
    return this.#element.classList.contains('filling');
  }

  /** Fills the screen, or stops filling it. */
  async toggle() {
    if (document.fullscreenElement) return this.#leave();
    if (this.isFilling) return this.#mark(false);
    try {
      if (!document.fullscreenEnabled) throw new Error('This browser has no full screen for pages.');
      await this.#element.requestFullscreen();
    } catch {
      this.#mark(true);
    }
  }

  async #leave() {
    try {
      await document.exitFullscreen();
    } catch {
      // It was left by another way just then, or the page is going: what is so now is marked.
      this.#mark(document.fullscreenElement === this.#element);
    }
  }

  /** @param {boolean} filling */
  #mark(filling) {
    if (filling === this.isFilling) return;
    this.#element.classList.toggle('filling', filling);
    document.documentElement.classList.toggle('page-filled', filling);
    this.#onChange(filling);
  }
}
