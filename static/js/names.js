/* What organisations are called, asked of the server: `namesOf(state, bins)` gives BIN → name, null for one that is no longer the
   body's in that year; nothing at all where the server could not be asked. `state` is the address of `answers.state`. */

export async function namesOf(state, bins) {
  const query = new URLSearchParams([["names", "1"], ...bins.map((bin) => ["organisation", bin])]);
  try {
    const response = await fetch(`${state}?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return null;
    const { organisations } = await response.json();
    return new Map(bins.map((bin) => [bin, organisations[bin]?.name ?? null]));
  } catch {
    return null;
  }
}
