import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, queueName } from "../../../../static/js/entry/outbox/store.js";
import { FakeStorage } from "./fakes.js";

const entry = (organisation, code, queuedAt = 0) => ({
  organisation,
  code,
  typed: "1",
  expected: null,
  state: "waiting",
  queuedAt,
});

test("entries are read, replaced and removed by cell", () => {
  const store = createStore("outbox/1/2/2024", () => storage);
  const storage = new FakeStorage();
  store.write(entry("A", "x"));
  store.write({ ...entry("A", "x"), typed: "2" });
  assert.equal(store.read("A", "x")?.typed, "2");
  assert.equal(store.read("A", "y"), undefined);
  store.remove("A", "x");
  assert.deepEqual(store.all(), []);
});

test("entries are listed by age", () => {
  const storage = new FakeStorage();
  const store = createStore("outbox/1/2/2024", () => storage);
  store.write(entry("A", "new", 20));
  store.write(entry("B", "old", 10));
  assert.deepEqual(
    store.all().map(({ code }) => code),
    ["old", "new"],
  );
});

test("another tab's entries are seen, another queue's are not", () => {
  const storage = new FakeStorage();
  const first = createStore(queueName(1, "BODY", 2024), () => storage);
  const second = createStore(queueName(1, "BODY", 2024), () => storage);
  first.write(entry("A", "x"));
  assert.equal(second.all().length, 1);
  for (const name of [
    queueName(2, "BODY", 2024),
    queueName(1, "OTHER", 2024),
    queueName(1, "BODY", 2025),
    queueName(1, "BODY", 202),
  ]) {
    assert.deepEqual(createStore(name, () => storage).all(), [], name);
  }
});

test("foreign and damaged keys are ignored", () => {
  const storage = new FakeStorage();
  const store = createStore("outbox/1/2/2024", () => storage);
  storage.setItem("outbox/1/2/2024/A/x", "{");
  storage.setItem("outbox/1/2/2024/A/y", "7");
  storage.setItem("theme", "dark");
  assert.deepEqual(store.all(), []);
  assert.equal(store.read("A", "x"), undefined);
});

test("without storage, entries stay in memory", () => {
  const store = createStore("outbox/1/2/2024", () => {
    throw new Error("SecurityError");
  });
  store.write(entry("A", "x"));
  assert.equal(store.all().length, 1);
  assert.equal(store.read("A", "x")?.typed, "1");
  store.remove("A", "x");
  assert.deepEqual(store.all(), []);
});

test("a full storage falls back to memory, and a later write moves the entry back", () => {
  const storage = new FakeStorage();
  const store = createStore("outbox/1/2/2024", () => storage);
  storage.isFull = true;
  store.write(entry("A", "x"));
  assert.equal(storage.length, 0);
  assert.equal(store.all().length, 1);
  storage.isFull = false;
  store.write({ ...entry("A", "x"), typed: "2" });
  assert.equal(storage.length, 1);
  assert.equal(store.read("A", "x")?.typed, "2");
});
