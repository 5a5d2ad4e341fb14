import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOutside, EMPTY_RANGE, findEdge, isSingle, rangeBetween } from "../../../../static/js/entry/grid/range.js";

test("a range spans two cells in any order", () => {
  const range = { top: 1, left: 2, bottom: 4, right: 5 };
  assert.deepEqual(rangeBetween([1, 5], [4, 2]), range);
  assert.deepEqual(rangeBetween([4, 2], [1, 5]), range);
  assert.ok(!isSingle(range));
  assert.ok(isSingle(rangeBetween([3, 3], [3, 3])));
});

test("a growing selection marks only the cells that are new", () => {
  const before = rangeBetween([0, 0], [0, 1]);
  const after = rangeBetween([0, 0], [1, 1]);
  assert.deepEqual(cellsOutside(after, before), [
    [1, 0],
    [1, 1],
  ]);
  assert.deepEqual(cellsOutside(before, after), []);
  assert.equal(cellsOutside(after, EMPTY_RANGE).length, 4);
  assert.deepEqual(cellsOutside(EMPTY_RANGE, after), []);
});

const ROWS = ["##..#", ".#..."];
const isFilled = (row, column) => (ROWS[row]?.[column] === undefined ? undefined : ROWS[row][column] === "#");
const edge = (start, step) => findEdge(isFilled, start, step);

test("from filled cells the edge is the last filled one", () => {
  assert.deepEqual(edge([0, 0], [0, 1]), [0, 1]);
  assert.deepEqual(edge([0, 1], [1, 0]), [1, 1]);
});

test("from a blank cell or before a gap the edge is the next filled one", () => {
  assert.deepEqual(edge([0, 1], [0, 1]), [0, 4]);
  assert.deepEqual(edge([0, 2], [0, 1]), [0, 4]);
  assert.deepEqual(edge([0, 3], [0, -1]), [0, 1]);
});

test("without a filled cell the edge is the end of the table", () => {
  assert.deepEqual(edge([1, 1], [0, 1]), [1, 4]);
  assert.deepEqual(edge([0, 4], [0, 1]), [0, 4]);
  assert.deepEqual(edge([0, 0], [-1, 0]), [0, 0]);
});
