/** Keys of the form: they move between questions and organisations, and choose answers. */

/** @import { Question } from "./question.js" */

/**
 * @typedef {object} KeyboardActions
 * @property {(target: EventTarget | null) => Question | undefined} questionOf
 * @property {(question: Question) => void} goToNext
 * @property {(question: Question | undefined) => void} goToBlank
 * @property {(direction: "next" | "prev") => boolean} goToOrganisation - Tells whether there is such an organisation.
 */

/**
 * Listens to keys.
 *
 * @param {KeyboardActions} actions
 */
export function listenToKeys({ questionOf, goToNext, goToBlank, goToOrganisation }) {
  /** The key before has chosen an answer and gone on: people who then press Enter to go on must not skip a question. */
  let hasGoneOn = false;
  document.addEventListener("pointerdown", () => {
    hasGoneOn = false;
  });
  document.addEventListener("keydown", (event) => {
    const isEnterAfterChoice = hasGoneOn && event.key === "Enter";
    hasGoneOn = false;
    if (event.defaultPrevented || event.isComposing) return;
    const hasControl = event.ctrlKey || event.metaKey;
    if (event.altKey && !hasControl && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      if (goToOrganisation(event.key === "ArrowDown" ? "next" : "prev")) event.preventDefault();
      return;
    }
    if (event.key === "Enter" && hasControl) {
      event.preventDefault();
      goToBlank(questionOf(event.target));
      return;
    }
    const question = questionOf(event.target);
    if (!question || event.altKey || hasControl) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!isEnterAfterChoice) goToNext(question);
    } else if (question.radios.length) {
      hasGoneOn = chooseByKey(question, event, goToNext);
    }
  });
}

/**
 * Chooses an option by its digit or its letter. A letter that several options share leads from one to the next.
 *
 * @param {Question} question
 * @param {KeyboardEvent} event
 * @param {(question: Question) => void} goToNext
 * @returns {boolean} Whether the page has gone on to the next question.
 */
function chooseByKey(question, event, goToNext) {
  const key = event.key.toLowerCase();
  if (key === " ") return false;
  const isLetter = key.length === 1;
  const sharing = isLetter ? question.radios.filter(({ dataset }) => dataset.sharedLetters?.includes(key)) : [];
  if (sharing.length) {
    event.preventDefault();
    question.choose(sharing[(sharing.findIndex((radio) => radio.checked) + 1) % sharing.length]);
    return false;
  }
  const isErasing = key === "delete" || key === "backspace";
  const digit = isErasing ? "0" : key;
  const radio = question.radios.find(({ dataset }) => dataset.number === digit || (isLetter && dataset.letters?.includes(key)));
  if (!radio) return false;
  event.preventDefault();
  question.choose(radio);
  if (isErasing) return false;
  goToNext(question);
  return true;
}
