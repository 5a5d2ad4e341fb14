/** The panel below the table that describes the active cell: its issues, what they cost, and last year's answer. */

import { namedParts, requireElement } from "../../core/dom.js";

/** @import { Issue } from "../report/issues.js" */
/** @import { CellStatuses } from "./cell-status.js" */
/** @import { RowState } from "./row-state.js" */
/** @import { Messages } from "./messages.js" */
/** @import { Table } from "./table.js" */

/**
 * @param {object} options
 * @param {HTMLElement} options.root
 * @param {Table} options.table
 * @param {Messages} options.messages
 * @param {CellStatuses} options.statuses
 * @param {RowState} options.rowState
 * @param {boolean} options.isEditable
 * @returns {{ describe: (td: HTMLTableCellElement) => void }}
 */
export function createCellPanel({ root, table, messages, statuses, rowState, isEditable }) {
  const panel = requireElement(root, "#grid-cell", HTMLDetailsElement);
  const { organisation, column: heading, description, details, history } = namedParts(panel);
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
    details.textContent = detailSentences(td).join(" · ");
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

  /** @param {HTMLTableCellElement} td @returns {string[]} Last year's answer, and the points that the answer costs. */
  function detailSentences(td) {
    const { code } = table.column(td);
    const row = rowState.details(table.bin(td));
    if (!row) return [];
    const lastYear = code && row.lastYear[code];
    const costs = row.costs.filter(({ codes }) => !code || codes.includes(code)).map(({ text }) => text);
    return lastYear ? [messages.format("last_year", lastYear), ...costs] : costs;
  }

  /** @param {HTMLTableCellElement} td @returns {string[]} */
  function statusSentences(td) {
    const status = statuses.get(td);
    if (!status) return [];
    if (status.state === "invalid") return [messages.format("invalid", status.typed, status.message)];
    if (status.state === "conflict") return [messages.format("conflict")];
    return [messages.format("saving", status.typed ?? "")];
  }

  /**
   * @param {HTMLTableCellElement} td
   * @param {string | undefined} code - Undefined for the organisation, which shows the issues that have no column, as of evidence.
   * @returns {string[]}
   */
  function issueSentences(td, code) {
    /** @type {Issue[]} */
    const issues = JSON.parse(td.parentElement?.dataset.issues ?? "[]");
    return issues
      .filter((issue) => (code ? issue.code === code : !table.columns.some((column) => column.code === issue.code)))
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
