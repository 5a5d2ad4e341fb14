/** The panel below the table that describes the active cell. */

import { namedParts, requireElement } from "../../core/dom.js";

/** @import { Issue } from "../report/issues.js" */
/** @import { CellStatuses } from "./cell-status.js" */
/** @import { Messages } from "./messages.js" */
/** @import { Table } from "./table.js" */

/**
 * @param {object} options
 * @param {HTMLElement} options.root
 * @param {Table} options.table
 * @param {Messages} options.messages
 * @param {CellStatuses} options.statuses
 * @param {boolean} options.isEditable
 * @returns {{ describe: (td: HTMLTableCellElement) => void }}
 */
export function createCellPanel({ root, table, messages, statuses, isEditable }) {
  const panel = requireElement(root, "#grid-cell", HTMLDetailsElement);
  const { organisation, column: heading, description, history } = namedParts(panel);
  const historyLink = /** @type {HTMLAnchorElement} */ (history);
  // On a narrow screen the panel is collapsed; it expands for an invalid cell.
  let isUnfolded = !matchMedia("(max-width: 47.98rem)").matches;

  /** @param {HTMLTableCellElement} td */
  function describe(td) {
    const { code, label } = table.column(td);
    organisation.textContent = table.organisationName(td);
    heading.textContent = code ? label : "";
    historyLink.hidden = !code;
    historyLink.href = (historyLink.dataset.address ?? "").replace("BIN", table.bin(td)).replace("CODE", code ?? "");
    description.textContent = sentences(td).filter(Boolean).join(" · ");
    const isAlarming = td.matches(".is-error, .is-invalid, .is-conflict");
    description.classList.toggle("is-alarming", isAlarming);
    panel.open = isUnfolded || isAlarming;
  }

  /** @param {HTMLTableCellElement} td @returns {string[]} */
  function sentences(td) {
    const { code, options, hint } = table.column(td);
    const status = statuses.get(td);
    const result = [...statusSentences(td), ...issueSentences(td, code), ...remarkSentences(td, code)];
    if (code && !td.textContent?.trim() && !status) {
      result.push(messages.format(td.classList.contains("is-not-required") ? "idle" : "blank"));
    }
    if (isEditable && options.length) {
      result.push(messages.format("keys", options.map(([, label, keys]) => `${keys[0]} – ${label}`).join("; ")));
    } else if (!status && !td.matches(".is-error, .is-warning")) {
      result.push(hint);
    }
    return result;
  }

  /** @param {HTMLTableCellElement} td @returns {string[]} */
  function statusSentences(td) {
    const status = statuses.get(td);
    if (!status) return [];
    if (status.state === "invalid") return [messages.format("invalid", status.typed, status.message)];
    if (status.state === "conflict") return [messages.format("conflict")];
    return [messages.format("saving", status.typed ?? "")];
  }

  /** @param {HTMLTableCellElement} td @param {string | undefined} code @returns {string[]} */
  function issueSentences(td, code) {
    /** @type {Issue[]} */
    const issues = JSON.parse(td.parentElement?.dataset.issues ?? "[]");
    return issues
      .filter((issue) => issue.code === (code ?? null))
      .flatMap(({ severity, message, reason }) => {
        const text = messages.format(severity, message);
        return reason ? [text, messages.format("reason", reason)] : [text];
      });
  }

  /** @param {HTMLTableCellElement} td @param {string | undefined} code @returns {string[]} */
  function remarkSentences(td, code) {
    /** @type {Record<string, string[]>} */
    const remarks = JSON.parse(td.parentElement?.dataset.remarks ?? "{}");
    return (remarks[code ?? ""] ?? []).map((text) => messages.format("remark", text));
  }

  panel.firstElementChild?.addEventListener("click", () => {
    isUnfolded = !panel.open;
  });
  return { describe };
}
