/** The choice between a typed answer and the stored one: of another person, or of another state of the year. */

import { cloneTemplate, requireElement } from "../../core/dom.js";

/** @import { StoredCell } from "../outbox/states.js" */

/**
 * Shows the choice.
 *
 * @param {HTMLElement} box - Its content is replaced.
 * @param {object} options
 * @param {StoredCell} options.stored - The stored answer.
 * @param {string} options.typedLabel - The typed answer as the page shows it.
 * @param {string} options.noAnswer - The text for a blank answer.
 * @param {() => void} options.onPreferTyped
 * @param {() => void} options.onTakeStored
 */
export function showConflict(box, { stored, typedLabel, noAnswer, onPreferTyped, onTakeStored }) {
  const content = cloneTemplate("conflict");
  const author = [stored.author, stored.changed_at].filter(Boolean).join(", ");
  const cause = requireElement(content, "[data-cause]", HTMLElement);
  if (stored.is_outdated) cause.textContent = cause.dataset.outdated ?? "";
  requireElement(content, "[data-stored]", HTMLElement).textContent = stored.text || noAnswer;
  requireElement(content, "[data-typed]", HTMLElement).textContent = typedLabel || noAnswer;
  requireElement(content, "[data-author]", HTMLElement).textContent = author && `(${author})`;
  requireElement(content, "[data-prefer-typed]", HTMLElement).addEventListener("click", onPreferTyped);
  requireElement(content, "[data-take-stored]", HTMLElement).addEventListener("click", onTakeStored);
  box.replaceChildren(content);
}
