/* The history of an answer, fetched when it is asked for. Without this script its link leads to a page of its own. */

for (const link of document.querySelectorAll("a[data-history]")) link.replaceWith(folded(link));

/* Alt+H within a question; Tab leads on to the next answer and passes the history by where answers are typed. */
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyH") return;
  const details = event.target.closest?.(".question")?.querySelector("details[data-history]");
  if (!details) return;
  event.preventDefault();
  details.open = !details.open;
});

function folded(link) {
  const details = document.createElement("details"), summary = document.createElement("summary"), box = document.createElement("div");
  details.dataset.history = "";
  summary.append(...[...link.childNodes].map((node) => node.cloneNode(true)));
  if (document.getElementById("report")) summary.tabIndex = -1;
  box.setAttribute("aria-live", "polite");
  details.append(summary, box);
  details.addEventListener("toggle", () => {
    if (details.open) load(link, box);
  });
  return details;
}

/* What was changed meanwhile is there when it is opened again; what cannot be fetched keeps the link to its page. */
async function load(link, box) {
  if (!box.childNodes.length) box.append(link);
  try {
    const response = await fetch(`${link.href}?part`, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) box.innerHTML = await response.text();
  } catch {
    // The link is still there.
  }
}
