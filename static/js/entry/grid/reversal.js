/**
 * Undo and redo of the changes that were made in this table since the page was opened: typed answers by the outbox, batches by the
 * server. Both name the value that they expect, so that nobody's later value is overwritten.
 */

import { collapseSpaces } from "../../core/text.js";
import { createHistory } from "./history.js";

/** @import { Queue } from "../outbox/queue.js" */
/** @import { CellStatus } from "./cell-status.js" */
/** @import { Direction, History } from "./history.js" */
/** @import { Messages } from "./messages.js" */
/** @import { BatchAnswer, BatchRequest, RejectedCell, StoredCells } from "./page.js" */
/** @import { Selection } from "./selection.js" */
/** @import { Table } from "./table.js" */

/**
 * What a cell showed before a batch could not store its text.
 *
 * @typedef {{ td: HTMLTableCellElement, text: string, status: CellStatus | undefined }} CellBefore
 */

/**
 * An answer typed on this page: the texts of its cell before and after.
 *
 * @typedef {{ td: HTMLTableCellElement, before: string, after: string }} TypedStep
 */

/**
 * A batch that the server stored, and the cells that it could not store. Reverting a batch makes another batch.
 *
 * @typedef {{ batch: string, rejected: readonly RejectedCell[], shown: readonly CellBefore[] }} BatchStep
 */

/**
 * @typedef {object} Reversal
 * @property {(step: TypedStep | BatchStep) => void} add - Adds a change that can be undone.
 * @property {(td: HTMLTableCellElement) => void} forget - Someone else's value stands in a cell: nothing typed there can be undone.
 * @property {(direction: Direction) => Promise<void>} revert - Undoes the last change, or does again what was undone last.
 */

/**
 * @param {object} options
 * @param {string} options.undoUrl
 * @param {Table} options.table
 * @param {Selection} options.selection
 * @param {Messages} options.messages
 * @param {Queue | null} options.outbox
 * @param {(td: HTMLTableCellElement, typed: string) => void} options.queueEdit
 * @param {(td: HTMLTableCellElement) => void} options.takeStored - Decides the conflict of a cell for the stored value.
 * @param {(cells: StoredCells) => void} options.showStored
 * @param {(cells: readonly RejectedCell[]) => CellBefore[]} options.showRejected
 * @param {(cells: readonly CellBefore[]) => void} options.restoreRejected
 * @param {() => string} options.hindrance - What must be waited for before the server can revert a batch; empty if nothing.
 * @param {(url: string, request: BatchRequest) => Promise<BatchAnswer>} options.post
 * @param {(answer: BatchAnswer) => void} options.showAnswer
 * @param {(cells: readonly HTMLTableCellElement[]) => void} options.reveal - Shows the rows of cells that a filter hides.
 * @returns {Reversal}
 */
export function createReversal({
  undoUrl,
  table,
  selection,
  messages,
  outbox,
  queueEdit,
  takeStored,
  showStored,
  showRejected,
  restoreRejected,
  hindrance,
  post,
  showAnswer,
  reveal,
}) {
  /** @type {History<TypedStep | BatchStep>} */
  const history = createHistory();
  /** @type {readonly HTMLTableCellElement[]} The cells that the last reversal changed. */
  let reverted = [];
  let running = Promise.resolve();

  /** @param {Direction} direction */
  async function revertNext(direction) {
    const step = history.next(direction);
    if (!step) messages.announce(messages.format(`nothing_to_${direction}`));
    else if ("td" in step) revertTyped(step, direction);
    else await revertBatch(step, direction);
  }

  /** @param {TypedStep} step @param {Direction} direction */
  function revertTyped(step, direction) {
    const { td, before, after } = step;
    if (outbox?.entry(table.bin(td), table.code(td))?.state === "conflict") {
      // Someone else's answer is stored: it stays, and the text that was not stored is given up.
      takeStored(td);
    } else {
      history.move(direction);
      queueEdit(td, collapseSpaces(direction === "undo" ? before : after));
    }
    show([td], direction);
  }

  /** @param {BatchStep} step @param {Direction} direction */
  async function revertBatch(step, direction) {
    await outbox?.flush();
    const trouble = hindrance();
    if (trouble) {
      messages.announce(messages.format(trouble));
      return;
    }
    const answer = await post(undoUrl, { batch: step.batch });
    if (answer.html) {
      history.drop(direction);
      showAnswer(answer);
    } else if (answer.cells) {
      showStored(answer.cells);
      if (direction === "undo") restoreRejected(step.shown);
      const shown = direction === "redo" ? showRejected(step.rejected) : [];
      history.move(direction, { ...step, batch: answer.batch ?? "", shown });
      show(cellsOf(answer.cells), direction);
    } else {
      messages.announce(answer.message ?? "");
    }
  }

  /** @param {StoredCells} cells @returns {HTMLTableCellElement[]} */
  function cellsOf(cells) {
    return Object.entries(cells).flatMap(([bin, row]) => Object.keys(row).flatMap((code) => table.cell(bin, code) ?? []));
  }

  /**
   * Brings the changed cells into view, marks them and names the first one.
   *
   * @param {readonly HTMLTableCellElement[]} cells
   * @param {Direction} direction
   */
  function show(cells, direction) {
    unmark();
    if (!cells.length) return;
    reveal(cells);
    const first = cells.reduce((previous, td) => (isBefore(td, previous) ? td : previous));
    selection.activate(first);
    reverted = cells;
    for (const td of cells) td.classList.add("is-reverted");
    const text = first.textContent?.trim() || messages.format("blank");
    const name = `${table.organisationName(first)}, ${table.column(first).label}`;
    const message = messages.format(direction === "undo" ? "undone" : "redone", name, text);
    messages.announce(cells.length > 1 ? `${message} ${messages.format("more_cells", cells.length - 1)}` : message);
  }

  function unmark() {
    for (const td of reverted) td.classList.remove("is-reverted");
    reverted = [];
  }

  return {
    add(step) {
      unmark();
      history.add(step);
    },
    forget(td) {
      history.forget((step) => "td" in step && step.td === td);
    },
    revert(direction) {
      // One after the other, in the order of the keys.
      const next = running.then(() => revertNext(direction));
      running = next.catch(() => {});
      return next;
    },
  };
}

/** @param {HTMLTableCellElement} td @param {HTMLTableCellElement} other @returns {boolean} Whether it precedes in reading order. */
function isBefore(td, other) {
  return Boolean(td.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
}
