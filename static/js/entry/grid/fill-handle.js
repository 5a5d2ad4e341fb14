/** The fill handle: the corner of the selection, by which its answers are dragged over the rows above or below. */

import { cellsOutside } from "./range.js";

/** @import { Clipboard } from "./clipboard.js" */
/** @import { Range } from "./range.js" */
/** @import { Selection } from "./selection.js" */
/** @import { Table } from "./table.js" */

/** Pixels of the cell's corner that take the mouse. */
const HANDLE_PX = 10;

/**
 * Tells whether the mouse is on the handle of a cell.
 *
 * @param {MouseEvent} event
 * @param {HTMLTableCellElement} td
 * @returns {boolean}
 */
export function isOnHandle(event, td) {
  if (!td.classList.contains("has-handle")) return false;
  const { right, bottom } = td.getBoundingClientRect();
  return right - event.clientX <= HANDLE_PX && bottom - event.clientY <= HANDLE_PX;
}

/**
 * Follows the mouse from the handle until its button is released, and then repeats the selected answers.
 *
 * @param {object} grid
 * @param {Table} grid.table
 * @param {Selection} grid.selection
 * @param {Clipboard} grid.clipboard
 * @param {(target: EventTarget | null) => HTMLTableCellElement | null} cellOf
 */
export function dragHandle({ table, selection, clipboard }, cellOf) {
  const range = selection.range();
  const source = { ...range, left: Math.max(range.left, table.firstColumn) };
  /** @type {Range} */
  let target = source;

  /** @param {Range} next */
  function mark(next) {
    for (const [row, column] of cellsOutside(target, source)) table.cellAt(row, column)?.classList.remove("is-fill-target");
    for (const [row, column] of cellsOutside(next, source)) table.cellAt(row, column)?.classList.add("is-fill-target");
    target = next;
  }

  /** @param {MouseEvent} event */
  function onMouseOver(event) {
    const td = cellOf(event.target);
    if (!td) return;
    const row = table.rowIndex(td);
    mark({ ...source, top: Math.min(source.top, row), bottom: Math.max(source.bottom, row) });
  }

  function onMouseUp() {
    document.removeEventListener("mouseover", onMouseOver);
    const { top, bottom } = target;
    mark(source);
    if (top < source.top) clipboard.repeat(source, top, source.top - 1);
    else if (bottom > source.bottom) clipboard.repeat(source, source.bottom + 1, bottom);
  }

  document.addEventListener("mouseover", onMouseOver);
  document.addEventListener("mouseup", onMouseUp, { once: true });
}
