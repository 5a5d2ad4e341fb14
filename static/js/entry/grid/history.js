/** The changes of one visit of the page: which can be undone, and which were undone and can be done again. */

/**
 * @typedef {"undo" | "redo"} Direction
 */

/**
 * @template Step
 * @typedef {object} History
 * @property {(step: Step) => void} add - Adds a change. What was undone before it cannot be done again.
 * @property {(direction: Direction) => Step | undefined} next - The step that is undone or done again next.
 * @property {(direction: Direction, step?: Step) => void} move - The next step was reverted: it goes to the other side, or `step` instead.
 * @property {(direction: Direction) => void} drop - The next step cannot be reverted.
 * @property {(isForgotten: (step: Step) => boolean) => void} forget - Removes steps from both sides.
 */

/**
 * @template Step
 * @returns {History<Step>}
 */
export function createHistory() {
  /** @type {Record<Direction, Step[]>} */
  const steps = { undo: [], redo: [] };

  return {
    add(step) {
      steps.undo.push(step);
      steps.redo = [];
    },
    next: (direction) => steps[direction].at(-1),
    move(direction, replacement) {
      const step = steps[direction].pop();
      const moved = replacement ?? step;
      if (moved) steps[direction === "undo" ? "redo" : "undo"].push(moved);
    },
    drop(direction) {
      steps[direction].pop();
    },
    forget(isForgotten) {
      steps.undo = steps.undo.filter((step) => !isForgotten(step));
      steps.redo = steps.redo.filter((step) => !isForgotten(step));
    },
  };
}
