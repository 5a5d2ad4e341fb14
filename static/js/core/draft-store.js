/** Texts that a person types into a form, kept in the browser's storage until the server has stored them. */

/**
 * @typedef {object} DraftStore
 * @property {(key: string) => string} read - The draft of a key; empty where there is none.
 * @property {(key: string, text: string) => void} write - An empty text removes the draft.
 */

/**
 * Opens the drafts of an account. Another person at the same browser has other ones. Where the browser's storage refuses (switched
 * off, full), nothing is kept.
 *
 * @param {string} account
 * @param {() => Storage} [openStorage] - Gives the storage; a browser may refuse already here.
 * @returns {DraftStore}
 */
export function createDraftStore(account, openStorage = () => localStorage) {
  const storageKey = (/** @type {string} */ key) => `draft/${account}/${key}`;
  return {
    read(key) {
      try {
        return openStorage().getItem(storageKey(key)) ?? "";
      } catch {
        return "";
      }
    },
    write(key, text) {
      try {
        if (text.trim()) openStorage().setItem(storageKey(key), text);
        else openStorage().removeItem(storageKey(key));
      } catch {
        // The text stays in the form only.
      }
    },
  };
}
