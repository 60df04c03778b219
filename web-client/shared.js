/** The worker that asks the server for all pages of a browser: see exchange.js. */
import { Exchange, PROTOCOL, SIGN_EVERY_MS } from './exchange.js';

const exchange = new Exchange();

globalThis.addEventListener('connect', (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (!port) return;
  port.onmessage = ({ data }) => exchange.hear(port, data, (word) => port.postMessage(word));
  port.postMessage({ hello: PROTOCOL });
});

setInterval(() => exchange.sweep(), SIGN_EVERY_MS);
