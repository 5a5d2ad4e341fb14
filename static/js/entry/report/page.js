/** Page script of a report's form: saves every answer as it is typed, and shows progress, issues and costs that follow. */

import { elementOf, requireElement } from "../../core/dom.js";
import { getJson } from "../../core/http.js";
import { formatMessage } from "../../core/text.js";
import { createOutbox } from "../outbox/outbox.js";
import { isSatisfied } from "./condition.js";
import { createEvidence } from "./evidence.js";
import { showCosts, showIssues } from "./issues.js";
import { listenToKeys } from "./keyboard.js";
import { createOfflineGuard } from "./offline-guard.js";
import { createOtherEntries } from "./other-entries.js";
import { createQuestion } from "./question.js";
import { createSaveStatus } from "./save-status.js";

/** @import { QueueStatus } from "../outbox/queue.js" */
/** @import { CellNotice } from "../outbox/states.js" */
/** @import { Question } from "./question.js" */

const REFRESH_DELAY_MS = 150;

const form = requireElement(document, "#report", HTMLFormElement);
const messages = requireElement(document, "#messages", HTMLTemplateElement).dataset;
const { organisation = "", stateUrl = "", saveUrl = "", account = "0", body = "", year = "" } = form.dataset;
const yearState = requireElement(form, "[name=year_state]", HTMLInputElement).value;
const progress = requireElement(document, "[data-answer-count]", HTMLElement);
const steps = requireElement(document, "[data-steps]", HTMLElement);
const errorCount = requireElement(document, "[data-error-count]", HTMLAnchorElement);
const leaveWarning = requireElement(document, "[data-leave-warning]", HTMLElement);

/** @type {HTMLElement[]} */
const questionElements = [...document.querySelectorAll(/** @type {"div"} */ (".question"))];
const context = { messages, organisation, outbox: () => outbox, onSaved: scheduleRefresh, onInput: updateRequired };
const questions = new Map(questionElements.map((element) => [element.dataset.code ?? "", createQuestion(element, context)]));
let blankCodes = questionElements
  .filter((element) => element.classList.contains("is-required"))
  .map((element) => element.dataset.code);
let refreshTimer = 0;
let refreshCount = 0;
let isOffline = false;
/** What the person was warned of before going on. */
let warnedOf = "";

const otherEntries = createOtherEntries({
  organisation,
  stateUrl,
  messages,
  outbox: () => outbox,
  hasField: (code) => questions.has(code),
});
const showSaveStatus = createSaveStatus({ messages, outbox: () => outbox, otherEntries });
const outbox = createOutbox({
  saveUrl,
  account: Number(account),
  body,
  year,
  yearState,
  csrfToken: requireElement(form, "[name=csrf_token]", HTMLInputElement).value,
  onCell,
  onStatus,
});

document.documentElement.classList.add("with-script");
requireElement(document, "[data-keyboard-help]", HTMLElement).hidden = false;
restoreUnsaved();
document.addEventListener("input", ({ target }) => questionOf(target)?.onInput());
document.addEventListener("change", ({ target }) => questionOf(target)?.onInput());
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const question = questionOf(target);
  if (question && question !== questionOf(relatedTarget)) question.onBlur();
});
for (const question of questions.values()) {
  if (question.hasEarlyInput && !question.element.hasAttribute("data-unsaved")) question.onInput();
}
listenToKeys({ questionOf, goToNext, goToBlank, goToOrganisation });
document.addEventListener("submit", onSubmit);
errorCount.addEventListener("click", (event) => {
  event.preventDefault();
  openErrors()[0]?.focus();
});
document.addEventListener("click", ({ target }) => {
  // A browser does nothing for a link to the fragment that the address already has.
  const link = elementOf(target)?.closest("a[href^='#']");
  if (link instanceof HTMLAnchorElement && link.hash && link.hash === location.hash) goToFragment();
});
const offlineGuard = createOfflineGuard({
  probeUrl: `${stateUrl}?organisation=`,
  isConnectionDoubtful: () => isOffline || !navigator.onLine,
  beforeLeaving: () => outbox.flush(),
  setWarning: (isStopped) => {
    leaveWarning.textContent = isStopped ? (messages.stayOffline ?? "") : "";
  },
});
const evidence = createEvidence({ form, messages, onAttached: scheduleRefresh });
window.addEventListener("hashchange", goToFragment);
// Once loaded, a browser scrolls to the fragment itself and takes the focus away.
if (document.readyState === "complete") goToFragment();
else window.addEventListener("load", () => setTimeout(goToFragment));

/** @param {EventTarget | null} target @returns {Question | undefined} */
function questionOf(target) {
  const control = elementOf(target);
  if (!control?.matches(".choice input, .answer > input.form-control, .answer > textarea")) return undefined;
  /** @type {HTMLElement | null} */
  const element = control.closest(".question");
  return questions.get(element?.dataset.code ?? "");
}

/** Restores what the browser stored on an earlier visit, and queues what a page without this script had sent in vain. */
function restoreUnsaved() {
  for (const entry of outbox.pending()) {
    if (entry.organisation === organisation) questions.get(entry.code)?.restore(entry);
  }
  for (const question of questions.values()) {
    if (!question.element.hasAttribute("data-unsaved") || outbox.entry(organisation, question.code)) continue;
    const expected = JSON.parse(requireElement(question.element, "[data-expected]", HTMLInputElement).value);
    outbox.put({ organisation, code: question.code, typed: question.text, expected });
  }
  outbox.resend();
}

/** @param {CellNotice} notice */
function onCell(notice) {
  if (notice.organisation === organisation) questions.get(notice.code)?.onStatus(notice);
}

/** @param {QueueStatus} status */
function onStatus(status) {
  const isSaved = showSaveStatus(status);
  if (isOffline && status.trouble !== "offline") leaveWarning.textContent = "";
  isOffline = status.trouble === "offline";
  if (isOffline) for (const question of questions.values()) question.showOffline();
  if (isSaved) document.querySelector("[data-unsaved-list]")?.remove();
}

/** Asks for progress, issues and costs soon: they follow from the stored answers. */
function scheduleRefresh() {
  clearTimeout(refreshTimer);
  refreshTimer = window.setTimeout(refresh, REFRESH_DELAY_MS);
}

async function refresh() {
  refreshCount += 1;
  const number = refreshCount;
  try {
    const answer = await getJson(`${stateUrl}?organisation=${organisation}`);
    const state = answer?.organisations?.[organisation];
    if (state && number === refreshCount) showState(state);
  } catch {
    // The next answer that is saved asks again.
  }
}

/** @param {any} state - An organisation's part of the answer of `answers.state`. */
function showState({ answered, required, blank, issues, costs }) {
  blankCodes = blank;
  progress.textContent = formatMessage(messages.progress ?? "", { answered, required });
  updateRequired();
  showCosts(costs);
  showIssues(issues);
  showErrorCount();
}

/** Shows the number of errors where it is always in view: an error of several answers may stand outside of it. */
function showErrorCount() {
  const { length } = openErrors();
  errorCount.hidden = !length;
  errorCount.textContent = formatMessage(messages.errorCount ?? "", { "count": length });
}

/** Dims a question that the other answers make unnecessary; its answer stays. */
function updateRequired() {
  for (const question of questions.values()) {
    if ("optional" in question.element.dataset) continue;
    const isRequired =
      question.condition === undefined
        ? blankCodes.includes(question.code)
        : isSatisfied(question.condition, (code) => questions.get(code));
    question.element.classList.toggle("is-not-required", !isRequired && !question.text.trim());
  }
  updateEvidenceCounts();
}

/** Counts the evidence that is filled in, beside each heading. */
function updateEvidenceCounts() {
  for (const count of document.querySelectorAll("[data-evidence-count]")) {
    const items = [...(count.closest("details")?.querySelectorAll(".question") ?? [])];
    const answered = items.filter(({ classList }) => !classList.contains("is-blank")).length;
    count.textContent = formatMessage(messages.filled ?? "", { answered, all: items.length });
  }
}

/** @param {Question} question @returns {boolean} */
function canBeVisited(question) {
  return !question.isCollapsed && !question.isNotRequired;
}

/**
 * Goes to the next question that is visible and required; after the last one to the button that follows the form.
 *
 * @param {Question} current
 */
function goToNext(current) {
  const all = [...questions.values()];
  const next = all.slice(all.indexOf(current) + 1).find(canBeVisited);
  if (next) next.focus();
  else
    (
      document.querySelector(/** @type {"button"} */ ("[data-next]")) ??
      requireElement(document, ".report-bar button", HTMLButtonElement)
    ).focus();
}

/** @param {Question | undefined} current */
function goToBlank(current) {
  const all = [...questions.values()];
  const start = current ? all.indexOf(current) + 1 : 0;
  const next = [...all.slice(start), ...all.slice(0, start)].find(({ code, text }) => blankCodes.includes(code) && !text.trim());
  if (next && next !== current) next.focus();
  else offlineGuard.goTo(steps.dataset.nextBlankUrl ?? "");
}

/** @param {"next" | "prev"} direction @returns {boolean} */
function goToOrganisation(direction) {
  const link = steps.querySelector(/** @type {"a"} */ (`[rel=${direction}]`));
  link?.click();
  return Boolean(link);
}

/** Focuses the question in the address. "#first" means the first question: the link comes from another organisation's form. */
function goToFragment() {
  if (location.hash === "#first") {
    [...questions.values()].find(canBeVisited)?.focus();
    return;
  }
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (target?.classList.contains("question")) questions.get(target.dataset.code ?? "")?.focus();
  else if (target && details) {
    details.open = true;
    target.scrollIntoView({ block: "center" });
  }
}

/**
 * Saves by the outbox instead of sending the form. The first press leads to what is not stored or has an error; a second press goes on
 * to the next organisation all the same, because an answer stays in the browser.
 *
 * @param {SubmitEvent} event
 */
function onSubmit(event) {
  const { submitter } = event;
  if (event.target !== form || !(submitter instanceof HTMLButtonElement) || submitter.name !== "go") return;
  event.preventDefault();
  for (const question of questions.values()) question.onBlur();
  const nextLink = submitter.value === "next" ? steps.querySelector(/** @type {"a"} */ ("[rel=next]")) : null;
  saveAll().finally(() => goOn(nextLink));
}

/** Waits until answers and files are stored and their issues are shown, as far as the server can be reached. */
async function saveAll() {
  await outbox.flush();
  await evidence.firstPendingField();
  if (!isOffline) await refresh();
}

/** @param {HTMLAnchorElement | null} nextLink - Null where the person stays on the page. */
async function goOn(nextLink) {
  const obstacle = await firstObstacle();
  if (obstacle && (!nextLink || obstacle.identity !== warnedOf)) {
    warnedOf = obstacle.identity;
    obstacle.focus();
    leaveWarning.textContent = nextLink ? (obstacle.message ?? "") : "";
    return;
  }
  leaveWarning.textContent = "";
  if (nextLink) evidence.discardFiles();
  nextLink?.click();
}

/**
 * Finds what a person should see before leaving: an answer that is not stored, a file that is not attached, an error.
 *
 * @returns {Promise<{ identity: string, message: string | undefined, focus: () => void } | null>}
 */
async function firstObstacle() {
  const unsaved = [...questions.values()].filter(({ code }) =>
    ["invalid", "conflict"].includes(outbox.entry(organisation, code)?.state ?? ""),
  );
  if (unsaved.length) {
    const identity = unsaved.map(({ code, text }) => `${code}=${text}`).join("\n");
    return { identity, message: messages.fixFirst, focus: () => unsaved[0].focus() };
  }
  const field = await evidence.firstPendingField();
  if (field) return { identity: field.value, message: messages.attachFirst, focus: () => field.focus() };
  const issues = openErrors();
  if (!issues.length) return null;
  return { identity: issues.map(({ identity }) => identity).join("\n"), message: messages.errorFirst, focus: issues[0].focus };
}

/**
 * Lists the errors that the page shows, in its order.
 *
 * @returns {{ identity: string, focus: () => void }[]}
 */
function openErrors() {
  /** @type {NodeListOf<HTMLElement>} */
  const elements = document.querySelectorAll("[data-issues] > .issue.is-error");
  return [...elements].map((element) => {
    /** @type {HTMLElement | null} */
    const box = element.closest(".question");
    const focus = () => {
      questions.get(box?.dataset.code ?? "")?.focus();
      element.scrollIntoView({ block: "center" });
    };
    return { identity: `${element.dataset.key}=${element.textContent}`, focus };
  });
}
