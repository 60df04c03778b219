/**
 * A channel's name as a piece of a path. Every `/`, `,` and `*` in it must be escaped: raw, they part or mean other channels.
 * @param {string} name
 */
export function escapeName(name) {
  return encodeURIComponent(name).replaceAll('*', '%2A');
}

/** Where one channel is watched. @param {string} name */
export function watchPath(name) {
  return `/watch/${escapeName(name)}`;
}

/** Where these channels are shown on a display. @param {string[]} names */
export function kioskPath(names) {
  const path = names.map(escapeName).join(',');
  // The one name that leads to another page when it is written plainly.
  return `/kiosk/${path === 'setup' ? '%73etup' : path}`;
}

/**
 * The channels that a page's own path names, as in /watch/front or /kiosk/front,yard.
 * @param {string} path @returns {string[]} empty if it names none
 */
export function channelsOfPath(path) {
  const [, names] = /^\/(?:watch|kiosk)\/([^/]+)$/.exec(path) ?? [];
  // Split first, unescape afterwards: an escaped comma is a letter of a name.
  return names === undefined ? [] : [...new Set(names.split(',').map(unescapeName))];
}

/** The name in a piece of a path. @param {string} piece */
export function unescapeName(piece) {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
