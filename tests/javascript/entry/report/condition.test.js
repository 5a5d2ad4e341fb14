import assert from "node:assert/strict";
import { test } from "node:test";
import { isSatisfied } from "../../../../static/js/entry/report/condition.js";

const ANSWERS = {
  amount: { type: "money", text: "1 250,50" },
  debt: { type: "money", text: "−3" },
  count: { type: "whole", text: "2" },
  day: { type: "date", text: "1.2.2025" },
  flag: { type: "yes_no", text: "yes" },
  level: { type: "choice", text: "violated" },
  blank: { type: "money", text: "  " },
  garbage: { type: "money", text: "abc" },
  halfDay: { type: "date", text: "1.2" },
};

const check = (condition) => isSatisfied(condition, (code) => ANSWERS[code]);
const compare = (left, sign, right) => check({ left, sign, right, code: false });

test("a missing or unknown condition is satisfied", () => {
  assert.ok(check(null));
  assert.ok(check(undefined));
  assert.ok(check({ every: [null, null] }));
});

test("amounts compare as numbers, whatever separators were typed", () => {
  assert.ok(compare("amount", ">", 1250));
  assert.ok(compare("amount", "==", 1250.5));
  assert.ok(compare("amount", "!=", 1250));
  assert.ok(compare("debt", "<", 0));
  assert.ok(compare("debt", "<=", -3));
  assert.ok(compare("count", ">=", 2));
  assert.ok(!compare("count", ">", 2));
});

test("dates compare by day, with or without leading zeros", () => {
  assert.ok(compare("day", "==", "2025-02-01"));
  assert.ok(compare("day", "<", "2025-02-02"));
  assert.ok(!compare("halfDay", "==", "2025-02-01"));
});

test("yes and no compare with boolean constants, choices with their stored form", () => {
  assert.ok(compare("flag", "==", true));
  assert.ok(compare("flag", "!=", false));
  assert.ok(compare("level", "==", "violated"));
  assert.ok(!compare("level", "==", "compliant"));
});

test("two answers compare with each other", () => {
  assert.ok(check({ left: "amount", sign: ">", right: "count", code: true }));
  assert.ok(!check({ left: "amount", sign: ">", right: "blank", code: true }));
});

test("blank, unreadable and unknown answers satisfy no comparison", () => {
  for (const code of ["blank", "garbage", "unknown"]) {
    for (const sign of ["<", "<=", ">", ">=", "==", "!="]) assert.ok(!compare(code, sign, 0), `${code} ${sign} 0`);
  }
});

test("an answer is given when it has text", () => {
  assert.ok(check({ answered: "garbage" }));
  assert.ok(!check({ answered: "blank" }));
  assert.ok(!check({ answered: "unknown" }));
});

test("conditions combine", () => {
  const yes = { answered: "count" };
  const no = { answered: "blank" };
  assert.ok(check({ every: [yes, yes] }));
  assert.ok(!check({ every: [yes, no] }));
  assert.ok(check({ some: [no, yes] }));
  assert.ok(!check({ some: [no, no] }));
  assert.ok(check({ every: [yes, { some: [no, { left: "count", sign: "==", right: 2, code: false }] }] }));
});
