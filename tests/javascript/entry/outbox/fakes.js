/** Stand-ins for the browser and the server. */

import { createQueue } from "../../../../static/js/entry/outbox/queue.js";
import { createStore } from "../../../../static/js/entry/outbox/store.js";

/** A browser's storage in memory. */
export class FakeStorage {
  #items = new Map();
  isFull = false;

  get length() {
    return this.#items.size;
  }

  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.isFull) throw new Error("QuotaExceededError");
    this.#items.set(key, value);
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}

/** A server that stores whole numbers, and a clock that moves only by hand. */
export class Scene {
  storage = new FakeStorage();
  stored = new Map();
  requests = [];
  notices = [];
  statuses = [];
  acknowledged = [];
  time = 1000;
  timers = new Map();
  yearState = "0";
  /** What the next requests meet: a function of the request, or nothing for a working server. */
  faults = [];

  open(options = {}) {
    return createQueue({
      store: createStore("outbox/1/BODY/2024", () => this.storage),
      account: 1,
      yearState: this.yearState,
      csrfToken: "token",
      post: (body, token, isLeaving) => this.#answer({ ...JSON.parse(body), token, isLeaving }),
      runExclusively: (work) => Promise.resolve().then(work),
      onCell: (notice) => this.notices.push(notice),
      onStatus: (status) => this.statuses.push(status),
      onAcknowledged: (notice) => this.acknowledged.push(notice),
      now: () => this.time,
      setTimer: (callback, delay) => {
        const id = this.timers.size + 1 + this.time;
        this.timers.set(id, { callback, at: this.time + delay });
        return id;
      },
      clearTimer: (id) => this.timers.delete(id),
      ...options,
    });
  }

  async #answer(request) {
    this.requests.push(request);
    const fault = this.faults.shift();
    const result = fault?.(request);
    if (result) return result;
    return this.save(request);
  }

  /** Stores a request's edits as the product's server does. */
  save({ edits }) {
    return { status: 200, body: { cells: edits.map((edit) => this.#saveCell(edit)) } };
  }

  #saveCell({ organisation, code, typed, expected, year_state }) {
    const value = typed === "" ? null : Number(typed);
    const current = this.stored.get(code) ?? null;
    const cell = { organisation, code, value, text: typed, message: null, stored: null };
    if (Number.isNaN(value)) return { ...cell, state: "invalid", value: expected, message: "no number" };
    if (value === current) return { ...cell, state: "unchanged" };
    if (expected !== current || year_state !== this.yearState) {
      return {
        ...cell,
        state: "conflict",
        stored: {
          value: current,
          text: String(current),
          author: "Colleague",
          changed_at: "12:00",
          year_state: this.yearState,
          is_outdated: year_state !== this.yearState,
        },
      };
    }
    this.stored.set(code, value);
    return { ...cell, state: "saved" };
  }

  get status() {
    return this.statuses.at(-1);
  }

  statesOf(code) {
    return this.notices.filter((notice) => notice.code === code).map(({ state }) => state);
  }

  /** Lets time pass, runs the timers that are due, and waits for what they start. */
  async pass(milliseconds) {
    this.time += milliseconds;
    for (const [id, { callback, at }] of [...this.timers]) {
      if (at > this.time) continue;
      this.timers.delete(id);
      callback();
    }
    await settle();
  }
}

/** Waits until all promises that can settle have settled. */
export async function settle() {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

export const edit = (code, typed, expected = null) => ({ organisation: "ORG", code, typed, expected });
export const sentEdit = (code, typed, expected = null) => ({ ...edit(code, typed, expected), year_state: "0" });
export const offline = () => {
  throw new TypeError("Failed to fetch");
};
export const refuse =
  (status, body = {}) =>
  () => ({ status, body });
