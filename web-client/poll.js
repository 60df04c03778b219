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
 * - `taken`: another viewer has the channel · `displaced`: another viewer has just taken it from this one
 * - `password`: only who has entered one may watch · `closed`: the broadcaster sent this viewer away
 * - `full`: no more viewers are let in · `unfit`: the server can't do what this page asks
 * - `failed`: no usable answer
 * @typedef {object} Answer
 * @property {'message' | 'nothing' | 'gone' | 'unknown' | 'taken' | 'displaced' | 'password' | 'closed' | 'full' | 'unfit' | 'failed'} kind
 * @property {import('./message.js').Frame | import('./message.js').Status | null} message
 * @property {string | null} channel the channel it is about; null if that is none or all of several
 * @property {string} reason what the server says of a refusal, in a sentence; empty if nothing
 * @property {number | null} nowMs the server's time
 * @property {string | null} version the server's version
 * @property {MessageId} id where to go on from
 */

/**
 * The server ends a hold after this, and the page gives up a little later. Without an end, a connection that was cut
 * without a word (a router restarted, a cable pulled) would look like a channel without news, for ever.
 */
const HOLD_SECONDS = 25;
const GRACE_MS = 8_000;
/** An answer without news that comes sooner than this was not held: don't ask again at once. */
const HELD_AT_LEAST_MS = 1_000;
/** More of a refusal's sentence is not shown. */
const LONGEST_REASON = 300;

/**
 * The long-poll: asks for the newest message of some channels, again and again, whatever happens, never twice at once.
 * The next poll is on its way before the answer to the last one is handed over.
 *
 * After a start, and after whatever was no success, it catches up: it asks without an id and without being held, until
 * each channel has told its newest message or has none. So what a page knows never outlives a server that forgot it.
 */
export class Poll {
  #channels;
  #viewer;
  #paceMs;
  #onAnswer;
  #onCaughtUp;
  #about;
  #onHeaders;
  #rounds;
  /** Counts all that was no news and not held; that alone doesn't make the server unreachable. */
  #backoff = new Backoff();
  #id = START;
  /** @type {Set<string> | null} the channels heard while catching up; null when that is done */
  #catchingUp = new Set();
  /** Was the last answer that another viewer has the channel? Then only what has to wait for its turn proves anything. */
  #taken = false;
  /**
   * Has another viewer taken the channel from this one, or the broadcaster closed it? Nobody comes back from that by itself:
   * two pages would never stop, and who was sent away would be back in the list.
   */
  #sentAway = false;
  #askedMs = 0;
  /** @type {AbortController | null} given while the loop runs */
  #running = null;

  /**
   * @param {string[]} channels
   * @param {object} options
   * @param {string} options.viewer names this page to the server, so that it is counted once
   * @param {(answer: Answer) => void} options.onAnswer
   * @param {(silent: string[]) => void} [options.onCaughtUp] all that the server has was told; of these channels it has nothing
   * @param {() => number} [options.paceMs] each channel is asked for no more often than this
   * @param {() => string} [options.about] further fields of the query, each behind an `&`: what there is to say of this page now
   * @param {(headers: Headers) => void} [options.onHeaders] the server answered; called before the next poll is on its way
   */
  constructor(channels, { viewer, onAnswer, onCaughtUp = () => {}, paceMs = () => 0, about = () => '', onHeaders = () => {} }) {
    this.#channels = channels;
    this.#viewer = viewer;
    this.#onAnswer = onAnswer;
    this.#onCaughtUp = onCaughtUp;
    this.#paceMs = paceMs;
    this.#about = about;
    this.#onHeaders = onHeaders;
    this.#rounds = new Rounds(channels.length);
  }

  /** Begins to poll; if it polls already, breaks off the poll that is held and asks at once. */
  restart() {
    this.stop();
    if (this.#sentAway) return;
    this.#backoff.reset();
    this.#catchUp();
    this.#running = new AbortController();
    void this.#loop(this.#running.signal);
  }

  /** Breaks off the poll that is held. */
  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  #catchUp() {
    this.#id = START;
    this.#catchingUp = new Set();
  }

  /** @param {AbortSignal} stop */
  async #loop(stop) {
    let next = this.#ask(stop);
    while (!this.#sentAway) {
      const answer = await next;
      if (stop.aborted) return;
      const tookMs = performance.now() - this.#askedMs;
      const wasCatchingUp = this.#catchingUp;
      const pauseMs = isSuccess(answer) ? this.#goOn(answer, tookMs) : this.#giveUp(answer);
      next = pauseMs > 0 ? wait(pauseMs, stop).then(() => this.#ask(stop)) : this.#ask(stop);
      this.#tell(() => this.#onAnswer(answer));
      if (wasCatchingUp && !this.#catchingUp) {
        this.#tell(() => this.#onCaughtUp(this.#channels.filter((name) => !wasCatchingUp.has(name))));
      }
    }
  }

  /** @param {() => void} tell */
  #tell(tell) {
    try {
      tell();
    } catch (error) {
      // A fault in what the answer leads to is reported like any other, and does not end the poll.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** @param {Answer} answer @param {number} tookMs @returns {number} milliseconds to wait before the next poll */
  #goOn({ kind, id, channel }, tookMs) {
    const wasTaken = this.#taken;
    const wasCatchingUp = this.#catchingUp !== null;
    this.#taken = false;
    if (kind === 'nothing' && !wasTaken && !wasCatchingUp && tookMs <= HELD_AT_LEAST_MS) return this.#backoff.next();
    this.#backoff.reset();
    // It has the place now, and has not been told yet what there is.
    if (wasTaken) return 0;
    this.#id = id;
    if (kind === 'nothing') {
      this.#catchingUp = null;
      return 0;
    }
    this.#hear(channel ?? '');
    return this.#rounds.pauseAfter(channel ?? '', performance.now(), this.#paceMs());
  }

  /** Channels with news take turns: when one comes again, the others have none. @param {string} channel */
  #hear(channel) {
    if (!this.#catchingUp) return;
    const again = this.#catchingUp.has(channel);
    this.#catchingUp.add(channel);
    if (again || this.#catchingUp.size >= this.#channels.length) this.#catchingUp = null;
  }

  /** @param {Answer} answer @returns {number} milliseconds to wait before the next poll */
  #giveUp({ kind }) {
    this.#catchUp();
    this.#sentAway = isSentAway({ kind });
    this.#taken = kind === 'taken' || (this.#taken && kind === 'failed');
    return this.#backoff.next();
  }

  /** @param {AbortSignal} stop @returns {Promise<Answer>} never rejected */
  async #ask(stop) {
    const failed = {
      kind: /** @type {const} */ ('failed'), message: null, channel: null, reason: '', nowMs: null, version: null, id: START };
    if (stop.aborted || this.#sentAway) return failed;
    this.#askedMs = performance.now();
    const isHeld = !this.#catchingUp || this.#taken;
    const hold = isHeld ? `timeout=${HOLD_SECONDS}` : 'poll';
    // What is there already is given to anybody; only who waits for the next message learns whether the place is free.
    const how = this.#taken ? `first=newest&${hold}` : hold;
    const url = `/sub/${this.#channels.map(escapeName).join(',')}?latest&${how}&viewer=${this.#viewer}${this.#about()}`;
    try {
      return await within(stop, (isHeld ? HOLD_SECONDS * 1000 : 0) + GRACE_MS, (signal) => this.#fetch(url, signal));
    } catch {
      return failed;
    }
  }

  /** @param {string} url @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #fetch(url, signal) {
    /** @type {Record<string, string>} */
    const headers = {};
    const { lastModified, etag } = this.#id;
    if (lastModified) headers['If-Modified-Since'] = lastModified;
    if (lastModified && etag) headers['If-None-Match'] = etag;
    const response = await fetch(url, { headers, cache: 'no-store', signal });
    this.#tell(() => this.#onHeaders(response.headers));
    const told = kindOf(response);
    const text = told === 'message' || WITH_REASON.has(told) ? await response.text() : '';
    const id = idOf(response.headers, this.#id);
    const moved = id.lastModified !== lastModified || id.etag !== etag;
    // The same message once more is no news, and must not be asked for in a tight loop.
    const kind = told === 'message' && !moved ? 'nothing' : told;
    return {
      kind,
      message: kind === 'message' ? parseMessage(text) : null,
      channel: this.#named(response.headers.get('Cometcam-Channel')),
      reason: WITH_REASON.has(told) && isPlain(response) ? text.slice(0, LONGEST_REASON) : '',
      nowMs: milliseconds(response.headers.get('Cometcam-Now-Ms')),
      version: response.headers.get('Cometcam-Version'),
      id,
    };
  }

  /** @param {string | null} header percent-encoded, as in a path @returns {string | null} */
  #named(header) {
    const [only] = this.#channels;
    if (this.#channels.length === 1 && only !== undefined) return only;
    return this.#channels.find((name) => header !== null && name === unescapeName(header)) ?? null;
  }
}

/** Those whose sentence tells the viewer more than this page knows. @type {ReadonlySet<Answer['kind']>} */
const WITH_REASON = new Set(['closed', 'full']);

/** @param {{ headers: Headers }} response */
function isPlain({ headers }) {
  return /^text\/plain\b/.test(headers.get('Content-Type') ?? '');
}

/** Did the server send this viewer away for good? @param {Pick<Answer, 'kind'>} answer */
export function isSentAway({ kind }) {
  return kind === 'displaced' || kind === 'closed';
}

/** @param {Answer} answer */
export function isSuccess({ kind }) {
  return kind === 'message' || kind === 'nothing';
}

/** @param {Headers} headers @param {MessageId} before @returns {MessageId} */
function idOf(headers, before) {
  return { lastModified: headers.get('Last-Modified') ?? before.lastModified, etag: headers.get('Etag') ?? before.etag };
}

/** @param {Response} response @returns {Answer['kind']} */
function kindOf({ status, headers }) {
  switch (status) {
    case 200: return 'message';
    case 304: return 'nothing';
    case 400: return 'unfit';
    case 401: return 'password';
    case 403: return 'closed';
    case 404: return 'unknown';
    // The place that is not free may become so; one that was taken away is another's by right.
    case 409: return headers.has('Retry-After') ? 'taken' : 'displaced';
    case 410: return 'gone';
    // With a sentence it is the server's own; without, that of a proxy with no server behind it.
    case 503: return isPlain({ headers }) ? 'full' : 'failed';
    default: return 'failed';
  }
}

/** The second of an id, as the server counts them; NaN if there is none. @param {MessageId} id */
export function secondOf({ lastModified }) {
  return Date.parse(lastModified) / 1000;
}

/** @param {string | null} text */
function milliseconds(text) {
  const value = Number(text);
  return text !== null && text !== '' && Number.isFinite(value) ? value : null;
}
