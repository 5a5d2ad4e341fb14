import assert from "node:assert/strict";
import { test } from "node:test";

/** A form of three choices and a text field, and the page's keyboard. */
async function openForm() {
  const listeners = {};
  globalThis.document = { addEventListener: (type, listener) => (listeners[type] = listener) };
  const { listenToKeys } = await import("../../../../static/js/entry/report/keyboard.js");
  const questions = ["first", "second", "third"].map((code) => ({
    code,
    radios: ["1", "2"].map((number) => ({ checked: false, dataset: { number, letters: "", sharedLetters: "" } })),
    choose: (radio) => (radio.checked = true),
  }));
  const form = { focused: questions[0], questions };
  listenToKeys({
    questionOf: () => form.focused,
    goToNext: (question) => (form.focused = questions[questions.indexOf(question) + 1]),
    goToBlank: () => {},
    goToOrganisation: () => false,
  });
  form.press = (key) => listeners.keydown({ key, target: null, preventDefault() {} });
  form.click = () => listeners.pointerdown({});
  return form;
}

test("a digit chooses and goes on, and the Enter right after it skips nothing", async () => {
  const form = await openForm();
  form.press("1");
  form.press("Enter");
  assert.equal(form.focused.code, "second");
  form.press("2");
  form.press("Enter");
  assert.equal(form.focused.code, "third");
  assert.deepEqual(
    form.questions.map(({ radios }) => radios.findIndex(({ checked }) => checked)),
    [0, 1, -1],
  );
});

test("any other Enter goes on", async () => {
  const form = await openForm();
  form.press("1");
  form.press("Enter");
  form.press("Enter");
  assert.equal(form.focused.code, "third");
  form.focused = form.questions[0];
  form.press("1");
  form.click();
  form.press("Enter");
  assert.equal(form.focused.code, "third");
});
