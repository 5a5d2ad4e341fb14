/* Each cell on its way to the server, by the outbox that the form has too; and what follows from the answers: progress, findings. */

import { createOutbox } from "../outbox.js";
import { folded } from "./table.js";

const STATES = ["waiting", "saving", "saved", "invalid", "conflict"];
const PAUSE = 400;
const SINGLY = 50;

export function createSaving({ root, table, words, selection, editable }) {
  const told = new Map();
  const stale = new Set();
  // What was done on this page and may be undone: an answer typed, or a step of the server's by its name.
  const done = [];
  // What cells showed before a text that is not valid: that is stored in them still.
  const valid = new WeakMap();
  const info = Object.fromEntries([...root.querySelectorAll("#grid-cell [data-part]")].map((each) => [each.dataset.part, each]));
  const panel = root.querySelector("#grid-cell");
  const { save, state, account, body, year, csrf } = root.dataset;
  // What is said of a cell is folded away where there is little room, but never what is wrong with it.
  let timer = 0, lasting = { waiting: 0 }, unfolded = !matchMedia("(max-width: 47.98rem)").matches;

  const outbox = editable ? createOutbox({ answers: save, account: Number(account), body, year, csrf, onCell, onQueue }) : null;

  function show(td, what, cell = {}) {
    td.classList.remove(...STATES);
    td.classList.add(what);
    if (what === "invalid") td.setAttribute("aria-invalid", "true");
    else if (!td.classList.contains("e")) td.removeAttribute("aria-invalid");
    td.title = what === "invalid" ? cell.message : what === "conflict" ? words.say("conflict") : "";
    if (what === "saved") told.delete(td);
    else told.set(td, { what, ...cell });
    if (td === selection.active) describe(td);
  }

  /* Nothing is to be said of the cell any more. */
  function clear(td) {
    td.classList.remove(...STATES);
    if (!td.classList.contains("e")) td.removeAttribute("aria-invalid");
    td.title = "";
    told.delete(td);
    if (td === selection.active) describe(td);
  }

  function onCell(cell) {
    const td = table.cell(cell.organisation, cell.code);
    if (!td) return;
    if (cell.state === "waiting" || cell.state === "saving") {
      if (cell.typed !== undefined) td.textContent = cell.typed;
      show(td, cell.state, cell);
      return;
    }
    if (cell.newer) return;
    if (cell.state === "saved" || cell.state === "unchanged") {
      td.textContent = cell.text;
      show(td, "saved");
      words.tell(cell.text ? words.say("saved", cell.text) : words.say("emptied"));
      follow([cell.organisation]);
    } else {
      td.textContent = cell.typed;
      show(td, cell.state, cell);
      words.tell(cell.state === "invalid" ? words.say("invalid", cell.typed, cell.message) : words.say("conflict"));
    }
  }

  function onQueue(queue) {
    lasting = queue;
    const said = [];
    if (queue.trouble === "signed-out") said.push(words.say("signed_out", queue.waiting));
    else if (queue.trouble === "refused") said.push(words.say("refused", queue.message));
    else if (queue.trouble && queue.waiting) said.push(words.say("waiting", queue.waiting));
    if (queue.invalid) said.push(words.say("invalid_count", queue.invalid));
    if (queue.conflicts) said.push(words.say("conflict_count", queue.conflicts));
    words.keep(said.join(" "));
    root.classList.toggle("trouble", Boolean(queue.trouble));
  }

  function isInvalid(td) {
    return told.get(td)?.what === "invalid";
  }

  /* What is stored in a cell, as text. */
  function underlying(td) {
    return isInvalid(td) ? valid.get(td) ?? "" : td.textContent;
  }

  function put(td, typed) {
    const before = underlying(td);
    done.push({ td, before });
    send(td, typed);
    valid.set(td, before);
  }

  function send(td, typed) {
    const there = outbox.entry(table.bin(td), table.code(td));
    const was = there ? there.was : table.stored(td, underlying(td));
    outbox.put({ organisation: table.bin(td), code: table.code(td), typed, was });
  }

  /* Ask what follows from what was stored: soon, and for all that was stored meanwhile. */
  function follow(bins) {
    bins.forEach((bin) => stale.add(bin));
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    const bins = [...stale];
    stale.clear();
    const query = bins.length > SINGLY ? "" : `?${new URLSearchParams(bins.map((bin) => ["organisation", bin]))}`;
    try {
      const response = await fetch(state + query, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      for (const [bin, found] of Object.entries((await response.json()).organisations)) follows(bin, found);
      if (selection.active) describe(selection.active);
    } catch {
      bins.forEach((bin) => stale.add(bin));
    }
  }

  function follows(bin, found) {
    const row = table.row(bin);
    if (!row) return;
    const open = found.findings.filter((each) => each.severity === "error" || !each.reason);
    const marks = { blank: found.blank.length, errors: open.some((each) => each.severity === "error"), warnings: open.some((each) => each.severity === "warning") };
    row.dataset.marks = Object.keys(marks).filter((mark) => marks[mark]).join(" ");
    row.dataset.findings = JSON.stringify(found.findings);
    row.cells[0].querySelector("b").textContent = `${found.answered}\u00a0/\u00a0${found.asked}`;
    table.columns.forEach(({ code }, position) => {
      if (!code) return;
      const td = row.cells[position], here = open.filter((each) => each.code === code);
      const error = here.some((each) => each.severity === "error");
      td.classList.toggle("x", !td.textContent && !found.blank.includes(code));
      td.classList.toggle("e", error);
      td.classList.toggle("w", !error && here.length > 0);
      if (error) td.setAttribute("aria-invalid", "true");
      else if (!td.classList.contains("invalid")) td.removeAttribute("aria-invalid");
    });
  }

  function describe(td) {
    const column = table.column(td), said = [];
    info.own.textContent = table.own(td);
    info.column.textContent = column.code ? column.label : "";
    info.history.hidden = !column.code;
    info.history.href = info.history.dataset.address.replace("OWN", table.bin(td)).replace("CODE", column.code);
    const cell = told.get(td);
    if (cell?.what === "invalid") said.push(words.say("invalid", cell.typed, cell.message));
    else if (cell?.what === "conflict") said.push(words.say("conflict"));
    else if (cell) said.push(words.say("saving", cell.typed ?? ""));
    for (const each of JSON.parse(td.parentElement.dataset.findings ?? "[]")) {
      if (each.code !== (column.code ?? null)) continue;
      said.push(words.say(each.severity, each.message));
      if (each.reason) said.push(words.say("reason", each.reason));
    }
    for (const text of JSON.parse(td.parentElement.dataset.remarks ?? "{}")[column.code] ?? []) said.push(words.say("remark", text));
    if (column.code && !td.textContent.trim() && !cell) said.push(words.say(td.classList.contains("x") ? "idle" : "blank"));
    if (editable && column.options.length) {
      said.push(words.say("keys", column.options.map(([, label, keys]) => `${keys[0]} – ${label}`).join("; ")));
    } else if (!cell && !td.matches(".e, .w")) said.push(column.hint);
    info.said.textContent = said.filter(Boolean).join(" · ");
    const alarming = td.matches(".e, .invalid, .conflict");
    info.said.classList.toggle("alarm", alarming);
    panel.open = unfolded || alarming;
  }

  /* Cells that were changed in one step: { BIN: { code: [stored, text] } }. With its name the step can be undone, and `wrong`, the
     cells that it could not take, go with it. */
  function apply(cells, batch, wrong = []) {
    if (batch) done.push({ batch, left: reject(wrong) });
    for (const [bin, row] of Object.entries(cells)) {
      for (const [code, [, text]] of Object.entries(row)) {
        const td = table.cell(bin, code);
        if (!td) continue;
        td.textContent = text;
        show(td, "saved");
      }
    }
    follow(Object.keys(cells));
  }

  /* Cells that a paste could not take stay on screen, to be mended. Gives back what they showed before. */
  function reject(cells) {
    return cells.flatMap(({ organisation, code, typed, message }) => {
      const td = table.cell(organisation, code);
      if (!td) return [];
      const before = { td, text: td.textContent, cell: told.get(td) };
      valid.set(td, underlying(td));
      td.textContent = typed;
      show(td, "invalid", { typed, message });
      return [before];
    });
  }

  /* Those of them that still are not valid show again what they showed before. */
  function restoreLeft(left) {
    for (const { td, text, cell } of left) {
      if (!isInvalid(td)) continue;
      if (outbox.entry(table.bin(td), table.code(td))?.state === "invalid") outbox.discard(table.bin(td), table.code(td));
      td.textContent = text;
      clear(td);
      if (cell) show(td, cell.what, cell);
    }
  }

  async function undo() {
    const last = done.pop();
    if (last?.td) {
      send(last.td, folded(last.before));
      selection.activate(last.td);
    } else if (!await undoStep(last) && last) {
      done.push(last);
    }
  }

  /* A step of the server's: the one named, or whatever the person did last with this body's year. False where it has to wait. */
  async function undoStep({ batch, left = [] } = {}) {
    await outbox.flush();
    if (lasting.waiting) {
      words.tell(words.say(lasting.trouble ? "offline" : "not_ready"));
      return false;
    }
    const answer = await post(root.dataset.undo, { batch });
    if (answer.cells) {
      apply(answer.cells);
      restoreLeft(left);
    }
    if (answer.html) root.dispatchEvent(new CustomEvent("shown", { detail: answer }));
    else words.tell(answer.message);
    return answer.reached;
  }

  /* A request in one step; what went wrong is in its message. */
  async function post(url, content) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify(content),
      });
      const answer = await response.json().catch(() => ({}));
      return { message: words.say("failed"), ...answer, reached: true };
    } catch {
      return { reached: false, message: words.say("offline") };
    }
  }

  function restore() {
    for (const { organisation, code, typed, state: what, answer } of outbox.pending()) {
      const td = table.cell(organisation, code);
      if (!td || folded(td.textContent) === folded(typed)) continue;
      valid.set(td, td.textContent);
      td.textContent = typed;
      show(td, what, { typed, ...answer });
    }
    outbox.resend();
  }

  panel.firstElementChild.addEventListener("click", () => { unfolded = !panel.open; });
  const saving = { put, apply, undo, post, describe, told, outbox };
  if (outbox) restore();
  return saving;
}
