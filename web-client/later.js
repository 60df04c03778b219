/**
 * A wait that can be cut short.
 * @param {number} ms @param {AbortSignal} signal
 * @returns {Promise<void>} kept when the time is over or the signal is given, whichever is first
 */
export function wait(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/**
 * Does `work` under a signal of its own that is given when `outer` is, or after `limitMs` without progress: a request on a
 * dead connection otherwise waits for ever, and some browsers never settle a decode in a hidden page.
 * @template T
 * @param {AbortSignal} outer @param {number} limitMs
 * @param {(signal: AbortSignal, progress: () => void) => Promise<T>} work tells its progress, if it knows of any
 * @returns {Promise<T>} broken off with an AbortError even if `work` itself never ends
 */
export async function within(outer, limitMs, work) {
  if (outer.aborted) throw brokenOff();
  const own = new AbortController();
  const stop = () => own.abort();
  let timer = setTimeout(stop, limitMs);
  const progress = () => {
    clearTimeout(timer);
    timer = setTimeout(stop, limitMs);
  };
  outer.addEventListener('abort', stop);
  try {
    return await Promise.race([work(own.signal, progress), broken(own.signal)]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', stop);
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function broken(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(brokenOff()), { once: true });
  });
}

/** The error of work that nobody waits for any more. */
export function brokenOff() {
  return new DOMException('Nobody waits for this any more.', 'AbortError');
}
