const IDLE_AFTER_MS = 3_000;

/**
 * Marks the page with the class `idle` while nobody touches it, so that the style sheet can take cursor and controls away.
 */
export function followIdleness() {
  const root = document.documentElement;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wake = () => {
    root.classList.remove('idle');
    clearTimeout(timer);
    timer = setTimeout(() => root.classList.add('idle'), IDLE_AFTER_MS);
  };
  document.addEventListener('keydown', wake);
  // A finger may touch what is not seen yet: it wakes the page only when its click has gone elsewhere.
  document.addEventListener('click', wake);
  document.addEventListener('pointermove', (event) => event.pointerType !== 'touch' && wake(), { passive: true });
  wake();
}
