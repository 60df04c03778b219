import { byId, setText } from './dom.js';

/** Long enough to be seen. */
const SAID_FOR_MS = 2_000;

/** Copies what the button is for, or at least marks it. @param {HTMLButtonElement} button */
async function copy(button) {
  const lines = byId(button.dataset.copies ?? '', HTMLElement);
  const said = await copied(lines) ? 'Copied' : 'Marked: press Ctrl+C';
  setText(button, said);
  setText(byId('said', HTMLElement), said);
  setTimeout(() => {
    setText(button, 'Copy');
    setText(byId('said', HTMLElement), '');
  }, SAID_FOR_MS);
}

/** @param {HTMLElement} lines @returns {Promise<boolean>} whether the browser let the page do it */
async function copied(lines) {
  try {
    await navigator.clipboard.writeText(lines.textContent ?? '');
    return true;
  } catch {
    // There is no clipboard for pages on plain http: what is marked can be copied all the same.
    return mark(lines) && document.execCommand('copy');
  }
}

/** @param {HTMLElement} lines */
function mark(lines) {
  const selection = getSelection();
  selection?.selectAllChildren(lines);
  return selection !== null;
}

for (const button of document.querySelectorAll('button')) {
  if (button.dataset.copies === undefined) continue;
  button.hidden = false;
  button.addEventListener('click', () => void copy(button));
}
