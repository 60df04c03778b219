const IDLE_AFTER_MS = 3_000;

/**
 * Marks the page with the class `idle` while nobody touches it, so that the style sheet can take cursor and controls away.
 */
export function followIdleness() {
  const root = document.documentElement;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const touched = () => {
    root.classList.remove('idle');
    clearTimeout(timer);
    timer = setTimeout(() => root.classList.add('idle'), IDLE_AFTER_MS);
  };
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'touchstart']) {
    document.addEventListener(event, touched, { passive: true });
  }
  touched();
}
