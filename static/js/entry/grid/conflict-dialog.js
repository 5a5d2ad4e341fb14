/** The dialog for an answer that another person changed meanwhile. */

import { namedParts, requireElement } from "../../core/dom.js";
import { connectDialog } from "./dialog.js";

/** @import { Grid } from "./page.js" */

/**
 * @typedef {{ open: (td: HTMLTableCellElement) => void }} ConflictDialog
 */

/**
 * @param {Pick<Grid, "root" | "table" | "selection" | "saving" | "messages">} grid
 * @returns {ConflictDialog}
 */
export function createConflictDialog({ root, table, selection, saving, messages }) {
  const dialog = requireElement(root, "#grid-conflict", HTMLDialogElement);
  const { cell, typed, stored, author } = namedParts(dialog);
  const title = requireElement(dialog, "h2", HTMLElement);
  let bin = "";
  let code = "";

  function preferTyped() {
    saving.outbox?.preferTyped(bin, code);
    dialog.close();
  }

  function takeStored() {
    saving.takeStored(bin, code);
    dialog.close();
  }

  connectDialog(dialog, selection);
  requireElement(dialog, "[data-action=prefer-typed]", HTMLButtonElement).addEventListener("click", preferTyped);
  requireElement(dialog, "[data-action=take-stored]", HTMLButtonElement).addEventListener("click", takeStored);
  return {
    open(td) {
      bin = table.bin(td);
      code = table.code(td);
      const entry = saving.outbox?.entry(bin, code);
      const value = entry?.answer?.stored;
      if (!value || entry.state !== "conflict") return;
      cell.textContent = `${table.organisationName(td)}: ${table.column(td).label}`;
      typed.textContent = entry.typed || messages.format("blank");
      stored.textContent = value.text || messages.format("blank");
      author.textContent = value.author ? messages.format("conflict_who", value.author, value.changed_at ?? "") : "";
      title.textContent = (value.is_outdated ? title.dataset.outdated : title.dataset.changed) ?? "";
      dialog.showModal();
      title.focus();
    },
  };
}
