/** The width of a column whose heading is not cut. */

/**
 * Returns the smallest width at which words fit into a number of lines, none of them broken.
 *
 * @param {readonly number[]} wordWidths
 * @param {number} spaceWidth
 * @param {number} minWidth
 * @param {number} maxLines
 * @returns {number}
 */
export function headingWidth(wordWidths, spaceWidth, minWidth, maxLines) {
  let width = Math.max(minWidth, ...wordWidths);
  while (countLines(wordWidths, spaceWidth, width) > maxLines) width += spaceWidth;
  return Math.ceil(width);
}

/** @param {readonly number[]} wordWidths @param {number} spaceWidth @param {number} width @returns {number} */
function countLines(wordWidths, spaceWidth, width) {
  let lines = 1;
  let used = 0;
  for (const wordWidth of wordWidths) {
    const needed = used ? used + spaceWidth + wordWidth : wordWidth;
    if (used && needed > width) lines += 1;
    used = used && needed <= width ? needed : wordWidth;
  }
  return lines;
}
