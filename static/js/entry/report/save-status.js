/** The line that reports the save status of the whole form. */

import { createLink, requireElement } from "../../core/dom.js";
import { formatMessage } from "../../core/text.js";

/** @import { Queue, QueueStatus } from "../outbox/queue.js" */

const SLOW_SAVE_MS = 2500;

/**
 * Connects the status line.
 *
 * @param {object} options
 * @param {DOMStringMap} options.messages
 * @param {() => Queue} options.outbox
 * @param {() => (string | HTMLElement)[]} options.otherEntries - What to add about entries without a field on the page.
 * @returns {(status: QueueStatus) => boolean} Shows a status; tells whether everything is saved.
 */
export function createSaveStatus({ messages, outbox, otherEntries }) {
  const line = requireElement(document, "[data-queue-status]", HTMLElement);
  let waitingSince = 0;
  let hasBeenUsed = false;

  /** Tells whether saving takes so long that the message explains it. */
  function isSlow() {
    if (!waitingSince) {
      waitingSince = Date.now();
      setTimeout(() => outbox().reportStatus(), SLOW_SAVE_MS);
    }
    return Date.now() - waitingSince >= SLOW_SAVE_MS;
  }

  /** @param {QueueStatus} status @returns {string[]} */
  function sentences({ waiting, invalid, conflicts, trouble, message }) {
    const result = [];
    if (!waiting || trouble) waitingSince = 0;
    if (trouble === "offline" && waiting) result.push(formatMessage(messages.unsentOffline ?? "", { waiting }));
    else if (waiting) result.push(trouble || isSlow() ? formatMessage(messages.unsent ?? "", { waiting }) : messages.saving);
    if (trouble === "signed-out") result.push(message || messages.signedOut);
    if (trouble === "refused") result.push(message || messages.refused);
    if (invalid) result.push(formatMessage(messages.invalidCount ?? "", { invalid }));
    if (conflicts) result.push(formatMessage(messages.conflictCount ?? "", { conflicts }));
    return result.map((sentence) => sentence ?? "");
  }

  return (status) => {
    const texts = sentences(status);
    const isSaved = !texts.length;
    if (isSaved) texts.push((hasBeenUsed ? messages.allSaved : messages.ready) ?? "");
    else hasBeenUsed = true;
    const hasTrouble = Boolean(status.trouble || status.invalid || status.conflicts);
    line.dataset.state = isSaved ? "saved" : hasTrouble ? "trouble" : "waiting";
    /** @type {(string | HTMLElement)[]} */
    const content = [texts.join(" ")];
    if (status.trouble === "signed-out" && status.signInUrl)
      content.push(" ", createLink(status.signInUrl, messages.signIn ?? ""));
    content.push(...otherEntries());
    // An unchanged line is left alone, so that screen readers do not read it again.
    const text = content.map((item) => (typeof item === "string" ? item : item.textContent)).join("");
    if (line.textContent !== text) line.replaceChildren(...content);
    return isSaved;
  };
}
