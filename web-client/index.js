import { watchPath } from './address.js';
import { AgainButton } from './again.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { ChannelList } from './channels.js';
import { byId, make, setText, started } from './dom.js';
import { Pill } from './pill.js';
import { Renewal } from './renewal.js';
import { togetherWithOtherPages } from './sharing.js';
import { Sign } from './sign.js';
import { Slots } from './slots.js';
import { Stage } from './stage.js';
import { State } from './states.js';
import { Viewer } from './viewer.js';

/** A small picture needs no more than two a second, and a page of twenty cameras would choke on more. */
const PACE_MS = 500;
/** Of the six connections a browser opens, one holds the poll and one is for the list. */
const PICTURES_AT_ONCE = 3;
/** The server takes no more channels in one poll. */
const WATCHED_AT_MOST = 64;
/** Whoever scrolls finds the next cards at work already. */
const AROUND_THE_SCREEN = '25%';
/** Not each card that flies by while somebody scrolls is asked for. */
const SCROLLED_AFTER_MS = 100;

/** A channel as a card that leads to its page. */
class Card {
  element = make('li', 'card');
  channel;
  #pill = new Pill();
  #stage = new Stage('', { alt: 'Newest picture' });
  #announcer;
  #again;

  /**
   * @param {string} name
   * @param {{ slots: Slots, asker: () => string, onShown: () => void, say: (text: string) => void, onAgain: (channel: Channel) => void }} page
   */
  constructor(name, { slots, asker, onShown, say, onAgain }) {
    this.channel = new Channel(name, this.#stage.img, { slots, asker, paceMs: PACE_MS, onShown });
    this.#announcer = new Announcer(say);
    const link = make('a', 'card-link', [
      this.#stage.element,
      make('span', 'card-foot', [make('span', 'name', [name]), this.#pill.element]),
    ]);
    link.href = watchPath(name);
    this.#again = new AgainButton(make('button', 'button again'), () => onAgain(this.channel), name);
    this.element.append(link, this.#again.element);
  }

  /** @param {number} nowMs server time */
  draw(nowMs) {
    const verdict = this.channel.judge(nowMs);
    this.#pill.draw(verdict, nowMs);
    this.#stage.draw(verdict, nowMs);
    // The page that the card leads to has the form for a password.
    this.#again.draw(verdict.refusal === 'password' ? '' : verdict.refusal);
    return verdict;
  }

  /** Draws it, and tells what changed. @param {number} nowMs server time */
  follow(nowMs) {
    const { state } = this.draw(nowMs);
    this.#announcer.note(state, `${this.channel.name} ${state.toLowerCase()}.`, performance.now());
  }

  /** Nobody follows it any more: it says so, but that is no news. @param {number} nowMs server time */
  rest(nowMs) {
    this.draw(nowMs);
    this.#announcer.rest();
  }
}

/** The page that lists the channels. */
class IndexPage {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  /** @type {Set<Element>} */
  #onScreen = new Set();
  /** The cards on the screen, as many as the server takes. @type {Card[]} */
  #followed = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #scrolling;
  #slots = new Slots(PICTURES_AT_ONCE);
  #viewer = new Viewer({
    onDraw: () => this.#draw(),
    onVersion: (version) => this.#renewal.note(version),
    paceMs: PACE_MS,
    ...togetherWithOtherPages(),
  });
  #sign = new Sign();
  #renewal = new Renewal(location.href, () => this.#viewer.isHeld);
  #observer = new IntersectionObserver((changes) => this.#see(changes), { rootMargin: AROUND_THE_SCREEN });
  #pauseButton = byId('pause', HTMLButtonElement);
  /** @type {string[]} what is to be announced */
  #news = [];
  #empty = new Announcer((text) => this.#news.push(text));
  /** @type {'asking' | 'listed' | 'failed'} */
  #list = 'asking';

  start() {
    this.#pauseButton.addEventListener('click', () => this.#togglePause());
    this.#viewer.watch([]);
    document.addEventListener('freeze', () => this.#sign.rest(''));
    new ChannelList((channels) => this.#hear(channels)).start();
  }

  /** @param {import('./channels.js').Listed[] | null} channels */
  #hear(channels) {
    this.#list = channels ? 'listed' : 'failed';
    this.#drawSign(channels);
    if (document.hidden) return;
    if (channels) this.#relist(new Set(channels.map(({ name }) => name)));
    this.#draw();
  }

  /** @param {import('./channels.js').Listed[] | null} channels */
  #drawSign(channels) {
    const live = channels && channels.filter(({ state }) => state === 'live');
    if (!live) this.#sign.show(State.Unreachable);
    else if (live.length === 0) this.#sign.show(State.NotLive);
    else this.#sign.show(State.Live, live.length === 1 ? live[0]?.name : `${live.length} cameras`);
  }

  /** @param {Set<string>} names */
  #relist(names) {
    const gone = [...this.#cards.values()].filter(({ channel }) => !names.has(channel.name));
    for (const { channel, element } of gone) {
      this.#observer.unobserve(element);
      element.remove();
      this.#onScreen.delete(element);
      this.#cards.delete(channel.name);
    }
    if (gone.length > 0) this.#watch();
    // Not before: a picture that comes while they are followed would stay in memory.
    for (const { channel } of gone) channel.forget();
    const list = byId('cards', HTMLElement);
    [...names].forEach((name, place) => {
      const { element } = this.#cards.get(name) ?? this.#add(name);
      if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
    });
  }

  /** @param {string} name */
  #add(name) {
    const card = new Card(name, {
      slots: this.#slots,
      asker: () => this.#viewer.query,
      onShown: () => this.#viewer.draw(),
      say: (text) => this.#news.push(text),
      onAgain: (channel) => this.#viewer.askAgain(channel),
    });
    this.#cards.set(name, card);
    this.#observer.observe(card.element);
    card.draw(this.#viewer.clock.now());
    return card;
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #see(changes) {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) this.#onScreen.add(target);
      else this.#onScreen.delete(target);
    }
    clearTimeout(this.#scrolling);
    this.#scrolling = setTimeout(() => this.#watch(), SCROLLED_AFTER_MS);
  }

  #watch() {
    const before = this.#followed;
    this.#followed = [...this.#cards.values()].filter(({ element }) => this.#onScreen.has(element)).slice(0, WATCHED_AT_MOST);
    this.#viewer.watch(this.#followed.map(({ channel }) => channel));
    for (const card of before) if (!this.#followed.includes(card)) card.rest(this.#viewer.clock.now());
  }

  #draw() {
    const nowMs = this.#viewer.clock.now();
    const isEmpty = this.#cards.size === 0;
    for (const card of this.#followed) card.follow(nowMs);
    this.#pauseButton.hidden = isEmpty;
    byId('nothing', HTMLElement).hidden = !isEmpty;
    const [headline, sentence] = this.#nothing();
    setText(byId('nothing-headline', HTMLElement), headline);
    setText(byId('nothing-sentence', HTMLElement), sentence);
    if (isEmpty) this.#empty.note(headline, `${headline} ${sentence}`, performance.now());
    if (this.#news.length > 0) setText(byId('announce', HTMLElement), this.#news.splice(0).join(' '));
  }

  /** What stands here while there is no channel. @returns {[string, string]} */
  #nothing() {
    if (this.#list === 'listed') return ['Nothing is on air yet.', 'This page goes on by itself.'];
    if (this.#list === 'failed') return ['No connection to the server.', 'Trying again.'];
    return ['Connecting…', ''];
  }

  #togglePause() {
    this.#viewer.hold({ held: !this.#viewer.isHeld });
    setText(this.#pauseButton, this.#viewer.isHeld ? 'Go on' : 'Pause');
    this.#pauseButton.classList.toggle('on', this.#viewer.isHeld);
  }
}

new IndexPage().start();
started();
