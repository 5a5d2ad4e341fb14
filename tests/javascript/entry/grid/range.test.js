import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOutside,
  EMPTY_RANGE,
  findEdge,
  isSingle,
  rangeBetween,
  repeatedRow,
  spanRange,
} from "../../../../static/js/entry/grid/range.js";

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

test("a selection of rows or columns has all their answers", () => {
  const table = { top: 0, left: 1, bottom: 9, right: 6 };
  const range = { top: 2, left: 0, bottom: 3, right: 0 };
  assert.deepEqual(spanRange(range, "rows", table), { top: 2, left: 1, bottom: 3, right: 6 });
  assert.deepEqual(spanRange({ ...range, left: 4, right: 4 }, "columns", table), { top: 0, left: 4, bottom: 9, right: 4 });
  assert.deepEqual(spanRange(range, "cells", table), range);
});

test("rows below and above a rectangle repeat it", () => {
  const source = { top: 4, bottom: 6 };
  assert.deepEqual(
    [7, 8, 9, 10].map((row) => repeatedRow(row, source)),
    [4, 5, 6, 4],
  );
  assert.deepEqual(
    [3, 2, 1, 0].map((row) => repeatedRow(row, source)),
    [6, 5, 4, 6],
  );
  assert.equal(repeatedRow(9, { top: 5, bottom: 5 }), 5);
});
