/**
 * Page script: buttons that copy the text of a field.
 *
 * `data-copies` is the id of the field, `data-copied` the message that the element named by `aria-describedby` then shows.
 */

/**
 * Copies the text of a field.
 *
 * @param {HTMLTextAreaElement | HTMLInputElement} field
 * @returns {Promise<boolean>} Whether the text was copied.
 */
async function copyText(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Browsers offer the clipboard only to pages that come by https; the old command copies the selection everywhere.
    return document.execCommand("copy");
  }
}

/** @type {NodeListOf<HTMLButtonElement>} */
const buttons = document.querySelectorAll("button[data-copies]");
for (const button of buttons) {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById(button.dataset.copies ?? ""));
  const status = /** @type {HTMLElement} */ (document.getElementById(button.getAttribute("aria-describedby") ?? ""));
  button.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = (await copyText(field)) ? (button.dataset.copied ?? "") : "";
  });
}
