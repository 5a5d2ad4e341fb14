/** What follows from the answers of a row: progress, issues, and which cells are required. */

import { getJson } from "../../core/http.js";

/** @import { Cost, Issue } from "../report/issues.js" */
/** @import { CellStatuses } from "./cell-status.js" */
/** @import { Table } from "./table.js" */

/**
 * @typedef {object} RowState
 * @property {(bins: readonly string[]) => void} scheduleRefresh - Asks for the state of organisations soon, together with those that
 *   change meanwhile.
 * @property {(bin: string) => RowDetails | undefined} details - What is shown of the active row alone; undefined until the server has
 *   answered for it, which calls `onRefreshed`.
 */

/**
 * What the breaches of a row cost, and last year's answers by code.
 *
 * @typedef {{ costs: Cost[], lastYear: Record<string, string> }} RowDetails
 */

const REFRESH_DELAY_MS = 400;
/** With more organisations the whole body is asked for: the address would become too long. */
const MAX_NAMED_ORGANISATIONS = 50;

/**
 * @param {object} options
 * @param {Table} options.table
 * @param {string} options.stateUrl - Address of `answers.state`.
 * @param {CellStatuses} options.statuses
 * @param {() => string | null} options.activeBin - BIN of the active row.
 * @param {() => void} options.onRefreshed
 * @returns {RowState}
 */
export function createRowState({ table, stateUrl, statuses, activeBin, onRefreshed }) {
  /** @type {Set<string>} */
  const staleBins = new Set();
  /** @type {Map<string, RowDetails>} */
  const detailsByBin = new Map();
  let timer = 0;

  /** @param {readonly string[]} bins */
  function scheduleRefresh(bins) {
    for (const bin of bins) staleBins.add(bin);
    // What a breach costs depends on the other organisations.
    detailsByBin.clear();
    requestSoon();
  }

  function requestSoon() {
    clearTimeout(timer);
    timer = window.setTimeout(refresh, REFRESH_DELAY_MS);
  }

  async function refresh() {
    const active = activeBin();
    const bins = [...staleBins];
    staleBins.clear();
    const named = active && !bins.includes(active) ? [...bins, active] : bins;
    const names = named.length > MAX_NAMED_ORGANISATIONS ? [] : named.map((bin) => ["organisation", bin]);
    try {
      const answer = await getJson(`${stateUrl}?${new URLSearchParams([...names, ["last_year", "1"]])}`);
      if (!answer) return;
      for (const [bin, state] of Object.entries(answer.organisations)) {
        detailsByBin.set(bin, { costs: state.costs, lastYear: state.last_year });
        showRow(table.row(bin), state);
      }
      if (active && !detailsByBin.has(active)) detailsByBin.set(active, { costs: [], lastYear: {} });
      onRefreshed();
    } catch {
      for (const bin of bins) staleBins.add(bin);
    }
  }

  /**
   * @param {HTMLTableRowElement | undefined} row
   * @param {{ answered: number, required: number, blank: string[], issues: Issue[] }} state
   */
  function showRow(row, { answered, required, blank, issues }) {
    if (!row) return;
    const open = issues.filter(isOpen);
    const marks = { blank: blank.length > 0, errors: open.some(isError), warnings: !open.every(isError) };
    row.dataset.marks = Object.entries(marks)
      .flatMap(([mark, isSet]) => (isSet ? mark : []))
      .join(" ");
    row.dataset.issues = JSON.stringify(issues);
    const progress = row.cells[0].querySelector("b");
    if (progress) progress.textContent = `${answered}\u00a0/\u00a0${required}`;
    for (const [index, { code }] of table.columns.entries()) {
      const cellIssues = open.filter((issue) => issue.code === code);
      if (code) showCell(row.cells[index], blank.includes(code), cellIssues);
    }
  }

  /** @param {HTMLTableCellElement} td @param {boolean} isMissing @param {readonly Issue[]} issues */
  function showCell(td, isMissing, issues) {
    const hasError = issues.some(isError);
    td.classList.toggle("is-not-required", !td.textContent && !isMissing);
    td.classList.toggle("is-error", hasError);
    td.classList.toggle("is-warning", !hasError && issues.length > 0);
    statuses.setAriaInvalid(td, hasError);
  }

  /** @param {string} bin */
  function details(bin) {
    const result = detailsByBin.get(bin);
    if (!result) requestSoon();
    return result;
  }

  return { scheduleRefresh, details };
}

/** @param {Issue} issue @returns {boolean} */
function isError(issue) {
  return issue.severity === "error";
}

/** @param {Issue} issue @returns {boolean} Whether the issue still asks for an answer: a warning with a reason does not. */
function isOpen(issue) {
  return isError(issue) || !issue.reason;
}
