import assert from "node:assert/strict";
import { test } from "node:test";

import { createHistory } from "../../../../static/js/entry/grid/history.js";

test("what is undone can be redone, in the opposite order", () => {
  const history = createHistory();
  history.add("first");
  history.add("second");
  assert.equal(history.next("undo"), "second");
  history.move("undo");
  history.move("undo");
  assert.equal(history.next("undo"), undefined);
  assert.equal(history.next("redo"), "first");
  history.move("redo");
  assert.equal(history.next("undo"), "first");
  assert.equal(history.next("redo"), "second");
});

test("a change ends what could be redone", () => {
  const history = createHistory();
  history.add("first");
  history.move("undo");
  history.add("second");
  assert.equal(history.next("redo"), undefined);
  assert.equal(history.next("undo"), "second");
});

test("reverting a batch leaves the batch that reverts it", () => {
  const history = createHistory();
  history.add({ batch: "paste" });
  history.move("undo", { batch: "undo of the paste" });
  assert.deepEqual(history.next("redo"), { batch: "undo of the paste" });
});

test("steps that cannot be reverted are dropped or forgotten, also by empty sides", () => {
  const history = createHistory();
  history.drop("undo");
  history.move("redo");
  history.add("first");
  history.add("second");
  history.move("undo");
  history.forget((step) => step === "second");
  assert.equal(history.next("redo"), undefined);
  history.drop("undo");
  assert.equal(history.next("undo"), undefined);
});
