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

/** Kazakh letters → what a Russian keyboard has for them, ё → е, Latin letters → the Cyrillic ones that look the same. */
const LETTERS = new Map(Array.from("әғқңөұүһіёaceikopxy", (letter, index) => [letter, "агкноуухиеасеикорху"[index]]));

/**
 * Returns a name as people compare it: its words in small letters, without punctuation, with the letters of a Russian keyboard. The same
 * as `comparable` of evaluation/text.py.
 *
 * @param {string} name
 * @returns {string}
 */
export function comparable(name) {
  const text = name.replaceAll("№", " ").normalize("NFKC").toLowerCase().normalize("NFC");
  const letters = Array.from(text.replace(/[\p{Mn}\p{Cf}]/gu, ""), (letter) => LETTERS.get(letter) ?? letter).join("");
  return (letters.match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");
}

/** Digits from which a number in a search is also the beginning of a BIN. */
const MIN_BIN_DIGITS = 4;

/**
 * Returns the test of a search: whether a name or BIN has each of its words; a number only as a whole. The same as `parse_search` of
 * evaluation/text.py.
 *
 * @param {string} typed
 * @returns {(name: string, bin: string) => boolean} Takes a comparable name.
 */
export function parseSearch(typed) {
  const digits = typed.replace(/\s/g, "");
  const parts = /^\d{12}$/.test(digits) ? [digits] : typed.split(/\s+/).filter(Boolean);
  const words = parts.map(comparable).filter(Boolean).map(readSearchWord);
  if (words.length === 0) return () => parts.length === 0;
  return (name, bin) =>
    words.every(({ text, binStart }) => ` ${name} `.includes(text) || (binStart !== "" && bin.startsWith(binStart)));
}

/** @param {string} text - A comparable text. */
function readSearchWord(text) {
  const isNumber = (/** @type {string | undefined} */ word) => /^\d+$/.test(word ?? "");
  const words = text.split(" ");
  const start = isNumber(words[0]) ? " " : "";
  const end = isNumber(words.at(-1)) ? " " : "";
  return { text: start + text + end, binStart: isNumber(text) && text.length >= MIN_BIN_DIGITS ? text : "" };
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
