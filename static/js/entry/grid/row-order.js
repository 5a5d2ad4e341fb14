/** Order and filters of rows by the answers of one column. */

import { collapseSpaces } from "../../core/text.js";

/** @import { StoredValue } from "../outbox/states.js" */

/**
 * @typedef {"ascending" | "descending"} SortDirection
 */

/**
 * Which answers of a column are shown: all, none, any, one of a choice, or those that a typed text matches.
 *
 * @typedef {{ kind: "all" | "blank" | "answered" | "equal" | "typed", text: string }} ColumnFilter
 */

/** @type {ColumnFilter} */
export const NO_FILTER = { kind: "all", text: "" };

const COMPARISON = /^(<=|>=|<|>|=)\s*(.+)$/;

/**
 * Returns rows in the order of their values. Rows without a value come last, rows with the same value stay in their order.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {(row: Row) => StoredValue} readValue
 * @param {SortDirection} direction
 * @param {(first: string, second: string) => number} compareTexts
 * @returns {Row[]}
 */
export function orderRows(rows, readValue, direction, compareTexts) {
  const sign = direction === "ascending" ? 1 : -1;
  const valued = rows.map((row) => ({ row, value: readValue(row) }));
  valued.sort((first, second) => {
    const isFirstBlank = isBlank(first.value);
    const isSecondBlank = isBlank(second.value);
    if (isFirstBlank || isSecondBlank) return Number(isFirstBlank) - Number(isSecondBlank);
    return sign * compareValues(first.value, second.value, compareTexts);
  });
  return valued.map(({ row }) => row);
}

/**
 * Tells whether a filter shows a cell.
 *
 * @param {ColumnFilter} filter - A typed text is a part of the answer, or a comparison such as "> 1 000".
 * @param {string} text - The text of the cell.
 * @param {(text: string) => StoredValue} toValue - The stored form of a text of the column.
 * @returns {boolean}
 */
export function matchesFilter({ kind, text: wanted }, text, toValue) {
  const answer = collapseSpaces(text);
  switch (kind) {
    case "blank":
      return !answer;
    case "answered":
      return Boolean(answer);
    case "equal":
      return answer === collapseSpaces(wanted);
    case "typed":
      return matchesTyped(wanted.trim(), answer, toValue);
    default:
      return true;
  }
}

/** @param {string} typed @param {string} answer @param {(text: string) => StoredValue} toValue @returns {boolean} */
function matchesTyped(typed, answer, toValue) {
  const [, operator, operand = ""] = COMPARISON.exec(typed) ?? [];
  if (!operator) return withoutSpaces(answer).includes(withoutSpaces(typed));
  const value = toValue(answer);
  const limit = toValue(operand);
  if (isBlank(value) || isBlank(limit)) return false;
  const order = compareValues(value, limit, (first, second) => first.localeCompare(second));
  return (
    (operator.includes("<") && order < 0) || (operator.includes(">") && order > 0) || (operator.includes("=") && order === 0)
  );
}

/** @param {string} text @returns {string} */
function withoutSpaces(text) {
  return text.replace(/\s/g, "").toLowerCase();
}

/** @param {StoredValue} value @returns {boolean} Whether there is no value, or a text that is none. */
function isBlank(value) {
  return value === null || Number.isNaN(value);
}

/** @param {StoredValue} first @param {StoredValue} second @param {(first: string, second: string) => number} compareTexts */
function compareValues(first, second, compareTexts) {
  if (typeof first === "string" && typeof second === "string") return compareTexts(first, second);
  return Number(first) - Number(second);
}
