import assert from "node:assert/strict";
import { test } from "node:test";

import { headingWidth } from "../../../../static/js/entry/grid/heading-width.js";

test("no word is broken", () => {
  assert.equal(headingWidth([40, 150, 30], 4, 100, 5), 150);
});

test("the least width stays where the words fit", () => {
  assert.equal(headingWidth([40, 50], 4, 100, 5), 100);
  assert.equal(headingWidth([], 4, 100, 5), 100);
});

test("a long heading makes the column wider until it has few enough lines", () => {
  const words = Array(10).fill(50);
  assert.equal(headingWidth(words, 4, 60, 10), 60);
  assert.ok(headingWidth(words, 4, 60, 5) >= 104);
  assert.ok(headingWidth(words, 4, 60, 5) < 112);
});
