/** The messages of the grid in the page's language, and the line that shows them. */

import { requireElement } from "../../core/dom.js";
import { formatMessage } from "../../core/text.js";

/**
 * @typedef {object} Messages
 * @property {(key: string, ...values: unknown[]) => string} format - Fills a message of `script_messages.py`.
 * @property {(text: string) => void} announce - Shows a text once, before the lasting status.
 * @property {(text: string) => void} setStatus - Shows a text until it changes; an empty one removes it.
 */

/**
 * @param {HTMLElement} root - The grid.
 * @returns {Messages}
 */
export function createMessages(root) {
  /** @type {Record<string, string>} */
  const texts = JSON.parse(root.dataset.messages ?? "{}");
  const line = requireElement(root, "#grid-status", HTMLElement);
  let lastingStatus = "";

  return {
    format: (key, ...values) => formatMessage(texts[key], values),
    announce(text) {
      line.textContent = [text, lastingStatus].filter(Boolean).join(" ");
    },
    setStatus(text) {
      if (text === lastingStatus) return;
      lastingStatus = text;
      line.textContent = text;
    },
  };
}
