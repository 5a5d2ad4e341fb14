/** Widths of columns: by their headings, or as the person drags them; this browser stores the latter. */

import { elementOf } from "../../core/dom.js";
import { headingWidth } from "./heading-width.js";

/** @import { Table } from "./table.js" */

const STORAGE_KEY = "grid-widths";
const MIN_WIDTH_PX = 64;
const MAX_WIDTH_PX = 800;
const STEP_PX = 32;
const MAX_HEADING_LINES = 5;
/** Pixels at the right edge of a heading by which the column is dragged. */
const EDGE_PX = 8;
/** The paddings and the border of a cell. */
const FRAME_PX = 20;
/** What the style sheet writes behind a heading. */
const MENU_SIGN = "\u00a0▾";

/**
 * @typedef {object} ColumnWidths
 * @property {(index: number, steps: number) => void} change - Makes a column wider or narrower.
 * @property {(index: number) => void} fit - Makes a column as wide as its heading and its widest answer need.
 */

/**
 * @param {Table} table
 * @returns {ColumnWidths}
 */
export function createColumnWidths(table) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const context = document.createElement("canvas").getContext("2d");
  const stored = readStored();
  const headingWidths = table.columns.map((column, index) => (column.code ? widthOfHeading(index) : undefined));
  /** @type {Map<number, number>} */
  const widths = new Map();
  for (const [index, { code = "" }] of table.columns.entries()) {
    const width = stored[code] ?? headingWidths[index];
    if (width) widths.set(index, width);
  }

  /** @param {Element} element @returns {(text: string) => number} */
  function measureLike(element) {
    if (context) context.font = getComputedStyle(element).font;
    return (text) => context?.measureText(text).width ?? 0;
  }

  /** @param {number} index @returns {number | undefined} Undefined where the width of the column's type suffices. */
  function widthOfHeading(index) {
    const head = table.heads[index];
    const measure = measureLike(head.querySelector(".grid-label") ?? head);
    const words = `${table.columns[index].label}${MENU_SIGN}`.split(" ").map(measure);
    const minWidth = Number.parseFloat(getComputedStyle(head).flexBasis) - FRAME_PX;
    const width = headingWidth(words, measure(" "), minWidth, MAX_HEADING_LINES);
    return width > minWidth ? width + FRAME_PX : undefined;
  }

  function write() {
    const rules = [...widths].map(([index, width]) => `.grid-rows tr > :nth-child(${index + 1}) { flex-basis: ${width}px; }`);
    sheet.replaceSync(`@media screen { ${rules.join(" ")} }`);
    // What becomes active is scrolled beside the headings and the names, not below them.
    const { offsetWidth, offsetHeight } = table.heads[0];
    table.scroll.style.scrollPadding = `${offsetHeight + EDGE_PX}px ${EDGE_PX}px ${EDGE_PX}px ${offsetWidth + EDGE_PX}px`;
  }

  /** @param {number} index @param {number} width */
  function set(index, width) {
    widths.set(index, Math.max(MIN_WIDTH_PX, Math.min(MAX_WIDTH_PX, Math.round(width))));
    write();
  }

  function store() {
    const changed = [...widths].filter(([index, width]) => width !== headingWidths[index]);
    const entries = changed.map(([index, width]) => [table.columns[index].code ?? "", width]);
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify({ ...readStored(), ...Object.fromEntries(entries) }));
    } catch {
      // Storage is switched off: the widths last as long as the page.
    }
  }

  /** @param {number} index */
  function fit(index) {
    const cells = table.rows.map((row) => row.cells[index]);
    const measure = measureLike(cells[0]);
    const texts = new Set(cells.map((td) => (index ? (td.textContent ?? "") : table.organisationName(td))));
    const widest = Math.max(...[...texts].map(measure)) + FRAME_PX;
    set(index, Math.max(widest, headingWidths[index] ?? 0));
    store();
  }

  /** @param {number} index @param {number} startX */
  function drag(index, startX) {
    // A cell that is being edited is stored: its field does not move along.
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
    const startWidth = table.heads[index].offsetWidth;
    const onMouseMove = (/** @type {MouseEvent} */ event) => set(index, startWidth + event.clientX - startX);
    document.addEventListener("mousemove", onMouseMove);
    document.addEventListener(
      "mouseup",
      () => {
        document.removeEventListener("mousemove", onMouseMove);
        store();
      },
      { once: true },
    );
  }

  /** @param {MouseEvent} event @returns {HTMLTableCellElement | undefined} The heading whose edge the mouse is on. */
  function headAt(event) {
    const head = elementOf(event.target)?.closest("thead th");
    const isOnEdge = head && head.getBoundingClientRect().right - event.clientX <= EDGE_PX;
    return isOnEdge && head instanceof HTMLTableCellElement ? head : undefined;
  }

  const { tHead } = table.element;
  tHead?.addEventListener("mousedown", (event) => {
    const head = headAt(event);
    if (!head || event.button !== 0) return;
    event.preventDefault();
    drag(head.cellIndex, event.clientX);
  });
  tHead?.addEventListener("dblclick", (event) => {
    const head = headAt(event);
    if (head) fit(head.cellIndex);
  });
  write();

  return {
    change(index, steps) {
      set(index, table.heads[index].offsetWidth + steps * STEP_PX);
      store();
    },
    fit,
  };
}

/** @returns {Record<string, number>} Code of the indicator, empty for the organisations → width in pixels. */
function readStored() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}");
  } catch {
    return {};
  }
}
