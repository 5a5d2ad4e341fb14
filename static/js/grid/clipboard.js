/* Copying cells as Excel and LibreOffice take them, and pasting theirs. */

import { folded, plainNumber } from "./table.js";

const QUOTED = /["\t\n\r]/;

export function createClipboard({ root, table, selection, saving, words, preview, editable }) {
  const dialog = root.querySelector("#grid-paste");

  function quoted(text) {
    return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  /* An amount without spaces between its groups: Excel would take it for text. */
  function text(td) {
    const shown = td.cellIndex ? td.textContent : table.own(td);
    const amount = ["money", "whole"].includes(table.column(td).type) && /^[-−]?[\d\s]+([.,]\d+)?$/.test(shown);
    return quoted(amount ? (shown.includes(".") ? plainNumber(shown) : plainNumber(shown).replace(".", ",")) : shown);
  }

  function copied() {
    const { top, bottom, left, right } = selection.box();
    const lines = [];
    for (let row = top; row <= bottom; row += 1) {
      const cells = [];
      for (let column = left; column <= right; column += 1) cells.push(text(table.at(row, column)));
      lines.push(cells.join("\t"));
    }
    words.tell(words.say("copied", lines.length, right - left + 1));
    return lines.join("\r\n");
  }

  function single(given) {
    return !/[\t\n\r]/.test(given);
  }

  function paste(given) {
    const block = given.replace(/\r?\n$/, "");
    if (!block) {
      words.tell(words.say("nothing"));
      return;
    }
    const { top, bottom, left, right } = selection.box();
    const one = top === bottom && left === right;
    if (single(block) && one && left >= table.first) {
      saving.put(selection.active, folded(block));
      return;
    }
    const repeated = single(block) ? repeat(block, bottom - top + 1, right - Math.max(left, table.first) + 1) : given;
    look(repeated, top, left);
  }

  function repeat(cell, rows, columns) {
    return `${Array(columns).fill(cell).join("\t")}\n`.repeat(rows);
  }

  function look(block, top, left, erase = false) {
    const first = table.at(top, Math.max(left, table.first));
    preview.open(root.dataset.paste, {
      text: block,
      organisation: table.bin(first),
      code: table.code(first),
      rows: table.visible.map((row) => row.dataset.bin).join(" "),
      erase: erase ? "1" : "",
    });
  }

  table.element.addEventListener("copy", (event) => {
    event.clipboardData.setData("text/plain", copied());
    event.preventDefault();
  });
  if (editable) {
    table.element.addEventListener("paste", (event) => {
      event.preventDefault();
      paste(event.clipboardData.getData("text/plain"));
    });
    root.querySelector("[data-do=paste]").addEventListener("click", () => {
      dialog.querySelector("textarea").value = "";
      dialog.showModal();
      dialog.querySelector("textarea").focus();
    });
    dialog.querySelector("form").addEventListener("submit", () => {
      const { top, left } = selection.box();
      const { value } = dialog.querySelector("textarea");
      if (value.trim()) look(value, top, left);
    });
  }

  return {
    /* Ask, then empty the selected cells. */
    empty() {
      const { top, bottom, left, right } = selection.box();
      look(repeat("", bottom - top + 1, right - Math.max(left, table.first) + 1), top, left, true);
    },
  };
}
