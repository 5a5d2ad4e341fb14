/* The dialogs: what a paste or a filling would change, what blanks are filled with, and what to do where two changed one answer. */

function parts(dialog) {
  return Object.fromEntries([...dialog.querySelectorAll("[data-part]")].map((each) => [each.dataset.part, each]));
}

function prepare(dialog, selection) {
  for (const button of dialog.querySelectorAll("[data-do=close]")) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => selection.active?.focus({ preventScroll: true }));
}

export function createPreview({ root, saving, selection, words }) {
  const dialog = root.querySelector("#grid-preview");
  const { body, erase, refused } = parts(dialog);
  const take = dialog.querySelector("[data-do=take]"), tick = erase.querySelector("input");
  let address = "", content = {}, digest = "";

  function show(answer) {
    body.innerHTML = answer.html ?? "";
    refused.hidden = Boolean(answer.html) || !answer.message;
    refused.textContent = answer.html ? "" : answer.message ?? "";
    digest = answer.digest ?? "";
    take.hidden = !answer.takes;
    take.disabled = false;
    // Only where there are blank cells is there anything to choose.
    erase.hidden = !(answer.kept || content.erase) || !answer.digest;
    tick.checked = content.erase === "1";
    if (!dialog.open) dialog.showModal();
    // Where there is nothing to look into, one key more takes it.
    (answer.plain && answer.takes ? take : dialog.querySelector("h2")).focus();
  }

  async function open(url, asked) {
    [address, content] = [url, asked];
    show(await saving.post(url, asked));
  }

  async function store() {
    take.disabled = true;
    const answer = await saving.post(address, { ...content, digest });
    if (!answer.cells) {
      show(answer);
      return;
    }
    dialog.close();
    saving.apply(answer.cells, answer.batch, answer.wrong);
    words.tell(answer.message);
  }

  prepare(dialog, selection);
  take.addEventListener("click", store);
  tick.addEventListener("change", () => open(address, { ...content, erase: tick.checked ? "1" : "" }));
  root.addEventListener("shown", ({ detail }) => show(detail));
  return { open };
}

export function createFill({ root, table, selection, preview, words }) {
  const dialog = root.querySelector("#grid-fill");
  const { typed, offered, where, refused } = parts(dialog);
  const code = dialog.querySelector("#grid-fill-code"), input = typed.querySelector("input");

  function column() {
    return table.columns.find((each) => each.code === code.value);
  }

  function offer() {
    const { options } = column();
    offered.hidden = !options.length;
    typed.hidden = Boolean(options.length);
    refused.hidden = true;
    // Nothing is chosen beforehand: hundreds of answers follow from it.
    input.value = "";
    offered.lastElementChild.replaceChildren(...options.map(([, label]) => {
      const choice = document.createElement("label"), radio = document.createElement("input");
      choice.className = "form-check";
      Object.assign(radio, { type: "radio", name: "offered", value: label, className: "form-check-input" });
      choice.append(radio, ` ${label}`);
      return choice;
    }));
  }

  function answer() {
    return column().options.length ? dialog.querySelector("[name=offered]:checked")?.value ?? "" : input.value;
  }

  prepare(dialog, selection);
  code.addEventListener("change", offer);
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    code.form.requestSubmit();
  });
  root.querySelector("[data-do=fill]").addEventListener("click", () => {
    code.value = table.column(selection.active).code ?? table.columns[table.first].code;
    offer();
    where.textContent = words.say("more_filled", words.number(table.visible.length));
    dialog.showModal();
    code.focus();
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    const rows = table.visible.map((row) => row.dataset.bin).join(" ");
    if (!answer().trim()) {
      event.preventDefault();
      refused.textContent = words.say("fill_with");
      refused.hidden = false;
      (typed.hidden ? offered.querySelector("input") : input).focus();
      return;
    }
    preview.open(root.dataset.fill, { code: code.value, typed: answer(), rows });
  });
}

export function createConflict({ root, table, selection, saving, words }) {
  const dialog = root.querySelector("#grid-conflict");
  const { where, mine, theirs, who } = parts(dialog);
  let td = null;

  function settle(which) {
    const left = saving.outbox.choose(table.bin(td), table.code(td), which);
    dialog.close();
    if (which === "theirs" && left) saving.apply({ [table.bin(td)]: { [table.code(td)]: [left.value, left.text] } });
  }

  prepare(dialog, selection);
  dialog.querySelector("[data-do=mine]").addEventListener("click", () => settle("mine"));
  dialog.querySelector("[data-do=theirs]").addEventListener("click", () => settle("theirs"));
  return {
    open(cell) {
      td = cell;
      const entry = saving.outbox.entry(table.bin(td), table.code(td));
      if (entry?.state !== "conflict") return;
      const other = entry.answer.theirs;
      where.textContent = `${table.own(td)}: ${table.column(td).label}`;
      mine.textContent = entry.typed || words.say("blank");
      theirs.textContent = other.text || words.say("blank");
      who.textContent = other.who ? words.say("conflict_who", other.who, other.at ?? "") : "";
      dialog.showModal();
      dialog.querySelector("h2").focus();
    },
  };
}
