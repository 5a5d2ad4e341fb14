/* The table: its cells, the columns they stand in, and what is stored in them. A cell's stored value follows from its text and its
   column's type, so no cell carries it. */

/* The columns before the first indicator: whose row it is. */
const OWN = 1;

export function createTable(root) {
  const element = root.querySelector("table");
  const scroll = root.querySelector(".grid-scroll");
  const columns = [...element.tHead.rows[0].cells].map((head) => {
    const { code, type, options } = head.dataset;
    const label = head.querySelector(".grid-label")?.textContent ?? head.textContent.trim();
    return { code, type, label, hint: head.dataset.hint ?? "", options: options ? JSON.parse(options) : [] };
  });
  const rows = [...element.tBodies[0].rows];
  const byBin = new Map(rows.map((row) => [row.dataset.bin, row]));
  const place = new Map(columns.map((column, position) => [column.code, position]));
  let visible = rows;

  const table = {
    element, scroll, columns, rows, first: OWN,
    get visible() { return visible; },
    row: (bin) => byBin.get(bin),
    cell(bin, code) {
      const position = place.get(code);
      return position === undefined ? undefined : byBin.get(bin)?.cells[position];
    },
    at: (row, column) => visible[row]?.cells[column],
    column: (td) => columns[td.cellIndex],
    code: (td) => columns[td.cellIndex].code,
    bin: (td) => td.parentElement.dataset.bin,
    own: (td) => td.parentElement.cells[0].firstElementChild.textContent,
    rowOf: (td) => visible.indexOf(td.parentElement),
    stored: (td, text = td.textContent) => decode(columns[td.cellIndex], text),
    refresh() { visible = rows.filter((row) => !row.hidden); },
  };
  return table;
}

/* A cell's text as it is stored: tiyn, whole numbers, days, yes and no, choices. The text is the server's own, so it has one form. */
function decode(column, text) {
  const given = text.trim();
  if (!given) return null;
  const offered = column.options.find(([, words]) => words === given);
  if (offered) return offered[0];
  switch (column.type) {
    case "money": {
      const [whole, part = ""] = plainNumber(given).split(".");
      return Number(whole + part.padEnd(2, "0"));
    }
    case "whole": return Number(plainNumber(given));
    case "date": return given.split(".").reverse().join("-");
    default: return given;
  }
}

export function plainNumber(text) {
  return text.replace(/\s/g, "").replace(",", ".");
}

/* Text as a person would type it, to compare what was typed with what stands there. */
export function folded(text) {
  return text.replace(/\s+/g, " ").trim();
}
