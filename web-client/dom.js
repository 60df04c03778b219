/**
 * Makes an element. Text is always set as text: what came over the wire never becomes markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {string} [className] @param {(Node | string)[]} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className = '', children = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Writes a text only if it is another one: drawing four times a second then costs nothing. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * The element of the page with this id.
 * @template {HTMLElement} T
 * @param {string} id @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} with the id ${id}.`);
  return element;
}

/** The page works: takes away what it says until then, by which boot.js sees that it must help. */
export function started() {
  document.getElementById('starting')?.remove();
  try {
    sessionStorage.removeItem('cometcam-tries');
  } catch {
    // A browser that may not remember anything has nothing to forget.
  }
}

/**
 * Calls `follow` whenever what the page knows may be out of date: it is hidden or seen again, let go on after a while in
 * which the browser let it do nothing, back on line, or taken out of the browser's cache of pages.
 * @param {() => void} follow
 */
export function onReturn(follow) {
  document.addEventListener('visibilitychange', follow);
  document.addEventListener('resume', follow);
  window.addEventListener('online', follow);
  // The event comes at each load as well, when everything has just begun.
  window.addEventListener('pageshow', (event) => event.persisted && follow());
}
