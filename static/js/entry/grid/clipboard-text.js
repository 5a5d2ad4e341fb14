/** Cells as tab-separated text, as Excel and LibreOffice write and read them. */

import { normaliseNumber } from "../../core/text.js";

const SPECIAL_CHARACTER = /["\t\n\r]/;
const AMOUNT = /^[-−]?[\d\s]+([.,]\d+)?$/;

/**
 * Writes one cell. An amount loses the spaces between its groups, because Excel would read it as text.
 *
 * @param {string} text
 * @param {string | undefined} type - The type of the column.
 * @returns {string}
 */
export function cellToClipboard(text, type) {
  const isAmount = (type === "money" || type === "whole") && AMOUNT.test(text);
  if (!isAmount) return quoteCell(text);
  const number = normaliseNumber(text);
  return quoteCell(text.includes(".") ? number : number.replace(".", ","));
}

/**
 * Quotes a cell that contains a quotation mark, a tab or a line break.
 *
 * @param {string} text
 * @returns {string}
 */
export function quoteCell(text) {
  return SPECIAL_CHARACTER.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Joins rows of cells that are written already.
 *
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function joinRows(rows) {
  return rows.map((cells) => cells.join("\t")).join("\r\n");
}

/**
 * Removes the line break that spreadsheets write after the last row.
 *
 * @param {string} text
 * @returns {string}
 */
export function trimLastBreak(text) {
  return text.replace(/\r?\n$/, "");
}

/**
 * Tells whether pasted text is one cell.
 *
 * @param {string} text - Without the last line break.
 * @returns {boolean}
 */
export function isSingleCell(text) {
  return !/[\t\n\r]/.test(text);
}

/**
 * Joins rows so that a last blank row is a row too.
 *
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function joinBlock(rows) {
  return `${joinRows(rows)}\r\n`;
}

/**
 * Repeats one cell over a rectangle.
 *
 * @param {string} cell
 * @param {number} rows
 * @param {number} columns
 * @returns {string}
 */
export function repeatCell(cell, rows, columns) {
  return `${Array(columns).fill(cell).join("\t")}\n`.repeat(rows);
}
