/** One question of the form: its control, the stored value behind it, and its save status. */

import { requireElement } from "../../core/dom.js";
import { showConflict } from "./conflict-box.js";

/** @import { Queue } from "../outbox/queue.js" */
/** @import { CellNotice, Entry, StoredValue } from "../outbox/states.js" */
/** @import { Condition } from "./condition.js" */

/**
 * What all questions of a page share.
 *
 * @typedef {object} QuestionContext
 * @property {DOMStringMap} messages - The page's messages in its language.
 * @property {string} organisation - BIN.
 * @property {() => Queue} outbox
 * @property {() => void} onSaved - Called when another value is stored.
 * @property {() => void} onInput - Called when the text changed.
 */

/**
 * @typedef {object} Question
 * @property {string} code
 * @property {string} type
 * @property {HTMLElement} element
 * @property {HTMLInputElement[]} radios - The options of a choice; empty for a text field.
 * @property {Condition | null | undefined} condition - Undefined where the question has none.
 * @property {string} text - What is typed or chosen.
 * @property {boolean} hasEarlyInput - The text differs from the text that the page came with.
 * @property {boolean} isCollapsed - The question is in a collapsed section.
 * @property {boolean} isNotRequired
 * @property {() => void} onInput
 * @property {() => void} onBlur
 * @property {(notice: CellNotice & { isFinal?: boolean }) => void} onStatus - Shows a notice of the outbox. With `isFinal` an invalid
 *   text is shown as invalid although the field has the focus.
 * @property {(entry: Entry) => void} restore - Shows an entry that the browser stored on an earlier visit.
 * @property {() => void} showOffline
 * @property {() => void} focus
 * @property {(radio: HTMLInputElement) => void} choose
 */

/**
 * Connects a question's element.
 *
 * @param {HTMLElement} element
 * @param {QuestionContext} context
 * @returns {Question}
 */
export function createQuestion(element, { messages, organisation, outbox, onSaved, onInput }) {
  const { code = "", type = "" } = element.dataset;
  const control = createControl(element);
  const expectedField = requireElement(element, "[data-expected]", HTMLInputElement);
  const conflictBox = requireElement(element, "[data-conflict]", HTMLElement);
  const setStatus = createStatusLine(element, control, messages);
  /** @type {Condition | null | undefined} */
  const condition = element.dataset.condition ? JSON.parse(element.dataset.condition) : undefined;
  let storedText = control.initialText();
  /** @type {{ typed: string, text: string } | null} The stored text that replaces the typed one once the field loses the focus. */
  let replacement = null;
  /** @type {CellNotice | null} An answer "invalid" that is shown once the field loses the focus. */
  let postponed = null;

  const queuedEntry = () => outbox().entry(organisation, code);
  const hasFocus = () => element.contains(document.activeElement);

  /** @param {string} text */
  function setText(text) {
    control.setText(text);
    markBlank();
  }

  /** Marks a blank answer; print leaves blank evidence out. */
  function markBlank() {
    element.classList.toggle("is-blank", !control.text().trim());
  }

  /** @param {{ value?: StoredValue, text?: string, typed?: string }} cell */
  function showStored(cell) {
    expectedField.value = JSON.stringify(cell.value ?? null);
    storedText = control.textOf(cell.value ?? null, cell.text);
    conflictBox.replaceChildren();
    if (control.text().trim() !== (cell.typed ?? "").trim()) return;
    if (control.radios.length || !hasFocus()) setText(storedText);
    else replacement = { typed: control.text(), text: storedText };
  }

  /** @type {Question} */
  const question = {
    code,
    type,
    element,
    radios: control.radios,
    condition,
    get text() {
      return control.text();
    },
    get hasEarlyInput() {
      return control.text() !== control.initialText();
    },
    get isCollapsed() {
      return Boolean(element.closest("details:not([open])"));
    },
    get isNotRequired() {
      return element.classList.contains("is-not-required");
    },

    onInput() {
      replacement = null;
      postponed = null;
      markBlank();
      const typed = control.text();
      if (typed.trim() === storedText.trim() && !queuedEntry()) return;
      outbox().put({ organisation, code, typed, expected: JSON.parse(expectedField.value) });
      onInput();
    },

    onBlur() {
      if (queuedEntry()?.state === "waiting") outbox().flush();
      if (replacement && replacement.typed === control.text()) setText(replacement.text);
      if (postponed) question.onStatus({ ...postponed, isFinal: true });
      replacement = null;
    },

    onStatus(notice) {
      if (notice.state === "saved" || notice.state === "unchanged") {
        showStored(notice);
        if (!notice.newer) setStatus("saved");
        onSaved();
      } else if (notice.state === "invalid") {
        // An incomplete date may become valid: the error message is shown only after the person leaves the field.
        postponed = hasFocus() && !notice.isFinal ? notice : null;
        if (notice.newer) return;
        if (postponed) setStatus("waiting");
        else setStatus("invalid", notice.message ?? "");
      } else if (notice.state === "conflict") {
        setStatus("conflict");
        showConflictChoice(notice);
      } else {
        setStatus(notice.state);
      }
    },

    restore(entry) {
      setText(entry.next ?? entry.typed);
      expectedField.value = JSON.stringify(entry.expected ?? null);
      element.closest("details")?.setAttribute("open", "");
      setStatus("waiting");
    },

    showOffline() {
      if (queuedEntry()?.state === "waiting") setStatus("offline");
    },

    focus() {
      element.closest("details")?.setAttribute("open", "");
      control.focus();
    },

    choose(radio) {
      if (!radio.checked) {
        radio.checked = true;
        question.onInput();
      }
      radio.focus();
    },
  };

  /** @param {CellNotice} notice */
  function showConflictChoice({ stored, typed = "" }) {
    if (!stored) return;
    showConflict(conflictBox, {
      stored,
      typedLabel: control.labelOf(typed),
      noAnswer: messages.noAnswer ?? "",
      onPreferTyped() {
        conflictBox.replaceChildren();
        outbox().preferTyped(organisation, code);
        question.focus();
      },
      onTakeStored() {
        const { value, text } = outbox().takeStored(organisation, code) ?? stored;
        setText(control.textOf(value, text));
        showStored({ value, text, typed: control.text() });
        setStatus("saved");
        question.focus();
        onSaved();
      },
    });
  }

  return question;
}

/**
 * @typedef {object} Control
 * @property {HTMLInputElement[]} radios
 * @property {HTMLElement} focusable - The element that carries the descriptions: the field, or the group of radio buttons.
 * @property {() => string} text
 * @property {() => string} initialText - The text that the page came with: a person may type before this script runs.
 * @property {(text: string) => void} setText
 * @property {(value: StoredValue, text: string | undefined) => string} textOf - The text of a stored value.
 * @property {(typed: string) => string} labelOf - A text as the page shows it.
 * @property {() => void} focus
 */

/**
 * Reads and writes a question's field or radio buttons.
 *
 * @param {HTMLElement} element
 * @returns {Control}
 */
function createControl(element) {
  /** @type {HTMLInputElement[]} */
  const radios = [...element.querySelectorAll(/** @type {"input"} */ (".choice input"))];
  return radios.length ? createChoice(element, radios) : createTextField(element);
}

/** @param {HTMLElement} element @param {HTMLInputElement[]} radios @returns {Control} */
function createChoice(element, radios) {
  return {
    radios,
    focusable: requireElement(element, "fieldset", HTMLElement),
    text: () => radios.find((radio) => radio.checked)?.value ?? "",
    initialText: () => radios.find((radio) => radio.defaultChecked)?.value ?? "",
    setText(text) {
      (radios.find((radio) => radio.value === text) ?? radios[radios.length - 1]).checked = true;
    },
    textOf: (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value ?? "")),
    labelOf: (typed) => radios.find((radio) => radio.value === typed && typed)?.dataset.label ?? typed,
    focus: () => (radios.find((radio) => radio.checked) ?? radios[0]).focus(),
  };
}

/** @param {HTMLElement} element @returns {Control} */
function createTextField(element) {
  const field = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (
    requireElement(element, "input.form-control, textarea", HTMLElement)
  );
  return {
    radios: [],
    focusable: field,
    text: () => field.value,
    initialText: () => field.defaultValue,
    setText(text) {
      field.value = text;
    },
    textOf: (_, text) => text ?? "",
    labelOf: (typed) => typed,
    focus() {
      field.focus();
      field.select();
    },
  };
}

/**
 * Returns a function that shows a question's save status and its error message.
 *
 * @param {HTMLElement} element
 * @param {Control} control
 * @param {DOMStringMap} messages
 * @returns {(status: string, message?: string) => void}
 */
function createStatusLine(element, { focusable, radios }, messages) {
  const status = requireElement(element, "[data-save-status]", HTMLElement);
  const error = requireElement(element, "[data-error]", HTMLElement);
  return (state, message = "") => {
    status.dataset.state = state;
    status.textContent = state ? (messages[state] ?? "") : "";
    error.textContent = message;
    const description = (focusable.getAttribute("aria-describedby") ?? "").replace(`${error.id} `, "");
    focusable.setAttribute("aria-describedby", message ? `${error.id} ${description}` : description);
    if (message && !radios.length) focusable.setAttribute("aria-invalid", "true");
    else focusable.removeAttribute("aria-invalid");
  };
}
