/*
 * The page for very old browsers, in the JavaScript of 1999 and with what Internet Explorer 6 had: no JSON, no listeners, no
 * steady clock. Asks in plain text what there is, and loads one picture at a time. Without scripts, or without requests, the
 * page loads itself again and again instead.
 */
(function () {
  /** A request, or a picture, on a dead connection would be waited for for ever. */
  var LIMIT_MS = 8000;
  var PICTURE_LIMIT_MS = 20000;
  var HIDDEN_MS = 1000;
  var RETRY_MS = 1000;
  var LONGEST_RETRY_MS = 10000;
  /** One failure can be an accident. */
  var FAILURES_TOLD = 2;
  var DRAW_EVERY_MS = 500;
  var RELOAD_MS = 3000;

  var place = byId('place');
  var again = byId('again');
  var channel = said('again');
  var picture = byId('picture');
  var viewer = String(Math.random()).substring(2);
  var asked = 0;
  var failures = 0;
  var isPictureMissing = false;
  /** What the last answer said. */
  var state = said('state');
  var sentence = said('sentence');
  var pollMs = RETRY_MS;
  /** The picture on the screen: its address and time of capture, how old it was when that was told, and when it was told. */
  var shown = { url: '', taken: '', ageMs: 0, toldMs: 0 };
  /** @type {object | null} the request or the picture that is waited for */
  var busy = null;

  /** @param {string} id @returns {any} */
  function byId(id) {
    return document.getElementById(id);
  }

  /** @param {string} id */
  function said(id) {
    var text = byId(id).firstChild;
    return text ? text.nodeValue : '';
  }

  /** @param {string} id @param {string} text */
  function write(id, text) {
    var element = byId(id);
    if (said(id) === text) return;
    while (element.firstChild) element.removeChild(element.firstChild);
    element.appendChild(document.createTextNode(text));
  }

  function now() {
    return new Date().getTime();
  }

  /** @returns {XMLHttpRequest | null} */
  function newRequest() {
    var Old = /** @type {any} */ (window).ActiveXObject;
    try {
      return window.XMLHttpRequest ? new XMLHttpRequest() : new Old('Microsoft.XMLHTTP');
    } catch (forbidden) {
      return null;
    }
  }

  /** As the other pages say it. @param {number} ms */
  function age(ms) {
    var s = Math.floor(ms / 1000);
    if (s < 10) return s + '.' + (Math.floor(ms / 100) % 10) + ' s';
    if (s < 60) return s + ' s';
    if (s < 3600) return count(Math.floor(s / 60), 'minute');
    if (s < 86400) return count(Math.floor(s / 3600), 'hour');
    return count(Math.floor(s / 86400), 'day');
  }

  /** @param {number} n @param {string} what */
  function count(n, what) {
    return n + ' ' + what + (n === 1 ? '' : 's');
  }

  function draw() {
    var word = state;
    var words = sentence;
    if (failures >= FAILURES_TOLD) {
      word = 'UNREACHABLE';
      words = 'No connection to the camera. Trying again.';
    } else if (isPictureMissing) {
      word = 'STALLED';
      words = 'Pictures do not arrive. Trying again.';
    }
    write('state', word);
    write('sentence', words);
    write('age', shown.url ? age(shown.ageMs + Math.max(0, now() - shown.toldMs)) : '');
    place.className = word === 'LIVE' || word === 'LATE' ? '' : 'old';
    document.title = word + ' - ' + channel + ' - Cometcam';
  }

  /** Takes the picture off the page. */
  function clear() {
    if (picture) place.removeChild(picture);
    picture = null;
    shown = { url: '', taken: '', ageMs: 0, toldMs: 0 };
  }

  /** @param {typeof shown} next */
  function show(next) {
    if (!picture) {
      picture = document.createElement('img');
      picture.id = 'picture';
      picture.setAttribute('width', '100%');
      picture.alt = 'Camera ' + channel;
      place.appendChild(picture);
    }
    picture.src = next.url;
    shown = next;
  }

  /** Loads a picture beside the page, so that a damaged one never gets onto it; then goes on. @param {typeof shown} next */
  function load(next) {
    var ahead = new Image();
    var timer = setTimeout(function () {
      end(false);
    }, PICTURE_LIMIT_MS);
    /** @param {boolean} isThere */
    function end(isThere) {
      if (busy !== ahead) return;
      busy = null;
      clearTimeout(timer);
      isPictureMissing = !isThere;
      if (isThere) show(next);
      draw();
      setTimeout(ask, isThere ? pollMs : RETRY_MS);
    }
    busy = ahead;
    ahead.onload = function () {
      end(true);
    };
    ahead.onerror = ahead.onabort = function () {
      end(false);
    };
    ahead.src = next.url;
  }

  /** @param {string} text six lines, see lite.rs */
  function hear(text) {
    var lines = text.split('\n');
    var url = lines[5] || '';
    failures = 0;
    state = lines[0] || '';
    sentence = lines[1] || '';
    pollMs = parseInt(lines[4] || '', 10) || RETRY_MS;
    if (url && url !== shown.url) {
      return load({ url: url, taken: lines[3] || '', ageMs: parseInt(lines[2] || '', 10) || 0, toldMs: now() });
    }
    isPictureMissing = false;
    if (!url) clear();
    draw();
    setTimeout(ask, pollMs);
  }

  /** @param {number} status */
  function fail(status) {
    failures += 1;
    if (status === 401 || status === 403) {
      clear();
      // The page itself says what to do about it; but not again and again.
      if (!location.search) return location.replace(again.href + '?again');
    }
    draw();
    setTimeout(ask, Math.min(LONGEST_RETRY_MS, RETRY_MS * failures) * (0.5 + Math.random() / 2));
  }

  function ask() {
    // Who looks at another tab does not watch. Old browsers don't tell.
    if (document.hidden) {
      setTimeout(ask, HIDDEN_MS);
      return;
    }
    var request = /** @type {XMLHttpRequest} */ (newRequest());
    var timer = setTimeout(function () {
      end(0);
      request.abort();
    }, LIMIT_MS);
    /** @param {number} status */
    function end(status) {
      if (busy !== request) return;
      busy = null;
      clearTimeout(timer);
      if (status === 200) hear(request.responseText);
      else fail(status);
    }
    busy = request;
    asked += 1;
    request.open('GET', again.href + '/now?n=' + asked + '&viewer=' + viewer + (shown.taken ? '&painted=' + shown.taken : ''), true);
    request.onreadystatechange = function () {
      var status = 0;
      if (request.readyState !== 4) return;
      try {
        status = request.status;
      } catch (lost) {
        // Some tell a lost connection that way.
      }
      end(status);
    };
    request.send(null);
  }

  if (!newRequest()) {
    setTimeout(function () {
      location.reload();
    }, RELOAD_MS);
    return;
  }
  byId('state').setAttribute('role', 'status');
  setInterval(function () {
    if (shown.url) draw();
  }, DRAW_EVERY_MS);
  ask();
}());
