/** Functions over text that need no page. */

/**
 * Replaces each run of white space by one space and trims the ends, so that two texts can be compared as a person reads them.
 *
 * @param {string} text
 * @returns {string}
 */
export function collapseSpaces(text) {
  return text.replace(/\s+/g, " ").trim();
}

/**
 * Writes a number as scripts read it: without spaces between its groups, with a point before its fraction.
 *
 * @param {string} text - For example "1 250,5".
 * @returns {string} For example "1250.5".
 */
export function normaliseNumber(text) {
  return text.replace(/\s/g, "").replace(",", ".");
}

/**
 * Writes a whole number in groups of three digits with no-break spaces between them.
 *
 * @param {number} value
 * @returns {string}
 */
export function groupDigits(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

/**
 * Fills the placeholders of a message: `{name}` from an object, `{0}` from an array. A placeholder without a value becomes empty.
 *
 * @param {string} message
 * @param {Record<string, unknown> | readonly unknown[]} values
 * @returns {string}
 */
export function formatMessage(message, values) {
  const byName = /** @type {Record<string, unknown>} */ (values);
  return message.replace(/\{(\w+)\}/g, (_, name) => String(byName[name] ?? ""));
}
