/** Issues and costs of a report, shown at the answers that they are about. */

import { cloneTemplate, createLink } from "../../core/dom.js";

/**
 * What a check says of answers.
 *
 * @typedef {object} Issue
 * @property {string} rule
 * @property {string | null} code - The indicator; null for the report as a whole.
 * @property {"error" | "warning"} severity
 * @property {string} message
 * @property {string | null} reason - The justification of a warning.
 * @property {string[]} evidence - Codes of the evidence that the issue asks for.
 */

/**
 * What a breach costs.
 *
 * @typedef {object} Cost
 * @property {string[]} codes - The answers that decide it; the cost is shown at the last of them.
 * @property {string} text
 */

/**
 * An issue with the identity of its element: an element is reused while its rule, its code and its reason stay.
 *
 * @typedef {{ issue: Issue, key: string, reason: string }} KeyedIssue
 */

/**
 * Shows costs at the last of the answers that decide them.
 *
 * @param {readonly Cost[]} costs
 */
export function showCosts(costs) {
  /** @type {NodeListOf<HTMLElement>} */
  const boxes = document.querySelectorAll("[data-costs]");
  for (const box of boxes) {
    /** @type {HTMLElement | null} */
    const question = box.closest(".question");
    const texts = costs.filter((cost) => cost.codes.at(-1) === question?.dataset.code).map((cost) => cost.text);
    if (texts.join("\n") === [...box.children].map((element) => element.textContent).join("\n")) continue;
    box.replaceChildren(...texts.map(createCost));
  }
}

/**
 * Shows issues, and links to the evidence that they still ask for.
 *
 * @param {readonly Issue[]} issues
 */
export function showIssues(issues) {
  preserveFocusPosition(() => {
    /** @type {NodeListOf<HTMLElement>} */
    const boxes = document.querySelectorAll("[data-issues]");
    for (const box of boxes) {
      updateBox(
        box,
        issues.filter((issue) => (issue.code ?? "") === box.dataset.issues),
      );
    }
    const missing = issues.filter((issue) => !issue.reason).flatMap((issue) => issue.evidence.filter(isBlankField));
    /** @type {NodeListOf<HTMLElement>} */
    const links = document.querySelectorAll("[data-missing-evidence]");
    for (const link of links) link.hidden = !missing.includes(link.dataset.missingEvidence ?? "");
  });
}

/** @param {string} code @returns {HTMLElement | null} */
function fieldOf(code) {
  return document.getElementById(`field-${code}`);
}

/** @param {string} code @returns {boolean} */
function isBlankField(code) {
  return fieldOf(code)?.classList.contains("is-blank") ?? false;
}

/**
 * Changes the page without moving the focused field on the screen, even if sections above it expand.
 *
 * @param {() => void} change
 */
function preserveFocusPosition(change) {
  const focused = document.activeElement;
  const before = focused?.getBoundingClientRect().top ?? 0;
  change();
  const distance = (focused?.getBoundingClientRect().top ?? 0) - before;
  if (focused !== document.body && distance) window.scrollBy({ top: distance, behavior: "instant" });
}

/**
 * Updates the issues of one box. The element of an issue that stays is left alone: a person may be typing its reason.
 *
 * @param {HTMLElement} box
 * @param {readonly Issue[]} issues
 */
function updateBox(box, issues) {
  const children = /** @type {HTMLElement[]} */ ([...box.children]);
  const existing = new Map(
    children.map((element) => [identity(element.dataset.key ?? "", element.dataset.reason ?? ""), element]),
  );
  const keyed = issues.map((issue) => ({ issue, key: `${issue.rule}:${issue.code ?? ""}`, reason: issue.reason ?? "" }));
  const identities = keyed.map(({ key, reason }) => identity(key, reason));
  for (const [name, element] of existing) if (!identities.includes(name)) element.remove();
  for (const [index, item] of keyed.entries()) {
    const element = existing.get(identities[index]) ?? createIssue(item);
    if (box.children[index] !== element) box.insertBefore(element, box.children[index] ?? null);
  }
}

/** @param {string} key @param {string} reason @returns {string} */
function identity(key, reason) {
  return `${key}\n${reason}`;
}

/** @param {KeyedIssue} item @returns {HTMLElement} */
function createIssue({ issue, key, reason }) {
  const template = issue.severity === "error" ? "error" : reason ? "justified-warning" : "warning";
  const element = firstElement(template);
  Object.assign(element.dataset, { key, reason });
  setText(element, "[data-message]", issue.message);
  setText(element, "[data-reason-text]", reason);
  element.querySelector("textarea")?.setAttribute("name", `reason-${key}`);
  element.querySelector(".justify")?.setAttribute("id", `reason-${key}`);
  const alike = element.querySelector("[data-alike]");
  if (alike instanceof HTMLAnchorElement)
    alike.search = String(new URLSearchParams({ rule: issue.rule, ...(issue.code && { code: issue.code }) }));
  for (const button of element.querySelectorAll("button")) button.value = key;
  const links = element.querySelector("[data-evidence-links]");
  const codes = issue.evidence.filter(fieldOf);
  if (codes.length) linkEvidence(links, codes);
  else links?.remove();
  return element;
}

/** @param {string} text @returns {HTMLElement} */
function createCost(text) {
  const element = firstElement("cost");
  element.textContent = text;
  return element;
}

/**
 * Unfolds the evidence that an issue asks for, and links to it.
 *
 * @param {Element | null} paragraph
 * @param {readonly string[]} codes
 */
function linkEvidence(paragraph, codes) {
  for (const code of codes.filter(isBlankField)) fieldOf(code)?.closest("details")?.setAttribute("open", "");
  paragraph?.append(
    ...codes.flatMap((code, index) => {
      const label = fieldOf(code)?.querySelector(".question-label")?.textContent ?? code;
      return [index ? ", " : "", createLink(`#field-${code}`, label)];
    }),
  );
}

/** @param {string} template @returns {HTMLElement} */
function firstElement(template) {
  return /** @type {HTMLElement} */ (cloneTemplate(template).firstElementChild);
}

/** @param {Element} root @param {string} selector @param {string} text */
function setText(root, selector, text) {
  const element = root.querySelector(selector);
  if (element) element.textContent = text;
}
