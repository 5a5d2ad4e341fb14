/** The stored form of a cell's text. A cell carries no value of its own: it follows from the text and the column's type. */

import { normaliseNumber } from "../../core/text.js";

/** @import { StoredValue } from "../outbox/states.js" */

/**
 * An answer to choose: stored form, text, and the keys that choose it.
 *
 * @typedef {[StoredValue, string, string]} Option
 */

/**
 * A column of the table.
 *
 * @typedef {object} Column
 * @property {string | undefined} code - Code of the indicator; undefined for the column of organisations.
 * @property {string | undefined} type - "money", "whole", "date", "yes_no", "choice" or "text".
 * @property {string} label
 * @property {string} hint
 * @property {Option[]} options - Empty where the answer is typed.
 */

/**
 * Converts a cell's text into the stored form. The server wrote the text, so it has one form only.
 *
 * @param {Pick<Column, "type" | "options">} column
 * @param {string} text - For example "1 250,50", "31.05.2025", or the text of an option.
 * @returns {StoredValue} Whole tiyn for money, an integer, an ISO date, an option's stored form, or text; null for a blank.
 */
export function toStoredValue(column, text) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const option = column.options.find(([, label]) => label === trimmed);
  if (option) return option[0];
  switch (column.type) {
    case "money":
      return toTiyn(trimmed);
    case "whole":
      return Number(normaliseNumber(trimmed));
    case "date":
      return trimmed.split(".").reverse().join("-");
    default:
      return trimmed;
  }
}

/**
 * Converts an amount in tenge into whole tiyn without a floating-point fraction.
 *
 * @param {string} text
 * @returns {number}
 */
function toTiyn(text) {
  const [tenge, fraction = ""] = normaliseNumber(text).split(".");
  return Number(tenge + fraction.padEnd(2, "0"));
}
