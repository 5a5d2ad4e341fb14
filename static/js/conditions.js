/* The order's conditions (`applies_when`) over what is typed, so that a form need not wait for the server to know what is asked.
   What is blank or cannot be read decides nothing: a condition holds only where it surely does. */

const SIGNS = {
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "==": (one, other) => one === other,
  "!=": (one, other) => one !== other,
};

/* `answerOf(code)` gives { kind, text } of a question. One that is not understood here counts as holding. */
export function holds(condition, answerOf) {
  if (!condition) return true;
  if (condition.every) return condition.every.every((part) => holds(part, answerOf));
  if (condition.some) return condition.some.some((part) => holds(part, answerOf));
  if (condition.given) return Boolean(answerOf(condition.given)?.text.trim());
  const left = read(answerOf(condition.left));
  const right = condition.code ? read(answerOf(condition.right)) : constant(condition.right);
  return left !== null && right !== null && SIGNS[condition.sign](left, right);
}

function read(answer) {
  const text = answer?.text.trim() ?? "";
  if (!text) return null;
  if (answer.kind === "money" || answer.kind === "whole") {
    const number = Number(text.replace(/\s/g, "").replace(/[−–]/g, "-").replace(",", "."));
    return Number.isNaN(number) ? null : number;
  }
  if (answer.kind === "date") {
    const parts = text.split(".");
    return parts.length === 3 ? parts.reverse().map((part) => part.padStart(2, "0")).join("-") : text;
  }
  return text;
}

function constant(value) {
  return value === true ? "yes" : value === false ? "no" : value;
}
