/**
 * Every state in which a page can show a channel. The value is the word in the pill, so that a state is never told by
 * colour alone.
 */
export const State = Object.freeze({
  /** No answer from the server yet. */
  Connecting: 'CONNECTING',
  /** The server answers; nothing is broadcast on the channel. */
  NotLive: 'NOT LIVE',
  /** The picture shown is at most two intervals, or a second, old. */
  Live: 'LIVE',
  /** Pictures come, but the one shown is older than that. */
  Late: 'LATE',
  /** The broadcaster paused the camera, or this viewer the picture. */
  Paused: 'PAUSED',
  /** No pictures come. */
  Stalled: 'STALLED',
  /** The broadcast is over, and its pictures with it. */
  Ended: 'ENDED',
  /** The server does not answer. */
  Unreachable: 'UNREACHABLE',
  /** The channel takes one viewer at a time, and this is not the one. */
  Taken: 'IN USE',
  /** Only who has entered the password may watch. */
  Refused: 'NOT ALLOWED',
  /** The broadcaster closed this viewer. */
  Closed: 'CLOSED',
  /** The server lets no more viewers in. */
  Full: 'FULL',
  /** The server can't do what this page asks. */
  Unfit: 'NOT POSSIBLE',
});

/** @typedef {typeof State[keyof typeof State]} StateName */
