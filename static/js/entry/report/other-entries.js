/**
 * Queued answers that the page has no field for: answers of other organisations, with a link to each form, and answers that are no
 * longer required here, which can only be discarded.
 */

import { createLink } from "../../core/dom.js";
import { formatMessage } from "../../core/text.js";
import { fetchOrganisationNames } from "../organisation-names.js";

/** @import { Queue } from "../outbox/queue.js" */
/** @import { Entry } from "../outbox/states.js" */

/**
 * @param {object} options
 * @param {string} options.organisation - BIN of the page's organisation.
 * @param {string} options.stateUrl - Address of `answers.state`.
 * @param {DOMStringMap} options.messages
 * @param {() => Queue} options.outbox
 * @param {(code: string) => boolean} options.hasField - Whether the page has a field for an indicator.
 * @returns {() => (string | HTMLElement)[]} Gives the text, links and buttons for the status line; empty where there are no such
 *   entries.
 */
export function createOtherEntries({ organisation, stateUrl, messages, outbox, hasField }) {
  /** @type {Map<string, string | null>} */
  const names = new Map();
  let isFetching = false;

  /** @param {string[]} bins */
  async function fetchNames(bins) {
    if (isFetching) return;
    isFetching = true;
    const fetched = await fetchOrganisationNames(stateUrl, bins);
    isFetching = false;
    if (!fetched) return;
    for (const [bin, name] of fetched) names.set(bin, name);
    outbox().reportStatus();
  }

  /** @param {Entry} entry */
  function isObsolete(entry) {
    return entry.organisation === organisation ? !hasField(entry.code) : names.get(entry.organisation) === null;
  }

  /** @param {string} bin */
  function formLink(bin) {
    return createLink(location.pathname.replace(/[^/]+$/, bin), names.get(bin) ?? bin);
  }

  /** @param {Entry} entry */
  function obsoleteNote(entry) {
    const text = formatMessage(messages.obsolete ?? "", {
      organisation: names.get(entry.organisation) ?? entry.organisation,
      "typed": entry.next ?? entry.typed,
    });
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-link discard", textContent: messages.discard });
    button.addEventListener("click", () => outbox().discard(entry.organisation, entry.code));
    return [" ", text, " ", button];
  }

  return () => {
    const entries = outbox().pending();
    const otherBins = new Set(entries.map((entry) => entry.organisation).filter((bin) => bin !== organisation));
    const unnamed = [...otherBins].filter((bin) => !names.has(bin));
    if (unnamed.length) fetchNames(unnamed);
    const obsolete = entries.filter(isObsolete);
    const linked = new Set(
      entries.filter((entry) => entry.organisation !== organisation && !isObsolete(entry)).map((entry) => entry.organisation),
    );
    const notes = obsolete.flatMap(obsoleteNote);
    if (!linked.size) return notes;
    const [before, after] = (messages.otherOrganisations ?? "").split("{organisations}");
    return [" ", before, ...[...linked].flatMap((bin, index) => [index ? ", " : "", formLink(bin)]), after, ...notes];
  };
}
