/* What the page says, in its language, and the place where it is said. */

export function createWords(root) {
  const texts = JSON.parse(root.dataset.words);
  const status = root.querySelector("#grid-status");
  let lasting = "";

  function say(key, ...values) {
    return texts[key].replace(/\{(\d)\}/g, (_, place) => values[place] ?? "");
  }

  return {
    say,
    /* Said once: it gives way to what lasts with the next thing said. */
    tell(text) { status.textContent = [text, lasting].filter(Boolean).join(" "); },
    /* Stands until it is no longer so; empty takes it away. */
    keep(text) {
      if (text === lasting) return;
      lasting = text;
      status.textContent = text;
    },
    number: (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0"),
  };
}
