import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acknowledge,
  countByState,
  editOf,
  persist,
  preferTyped,
  release,
  requeue,
  startSending,
} from "../../../../static/js/entry/outbox/states.js";

const CELL = { organisation: "990140900094", code: "debt" };
const edit = (typed, expected = null, year_state = "0") => ({ ...CELL, typed, expected, year_state });
const waiting = (typed = "1", expected = null) => persist(undefined, edit(typed, expected), 1000);
const inFlight = (typed = "1") => startSending(waiting(typed));
const inFlightWithNext = () => persist(inFlight("1"), edit("2"), 2000);
const answer = (state, value = 100) => ({
  ...CELL,
  state,
  value,
  text: "1",
  message: state === "invalid" ? "no number" : null,
  stored: state === "conflict" ? { value: 700, text: "7", author: "Colleague", changed_at: "12:00", year_state: "2" } : null,
});
const stateOf = (entry) => entry && [entry.state, Boolean(entry.inFlight), entry.typed, entry.next];

test("none: an edit starts waiting with the value that the person saw", () => {
  assert.deepEqual(persist(undefined, edit("5", 300), 1000), { ...edit("5", 300), state: "waiting", queuedAt: 1000 });
  assert.equal(persist(undefined, { ...CELL, typed: "5", expected: undefined }, 1).expected, null);
});

test("waiting: another edit replaces the text and leaves the expected value, the year's state and the position in the queue", () => {
  assert.deepEqual(persist(waiting("1", 300), edit("2", 999, "2"), 5000), {
    ...edit("2", 300),
    state: "waiting",
    queuedAt: 1000,
  });
});

test("in flight: another edit is stored beside the sent one", () => {
  assert.deepEqual(stateOf(inFlightWithNext()), ["waiting", true, "1", "2"]);
  assert.deepEqual(stateOf(persist(inFlightWithNext(), edit("3"), 3000)), ["waiting", true, "1", "3"]);
});

test("in flight: an interrupted request is sent again with the same text", () => {
  const again = startSending(requeue(inFlightWithNext()));
  assert.deepEqual(editOf(again), edit("1"));
  assert.equal(again.next, "2");
});

test("in flight: a refusal releases the newest text", () => {
  assert.deepEqual(stateOf(release(inFlightWithNext())), ["waiting", false, "2", undefined]);
  assert.deepEqual(stateOf(release(inFlight())), ["waiting", false, "1", undefined]);
  assert.deepEqual(release(waiting()), waiting());
});

for (const state of ["saved", "unchanged"]) {
  test(`in flight: "${state}" removes the entry`, () => {
    const { entry, notice } = acknowledge(inFlight(), answer(state));
    assert.equal(entry, undefined);
    assert.deepEqual([notice.state, notice.typed, notice.newer], [state, "1", false]);
  });

  test(`in flight: "${state}" makes a newer text wait on top of the stored value`, () => {
    const { entry, notice } = acknowledge(inFlightWithNext(), answer(state));
    assert.deepEqual(entry, { ...edit("2", 100), state: "waiting", queuedAt: 1000 });
    assert.deepEqual([notice.typed, notice.newer], ["1", true]);
  });
}

test("in flight: a newer text equal to the sent one is no newer text", () => {
  const { entry, notice } = acknowledge(persist(inFlight("1"), edit("1"), 2000), answer("saved"));
  assert.equal(entry, undefined);
  assert.equal(notice.newer, false);
});

test('in flight: "invalid" waits for the person', () => {
  const { entry, notice } = acknowledge(inFlight("abc"), answer("invalid"));
  assert.deepEqual(entry, { ...edit("abc"), state: "invalid", queuedAt: 1000, answer: answer("invalid") });
  assert.deepEqual([notice.message, notice.newer], ["no number", false]);
});

test('in flight: "invalid" makes a newer text wait; the expected value stays', () => {
  const { entry } = acknowledge(persist(startSending(waiting("abc", 300)), edit("2"), 2000), answer("invalid"));
  assert.deepEqual(entry, { ...edit("2", 300), state: "waiting", queuedAt: 1000 });
});

test('in flight: "conflict" waits for the person with the newest text', () => {
  const { entry, notice } = acknowledge(inFlightWithNext(), answer("conflict"));
  assert.deepEqual(stateOf(entry), ["conflict", false, "2", undefined]);
  assert.equal(entry.answer.stored.value, 700);
  assert.deepEqual([notice.typed, notice.newer], ["2", false]);
});

test("conflict: keeping the typed text expects the value that is stored now, in the current state of the year", () => {
  const conflict = acknowledge(inFlight(), answer("conflict")).entry;
  assert.deepEqual(preferTyped(conflict), { ...edit("1", 700, "2"), state: "waiting", queuedAt: 1000 });
});

test("conflict: a new text without a decision still expects the old value", () => {
  const conflict = acknowledge(inFlight(), answer("conflict")).entry;
  assert.deepEqual(persist(conflict, edit("9", 700), 5000), { ...edit("9"), state: "waiting", queuedAt: 1000 });
});

test("invalid: a corrected text waits again", () => {
  const invalid = acknowledge(inFlight("abc"), answer("invalid")).entry;
  assert.deepEqual(stateOf(persist(invalid, edit("5"), 5000)), ["waiting", false, "5", undefined]);
});

test("invalid and conflict: requeueing sends them once more", () => {
  for (const state of ["invalid", "conflict"]) {
    const { entry } = acknowledge(inFlight(), answer(state));
    assert.equal(requeue(entry).state, "waiting");
    assert.deepEqual(editOf(requeue(entry)), edit("1"));
  }
});

test("entries are counted by state", () => {
  const entries = [
    waiting(),
    inFlight(),
    acknowledge(inFlight(), answer("invalid")).entry,
    acknowledge(inFlight(), answer("conflict")).entry,
  ];
  assert.deepEqual(countByState(entries), { waiting: 2, invalid: 1, conflicts: 1 });
  assert.deepEqual(countByState([]), { waiting: 0, invalid: 0, conflicts: 0 });
});
