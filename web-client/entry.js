/** Under this name the browser's tab remembers that it loaded the page again for the form, until it was let in. */
const ASKED = 'cometcam-asked';

/** A password is needed, and the server's form for it comes in the place of this page: loads it, but only once. */
export function fetchForm() {
  try {
    if (sessionStorage.getItem(ASKED)) return;
    sessionStorage.setItem(ASKED, 'yes');
  } catch {
    // Where nothing is remembered, once might become for ever: there is a button.
    return;
  }
  location.reload();
}

/** The server lets this viewer watch. */
export function wasLetIn() {
  try {
    sessionStorage.removeItem(ASKED);
  } catch {
    // See above.
  }
}
