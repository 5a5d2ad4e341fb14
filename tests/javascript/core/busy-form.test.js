import assert from "node:assert/strict";
import { test } from "node:test";
import { prepareForm } from "../../../static/js/core/busy-form.js";

/** An element as far as the script needs it. */
function element(rest = {}) {
  const attributes = new Map();
  return {
    textContent: "",
    setAttribute: (name, value) => attributes.set(name, value),
    getAttribute: (name) => attributes.get(name) ?? null,
    ...rest,
  };
}

/** A prepared form with one button, and what happens to it. */
function openForm() {
  const listeners = {};
  const status = element();
  const button = element();
  const add = (type, listener) => (listeners[type] = listener);
  globalThis.document = { createElement: () => status };
  globalThis.window = { addEventListener: add };
  const form = element({
    dataset: { busy: "Please wait" },
    append: () => {},
    querySelectorAll: () => [button],
    addEventListener: add,
  });
  prepareForm(form);
  const submit = (defaultPrevented = false) => {
    const event = { defaultPrevented, preventDefault: () => (event.defaultPrevented = true) };
    listeners.submit(event);
    return !event.defaultPrevented;
  };
  return { form, status, button, listeners, submit };
}

test("a sent form says that it is at work and is not sent twice", () => {
  const { form, status, button, submit } = openForm();
  assert.ok(submit());
  assert.deepEqual([form.getAttribute("aria-busy"), button.getAttribute("aria-disabled")], ["true", "true"]);
  assert.equal(status.textContent, "Please wait");
  assert.ok(!submit());
});

test("a form that another script keeps back is not at work", () => {
  const { form, status, submit } = openForm();
  assert.ok(!submit(true));
  assert.deepEqual([form.getAttribute("aria-busy"), status.textContent], [null, ""]);
});

test("a page that is shown again and a stopped request can be sent again", () => {
  for (const [type, event] of [
    ["pageshow", { persisted: true }],
    ["keydown", { key: "Escape" }],
  ]) {
    const { status, listeners, submit } = openForm();
    submit();
    listeners[type](event);
    assert.equal(status.textContent, "");
    assert.ok(submit(), type);
  }
});
