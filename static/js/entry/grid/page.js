/**
 * Page script of the grid: all organisations of a kind in one table, edited in place. Without scripts the same table is a form, page
 * by page. The cells are plain text, and one field is laid over the cell that is being edited, so that ten thousand cells stay fast.
 */

import { requireElement } from "../../core/dom.js";
import { createClipboard } from "./clipboard.js";
import { createColumnMenu } from "./column-menu.js";
import { createColumnWidths } from "./column-width.js";
import { createConflictDialog } from "./conflict-dialog.js";
import { createEditor } from "./editor.js";
import { createFillDialog } from "./fill-dialog.js";
import { createFilter } from "./filter.js";
import { listenToInput } from "./keyboard.js";
import { createMessages } from "./messages.js";
import { createPreviewDialog } from "./preview-dialog.js";
import { createSaving } from "./saving.js";
import { createSelection } from "./selection.js";
import { createTable } from "./table.js";

/** @import { StoredValue } from "../outbox/states.js" */
/** @import { Clipboard } from "./clipboard.js" */
/** @import { ColumnMenu } from "./column-menu.js" */
/** @import { ConflictDialog } from "./conflict-dialog.js" */
/** @import { Editor } from "./editor.js" */
/** @import { Messages } from "./messages.js" */
/** @import { PreviewDialog } from "./preview-dialog.js" */
/** @import { Saving } from "./saving.js" */
/** @import { Selection } from "./selection.js" */
/** @import { Table } from "./table.js" */

/**
 * The modules of the page.
 *
 * @typedef {object} Grid
 * @property {HTMLElement} root
 * @property {boolean} isEditable
 * @property {Messages} messages
 * @property {Table} table
 * @property {Selection} selection
 * @property {Saving} saving
 * @property {Clipboard} clipboard
 * @property {ColumnMenu} columnMenu
 * @property {Editor} [editor] - Only where the grid can be edited, like the dialogs.
 * @property {ConflictDialog} [conflict]
 * @property {PreviewDialog} [preview]
 */

/**
 * A request of `grid.paste`, `grid.fill` or `grid.undo`.
 *
 * @typedef {Record<string, string | undefined>} BatchRequest
 */

/**
 * Stored cells: BIN → code → stored form and text.
 *
 * @typedef {Record<string, Record<string, [StoredValue, string]>>} StoredCells
 */

/**
 * A cell that a batch could not store.
 *
 * @typedef {{ organisation: string, code: string, typed: string, message: string }} RejectedCell
 */

/**
 * The answer to such a request: a preview (`html`, `digest`, …) or the stored cells.
 *
 * @typedef {object} BatchAnswer
 * @property {boolean} isReached - The server answered.
 * @property {string} [message]
 * @property {string} [html]
 * @property {string} [digest] - Confirms what the preview shows.
 * @property {number} [edit_count]
 * @property {number} [preserved_count] - Blank cells of a block that leave answers as they are.
 * @property {boolean} [is_safe] - The preview shows nothing that needs a closer look.
 * @property {StoredCells} [cells]
 * @property {string} [batch]
 * @property {RejectedCell[]} [rejected_cells]
 */

const root = requireElement(document, "#grid", HTMLElement);
const isEditable = root.hasAttribute("data-editable");
const messages = createMessages(root);
const table = createTable(root);
const selection = createSelection(table, (td) => saving.describe(td));
const filter = createFilter({ root, table, selection, messages });
const saving = createSaving({
  root,
  table,
  messages,
  selection,
  isEditable,
  showAnswer: (answer) => preview?.show(answer),
  reveal: filter.reveal,
});
const modules = { root, messages, table, selection, saving, isEditable };

const columnMenu = createColumnMenu({ ...modules, filter, widths: createColumnWidths(table) });
const editor = isEditable ? createEditor(modules) : undefined;
const conflict = isEditable ? createConflictDialog(modules) : undefined;
const preview = isEditable ? createPreviewDialog(modules) : undefined;
if (preview) createFillDialog({ ...modules, preview });
const clipboard = createClipboard({ ...modules, columnMenu, editor, conflict, preview });
listenToInput({ ...modules, columnMenu, clipboard, editor, conflict, preview });
selection.activateFirst();
root.setAttribute("data-ready", "");
