/* Keys and the mouse. */

const LETTERS = { KeyA: "a", KeyZ: "z" };

export function listenToKeys({ root, table, selection, saving, editor, editable, conflict, clipboard }) {
  const { element } = table;
  let leaving = false, free = false;

  const moves = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
  };

  function page() {
    const row = table.visible[0]?.offsetHeight || 1;
    return Math.max(1, Math.floor((table.scroll.clientHeight - element.tHead.offsetHeight) / row) - 1);
  }

  /* The next cell in reading order; none beyond the table's ends, where Tab leaves it. */
  function step(back) {
    const { active } = selection;
    const row = table.rowOf(active), last = table.columns.length - 1;
    const column = active.cellIndex + (back ? -1 : 1);
    const next = column < table.first ? table.at(row - 1, last) : column > last ? table.at(row + 1, table.first) : table.at(row, column);
    if (next) selection.activate(next);
    return Boolean(next);
  }

  function isData(td) {
    return td.cellIndex >= table.first;
  }

  function withControl(event) {
    // By its place on the keyboard too: with a Kazakh or Russian layout the key has another letter.
    const letter = LETTERS[event.code] ?? event.key.toLowerCase();
    if (letter === "a") selection.all();
    else if (letter === "z" && editable) saving.undo();
    else if (event.key === "Home") selection.to(0, table.first, event.shiftKey);
    else if (event.key === "End") selection.to(table.visible.length - 1, table.columns.length - 1, event.shiftKey);
    else if (moves[event.key]) selection.edge(...moves[event.key], event.shiftKey);
    else return false;
    return true;
  }

  function enter(event) {
    const { active } = selection;
    if (active.cellIndex === 0) active.firstElementChild.click();
    else if (active.classList.contains("conflict") && editable) conflict.open(active);
    else selection.move(event.shiftKey ? -1 : 1, 0);
  }

  function clear() {
    const filled = selection.cells().filter((td) => td.textContent.trim());
    if (filled.length === 1) saving.put(filled[0], "");
    else if (filled.length) clipboard.empty();
  }

  function plain(event) {
    const { active } = selection;
    switch (event.key) {
      case "Home": selection.to(table.rowOf(active), table.first, event.shiftKey); return true;
      case "End": selection.to(table.rowOf(active), table.columns.length - 1, event.shiftKey); return true;
      case "PageUp": selection.move(-page(), 0, event.shiftKey); return true;
      case "PageDown": selection.move(page(), 0, event.shiftKey); return true;
      case "Tab": return !free && step(event.shiftKey);
      case "Enter": enter(event); return true;
      case "Escape": selection.collapse(); return true;
      default:
    }
    if (moves[event.key] && !event.altKey) {
      selection.move(...moves[event.key], event.shiftKey);
      return true;
    }
    return editable && isData(active) && edits(event);
  }

  function edits(event) {
    const { active } = selection;
    if (event.key === "F2" || (event.altKey && event.key === "ArrowDown")) editor.open(active);
    else if (event.key === "Delete" || event.key === "Backspace") clear();
    else if ([...event.key].length === 1 && !event.altKey) return editor.begin(active, event.key);
    else return false;
    return true;
  }

  element.addEventListener("keydown", (event) => {
    if (!selection.active || event.isComposing) return;
    // Esc, then Tab leaves the table; Shift may be pressed between.
    free = leaving;
    leaving = event.key === "Escape" || (leaving && event.key === "Shift");
    if (event.ctrlKey || event.metaKey ? withControl(event) : plain(event)) event.preventDefault();
  });

  element.addEventListener("mousedown", (event) => {
    const td = event.target.closest("tbody td, tbody th");
    if (!td || event.button !== 0 || event.target.closest("a")) return;
    const again = td === selection.active && editable && isData(td) && !event.shiftKey;
    selection.activate(td, { extend: event.shiftKey });
    event.preventDefault();
    if (again && event.detail === 1 && matchMedia("(pointer: coarse)").matches) editor.open(td);
    else if (!again || event.detail === 1) drag();
  });

  function drag() {
    const over = (event) => {
      const td = event.target.closest?.("tbody td, tbody th");
      if (td && td !== selection.active && element.contains(td)) selection.activate(td, { extend: true });
    };
    document.addEventListener("mouseover", over);
    document.addEventListener("mouseup", () => document.removeEventListener("mouseover", over), { once: true });
  }

  element.addEventListener("dblclick", (event) => {
    const td = event.target.closest("tbody td");
    if (td && editable && isData(td)) editor.open(td);
  });

  root.addEventListener("click", (event) => {
    const what = event.target.closest(".grid-tools [data-do]")?.dataset.do;
    if (what === "undo") saving.undo();
  });
}
