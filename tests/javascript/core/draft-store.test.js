import assert from "node:assert/strict";
import { test } from "node:test";
import { createDraftStore } from "../../../static/js/core/draft-store.js";

/** @returns {Storage} */
function memoryStorage() {
  const items = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  };
  return /** @type {Storage} */ (/** @type {unknown} */ (storage));
}

test("a draft belongs to one person and one key, and an empty text removes it", () => {
  const storage = memoryStorage();
  const mine = createDraftStore("7", () => storage);
  const other = createDraftStore("8", () => storage);
  mine.write("2024/remark/sheet", "Неге?\n");
  assert.equal(mine.read("2024/remark/sheet"), "Неге?\n");
  assert.equal(mine.read("2024/remark/row"), "");
  assert.equal(other.read("2024/remark/sheet"), "");
  mine.write("2024/remark/sheet", " \n");
  assert.equal(mine.read("2024/remark/sheet"), "");
});

test("a browser without storage keeps nothing and reports no error", () => {
  const store = createDraftStore("7", () => {
    throw new Error("refused");
  });
  store.write("key", "text");
  assert.equal(store.read("key"), "");
});
