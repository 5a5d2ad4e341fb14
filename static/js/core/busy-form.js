/**
 * Page script: a form whose request takes long shows that it is at work, and takes no second press meanwhile.
 *
 * `data-busy` of the form is the text that it then shows and announces.
 */

/**
 * Shows whether a form is at work.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement} status - The element that shows the text; it is announced when its text changes.
 * @param {boolean} isBusy
 */
function showBusy(form, status, isBusy) {
  form.setAttribute("aria-busy", String(isBusy));
  // The buttons keep the focus and their value: a disabled one is not sent.
  for (const button of form.querySelectorAll("button, input[type=submit]")) button.setAttribute("aria-disabled", String(isBusy));
  status.textContent = isBusy ? (form.dataset.busy ?? "") : "";
}

/**
 * Lets a form show its work from the moment when it is sent.
 *
 * @param {HTMLFormElement} form
 */
export function prepareForm(form) {
  const status = document.createElement("p");
  status.className = "busy-status";
  status.setAttribute("role", "status");
  form.append(status);
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else if (!event.defaultPrevented) showBusy(form, status, true);
  });
  const reset = () => showBusy(form, status, false);
  // "Back" may show the page as it was left; Escape stops the request in browsers.
  window.addEventListener("pageshow", (event) => event.persisted && reset());
  window.addEventListener("keydown", (event) => event.key === "Escape" && reset());
}

if (typeof document !== "undefined") {
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = document.querySelectorAll("form[data-busy]");
  for (const form of forms) prepareForm(form);
}
