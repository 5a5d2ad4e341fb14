/** Page script: expands the history of an answer in place. Without this script its link leads to a page of its own. */

/** @type {NodeListOf<HTMLAnchorElement>} */
const links = document.querySelectorAll("a[data-history]");
for (const link of links) link.replaceWith(createDisclosure(link));

/* Alt+H expands the history of the question that has the focus. Tab skips the history of a form, so that it leads on to the next answer. */
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyH") return;
  const question = event.target instanceof Element ? event.target.closest(".question") : null;
  const details = question?.querySelector("details[data-history]");
  if (!(details instanceof HTMLDetailsElement)) return;
  event.preventDefault();
  details.open = !details.open;
});

/**
 * Makes the element that replaces a link and expands the history.
 *
 * @param {HTMLAnchorElement} link
 * @returns {HTMLDetailsElement}
 */
function createDisclosure(link) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const box = document.createElement("div");
  details.dataset.history = "";
  summary.append(...[...link.childNodes].map((node) => node.cloneNode(true)));
  if (document.getElementById("report")) summary.tabIndex = -1;
  box.setAttribute("aria-live", "polite");
  details.append(summary, box);
  details.addEventListener("toggle", () => {
    if (details.open) loadHistory(link, box);
  });
  return details;
}

/**
 * Loads the history anew each time it is unfolded. Where it cannot be fetched, the link to its page stays.
 *
 * @param {HTMLAnchorElement} link
 * @param {HTMLElement} box
 */
async function loadHistory(link, box) {
  if (!box.childNodes.length) box.append(link);
  try {
    const response = await fetch(`${link.href}?part`, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) box.innerHTML = await response.text();
  } catch {
    // The link is still there.
  }
}
