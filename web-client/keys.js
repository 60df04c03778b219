import { byId } from './dom.js';

/** The list of keys: opened with a button or with `?`, closed with its button or with Escape. */
export class KeysHelp {
  #list = byId('keys', HTMLElement);
  #button = byId('help', HTMLButtonElement);
  #close = byId('keys-close', HTMLButtonElement);
  /** Where the focus was. @type {HTMLElement | null} */
  #before = null;

  start() {
    this.#button.addEventListener('click', () => this.toggle());
    this.#close.addEventListener('click', () => this.toggle());
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  toggle() {
    if (!this.isOpen) this.#before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.#list.hidden = this.isOpen;
    this.#button.setAttribute('aria-expanded', String(this.isOpen));
    (this.isOpen ? this.#close : this.#before ?? this.#button).focus();
  }
}
