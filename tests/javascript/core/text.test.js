import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  collapseSpaces,
  comparable,
  formatMessage,
  groupDigits,
  normaliseNumber,
  parseSearch,
} from "../../../static/js/core/text.js";

test("runs of white space become one space", () => {
  assert.equal(collapseSpaces("  one\u00a0 two\n\tthree "), "one two three");
  assert.equal(collapseSpaces(" \n "), "");
});

test("a number loses its group separators and gets a decimal point", () => {
  assert.equal(normaliseNumber("1\u00a0250\u202f000,50"), "1250000.50");
  assert.equal(normaliseNumber("-7.5"), "-7.5");
});

test("digits are grouped by three with no-break spaces", () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(groupDigits), ["0", "999", "1\u00a0000", "1\u00a0234\u00a0567"]);
});

test("placeholders are filled by name or by position", () => {
  assert.equal(formatMessage("{given} of {asked}", { "given": 0, "asked": 12 }), "0 of 12");
  assert.equal(formatMessage("{1}: “{0}”", ["5", "money"]), "money: “5”");
  assert.equal(formatMessage("{0}{1}", ["{1}"]), "{1}", "a filled value is not filled again");
  assert.equal(formatMessage("a {missing} b", {}), "a  b");
});

test("a search compares names as the server does", async () => {
  const file = new URL("../../support/search_cases.json", import.meta.url);
  const { matches, misses, bin } = JSON.parse(await readFile(file, "utf8"));
  for (const [typed, name] of matches) assert.ok(parseSearch(typed)(comparable(name), bin), `${typed}: ${name}`);
  for (const [typed, name] of misses) assert.ok(!parseSearch(typed)(comparable(name), bin), `${typed}: ${name}`);
});
