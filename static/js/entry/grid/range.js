/** Rectangles of cells, by visible row and column. */

/**
 * A rectangle; both ends belong to it.
 *
 * @typedef {{ top: number, left: number, bottom: number, right: number }} Range
 */

/** @type {Range} */
export const EMPTY_RANGE = { top: 0, left: 0, bottom: -1, right: -1 };

/**
 * Returns the rectangle between two cells.
 *
 * @param {readonly [row: number, column: number]} first
 * @param {readonly [row: number, column: number]} second
 * @returns {Range}
 */
export function rangeBetween([firstRow, firstColumn], [secondRow, secondColumn]) {
  return {
    top: Math.min(firstRow, secondRow),
    left: Math.min(firstColumn, secondColumn),
    bottom: Math.max(firstRow, secondRow),
    right: Math.max(firstColumn, secondColumn),
  };
}

/**
 * What the corners of a selection stand for: themselves, their whole rows or their whole columns.
 *
 * @typedef {"cells" | "rows" | "columns"} Span
 */

/**
 * Extends a rectangle to whole rows or columns.
 *
 * @param {Range} range
 * @param {Span} span
 * @param {Range} table - All cells of answers.
 * @returns {Range}
 */
export function spanRange(range, span, table) {
  if (span === "rows") return { ...range, left: table.left, right: table.right };
  if (span === "columns") return { ...range, top: table.top, bottom: table.bottom };
  return range;
}

/**
 * Finds the row whose answers a row outside a rectangle repeats: the rectangle is repeated above and below itself.
 *
 * @param {number} row
 * @param {Pick<Range, "top" | "bottom">} source
 * @returns {number}
 */
export function repeatedRow(row, { top, bottom }) {
  const height = bottom - top + 1;
  return top + ((((row - top) % height) + height) % height);
}

/**
 * Tells whether a rectangle is one cell.
 *
 * @param {Range} range
 * @returns {boolean}
 */
export function isSingle({ top, left, bottom, right }) {
  return top === bottom && left === right;
}

/**
 * Lists the cells of a rectangle that another one does not contain.
 *
 * @param {Range} range
 * @param {Range} excluded
 * @returns {[row: number, column: number][]}
 */
export function cellsOutside(range, excluded) {
  /** @type {[number, number][]} */
  const cells = [];
  for (let row = range.top; row <= range.bottom; row += 1) {
    for (let column = range.left; column <= range.right; column += 1) {
      if (!contains(excluded, row, column)) cells.push([row, column]);
    }
  }
  return cells;
}

/** @param {Range} range @param {number} row @param {number} column @returns {boolean} */
function contains(range, row, column) {
  return row >= range.top && row <= range.bottom && column >= range.left && column <= range.right;
}

/**
 * Finds the cell that Ctrl and an arrow key lead to: from filled cells the last filled one, otherwise the next filled one.
 *
 * @param {(row: number, column: number) => boolean | undefined} isFilled - Undefined outside the table.
 * @param {readonly [row: number, column: number]} start
 * @param {readonly [rows: number, columns: number]} step
 * @returns {[row: number, column: number]}
 */
export function findEdge(isFilled, [startRow, startColumn], [rows, columns]) {
  let [row, column] = [startRow, startColumn];
  const isRun = isFilled(row, column) && isFilled(row + rows, column + columns);
  let hasMoved = false;
  for (;;) {
    const next = isFilled(row + rows, column + columns);
    if (next === undefined) return [row, column];
    if (isRun ? !next : hasMoved && isFilled(row, column)) return [row, column];
    row += rows;
    column += columns;
    hasMoved = true;
  }
}
