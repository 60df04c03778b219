import { isSentAway, isSuccess, Poll } from './poll.js';

/** @typedef {import('./poll.js').Answer} Answer */

/**
 * What asks the server for some channels: in this page, or in a worker that several pages share.
 * @typedef {object} Asking
 * @property {(names: string[], anew?: string[]) => void} watch from the next `restart` on it asks for these channels; of those
 *   from which the server sent this viewer away only for those in `anew`
 * @property {() => void} restart breaks off what is held and asks at once
 * @property {() => void} stop asks for nothing until it is told to restart
 * @property {() => void} tell what is on the screen, or the pace, may have changed
 */

/**
 * @typedef {object} AskingOptions
 * @property {string} viewer names this viewer to the server, so that it is counted once
 * @property {(answer: Answer) => void} onAnswer
 * @property {(silent: string[]) => void} onCaughtUp see [Poll]
 * @property {() => number} paceMs each channel is asked for no more often than this
 * @property {() => number} painted when the newest picture on the screen was taken; 0 if there is none
 * @property {() => string} [about] see [Poll]
 * @property {(headers: Headers) => void} [onHeaders] see [Poll]
 * @property {SentAway} [sentAway] shared with others who ask for the same viewer
 */

/** More channels are not remembered; the one that was noted first is asked for again then. */
const REMEMBERED_AT_MOST = 256;

/** The channels from which the server sent this viewer away. Nobody comes back from that by itself. */
export class SentAway {
  /** @type {Set<string>} */
  #names = new Set();

  /** @param {string} name */
  has(name) {
    return this.#names.has(name);
  }

  /** @param {string} name */
  add(name) {
    this.#names.add(name);
    const [first] = this.#names;
    if (this.#names.size > REMEMBERED_AT_MOST && first !== undefined) this.#names.delete(first);
  }

  /** Somebody opened the channel's page, or pressed the button there. @param {string[]} names */
  forget(names) {
    for (const name of names) this.#names.delete(name);
  }
}

/**
 * Asks for several channels in one poll. The server answers one poll with one word for all of its channels: if it refuses one,
 * each gets a poll of its own, and those that are answered come together again. So a channel with a password takes nothing from
 * the others.
 * @implements {Asking}
 */
export class Polls {
  #options;
  #sentAway;
  /** The channels of the one poll. @type {string[]} */
  #together = [];
  /** @type {Poll | null} */
  #main = null;
  /** Channels with polls of their own. @type {Map<string, Poll>} */
  #apart = new Map();
  /** Those of them that were not answered yet. @type {Set<string>} */
  #untried = new Set();
  /** Those of them that were let in, and wait for the others to be tried. @type {Set<string>} */
  #letIn = new Set();

  /** @param {AskingOptions} options */
  constructor(options) {
    this.#options = options;
    this.#sentAway = options.sentAway ?? new SentAway();
  }

  /** @param {string[]} names @param {string[]} [anew] */
  watch(names, anew = []) {
    this.#sentAway.forget(anew);
    for (const name of [...this.#apart.keys()]) if (!names.includes(name) || anew.includes(name)) this.#takeIn(name);
    this.#gather(names.filter((name) => !this.#apart.has(name) && !this.#sentAway.has(name)));
  }

  restart() {
    for (const poll of [this.#main, ...this.#apart.values()]) poll?.restart();
  }

  stop() {
    for (const poll of [this.#main, ...this.#apart.values()]) poll?.stop();
  }

  // Each poll looks for itself when it asks.
  tell() {}

  /** @param {string[]} names */
  #gather(names) {
    this.#main?.stop();
    this.#together = names;
    this.#main = names.length === 0 ? null : this.#poll(names, (answer) => this.#take(answer));
  }

  /** Ends a channel's own poll. @param {string} name */
  #takeIn(name) {
    this.#apart.get(name)?.stop();
    for (const names of [this.#apart, this.#untried, this.#letIn]) names.delete(name);
  }

  /** @param {string[]} names @param {(answer: Answer) => void} onAnswer */
  #poll(names, onAnswer) {
    const { viewer, painted, about = () => '', onCaughtUp, paceMs, onHeaders = () => {} } = this.#options;
    const saysPainted = () => (painted() > 0 ? `&painted=${painted()}` : '');
    return new Poll(names, { viewer, onAnswer, onCaughtUp, paceMs, onHeaders, about: () => `${saysPainted()}${about()}` });
  }

  /** @param {Answer} answer */
  #take(answer) {
    const { channel } = answer;
    const others = this.#together.filter((name) => name !== channel);
    if (channel !== null && isSentAway(answer)) {
      this.#sentAway.add(channel);
      this.#gather(others);
      this.#main?.restart();
    } else if (REFUSALS.has(answer.kind) && others.length > 0) return this.#part();
    this.#options.onAnswer(answer);
  }

  /** One of them was refused, and the server doesn't say which. */
  #part() {
    const names = this.#together;
    this.#gather([]);
    for (const name of names) {
      const poll = this.#poll([name], (answer) => this.#takeOwn(name, answer));
      this.#apart.set(name, poll);
      this.#untried.add(name);
      poll.restart();
    }
  }

  /** @param {string} name @param {Answer} answer of the channel's own poll */
  #takeOwn(name, answer) {
    this.#options.onAnswer(answer);
    this.#untried.delete(name);
    if (isSuccess(answer)) this.#letIn.add(name);
    else this.#letIn.delete(name);
    if (isSentAway(answer)) {
      this.#sentAway.add(name);
      this.#takeIn(name);
    }
    if (this.#untried.size > 0 || this.#letIn.size === 0) return;
    const letIn = [...this.#letIn];
    for (const each of letIn) this.#takeIn(each);
    this.#gather([...this.#together, ...letIn]);
    this.#main?.restart();
  }
}

/** Answers that may be about a single channel, and are given for all. @type {ReadonlySet<Answer['kind']>} */
const REFUSALS = new Set(['taken', 'displaced', 'password', 'closed', 'unfit']);
