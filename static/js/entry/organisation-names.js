/** Names of organisations, which pages know only by BIN. */

import { getJson } from "../core/http.js";

/** With more of them the address would become too long. */
const NAMES_PER_REQUEST = 100;

/**
 * Asks the server for names.
 *
 * @param {string} stateUrl - Address of `answers.state`.
 * @param {readonly string[]} bins
 * @returns {Promise<Map<string, string | null> | null>} Name by BIN, null for an organisation that is no longer under the body in
 *   that year; null instead of the map where the server does not answer.
 */
export async function fetchOrganisationNames(stateUrl, bins) {
  /** @type {Map<string, string | null>} */
  const names = new Map();
  try {
    for (let start = 0; start < bins.length; start += NAMES_PER_REQUEST) {
      const part = bins.slice(start, start + NAMES_PER_REQUEST);
      const query = new URLSearchParams([["names", "1"], ...part.map((bin) => ["organisation", bin])]);
      const answer = await getJson(`${stateUrl}?${query}`);
      if (!answer) return null;
      for (const bin of part) names.set(bin, answer.organisations[bin]?.name ?? null);
    }
    return names;
  } catch {
    return null;
  }
}
