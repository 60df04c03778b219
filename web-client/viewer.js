import { ServerClock } from './clock.js';
import { onReturn } from './dom.js';
import { Poll } from './poll.js';

/** @typedef {import('./channel.js').Channel} Channel */

/** One failure can be a connection that the server closed just then; two in a row are told. */
const FAILURES_TOLD = 2;
/** Ages are drawn this often. */
const DRAW_EVERY_MS = 250;

/**
 * Watches some channels over one poll while the page can be seen: hands what comes to the channels, keeps the server's
 * time, and asks for a drawing whenever something changed.
 */
export class Viewer {
  /** The server's time. */
  clock = new ServerClock();
  /** @type {Map<string, Channel>} */
  #channels = new Map();
  /** @type {Poll | null} */
  #poll = null;
  #token = randomToken();
  #paceMs;
  #onDraw;
  #onVersion;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #drawing;
  /** @type {WeakSet<Channel>} channels that fell silent, each looked into once */
  #silent = new WeakSet();
  #lost = false;

  /**
   * @param {object} options
   * @param {() => void} options.onDraw
   * @param {(version: string) => void} [options.onVersion] the server answered, and named its version
   * @param {number} [options.paceMs] each channel is asked for no more often than this
   */
  constructor({ onDraw, onVersion = () => {}, paceMs = 0 }) {
    this.#onDraw = onDraw;
    this.#onVersion = onVersion;
    this.#paceMs = paceMs;
    onReturn(() => this.#follow());
    window.addEventListener('pagehide', () => this.#rest());
  }

  /** Watches these channels from now on. @param {Channel[]} channels */
  watch(channels) {
    this.#poll?.stop();
    this.#channels = new Map(channels.map((channel) => [channel.name, channel]));
    const names = [...this.#channels.keys()];
    this.#poll = names.length === 0 ? null
      : new Poll(names, { viewer: this.#token, paceMs: this.#paceMs, onAnswer: (answer) => this.#take(answer) });
    this.#follow();
  }

  /** Draws now. */
  draw() {
    this.#onDraw();
    this.#lookIntoSilence();
  }

  /** Polls if the page can be seen, and does not if not. */
  #follow() {
    this.#rest();
    if (document.hidden) return;
    for (const channel of this.#channels.values()) {
      if (!this.#lost) channel.connection = 'connecting';
      channel.picture.resume();
    }
    this.#poll?.restart();
    this.#drawing = setInterval(() => this.draw(), DRAW_EVERY_MS);
    this.draw();
  }

  #rest() {
    clearInterval(this.#drawing);
    this.#poll?.stop();
    for (const channel of this.#channels.values()) channel.picture.rest();
  }

  /** @param {import('./poll.js').Answer} answer */
  #take(answer) {
    if (answer.nowMs !== null) this.clock.set(answer.nowMs);
    if (answer.kind === 'failed') {
      if (answer.failures >= FAILURES_TOLD) this.#setConnection('lost');
    } else {
      const wasLost = this.#lost;
      this.#setConnection('open');
      this.#hand(answer);
      // A server that was started anew may have forgotten the broadcast, and then no message says so.
      if (wasLost) for (const channel of this.#channels.values()) void channel.picture.recheck();
      if (answer.version) this.#onVersion(answer.version);
    }
    this.draw();
  }

  /** @param {'open' | 'lost'} connection */
  #setConnection(connection) {
    this.#lost = connection === 'lost';
    for (const channel of this.#channels.values()) channel.connection = connection;
  }

  /** @param {import('./poll.js').Answer} answer */
  #hand({ kind, message, channel: name }) {
    const named = name === null ? undefined : this.#channels.get(name);
    const meant = named ? [named] : [...this.#channels.values()];
    if (kind === 'message' || kind === 'nothing') for (const channel of this.#channels.values()) channel.admit();
    if (kind === 'message' && message && named) {
      // A server elsewhere may not tell its time: ages then count from the arrival.
      if (!this.clock.isSet && message.type === 'frame') this.clock.set(message.captured_at_ms);
      this.#silent.delete(named);
      named.take(message);
    } else if (kind === 'gone' || kind === 'unknown') {
      // Of several channels the answer doesn't say which one is no more: then their pictures tell.
      if (meant.length === 1) meant[0]?.forget();
      else for (const channel of meant) void channel.picture.recheck();
    } else if (kind === 'taken' || kind === 'refused') {
      for (const channel of meant) channel.refuse(kind);
    }
  }

  /**
   * A channel that should bring pictures and brings nothing: ask the server at once, instead of waiting for the end of a
   * hold on a connection that may be dead.
   */
  #lookIntoSilence() {
    if (this.#lost) return;
    for (const channel of this.#channels.values()) {
      if (!channel.judge(this.clock.now()).silent || this.#silent.has(channel)) continue;
      this.#silent.add(channel);
      this.#poll?.restart();
      void channel.picture.recheck();
    }
  }
}

/** 128 random bits as hexadecimal digits; works without a secure context. */
function randomToken() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
