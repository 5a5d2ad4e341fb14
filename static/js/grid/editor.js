/* The one field that lies over the cell being edited; a list where there are few answers to choose from. */

import { folded } from "./table.js";

export function createEditor({ root, table, selection, saving, words }) {
  const input = root.querySelector("#grid-input");
  const select = root.querySelector("#grid-select");
  table.scroll.append(input, select);
  let editing = null, before = "", field = input;

  function lay(td) {
    const cell = td.getBoundingClientRect(), frame = table.scroll.getBoundingClientRect(), { style } = field;
    style.left = `${cell.left - frame.left - table.scroll.clientLeft + table.scroll.scrollLeft}px`;
    style.top = `${cell.top - frame.top - table.scroll.clientTop + table.scroll.scrollTop}px`;
    style.width = `${cell.width}px`;
    style.height = `${cell.height}px`;
  }

  function show(td, text) {
    const column = table.column(td);
    editing = td;
    before = td.textContent;
    field = column.options.length ? select : input;
    field.setAttribute("aria-label", `${column.label}, ${table.own(td)}`);
    lay(td);
    if (field === select) {
      select.replaceChildren(new Option("", ""), ...column.options.map(([, label]) => new Option(label, label)));
      select.value = before;
    } else {
      input.value = text;
      input.classList.toggle("n", column.type === "money" || column.type === "whole");
      input.inputMode = column.type === "money" ? "decimal" : column.type === "whole" ? "numeric" : "text";
    }
    field.hidden = false;
    field.focus({ preventScroll: true });
  }

  function hide() {
    const td = editing;
    editing = null;
    field.hidden = true;
    return td;
  }

  function take() {
    if (!editing) return;
    const text = field.value, td = hide();
    if (folded(text) !== folded(before)) saving.put(td, folded(text));
  }

  function leave(rows, columns) {
    take();
    selection.move(rows, columns);
  }

  function step(back) {
    const td = editing, last = table.columns.length - 1;
    take();
    const row = table.rowOf(td), column = td.cellIndex + (back ? -1 : 1);
    const next = column < table.first ? table.at(row - 1, last) : column > last ? table.at(row + 1, table.first) : table.at(row, column);
    selection.activate(next ?? td);
  }

  /* A key chooses: a digit, or the first letter; where several begin with it, one after the other. */
  function choose(td, key) {
    const { options } = table.column(td), wanted = key.toLowerCase();
    const fitting = options.filter(([, , keys]) => keys.includes(wanted)).map(([, label]) => label);
    if (!fitting.length) return;
    const next = fitting[(fitting.indexOf(td.textContent) + 1) % fitting.length];
    if (next !== td.textContent) saving.put(td, next);
  }

  for (const each of [input, select]) {
    each.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing) return;
      if (event.key === "Enter") leave(event.shiftKey ? -1 : 1, 0);
      else if (event.key === "Tab") step(event.shiftKey);
      else if (event.key === "Escape") selection.activate(hide());
      else return;
      event.preventDefault();
    });
    each.addEventListener("blur", () => { if (document.hasFocus()) take(); });
  }
  select.addEventListener("change", () => {
    const td = editing;
    take();
    if (td) selection.activate(td);
  });
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain");
    if (/[\t\n]/.test(text.replace(/\r?\n$/, ""))) words.tell(words.say("not_pasted"));
  });

  return {
    get open_() { return Boolean(editing); },
    open(td) { show(td, td.textContent); input.setSelectionRange(input.value.length, input.value.length); },
    /* The key itself reaches the field, which is focused before the browser acts on it. True where it is done with. */
    begin(td, key) {
      if (table.column(td).options.length) {
        choose(td, key);
        return true;
      }
      if (key === " ") return true;
      show(td, "");
      return false;
    },
  };
}
