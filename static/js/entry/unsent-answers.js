/**
 * Page script: a notice of the answers that are queued in this browser, on pages that do not send them. It links to the form of each
 * organisation, which does.
 */

import { createLink, requireElement } from "../core/dom.js";
import { formatMessage } from "../core/text.js";
import { fetchOrganisationNames } from "./organisation-names.js";
import { unsentEntries } from "./outbox/store.js";

const box = requireElement(document, "#unsent-answers", HTMLElement);
const { account = "", body = "", year = "", stateUrl = "", formUrl = "" } = box.dataset;
const message = requireElement(box, "[data-message]", HTMLElement);
const links = requireElement(box, "[data-links]", HTMLElement);

/** Shows the notice, or hides it where nothing is queued. */
async function showNotice() {
  const entries = unsentEntries(account, body, year);
  const bins = [...new Set(entries.map((entry) => entry.organisation))];
  const names = bins.length ? await fetchOrganisationNames(stateUrl, bins) : null;
  message.textContent = formatMessage(message.dataset.message ?? "", { count: entries.length });
  links.replaceChildren(...bins.flatMap((bin, index) => [index ? ", " : "", organisationLink(bin, names?.get(bin))]));
  box.hidden = !bins.length;
}

/**
 * Links to the form of an organisation. An organisation that left the body has no form; any other form offers to discard its answers.
 *
 * @param {string} bin
 * @param {string | null | undefined} name - Null where the organisation left the body, undefined where the name is unknown.
 * @returns {HTMLAnchorElement | string}
 */
function organisationLink(bin, name) {
  return name === null ? bin : createLink(formUrl.replace("{bin}", bin), name ?? bin);
}

window.addEventListener("storage", showNotice);
window.addEventListener("pageshow", showNotice);
