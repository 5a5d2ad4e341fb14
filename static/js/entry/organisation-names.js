/** Names of organisations, which pages know only by BIN. */

import { getJson } from "../core/http.js";

/**
 * Asks the server for names.
 *
 * @param {string} stateUrl - Address of `answers.state`.
 * @param {readonly string[]} bins
 * @returns {Promise<Map<string, string | null> | null>} Name by BIN, null for an organisation that is no longer under the body in
 *   that year; null instead of the map where the server does not answer.
 */
export async function fetchOrganisationNames(stateUrl, bins) {
  const query = new URLSearchParams([["names", "1"], ...bins.map((bin) => ["organisation", bin])]);
  try {
    const answer = await getJson(`${stateUrl}?${query}`);
    return answer && new Map(bins.map((bin) => [bin, answer.organisations[bin]?.name ?? null]));
  } catch {
    return null;
  }
}
