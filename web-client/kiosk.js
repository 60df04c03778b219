import { channelsOfPath } from './address.js';
import { AgainButton } from './again.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { Display, displayName, displayPath } from './display.js';
import { byId, make, setText, started } from './dom.js';
import { columnsFor } from './grid.js';
import { followIdleness } from './idle.js';
import { Renewal } from './renewal.js';
import { Slots } from './slots.js';
import { Stage } from './stage.js';
import { State } from './states.js';
import { Viewer } from './viewer.js';
import { WakeLock } from './wake.js';
import { pillDetail } from './words.js';

/** Of the six connections a browser opens, one holds the poll. */
const PICTURES_AT_ONCE = 3;
/** Words that stand still burn into some screens: they move a little this often. */
const MOVE_EVERY_MS = 60_000;
const MOVE_AT_MOST_PX = 24;

/** Long enough to walk past all the displays of a room. */
const IDENTIFY_MS = 10_000;

const WAKE_WORDS = {
  held: 'The screen is kept awake.',
  released: 'The screen may fall asleep: the browser took the wake lock back.',
  unavailable: 'This browser cannot keep the screen awake. Switch sleep off in the system’s settings.',
};

/** One of the pictures on a display. */
class Cell {
  channel;
  stage;
  #late = make('div', 'late');
  #announcer;
  #again;

  /**
   * @param {string} name
   * @param {{ namesChannel: boolean, slots: Slots, asker: () => string, onShown: () => void, say: (text: string) => void,
   *   onAgain: (channel: Channel) => void }} page
   */
  constructor(name, { namesChannel, slots, asker, onShown, say, onAgain }) {
    this.#again = new AgainButton(make('button', 'button again'), () => onAgain(this.channel), namesChannel ? name : '');
    this.stage = new Stage(name, { namesChannel, below: this.#again.element });
    this.stage.element.append(this.#late);
    this.channel = new Channel(name, this.stage.img, { slots, asker, onShown });
    this.#announcer = new Announcer(say);
  }

  /** @param {number} nowMs server time @returns {string} its name and state */
  draw(nowMs) {
    const verdict = this.channel.judge(nowMs);
    this.stage.draw(verdict, nowMs);
    this.#again.draw(verdict.refusal);
    setText(this.#late, verdict.state === State.Late ? `${verdict.state} ${pillDetail(verdict, nowMs)}` : '');
    const said = `${this.channel.name} ${verdict.state.toLowerCase()}`;
    this.#announcer.note(verdict.state, `${said}.`, performance.now());
    return said;
  }
}

/** The page for displays: the picture alone, for months. */
class KioskPage {
  #names = channelsOfPath(location.pathname);
  /** @type {Cell[]} */
  #cells = [];
  #renewal = new Renewal(location.href);
  #viewer = new Viewer({
    onDraw: () => this.#draw(),
    about: () => this.#display?.query ?? '',
    onHeaders: (headers) => this.#hear(headers),
  });
  #display = this.#signIn();
  /** @type {string | null} what became of the wish to keep the screen awake; null until it is known */
  #wake = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #identifying;
  /** @type {string[]} what is to be announced */
  #news = [];

  start() {
    const page = {
      namesChannel: this.#names.length > 1,
      slots: new Slots(PICTURES_AT_ONCE),
      asker: () => this.#viewer.query,
      onShown: () => this.#viewer.draw(),
      say: (/** @type {string} */ text) => this.#news.push(text),
      onAgain: (/** @type {Channel} */ channel) => this.#viewer.askAgain(channel),
    };
    this.#cells = this.#names.map((name) => new Cell(name, page));
    const grid = byId('grid', HTMLElement);
    grid.append(...this.#cells.map((cell) => cell.stage.element));
    const arrange = () => grid.style.setProperty('--columns', String(columnsFor(this.#cells.length, innerWidth, innerHeight)));
    window.addEventListener('resize', arrange);
    arrange();
    new WakeLock((state) => {
      this.#wake = state;
      document.documentElement.dataset.wake = state;
      setText(byId('wake', HTMLElement), WAKE_WORDS[state]);
    }).hold();
    setInterval(() => moveFurniture(), MOVE_EVERY_MS);
    this.#viewer.watch(this.#cells.map(({ channel }) => channel));
  }

  /** The display that this page is, if its address names it. */
  #signIn() {
    const name = displayName(location.search);
    return name === null ? null : new Display(name, () => ({ wake: this.#wake, version: this.#renewal.loadedBy }), {
      identify: () => this.#identify(name),
      reload: () => this.#renew(),
      show: (channels) => this.#show(channels, name),
    });
  }

  /** The server answered: already the next poll says what follows from that. @param {Headers} headers */
  #hear(headers) {
    const version = headers.get('Cometcam-Version');
    if (version) this.#renewal.note(version);
    this.#display?.hear(headers);
  }

  /** Says for a while, large, which display this is. @param {string} name */
  #identify(name) {
    const sign = byId('identify', HTMLElement);
    setText(sign, name);
    sign.style.setProperty('--letters', String(Math.max(4, [...name].length)));
    sign.hidden = false;
    clearTimeout(this.#identifying);
    this.#identifying = setTimeout(() => { sign.hidden = true; }, IDENTIFY_MS);
  }

  /** Goes where it is told, if it is not there yet. @param {string[]} channels @param {string} name */
  #show(channels, name) {
    const isShown = channels.length === this.#names.length && channels.every((channel, n) => channel === this.#names[n]);
    if (!isShown) this.#renew(displayPath(channels, name));
  }

  /** The server must hear first that its order was carried out, or it would give it once more to the page that comes. @param {string} [address] */
  #renew(address) {
    setTimeout(() => {
      this.#renewal.demand(address);
      this.#viewer.askAtOnce();
    }, 0);
  }

  #draw() {
    const nowMs = this.#viewer.clock.now();
    const title = `${this.#cells.map((cell) => cell.draw(nowMs)).join(', ')} · Cometcam`;
    if (document.title !== title) document.title = title;
    if (this.#news.length > 0) setText(byId('announce', HTMLElement), this.#news.splice(0).join(' '));
  }
}

/** Moves what stands still to another place nearby. */
function moveFurniture() {
  const reach = Math.min(MOVE_AT_MOST_PX, Math.min(innerWidth, innerHeight) * 0.015);
  for (const axis of ['--move-x', '--move-y']) {
    document.documentElement.style.setProperty(axis, `${Math.round((Math.random() * 2 - 1) * reach)}px`);
  }
}

followIdleness();
new KioskPage().start();
started();
