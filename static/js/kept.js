/* Answers typed in this browser that the server does not have yet: told on pages that cannot know of them, with a link to the form of
   each organisation, which sends them. */

import { keptIn } from "./outbox.js";
import { namesOf } from "./names.js";

const box = document.getElementById("kept");
const { account, body, year, state, form } = box.dataset;
const words = box.querySelector("[data-words]");
const links = box.querySelector("[data-links]");

async function show() {
  const entries = keptIn(account, body, year);
  const bins = [...new Set(entries.map((entry) => entry.organisation))];
  const names = bins.length ? await namesOf(state, bins) : null;
  words.textContent = words.dataset.words.replace("{count}", entries.length);
  links.replaceChildren(...bins.flatMap((bin, place) => [place ? ", " : "", linkTo(bin, names?.get(bin), names?.get(bin) === null)]));
  box.hidden = !bins.length;
}

/* The form of one that is no longer the body's is not there: any other form offers to discard what is kept of it. */
function linkTo(bin, name, gone) {
  if (gone) return bin;
  const made = document.createElement("a");
  made.href = form.replace("{own}", bin);
  made.textContent = name ?? bin;
  return made;
}

window.addEventListener("storage", show);
window.addEventListener("pageshow", show);
