/** The dialog that shows what pasting or filling would change, before anything is stored. */

import { namedParts, requireElement } from "../../core/dom.js";
import { connectDialog } from "./dialog.js";

/** @import { BatchAnswer, BatchRequest, Grid } from "./page.js" */

/**
 * @typedef {object} PreviewDialog
 * @property {(url: string, request: BatchRequest, options?: { storesSafe?: boolean }) => Promise<void>} open - Asks the server what a
 *   request would change, and shows it; with `storesSafe` a change that only fills blanks is stored without a question.
 * @property {(answer: BatchAnswer) => void} show - Shows an answer of the server.
 */

/**
 * @param {Pick<Grid, "root" | "saving" | "selection" | "messages">} grid
 * @returns {PreviewDialog}
 */
export function createPreviewDialog({ root, saving, selection, messages }) {
  const dialog = requireElement(root, "#grid-preview", HTMLDialogElement);
  const { body, erase, refused } = namedParts(dialog);
  const applyButton = requireElement(dialog, "[data-action=apply]", HTMLButtonElement);
  const eraseBox = requireElement(erase, "input", HTMLInputElement);
  let url = "";
  /** @type {BatchRequest} */
  let request = {};
  let digest = "";

  /** @param {BatchAnswer} answer */
  function show(answer) {
    body.innerHTML = answer.html ?? "";
    refused.hidden = Boolean(answer.html) || !answer.message;
    refused.textContent = answer.html ? "" : (answer.message ?? "");
    digest = answer.digest ?? "";
    applyButton.hidden = !answer.edit_count;
    applyButton.disabled = false;
    // Only blank cells leave a choice: they erase answers, or leave them as they are.
    erase.hidden = !(answer.preserved_count || request.erase) || !answer.digest;
    eraseBox.checked = request.erase === "1";
    if (!dialog.open) dialog.showModal();
    // Without anything to look into, one more key stores the change.
    (answer.is_safe && answer.edit_count ? applyButton : requireElement(dialog, "h2", HTMLElement)).focus();
  }

  /** @param {string} address @param {BatchRequest} content @param {{ storesSafe?: boolean }} [options] */
  async function open(address, content, { storesSafe = false } = {}) {
    url = address;
    request = content;
    const answer = await saving.post(url, request);
    digest = answer.digest ?? "";
    if (storesSafe && answer.is_safe && answer.edit_count && !answer.preserved_count) await apply();
    else show(answer);
  }

  async function apply() {
    applyButton.disabled = true;
    const answer = await saving.post(url, { ...request, digest });
    if (!answer.cells) {
      show(answer);
      return;
    }
    dialog.close();
    saving.applyBatch(answer.cells, answer.batch, answer.rejected_cells);
    messages.announce(answer.message ?? "");
  }

  connectDialog(dialog, selection);
  applyButton.addEventListener("click", apply);
  eraseBox.addEventListener("change", () => open(url, { ...request, erase: eraseBox.checked ? "1" : "" }));
  return { open, show };
}
