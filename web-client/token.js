/** So long after the last one was seen, a page of this browser is a viewer that comes anew. */
const FORGOTTEN_AFTER_MS = 30_000;
const NAME = 'cometcam-viewer';

/** 128 random bits as hexadecimal digits; works without a secure context. */
export function randomToken() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The token of a viewer with several pages open in one browser: that of the pages there are, or a new one. It is no mark for
 * good: it is forgotten soon after the last page.
 */
export function tokenOfBrowser() {
  const [token = '', atMs] = (remembered() ?? '').split(' ');
  // eslint-disable-next-line no-restricted-properties -- of the same clock a moment ago
  const ageMs = Date.now() - Number(atMs);
  return /^[0-9a-f]{32}$/.test(token) && ageMs >= 0 && ageMs < FORGOTTEN_AFTER_MS ? token : randomToken();
}

/** A page with this token is open. @param {string} token */
export function keepToken(token) {
  try {
    // eslint-disable-next-line no-restricted-properties -- see above
    localStorage.setItem(NAME, `${token} ${Date.now()}`);
  } catch {
    // A browser that may not remember anything counts as one viewer for each page.
  }
}

function remembered() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
