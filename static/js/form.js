/* The report's form: every answer is saved as it is given, and says so; keys go on, choose and lead from blank to blank. */

import { holds } from "./conditions.js";
import { createElsewhere } from "./elsewhere.js";
import { showCosts, showFindings } from "./findings.js";
import { createLeaving } from "./leaving.js";
import { createOutbox } from "./outbox.js";
import { createQuestion } from "./question.js";

const form = document.getElementById("report");
const words = document.getElementById("words").dataset;
const own = form.dataset.organisation;
const around = { form, words, own, outbox: () => outbox, onSaved: refreshSoon, onTyped: judgeIdle };
const questions = new Map([...document.querySelectorAll(".question")].map((element) => [element.dataset.code, createQuestion(element, around)]));
const progress = document.querySelector("[data-answered]");
const queueState = document.querySelector("[data-queue]");
const steps = document.querySelector("[data-steps]");
const held = document.querySelector("[data-held]");
const elsewhere = createElsewhere({ own, state: form.dataset.state, words, outbox: () => outbox, isHere: (code) => questions.has(code) });
let blank = [...document.querySelectorAll(".question.needed")].map((element) => element.dataset.code);
let refreshTimer = 0, refreshes = 0, slowSince = 0, cut = false, warned = "";
const SLOW = 2500;

const outbox = createOutbox({
  answers: form.dataset.answers,
  account: Number(form.dataset.account),
  body: form.dataset.body,
  year: form.dataset.year,
  csrf: form.elements.csrf_token.value,
  onCell,
  onQueue,
});

document.documentElement.classList.add("with-script");
document.querySelector("[data-keys]").hidden = false;
restore();
document.addEventListener("input", ({ target }) => questionOf(target)?.typed());
document.addEventListener("change", ({ target }) => questionOf(target)?.typed());
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const question = questionOf(target);
  if (question && question !== questionOf(relatedTarget)) question.left();
});
for (const question of questions.values()) if (question.early && !question.element.hasAttribute("data-unsaved")) question.typed();
document.addEventListener("keydown", onKey);
document.addEventListener("submit", onSubmit);
document.addEventListener("click", ({ target }) => {
  // A link to where the address stands already leads nowhere by itself.
  const link = target.closest?.("a[href^='#']");
  if (link?.hash && link.hash === location.hash) goToHash();
});
const leaving = createLeaving({
  probe: `${form.dataset.state}?organisation=`,
  doubtful: () => cut || !navigator.onLine,
  before: () => outbox.flush(),
  say: (isHeld) => { held.textContent = isHeld ? words.stay : ""; },
});
window.addEventListener("hashchange", goToHash);
// Once loaded, a browser goes to the place in the address itself, and takes the focus away.
if (document.readyState === "complete") goToHash();
else window.addEventListener("load", () => setTimeout(goToHash));

function questionOf(node) {
  const element = node?.closest?.(".question");
  const isControl = node?.matches?.(".choice input, .answer > input.form-control, .answer > textarea");
  return element && isControl ? questions.get(element.dataset.code) : undefined;
}

/* What the browser kept of an earlier visit, and what a page without this script had sent in vain. */
function restore() {
  for (const entry of outbox.pending()) {
    if (entry.organisation === own) questions.get(entry.code)?.keep(entry);
  }
  for (const element of document.querySelectorAll(".question[data-unsaved]")) {
    const question = questions.get(element.dataset.code);
    const was = JSON.parse(form.elements[`was-${question.code}`].value);
    if (!outbox.entry(own, question.code)) outbox.put({ organisation: own, code: question.code, typed: question.text, was });
  }
  outbox.resend();
}

function onCell(cell) {
  if (cell.organisation === own) questions.get(cell.code)?.tell(cell);
}

function onQueue({ waiting, invalid, conflicts, trouble, message, signIn }) {
  const parts = [];
  if (!waiting || trouble) slowSince = 0;
  if (trouble === "offline" && waiting) parts.push(fill(words.cut, { waiting }));
  else if (waiting) parts.push(trouble || isSlow(waiting) ? fill(words.left, { waiting }) : words.saving);
  if (trouble === "signed-out") parts.push(message || words.signedOut);
  if (trouble === "refused") parts.push(message || words.refused);
  if (invalid) parts.push(fill(words.wrong, { invalid }));
  if (conflicts) parts.push(fill(words.clash, { conflicts }));
  const calm = !parts.length;
  if (calm) parts.push(queueState.dataset.touched ? words.all : words.ready);
  if (!calm) queueState.dataset.touched = "yes";
  queueState.dataset.state = calm ? "saved" : trouble || invalid || conflicts ? "trouble" : "waiting";
  const lines = [document.createTextNode(parts.join(" "))];
  if (trouble === "signed-out" && signIn) lines.push(" ", link(signIn, words.signIn));
  lines.push(...elsewhere());
  if (queueState.textContent !== lines.map((each) => each.textContent ?? each).join("")) queueState.replaceChildren(...lines);
  if (cut && trouble !== "offline") held.textContent = "";
  cut = trouble === "offline";
  if (cut) questions.forEach((question) => question.cut());
  if (calm) document.querySelector("[data-troubles]")?.remove();
}

/* Whether saving takes so long that it needs more words. */
function isSlow(waiting) {
  if (!slowSince) {
    slowSince = Date.now();
    setTimeout(() => outbox.tell(), SLOW);
  }
  return Date.now() - slowSince >= SLOW && waiting > 0;
}

function link(address, text) {
  const made = document.createElement("a");
  made.href = address;
  made.textContent = text;
  return made;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/* Progress, findings and costs follow from the answers, and are asked for once these are saved. */
function refreshSoon() {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(refresh, 150);
}

async function refresh() {
  const number = ++refreshes;
  try {
    const response = await fetch(`${form.dataset.state}?organisation=${own}`, { headers: { Accept: "application/json" } });
    const found = (await response.json()).organisations?.[own];
    if (found && number === refreshes) show(found);
  } catch {
    // The next answer that is saved asks again.
  }
}

function show({ answered, asked, blank: left, findings, costs }) {
  blank = left;
  progress.textContent = fill(words.progress, { given: answered, asked });
  judgeIdle();
  showCosts(costs);
  showFindings(findings);
}

/* A question that the other answers leave no room for is dimmed, never emptied. */
function judgeIdle() {
  const answerOf = (code) => questions.get(code);
  for (const question of questions.values()) {
    if ("optional" in question.element.dataset) continue;
    const idle = question.condition === undefined ? !blank.includes(question.code) : !holds(question.condition, answerOf);
    question.element.classList.toggle("idle", idle && !question.text.trim());
  }
}

/* Keys */

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const step = steps.querySelector(event.key === "ArrowDown" ? "[rel=next]" : "[rel=prev]");
    if (step) {
      event.preventDefault();
      step.click();
    }
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    goToBlank(questionOf(event.target));
    return;
  }
  const question = questionOf(event.target);
  if (!question || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    goOn(question);
  } else if (question.radios.length) {
    chooseByKey(question, event);
  }
}

function chooseByKey(question, event) {
  const key = event.key.toLowerCase();
  const sharing = key.length === 1 && key !== " " ? question.radios.filter(({ dataset }) => dataset.shared.includes(key)) : [];
  if (sharing.length) {
    event.preventDefault();
    question.choose(sharing[(sharing.findIndex((radio) => radio.checked) + 1) % sharing.length]);
    return;
  }
  const empties = key === "delete" || key === "backspace";
  const radio = question.radios.find(({ dataset }) => dataset.number === (empties ? "0" : key) || (key.length === 1 && dataset.letters.includes(key)));
  if (!radio || key === " ") return;
  event.preventDefault();
  question.choose(radio);
  if (!empties) goOn(question);
}

/* To the next question that is in sight and asked; after the last one, to what comes after the form. */
function goOn(from) {
  const all = [...questions.values()];
  const next = all.slice(all.indexOf(from) + 1).find((each) => !each.folded && !each.idle);
  if (next) next.focus();
  else (document.querySelector("[data-next]") ?? document.querySelector(".report-bar button")).focus();
}

function goToBlank(from) {
  const all = [...questions.values()];
  const start = from ? all.indexOf(from) + 1 : 0;
  const next = [...all.slice(start), ...all.slice(0, start)].find((each) => blank.includes(each.code) && !each.text.trim());
  if (next && next !== from) next.focus();
  else leaving.go(steps.dataset.onward);
}

function goToHash() {
  // Whoever comes from another organisation goes on typing; without this script the address leads nowhere in the page.
  if (location.hash === "#first") {
    [...questions.values()].find((each) => !each.folded && !each.idle)?.focus();
    return;
  }
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.classList.contains("question")) questions.get(target.dataset.code).focus();
  else if (target?.closest("details")) {
    target.closest("details").open = true;
    target.scrollIntoView({ block: "center" });
  }
}

function onSubmit(event) {
  if (event.target !== form || event.submitter?.name !== "go") return;
  event.preventDefault();
  questions.forEach((question) => question.left());
  const onward = event.submitter.value === "next" ? steps.querySelector("[rel=next]") : null;
  outbox.flush().finally(() => {
    const wrong = [...questions.values()].filter(({ code }) => ["invalid", "conflict"].includes(outbox.entry(own, code)?.state));
    const seen = wrong.map(({ code, text }) => `${code}=${text}`).join("\n");
    // The first press leads to what is wrong; who has seen it goes on by a second one.
    if (wrong.length && (!onward || seen !== warned)) {
      warned = seen;
      wrong[0].focus();
      held.textContent = onward ? words.mend : "";
    } else {
      held.textContent = "";
      onward?.click();
    }
  });
}
