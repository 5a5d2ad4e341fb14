/** Page script: the page of a background job shows its progress as it goes on, and its file once the job is done. */

import { getJson } from "../core/http.js";

const INTERVAL_MS = 2000;

/**
 * Shows the progress until the job has ended. The page is only changed where something changed, so that the focus stays.
 *
 * @param {HTMLElement} element - Has the address of the progress in `data-url`.
 */
export async function follow(element) {
  let active = true;
  while (active) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    const answer = await getJson(element.dataset.url ?? "").catch(() => undefined);
    // Without a connection it tries again; an error of the server, such as the end of the session, ends it.
    if (answer === null) return;
    if (answer === undefined) continue;
    active = answer.active;
    show(element, answer.html, active);
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} html
 * @param {boolean} active
 */
function show(element, html, active) {
  const next = document.createElement("div");
  next.innerHTML = html;
  const bar = element.querySelector("progress");
  const nextBar = next.querySelector("progress");
  if (!active || !bar || !nextBar) {
    element.replaceChildren(...next.childNodes);
    return;
  }
  const label = element.querySelector("label");
  const nextLabel = next.querySelector("label");
  if (label && nextLabel) label.textContent = nextLabel.textContent;
  for (const name of ["value", "max"]) {
    const value = nextBar.getAttribute(name);
    if (value === null) bar.removeAttribute(name);
    else bar.setAttribute(name, value);
  }
}

if (typeof document !== "undefined") {
  const element = document.querySelector("#job-progress");
  if (element instanceof HTMLElement) follow(element);
}
