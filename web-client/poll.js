import { escapeName, unescapeName } from './address.js';
import { Backoff } from './backoff.js';
import { wait, within } from './later.js';
import { parseMessage } from './message.js';
import { Rounds } from './rounds.js';

/**
 * The id of a message as the server wrote it, sent back untouched; for several channels it holds one for each.
 * @typedef {{ lastModified: string, etag: string }} MessageId
 */

/** @type {MessageId} */
const START = Object.freeze({ lastModified: '', etag: '' });

/**
 * What came of one poll.
 * - `message`: there is news (`message` is null if it is of a kind this page doesn't know)
 * - `nothing`: the server answered, without news
 * - `gone`: the channel was deleted · `unknown`: there is no such channel
 * - `taken`: another viewer has the channel · `refused`: this viewer may not watch
 * - `failed`: no usable answer
 * @typedef {object} Answer
 * @property {'message' | 'nothing' | 'gone' | 'unknown' | 'taken' | 'refused' | 'failed'} kind
 * @property {import('./message.js').Frame | import('./message.js').Status | null} message
 * @property {string | null} channel the channel it is about, where the server says so
 * @property {number | null} nowMs the server's time
 * @property {string | null} version the server's version
 * @property {MessageId} id where to go on from
 * @property {number} failures how many attempts in a row came to `failed`, this one included
 */

/**
 * The server ends a hold after this, and the page gives up a little later. Without an end, a connection that was cut
 * without a word (a router restarted, a cable pulled) would look like a channel without news, for ever.
 */
const HOLD_SECONDS = 25;
const GRACE_MS = 8_000;
/** An answer without news that comes sooner than this was not held: don't ask again at once. */
const HELD_AT_LEAST_MS = 1_000;

/**
 * The long-poll: asks for the newest message of some channels, again and again, whatever happens, never twice at once.
 * The next poll is on its way before the answer to the last one is handed over.
 */
export class Poll {
  #channels;
  #viewer;
  #rounds;
  #onAnswer;
  /** Counts all that was no news and not held; that alone doesn't make the server unreachable. */
  #backoff = new Backoff();
  /** Attempts without a usable answer since the last one with. */
  #failures = 0;
  #id = START;
  /** Has the server answered since the last start or failure? If not, ask for an answer that is not held. */
  #answered = false;
  #askedMs = 0;
  /** @type {AbortController | null} given while the loop runs */
  #running = null;

  /**
   * @param {string[]} channels
   * @param {object} options
   * @param {string} options.viewer names this page to the server, so that it is counted once
   * @param {(answer: Answer) => void} options.onAnswer
   * @param {number} [options.paceMs] each channel is asked for no more often than this
   */
  constructor(channels, { viewer, onAnswer, paceMs = 0 }) {
    this.#channels = channels;
    this.#viewer = viewer;
    this.#onAnswer = onAnswer;
    this.#rounds = new Rounds(channels.length, paceMs);
  }

  /** Begins to poll; if it polls already, breaks off the poll that is held and asks at once. */
  restart() {
    this.stop();
    this.#answered = false;
    const running = new AbortController();
    this.#running = running;
    void this.#loop(running.signal);
  }

  /** Breaks off the poll that is held. The place in the channel is kept. */
  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    let next = this.#ask(stop);
    for (;;) {
      const answer = await next;
      if (stop.aborted) return;
      // Taken only together with the answer: an id kept without its message would lose that message.
      const moved = answer.id.lastModified !== this.#id.lastModified || answer.id.etag !== this.#id.etag;
      this.#id = answer.id;
      this.#failures = answer.kind === 'failed' ? this.#failures + 1 : 0;
      const pauseMs = this.#pauseAfter(answer, performance.now() - this.#askedMs, moved);
      next = pauseMs > 0 ? wait(pauseMs, stop).then(() => this.#ask(stop)) : this.#ask(stop);
      this.#tell(answer);
    }
  }

  /** @param {Answer} answer */
  #tell(answer) {
    try {
      this.#onAnswer({ ...answer, failures: this.#failures });
    } catch (error) {
      // A fault in what the answer leads to is reported like any other, and does not end the poll.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /**
   * @param {Answer} answer @param {number} tookMs @param {boolean} moved did the answer bring another id?
   * @returns {number} milliseconds to wait before the next poll
   */
  #pauseAfter({ kind, channel }, tookMs, moved) {
    const wasAnswered = this.#answered;
    this.#answered = kind === 'message' || kind === 'nothing';
    if (kind === 'message' && moved) {
      this.#backoff.reset();
      return this.#rounds.pauseAfter(channel ?? '', performance.now());
    }
    if (kind === 'nothing' && (!wasAnswered || tookMs > HELD_AT_LEAST_MS)) {
      this.#backoff.reset();
      return 0;
    }
    return this.#backoff.next();
  }

  /** @param {AbortSignal} stop @returns {Promise<Answer>} never rejected */
  async #ask(stop) {
    if (stop.aborted) return this.#failed();
    this.#askedMs = performance.now();
    const hold = this.#answered ? `timeout=${HOLD_SECONDS}` : 'poll';
    const limitMs = (this.#answered ? HOLD_SECONDS * 1000 : 0) + GRACE_MS;
    const url = `/sub/${this.#channels.map(escapeName).join(',')}?latest&${hold}&viewer=${this.#viewer}`;
    try {
      return await within(stop, limitMs, (signal) => this.#fetch(url, signal));
    } catch {
      return this.#failed();
    }
  }

  /** @returns {Answer} */
  #failed() {
    return { kind: 'failed', message: null, channel: null, nowMs: null, version: null, id: this.#id, failures: 0 };
  }

  /** @param {string} url @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #fetch(url, signal) {
    /** @type {Record<string, string>} */
    const headers = {};
    const { lastModified, etag } = this.#id;
    if (lastModified) headers['If-Modified-Since'] = lastModified;
    if (lastModified && etag) headers['If-None-Match'] = etag;
    const response = await fetch(url, { headers, cache: 'no-store', signal });
    const kind = kindOf(response.status);
    const text = kind === 'message' ? await response.text() : '';
    return {
      kind,
      message: kind === 'message' ? parseMessage(text) : null,
      channel: this.#named(response.headers.get('Cometcam-Channel')),
      nowMs: milliseconds(response.headers.get('Cometcam-Now-Ms')),
      version: response.headers.get('Cometcam-Version'),
      id: nextId(kind, response.headers, this.#id),
      failures: 0,
    };
  }

  /** @param {string | null} header percent-encoded, as in a path @returns {string | null} */
  #named(header) {
    const [only] = this.#channels;
    if (this.#channels.length === 1 && only !== undefined) return only;
    return this.#channels.find((name) => header !== null && name === unescapeName(header)) ?? null;
  }
}

/** @param {Answer['kind']} kind @param {Headers} headers @param {MessageId} before @returns {MessageId} */
function nextId(kind, headers, before) {
  if (kind === 'gone') return START;
  if (kind !== 'message' && kind !== 'nothing') return before;
  return { lastModified: headers.get('Last-Modified') ?? before.lastModified, etag: headers.get('Etag') ?? before.etag };
}

/** @param {number} status @returns {Answer['kind']} */
function kindOf(status) {
  switch (status) {
    case 200: return 'message';
    case 304: return 'nothing';
    case 401:
    case 403: return 'refused';
    case 404: return 'unknown';
    case 409: return 'taken';
    case 410: return 'gone';
    default: return 'failed';
  }
}

/** @param {string | null} text */
function milliseconds(text) {
  const value = Number(text);
  return text !== null && text !== '' && Number.isFinite(value) ? value : null;
}
