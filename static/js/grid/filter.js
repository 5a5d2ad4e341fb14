/* Keeping the rows to those looked for: by name or BIN, and by what is still to be done in them. */

export function createFilter({ root, table, selection, words }) {
  const search = root.querySelector("#grid-search"), mark = root.querySelector("#grid-mark");
  const count = root.querySelector("#grid-count"), none = root.querySelector("#grid-none");
  const texts = new Map(table.rows.map((row) => [row, row.cells[0].textContent.toLowerCase()]));

  function apply() {
    const words_ = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of table.rows) {
      const found = words_.every((word) => texts.get(row).includes(word));
      row.hidden = !found || Boolean(mark.value && !row.dataset.marks.split(" ").includes(mark.value));
    }
    table.refresh();
    none.hidden = table.visible.length > 0;
    show();
    selection.settle();
  }

  function show() {
    count.textContent = words.say("count", words.number(table.visible.length), words.number(table.rows.length));
  }

  search.addEventListener("input", apply);
  mark.addEventListener("change", apply);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && table.visible.length) selection.to(0, table.first);
  });
  show();
}
