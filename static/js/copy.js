/* Buttons that copy what stands in a field, in their place beside it: `data-copies` is the field's id, `data-copied` what is said then. */

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // The clipboard is kept from pages that do not come by https; the old way copies what is selected.
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const said = document.getElementById(button.getAttribute("aria-describedby"));
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = (await copy(field)) ? button.dataset.copied : "";
  });
}
