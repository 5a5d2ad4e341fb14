/** The menu of a column's heading: order, filter and width. */

import { namedParts, requireElement } from "../../core/dom.js";
import { connectDialog } from "./dialog.js";

/** @import { ColumnWidths } from "./column-width.js" */
/** @import { Filter } from "./filter.js" */
/** @import { Grid } from "./page.js" */
/** @import { ColumnFilter, SortDirection } from "./row-order.js" */

/** Where an option's own text follows the value of the choice. */
const EQUAL = "equal:";

/**
 * @typedef {{ open: (index: number) => void }} ColumnMenu
 */

/**
 * @param {Pick<Grid, "root" | "table" | "selection"> & { filter: Filter, widths: ColumnWidths }} grid
 * @returns {ColumnMenu}
 */
export function createColumnMenu({ root, table, selection, filter, widths }) {
  const dialog = requireElement(root, "#grid-column", HTMLDialogElement);
  const { title, hint, filters, typed } = namedParts(dialog);
  const choice = requireElement(dialog, "#grid-column-filter", HTMLSelectElement);
  const text = requireElement(dialog, "#grid-column-text", HTMLInputElement);
  const generalOptions = [...choice.options];
  let index = 0;

  /** @param {number} column */
  function open(column) {
    index = column;
    const { code, label, hint: explanation, options } = table.columns[index];
    title.textContent = label;
    hint.textContent = explanation;
    filters.hidden = !code;
    typed.hidden = options.length > 0;
    choice.replaceChildren(...generalOptions, ...options.map(([, option]) => new Option(option, EQUAL + option)));
    showFilter(filter.ofColumn(index));
    dialog.showModal();
    positionBelow(table.heads[index]);
  }

  /** @param {ColumnFilter} current */
  function showFilter(current) {
    text.value = current.kind === "typed" ? current.text : "";
    choice.value = current.kind === "equal" ? EQUAL + current.text : current.kind === "typed" ? "all" : current.kind;
  }

  /** @param {HTMLElement} head */
  function positionBelow(head) {
    const { left, bottom } = head.getBoundingClientRect();
    dialog.style.left = `${Math.max(0, Math.min(left, innerWidth - dialog.offsetWidth))}px`;
    dialog.style.top = `${Math.max(0, Math.min(bottom, innerHeight - dialog.offsetHeight))}px`;
  }

  function applyChoice() {
    text.value = "";
    const { value } = choice;
    /** @type {ColumnFilter} */
    const chosen = value.startsWith(EQUAL)
      ? { kind: "equal", text: value.slice(EQUAL.length) }
      : { kind: /** @type {ColumnFilter["kind"]} */ (value), text: "" };
    filter.setColumn(index, chosen);
  }

  function applyText() {
    choice.value = "all";
    filter.setColumn(index, { kind: "typed", text: text.value });
  }

  /** @type {Record<string, () => void>} */
  const actions = {
    ascending: () => sort("ascending"),
    descending: () => sort("descending"),
    unsorted: () => sort(undefined),
    "select-column": () => {
      dialog.close();
      selection.moveTo(0, Math.max(index, table.firstColumn));
      selection.selectColumns();
    },
    narrower: () => widths.change(index, -1),
    wider: () => widths.change(index, 1),
    fit: () => widths.fit(index),
  };

  /** @param {SortDirection | undefined} direction */
  function sort(direction) {
    dialog.close();
    filter.sort(index, direction);
    selection.moveTo(0, Math.max(index, table.firstColumn));
  }

  connectDialog(dialog, selection);
  for (const [name, action] of Object.entries(actions)) {
    requireElement(dialog, `[data-action=${name}]`, HTMLButtonElement).addEventListener("click", action);
  }
  choice.addEventListener("change", applyChoice);
  text.addEventListener("input", applyText);
  table.element.tHead?.addEventListener("click", ({ target }) => {
    const head = target instanceof Element && target.closest(".grid-head")?.parentElement;
    if (head instanceof HTMLTableCellElement) open(head.cellIndex);
  });
  return { open };
}
