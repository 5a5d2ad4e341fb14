/* Edits on their way to the server. Kept in the browser until the server has answered for each: a lost connection, a closed tab
   or a session that ended loses nothing.

   const outbox = createOutbox({ answers, account, body, year, csrf, onCell, onQueue });
     answers          address of `answers.save`
     account          id of the account: another person at this browser has a queue of their own
     csrf             the page's token; where it has expired, the answer brings a fresh one
     onCell(cell)     what became of a cell: the server's answer, or { organisation, code, state: "waiting" | "saving" };
                      `typed` is the text it is about, `newer` says that something newer is on its way
     onQueue(queue)   { waiting, invalid, conflicts, trouble, message, signIn }; trouble is "", "offline", "signed-out" or "refused"

   outbox.put({ organisation, code, typed, was })   keep an edit and send it soon; `was` is the stored value that the person saw.
                                                    Where the cell has an unsent edit already, its `was` stays and the text is replaced
   outbox.putAll([...])         the same for many
   outbox.flush()               send now what waits; returns a promise
   outbox.resend()              send everything again, also what was not valid or in conflict: call it once, after `pending()` is shown
   outbox.pending()             [{ organisation, code, typed, was, state, answer }], the oldest first
   outbox.entry(organisation, code)
   outbox.choose(organisation, code, "mine" | "theirs")   settle a conflict; "theirs" gives the cell up and returns their value
   outbox.discard(organisation, code)                     give a cell up
   outbox.tell()                                          call onQueue now

   keptIn(account, body, year)   the entries of such an outbox, for a page that has none

   An entry is removed when the server has answered "saved" or "unchanged", or when it is given up. One that is not valid, or in
   conflict, stays. What was sent and not answered is sent again as it was, before anything newer of that cell: whether it arrived
   or not, the server then says so ("unchanged" where it did). Tabs of one browser share the queue, one of them sends at a time. */

const MOST = 1000;
const PAUSE = 600;
const LONGEST = 60000;
const PATIENCE = 30000;
const LEAVING = 60000;

const nameOf = (account, body, year) => `outbox/${account}/${body}/${year}`;

export function keptIn(account, body, year) {
  return createStore(`${nameOf(account, body, year)}/`).all();
}

export function createOutbox({ answers, account, body, year, csrf, onCell, onQueue }) {
  const name = nameOf(account, body, year);
  const store = createStore(`${name}/`);
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  let timer = 0, due = Infinity, failures = 0, renewed = false, token = csrf, sending = null;
  let trouble = "", message = "", signIn = "";

  function put(edit) {
    keep(edit);
    queue();
    plan(PAUSE);
  }

  function putAll(edits) {
    edits.forEach(keep);
    queue();
    plan(0);
  }

  function keep({ organisation, code, typed, was }) {
    const there = store.read(organisation, code);
    if (there?.flying) {
      store.write({ ...there, next: typed });
    } else {
      const seen = there ? there.was : was;
      store.write({ organisation, code, typed, was: seen ?? null, state: "waiting", at: there?.at ?? Date.now() });
    }
    onCell({ organisation, code, state: "waiting", typed });
  }

  function plan(wait) {
    const when = Date.now() + wait;
    if (when >= due && timer) return;
    clearTimeout(timer);
    due = when;
    timer = setTimeout(flush, wait);
  }

  function flush({ leaving = false } = {}) {
    clearTimeout(timer);
    timer = 0;
    due = Infinity;
    sending ??= alone(name, () => send(leaving)).finally(() => { sending = null; });
    return sending;
  }

  async function send(leaving) {
    for (;;) {
      const batch = store.all().filter((entry) => entry.state === "waiting").slice(0, MOST);
      if (!batch.length) break;
      for (const entry of batch) {
        store.write({ ...entry, flying: true });
        onCell({ organisation: entry.organisation, code: entry.code, state: "saving", typed: entry.typed });
      }
      if (!await deliver(batch, leaving)) break;
    }
    queue();
  }

  async function deliver(batch, leaving) {
    const edits = batch.map(({ organisation, code, typed, was }) => ({ organisation, code, typed, was }));
    const content = JSON.stringify({ account, edits });
    let response, answer;
    try {
      response = await fetch(answers, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
        body: content,
        keepalive: leaving && content.length < LEAVING,
        signal: AbortSignal.timeout(PATIENCE),
      });
      answer = await response.json().catch(() => ({}));
    } catch {
      return later("offline");
    }
    if (response.ok && Array.isArray(answer.cells)) {
      failures = 0;
      renewed = false;
      say("");
      answer.cells.forEach(settle);
      return true;
    }
    // A gateway's refusal leaves open whether the server was reached.
    if (response.status < 500) batch.forEach(land);
    if (response.status === 400 && answer.csrf && !renewed) {
      [token, renewed] = [answer.csrf, true];
      return true;
    }
    if (response.status >= 500 || response.status === 429 || response.ok) return later("offline");
    if (response.status === 401) say("signed-out", answer.message, answer.sign_in);
    else if (trouble !== "signed-out") say("refused", answer.message);
    batch.forEach((entry) => onCell({ ...pick(entry), state: "waiting" }));
    return false;
  }

  function land(entry) {
    const there = store.read(entry.organisation, entry.code);
    if (there?.flying) store.write({ ...there, typed: there.next ?? there.typed, next: undefined, flying: undefined });
  }

  function later(what) {
    failures += 1;
    say(what);
    store.all().filter((entry) => entry.state === "waiting").forEach((entry) => onCell({ ...pick(entry), state: "waiting" }));
    plan(Math.min(LONGEST, 1000 * 2 ** (failures - 1)));
    return false;
  }

  function settle(cell) {
    const there = store.read(cell.organisation, cell.code);
    if (!there) return;
    const newer = there.next !== undefined && there.next !== there.typed;
    const typed = there.typed, mine = newer ? there.next : typed;
    const rest = { ...pick(there), typed: mine, at: there.at };
    if (cell.state === "conflict") {
      store.write({ ...rest, state: "conflict", answer: cell });
    } else if (newer) {
      store.write({ ...rest, was: cell.state === "invalid" ? there.was : cell.value, state: "waiting" });
    } else if (cell.state === "invalid") {
      store.write({ ...rest, state: "invalid", answer: cell });
    } else {
      store.remove(cell.organisation, cell.code);
    }
    const told = { ...cell, typed: cell.state === "conflict" ? mine : typed, newer: newer && cell.state !== "conflict" };
    onCell(told);
    channel?.postMessage(told);
  }

  function choose(organisation, code, which) {
    const there = store.read(organisation, code);
    if (there?.state !== "conflict") return null;
    if (which === "mine") {
      store.write({ ...pick(there), was: there.answer.theirs.value, state: "waiting", at: there.at });
      queue();
      flush();
      return null;
    }
    discard(organisation, code);
    return there.answer.theirs;
  }

  function discard(organisation, code) {
    store.remove(organisation, code);
    queue();
  }

  function resend() {
    for (const entry of store.all()) store.write({ ...entry, state: "waiting" });
    queue();
    if (store.all().length) flush();
  }

  function say(what, words = "", address = "") {
    [trouble, message, signIn] = [what, words ?? "", address ?? ""];
    queue();
  }

  function queue() {
    const all = store.all();
    const count = (wanted) => all.filter((entry) => entry.state === wanted).length;
    onQueue({ waiting: count("waiting"), invalid: count("invalid"), conflicts: count("conflict"), trouble, message, signIn });
  }

  function retry() {
    if (store.all().some((entry) => entry.state === "waiting")) flush();
  }

  channel?.addEventListener("message", ({ data }) => { onCell(data); queue(); });
  window.addEventListener("online", retry);
  window.addEventListener("focus", retry);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") flush({ leaving: true });
    else retry();
  });
  window.addEventListener("pagehide", () => flush({ leaving: true }));

  return { put, putAll, flush, resend, pending: () => store.all(), entry: store.read, choose, discard, tell: queue };
}

function pick({ organisation, code, typed, was }) {
  return { organisation, code, typed, was };
}

/* Run while no other tab of this browser does. */
function alone(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : Promise.resolve().then(work);
}

/* Entries by cell, each under a key of its own so that tabs do not overwrite each other's; in memory where the browser keeps nothing. */
function createStore(prefix) {
  const memory = new Map();
  const keyOf = (organisation, code) => `${prefix}${organisation}/${code}`;

  function parse(key) {
    if (memory.has(key)) return memory.get(key);
    try {
      return JSON.parse(localStorage.getItem(key)) ?? undefined;
    } catch {
      return undefined;
    }
  }

  function keys() {
    const found = new Set(memory.keys());
    try {
      for (let place = 0; place < localStorage.length; place += 1) found.add(localStorage.key(place));
    } catch {
      // Storage is switched off: memory has everything.
    }
    return [...found].filter((key) => key.startsWith(prefix));
  }

  return {
    read: (organisation, code) => parse(keyOf(organisation, code)),
    write(entry) {
      const key = keyOf(entry.organisation, entry.code);
      try {
        localStorage.setItem(key, JSON.stringify(entry));
        memory.delete(key);
      } catch {
        memory.set(key, entry);
      }
    },
    remove(organisation, code) {
      const key = keyOf(organisation, code);
      memory.delete(key);
      try {
        localStorage.removeItem(key);
      } catch {
        // It was never there.
      }
    },
    all: () => keys().map(parse).filter((entry) => entry?.organisation).sort((one, other) => one.at - other.at),
  };
}
