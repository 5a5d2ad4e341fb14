import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyResponse } from "../../../../static/js/entry/outbox/response.js";

const kind = (status, body = {}) => {
  const outcome = classifyResponse(status, body);
  return [outcome.kind, outcome.isReleased];
};

test("an answer with cells acknowledges the batch", () => {
  assert.deepEqual(kind(200, { cells: [] }), ["acknowledged", false]);
  assert.deepEqual(classifyResponse(200, { cells: [1] }).cells, [1]);
});

test("a gateway's error leaves open whether the batch was stored", () => {
  for (const status of [500, 502, 503, 504]) assert.deepEqual(kind(status), ["offline", false]);
});

test("too many requests and foreign pages are tried again", () => {
  assert.deepEqual(kind(429), ["offline", true]);
  assert.deepEqual(kind(200), ["offline", true]);
});

test("an expired token brings a fresh one", () => {
  assert.deepEqual(kind(400, { csrf: "fresh" }), ["token-expired", true]);
  assert.equal(classifyResponse(400, { csrf: "fresh" }).token, "fresh");
});

test("an ended session says where to sign in", () => {
  const outcome = classifyResponse(401, { message: "signed out", sign_in: "/account/sign-in" });
  assert.deepEqual([outcome.kind, outcome.message, outcome.signInUrl], ["signed-out", "signed out", "/account/sign-in"]);
  assert.equal(classifyResponse(401, { message: "another person", sign_in: null }).signInUrl, "");
});

test("every other refusal stores nothing", () => {
  for (const status of [400, 403, 404, 409, 413]) assert.deepEqual(kind(status, { message: "no" }), ["refused", true]);
});
