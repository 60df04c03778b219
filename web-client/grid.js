/** The shape that most cameras' pictures have. */
const SHAPE = 16 / 9;

/**
 * How many columns show `count` pictures largest on a screen of this size.
 * @param {number} count @param {number} width @param {number} height
 */
export function columnsFor(count, width, height) {
  let best = 1;
  let bestWidth = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const pictureWidth = Math.min(width / columns, (height / rows) * SHAPE);
    // Side by side where it makes no difference: the words below then have more room.
    if (pictureWidth >= bestWidth) {
      best = columns;
      bestWidth = pictureWidth;
    }
  }
  return best;
}
