/** The dialog that fills the blanks of a column. */

import { namedParts, requireElement } from "../../core/dom.js";
import { groupDigits } from "../../core/text.js";
import { connectDialog } from "./dialog.js";

/** @import { Grid } from "./page.js" */
/** @import { PreviewDialog } from "./preview-dialog.js" */

/**
 * @param {Pick<Grid, "root" | "table" | "selection" | "messages"> & { preview: PreviewDialog }} grid
 */
export function createFillDialog({ root, table, selection, messages, preview }) {
  const dialog = requireElement(root, "#grid-fill", HTMLDialogElement);
  const { typed, options, scope, refused } = namedParts(dialog);
  const columnField = requireElement(dialog, "#grid-fill-code", HTMLSelectElement);
  const input = requireElement(typed, "input", HTMLInputElement);
  const choices = requireElement(options, "div", HTMLElement);

  function columnOptions() {
    return table.columns.find(({ code }) => code === columnField.value)?.options ?? [];
  }

  /** Shows the options of the column, or the field. Nothing is chosen beforehand: hundreds of answers follow from it. */
  function showOptions() {
    const labels = columnOptions().map(([, label]) => label);
    options.hidden = !labels.length;
    typed.hidden = Boolean(labels.length);
    refused.hidden = true;
    input.value = "";
    choices.replaceChildren(...labels.map(createRadio));
  }

  /** @returns {string} */
  function answerText() {
    if (!columnOptions().length) return input.value;
    return dialog.querySelector(/** @type {"input"} */ ("[name=fill-option]:checked"))?.value ?? "";
  }

  function open() {
    const { active } = selection;
    columnField.value = (active && table.column(active).code) ?? table.columns[table.firstColumn].code ?? "";
    showOptions();
    scope.textContent = messages.format("more_filled", groupDigits(table.visibleRows.length));
    dialog.showModal();
    columnField.focus();
  }

  connectDialog(dialog, selection);
  columnField.addEventListener("change", showOptions);
  columnField.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    columnField.form?.requestSubmit();
  });
  requireElement(root, "[data-action=fill]", HTMLButtonElement).addEventListener("click", open);
  requireElement(dialog, "form", HTMLFormElement).addEventListener("submit", (event) => {
    const text = answerText();
    if (text.trim()) {
      preview.open(root.dataset.fillUrl ?? "", { code: columnField.value, typed: text, rows: table.visibleBins });
      return;
    }
    event.preventDefault();
    refused.textContent = messages.format("fill_with");
    refused.hidden = false;
    (typed.hidden ? requireElement(options, "input", HTMLInputElement) : input).focus();
  });
}

/** @param {string} label @returns {HTMLLabelElement} */
function createRadio(label) {
  const choice = document.createElement("label");
  const radio = document.createElement("input");
  choice.className = "form-check";
  Object.assign(radio, { type: "radio", name: "fill-option", value: label, className: "form-check-input" });
  choice.append(radio, ` ${label}`);
  return choice;
}
