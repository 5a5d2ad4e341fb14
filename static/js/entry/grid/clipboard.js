/** Copying, cutting, pasting, clearing and repeating of cells. */

import { requireElement } from "../../core/dom.js";
import { collapseSpaces } from "../../core/text.js";
import { cellToClipboard, isSingleCell, joinBlock, joinRows, repeatCell, trimLastBreak } from "./clipboard-text.js";
import { isSingle, repeatedRow } from "./range.js";

/** @import { Grid } from "./page.js" */
/** @import { Range } from "./range.js" */

/**
 * @typedef {object} Clipboard
 * @property {() => void} clear - Clears the selected answer; of several ones it shows first what changes.
 * @property {(source: Range, top: number, bottom: number) => void} repeat - Repeats a rectangle's answers in the rows from `top` to
 *   `bottom`. What only fills blanks is stored at once, anything else is shown first.
 * @property {() => void} repeatDown - Repeats the first selected row in the others; of one selected row the row above in it.
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

  /** @param {number} row @param {number} left @param {number} right @returns {string[]} */
  function rowTexts(row, left, right) {
    return Array.from({ length: right - left + 1 }, (_, offset) => cellText(table.cellAt(row, left + offset)));
  }

  /** @param {ClipboardEvent} event */
  function copy(event) {
    const { top, bottom, left, right } = selection.range();
    const rows = Array.from({ length: bottom - top + 1 }, (_, offset) => rowTexts(top + offset, left, right));
    event.clipboardData?.setData("text/plain", joinRows(rows));
    event.preventDefault();
    messages.announce(messages.format("copied", rows.length, right - left + 1));
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

  /** @param {string} text @param {number} top @param {number} left @param {{ erase?: string, repeat?: string }} [options] */
  function showPreview(text, top, left, options = {}) {
    const first = table.cellAt(top, Math.max(left, table.firstColumn));
    if (!first) return;
    const request = { text, organisation: table.bin(first), code: table.code(first), rows: table.visibleBins, ...options };
    preview?.open(root.dataset.pasteUrl ?? "", request, { storesSafe: Boolean(options.repeat) });
  }

  function clear() {
    const filled = selection.cells().filter((td) => td.textContent?.trim());
    if (filled.length === 1) saving.put(filled[0], "");
    if (filled.length < 2) return;
    const { top, bottom, left, right } = selection.range();
    const columns = right - Math.max(left, table.firstColumn) + 1;
    showPreview(repeatCell("", bottom - top + 1, columns), top, left, { erase: "1" });
  }

  /** @param {Range} source @param {number} top @param {number} bottom */
  function repeat(source, top, bottom) {
    const left = Math.max(source.left, table.firstColumn);
    if (top > bottom || left > source.right) return;
    const rows = Array.from({ length: bottom - top + 1 }, (_, offset) =>
      rowTexts(repeatedRow(top + offset, source), left, source.right),
    );
    showPreview(joinBlock(rows), top, left, { repeat: "1" });
  }

  function repeatDown() {
    const range = selection.range();
    const first = range.top === range.bottom ? range.top - 1 : range.top;
    if (first >= 0) repeat({ ...range, top: first, bottom: first }, first + 1, range.bottom);
  }

  table.element.addEventListener("copy", copy);
  if (preview) {
    table.element.addEventListener("cut", (event) => {
      copy(event);
      clear();
    });
    table.element.addEventListener("paste", (event) => {
      event.preventDefault();
      paste(event.clipboardData?.getData("text/plain") ?? "");
    });
    connectPasteDialog(root, (text) => {
      const { top, left } = selection.range();
      showPreview(text, top, left);
    });
  }

  return { clear, repeat, repeatDown };
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
