/** Keys and the mouse in the table. */

import { elementOf } from "../../core/dom.js";
import { dragHandle, isOnHandle } from "./fill-handle.js";

/** @import { Grid } from "./page.js" */

/** Keys by their position on the keyboard: with a Kazakh or Russian layout the key has another letter. */
/** @type {Record<string, string>} */
const LETTER_BY_CODE = { KeyA: "a", KeyD: "d", KeyY: "y", KeyZ: "z" };

/** Rows and columns that an arrow key moves by. */
/** @type {Record<string, [rows: number, columns: number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Listens to keys and the mouse.
 *
 * @param {Grid} grid
 */
export function listenToInput(grid) {
  listenToKeys(grid);
  listenToMouse(grid);
  for (const direction of /** @type {const} */ (["undo", "redo"])) {
    grid.root.querySelector(`[data-action=${direction}]`)?.addEventListener("click", () => grid.saving.revert(direction));
  }
}

/** @param {Grid} grid */
function listenToKeys({ table, selection, saving, editor, conflict, clipboard, columnMenu }) {
  const { element } = table;
  /** Esc, then Tab leaves the table; Shift may be pressed between. */
  let isLeavingByTab = false;

  function rowsPerPage() {
    const rowHeight = table.visibleRows[0]?.offsetHeight || 1;
    const headHeight = element.tHead?.offsetHeight ?? 0;
    return Math.max(1, Math.floor((table.scroll.clientHeight - headHeight) / rowHeight) - 1);
  }

  /** @param {KeyboardEvent} event @returns {boolean} Whether the key is handled. */
  function onControlKey(event) {
    const letter = LETTER_BY_CODE[event.code] ?? event.key.toLowerCase();
    const lastColumn = table.columns.length - 1;
    if (letter === "a") selection.selectAll();
    else if (letter === "z" && editor) saving.revert(event.shiftKey ? "redo" : "undo");
    else if (letter === "y" && editor) saving.revert("redo");
    else if (letter === "d" && editor) clipboard.repeatDown();
    else if (event.key === "Home") selection.moveTo(0, table.firstColumn, event.shiftKey);
    else if (event.key === "End") selection.moveTo(table.visibleRows.length - 1, lastColumn, event.shiftKey);
    else if (event.key === " ") selection.selectColumns();
    else if (ARROWS[event.key]) selection.moveToEdge(...ARROWS[event.key], event.shiftKey);
    else return false;
    return true;
  }

  /** @param {KeyboardEvent} event @param {HTMLTableCellElement} active @param {boolean} canLeave @returns {boolean} */
  function onPlainKey(event, active, canLeave) {
    switch (event.key) {
      case "Home":
        selection.moveTo(table.rowIndex(active), table.firstColumn, event.shiftKey);
        return true;
      case "End":
        selection.moveTo(table.rowIndex(active), table.columns.length - 1, event.shiftKey);
        return true;
      case "PageUp":
        selection.move(-rowsPerPage(), 0, event.shiftKey);
        return true;
      case "PageDown":
        selection.move(rowsPerPage(), 0, event.shiftKey);
        return true;
      case "Tab":
        return !canLeave && activateNeighbour(active, event.shiftKey);
      case "Enter":
        onEnter(event, active);
        return true;
      case "Escape":
        selection.collapse();
        return true;
      case "ContextMenu":
        columnMenu.open(active.cellIndex);
        return true;
      case " ":
        if (!event.shiftKey) break;
        selection.selectRows();
        return true;
      case "ArrowUp":
        if (event.shiftKey || event.altKey || table.rowIndex(active) > 0) break;
        focusHead(active.cellIndex);
        return true;
      default:
    }
    if (ARROWS[event.key] && !event.altKey) {
      selection.move(...ARROWS[event.key], event.shiftKey);
      return true;
    }
    return active.cellIndex >= table.firstColumn && onEditKey(event, active);
  }

  /** @param {number} index */
  function focusHead(index) {
    table.heads[index]?.querySelector("button")?.focus();
    table.heads[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {KeyboardEvent} event @param {HTMLTableCellElement} head @returns {boolean} Whether the key is handled. */
  function onHeadKey(event, head) {
    const index = head.cellIndex;
    if (event.key === "ArrowLeft") focusHead(index - 1);
    else if (event.key === "ArrowRight") focusHead(index + 1);
    else if (event.key === "ArrowDown" || event.key === "Escape") selection.moveTo(0, index);
    else return false;
    return true;
  }

  /** @param {HTMLTableCellElement} active @param {boolean} isBackward @returns {boolean} Whether there is a neighbour. */
  function activateNeighbour(active, isBackward) {
    const next = table.neighbour(active, isBackward);
    selection.activate(next);
    return Boolean(next);
  }

  /** @param {KeyboardEvent} event @param {HTMLTableCellElement} active */
  function onEnter(event, active) {
    const link = active.firstElementChild;
    if (active.cellIndex === 0 && link instanceof HTMLElement) link.click();
    else if (conflict && active.classList.contains("is-conflict")) conflict.open(active);
    else selection.move(event.shiftKey ? -1 : 1, 0);
  }

  /** @param {KeyboardEvent} event @param {HTMLTableCellElement} active @returns {boolean} */
  function onEditKey(event, active) {
    if (!editor) return false;
    if (event.key === "F2" || (event.altKey && event.key === "ArrowDown")) editor.open(active);
    else if (event.key === "Delete" || event.key === "Backspace") clipboard.clear();
    else if ([...event.key].length === 1 && !event.altKey) return editor.type(active, event.key);
    else return false;
    return true;
  }

  element.addEventListener("keydown", (event) => {
    const { active } = selection;
    const head = elementOf(event.target)?.closest("thead th");
    if (head instanceof HTMLTableCellElement) {
      if (onHeadKey(event, head)) event.preventDefault();
      return;
    }
    if (!active || event.isComposing) return;
    const canLeave = isLeavingByTab;
    isLeavingByTab = event.key === "Escape" || (isLeavingByTab && event.key === "Shift");
    const isHandled = event.ctrlKey || event.metaKey ? onControlKey(event) : onPlainKey(event, active, canLeave);
    if (isHandled) event.preventDefault();
  });
}

/** @param {Grid} grid */
function listenToMouse({ table, selection, editor, clipboard }) {
  const { element } = table;

  /** @param {EventTarget | null} target @returns {HTMLTableCellElement | null} */
  function cellOf(target) {
    const td = elementOf(target)?.closest("tbody td, tbody th");
    return td instanceof HTMLTableCellElement && element.contains(td) ? td : null;
  }

  function extendWhileDragging() {
    const onMouseOver = (/** @type {MouseEvent} */ event) => {
      const td = cellOf(event.target);
      if (td && td !== selection.active) selection.activate(td, { extend: true });
    };
    document.addEventListener("mouseover", onMouseOver);
    document.addEventListener("mouseup", () => document.removeEventListener("mouseover", onMouseOver), { once: true });
  }

  element.addEventListener("mousedown", (event) => {
    const td = cellOf(event.target);
    if (!td || event.button !== 0 || elementOf(event.target)?.closest("a")) return;
    if (editor && isOnHandle(event, td)) {
      event.preventDefault();
      dragHandle({ table, selection, clipboard }, cellOf);
      return;
    }
    const isAgain = td === selection.active && Boolean(editor) && td.cellIndex >= table.firstColumn && !event.shiftKey;
    selection.activate(td, { extend: event.shiftKey });
    if (td.cellIndex < table.firstColumn && !event.shiftKey) selection.selectRows();
    event.preventDefault();
    if (isAgain && event.detail === 1 && matchMedia("(pointer: coarse)").matches) editor?.open(td);
    else if (!isAgain || event.detail === 1) extendWhileDragging();
  });

  element.addEventListener("dblclick", (event) => {
    const td = cellOf(event.target);
    if (td && td.cellIndex >= table.firstColumn) editor?.open(td);
  });
}
