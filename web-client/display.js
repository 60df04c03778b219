import { channelsOfPath, kioskPath } from './address.js';

const LONGEST_NAME = 64;
/** Control characters, and those that turn the direction of what follows: no server takes a name with them. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * What the broadcaster may tell a display.
 * @typedef {object} Obedience
 * @property {() => void} identify says which display it is
 * @property {() => void} reload loads the page anew
 * @property {(channels: string[]) => void} show shows these channels from now on
 */

/**
 * A display with a name: says with each poll who it is and how it is, and does what the server tells it, each order once.
 * An order comes with every answer until the server has heard that it was carried out.
 */
export class Display {
  /** Its name. */
  name;
  #signs;
  #obedience;
  /** The number of the order that was carried out last. */
  #done = '';
  /** Does the server still repeat that one? */
  #isRepeated = false;

  /**
   * @param {string} name
   * @param {() => Record<string, string | null>} signs how it is, as fields for the server; those without a value are left out
   * @param {Obedience} obedience
   */
  constructor(name, signs, obedience) {
    this.name = name;
    this.#signs = signs;
    this.#obedience = obedience;
  }

  /** What each poll says, as fields of its query. */
  get query() {
    const uptime = String(Math.floor(performance.now() / 1000));
    const fields = { display: this.name, uptime, ...this.#signs(), done: this.#isRepeated ? this.#done : null };
    return Object.entries(fields).map(([key, value]) => (value === null ? '' : `&${key}=${encodeURIComponent(value)}`)).join('');
  }

  /** The server answered; perhaps with an order. @param {Headers} headers */
  hear(headers) {
    const order = /^(\d+) (\w+)(?: (.*))?$/.exec(headers.get('Cometcam-Display') ?? '');
    this.#isRepeated = order !== null;
    const [, number = '', word, rest = ''] = order ?? [];
    // Another number, not a larger one: a server that lost its memory may count anew.
    if (!order || number === this.#done) return;
    this.#done = number;
    this.#obey(word, rest);
  }

  /** What a later server may tell and this page doesn't know is done with. @param {string | undefined} word @param {string} rest */
  #obey(word, rest) {
    if (word === 'identify') this.#obedience.identify();
    else if (word === 'reload') this.#obedience.reload();
    else if (word === 'show') {
      const channels = channelsOfPath(`/kiosk/${rest}`);
      if (channels.length > 0) this.#obedience.show(channels);
    }
  }
}

/**
 * The name that a page's address gives its display.
 * @param {string} search the query of the address
 * @returns {string | null} null if it gives none, or one that can't be
 */
export function displayName(search) {
  const name = (new URLSearchParams(search).get('display') ?? '').trim();
  return name !== '' && [...name].length <= LONGEST_NAME && !UNSEEN.test(name) ? name : null;
}

/** The address of the display of this name that shows these channels. @param {string[]} channels @param {string} name */
export function displayPath(channels, name) {
  return `${kioskPath(channels)}?display=${encodeURIComponent(name)}`;
}
