import assert from "node:assert/strict";
import { test } from "node:test";

import { toStoredValue } from "../../../../static/js/entry/grid/cell-value.js";
import { matchesFilter, orderRows } from "../../../../static/js/entry/grid/row-order.js";

const compare = new Intl.Collator("kk", { numeric: true }).compare;

test("rows are ordered by value, blanks and invalid texts last, equal values as they were", () => {
  const rows = [{ v: 10 }, { v: null }, { v: -5, n: 1 }, { v: Number.NaN }, { v: -5, n: 2 }, { v: 9 }];
  const ordered = (/** @type {"ascending" | "descending"} */ direction) => orderRows(rows, ({ v }) => v, direction, compare);
  assert.deepEqual(ordered("ascending"), [{ v: -5, n: 1 }, { v: -5, n: 2 }, { v: 9 }, { v: 10 }, { v: null }, { v: Number.NaN }]);
  assert.deepEqual(ordered("descending"), [
    { v: 10 },
    { v: 9 },
    { v: -5, n: 1 },
    { v: -5, n: 2 },
    { v: null },
    { v: Number.NaN },
  ]);
});

test("texts are ordered as the language orders them", () => {
  const rows = ["Өскемен 10", "Өскемен 9", "Орал", "Ақтау"];
  assert.deepEqual(
    orderRows(rows, (row) => row, "ascending", compare),
    ["Ақтау", "Орал", "Өскемен 9", "Өскемен 10"],
  );
});

const money = (/** @type {string} */ text) => toStoredValue({ type: "money", options: [] }, text);
const day = (/** @type {string} */ text) => toStoredValue({ type: "date", options: [] }, text);

for (const [kind, text, cell, expected] of /** @type {const} */ ([
  ["all", "", "", true],
  ["blank", "", " ", true],
  ["blank", "", "0", false],
  ["answered", "", "0", true],
  ["answered", "", "", false],
  ["equal", "жоқ", "жоқ", true],
  ["equal", "жоқ", "иә", false],
  ["typed", "1 25", "1\u00a0250,50", true],
  ["typed", "126", "1\u00a0250,50", false],
  ["typed", "> 1 250", "1\u00a0250,50", true],
  ["typed", ">1 250,50", "1\u00a0250,50", false],
  ["typed", ">= 1250,5", "1\u00a0250,50", true],
  ["typed", "< 0", "-5", true],
  ["typed", "< 0", "", false],
  ["typed", "<= нөл", "5", false],
  ["typed", "= 0", "0", true],
])) {
  test(`the filter ${kind} “${text}” ${expected ? "shows" : "hides"} “${cell}”`, () => {
    assert.equal(matchesFilter({ kind, text }, cell, money), expected);
  });
}

test("dates are compared as days", () => {
  assert.equal(matchesFilter({ kind: "typed", text: "> 31.12.2024" }, "01.02.2025", day), true);
  assert.equal(matchesFilter({ kind: "typed", text: "< 02.01.2025" }, "01.02.2025", day), false);
});
