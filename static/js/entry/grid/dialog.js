/** What the dialogs of the grid share. */

/** @import { Selection } from "./selection.js" */

/**
 * Connects the buttons that close a dialog, and gives the focus back to the table afterwards.
 *
 * @param {HTMLDialogElement} dialog
 * @param {Selection} selection
 */
export function connectDialog(dialog, selection) {
  for (const button of dialog.querySelectorAll("[data-action=close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => selection.active?.focus({ preventScroll: true }));
}
