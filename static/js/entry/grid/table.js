/** The table: its rows, columns and cells, which rows the filter shows, and in which order. */

import { requireElement } from "../../core/dom.js";
import { toStoredValue } from "./cell-value.js";

/** @import { StoredValue } from "../outbox/states.js" */
/** @import { Column } from "./cell-value.js" */

/** Index of the first column of answers; the organisation's column precedes it. */
const FIRST_ANSWER_COLUMN = 1;

/**
 * @typedef {object} Table
 * @property {HTMLTableElement} element
 * @property {HTMLElement} scroll - The scrolling frame of the table.
 * @property {Column[]} columns
 * @property {HTMLTableCellElement[]} heads - The headings of the columns.
 * @property {HTMLTableRowElement[]} rows
 * @property {number} firstColumn - Index of the first column of answers.
 * @property {HTMLTableRowElement[]} visibleRows
 * @property {string} visibleBins - BINs of the visible rows, separated by spaces, as the server takes them.
 * @property {(bin: string) => HTMLTableRowElement | undefined} row
 * @property {(bin: string, code: string) => HTMLTableCellElement | undefined} cell
 * @property {(row: number, column: number) => HTMLTableCellElement | undefined} cellAt - By visible row and column.
 * @property {(td: HTMLTableCellElement) => Column} column
 * @property {(td: HTMLTableCellElement) => string} code
 * @property {(td: HTMLTableCellElement) => string} bin
 * @property {(td: HTMLTableCellElement) => string} organisationName
 * @property {(td: HTMLTableCellElement) => number} rowIndex - Among the visible rows.
 * @property {(td: HTMLTableCellElement, isBackward: boolean) => HTMLTableCellElement | undefined} neighbour - The next answer cell in
 *   reading order; undefined beyond the table's ends.
 * @property {(td: HTMLTableCellElement, text?: string) => StoredValue} storedValue
 * @property {() => void} updateVisibleRows - Reads anew which rows are hidden.
 * @property {(rows: HTMLTableRowElement[]) => void} setOrder - Shows the rows in another order.
 */

/**
 * Reads the table of a grid.
 *
 * @param {HTMLElement} root
 * @returns {Table}
 */
export function createTable(root) {
  const element = requireElement(root, "table", HTMLTableElement);
  const heads = [...(element.tHead?.rows[0].cells ?? [])];
  const columns = heads.map(readColumn);
  let rows = [...element.tBodies[0].rows];
  const rowByBin = new Map(rows.map((row) => [row.dataset.bin ?? "", row]));
  const indexByCode = new Map(columns.map(({ code }, index) => [code, index]));
  let visibleRows = rows;
  const rowOf = (/** @type {HTMLTableCellElement} */ td) => /** @type {HTMLTableRowElement} */ (td.parentElement);

  /** @type {Table} */
  const table = {
    element,
    scroll: requireElement(root, ".grid-scroll", HTMLElement),
    columns,
    heads,
    get rows() {
      return rows;
    },
    firstColumn: FIRST_ANSWER_COLUMN,
    get visibleRows() {
      return visibleRows;
    },
    get visibleBins() {
      return visibleRows.map((row) => row.dataset.bin).join(" ");
    },
    row: (bin) => rowByBin.get(bin),
    cell(bin, code) {
      const index = indexByCode.get(code);
      return index === undefined ? undefined : rowByBin.get(bin)?.cells[index];
    },
    cellAt: (row, column) => visibleRows[row]?.cells[column],
    column: (td) => columns[td.cellIndex],
    code: (td) => columns[td.cellIndex].code ?? "",
    bin: (td) => rowOf(td).dataset.bin ?? "",
    organisationName: (td) => rowOf(td).cells[0].firstElementChild?.textContent ?? "",
    rowIndex: (td) => visibleRows.indexOf(rowOf(td)),
    neighbour(td, isBackward) {
      const row = table.rowIndex(td);
      const column = td.cellIndex + (isBackward ? -1 : 1);
      if (column < FIRST_ANSWER_COLUMN) return table.cellAt(row - 1, columns.length - 1);
      if (column >= columns.length) return table.cellAt(row + 1, FIRST_ANSWER_COLUMN);
      return table.cellAt(row, column);
    },
    storedValue: (td, text = td.textContent ?? "") => toStoredValue(columns[td.cellIndex], text),
    updateVisibleRows() {
      visibleRows = rows.filter((row) => !row.hidden);
    },
    setOrder(ordered) {
      rows = ordered;
      element.tBodies[0].append(...rows);
    },
  };
  return table;
}

/** @param {HTMLTableCellElement} head @returns {Column} */
function readColumn(head) {
  const { code, type, options, hint = "" } = head.dataset;
  const label = (head.querySelector(".grid-label") ?? head).textContent ?? "";
  return { code, type, label: code ? label : label.trim(), hint, options: options ? JSON.parse(options) : [] };
}
