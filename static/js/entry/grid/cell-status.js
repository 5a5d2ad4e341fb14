/** The status of single cells: waiting, saving, saved, invalid or in conflict. */

/** @import { Messages } from "./messages.js" */

/**
 * @typedef {"waiting" | "saving" | "saved" | "invalid" | "conflict"} CellState
 */

/**
 * A status that is not "saved".
 *
 * @typedef {{ state: CellState, typed?: string, message?: string | null }} CellStatus
 */

/**
 * @typedef {object} CellStatuses
 * @property {(td: HTMLTableCellElement, state: CellState, detail?: { typed?: string, message?: string | null }) => void} set
 * @property {(td: HTMLTableCellElement) => void} clear
 * @property {(td: HTMLTableCellElement) => CellStatus | undefined} get - Undefined if the cell shows the stored value.
 * @property {(td: HTMLTableCellElement) => boolean} isInvalid
 * @property {(td: HTMLTableCellElement) => string} storedText - The stored text, also while the cell shows an invalid one.
 * @property {(td: HTMLTableCellElement, text: string) => void} rememberStoredText - Remembers it while the cell shows another text.
 * @property {(td: HTMLTableCellElement, isError: boolean) => void} setAriaInvalid
 */

/** @type {readonly CellState[]} */
const STATES = ["waiting", "saving", "saved", "invalid", "conflict"];
const CLASSES = STATES.map((state) => `is-${state}`);

/**
 * @param {Messages} messages
 * @param {(td: HTMLTableCellElement) => void} onChange - Called when a cell has another status.
 * @returns {CellStatuses}
 */
export function createCellStatuses(messages, onChange) {
  /** @type {Map<HTMLTableCellElement, CellStatus>} */
  const statuses = new Map();
  /** @type {WeakMap<HTMLTableCellElement, string>} */
  const storedTexts = new WeakMap();

  /** @param {HTMLTableCellElement} td @param {boolean} isError */
  function setAriaInvalid(td, isError) {
    if (isError || isInvalid(td)) td.setAttribute("aria-invalid", "true");
    else td.removeAttribute("aria-invalid");
  }

  /** @param {HTMLTableCellElement} td */
  function isInvalid(td) {
    return statuses.get(td)?.state === "invalid";
  }

  return {
    set(td, state, detail = {}) {
      td.classList.remove(...CLASSES);
      td.classList.add(`is-${state}`);
      if (state === "saved") statuses.delete(td);
      else statuses.set(td, { state, typed: detail.typed, message: detail.message });
      setAriaInvalid(td, td.classList.contains("is-error"));
      td.title = state === "invalid" ? (detail.message ?? "") : state === "conflict" ? messages.format("conflict") : "";
      onChange(td);
    },
    clear(td) {
      td.classList.remove(...CLASSES);
      statuses.delete(td);
      setAriaInvalid(td, td.classList.contains("is-error"));
      td.title = "";
      onChange(td);
    },
    get: (td) => statuses.get(td),
    isInvalid,
    storedText: (td) => (isInvalid(td) ? (storedTexts.get(td) ?? "") : (td.textContent ?? "")),
    rememberStoredText: (td, text) => storedTexts.set(td, text),
    setAriaInvalid,
  };
}
