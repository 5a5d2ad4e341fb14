/** Which cell is active, and which cells are selected. Only the active cell can be reached by Tab from outside the table. */

import { cellsOutside, EMPTY_RANGE, findEdge, isSingle, rangeBetween, spanRange } from "./range.js";

/** @import { Range, Span } from "./range.js" */
/** @import { Table } from "./table.js" */

/**
 * @typedef {object} Selection
 * @property {HTMLTableCellElement | null} active
 * @property {(td: HTMLTableCellElement | undefined, options?: { extend?: boolean, focus?: boolean }) => void} activate - With `extend`
 *   the selection grows from its anchor to the cell, otherwise it is the cell.
 * @property {() => void} activateFirst
 * @property {(rows: number, columns: number, extend?: boolean) => void} move
 * @property {(row: number, column: number, extend?: boolean) => void} moveTo
 * @property {(rows: number, columns: number, extend?: boolean) => void} moveToEdge
 * @property {() => void} selectAll
 * @property {() => void} selectRows - Extends the selection to whole rows; it then grows by rows.
 * @property {() => void} selectColumns - Extends the selection to whole columns.
 * @property {() => void} collapse - Selects the active cell only.
 * @property {() => Range} range - The selected rectangle among the visible rows.
 * @property {() => HTMLTableCellElement[]} cells - The selected cells of answers.
 * @property {() => void} update - Restores the selection after rows were hidden or shown.
 */

/**
 * @param {Table} table
 * @param {(td: HTMLTableCellElement) => void} onActive - Called when another cell becomes active.
 * @returns {Selection}
 */
export function createSelection(table, onActive) {
  /** @type {HTMLTableCellElement | null} */
  let active = null;
  /** @type {HTMLTableCellElement | null} The cell that a selection grows from. */
  let anchor = null;
  /** The rectangle that is marked; empty where one cell is selected. */
  let marked = EMPTY_RANGE;
  /** @type {Span} */
  let span = "cells";
  /** @type {HTMLTableCellElement | undefined} The last cell of the selection, which shows the fill handle. */
  let corner;

  /** @param {HTMLTableCellElement} td @returns {[number, number]} */
  function position(td) {
    return [table.rowIndex(td), td.cellIndex];
  }

  /** @returns {Range} */
  function selectedRange() {
    if (!anchor || !active) return EMPTY_RANGE;
    const answers = {
      top: 0,
      left: table.firstColumn,
      bottom: table.visibleRows.length - 1,
      right: table.columns.length - 1,
    };
    return spanRange(rangeBetween(position(anchor), position(active)), span, answers);
  }

  /** @param {Range} range */
  function mark(range) {
    const wanted = isSingle(range) ? EMPTY_RANGE : range;
    for (const [row, column] of cellsOutside(marked, wanted)) markCell(table.cellAt(row, column), false);
    for (const [row, column] of cellsOutside(wanted, marked)) markCell(table.cellAt(row, column), true);
    marked = wanted;
    const last = range.right < table.firstColumn ? undefined : table.cellAt(range.bottom, range.right);
    if (last === corner) return;
    corner?.classList.remove("has-handle");
    last?.classList.add("has-handle");
    corner = last;
  }

  /** @param {HTMLTableCellElement | undefined} td @param {boolean} isSelected */
  function markCell(td, isSelected) {
    td?.classList.toggle("is-selected", isSelected);
    if (isSelected) td?.setAttribute("aria-selected", "true");
    else td?.removeAttribute("aria-selected");
  }

  /** @param {HTMLTableCellElement | undefined} td @param {{ extend?: boolean, focus?: boolean }} [options] */
  function activate(td, { extend = false, focus = true } = {}) {
    if (!td) return;
    if (active && active !== td) {
      active.classList.remove("is-active");
      active.removeAttribute("tabindex");
    }
    active = td;
    if (!extend || !anchor) {
      anchor = td;
      span = "cells";
    }
    td.classList.add("is-active");
    td.tabIndex = 0;
    mark(selectedRange());
    if (focus) {
      td.focus({ preventScroll: true });
      td.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    onActive(td);
  }

  /** @param {Span} next */
  function setSpan(next) {
    span = next;
    mark(selectedRange());
  }

  /** @param {number} row @returns {number} */
  function clampRow(row) {
    return Math.max(0, Math.min(table.visibleRows.length - 1, row));
  }

  /** @type {Selection} */
  const selection = {
    get active() {
      return active;
    },
    activate,
    activateFirst() {
      activate(table.cellAt(0, table.firstColumn), { focus: false });
    },
    move(rows, columns, extend = false) {
      if (!active) return;
      const column = Math.max(0, Math.min(table.columns.length - 1, active.cellIndex + columns));
      selection.moveTo(table.rowIndex(active) + rows, column, extend);
    },
    moveTo(row, column, extend = false) {
      activate(table.cellAt(clampRow(row), column), { extend });
    },
    moveToEdge(rows, columns, extend = false) {
      if (!active) return;
      const isFilled = (/** @type {number} */ row, /** @type {number} */ column) => {
        const td = table.cellAt(row, column);
        return td && Boolean(td.textContent?.trim());
      };
      const [row, column] = findEdge(isFilled, position(active), [rows, columns]);
      selection.moveTo(row, column, extend);
    },
    selectAll() {
      anchor = table.cellAt(0, table.firstColumn) ?? anchor;
      activate(table.cellAt(table.visibleRows.length - 1, table.columns.length - 1), { extend: true, focus: false });
      active?.focus({ preventScroll: true });
    },
    selectRows: () => setSpan("rows"),
    selectColumns: () => setSpan("columns"),
    collapse() {
      anchor = active;
      setSpan("cells");
    },
    range: selectedRange,
    cells() {
      const { top, bottom, left, right } = selectedRange();
      const answers = { top, bottom, left: Math.max(left, table.firstColumn), right };
      return cellsOutside(answers, EMPTY_RANGE).flatMap(([row, column]) => table.cellAt(row, column) ?? []);
    },
    update() {
      if (!active) return;
      // The rows have other numbers now, so the marked cells are found by their class.
      for (const td of table.element.querySelectorAll(/** @type {"td"} */ (".is-selected"))) markCell(td, false);
      marked = EMPTY_RANGE;
      const visible = active.parentElement?.hidden ? table.cellAt(0, active.cellIndex) : active;
      if (!visible) return;
      activate(visible, { focus: false });
    },
  };
  return selection;
}
