/** Filters the rows by name or BIN, by what is still to be done in them and by the answers of a column, and sorts them. */

import { requireElement } from "../../core/dom.js";
import { comparable, groupDigits, parseSearch } from "../../core/text.js";
import { matchesFilter, NO_FILTER, orderRows } from "./row-order.js";

/** @import { Grid } from "./page.js" */
/** @import { ColumnFilter, SortDirection } from "./row-order.js" */

/**
 * @typedef {object} Filter
 * @property {(index: number) => ColumnFilter} ofColumn
 * @property {(index: number, filter: ColumnFilter) => void} setColumn
 * @property {(index: number, direction: SortDirection | undefined) => void} sort - Without a direction in the order of the page.
 * @property {(cells: readonly HTMLTableCellElement[]) => void} reveal - Removes the filters if they hide one of these cells.
 */

/**
 * Connects the search field, the choice of marks and the button that removes filters and order.
 *
 * @param {Pick<Grid, "root" | "table" | "selection" | "messages">} grid
 * @returns {Filter}
 */
export function createFilter({ root, table, selection, messages }) {
  const search = requireElement(root, "#grid-search", HTMLInputElement);
  const mark = requireElement(root, "#grid-mark", HTMLSelectElement);
  const count = requireElement(root, "#grid-count", HTMLElement);
  const emptyNotice = requireElement(root, "#grid-none", HTMLElement);
  const resetButton = requireElement(root, "[data-action=show-all]", HTMLButtonElement);
  const collator = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true });
  const originalRows = table.rows;
  /** @type {Map<number, ColumnFilter>} */
  const columnFilters = new Map();
  /** @type {Map<HTMLTableRowElement, string> | undefined} Names as people compare them, from the first search on. */
  let names;
  let isSorted = false;

  /** @param {HTMLTableRowElement} row @returns {string} */
  function nameOf(row) {
    return row.cells[0].firstElementChild?.textContent ?? "";
  }

  function apply() {
    const matches = parseSearch(search.value);
    names ??= new Map(table.rows.map((row) => [row, comparable(nameOf(row))]));
    for (const row of table.rows) {
      const isMatch = matches(names.get(row) ?? "", row.dataset.bin ?? "");
      const hasMark = !mark.value || (row.dataset.marks ?? "").split(" ").includes(mark.value);
      row.hidden = !isMatch || !hasMark || !matchesColumns(row);
    }
    showChange();
  }

  /** @param {HTMLTableRowElement} row @returns {boolean} */
  function matchesColumns(row) {
    return [...columnFilters].every(([index, filter]) => {
      const td = row.cells[index];
      return matchesFilter(filter, td.textContent ?? "", (text) => table.storedValue(td, text));
    });
  }

  function showChange() {
    table.updateVisibleRows();
    emptyNotice.hidden = table.visibleRows.length > 0;
    resetButton.hidden = !isSorted && !columnFilters.size && !search.value && !mark.value;
    showCount();
    selection.update();
  }

  function showCount() {
    count.textContent = messages.format("count", groupDigits(table.visibleRows.length), groupDigits(table.rows.length));
  }

  /** @param {number} index @param {ColumnFilter} filter */
  function setColumn(index, filter) {
    const isSet = filter.kind !== "all" && !(filter.kind === "typed" && !filter.text.trim());
    if (isSet) columnFilters.set(index, filter);
    else columnFilters.delete(index);
    table.heads[index].classList.toggle("is-filtered", isSet);
  }

  /** @param {number} index @param {SortDirection | undefined} direction */
  function sort(index, direction) {
    for (const head of table.heads) head.removeAttribute("aria-sort");
    isSorted = direction !== undefined;
    if (direction) table.heads[index].setAttribute("aria-sort", direction);
    table.setOrder(
      direction ? orderRows(originalRows, (row) => sortValue(row, index), direction, collator.compare) : originalRows,
    );
    showChange();
  }

  /** @param {HTMLTableRowElement} row @param {number} index */
  function sortValue(row, index) {
    const { code, options } = table.columns[index];
    if (!code) return nameOf(row);
    const td = row.cells[index];
    const text = td.textContent?.trim() ?? "";
    // Answers to choose are sorted as the question lists them.
    const position = options.findIndex(([, label]) => label === text);
    return position < 0 ? table.storedValue(td) : position;
  }

  function removeFilters() {
    search.value = "";
    mark.value = "";
    for (const index of [...columnFilters.keys()]) setColumn(index, NO_FILTER);
    apply();
  }

  search.addEventListener("input", apply);
  mark.addEventListener("change", apply);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && table.visibleRows.length) selection.moveTo(0, table.firstColumn);
  });
  resetButton.addEventListener("click", () => {
    removeFilters();
    sort(0, undefined);
    selection.active?.focus();
  });
  showCount();

  return {
    ofColumn: (index) => columnFilters.get(index) ?? NO_FILTER,
    setColumn(index, filter) {
      setColumn(index, filter);
      apply();
    },
    sort,
    reveal(cells) {
      if (cells.some((td) => td.parentElement?.hidden)) removeFilters();
    },
  };
}
