/**
 * Page script: the filters of a list apply at once when a choice is made with the mouse or by touch, or with Enter in the open list of
 * options. Arrow keys in a closed list pass over choices that nobody wants, so they apply nothing. The button appears when it is needed:
 * a text is typed, a choice waits, or it receives the focus.
 */

const FOCUS_KEY = "filter-focus";
const HIDDEN_CLASS = "visually-hidden-focusable";

/**
 * Applies the filters of a form when a choice is made.
 *
 * @param {HTMLFormElement} form
 */
function applyAtChoice(form) {
  let isByKeyboard = false;
  const button = form.querySelector("button[type=submit]");
  button?.classList.add(HIDDEN_CLASS);
  form.addEventListener("pointerdown", () => {
    isByKeyboard = false;
  });
  form.addEventListener("keydown", () => {
    isByKeyboard = true;
  });
  // Not at keydown, which opens the list of options in some browsers; when it closes, the key goes up.
  form.addEventListener("keyup", ({ key, target }) => {
    if (key === "Enter" && isByKeyboard && target instanceof HTMLSelectElement && isChanged(target)) apply(form, target);
  });
  form.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && !isByKeyboard) apply(form, target);
  });
  form.addEventListener("input", () => button?.classList.remove(HIDDEN_CLASS));
  // After "Back" the browser shows the later choice above the earlier list.
  window.addEventListener("pageshow", () => form.reset());
}

/**
 * Returns whether another option is chosen than the one that the list is filtered by.
 *
 * @param {HTMLSelectElement} field
 * @returns {boolean}
 */
function isChanged(field) {
  const stored = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return field.value !== stored?.value;
}

/**
 * Sends the form; the next page focuses the field again.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLSelectElement} field
 */
function apply(form, field) {
  try {
    sessionStorage.setItem(FOCUS_KEY, field.id);
  } catch {
    // Storage is switched off: the next page begins at its top.
  }
  form.requestSubmit();
}

/** Focuses the field by which the list was filtered. */
function restoreFocus() {
  try {
    document.getElementById(sessionStorage.getItem(FOCUS_KEY) ?? "")?.focus({ preventScroll: true });
    sessionStorage.removeItem(FOCUS_KEY);
  } catch {
    // Storage is switched off.
  }
}

/** @type {NodeListOf<HTMLFormElement>} */
const forms = document.querySelectorAll("form.filters");
for (const form of forms) applyAtChoice(form);
restoreFocus();
