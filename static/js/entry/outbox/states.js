/**
 * The state machine of one queued edit. Pure functions: an entry and an event give the next entry.
 *
 * An entry exists from the moment a person types until the server acknowledges the text or the person gives it up. `waiting` entries
 * are sent; `invalid` and `conflict` entries wait for the person. A `waiting` entry is in flight from the start of a request until
 * its answer. A newer text typed meanwhile is in `next`.
 *
 * | event             | none      | waiting   | in flight                           | invalid   | conflict              |
 * |-------------------|-----------|-----------|-------------------------------------|-----------|-----------------------|
 * | persist           | waiting   | waiting   | in flight, text in `next`           | waiting   | waiting               |
 * | startSending      | –         | in flight | in flight: same text is sent again  | –         | –                     |
 * | release           | –         | –         | waiting with the newest text        | –         | –                     |
 * | saved, unchanged  | –         | none      | none; with `next` waiting           | none      | none                  |
 * | invalid           | –         | invalid   | invalid; with `next` waiting        | invalid   | invalid               |
 * | conflict          | –         | conflict  | conflict with the newest text       | conflict  | conflict              |
 * | requeue           | –         | waiting   | in flight: same text is sent again  | waiting   | waiting               |
 * | preferTyped         | –         | –         | –                                   | –         | waiting               |
 * | discard           | –         | none      | none                                | none      | none                  |
 *
 * Three rules follow from the table:
 * - A text that was sent and not answered is sent again unchanged before anything newer of its cell. Whether or not the first request
 *   arrived, the server then answers for exactly that text ("unchanged" where it had arrived).
 * - `expected`, the stored value that the person saw, stays while the text changes. It moves only when the server acknowledges a
 *   value, or when the person decides a conflict.
 * - `release` applies only where the server certainly stored nothing: it answered with a status below 500.
 */

/**
 * A value as the server stores it.
 *
 * @typedef {string | number | boolean | null} StoredValue
 */

/**
 * A typed answer on its way to the server.
 *
 * @typedef {object} Edit
 * @property {string} organisation - BIN.
 * @property {string} code - Code of the indicator.
 * @property {string} typed
 * @property {StoredValue} expected - The stored value that the person saw when the edit began.
 * @property {string} [year_state] - The state of the year in which the edit began. In another state the server does not store it but
 *   answers "conflict", so that the person chooses.
 */

/**
 * What the server answers for one edit.
 *
 * @typedef {object} CellResult
 * @property {string} organisation
 * @property {string} code
 * @property {"saved" | "unchanged" | "invalid" | "conflict"} state
 * @property {StoredValue} value
 * @property {string} text - The value as the page shows it.
 * @property {string | null} message - Why the text is invalid.
 * @property {StoredCell | null} stored - The stored value, of a conflict.
 */

/**
 * A stored value that is in conflict with a typed one.
 *
 * @typedef {object} StoredCell
 * @property {StoredValue} value
 * @property {string} text
 * @property {string} author
 * @property {string} changed_at
 * @property {string} [year_state] - The current state of the year.
 * @property {boolean} [is_outdated] - The text was typed in another state of the year.
 */

/**
 * An edit in the queue.
 *
 * @typedef {object} EntryFields
 * @property {"waiting" | "invalid" | "conflict"} state
 * @property {number} queuedAt - Milliseconds since 1970 of the first edit of the cell; entries are sent in this order.
 * @property {boolean} [inFlight] - A request with the text was started and has no answer yet.
 * @property {string} [next] - Newer text, typed while the entry is in flight.
 * @property {CellResult} [answer] - The server's answer, of an invalid entry or a conflict.
 *
 * @typedef {Edit & EntryFields} Entry
 */

/**
 * A notice to a page about a cell: an answer of the server, or the state of the queue.
 *
 * @typedef {object} CellNotice
 * @property {string} organisation
 * @property {string} code
 * @property {"waiting" | "saving" | "saved" | "unchanged" | "invalid" | "conflict"} state
 * @property {string} [typed] - The text that the notice is about.
 * @property {boolean} [newer] - A newer text of the cell is still in the queue.
 * @property {StoredValue} [value]
 * @property {string} [text]
 * @property {string | null} [message]
 * @property {StoredCell | null} [stored]
 */

/**
 * Returns the part of an entry that is sent.
 *
 * @param {Edit} entry
 * @returns {Edit}
 */
export function editOf({ organisation, code, typed, expected, year_state }) {
  return { organisation, code, typed, expected, year_state };
}

/**
 * Queues an edit. The expected value and the state of the year of an entry that is queued already stay.
 *
 * @param {Entry | undefined} entry
 * @param {Edit} edit
 * @param {number} now - Milliseconds since 1970.
 * @returns {Entry}
 */
export function persist(entry, edit, now) {
  if (entry?.inFlight) return { ...entry, next: edit.typed };
  const expected = (entry ? entry.expected : edit.expected) ?? null;
  const year_state = entry ? entry.year_state : edit.year_state;
  return { ...editOf(edit), expected, year_state, state: "waiting", queuedAt: entry?.queuedAt ?? now };
}

/**
 * Marks an entry as in flight.
 *
 * @param {Entry} entry
 * @returns {Entry}
 */
export function startSending(entry) {
  return { ...entry, inFlight: true };
}

/**
 * Takes an entry out of flight after the server refused the request: nothing was stored, so the newest text replaces the sent one.
 *
 * @param {Entry} entry
 * @returns {Entry}
 */
export function release(entry) {
  if (!entry.inFlight) return entry;
  const { next, inFlight, ...rest } = entry;
  return { ...rest, typed: next ?? entry.typed };
}

/**
 * Applies the server's answer to an entry.
 *
 * @param {Entry} entry
 * @param {CellResult} result
 * @returns {{ entry: Entry | undefined, notice: CellNotice }} The next entry, undefined where nothing is left to send; and the
 *   notice for the page.
 */
export function acknowledge(entry, result) {
  const isNewer = entry.next !== undefined && entry.next !== entry.typed;
  const newest = isNewer ? (entry.next ?? "") : entry.typed;
  const isConflict = result.state === "conflict";
  const notice = { ...result, typed: isConflict ? newest : entry.typed, newer: isNewer && !isConflict };
  return { entry: entryAfter(entry, result, newest, isNewer), notice };
}

/**
 * @param {Entry} entry
 * @param {CellResult} result
 * @param {string} newest
 * @param {boolean} isNewer
 * @returns {Entry | undefined}
 */
function entryAfter(entry, result, newest, isNewer) {
  const base = { ...editOf(entry), typed: newest, queuedAt: entry.queuedAt };
  if (result.state === "conflict") return { ...base, state: "conflict", answer: result };
  if (isNewer) return { ...base, expected: result.state === "invalid" ? entry.expected : result.value, state: "waiting" };
  if (result.state === "invalid") return { ...base, state: "invalid", answer: result };
  return undefined;
}

/**
 * Makes an entry wait for sending again, for example when the page is opened anew.
 *
 * @param {Entry} entry
 * @returns {Entry}
 */
export function requeue(entry) {
  return { ...entry, state: "waiting" };
}

/**
 * Decides a conflict for the typed text: it replaces the stored value.
 *
 * @param {Entry} entry - An entry in state "conflict".
 * @returns {Entry}
 */
export function preferTyped(entry) {
  const { value: expected = null, year_state } = entry.answer?.stored ?? {};
  return { ...editOf(entry), expected, year_state, state: "waiting", queuedAt: entry.queuedAt };
}

/**
 * Counts entries by state.
 *
 * @param {readonly Entry[]} entries
 * @returns {{ waiting: number, invalid: number, conflicts: number }}
 */
export function countByState(entries) {
  const count = (/** @type {Entry["state"]} */ state) => entries.filter((entry) => entry.state === state).length;
  return { waiting: count("waiting"), invalid: count("invalid"), conflicts: count("conflict") };
}
