/**
 * Converts between the JSON of the server and the objects of the browser's WebAuthn interface.
 *
 * Bytes are base64url text in JSON.
 */

/**
 * @param {string} text - In base64url, with or without padding.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function decodeBytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {string}
 */
export function encodeBytes(bytes) {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Returns the server's options with bytes in place of texts.
 *
 * @param {any} options - The options of `navigator.credentials.create` or `get` as JSON.
 * @returns {any}
 */
export function decodeOptions(options) {
  /** @param {{ id: string }} descriptor */
  const decodeId = (descriptor) => ({ ...descriptor, id: decodeBytes(descriptor.id) });
  const decoded = { ...options, challenge: decodeBytes(options.challenge) };
  if (options.user) decoded.user = decodeId(options.user);
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    if (options[name]) decoded[name] = options[name].map(decodeId);
  }
  return decoded;
}

/**
 * Returns what the server reads of a credential: a new one's attestation, or the signature by an existing one.
 *
 * @param {any} credential - A `PublicKeyCredential`.
 * @returns {string} JSON.
 */
export function encodeCredential(credential) {
  const { response } = credential;
  /** @type {Record<string, unknown>} */
  const encoded = { clientDataJSON: encodeBytes(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) encoded[name] = encodeBytes(response[name]);
  }
  if (response.getTransports) encoded.transports = response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: encodeBytes(credential.rawId), type: credential.type, response: encoded });
}
