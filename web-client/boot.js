/*
 * For a page whose modules don't start: a script did not come, or the browser is too old for them. It must run in every
 * browser that opens the page, so it is written in the JavaScript of 1999. A page that works takes #starting away.
 */
(function () {
  /** All there was to load was loaded or failed; what has not started by then does not start. */
  var AFTER_LOAD_MS = 5000;
  /** A request on a dead connection would keep the page loading for ever. */
  var AT_MOST_MS = 60000;
  var FIRST_WAIT_MS = 2000;
  var LONGEST_WAIT_MS = 60000;
  var LIMIT_MS = 8000;
  /** A script that was cut short or mangled on its way looks like one that is too new: the next one may be whole. */
  var EXPLAINED_FOR_MS = 600000;
  /** Under this name the browser's tab remembers how often it tried again, until dom.js forgets it: the page works. */
  var TRIES = 'cometcam-tries';

  var words = /** @type {HTMLElement} */ (document.getElementById('starting'));
  // Whoever is older than this fails as well, without a word: a module is no script to it.
  var isTooOld = !('noModule' in document.createElement('script')) || !('replaceAll' in String.prototype);
  var isHelping = false;

  function hasStarted() {
    return !document.body.contains(words);
  }

  function help() {
    if (isHelping || hasStarted()) return;
    isHelping = true;
    if (isTooOld) return explain();
    write(words, 'This page did not load completely. Trying again.');
    retry();
  }

  /** Loads the page again, but only after the server has answered: else it ends as the browser's error page for good. */
  function retry() {
    setTimeout(function () {
      if (hasStarted()) return;
      ask('/api/now', function (isThere) {
        if (!isThere) retry();
        else if (!hasStarted()) location.reload();
      });
    }, nextWaitMs());
  }

  /** Longer each time, also over a reload, since what is missing may stay so; and random, so that not all pages come at once. */
  function nextWaitMs() {
    var tries = Infinity;
    var before = 0;
    try {
      before = Number(sessionStorage.getItem(TRIES)) || 0;
      sessionStorage.setItem(TRIES, String(before + 1));
      tries = before;
    } catch (error) {
      // It may not remember anything: each time may be the thousandth.
    }
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * Math.pow(2, tries)) * (0.5 + Math.random() / 2);
  }

  function explain() {
    if (window.XMLHttpRequest) setTimeout(retry, EXPLAINED_FOR_MS);
    var named = /^\/(?:watch|kiosk)\/([^/]+)$/.exec(location.pathname);
    var names = named && named[1] ? named[1].split(',') : [];
    write(words, 'This browser is too old for this page. It can show this simpler one:');
    for (var n = 0; n < names.length; n += 1) offer('/lite/' + names[n]);
    if (names.length === 0) offer('/lite');
  }

  /** @param {string} path of a page for browsers as old as this one */
  function offer(path) {
    var link = document.createElement('a');
    link.href = path;
    write(link, link.href);
    words.appendChild(document.createElement('br'));
    words.appendChild(link);
  }

  /** @param {HTMLElement} element @param {string} text */
  function write(element, text) {
    if ('textContent' in element) element.textContent = text;
    else /** @type {HTMLElement} */ (element).innerText = text;
  }

  /** @param {string} path @param {(isThere: boolean) => void} then told whether there is a usable answer */
  function ask(path, then) {
    var request = new XMLHttpRequest();
    var timer = setTimeout(function () {
      end(false);
    }, LIMIT_MS);
    /** @param {boolean} isThere */
    function end(isThere) {
      clearTimeout(timer);
      request.onreadystatechange = null;
      if (request.readyState !== 4) request.abort();
      then(isThere);
    }
    request.open('GET', path, true);
    request.onreadystatechange = function () {
      if (request.readyState === 4) end(request.status === 200);
    };
    request.send(null);
  }

  // Who hears of no events is older than this page by far.
  if (!window.addEventListener) {
    setTimeout(help, AFTER_LOAD_MS);
    return;
  }
  window.addEventListener('error', function (event) {
    // Modules of two versions that don't fit together, while the server is upgraded, are a SyntaxError as well.
    if (!/SyntaxError/.test(event.message) || /export|import|binding/i.test(event.message)) return;
    isTooOld = true;
    help();
  });
  window.addEventListener('load', function () {
    setTimeout(help, isTooOld ? 0 : AFTER_LOAD_MS);
  });
  setTimeout(help, AT_MOST_MS);
})();
