import { channelsOfPath } from './address.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { ChannelList } from './channels.js';
import { byId, setText } from './dom.js';
import { Fullscreen } from './fullscreen.js';
import { judge } from './freshness.js';
import { followIdleness } from './idle.js';
import { Pill } from './pill.js';
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
  #announcer = new Announcer((text) => setText(byId('announce', HTMLElement), text));
  #wake = new WakeLock(() => {});
  #pauseButton = byId('pause', HTMLButtonElement);
  #saveButton = byId('save', HTMLButtonElement);
  #fullscreen;
  #held = false;

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    this.#stage = new Stage(name);
    this.#viewer = new Viewer({ onDraw: () => this.#draw() });
    this.#channel = new Channel(name, this.#stage.img, { onShown: () => this.#viewer.draw() });
    this.#fullscreen = new Fullscreen(byId('screen', HTMLElement), (filling) => this.#fullscreenChanged(filling));
  }

  start() {
    setText(byId('name', HTMLElement), this.#name);
    byId('pill', HTMLElement).append(this.#pill.element);
    byId('screen', HTMLElement).prepend(this.#stage.element);
    byId('all', HTMLAnchorElement).hidden = location.pathname === '/';
    this.#pauseButton.addEventListener('click', () => this.#togglePause());
    this.#saveButton.addEventListener('click', () => this.#save());
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
    const { shown } = this.#channel.picture;
    this.#pill.draw(verdict, nowMs);
    this.#stage.draw(verdict, nowMs);
    if (shown) this.#stage.shape(shown.width, shown.height);
    setText(byId('format', HTMLElement), shown ? format(shown) : '');
    this.#saveButton.disabled = shown === null;
    const words = say(verdict, nowMs);
    const title = `${verdict.state} · ${this.#name} · Cometcam`;
    if (document.title !== title) document.title = title;
    const said = words ? `${words.headline}. ${words.sentence}` : verdict.state.toLowerCase();
    this.#announcer.note(verdict.state, `${this.#name}: ${said}`, performance.now());
  }

  #togglePause() {
    this.#held = !this.#held;
    this.#channel.picture.hold({ held: this.#held });
    setText(this.#pauseButton, this.#held ? 'Go on' : 'Pause');
    this.#pauseButton.classList.toggle('on', this.#held);
    this.#viewer.draw();
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
    const onControl = event.target instanceof Element && event.target.closest('button, a, input') !== null;
    if (event.key.toLowerCase() === 'f') void this.#fullscreen.toggle();
    else if (event.key === ' ' && !onControl) {
      event.preventDefault();
      this.#togglePause();
    }
  }

  /** @param {boolean} filling */
  #fullscreenChanged(filling) {
    if (filling) this.#wake.hold();
    else this.#wake.release();
    byId('leave', HTMLButtonElement).hidden = !filling;
    byId(filling ? 'screen' : 'pill', HTMLElement).append(this.#pill.element);
    // The button that had the focus is behind the picture now, or comes back from there.
    byId(filling ? 'leave' : 'fill', HTMLButtonElement).focus({ preventScroll: true });
  }
}

/** The same page as `/`, before it knows its channel: the only one the server has, as soon as it has one. */
class NamelessPage {
  #pill = new Pill();
  #stage = new Stage('');
  #list = new ChannelList((list) => this.#hear(list));

  start() {
    byId('pill', HTMLElement).append(this.#pill.element);
    byId('screen', HTMLElement).prepend(this.#stage.element);
    this.#draw('connecting');
    this.#list.start();
  }

  /** @param {import('./channels.js').List | null} list */
  #hear(list) {
    const [first] = list?.channels ?? [];
    if (!first) return this.#draw(list ? 'open' : 'lost');
    this.#list.stop();
    this.#pill.element.remove();
    this.#stage.element.remove();
    new WatchPage(first.name).start();
  }

  /** @param {import('./freshness.js').Known['connection']} connection */
  #draw(connection) {
    const verdict = judge({ connection, refusal: '', held: false, newest: null, shown: null, status: null }, 0);
    const words = say(verdict, 0);
    this.#pill.draw(verdict, 0);
    this.#stage.draw(verdict, 0);
    setText(byId('announce', HTMLElement), words ? `${words.headline}. ${words.sentence}` : '');
  }
}

followIdleness();
const [named] = channelsOfPath(location.pathname);
(named === undefined ? new NamelessPage() : new WatchPage(named)).start();
