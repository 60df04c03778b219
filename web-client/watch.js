import { channelsOfPath } from './address.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { ChannelList } from './channels.js';
import { byId, setText, started } from './dom.js';
import { Fullscreen } from './fullscreen.js';
import { judge } from './freshness.js';
import { followIdleness } from './idle.js';
import { Pill } from './pill.js';
import { Renewal } from './renewal.js';
import { Stage } from './stage.js';
import { Viewer } from './viewer.js';
import { WakeLock } from './wake.js';
import { format, say } from './words.js';

/** A picture that is being saved is kept this long. */
const SAVED_WITHIN_MS = 60_000;

/** The page that shows one channel. */
class WatchPage {
  #name;
  #pill = new Pill();
  #stage;
  #channel;
  #viewer;
  #renewal;
  #announcer = new Announcer((text) => setText(byId('announce', HTMLElement), text));
  #wake = new WakeLock(() => {});
  #pauseButton = byId('pause', HTMLButtonElement);
  #saveButton = byId('save', HTMLButtonElement);
  #againButton = byId('again', HTMLButtonElement);
  #screen = byId('screen', HTMLElement);
  #fullscreen = new Fullscreen(this.#screen, () => this.#fullscreenChanged());

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    this.#stage = new Stage(name);
    this.#renewal = new Renewal(location.href, () => this.#viewer.isHeld || this.#fullscreen.isFilling);
    this.#viewer = new Viewer({ onDraw: () => this.#draw(), onVersion: (version) => this.#renewal.note(version) });
    this.#channel = new Channel(name, this.#stage.img, { onShown: () => this.#viewer.draw() });
  }

  start() {
    setText(byId('name', HTMLElement), this.#name);
    byId('pill', HTMLElement).append(this.#pill.element);
    this.#screen.prepend(this.#stage.element);
    byId('acts', HTMLElement).hidden = false;
    this.#pauseButton.addEventListener('click', () => this.#togglePause());
    this.#saveButton.addEventListener('click', () => this.#save());
    this.#againButton.addEventListener('click', () => this.#viewer.watch([this.#channel]));
    for (const id of ['fill', 'leave']) {
      byId(id, HTMLButtonElement).addEventListener('click', () => void this.#fullscreen.toggle());
    }
    this.#stage.element.addEventListener('dblclick', () => void this.#fullscreen.toggle());
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#viewer.watch([this.#channel]);
  }

  #draw() {
    const nowMs = this.#viewer.clock.now();
    const verdict = this.#channel.judge(nowMs);
    const { shown, shownBlob } = this.#channel.picture;
    this.#pill.draw(verdict, nowMs);
    this.#stage.draw(verdict, nowMs);
    if (shown) this.#stage.shape(shown.width, shown.height);
    setText(byId('format', HTMLElement), shown ? format(shown) : '');
    this.#saveButton.disabled = shownBlob === null;
    this.#againButton.hidden = verdict.refusal !== 'displaced';
    const words = say(verdict, nowMs);
    const title = `${verdict.state} · ${this.#name} · Cometcam`;
    if (document.title !== title) document.title = title;
    const said = words ? `${words.headline}. ${words.sentence}` : verdict.state.toLowerCase();
    this.#announcer.note(verdict.state, `${this.#name}: ${said}`, performance.now());
  }

  #togglePause() {
    this.#viewer.hold({ held: !this.#viewer.isHeld });
    setText(this.#pauseButton, this.#viewer.isHeld ? 'Go on' : 'Pause');
    this.#pauseButton.classList.toggle('on', this.#viewer.isHeld);
  }

  #save() {
    const { shown, shownBlob } = this.#channel.picture;
    if (!shown || !shownBlob) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(shownBlob);
    link.download = `${this.#name}-${shown.url.split('/').pop() ?? ''}`;
    link.click();
    // Some browsers read it only after they have asked where to put it.
    setTimeout(() => URL.revokeObjectURL(link.href), SAVED_WITHIN_MS);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const at = event.target instanceof Element ? event.target : null;
    // A letter alone is a command only to who is at the picture: those who dictate speak letters all day.
    if (event.key.toLowerCase() === 'f' && at?.closest('#screen, #fill')) void this.#fullscreen.toggle();
    else if (event.key === ' ' && !at?.closest('button, a')) {
      event.preventDefault();
      this.#togglePause();
    }
  }

  #fullscreenChanged() {
    const isFilling = this.#fullscreen.isFilling;
    if (isFilling) this.#wake.hold();
    else this.#wake.release();
    // What lies behind the picture can't be reached by the keyboard either.
    for (const id of ['bar', 'panel']) byId(id, HTMLElement).inert = isFilling;
    byId('leave', HTMLButtonElement).hidden = !isFilling;
    byId(isFilling ? 'screen' : 'pill', HTMLElement).append(this.#pill.element);
    // The button that had the focus is behind the picture now, or comes back from there.
    byId(isFilling ? 'leave' : 'fill', HTMLButtonElement).focus({ preventScroll: true });
  }
}

/** The same page as `/`: of the only channel that the server has, as soon as it has one. */
class HomePage {
  #pill = new Pill();
  #stage = new Stage('');
  #all = byId('all', HTMLAnchorElement);
  #name = '';

  start() {
    byId('pill', HTMLElement).append(this.#pill.element);
    byId('screen', HTMLElement).prepend(this.#stage.element);
    setText(this.#all, 'All cameras');
    this.#draw('connecting');
    new ChannelList((names) => this.#hear(names)).start();
  }

  /** @param {string[] | null} names */
  #hear(names) {
    if (this.#name === '') this.#begin(names);
    // Loaded again, this address is the page of all of them.
    else if (names) this.#all.hidden = names.every((name) => name === this.#name);
  }

  /** @param {string[] | null} names */
  #begin(names) {
    const [first] = names ?? [];
    if (first === undefined) return this.#draw(names ? 'open' : 'lost');
    this.#name = first;
    this.#pill.element.remove();
    this.#stage.element.remove();
    new WatchPage(first).start();
    this.#hear(names);
  }

  /** @param {import('./freshness.js').Known['connection']} connection */
  #draw(connection) {
    const verdict = judge({
      connection, refusal: '', held: false, newest: null, shown: null, status: null, failures: 0,
    }, { nowMs: 0, steadyMs: 0 });
    const words = say(verdict, 0);
    this.#pill.draw(verdict, 0);
    this.#stage.draw(verdict, 0);
    setText(byId('announce', HTMLElement), words ? `${words.headline}. ${words.sentence}` : '');
  }
}

const [named] = channelsOfPath(location.pathname);
followIdleness();
if (named === undefined) {
  new HomePage().start();
} else {
  byId('all', HTMLAnchorElement).hidden = false;
  new WatchPage(named).start();
}
started();
