/* Which cell is active, and which are selected. Only the active cell can be reached by Tab from outside the table. */

export function createSelection(table, onActive) {
  let active = null, anchor = null, range = { top: 0, left: 0, bottom: -1, right: -1 };

  function box(one, other) {
    const [row, from] = [table.rowOf(one), table.rowOf(other)];
    return {
      top: Math.min(row, from), bottom: Math.max(row, from),
      left: Math.min(one.cellIndex, other.cellIndex), right: Math.max(one.cellIndex, other.cellIndex),
    };
  }

  function mark(next) {
    const single = next.top === next.bottom && next.left === next.right;
    const held = (where, row, column) => row >= where.top && row <= where.bottom && column >= where.left && column <= where.right;
    const wanted = single ? { top: 0, left: 0, bottom: -1, right: -1 } : next;
    for (const [where, other, on] of [[range, wanted, false], [wanted, range, true]]) {
      for (let row = where.top; row <= where.bottom; row += 1) {
        for (let column = where.left; column <= where.right; column += 1) {
          if (held(other, row, column)) continue;
          const td = table.at(row, column);
          td?.classList.toggle("in", on);
          if (on) td?.setAttribute("aria-selected", "true");
          else td?.removeAttribute("aria-selected");
        }
      }
    }
    range = wanted;
  }

  function activate(td, { extend = false, focus = true } = {}) {
    if (!td) return;
    if (active && active !== td) {
      active.classList.remove("active");
      active.removeAttribute("tabindex");
    }
    active = td;
    if (!extend) anchor = td;
    td.classList.add("active");
    td.tabIndex = 0;
    mark(box(anchor, td));
    if (focus) {
      td.focus({ preventScroll: true });
      td.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    onActive(td);
  }

  function clamp(value, least, most) {
    return Math.max(least, Math.min(most, value));
  }

  const selection = {
    get active() { return active; },
    activate,
    begin() {
      const td = table.at(0, table.first);
      if (td) activate(td, { focus: false });
    },
    move(rows, columns, extend = false) {
      const row = clamp(table.rowOf(active) + rows, 0, table.visible.length - 1);
      activate(table.at(row, clamp(active.cellIndex + columns, 0, table.columns.length - 1)), { extend });
    },
    to(row, column, extend = false) {
      activate(table.at(clamp(row, 0, table.visible.length - 1), column), { extend });
    },
    /* As far as cells are alike: filled ones to the last of them, blank ones to the first that is filled. */
    edge(rows, columns, extend = false) {
      let row = table.rowOf(active), column = active.cellIndex;
      const filled = (td) => Boolean(td?.textContent.trim());
      const next = () => table.at(row + rows, column + columns);
      const run = filled(active) && filled(next());
      let moved = false;
      while (next() && (run ? filled(next()) : !moved || !filled(table.at(row, column)))) {
        row += rows;
        column += columns;
        moved = true;
      }
      selection.to(row, column, extend);
    },
    all() {
      anchor = table.at(0, table.first);
      activate(table.at(table.visible.length - 1, table.columns.length - 1), { extend: true, focus: false });
      active.focus({ preventScroll: true });
    },
    collapse() { anchor = active; mark(box(active, active)); },
    /* The selected cells as a rectangle among the rows that are shown. */
    box: () => box(anchor, active),
    cells() {
      const { top, bottom, left, right } = selection.box();
      const found = [];
      for (let row = top; row <= bottom; row += 1) {
        for (let column = Math.max(left, table.first); column <= right; column += 1) found.push(table.at(row, column));
      }
      return found;
    },
    /* After rows were hidden or shown. */
    settle() {
      if (!active) return;
      range = { top: 0, left: 0, bottom: -1, right: -1 };
      for (const td of table.element.querySelectorAll(".in")) {
        td.classList.remove("in");
        td.removeAttribute("aria-selected");
      }
      const kept = active.parentElement.hidden ? table.at(0, active.cellIndex) : active;
      anchor = kept ?? anchor;
      if (kept) activate(kept, { focus: false });
    },
  };
  return selection;
}
