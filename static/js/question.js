/* One question of a report's form: its control, what is stored of it, and what is said at it.

   createQuestion(element, { form, words, own, outbox, onSaved, onTyped }): `outbox()` gives the outbox, `own` is the organisation's
   BIN, `words` what is said in the page's language; `onSaved()` is called once something else is stored, `onTyped()` once it changed. */

export function createQuestion(element, { form, words, own, outbox, onSaved, onTyped }) {
  const { code, type } = element.dataset;
  const radios = [...element.querySelectorAll(".choice input")];
  const control = radios.length ? element.querySelector("fieldset") : element.querySelector("input.form-control, textarea");
  const was = form.elements[`was-${code}`];
  const state = element.querySelector("[data-word]");
  const error = element.querySelector("[data-error]");
  const clash = element.querySelector("[data-conflict]");
  const condition = element.dataset.condition ? JSON.parse(element.dataset.condition) : undefined;
  let base = sent(), shown = null, waiting = null;

  function text() {
    return radios.length ? radios.find((radio) => radio.checked)?.value ?? "" : control.value;
  }

  /* What the page came with: somebody may have typed before this script was there. */
  function sent() {
    return radios.length ? radios.find((radio) => radio.defaultChecked)?.value ?? "" : control.defaultValue;
  }

  function set(typed) {
    if (radios.length) (radios.find((radio) => radio.value === typed) ?? radios.at(-1)).checked = true;
    else control.value = typed;
    mark();
  }

  /* Paper leaves out evidence that was not given. */
  function mark() {
    element.classList.toggle("vacant", !text().trim());
  }

  /* What the field holds for a stored value. */
  function held(value, written) {
    if (!radios.length) return written ?? "";
    return value === true ? "yes" : value === false ? "no" : value ?? "";
  }

  function label(typed) {
    const radio = radios.find((each) => each.value === typed && typed);
    return radio ? radio.dataset.label : typed;
  }

  function say(word, message = "") {
    state.dataset.state = word;
    state.textContent = word ? words[word] : "";
    error.textContent = message;
    const described = control.getAttribute("aria-describedby").replace(`error-${code} `, "");
    control.setAttribute("aria-describedby", message ? `error-${code} ${described}` : described);
    if (message && !radios.length) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }

  function store(cell) {
    was.value = JSON.stringify(cell.value ?? null);
    base = held(cell.value, cell.text);
    clash.replaceChildren();
    if (text().trim() !== cell.typed.trim()) return;
    if (radios.length || !here()) set(base);
    else shown = { typed: text(), text: base };
  }

  const here = () => element.contains(document.activeElement);

  const question = {
    code,
    element,
    radios,
    condition,
    get text() { return text(); },
    get early() { return text() !== sent(); },
    get kind() { return type; },
    get folded() { return Boolean(element.closest("details:not([open])")); },
    get idle() { return element.classList.contains("idle"); },

    typed() {
      shown = null;
      waiting = null;
      mark();
      const typed = text();
      if (typed.trim() === base.trim() && !outbox().entry(own, code)) return;
      outbox().put({ organisation: own, code, typed, was: JSON.parse(was.value) });
      onTyped();
    },

    left() {
      if (outbox().entry(own, code)?.state === "waiting") outbox().flush();
      if (shown && shown.typed === text()) set(shown.text);
      if (waiting) this.tell({ ...waiting, insist: true });
      shown = null;
    },

    tell(cell) {
      if (cell.state === "saved" || cell.state === "unchanged") {
        store(cell);
        if (!cell.newer) say("saved");
        onSaved();
      } else if (cell.state === "invalid") {
        // Half a date is not yet a wrong one: nothing is said while somebody is typing.
        waiting = here() && !cell.insist ? cell : null;
        if (!cell.newer) say(waiting ? "waiting" : "invalid", waiting ? "" : cell.message);
      } else if (cell.state === "conflict") {
        say("conflict");
        offerChoice(cell);
      } else {
        say(cell.state);
      }
    },

    keep(entry) {
      set(entry.next ?? entry.typed);
      was.value = JSON.stringify(entry.was ?? null);
      element.closest("details")?.setAttribute("open", "");
      say("waiting");
    },

    cut() {
      if (outbox().entry(own, code)?.state === "waiting") say("offline");
    },

    focus() {
      element.closest("details")?.setAttribute("open", "");
      const target = radios.length ? radios.find((radio) => radio.checked) ?? radios[0] : control;
      target.focus();
      if (!radios.length) target.select();
    },

    choose(radio) {
      if (!radio.checked) {
        radio.checked = true;
        this.typed();
      }
      radio.focus();
    },
  };

  function offerChoice(cell) {
    const box = document.getElementById("conflict").content.cloneNode(true);
    const { theirs, typed } = cell;
    box.querySelector("[data-theirs]").textContent = theirs.text || words.none;
    box.querySelector("[data-mine]").textContent = label(typed) || words.none;
    const who = [theirs.who, theirs.at].filter(Boolean).join(", ");
    box.querySelector("[data-who]").textContent = who && `(${who})`;
    box.querySelector("[data-keep]").addEventListener("click", () => {
      clash.replaceChildren();
      outbox().choose(own, code, "mine");
      question.focus();
    });
    box.querySelector("[data-take]").addEventListener("click", () => {
      const taken = outbox().choose(own, code, "theirs") ?? theirs;
      set(held(taken.value, taken.text));
      store({ value: taken.value, text: taken.text, typed: text() });
      say("saved");
      question.focus();
      onSaved();
    });
    clash.replaceChildren(box);
  }

  return question;
}
