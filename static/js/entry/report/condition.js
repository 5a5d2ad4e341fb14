/**
 * Conditions of the order (`applies_when`) over typed text, so that the form knows what is required without waiting for the server.
 * Blank or unreadable text decides nothing: a condition is satisfied only where it certainly is.
 */

import { normaliseNumber } from "../../core/text.js";

/**
 * A condition as the page carries it. Null, or a condition of an unknown form, counts as satisfied.
 *
 * @typedef {object} Condition
 * @property {Condition[]} [every]
 * @property {Condition[]} [some]
 * @property {string} [answered] - Code of an indicator that has to be answered.
 * @property {string} [left] - Code of the indicator to compare.
 * @property {"<" | "<=" | ">" | ">=" | "==" | "!="} [sign]
 * @property {string | number | boolean} [right] - A constant, or a code where `code` is true.
 * @property {boolean} [code]
 */

/**
 * A typed answer: its indicator's type and its text.
 *
 * @typedef {{ type: string, text: string }} TypedAnswer
 */

/** @type {Record<string, (left: string | number, right: string | number) => boolean>} */
const COMPARISONS = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

/**
 * Tells whether a condition is satisfied.
 *
 * @param {Condition | null | undefined} condition
 * @param {(code: string) => TypedAnswer | undefined} answerOf - Gives the typed answer of an indicator.
 * @returns {boolean}
 */
export function isSatisfied(condition, answerOf) {
  if (!condition) return true;
  if (condition.every) return condition.every.every((inner) => isSatisfied(inner, answerOf));
  if (condition.some) return condition.some.some((inner) => isSatisfied(inner, answerOf));
  if (condition.answered) return Boolean(answerOf(condition.answered)?.text.trim());
  const left = comparable(answerOf(condition.left ?? ""));
  const right = condition.code ? comparable(answerOf(String(condition.right))) : comparableConstant(condition.right);
  return left !== null && right !== null && COMPARISONS[condition.sign ?? "=="](left, right);
}

/**
 * Returns a typed answer in a form that compares: numbers as numbers, dates as "2025-05-31", other text as it is.
 *
 * @param {TypedAnswer | undefined} answer
 * @returns {string | number | null} Null where the text is blank or is no number.
 */
function comparable(answer) {
  const text = answer?.text.trim() ?? "";
  if (!answer || !text) return null;
  if (answer.type === "money" || answer.type === "whole") {
    const number = Number(normaliseNumber(text.replace(/[−–]/g, "-")));
    return Number.isNaN(number) ? null : number;
  }
  if (answer.type === "date") {
    const segments = text.split(".");
    if (segments.length !== 3) return text;
    return segments
      .reverse()
      .map((segment) => segment.padStart(2, "0"))
      .join("-");
  }
  return text;
}

/**
 * @param {string | number | boolean | undefined} value
 * @returns {string | number}
 */
function comparableConstant(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value ?? "";
}
