/**
 * What a page has of a browser: its elements, taken from its own HTML, and the events that a test gives it. Nothing is laid
 * out or painted; what is hidden is only known to be so.
 */
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { settle } from './stand-ins.js';

class FakeElement extends EventTarget {
  /** @type {(FakeElement | string)[]} */
  children = [];
  /** @type {FakeElement | null} */
  parent = null;
  /** @type {Record<string, string>} */
  dataset = {};
  id = '';
  tag = '';
  hidden = false;
  inert = false;
  disabled = false;
  className = '';
  src = '';
  style = { setProperty() {} };
  classList = {
    contains: (/** @type {string} */ name) => this.#classes.has(name),
    add: (/** @type {string} */ name) => void this.#classes.add(name),
    remove: (/** @type {string} */ name) => void this.#classes.delete(name),
    toggle: (/** @type {string} */ name, /** @type {boolean} */ on) => void (on ? this.#classes.add(name) : this.#classes.delete(name)),
  };
  /** @type {Set<string>} */
  #classes = new Set();
  /** @type {Map<string, string>} */
  #attributes = new Map();

  /** @returns {string} */
  get textContent() {
    return this.children.map((child) => (typeof child === 'string' ? child : child.textContent)).join('');
  }

  set textContent(text) {
    this.children = [text];
  }

  /** The text of what is not hidden. @returns {string} */
  get seenText() {
    if (this.hidden) return '';
    return this.children.map((child) => (typeof child === 'string' ? child : child.seenText)).filter(Boolean).join(' ');
  }

  /** Those in it that can be pressed. @returns {FakeElement[]} */
  get buttons() {
    if (this.hidden) return [];
    return this.tag === 'button' ? [this] : this.children.flatMap((child) => (typeof child === 'string' ? [] : child.buttons));
  }

  /** @param {...(FakeElement | string)} children */
  append(...children) {
    this.#adopt(this.children.length, children);
  }

  /** @param {...(FakeElement | string)} children */
  prepend(...children) {
    this.#adopt(0, children);
  }

  /** @param {FakeElement} child @param {FakeElement | null} before */
  insertBefore(child, before) {
    this.#adopt(before ? this.children.indexOf(before) : this.children.length, [child]);
  }

  /** @param {number} place @param {(FakeElement | string)[]} children */
  #adopt(place, children) {
    for (const child of children) {
      if (typeof child === 'string') continue;
      child.remove();
      child.parent = this;
    }
    this.children.splice(place, 0, ...children);
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
    this.parent = null;
  }

  removeAttribute() {
    this.src = '';
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.#attributes.set(name, value);
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  /** Of the selectors that our pages use. @param {string} selectors @returns {FakeElement | null} */
  closest(selectors) {
    const wanted = selectors.split(', ');
    if (wanted.includes(`#${this.id}`) || wanted.includes(this.tag)) return this;
    return this.parent && this.parent.closest(selectors);
  }

  focus() {}

  click() {
    this.dispatchEvent(new Event('click'));
  }

  async decode() {}
}

class FakeButton extends FakeElement {}
class FakeLink extends FakeElement {}
class FakeInput extends FakeElement {
  value = '';
}

/** @type {Record<string, new () => FakeElement>} */
const TAGS = { button: FakeButton, a: FakeLink, input: FakeInput };

/** @param {string} tag */
function element(tag) {
  return Object.assign(new (TAGS[tag] ?? FakeElement)(), { tag });
}

/** The elements with an id of one of our pages. @param {string} page */
function elementsOf(page) {
  const html = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  const found = new Map();
  for (const [, tag = '', id = '', more = ''] of html.matchAll(/<(\w+) id="([\w-]+)"([^>]*)>/g)) {
    found.set(id, Object.assign(element(tag), { id, hidden: / hidden/.test(more) }));
  }
  return found;
}

/** @param {Map<string, FakeElement>} elements */
function documentOf(elements) {
  return Object.assign(new EventTarget(), {
    hidden: false,
    title: '',
    documentElement: new FakeElement(),
    fullscreenEnabled: true,
    fullscreenElement: /** @type {unknown} */ (null),
    exitFullscreen: async () => {},
    createElement: element,
    getElementById: (/** @type {string} */ id) => elements.get(id) ?? null,
  });
}

/** Sees what the test scrolls to. */
class FakeIntersectionObserver {
  /** @type {FakeIntersectionObserver | undefined} */
  static only;
  /** @type {Set<FakeElement>} */
  observed = new Set();

  /** @param {(changes: { target: FakeElement, isIntersecting: boolean }[]) => void} see */
  constructor(see) {
    this.see = see;
    FakeIntersectionObserver.only = this;
  }

  /** @param {FakeElement} target */
  observe(target) {
    this.observed.add(target);
  }

  /** @param {FakeElement} target */
  unobserve(target) {
    this.observed.delete(target);
  }
}

/** What the test sees of where the page goes. */
export const gone = { reloads: 0, to: /** @type {string[]} */ ([]) };

/** @param {string} path with its query */
function locationOf(path) {
  const [pathname = '', query] = path.split('?');
  Object.assign(gone, { reloads: 0, to: [] });
  return {
    pathname,
    search: query === undefined ? '' : `?${query}`,
    href: `http://127.0.0.1${path}`,
    reload: () => void (gone.reloads += 1),
    replace: (/** @type {string} */ to) => void gone.to.push(to),
  };
}

/**
 * Gives the test a browser's globals until it ends.
 * @param {import('node:test').TestContext} t
 * @param {ReturnType<typeof documentOf>} fakeDocument @param {EventTarget} fakeWindow @param {string} path
 * @returns {Set<() => void>} what is to be done again and again
 */
function install(t, fakeDocument, fakeWindow, path) {
  const real = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval };
  Object.assign(globalThis, { innerWidth: 1280, innerHeight: 720 });
  // Older versions of node have not all that a page takes for granted.
  if (!('crypto' in globalThis)) Object.assign(globalThis, { crypto: webcrypto });
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: {} });
  /** @type {Set<() => void>} */
  const intervals = new Set();
  const given = {
    document: fakeDocument,
    window: fakeWindow,
    location: locationOf(path),
    IntersectionObserver: FakeIntersectionObserver,
    Element: FakeElement,
    HTMLElement: FakeElement,
    HTMLButtonElement: FakeButton,
    HTMLAnchorElement: FakeLink,
    HTMLInputElement: FakeInput,
  };
  Object.assign(globalThis, given, {
    setInterval: (/** @type {() => void} */ run) => {
      intervals.add(run);
      return run;
    },
    clearInterval: (/** @type {() => void} */ run) => intervals.delete(run),
  });
  t.after(async () => {
    // What is still under way rests before the browser is taken from under it.
    fakeDocument.hidden = true;
    fakeDocument.dispatchEvent(new Event('visibilitychange'));
    fakeDocument.dispatchEvent(new Event('freeze'));
    await settle();
    Object.assign(globalThis, real);
    for (const name of Object.keys(given)) Reflect.deleteProperty(globalThis, name);
  });
  return intervals;
}

/** Modules run once: each page that a test opens is another one. */
let opened = 0;

/** @param {import('node:test').TestContext} t @param {{ page?: string, path?: string }} [options] */
export function browser(t, { page, path = '/' } = {}) {
  const elements = page ? elementsOf(page) : new Map();
  const fakeDocument = documentOf(elements);
  const fakeWindow = new EventTarget();
  const intervals = install(t, fakeDocument, fakeWindow, path);
  /** @param {EventTarget} target @param {string} type @param {object} [fields] */
  const give = (target, type, fields = {}) => {
    target.dispatchEvent(Object.assign(new Event(type), fields));
    return settle();
  };
  return {
    document: fakeDocument,
    intervals,
    /** Runs the page's script. @param {string} script */
    async open(script) {
      opened += 1;
      await import(`../${script}?opened=${opened}`);
      await settle();
    },
    /** @param {string} id @returns {FakeElement} */
    element(id) {
      const found = elements.get(id);
      if (!found) throw new Error(`The page has no element ${id}.`);
      return found;
    },
    /** @param {boolean} hidden */
    hide(hidden) {
      fakeDocument.hidden = hidden;
      return give(fakeDocument, 'visibilitychange');
    },
    online: () => give(fakeWindow, 'online'),
    pageHide: () => give(fakeWindow, 'pagehide'),
    /** @param {{ persisted: boolean }} how */
    pageShow: (how) => give(fakeWindow, 'pageshow', how),
    /** A key pressed while this element has the focus. @param {string} key @param {string} [id] */
    press(key, id) {
      const event = Object.assign(new Event('keydown'), { key });
      if (id !== undefined) Object.defineProperty(event, 'target', { value: elements.get(id) });
      fakeDocument.dispatchEvent(event);
      return settle();
    },
    /** Scrolls so that of the elements whose sight matters those are on the screen. @param {(place: number) => boolean} isSeen */
    scroll(isSeen) {
      const { only } = FakeIntersectionObserver;
      only?.see([...only.observed].map((target, place) => ({ target, isIntersecting: isSeen(place) })));
      return settle();
    },
    tick() {
      for (const run of intervals) run();
      return settle();
    },
  };
}
