import { PROTOCOL, SIGN_EVERY_MS } from './exchange.js';
import { isSentAway, isSuccess } from './poll.js';
import { Polls, SentAway } from './polls.js';
import { keepToken, tokenOfBrowser } from './token.js';

/** @typedef {import('./polls.js').Asking} Asking */

/** A worker that doesn't say hello by then is none. */
const HELLO_WITHIN_MS = 10_000;
/** A worker that was spoken to so often without a word is dead. */
const SILENT_AFTER_SIGNS = 4;

/**
 * Asks the server by itself at first, so that the first picture waits for nothing, and then through a worker that all pages of
 * this browser share. Where there is no such worker, or it doesn't answer, the page goes on by itself. The worker has the name
 * of the server's version: a page of a new version never meets one of an old one.
 * @implements {Asking}
 */
export class Sharing {
  #options;
  #own;
  /** @type {'alone' | 'calling' | 'shared' | 'alone for good'} */
  #state = 'alone';
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {string[]} */
  #names = [];
  /** Channels to ask for even if the server sent another page of this browser away from them. @type {Set<string>} */
  #anew = new Set();
  /** Those from which it sent this page away. */
  #sentAway = new SentAway();
  /** What was said to the worker last. */
  #said = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #signs;
  /** Signs that the worker gave no word back to. */
  #unanswered = 0;

  /** @param {import('./polls.js').AskingOptions} options */
  constructor(options) {
    this.#options = options;
    this.#own = new Polls({ ...options, sentAway: this.#sentAway, onAnswer: (answer) => this.#takeOwn(answer) });
  }

  /** @param {string[]} names @param {string[]} [anew] */
  watch(names, anew = []) {
    this.#names = names;
    this.#sentAway.forget(anew);
    for (const name of anew) this.#anew.add(name);
    if (this.#state !== 'shared') this.#own.watch(names, anew);
  }

  restart() {
    clearInterval(this.#signs);
    keepToken(this.#options.viewer);
    this.#signs = setInterval(() => this.#sign(), SIGN_EVERY_MS);
    if (this.#state === 'shared') this.#begin();
    else this.#own.restart();
  }

  stop() {
    clearInterval(this.#signs);
    if (this.#state === 'shared') this.#say([]);
    else this.#own.stop();
  }

  tell() {
    const { painted, paceMs } = this.#options;
    if (this.#state === 'shared' && this.#said !== '' && this.#said !== `${painted()} ${paceMs()}`) this.#say(this.#names);
  }

  #sign() {
    keepToken(this.#options.viewer);
    if (this.#state !== 'shared') return;
    this.#unanswered += 1;
    if (this.#unanswered > SILENT_AFTER_SIGNS) this.#goAlone();
    else this.#say(this.#names);
  }

  #begin() {
    this.#unanswered = 0;
    this.#say(this.#names, { ask: true, anew: this.#names.filter((name) => this.#anew.has(name)) });
    this.#anew.clear();
  }

  /** @param {string[]} all the channels that this page shows @param {Pick<import('./exchange.js').Wish, 'ask' | 'anew'>} [how] */
  #say(all, how = { ask: false, anew: [] }) {
    const { viewer, painted, paceMs } = this.#options;
    const names = all.filter((name) => !this.#sentAway.has(name));
    /** @type {import('./exchange.js').Wish} */
    const wish = { names, viewer, painted: painted(), paceMs: paceMs(), ...how };
    this.#said = all.length === 0 ? '' : `${wish.painted} ${wish.paceMs}`;
    this.#port?.postMessage(wish);
  }

  /** @param {import('./poll.js').Answer} answer */
  #takeOwn(answer) {
    this.#options.onAnswer(answer);
    if (this.#state === 'alone' && answer.version && isSuccess(answer)) this.#call(answer.version);
  }

  /** @param {string} version the server's */
  #call(version) {
    this.#state = 'alone for good';
    if (typeof SharedWorker === 'undefined') return;
    try {
      const worker = new SharedWorker('/client/shared.js', { type: 'module', name: `cometcam ${version}` });
      this.#port = worker.port;
      worker.onerror = () => this.#goAlone();
    } catch {
      return;
    }
    this.#state = 'calling';
    this.#port.onmessage = ({ data }) => this.#hear(data);
    setTimeout(() => this.#state === 'calling' && this.#goAlone(), HELLO_WITHIN_MS);
  }

  /** @param {import('./exchange.js').Word} word */
  #hear(word) {
    this.#unanswered = 0;
    if ('hello' in word) this.#join(word.hello);
    else if (this.#state === 'shared') this.#take(word);
  }

  /** @param {Exclude<import('./exchange.js').Word, { hello: number }>} word */
  #take(word) {
    if ('answer' in word) this.#takeShared(word.answer);
    else if ('silent' in word) this.#options.onCaughtUp(word.silent);
    else if ('full' in word) this.#goAlone();
  }

  /** @param {import('./poll.js').Answer} answer */
  #takeShared(answer) {
    if (answer.channel !== null && isSentAway(answer)) this.#sentAway.add(answer.channel);
    this.#options.onAnswer(answer);
  }

  /** @param {number} protocol */
  #join(protocol) {
    if (protocol !== PROTOCOL) return this.#goAlone();
    if (this.#state !== 'calling') return;
    this.#state = 'shared';
    this.#own.stop();
    for (const name of this.#names) if (!this.#sentAway.has(name)) this.#anew.add(name);
    if (!document.hidden) this.#begin();
  }

  #goAlone() {
    const wasShared = this.#state === 'shared';
    this.#state = 'alone for good';
    this.#port?.close();
    this.#port = null;
    if (!wasShared) return;
    this.#own.watch(this.#names);
    if (!document.hidden) this.#own.restart();
  }
}

/** What a viewer needs to ask the server together with the other pages of this browser. */
export function togetherWithOtherPages() {
  /** @param {import('./polls.js').AskingOptions} options */
  const makeAsking = (options) => new Sharing(options);
  return { token: tokenOfBrowser(), makeAsking };
}
