/**
 * Page script: keeps the text of a `<textarea data-draft="key">` while it is typed and restores it when the sign-in expired or the
 * tab was closed before the text was sent. The form names the key to the server; the page after a successful request lists the
 * keys whose text is stored (`data-stored-drafts` of the body).
 */

import { createDraftStore } from "./draft-store.js";

const { account = "", storedDrafts = "[]" } = document.body.dataset;
const store = createDraftStore(account);

/**
 * Keeps the text of a field.
 *
 * @param {HTMLTextAreaElement} field
 * @param {string} key
 */
function retainDraft(field, key) {
  const draft = store.read(key);
  if (draft && !field.value.trim()) {
    field.value = draft;
    for (let details = field.closest("details"); details; details = details.parentElement?.closest("details") ?? null)
      details.open = true;
    const note = document.getElementById(`${field.id}-restored`);
    if (note) note.hidden = false;
  }
  field.addEventListener("input", () => store.write(key, field.value));
}

for (const key of JSON.parse(storedDrafts)) store.write(key, "");
/** @type {NodeListOf<HTMLTextAreaElement>} */
const fields = document.querySelectorAll("textarea[data-draft]");
for (const field of fields) retainDraft(field, field.dataset.draft ?? "");
