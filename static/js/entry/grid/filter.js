/** Filters the rows by name or BIN, and by what is still to be done in them. */

import { requireElement } from "../../core/dom.js";
import { groupDigits } from "../../core/text.js";

/** @import { Grid } from "./page.js" */

/**
 * Connects the search field and the choice of marks.
 *
 * @param {Pick<Grid, "root" | "table" | "selection" | "messages">} grid
 */
export function createFilter({ root, table, selection, messages }) {
  const search = requireElement(root, "#grid-search", HTMLInputElement);
  const mark = requireElement(root, "#grid-mark", HTMLSelectElement);
  const count = requireElement(root, "#grid-count", HTMLElement);
  const emptyNotice = requireElement(root, "#grid-none", HTMLElement);
  const texts = new Map(table.rows.map((row) => [row, (row.cells[0].textContent ?? "").toLowerCase()]));

  function apply() {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of table.rows) {
      const isMatch = terms.every((term) => texts.get(row)?.includes(term));
      const hasMark = !mark.value || (row.dataset.marks ?? "").split(" ").includes(mark.value);
      row.hidden = !isMatch || !hasMark;
    }
    table.updateVisibleRows();
    emptyNotice.hidden = table.visibleRows.length > 0;
    showCount();
    selection.update();
  }

  function showCount() {
    count.textContent = messages.format("count", groupDigits(table.visibleRows.length), groupDigits(table.rows.length));
  }

  search.addEventListener("input", apply);
  mark.addEventListener("change", apply);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && table.visibleRows.length) selection.moveTo(0, table.firstColumn);
  });
  showCount();
}
