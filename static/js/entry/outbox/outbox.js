/**
 * The outbox: a queue of edits that outlives the page. A lost connection, a closed tab or an ended session loses nothing, because
 * every edit stays in the browser's storage until the server has answered for it. Tabs of one browser share the queue, and one of
 * them sends at a time.
 */

import { postJson } from "../../core/http.js";
import { createQueue } from "./queue.js";
import { createStore, queueName } from "./store.js";

/** @import { Queue, QueueStatus } from "./queue.js" */
/** @import { CellNotice } from "./states.js" */

const REQUEST_TIMEOUT_MS = 30_000;
/** Browsers let a request outlive its page only with a body up to 64 KiB. */
const MAX_KEEPALIVE_CHARACTERS = 60_000;

/**
 * @typedef {object} OutboxOptions
 * @property {string} saveUrl - Address of `answers.save`.
 * @property {number} account - Id of the account.
 * @property {string} body - BIN.
 * @property {string} year
 * @property {string} yearState - The state of the year that the page was opened in.
 * @property {string} csrfToken - The page's token; where it has expired, the server's answer brings a fresh one.
 * @property {(notice: CellNotice) => void} onCell - Called for each change of a cell.
 * @property {(status: QueueStatus) => void} onStatus - Called for each change of the queue.
 */

/**
 * Opens the outbox of an account, a body and a year.
 *
 * @param {OutboxOptions} options
 * @returns {Queue}
 */
export function createOutbox({ saveUrl, account, body, year, yearState, csrfToken, onCell, onStatus }) {
  const name = queueName(account, body, year);
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  const queue = createQueue({
    store: createStore(name),
    account,
    yearState,
    csrfToken,
    post: (content, token, isLeaving) =>
      postJson(saveUrl, content, token, {
        keepalive: isLeaving && content.length < MAX_KEEPALIVE_CHARACTERS,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      }),
    runExclusively: (work) => runExclusively(name, work),
    onCell,
    onStatus,
    onAcknowledged: (notice) => channel?.postMessage(notice),
  });

  channel?.addEventListener("message", ({ data }) => {
    onCell(data);
    queue.reportStatus();
  });
  window.addEventListener("online", queue.retry);
  window.addEventListener("focus", queue.retry);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") queue.flush({ isLeaving: true });
    else queue.retry();
  });
  window.addEventListener("pagehide", () => queue.flush({ isLeaving: true }));
  return queue;
}

/**
 * Runs work while no other tab of this browser runs work of the same name.
 *
 * @param {string} name
 * @param {() => Promise<void>} work
 * @returns {Promise<void>}
 */
function runExclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : Promise.resolve().then(work);
}
