/** Saves cells by the outbox, applies batches that the server stored, and reverts both. */

import { postJson } from "../../core/http.js";
import { collapseSpaces } from "../../core/text.js";
import { createOutbox } from "../outbox/outbox.js";
import { createCellPanel } from "./cell-panel.js";
import { createCellStatuses } from "./cell-status.js";
import { createReversal } from "./reversal.js";
import { createRowState } from "./row-state.js";

/** @import { Queue, QueueStatus } from "../outbox/queue.js" */
/** @import { CellNotice } from "../outbox/states.js" */
/** @import { Direction } from "./history.js" */
/** @import { BatchAnswer, BatchRequest, Grid, RejectedCell, StoredCells } from "./page.js" */
/** @import { CellBefore } from "./reversal.js" */

/**
 * @typedef {object} Saving
 * @property {Queue | null} outbox - Null where the grid cannot be edited.
 * @property {(td: HTMLTableCellElement, typed: string) => void} put - Saves a typed answer.
 * @property {(cells: StoredCells, batch?: string, rejected?: readonly RejectedCell[]) => void} applyBatch - Shows cells that the server
 *   stored in one step. With the name of the batch the step can be undone, together with the cells that it could not store.
 * @property {(direction: Direction) => Promise<void>} revert - Undoes or redoes a change of this table.
 * @property {(bin: string, code: string) => void} takeStored - Decides the conflict of a cell for the stored value.
 * @property {(url: string, request: BatchRequest) => Promise<BatchAnswer>} post - Sends a batch; what failed is in its message.
 * @property {(td: HTMLTableCellElement) => void} describe - Describes a cell below the table.
 */

/**
 * @param {Pick<Grid, "root" | "table" | "messages" | "selection" | "isEditable"> & {
 *   showAnswer: (answer: BatchAnswer) => void,
 *   reveal: (cells: readonly HTMLTableCellElement[]) => void,
 * }} grid
 * @returns {Saving}
 */
export function createSaving({ root, table, messages, selection, isEditable, showAnswer, reveal }) {
  const {
    saveUrl = "",
    stateUrl = "",
    undoUrl = "",
    account = "0",
    body = "",
    year = "",
    yearState = "",
    csrf = "",
  } = root.dataset;
  /** @type {Pick<QueueStatus, "waiting" | "trouble">} */
  let queueStatus = { waiting: 0, trouble: "" };

  const statuses = createCellStatuses(messages, (td) => {
    if (td === selection.active) describe(td);
  });
  const rowState = createRowState({
    table,
    stateUrl,
    statuses,
    activeBin: () => selection.active && table.bin(selection.active),
    onRefreshed: () => selection.active && describe(selection.active),
  });
  const outbox = isEditable
    ? createOutbox({ saveUrl, account: Number(account), body, year, yearState, csrfToken: csrf, onCell, onStatus })
    : null;
  const panel = createCellPanel({ root, table, messages, statuses, rowState, isEditable });
  const reversal = createReversal({
    undoUrl,
    table,
    selection,
    messages,
    outbox,
    queueEdit,
    takeStored: (td) => takeStored(table.bin(td), table.code(td)),
    showStored,
    showRejected,
    restoreRejected,
    hindrance: () => (queueStatus.waiting ? (queueStatus.trouble ? "offline" : "not_ready") : ""),
    post,
    showAnswer,
    reveal,
  });

  /** @param {HTMLTableCellElement} td */
  function describe(td) {
    panel.describe(td);
  }

  /** @param {CellNotice} notice */
  function onCell(notice) {
    const td = table.cell(notice.organisation, notice.code);
    if (!td) return;
    const { state, typed = "", text = "", message } = notice;
    if (state === "waiting" || state === "saving") {
      if (notice.typed !== undefined) td.textContent = typed;
      statuses.set(td, state, notice);
    } else if (notice.newer) {
      // The cell shows the newer text already.
    } else if (state === "saved" || state === "unchanged") {
      // An answer that did not wait here comes from another window.
      if (!statuses.get(td)) reversal.forget(td);
      td.textContent = text;
      statuses.set(td, "saved");
      // What an undo or a redo changed is announced already.
      if (!td.classList.contains("is-reverted")) messages.announce(messages.format(text ? "saved" : "emptied", text));
      rowState.scheduleRefresh([notice.organisation]);
    } else {
      td.textContent = typed;
      statuses.set(td, state, notice);
      messages.announce(state === "invalid" ? messages.format("invalid", typed, message) : messages.format("conflict"));
    }
  }

  /** @param {QueueStatus} status */
  function onStatus(status) {
    queueStatus = status;
    const { waiting, invalid, conflicts, trouble, message } = status;
    const sentences = [];
    if (trouble === "signed-out") sentences.push(messages.format("signed_out", waiting));
    else if (trouble === "refused") sentences.push(messages.format("refused", message));
    else if (trouble && waiting) sentences.push(messages.format("waiting", waiting));
    if (invalid) sentences.push(messages.format("invalid_count", invalid));
    if (conflicts) sentences.push(messages.format("conflict_count", conflicts));
    messages.setStatus(sentences.join(" "));
    root.classList.toggle("has-trouble", Boolean(trouble));
  }

  /** @param {HTMLTableCellElement} td @param {string} typed */
  function put(td, typed) {
    reversal.add({ td, before: statuses.storedText(td), after: typed });
    queueEdit(td, typed);
  }

  /** @param {HTMLTableCellElement} td @param {string} typed */
  function queueEdit(td, typed) {
    const organisation = table.bin(td);
    const code = table.code(td);
    const stored = statuses.storedText(td);
    const entry = outbox?.entry(organisation, code);
    outbox?.put({ organisation, code, typed, expected: entry ? entry.expected : table.storedValue(td, stored) });
    statuses.rememberStoredText(td, stored);
  }

  /** @param {StoredCells} cells @param {string} [batch] @param {readonly RejectedCell[]} [rejected] */
  function applyBatch(cells, batch, rejected = []) {
    if (batch) reversal.add({ batch, rejected, shown: showRejected(rejected) });
    showStored(cells);
  }

  /** @param {StoredCells} cells */
  function showStored(cells) {
    for (const [bin, row] of Object.entries(cells)) {
      for (const [code, [, text]] of Object.entries(row)) {
        const td = table.cell(bin, code);
        if (!td) continue;
        td.textContent = text;
        statuses.set(td, "saved");
      }
    }
    rowState.scheduleRefresh(Object.keys(cells));
  }

  /**
   * Shows texts that a batch could not store where they were pasted, so that the person corrects them.
   *
   * @param {readonly RejectedCell[]} cells
   * @returns {CellBefore[]}
   */
  function showRejected(cells) {
    return cells.flatMap(({ organisation, code, typed, message }) => {
      const td = table.cell(organisation, code);
      if (!td) return [];
      const before = { td, text: td.textContent ?? "", status: statuses.get(td) };
      statuses.rememberStoredText(td, statuses.storedText(td));
      td.textContent = typed;
      statuses.set(td, "invalid", { typed, message });
      return [before];
    });
  }

  /** @param {readonly CellBefore[]} cells - Those that are still invalid show again what they showed before. */
  function restoreRejected(cells) {
    for (const { td, text, status } of cells) {
      if (!statuses.isInvalid(td)) continue;
      const bin = table.bin(td);
      const code = table.code(td);
      if (outbox?.entry(bin, code)?.state === "invalid") outbox.discard(bin, code);
      td.textContent = text;
      statuses.clear(td);
      if (status) statuses.set(td, status.state, status);
    }
  }

  /** @param {string} bin @param {string} code */
  function takeStored(bin, code) {
    const value = outbox?.takeStored(bin, code);
    const td = table.cell(bin, code);
    if (!value || !td) return;
    reversal.forget(td);
    showStored({ [bin]: { [code]: [value.value, value.text] } });
  }

  /** @param {string} url @param {BatchRequest} request @returns {Promise<BatchAnswer>} */
  async function post(url, request) {
    try {
      const answer = await postJson(url, JSON.stringify(request), csrf);
      return { message: messages.format("failed"), ...answer.body, isReached: true };
    } catch {
      return { isReached: false, message: messages.format("offline") };
    }
  }

  /** Shows what the browser stored on an earlier visit, and sends it. */
  function restoreUnsaved() {
    for (const { organisation, code, typed, state, answer } of outbox?.pending() ?? []) {
      const td = table.cell(organisation, code);
      if (!td || collapseSpaces(td.textContent ?? "") === collapseSpaces(typed)) continue;
      statuses.rememberStoredText(td, td.textContent ?? "");
      td.textContent = typed;
      statuses.set(td, state, { ...answer, typed });
    }
    outbox?.resend();
  }

  restoreUnsaved();
  return { outbox, put, applyBatch, revert: reversal.revert, takeStored, post, describe };
}
