import { channelsOfPath } from './address.js';
import { AgainButton } from './again.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { ChannelList } from './channels.js';
import { byId, setText, started } from './dom.js';
import { fetchForm, wasLetIn } from './entry.js';
import { Fullscreen } from './fullscreen.js';
import { judge } from './freshness.js';
import { Gestures } from './gestures.js';
import { followIdleness } from './idle.js';
import { KeysHelp } from './keys.js';
import { Lookout } from './lookout.js';
import { Minute } from './minute.js';
import { Past } from './past.js';
import { Pill } from './pill.js';
import { Renewal } from './renewal.js';
import { togetherWithOtherPages } from './sharing.js';
import { Sign } from './sign.js';
import { Stage } from './stage.js';
import { State } from './states.js';
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
  #past;
  #gestures;
  #lookout;
  #sign = new Sign();
  #keys = new KeysHelp();
  #announcer = new Announcer((text) => setText(byId('announce', HTMLElement), text));
  #wake = new WakeLock(() => {});
  #pauseButton = byId('pause', HTMLButtonElement);
  #saveButton = byId('save', HTMLButtonElement);
  #again = new AgainButton(byId('again', HTMLButtonElement), () => this.#viewer.askAgain(this.#channel));
  #screen = byId('screen', HTMLElement);
  #fullscreen = new Fullscreen(this.#screen, () => this.#fullscreenChanged());
  /** @type {import('./freshness.js').Verdict['refusal']} */
  #refusal = '';

  /** @param {string} name */
  constructor(name) {
    const minute = new Minute();
    this.#name = name;
    this.#stage = new Stage(name);
    this.#renewal = new Renewal(location.href, () => this.#viewer.isHeld || this.#fullscreen.isFilling);
    this.#viewer = new Viewer({
      onDraw: () => this.#draw(),
      onVersion: (version) => this.#renewal.note(version),
      ...togetherWithOtherPages(),
    });
    this.#channel = new Channel(name, this.#stage.img, { minute, asker: () => this.#viewer.query, onShown: () => this.#viewer.draw() });
    this.#past = new Past(this.#channel, this.#viewer, minute);
    this.#gestures = new Gestures(this.#stage.element, this.#stage.img, () => this.#drawZoom());
    this.#lookout = new Lookout(name, (state) => this.#see(state), () => this.#sign.rest(name));
  }

  start() {
    setText(byId('name', HTMLElement), this.#name);
    byId('pill', HTMLElement).append(this.#pill.element);
    this.#screen.prepend(this.#stage.element);
    for (const id of ['acts', 'timeline']) byId(id, HTMLElement).hidden = false;
    this.#pauseButton.addEventListener('click', () => this.#togglePause());
    this.#saveButton.addEventListener('click', () => this.#save());
    byId('whole', HTMLButtonElement).addEventListener('click', () => this.#showWhole());
    for (const id of ['fill', 'leave']) {
      byId(id, HTMLButtonElement).addEventListener('click', () => void this.#fullscreen.toggle());
    }
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#keys.start();
    this.#past.start();
    this.#lookout.start();
    this.#viewer.watch([this.#channel]);
  }

  #draw() {
    const nowMs = this.#viewer.clock.now();
    const verdict = this.#channel.judge(nowMs);
    const { shown, shownBlob } = this.#channel.picture;
    this.#pill.draw(verdict, nowMs);
    this.#stage.draw(verdict, nowMs);
    if (shown) this.#stage.shape(shown.width, shown.height);
    else this.#gestures.reset();
    setText(byId('format', HTMLElement), shown ? format(shown) : '');
    this.#saveButton.disabled = shownBlob === null;
    this.#drawRefusal(verdict.refusal);
    if (verdict.capturedAtMs !== null) wasLetIn();
    this.#sign.show(verdict.state, this.#name);
    const words = say(verdict, nowMs);
    const said = words ? `${words.headline}. ${words.sentence}` : verdict.state.toLowerCase();
    this.#announcer.note(verdict.state, `${this.#name}: ${said}`, performance.now());
    setText(this.#pauseButton, this.#viewer.isHeld ? 'Go on' : 'Pause');
    this.#pauseButton.classList.toggle('on', this.#viewer.isHeld);
    this.#past.draw(verdict, nowMs);
  }

  /** @param {import('./freshness.js').Verdict['refusal']} refusal */
  #drawRefusal(refusal) {
    this.#again.draw(refusal);
    const isNew = refusal !== this.#refusal;
    this.#refusal = refusal;
    if (isNew && refusal === 'password') fetchForm();
  }

  #drawZoom() {
    const { scale } = this.#gestures;
    byId('whole', HTMLButtonElement).hidden = scale === 1;
    if (scale > 1) setText(byId('scale', HTMLElement), `${scale.toFixed(1)} ×`);
  }

  #showWhole() {
    this.#gestures.reset();
    this.#screen.focus({ preventScroll: true });
  }

  /** The page is hidden, and this is how it stands. @param {import('./states.js').StateName} state */
  #see(state) {
    this.#sign.show(state, this.#name);
    // Its pictures are gone from here, too, whether anybody sees the page or not.
    if (state === State.Ended) this.#channel.hear({ type: 'status', state: 'ended', reason: '', at_ms: 0 });
    if (state === State.NotLive) this.#channel.forget();
  }

  #togglePause() {
    if (this.#viewer.isHeld) this.#past.goLive();
    else this.#viewer.hold({ held: true });
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
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const at = event.target instanceof Element ? event.target : null;
    if (event.key === 'Escape') return this.#escape();
    // A letter alone is a command only to who is at the picture: those who dictate speak letters all day.
    if (at?.closest('#screen') && !at.closest('input') && this.#keyAtPicture(event)) return event.preventDefault();
    if (event.repeat) return;
    if (event.key.toLowerCase() === 'f' && at?.closest('#fill')) void this.#fullscreen.toggle();
    else if (event.key === ' ' && !at?.closest('button, a')) {
      event.preventDefault();
      this.#togglePause();
    }
  }

  #escape() {
    if (this.#keys.isOpen) this.#keys.toggle();
    else if (this.#fullscreen.fillsPage) void this.#fullscreen.toggle();
    // A full screen is left by the browser.
    else if (!this.#fullscreen.isFilling) this.#past.goLive();
  }

  /** @param {KeyboardEvent} event @returns {boolean} does the key mean something there? */
  #keyAtPicture({ key, repeat }) {
    if (this.#gestures.key(key)) return true;
    const seconds = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 }[key];
    if (seconds !== undefined) this.#past.step(seconds);
    else if (key === ',' || key === '.') this.#past.stepPicture(key === ',' ? -1 : 1);
    else {
      const act = this.#actOf(key.toLowerCase());
      if (act && !repeat) act();
      return act !== null;
    }
    return true;
  }

  /** @param {string} key @returns {(() => void) | null} */
  #actOf(key) {
    switch (key) {
      case 'f': return () => void this.#fullscreen.toggle();
      case 'l': return () => this.#past.goLive();
      case 's': return () => this.#save();
      case '?': return () => this.#keys.toggle();
      default: return null;
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
    byId(isFilling ? 'screen' : 'below', HTMLElement).append(byId('timeline', HTMLElement));
    this.#gestures.fit();
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

  /** @param {import('./channels.js').Listed[] | null} channels */
  #hear(channels) {
    const names = channels && channels.map(({ name }) => name);
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
    this.#all.hidden = names?.length === 1;
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
