import { Polls, SentAway } from './polls.js';
import { randomToken } from './token.js';

/** Pages and worker understand each other only in the same version of what they say; a worker may be older than a page. */
export const PROTOCOL = 2;
/** A page speaks this often. */
export const SIGN_EVERY_MS = 5_000;
/** A page that is silent for so long was closed without a word. */
const SILENT_AFTER_MS = 4 * SIGN_EVERY_MS;
/** The server takes no more channels in one poll. */
const CHANNELS_AT_MOST = 64;

/**
 * What a page wants, all of it each time it speaks. Without names it only stays away.
 * @typedef {object} Wish
 * @property {string[]} names the channels that it shows
 * @property {string} viewer
 * @property {number} paceMs
 * @property {number} painted when the newest picture on its screen was taken; 0 if there is none
 * @property {boolean} ask what is known may be out of date
 * @property {string[]} anew channels to ask for even if the server sent this browser away from them: somebody opened their page, or
 *   pressed the button there
 */

/**
 * What the worker says to a page.
 * @typedef {{ hello: number } | { answer: import('./poll.js').Answer } | { silent: string[] } | { here: true } | { full: true }} Word
 */

/** @typedef {{ wish: Wish, heardMs: number, say: (word: Word) => void }} Guest */

/** Pages that are answered over one poll. */
class Group {
  #guests;
  #makeAsking;
  #sentAway;
  /** @type {import('./polls.js').Asking | null} */
  #asking = null;
  /** @type {string[]} */
  #names = [];
  /** @type {Set<string>} */
  #anew = new Set();
  #isDue = false;

  /**
   * @param {() => Guest[]} guests
   * @param {(options: import('./polls.js').AskingOptions) => import('./polls.js').Asking} makeAsking
   * @param {SentAway} sentAway
   */
  constructor(guests, makeAsking, sentAway) {
    this.#guests = guests;
    this.#makeAsking = makeAsking;
    this.#sentAway = sentAway;
  }

  /** The channels that its pages show. */
  get names() {
    return [...new Set(this.#guests().flatMap(({ wish }) => wish.names))].sort();
  }

  /** @param {Wish | null} wish what a page said just now; it need not be one of this group */
  follow(wish) {
    const names = this.names;
    const isOther = names.join() !== this.#names.join();
    const asks = wish !== null && wish.ask && this.#guests().some((guest) => guest.wish === wish);
    if (asks) for (const name of wish.anew) this.#anew.add(name);
    if ((!isOther && !asks) || this.#isDue) return;
    this.#isDue = true;
    // All pages are back on line at once: together they ask once.
    setTimeout(() => this.#ask(), 0);
  }

  #ask() {
    this.#isDue = false;
    const names = this.names;
    const isOther = names.join() !== this.#names.join();
    const anew = [...this.#anew];
    this.#anew.clear();
    this.#names = names;
    if (names.length > 0) this.#asking ??= this.#begin();
    if (isOther || anew.length > 0) this.#asking?.watch(names, anew);
    this.#asking?.restart();
  }

  #begin() {
    return this.#makeAsking({
      sentAway: this.#sentAway,
      viewer: this.#guests()[0]?.wish.viewer ?? randomToken(),
      paceMs: () => Math.min(...this.#guests().map(({ wish }) => wish.paceMs)),
      painted: () => Math.max(0, ...this.#guests().map(({ wish }) => wish.painted)),
      onAnswer: (answer) => this.#hand(answer),
      onCaughtUp: (silent) => {
        for (const { wish, say } of this.#guests()) say({ silent: silent.filter((name) => wish.names.includes(name)) });
      },
    });
  }

  /** @param {import('./poll.js').Answer} answer */
  #hand(answer) {
    const { channel } = answer;
    for (const { wish, say } of this.#guests()) if (channel === null || wish.names.includes(channel)) say({ answer });
  }
}

/**
 * The one place where the pages of a browser ask the server: a poll for all channels of those that want each picture, and one
 * for those that want fewer. A browser opens six connections to a server, however many pages it has.
 */
export class Exchange {
  /** @type {Map<object, Guest>} */
  #guests = new Map();
  #groups;

  /** @param {(options: import('./polls.js').AskingOptions) => import('./polls.js').Asking} [makeAsking] */
  constructor(makeAsking = (options) => new Polls(options)) {
    const sentAway = new SentAway();
    const of = (/** @type {(guest: Guest) => boolean} */ isOf) => (
      new Group(() => [...this.#guests.values()].filter((guest) => guest.wish.names.length > 0 && isOf(guest)), makeAsking, sentAway));
    this.#groups = [of(({ wish }) => wish.paceMs === 0), of(({ wish }) => wish.paceMs > 0)];
  }

  /** A page speaks. @param {object} page @param {Wish} wish @param {(word: Word) => void} say answers it */
  hear(page, wish, say) {
    this.#guests.set(page, { wish, say, heardMs: performance.now() });
    if (this.#groups.some((group) => group.names.length > CHANNELS_AT_MOST)) {
      this.#guests.delete(page);
      return say({ full: true });
    }
    say({ here: true });
    for (const group of this.#groups) group.follow(wish);
  }

  /** Forgets the pages that are gone. To be called now and then. */
  sweep() {
    const nowMs = performance.now();
    for (const [page, { heardMs }] of this.#guests) if (nowMs - heardMs > SILENT_AFTER_MS) this.#guests.delete(page);
    for (const group of this.#groups) group.follow(null);
  }
}
