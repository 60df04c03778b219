import { watchPath } from './address.js';
import { Announcer } from './announcer.js';
import { Channel } from './channel.js';
import { ChannelList } from './channels.js';
import { byId, make, setText } from './dom.js';
import { Pill } from './pill.js';
import { Slots } from './slots.js';
import { Stage } from './stage.js';
import { Viewer } from './viewer.js';

/** A small picture needs no more than two a second, and a page of twenty cameras would choke on more. */
const PACE_MS = 500;
/** Of the six connections a browser opens, one holds the poll and one is for the list. */
const PICTURES_AT_ONCE = 3;

/** A channel as a card that leads to its page. */
class Card {
  element = make('li', 'card');
  channel;
  #pill = new Pill();
  #stage;

  /** @param {string} name @param {Slots} slots @param {() => void} onShown */
  constructor(name, slots, onShown) {
    this.#stage = new Stage(name);
    this.channel = new Channel(name, this.#stage.img, { slots, paceMs: PACE_MS, onShown });
    const link = make('a', 'card-link', [
      this.#stage.element,
      make('span', 'card-foot', [make('span', 'name', [name]), this.#pill.element]),
    ]);
    link.href = watchPath(name);
    this.element.append(link);
  }

  /** Begins with what the list says of it; whatever the poll has brought already is newer. @param {import('./channels.js').Listed} listed */
  begin({ frame, status }) {
    if (!this.channel.isBlank) return;
    if (frame && status?.state !== 'ended') this.channel.take(frame);
    if (status && status.state !== 'live') this.channel.take(status);
  }

  /** @param {number} nowMs server time @returns {string} the state's word */
  draw(nowMs) {
    const verdict = this.channel.judge(nowMs);
    this.#pill.draw(verdict, nowMs);
    this.#stage.draw(verdict, nowMs);
    return verdict.state;
  }
}

/** The page that lists the channels. */
class IndexPage {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #slots = new Slots(PICTURES_AT_ONCE);
  #viewer = new Viewer({ onDraw: () => this.#draw(), paceMs: PACE_MS });
  #announcer = new Announcer((text) => setText(byId('announce', HTMLElement), text));
  #pauseButton = byId('pause', HTMLButtonElement);
  #held = false;
  #wasEmpty = false;
  /** @type {'asking' | 'listed' | 'failed'} */
  #list = 'asking';

  start() {
    this.#pauseButton.addEventListener('click', () => this.#togglePause());
    this.#viewer.watch([]);
    new ChannelList((list) => this.#hear(list)).start();
  }

  /** @param {import('./channels.js').List | null} list */
  #hear(list) {
    this.#list = list ? 'listed' : 'failed';
    if (list) this.#take(list);
    else this.#draw();
  }

  /** @param {import('./channels.js').List} list */
  #take({ nowMs, channels }) {
    const [only] = channels;
    // Who waited here for the first camera came to see it, not a list of one.
    if (this.#wasEmpty && channels.length === 1 && only) return location.replace(watchPath(only.name));
    this.#wasEmpty = channels.length === 0;
    if (nowMs !== null) this.#viewer.clock.set(nowMs);
    const names = new Set(channels.map(({ name }) => name));
    const changed = names.size !== this.#cards.size || [...names].some((name) => !this.#cards.has(name));
    if (changed) this.#relist(names);
    for (const listed of channels) this.#cards.get(listed.name)?.begin(listed);
    if (changed) this.#viewer.watch([...this.#cards.values()].map(({ channel }) => channel));
    this.#draw();
  }

  /** @param {Set<string>} names */
  #relist(names) {
    for (const [name, card] of this.#cards) {
      if (names.has(name)) continue;
      card.channel.forget();
      card.element.remove();
      this.#cards.delete(name);
    }
    const list = byId('cards', HTMLElement);
    [...names].forEach((name, place) => {
      const card = this.#cards.get(name) ?? this.#add(name);
      if (list.children[place] !== card.element) list.insertBefore(card.element, list.children[place] ?? null);
    });
  }

  /** @param {string} name */
  #add(name) {
    const card = new Card(name, this.#slots, () => this.#viewer.draw());
    card.channel.picture.hold({ held: this.#held });
    this.#cards.set(name, card);
    return card;
  }

  #draw() {
    const nowMs = this.#viewer.clock.now();
    /** @type {string[]} */
    const states = [];
    for (const [name, card] of this.#cards) states.push(`${name} ${card.draw(nowMs).toLowerCase()}`);
    this.#pauseButton.hidden = states.length === 0;
    byId('nothing', HTMLElement).hidden = states.length > 0;
    const [headline, sentence] = this.#nothing();
    setText(byId('nothing-headline', HTMLElement), headline);
    setText(byId('nothing-sentence', HTMLElement), sentence);
    const said = states.length > 0 ? `${states.join(', ')}.` : `${headline} ${sentence}`;
    this.#announcer.note(said, said, performance.now());
  }

  /** What stands here while there is no channel. @returns {[string, string]} */
  #nothing() {
    if (this.#list === 'listed') return ['Nothing is on air yet.', 'This page goes on by itself.'];
    if (this.#list === 'failed') return ['No connection to the server.', 'Trying again.'];
    return ['Connecting…', ''];
  }

  #togglePause() {
    this.#held = !this.#held;
    for (const { channel } of this.#cards.values()) channel.picture.hold({ held: this.#held });
    setText(this.#pauseButton, this.#held ? 'Go on' : 'Pause');
    this.#pauseButton.classList.toggle('on', this.#held);
    this.#viewer.draw();
  }
}

new IndexPage().start();
