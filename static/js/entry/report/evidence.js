/** Evidence files: attached as soon as they are chosen, or dropped on their criterion. */

import { elementOf, requireElement } from "../../core/dom.js";

const FILE_FIELD = ".evidence-files input[type=file]";

/**
 * @typedef {object} Evidence
 * @property {() => Promise<HTMLInputElement | undefined>} firstPendingField - Waits for files that are being attached, and gives the
 *   first field with a file that could not be attached.
 * @property {() => void} discardFiles - Forgets the files that could not be attached.
 */

/**
 * Connects the fields for files. Install it after everything else that listens to `submit`.
 *
 * @param {object} options
 * @param {HTMLFormElement} options.form - With the token, the account and the address for files.
 * @param {DOMStringMap} options.messages
 * @param {() => void} options.onAttached
 * @returns {Evidence}
 */
export function createEvidence({ form, messages, onAttached }) {
  let token = requireElement(form, "[name=csrf_token]", HTMLInputElement).value;
  let isSubmitted = false;
  /** Uploads follow one another. */
  let queue = Promise.resolve();
  let uploadCount = 0;

  /** @returns {HTMLInputElement[]} */
  const pendingFields = () =>
    [...document.querySelectorAll(/** @type {"input"} */ (FILE_FIELD))].filter((field) => field.files?.length);

  /** @param {HTMLInputElement} field */
  function attach(field) {
    const box = requireBox(field);
    showMessage(box, messages.attaching ?? "");
    uploadCount += 1;
    queue = queue.then(async () => {
      const answer = await send(field);
      uploadCount -= 1;
      if (answer.html) show(box, field, answer);
      else showMessage(box, answer.message ?? messages.refusedFile ?? "", true);
    });
  }

  /**
   * @param {HTMLInputElement} field
   * @returns {Promise<{ html?: string, count?: string, rejected?: boolean, message?: string }>}
   */
  async function send(field) {
    try {
      const { status, body } = await post(field);
      // Signing in again, in another tab, changes the token. The account that is sent proves that it is the same person.
      if (status !== 400 || !body.csrf) return body;
      token = body.csrf;
      return (await post(field)).body;
    } catch {
      return { message: messages.notAttached };
    }
  }

  /** @param {HTMLInputElement} field */
  async function post(field) {
    const data = new FormData();
    data.set("csrf_token", token);
    data.set("account", form.dataset.account ?? "");
    for (const file of field.files ?? []) data.append(field.name, file);
    const response = await fetch(form.dataset.filesUrl ?? "", {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      body: data,
    });
    return { status: response.status, body: await response.json().catch(() => ({})) };
  }

  /**
   * Shows the files of a criterion as the server has rendered them.
   *
   * @param {HTMLElement} box
   * @param {HTMLInputElement} field
   * @param {{ html?: string, count?: string, rejected?: boolean }} answer
   */
  function show(box, field, { html = "", count = "", rejected }) {
    const hadFocus = box.contains(document.activeElement);
    const details = box.closest("details");
    const template = document.createElement("template");
    template.innerHTML = html;
    box.replaceWith(template.content);
    const newField = document.getElementById(field.id);
    if (details) {
      requireElement(details, "[data-file-count]", HTMLElement).textContent = count;
      details.querySelector("[data-with-files]")?.toggleAttribute("hidden", !count);
    }
    if (rejected) bringIntoView(newField);
    else if (hadFocus) newField?.focus({ preventScroll: true });
    onAttached();
  }

  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(FILE_FIELD) && target.files?.length) attach(target);
  });
  // A file that is dropped beside the criteria would replace the page.
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    event.preventDefault();
    const group = elementOf(event.target)?.closest("[data-group]");
    const field = group?.querySelector(/** @type {"input"} */ (FILE_FIELD));
    if (!field) return;
    field.closest("details")?.setAttribute("open", "");
    field.files = files;
    attach(field);
  });
  document.addEventListener("submit", (event) => {
    isSubmitted = !event.defaultPrevented;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isSubmitted && (uploadCount || pendingFields().length)) event.preventDefault();
  });

  return {
    async firstPendingField() {
      await queue;
      return pendingFields()[0];
    },
    discardFiles() {
      for (const field of pendingFields()) field.value = "";
    },
  };
}

/** @param {HTMLInputElement} field @returns {HTMLElement} */
function requireBox(field) {
  const box = field.closest("[data-files]");
  if (!(box instanceof HTMLElement)) throw new TypeError("A field for files stands outside its box");
  return box;
}

/** @param {HTMLElement} box @param {string} message @param {boolean} [isError] */
function showMessage(box, message, isError = false) {
  const line = requireElement(box, "[data-files-error]", HTMLElement);
  line.textContent = message;
  line.classList.toggle("is-waiting", !isError);
  if (isError) bringIntoView(box.querySelector(/** @type {"input"} */ (FILE_FIELD)));
}

/** @param {HTMLElement | null} field */
function bringIntoView(field) {
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: "center" });
}
