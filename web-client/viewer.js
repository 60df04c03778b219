import { escapeName } from './address.js';
import { ServerClock } from './clock.js';
import { onReturn } from './dom.js';
import { secondOf } from './poll.js';
import { Polls } from './polls.js';
import { randomToken } from './token.js';

/** @typedef {import('./channel.js').Channel} Channel */

/** One failure can be a connection that the server closed just then; two in a row are told. */
const FAILURES_TOLD = 2;
/** Ages are drawn this often. */
const DRAW_EVERY_MS = 250;
/** Who holds the picture only needs to learn that it is over. */
const HELD_PACE_MS = 2_000;
/** Whoever goes to another page, or loads this one anew, is back by then, and was never away. */
const BACK_WITHIN_S = 2;
/** A poll that was on its way already when a page said goodbye may come later than that: so it is said again. */
const SAID_AGAIN_AFTER_MS = 1_000;
/** The steady clock of most systems stands still while they sleep. So far behind the time of day, the page has slept. */
const SLEPT_MS = 2_000;

/**
 * Watches some channels over one poll while the page can be seen: hands what comes to the channels, keeps the server's
 * time, and asks for a drawing whenever something changed.
 */
export class Viewer {
  /** The server's time. */
  clock = new ServerClock();
  /** @type {Map<string, Channel>} */
  #channels = new Map();
  #asking;
  #token;
  #paceMs;
  #onDraw;
  #onVersion;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #drawing;
  #behindMs = 0;
  /** @type {WeakSet<Channel>} channels that fell silent, each looked into once */
  #silent = new WeakSet();
  /** @type {WeakSet<Channel>} channels that were watched before */
  #met = new WeakSet();
  /** Does the server count this viewer, as far as this page is to do with it? */
  #isCounted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #goodbye;
  /** Polls in a row without a usable answer. */
  #failures = 0;
  #held = false;

  /**
   * @param {object} options
   * @param {() => void} options.onDraw
   * @param {(version: string) => void} [options.onVersion] the server answered, and named its version
   * @param {number} [options.paceMs] each channel is asked for no more often than this
   * @param {() => string} [options.about] further fields for each poll, see [Poll]
   * @param {(headers: Headers) => void} [options.onHeaders] the server answered a poll; the next one is not on its way yet
   * @param {string} [options.token] names this viewer to the server, so that it is counted once
   * @param {(options: import('./polls.js').AskingOptions) => import('./polls.js').Asking} [options.makeAsking]
   */
  constructor({
    onDraw, onVersion = () => {}, paceMs = 0, about = () => '', onHeaders = () => {}, token = randomToken(),
    makeAsking = (options) => new Polls(options),
  }) {
    this.#onDraw = onDraw;
    this.#onVersion = onVersion;
    this.#paceMs = paceMs;
    this.#token = token;
    this.#asking = makeAsking({
      viewer: token,
      paceMs: () => (this.#held ? HELD_PACE_MS : this.#paceMs),
      painted: () => this.#painted(),
      onAnswer: (answer) => this.#take(answer),
      onCaughtUp: (silent) => this.#settle(silent),
      about,
      onHeaders,
    });
    onReturn(() => this.#follow());
    window.addEventListener('pagehide', () => this.#rest());
  }

  /** Does this viewer hold the pictures? */
  get isHeld() {
    return this.#held;
  }

  /** Watches these channels from now on; not those from which the server has sent this viewer away. @param {Channel[]} channels */
  watch(channels) {
    const before = this.#channels;
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    for (const channel of before.values()) if (!channels.includes(channel)) channel.leave();
    for (const channel of channels) channel.picture.hold({ held: this.#held });
    const anew = channels.filter((channel) => !this.#met.has(channel));
    for (const channel of anew) this.#met.add(channel);
    this.#asking.watch([...this.#channels.keys()], anew.map(({ name }) => name));
    this.#begin();
  }

  /** Asks for a channel from which the server has sent this viewer away: somebody wants it so. @param {Channel} channel */
  askAgain(channel) {
    this.#asking.watch([...this.#channels.keys()], [channel.name]);
    this.#begin();
  }

  /** Holds the pictures on the screen, or goes on with the newest. @param {{ held: boolean }} how */
  hold({ held }) {
    this.#held = held;
    for (const channel of this.#channels.values()) channel.picture.hold({ held });
    if (!held) this.askAtOnce();
    this.draw();
  }

  /** Breaks off the poll that is held and asks at once, if the page can be seen. */
  askAtOnce() {
    if (!document.hidden) this.#asking.restart();
  }

  /** Draws now. */
  draw() {
    this.#onDraw();
    this.#asking.tell();
    this.#lookIntoSilence();
  }

  /** Who asks, and what for a request beside the poll must say of it. */
  get query() {
    const painted = this.#painted();
    return `viewer=${this.#token}${painted > 0 ? `&painted=${painted}` : ''}`;
  }

  /** When the newest picture on the screen was taken, for the broadcaster to see how fresh it is; 0 if there is none. */
  #painted() {
    return Math.max(0, ...[...this.#channels.values()].map(({ picture }) => picture.shown?.captured_at_ms ?? 0));
  }

  /** What is known may be out of date: nothing is taken for live until the server has answered. */
  #follow() {
    for (const channel of this.#channels.values()) channel.connection = this.#failures >= FAILURES_TOLD ? 'lost' : 'connecting';
    this.#begin();
  }

  /** Polls if the page can be seen, and does not if not. */
  #begin() {
    clearInterval(this.#drawing);
    if (document.hidden) return this.#rest();
    this.#asking.restart();
    this.#isCounted = true;
    clearTimeout(this.#goodbye);
    this.#behindMs = behindMs();
    this.#drawing = setInterval(() => this.#tick(), DRAW_EVERY_MS);
    this.draw();
  }

  #rest() {
    clearInterval(this.#drawing);
    this.#asking.stop();
    for (const channel of this.#channels.values()) channel.picture.rest();
    if (!this.#isCounted) return;
    this.#isCounted = false;
    this.#sayGoodbye();
    this.#goodbye = setTimeout(() => this.#sayGoodbye(), SAID_AGAIN_AFTER_MS);
  }

  /** Who locks the phone is out of the broadcaster's list soon. Another page of this browser that is looked at keeps its place there. */
  #sayGoodbye() {
    const channel = [...this.#channels.values()].find(({ isRefused }) => !isRefused);
    if (!channel) return;
    const url = `/sub/${escapeName(channel.name)}?viewer=${this.#token}&leave=${BACK_WITHIN_S}`;
    // If it does not arrive, the server misses the page after a while.
    fetch(url, { keepalive: true, cache: 'no-store' }).catch(() => {});
  }

  #tick() {
    const sleptMs = behindMs() - this.#behindMs;
    this.#behindMs += sleptMs;
    if (sleptMs > SLEPT_MS) this.#follow();
    else this.draw();
  }

  /** @param {import('./poll.js').Answer} answer */
  #take(answer) {
    if (answer.nowMs !== null) this.clock.set(answer.nowMs);
    this.#failures = answer.kind === 'failed' ? this.#failures + 1 : 0;
    this.#hand(answer);
    if (answer.version) this.#onVersion(answer.version);
    this.draw();
  }

  /** @param {import('./poll.js').Answer} answer */
  #hand({ kind, message, channel: name, reason, id }) {
    const named = this.#channels.get(name ?? '');
    switch (kind) {
      case 'message':
        return named?.hear(message, secondOf(id));
      case 'nothing':
        return;
      case 'gone':
      case 'unknown':
        // Of several channels the answer doesn't say which one is no more: that turns out when the poll has caught up.
        return named?.forget();
      case 'failed':
        if (this.#failures >= FAILURES_TOLD) for (const channel of this.#channels.values()) channel.connection = 'lost';
        return;
      default:
        for (const channel of named ? [named] : this.#channels.values()) channel.refuse(kind, reason);
    }
  }

  /** The server has told all it has to tell; of some channels that is nothing. @param {string[]} silent */
  #settle(silent) {
    for (const name of silent) this.#channels.get(name)?.forget();
    this.draw();
  }

  /**
   * A channel that should bring pictures and brings nothing: ask the server at once, instead of waiting for the end of a
   * hold on a connection that may be dead.
   */
  #lookIntoSilence() {
    if (this.#failures > 0) return;
    for (const channel of this.#channels.values()) {
      if (channel.judge(this.clock.now()).cause !== 'silence') {
        this.#silent.delete(channel);
      } else if (!this.#silent.has(channel)) {
        this.#silent.add(channel);
        this.#asking.restart();
      }
    }
  }
}

/** How far the steady clock is behind the time of day. Only that it grows at once says something. */
function behindMs() {
  // eslint-disable-next-line no-restricted-properties -- compared with itself a moment ago, a wrong time of day does no harm
  return Date.now() - performance.now();
}
