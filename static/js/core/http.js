/** Requests to the server that are answered with JSON. */

/**
 * Asks for JSON.
 *
 * @param {string} url
 * @returns {Promise<any>} The answer; null where the server answers with an error.
 * @throws {TypeError} The server cannot be reached.
 */
export async function getJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  return response.ok ? response.json() : null;
}

/**
 * Sends JSON.
 *
 * @param {string} url
 * @param {string} body - The JSON text.
 * @param {string} csrfToken
 * @param {RequestInit} [options]
 * @returns {Promise<{ status: number, body: any }>} The status and the answer; an empty object where the answer is not JSON.
 * @throws {TypeError | DOMException} The server cannot be reached, or the request was aborted.
 */
export async function postJson(url, body, csrfToken, options = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken },
    body,
    ...options,
  });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}
