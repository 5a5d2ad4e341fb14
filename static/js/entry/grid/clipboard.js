/** Copying and pasting of cells. */

import { requireElement } from "../../core/dom.js";
import { collapseSpaces } from "../../core/text.js";
import { cellToClipboard, isSingleCell, joinRows, repeatCell, trimLastBreak } from "./clipboard-text.js";
import { isSingle } from "./range.js";

/** @import { Grid } from "./page.js" */

/**
 * @typedef {object} Clipboard
 * @property {() => void} clearSelection - Shows what clearing the selected cells changes; the person then confirms.
 */

/**
 * Connects copying, and pasting where the grid can be edited.
 *
 * @param {Omit<Grid, "clipboard">} grid
 * @returns {Clipboard}
 */
export function createClipboard({ root, table, selection, saving, messages, preview }) {
  /** @param {HTMLTableCellElement | undefined} td @returns {string} */
  function cellText(td) {
    if (!td) return "";
    return cellToClipboard(td.cellIndex ? (td.textContent ?? "") : table.organisationName(td), table.column(td).type);
  }

  /** @returns {string} */
  function copySelection() {
    const { top, bottom, left, right } = selection.range();
    const rows = [];
    for (let row = top; row <= bottom; row += 1) {
      const cells = [];
      for (let column = left; column <= right; column += 1) cells.push(cellText(table.cellAt(row, column)));
      rows.push(cells);
    }
    messages.announce(messages.format("copied", rows.length, right - left + 1));
    return joinRows(rows);
  }

  /** @param {string} text */
  function paste(text) {
    const block = trimLastBreak(text);
    if (!block) {
      messages.announce(messages.format("nothing"));
      return;
    }
    const range = selection.range();
    const { top, bottom, left, right } = range;
    if (isSingleCell(block) && isSingle(range) && left >= table.firstColumn && selection.active) {
      saving.put(selection.active, collapseSpaces(block));
      return;
    }
    const columns = right - Math.max(left, table.firstColumn) + 1;
    showPreview(isSingleCell(block) ? repeatCell(block, bottom - top + 1, columns) : text, top, left);
  }

  /** @param {string} text @param {number} top @param {number} left @param {boolean} [erasesAnswers] */
  function showPreview(text, top, left, erasesAnswers = false) {
    const first = table.cellAt(top, Math.max(left, table.firstColumn));
    if (!first) return;
    preview?.open(root.dataset.pasteUrl ?? "", {
      text,
      organisation: table.bin(first),
      code: table.code(first),
      rows: table.visibleBins,
      erase: erasesAnswers ? "1" : "",
    });
  }

  table.element.addEventListener("copy", (event) => {
    event.clipboardData?.setData("text/plain", copySelection());
    event.preventDefault();
  });
  if (preview) {
    table.element.addEventListener("paste", (event) => {
      event.preventDefault();
      paste(event.clipboardData?.getData("text/plain") ?? "");
    });
    connectPasteDialog(root, (text) => {
      const { top, left } = selection.range();
      showPreview(text, top, left);
    });
  }

  return {
    clearSelection() {
      const { top, bottom, left, right } = selection.range();
      showPreview(repeatCell("", bottom - top + 1, right - Math.max(left, table.firstColumn) + 1), top, left, true);
    },
  };
}

/**
 * Connects the dialog that takes pasted text, for browsers and hands without Ctrl+V.
 *
 * @param {HTMLElement} root
 * @param {(text: string) => void} onPaste
 */
function connectPasteDialog(root, onPaste) {
  const dialog = requireElement(root, "#grid-paste", HTMLDialogElement);
  const field = requireElement(dialog, "textarea", HTMLTextAreaElement);
  requireElement(root, "[data-action=paste]", HTMLButtonElement).addEventListener("click", () => {
    field.value = "";
    dialog.showModal();
    field.focus();
  });
  requireElement(dialog, "form", HTMLFormElement).addEventListener("submit", () => {
    if (field.value.trim()) onPaste(field.value);
  });
}
