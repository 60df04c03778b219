/** Beyond this there are only squares to be seen. */
export const CLOSEST = 8;
/** What a double tap comes to. */
export const CLOSE = 2.5;

/**
 * How large the place of the picture is, and how large the picture is in it: it keeps its shape, so one side may be smaller.
 * @typedef {{ width: number, height: number, pictureWidth: number, pictureHeight: number }} Sizes
 */

/**
 * What of a picture is seen: enlarged by `scale` about the middle, then moved by `x` and `y`. Never more of it is moved out of
 * sight than is needed to see its other end.
 */
export class Zoom {
  scale = 1;
  x = 0;
  y = 0;

  get isWhole() {
    return this.scale === 1;
  }

  /**
   * Enlarges by `factor`, so that the point under the finger stays there.
   * @param {number} factor @param {number} atX from the middle of the place @param {number} atY @param {Sizes} sizes
   */
  by(factor, atX, atY, sizes) {
    const scale = Math.min(CLOSEST, Math.max(1, this.scale * factor));
    const really = scale / this.scale;
    this.scale = scale;
    this.move(atX - (atX - this.x) * really - this.x, atY - (atY - this.y) * really - this.y, sizes);
  }

  /** @param {number} byX @param {number} byY @param {Sizes} sizes */
  move(byX, byY, sizes) {
    this.x = within(this.x + byX, (sizes.pictureWidth * this.scale - sizes.width) / 2);
    this.y = within(this.y + byY, (sizes.pictureHeight * this.scale - sizes.height) / 2);
  }

  /** The whole picture. */
  reset() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
  }
}

/** @param {number} value @param {number} reach */
function within(value, reach) {
  const most = Math.max(0, reach);
  return Math.min(most, Math.max(-most, value));
}

/**
 * How large a picture is that keeps its shape inside of a place.
 * @param {number} width of the place @param {number} height @param {number} naturalWidth @param {number} naturalHeight
 * @returns {Sizes}
 */
export function sizesOf(width, height, naturalWidth, naturalHeight) {
  if (naturalWidth <= 0 || naturalHeight <= 0) return { width, height, pictureWidth: width, pictureHeight: height };
  const fit = Math.min(width / naturalWidth, height / naturalHeight);
  return { width, height, pictureWidth: naturalWidth * fit, pictureHeight: naturalHeight * fit };
}
