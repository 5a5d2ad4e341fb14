/**
 * The queue of edits: sends what waits, in batches, and tries again until the server has answered for each. It knows neither the
 * page nor the browser; `outbox.js` connects it to them. `states.js` holds the state machine of one entry.
 */

import { classifyResponse } from "./response.js";
import { acknowledge, countByState, editOf, persist, preferTyped, release, requeue, startSending } from "./states.js";

/** @import { Outcome } from "./response.js" */
/** @import { CellNotice, CellResult, Edit, Entry, StoredCell } from "./states.js" */
/** @import { EntryStore } from "./store.js" */

const MAX_BATCH_EDITS = 1000;
const TYPING_PAUSE_MS = 600;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

/**
 * The reason why the queue is not sent: none (empty), a lost connection, an ended session, or a rejection by the server.
 *
 * @typedef {"" | "offline" | "signed-out" | "refused"} Trouble
 */

/**
 * @typedef {object} QueueStatus
 * @property {number} waiting - Number of entries that are not sent yet.
 * @property {number} invalid
 * @property {number} conflicts
 * @property {Trouble} trouble
 * @property {string} message - The server's message about the trouble.
 * @property {string} signInUrl
 */

/**
 * @typedef {object} QueueOptions
 * @property {EntryStore} store
 * @property {number} account - Id of the account that the edits belong to.
 * @property {string} [yearState] - The state of the year in which the page's edits are typed.
 * @property {string} csrfToken
 * @property {(body: string, token: string, isLeaving: boolean) => Promise<{ status: number, body: any }>} post - Sends a batch;
 *   rejects where the server cannot be reached.
 * @property {(work: () => Promise<void>) => Promise<void>} runExclusively - Runs work while no other tab of the browser does.
 * @property {(notice: CellNotice) => void} onCell
 * @property {(status: QueueStatus) => void} onStatus
 * @property {(notice: CellNotice) => void} [onAcknowledged] - Called beside `onCell` for the server's answers, for other tabs.
 * @property {() => number} [now] - Milliseconds since 1970.
 * @property {(callback: () => void, delay: number) => any} [setTimer]
 * @property {(timer: any) => void} [clearTimer]
 */

/**
 * @typedef {object} Queue
 * @property {(edit: Edit) => void} put - Stores an edit and sends it soon.
 * @property {(edits: readonly Edit[]) => void} putAll - Stores edits and sends them at once.
 * @property {(options?: { isLeaving?: boolean }) => Promise<void>} flush - Sends what waits now.
 * @property {() => void} resend - Sends every entry again, also invalid ones and conflicts.
 * @property {() => void} retry - Sends what waits, if anything does.
 * @property {() => Entry[]} pending - The oldest first.
 * @property {(organisation: string, code: string) => Entry | undefined} entry
 * @property {(organisation: string, code: string) => void} preferTyped - Decides a conflict for the typed text and sends it.
 * @property {(organisation: string, code: string) => StoredCell | null} takeStored - Decides a conflict for the stored value, which
 *   it returns; null where there is no conflict.
 * @property {(organisation: string, code: string) => void} discard - Gives an entry up.
 * @property {() => void} reportStatus - Calls `onStatus` with the current status.
 */

/**
 * Creates a queue.
 *
 * @param {QueueOptions} options
 * @returns {Queue}
 */
export function createQueue({
  store,
  account,
  yearState,
  csrfToken,
  post,
  runExclusively,
  onCell,
  onStatus,
  onAcknowledged = () => {},
  now = () => Date.now(),
  setTimer = (callback, delay) => setTimeout(callback, delay),
  clearTimer = (timer) => clearTimeout(timer),
}) {
  /** @type {any} */
  let timer = 0;
  let dueAt = Infinity;
  let failures = 0;
  let token = csrfToken;
  /** Moves when a conflict shows another state: from then on the person knows it. */
  let currentYearState = yearState;
  let isTokenRenewed = false;
  /** @type {Promise<void> | null} */
  let sending = null;
  /** @type {{ trouble: Trouble, message: string, signInUrl: string }} */
  let obstacle = { trouble: "", message: "", signInUrl: "" };

  /** @param {Edit} edit */
  function persistEdit(edit) {
    store.write(persist(store.read(edit.organisation, edit.code), { ...edit, year_state: currentYearState }, now()));
    onCell({ organisation: edit.organisation, code: edit.code, state: "waiting", typed: edit.typed });
  }

  /** @param {number} delay */
  function scheduleFlush(delay) {
    const time = now() + delay;
    if (time >= dueAt && timer) return;
    clearTimer(timer);
    dueAt = time;
    timer = setTimer(() => flush(), delay);
  }

  /** @param {{ isLeaving?: boolean }} [options] */
  function flush({ isLeaving = false } = {}) {
    clearTimer(timer);
    timer = 0;
    dueAt = Infinity;
    sending ??= runExclusively(() => sendBatches(isLeaving)).finally(() => {
      sending = null;
    });
    return sending;
  }

  /** @param {boolean} isLeaving */
  async function sendBatches(isLeaving) {
    for (let batch = nextBatch(); batch.length; batch = nextBatch()) {
      for (const entry of batch) {
        store.write(startSending(entry));
        onCell({ organisation: entry.organisation, code: entry.code, state: "saving", typed: entry.typed });
      }
      if (!(await deliver(batch, isLeaving))) break;
    }
    reportStatus();
  }

  function nextBatch() {
    return waitingEntries().slice(0, MAX_BATCH_EDITS);
  }

  function waitingEntries() {
    return store.all().filter((entry) => entry.state === "waiting");
  }

  /**
   * Sends one batch.
   *
   * @param {Entry[]} batch
   * @param {boolean} isLeaving
   * @returns {Promise<boolean>} Whether to go on with the next batch.
   */
  async function deliver(batch, isLeaving) {
    /** @type {Outcome} */
    let outcome;
    try {
      const answer = await post(JSON.stringify({ account, edits: batch.map(editOf) }), token, isLeaving);
      outcome = classifyResponse(answer.status, answer.body);
    } catch {
      return retryLater();
    }
    if (outcome.isReleased) for (const entry of batch) releaseEntry(entry);
    switch (outcome.kind) {
      case "acknowledged":
        failures = 0;
        isTokenRenewed = false;
        setStatus("");
        for (const result of outcome.cells) acknowledgeCell(result);
        return true;
      case "offline":
        return retryLater();
      case "token-expired":
        if (!isTokenRenewed) {
          token = outcome.token;
          isTokenRenewed = true;
          return true;
        }
        return stop("refused", outcome, batch);
      default:
        return stop(outcome.kind, outcome, batch);
    }
  }

  /**
   * Stops sending until the page tries again. An ended session stays the trouble although a later refusal follows from it.
   *
   * @param {"signed-out" | "refused"} trouble
   * @param {Outcome} outcome
   * @param {Entry[]} batch
   * @returns {false}
   */
  function stop(trouble, outcome, batch) {
    if (trouble === "signed-out") setStatus(trouble, outcome.message, outcome.signInUrl);
    else if (obstacle.trouble !== "signed-out") setStatus(trouble, outcome.message);
    for (const entry of batch) onCell({ ...editOf(entry), state: "waiting" });
    return false;
  }

  /** @returns {false} */
  function retryLater() {
    failures += 1;
    setStatus("offline");
    for (const entry of waitingEntries()) onCell({ ...editOf(entry), state: "waiting" });
    scheduleFlush(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
    return false;
  }

  /** @param {Entry} sent */
  function releaseEntry(sent) {
    const entry = store.read(sent.organisation, sent.code);
    if (entry) store.write(release(entry));
  }

  /** @param {CellResult} result */
  function acknowledgeCell(result) {
    currentYearState = result.stored?.year_state ?? currentYearState;
    const entry = store.read(result.organisation, result.code);
    if (!entry) return;
    const { entry: next, notice } = acknowledge(entry, result);
    if (next) store.write(next);
    else store.remove(result.organisation, result.code);
    onCell(notice);
    onAcknowledged(notice);
  }

  /** @param {string} organisation @param {string} code */
  function preferTypedText(organisation, code) {
    const entry = store.read(organisation, code);
    if (entry?.state !== "conflict") return;
    store.write(preferTyped(entry));
    reportStatus();
    flush();
  }

  /** @param {string} organisation @param {string} code */
  function takeStored(organisation, code) {
    const entry = store.read(organisation, code);
    if (entry?.state !== "conflict") return null;
    discard(organisation, code);
    return entry.answer?.stored ?? null;
  }

  /** @param {string} organisation @param {string} code */
  function discard(organisation, code) {
    store.remove(organisation, code);
    reportStatus();
  }

  function resend() {
    for (const entry of store.all()) store.write(requeue(entry));
    reportStatus();
    if (store.all().length) flush();
  }

  function retry() {
    if (waitingEntries().length) flush();
  }

  /** @param {Trouble} trouble @param {string} [message] @param {string} [signInUrl] */
  function setStatus(trouble, message = "", signInUrl = "") {
    obstacle = { trouble, message, signInUrl };
    reportStatus();
  }

  function reportStatus() {
    onStatus({ ...countByState(store.all()), ...obstacle });
  }

  return {
    put(edit) {
      persistEdit(edit);
      reportStatus();
      scheduleFlush(TYPING_PAUSE_MS);
    },
    putAll(edits) {
      for (const edit of edits) persistEdit(edit);
      reportStatus();
      scheduleFlush(0);
    },
    flush,
    resend,
    retry,
    pending: store.all,
    entry: store.read,
    preferTyped: preferTypedText,
    takeStored,
    discard,
    reportStatus,
  };
}
