import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeBytes, decodeOptions, encodeBytes, encodeCredential } from "../../../static/js/account/credential-json.js";

test("bytes become base64url and return", () => {
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 67 + 251) % 256);
    assert.equal(encodeBytes(bytes.buffer), Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(decodeBytes(encodeBytes(bytes.buffer)), bytes);
  }
});

test("options have bytes where the browser wants them", () => {
  const options = decodeOptions({
    challenge: "AQI",
    user: { id: "Aw", name: "n" },
    excludeCredentials: [{ id: "BA", type: "public-key" }],
  });
  assert.deepEqual(options.challenge, Uint8Array.of(1, 2));
  assert.deepEqual(options.user, { id: Uint8Array.of(3), name: "n" });
  assert.deepEqual(options.excludeCredentials, [{ id: Uint8Array.of(4), type: "public-key" }]);
  assert.deepEqual(decodeOptions({ challenge: "AQ", allowCredentials: [{ id: "BQ" }] }).allowCredentials, [
    { id: Uint8Array.of(5) },
  ]);
});

test("a credential is sent with the parts that it has", () => {
  const bytes = Uint8Array.of(255, 254).buffer;
  const base = { id: "x", rawId: bytes, type: "public-key" };
  const created = { clientDataJSON: bytes, attestationObject: bytes, getTransports: () => ["usb"] };
  assert.deepEqual(JSON.parse(encodeCredential({ ...base, response: created })).response, {
    clientDataJSON: "__4",
    attestationObject: "__4",
    transports: ["usb"],
  });
  const used = { clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: null };
  const answer = JSON.parse(encodeCredential({ ...base, response: used }));
  assert.deepEqual(Object.keys(answer.response), ["clientDataJSON", "authenticatorData", "signature"]);
  assert.equal(answer.rawId, "__4");
});
