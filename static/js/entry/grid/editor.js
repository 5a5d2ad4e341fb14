/** The one field that is laid over the cell being edited; a list where there are few answers to choose from. */

import { requireElement } from "../../core/dom.js";
import { collapseSpaces } from "../../core/text.js";
import { isSingleCell, trimLastBreak } from "./clipboard-text.js";

/** @import { Grid } from "./page.js" */

/**
 * @typedef {object} Editor
 * @property {(td: HTMLTableCellElement) => void} open - Edits the text of a cell.
 * @property {(td: HTMLTableCellElement, key: string) => boolean} type - Replaces the text of a cell by a typed key. Tells whether the key
 *   is handled; otherwise the key itself reaches the field, which has the focus before the browser acts on it.
 */

/**
 * @param {Pick<Grid, "root" | "table" | "selection" | "saving" | "messages">} grid
 * @returns {Editor}
 */
export function createEditor({ root, table, selection, saving, messages }) {
  const input = requireElement(root, "#grid-input", HTMLInputElement);
  const select = requireElement(root, "#grid-select", HTMLSelectElement);
  table.scroll.append(input, select);
  /** @type {HTMLTableCellElement | null} */
  let editedCell = null;
  let textBefore = "";
  /** @type {HTMLInputElement | HTMLSelectElement} */
  let field = input;

  /** @param {HTMLTableCellElement} td */
  function positionField(td) {
    const cell = td.getBoundingClientRect();
    const frame = table.scroll.getBoundingClientRect();
    const { scroll } = table;
    field.style.left = `${cell.left - frame.left - scroll.clientLeft + scroll.scrollLeft}px`;
    field.style.top = `${cell.top - frame.top - scroll.clientTop + scroll.scrollTop}px`;
    field.style.width = `${cell.width}px`;
    field.style.height = `${cell.height}px`;
  }

  /** @param {HTMLTableCellElement} td @param {string} text */
  function showField(td, text) {
    const { options, label, type } = table.column(td);
    editedCell = td;
    textBefore = td.textContent ?? "";
    field = options.length ? select : input;
    field.setAttribute("aria-label", `${label}, ${table.organisationName(td)}`);
    positionField(td);
    if (field === select) {
      select.replaceChildren(new Option("", ""), ...options.map(([, optionLabel]) => new Option(optionLabel, optionLabel)));
      select.value = textBefore;
    } else {
      input.value = text;
      input.classList.toggle("is-number", type === "money" || type === "whole");
      input.inputMode = type === "money" ? "decimal" : type === "whole" ? "numeric" : "text";
    }
    field.hidden = false;
    field.focus({ preventScroll: true });
  }

  function hideField() {
    const td = editedCell;
    editedCell = null;
    field.hidden = true;
    return td ?? undefined;
  }

  /** Ends editing and saves a changed text. */
  function commit() {
    if (!editedCell) return undefined;
    const text = collapseSpaces(field.value);
    const td = hideField();
    if (td && text !== collapseSpaces(textBefore)) saving.put(td, text);
    return td;
  }

  /**
   * Chooses an option by its digit or its first letter. Where several options share the letter, each press leads to the next one.
   *
   * @param {HTMLTableCellElement} td
   * @param {string} key
   */
  function chooseOption(td, key) {
    const pressed = key.toLowerCase();
    const labels = table
      .column(td)
      .options.filter(([, , keys]) => keys.includes(pressed))
      .map(([, label]) => label);
    if (!labels.length) return;
    const next = labels[(labels.indexOf(td.textContent ?? "") + 1) % labels.length];
    if (next !== td.textContent) saving.put(td, next);
  }

  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Enter") {
      commit();
      selection.move(event.shiftKey ? -1 : 1, 0);
    } else if (event.key === "Tab") {
      const td = commit();
      if (td) selection.activate(table.neighbour(td, event.shiftKey) ?? td);
    } else if (event.key === "Escape") {
      selection.activate(hideField());
    } else {
      return;
    }
    event.preventDefault();
  }

  for (const element of [input, select]) {
    element.addEventListener("keydown", (event) => onKeyDown(/** @type {KeyboardEvent} */ (event)));
    element.addEventListener("blur", () => {
      if (document.hasFocus()) commit();
    });
  }
  select.addEventListener("change", () => selection.activate(commit()));
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!isSingleCell(trimLastBreak(text))) messages.announce(messages.format("not_pasted"));
  });

  return {
    open(td) {
      showField(td, td.textContent ?? "");
      input.setSelectionRange(input.value.length, input.value.length);
    },
    type(td, key) {
      if (table.column(td).options.length) {
        chooseOption(td, key);
        return true;
      }
      if (key === " ") return true;
      showField(td, "");
      return false;
    },
  };
}
