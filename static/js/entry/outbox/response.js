/** What an answer of the server to a batch of edits means for the queue. */

/** @import { CellResult } from "./states.js" */

/**
 * @typedef {object} Outcome
 * @property {"acknowledged" | "token-expired" | "offline" | "signed-out" | "refused"} kind
 * @property {boolean} isReleased - The server certainly stored nothing of the batch.
 * @property {CellResult[]} cells - The answers, of an acknowledged batch.
 * @property {string} token - A fresh CSRF token, where the sent one has expired.
 * @property {string} message - Why the batch was refused.
 * @property {string} signInUrl - Where to sign in again.
 */

/**
 * Classifies an answer. A gateway's error (status 500 and above) leaves open whether the server was reached; too many requests (429)
 * and a successful answer that is not ours count as a lost connection too, so that the batch is tried again later.
 *
 * @param {number} status
 * @param {any} body - The parsed JSON, an empty object where there is none.
 * @returns {Outcome}
 */
export function classifyResponse(status, body) {
  const isSuccess = status >= 200 && status < 300;
  const outcome = {
    isReleased: status < 500,
    cells: [],
    token: String(body.csrf ?? ""),
    message: body.message ?? "",
    signInUrl: body.sign_in ?? "",
  };
  if (isSuccess && Array.isArray(body.cells)) return { ...outcome, kind: "acknowledged", isReleased: false, cells: body.cells };
  if (status === 400 && body.csrf) return { ...outcome, kind: "token-expired" };
  if (isSuccess || status === 429 || status >= 500) return { ...outcome, kind: "offline" };
  return { ...outcome, kind: status === 401 ? "signed-out" : "refused" };
}
