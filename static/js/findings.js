/* What a report's answers cost, and what is wrong or odd about them, shown at the answers as the server tells it. */

export function showCosts(costs) {
  for (const box of document.querySelectorAll("[data-costs]")) {
    const { code } = box.closest(".question").dataset;
    // At the last of the answers that decide it, as the page itself has it.
    const here = costs.filter((cost) => cost.codes.at(-1) === code).map((cost) => cost.text);
    if (here.join("\n") === [...box.children].map((each) => each.textContent).join("\n")) continue;
    box.replaceChildren(...here.map((text) => made("cost", (element) => { element.textContent = text; })));
  }
}

export function showFindings(findings) {
  inPlace(() => {
    for (const box of document.querySelectorAll("[data-findings]")) {
      showIn(box, findings.filter((finding) => (finding.code ?? "") === box.dataset.findings));
    }
    const missing = findings.filter((finding) => !finding.reason).flatMap((finding) => finding.evidence).filter((code) => isVacant(code));
    for (const link of document.querySelectorAll("[data-wanted]")) link.hidden = !missing.includes(link.dataset.wanted);
  });
}

const fieldOf = (code) => document.getElementById(`field-${code}`);
const isVacant = (code) => fieldOf(code)?.classList.contains("vacant");

/* Whoever has gone on meanwhile keeps what they look at where it is, whatever is unfolded above it. */
function inPlace(change) {
  const held = document.activeElement;
  const before = held?.getBoundingClientRect().top;
  change();
  const moved = held?.getBoundingClientRect().top - before;
  if (held !== document.body && moved) window.scrollBy({ top: moved, behavior: "instant" });
}

/* A finding that stays is left as it is: somebody may be typing its reason. */
function showIn(box, findings) {
  const there = new Map([...box.children].map((element) => [nameOf(element.dataset), element]));
  const wanted = findings.map((finding) => ({ finding, key: `${finding.rule}:${finding.code ?? ""}`, kept: finding.reason ?? "" }));
  const names = wanted.map(nameOf);
  for (const [name, element] of there) if (!names.includes(name)) element.remove();
  wanted.forEach((each, place) => {
    const element = there.get(names[place]) ?? madeFinding(each);
    if (box.children[place] !== element) box.insertBefore(element, box.children[place] ?? null);
  });
}

function nameOf({ key, kept }) {
  return `${key}\n${kept}`;
}

function madeFinding({ finding, key, kept }) {
  const template = finding.severity === "error" ? "error" : kept ? "kept" : "warning";
  return made(template, (element) => {
    Object.assign(element.dataset, { key, kept });
    element.querySelector("[data-message]").textContent = finding.message;
    element.querySelector("[data-reason]")?.replaceChildren(kept);
    element.querySelector("textarea")?.setAttribute("name", `reason-${key}`);
    element.querySelectorAll("button").forEach((button) => { button.value = key; });
    const named = finding.evidence.filter(fieldOf);
    if (named.length) leadTo(element.querySelector("[data-named]"), named);
    else element.querySelector("[data-named]")?.remove();
  });
}

/* Evidence that a finding asks for: unfolded, and linked. */
function leadTo(line, codes) {
  codes.filter(isVacant).forEach((code) => fieldOf(code).closest("details")?.setAttribute("open", ""));
  line?.append(...codes.flatMap((code, place) => {
    const link = document.createElement("a");
    link.href = `#field-${code}`;
    link.textContent = fieldOf(code).querySelector(".question-label").textContent;
    return [place ? ", " : "", link];
  }));
}

function made(template, change) {
  const element = document.getElementById(template).content.firstElementChild.cloneNode(true);
  change(element);
  return element;
}
