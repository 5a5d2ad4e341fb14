import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellToClipboard,
  isSingleCell,
  joinRows,
  quoteCell,
  repeatCell,
  trimLastBreak,
} from "../../../../static/js/entry/grid/clipboard-text.js";

test("amounts are written without group separators, with a decimal comma", () => {
  assert.equal(cellToClipboard("1\u00a0234\u00a0567,80", "money"), "1234567,80");
  assert.equal(cellToClipboard("−12\u00a0500", "money"), "−12500");
  assert.equal(cellToClipboard("1 250", "whole"), "1250");
});

test("an amount keeps a decimal point that it came with", () => {
  assert.equal(cellToClipboard("1 250.5", "money"), "1250.5");
});

test("text that is no amount stays, whatever the column's type", () => {
  assert.equal(cellToClipboard("12 abc", "money"), "12 abc");
  assert.equal(cellToClipboard("1 250", "text"), "1 250");
  assert.equal(cellToClipboard("", "money"), "");
  assert.equal(cellToClipboard("Ясли № 5", undefined), "Ясли № 5");
});

test("cells with tabs, line breaks or quotation marks are quoted", () => {
  assert.equal(quoteCell('ТОО "Су"'), '"ТОО ""Су"""');
  assert.equal(quoteCell("a\tb"), '"a\tb"');
  assert.equal(quoteCell("a\nb"), '"a\nb"');
  assert.equal(quoteCell("a\rb"), '"a\rb"');
  assert.equal(quoteCell("plain; text, here"), "plain; text, here");
});

test("rows are joined by line breaks, cells by tabs", () => {
  assert.equal(
    joinRows([
      ["1", "2"],
      ["", "4"],
    ]),
    "1\t2\r\n\t4",
  );
});

test("one line break after the last row belongs to the spreadsheet", () => {
  assert.equal(trimLastBreak("1\r\n"), "1");
  assert.equal(trimLastBreak("1\n"), "1");
  assert.equal(trimLastBreak("1\n\n"), "1\n");
  assert.equal(trimLastBreak("1"), "1");
});

test("a single cell has neither tabs nor line breaks", () => {
  assert.ok(isSingleCell("1 250,5"));
  for (const text of ["1\t2", "1\n2", "1\r2"]) assert.ok(!isSingleCell(text));
});

test("a cell is repeated over a rectangle", () => {
  assert.equal(repeatCell("7", 2, 3), "7\t7\t7\n7\t7\t7\n");
  assert.equal(repeatCell("", 2, 2), "\t\n\t\n");
});
