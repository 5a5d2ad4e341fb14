import assert from "node:assert/strict";
import { test } from "node:test";
import { toStoredValue } from "../../../../static/js/entry/grid/cell-value.js";

const value = (type, text, options = []) => toStoredValue({ type, options }, text);

test("a blank cell stores nothing", () => {
  for (const type of ["money", "whole", "date", "yes_no", "choice", "text"]) assert.equal(value(type, " \u00a0"), null);
});

test("money is whole tiyn without a floating-point error", () => {
  assert.equal(value("money", "1\u00a0250,50"), 125_050);
  assert.equal(value("money", "1\u00a0250,5"), 125_050);
  assert.equal(value("money", "0,07"), 7);
  assert.equal(value("money", "7"), 700);
  assert.equal(value("money", "-12\u00a0500\u00a0000,50"), -1_250_000_050);
  assert.equal(value("money", "90\u00a0071\u00a0992\u00a0547\u00a0409,91"), 9_007_199_254_740_991);
});

test("whole numbers and dates have their stored form", () => {
  assert.equal(value("whole", "1\u00a0250"), 1250);
  assert.equal(value("date", "31.05.2025"), "2025-05-31");
});

test("an option is stored by its value, also where the value is false", () => {
  const options = [
    [true, "иә", "1"],
    [false, "жоқ", "20"],
  ];
  assert.equal(value("yes_no", "иә", options), true);
  assert.equal(value("yes_no", " жоқ ", options), false);
  assert.equal(value("choice", "Сәйкес", [["compliant", "Сәйкес", "1с"]]), "compliant");
});

test("text is stored as it is", () => {
  assert.equal(value("text", " № 5 "), "№ 5");
  assert.equal(value("choice", "unknown", [["compliant", "Сәйкес", "1с"]]), "unknown");
});
