import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** The style sheets of the pages without comments. @type {[string, string][]} */
const SHEETS = readdirSync(new URL('..', import.meta.url)).filter((name) => name.endsWith('.css')).map((name) => [
  name, readFileSync(new URL(`../${name}`, import.meta.url), 'utf8').replace(/\/\*[^]*?\*\//g, '')]);

/** What Chrome 88, Firefox 90 or Safari 15 don't know, and would pass over. Linting says the same of the scripts. */
const NEWER = /:has\(|:popover-open|@layer|@property|@scope|@starting-style|@container|container-type|color-mix\(|oklch\(|light-dark\(|\b\d(?:\.\d+)?(?:cq[wh]|[sl]vh|rlh)\b|\b(?:translate|scale|rotate):|subgrid|field-sizing|scrollbar-width|interpolate-size/;

/** They show next to nothing of the page's, but look better with it. */
const NICER = /text-wrap: pretty|accent-color: /g;

test('no style sheet needs a browser that is newer than those which the pages are for', () => {
  assert.ok(SHEETS.length >= 7);
  for (const [name, text] of SHEETS) {
    assert.deepEqual(NEWER.exec(text.replace(NICER, ''))?.[0], undefined, name);
    for (const [, block = ''] of text.matchAll(/\{([^{}]*)\}/g)) {
      assert.doesNotMatch(block, /&/, `${name} has rules in rules`);
      for (const property of ['appearance', 'user-select']) {
        const plain = new RegExp(`(^|[;\\s])${property}:`).test(block);
        assert.equal(plain, block.includes(`-webkit-${property}:`), `${name}: ${property} has another name in Safari: ${block}`);
      }
    }
  }
});

test('a height that follows the browser’s bars has one for browsers that don’t know it', () => {
  for (const [name, text] of SHEETS) {
    const outside = text.replace(/@supports \(height: 100dvh\) \{[^}]*\}/g, '');
    assert.doesNotMatch(outside, /dvh/, name);
  }
});

test('a rule about the focus of the keyboard says nothing else that would be passed over with it', () => {
  for (const [name, text] of SHEETS) {
    for (const [, selectors = ''] of text.matchAll(/([^{};]+)\{/g)) {
      if (selectors.includes(':focus-visible')) assert.doesNotMatch(selectors, /,|:not\(:focus-visible|:is\(/, `${name}: ${selectors}`);
    }
  }
});
