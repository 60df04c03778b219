import { escapeName } from './address.js';
import { within } from './later.js';
import { parseMessage } from './message.js';
import { secondOf } from './poll.js';

/** A second's pictures are passed over with one question; more are asked only of a server that is out of its mind. */
const QUESTIONS_AT_MOST = 90;
const LIMIT_MS = 8_000;
/** Past the last message of a second. */
const LAST_TAG = 4_294_967_295;

/**
 * Learns of the pictures of a channel's last minute, as far as the page has not heard of them already: it goes through the
 * stored messages in steps of a second, and not by each of them, which may be thousands. Whoever watched for a minute knows all
 * but the very oldest.
 * @param {string} name the channel
 * @param {import('./minute.js').Minute} minute
 * @param {() => string} query what each question says of this viewer
 */
export async function learnMinute(name, minute, query) {
  const path = `/sub/${escapeName(name)}?poll`;
  const untilMs = minute.newest?.captured_at_ms ?? Infinity;
  let second = NaN;
  for (let asked = 0; asked < QUESTIONS_AT_MOST; asked += 1) {
    const after = Number.isNaN(second) ? '&first=oldest' : `&last_event_id=${second}:${LAST_TAG}`;
    const heard = await question(`${path}${after}&${query()}`);
    if (heard === null || heard.second <= second) return;
    second = heard.second;
    if (heard.message?.type === 'frame') {
      minute.add({ ...heard.message, arrivedMs: performance.now() }, second);
      if (heard.message.captured_at_ms >= untilMs) return;
    }
    while (minute.knows(second + 1)) second += 1;
  }
}

/** @param {string} url @returns {Promise<{ message: ReturnType<typeof parseMessage>, second: number } | null>} */
async function question(url) {
  try {
    return await within(new AbortController().signal, LIMIT_MS, async (signal) => {
      const response = await fetch(url, { cache: 'no-store', signal });
      const text = response.status === 200 ? await response.text() : null;
      const second = secondOf({ lastModified: response.headers.get('Last-Modified') ?? '', etag: '' });
      return text === null || Number.isNaN(second) ? null : { message: parseMessage(text), second };
    });
  } catch {
    // What is known already can be looked at; the next touch asks once more.
    return null;
  }
}
