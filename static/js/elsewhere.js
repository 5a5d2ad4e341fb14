/* What this browser keeps of answers that the page itself has no field for: of other organisations, with a link to each, and of
   what is no longer asked here, which can only be discarded.

   createElsewhere({ own, state, words, outbox, isHere }) → lines(): text and elements for the line that tells of the queue.
   `isHere(code)`: whether the page has a field for it. */

import { namesOf } from "./names.js";

export function createElsewhere({ own, state, words, outbox, isHere }) {
  const names = new Map();
  let asking = false;

  async function ask(bins) {
    if (asking) return;
    asking = true;
    const found = await namesOf(state, bins);
    asking = false;
    found?.forEach((name, bin) => names.set(bin, name));
    if (found) outbox().tell();
  }

  const isGone = ({ organisation, code }) => (organisation === own ? !isHere(code) : names.get(organisation) === null);

  function linkTo(bin) {
    const made = document.createElement("a");
    made.href = location.pathname.replace(/[^/]+$/, bin);
    made.textContent = names.get(bin) ?? bin;
    return made;
  }

  function gone({ organisation, code, typed, next }) {
    const said = words.gone.replace("{own}", names.get(organisation) ?? organisation).replace("{typed}", next ?? typed);
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-link discard", textContent: words.discard });
    button.addEventListener("click", () => outbox().discard(organisation, code));
    return [" ", said, " ", button];
  }

  return function lines() {
    const entries = outbox().pending();
    const unknown = [...new Set(entries.map((entry) => entry.organisation))].filter((bin) => bin !== own && !names.has(bin));
    if (unknown.length) ask(unknown);
    const others = [...new Set(entries.filter((entry) => entry.organisation !== own && !isGone(entry)).map((entry) => entry.organisation))];
    const found = entries.filter(isGone).flatMap(gone);
    if (!others.length) return found;
    const [before, after] = words.elsewhere.split("{elsewhere}");
    return [" ", before, ...others.flatMap((bin, place) => [place ? ", " : "", linkTo(bin)]), after, ...found];
  };
}
