/* The grid: all organisations of a kind in one table, edited in place. Without scripts the same table is a form, page by page.
   The cells are plain text; one field is laid over the cell that is being edited, so that ten thousand of them cost little. */

import { createClipboard } from "./grid/clipboard.js";
import { createConflict, createFill, createPreview } from "./grid/dialogs.js";
import { createEditor } from "./grid/editor.js";
import { createFilter } from "./grid/filter.js";
import { listenToKeys } from "./grid/keys.js";
import { createSaving } from "./grid/saving.js";
import { createSelection } from "./grid/selection.js";
import { createTable } from "./grid/table.js";
import { createWords } from "./grid/words.js";

const root = document.getElementById("grid");
const editable = root.hasAttribute("data-editable");
const words = createWords(root);
const table = createTable(root);
const selection = createSelection(table, (td) => saving.describe(td));
const saving = createSaving({ root, table, words, selection, editable });
const grid = { root, words, table, selection, saving, editable };

createFilter(grid);
if (editable) {
  grid.editor = createEditor(grid);
  grid.conflict = createConflict(grid);
  grid.preview = createPreview(grid);
  grid.fill = createFill(grid);
}
grid.clipboard = createClipboard(grid);
listenToKeys(grid);
selection.begin();
root.setAttribute("data-ready", "");
