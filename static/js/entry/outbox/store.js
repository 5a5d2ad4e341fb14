/** Queued edits in the browser's storage: each cell under a key of its own, so that tabs do not overwrite each other's entries. */

/** @import { Entry } from "./states.js" */

/**
 * @typedef {object} EntryStore
 * @property {(organisation: string, code: string) => Entry | undefined} read
 * @property {(entry: Entry) => void} write
 * @property {(organisation: string, code: string) => void} remove
 * @property {() => Entry[]} all - The oldest first.
 */

/**
 * Names the queue of an account, a body and a year. Another person at the same browser has another queue.
 *
 * @param {number | string} account
 * @param {string} body - BIN.
 * @param {number | string} year
 * @returns {string}
 */
export function queueName(account, body, year) {
  return `outbox/${account}/${body}/${year}`;
}

/**
 * Returns the entries of a queue, for a page that does not send them.
 *
 * @param {number | string} account
 * @param {string} body
 * @param {number | string} year
 * @returns {Entry[]}
 */
export function unsentEntries(account, body, year) {
  return createStore(queueName(account, body, year)).all();
}

/**
 * Opens the entries of a queue. Where the browser's storage refuses (switched off, full), entries stay in memory.
 *
 * @param {string} name
 * @param {() => Storage} [openStorage] - Gives the storage; a browser may refuse already here.
 * @returns {EntryStore}
 */
export function createStore(name, openStorage = () => localStorage) {
  const prefix = `${name}/`;
  /** @type {Map<string, Entry>} */
  const memory = new Map();
  const keyOf = (/** @type {string} */ organisation, /** @type {string} */ code) => `${prefix}${organisation}/${code}`;

  /** @param {string} key @returns {Entry | undefined} */
  function readKey(key) {
    if (memory.has(key)) return memory.get(key);
    try {
      return JSON.parse(openStorage().getItem(key) ?? "null") ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** @returns {string[]} */
  function keys() {
    const result = new Set(memory.keys());
    try {
      const storage = openStorage();
      for (let index = 0; index < storage.length; index += 1) result.add(storage.key(index) ?? "");
    } catch {
      // Storage is switched off: memory has all entries.
    }
    return [...result].filter((key) => key.startsWith(prefix));
  }

  return {
    read: (organisation, code) => readKey(keyOf(organisation, code)),
    write(entry) {
      const key = keyOf(entry.organisation, entry.code);
      try {
        openStorage().setItem(key, JSON.stringify(entry));
        memory.delete(key);
      } catch {
        memory.set(key, entry);
      }
    },
    remove(organisation, code) {
      const key = keyOf(organisation, code);
      memory.delete(key);
      try {
        openStorage().removeItem(key);
      } catch {
        // Storage is switched off: the entry was in memory only.
      }
    },
    all() {
      const entries = keys().flatMap((key) => readKey(key) ?? []);
      return entries.filter((entry) => entry.organisation).sort((first, second) => first.queuedAt - second.queuedAt);
    },
  };
}
