/*
 * For a page whose modules don't start: a script did not come, or the browser is too old for them. The only script here that
 * every browser understands, so it is written in the JavaScript of 2009. A page that works takes #starting away.
 */
(function () {
  'use strict';

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
    words.textContent = 'This page did not load completely. Trying again.';
    retry();
  }

  /** Loads the page again, but only after the server has answered: else it ends as the browser's error page for good. */
  function retry() {
    setTimeout(function () {
      if (hasStarted()) return;
      ask('/api/now', function (answer) {
        if (answer === null) retry();
        else if (!hasStarted()) location.reload();
      });
    }, nextWaitMs());
  }

  /** Longer each time, also over a reload, since what is missing may stay so; and random, so that not all pages come at once. */
  function nextWaitMs() {
    var tries = Infinity;
    try {
      var before = Number(sessionStorage.getItem(TRIES)) || 0;
      sessionStorage.setItem(TRIES, String(before + 1));
      tries = before;
    } catch (error) {
      // It may not remember anything: each time may be the thousandth.
    }
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * Math.pow(2, tries)) * (0.5 + Math.random() / 2);
  }

  function explain() {
    setTimeout(retry, EXPLAINED_FOR_MS);
    var named = /^\/(?:watch|kiosk)\/([^/]+)$/.exec(location.pathname);
    words.textContent = 'This browser is too old for this page. It can show single pictures, without their age:';
    if (named && named[1]) return named[1].split(',').forEach(offer);
    ask('/api/channels', function (answer) {
      /** @type {{ channels: { name: string }[] }} */
      var list = JSON.parse(answer || '{"channels":[]}');
      list.channels.forEach(function (channel) {
        offer(encodeURIComponent(channel.name));
      });
    });
  }

  /** @param {string} name a channel's, as in a path */
  function offer(name) {
    var link = document.createElement('a');
    link.href = '/live/' + name + '.jpg';
    link.textContent = link.href;
    words.appendChild(document.createElement('br'));
    words.appendChild(link);
  }

  /** @param {string} path @param {(answer: string | null) => void} then given null if there is no usable answer */
  function ask(path, then) {
    var request = new XMLHttpRequest();
    request.open('GET', path);
    request.timeout = LIMIT_MS;
    request.onloadend = function () {
      then(request.status === 200 ? request.responseText : null);
    };
    request.send();
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
