/**
 * Page script: asks the browser to create or to use a passkey and sends its answer.
 *
 * The form has `data-passkey` ("create" or "get") and the server's `data-options`. It asks at once; if the browser refuses, because
 * it wants a click first or the person cancelled, a button asks again.
 */

import { namedParts, requireElement } from "../core/dom.js";
import { decodeOptions, encodeCredential } from "./credential-json.js";

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<Credential | null>}
 */
function askBrowser(form) {
  const publicKey = decodeOptions(JSON.parse(form.dataset.options ?? "{}"));
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey });
}

/**
 * Returns the name of the part that tells why there is no passkey.
 *
 * @param {unknown} error
 */
function partOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "InvalidStateError") return "registered";
  return ["SecurityError", "NotSupportedError"].includes(name) ? "unsupported" : "failed";
}

/** @param {HTMLFormElement} form */
async function run(form) {
  const parts = namedParts(form);
  for (const name of ["failed", "registered", "unsupported"]) parts[name].hidden = true;
  parts.again.hidden = true;
  try {
    const credential = await askBrowser(form);
    requireElement(form, "#credential", HTMLInputElement).value = encodeCredential(credential);
    form.submit();
  } catch (error) {
    parts[partOf(error)].hidden = false;
    parts.again.hidden = false;
    parts.again.focus();
  }
}

const form = requireElement(document, "form[data-passkey]", HTMLFormElement);
if (typeof PublicKeyCredential === "undefined") {
  // Browsers offer passkeys only to pages that come by https, or from this computer.
  namedParts(form).unsupported.hidden = false;
} else {
  namedParts(form).again.addEventListener("click", () => run(form));
  run(form);
}
