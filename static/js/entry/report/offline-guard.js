/**
 * Stops links and forms from leaving the page while there is no connection: otherwise the browser's error page would replace the
 * answers.
 */

import { elementOf } from "../../core/dom.js";

const PROBE_TIMEOUT_MS = 5000;

/**
 * @typedef {object} OfflineGuardOptions
 * @property {string} probeUrl - An address of the server that shows whether it can be reached.
 * @property {() => boolean} isConnectionDoubtful
 * @property {() => Promise<void>} beforeLeaving
 * @property {(isStopped: boolean) => void} setWarning - Shows or hides the message that the page was not left.
 */

/**
 * Installs the guard.
 *
 * @param {OfflineGuardOptions} options
 * @returns {{ goTo: (address: string) => void }} `goTo` leaves for an address where the server can be reached.
 */
export function createOfflineGuard({ probeUrl, isConnectionDoubtful, beforeLeaving, setWarning }) {
  /** @type {EventTarget | null} The form that is submitted again after the probe. */
  let permittedForm = null;

  async function isServerReachable() {
    try {
      await fetch(probeUrl, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      return true;
    } catch {
      return false;
    }
  }

  /** @param {() => void} navigate */
  async function leave(navigate) {
    if (isConnectionDoubtful() && !(await isServerReachable())) {
      setWarning(true);
      return;
    }
    setWarning(false);
    await beforeLeaving();
    navigate();
  }

  document.addEventListener("click", (event) => {
    const link = elementOf(event.target)?.closest("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || !isConnectionDoubtful()) return;
    if (link.hash && link.href.split("#")[0] === location.href.split("#")[0]) return;
    event.preventDefault();
    leave(() => location.assign(link.href));
  });

  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (event.defaultPrevented || permittedForm === target || !isConnectionDoubtful()) return;
    if (!(target instanceof HTMLFormElement)) return;
    event.preventDefault();
    leave(() => {
      permittedForm = target;
      target.requestSubmit(submitter);
      permittedForm = null;
    });
  });

  window.addEventListener("online", () => setWarning(false));

  return { goTo: (address) => leave(() => location.assign(address)) };
}
