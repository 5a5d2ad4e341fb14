/* Links and buttons that would leave the page wait while there is no connection: otherwise a browser's error page stands where the
   answers were.

   const leaving = createLeaving({ probe, doubtful, before, say })
     probe       an address of the server, asked whether it can be reached
     doubtful()  whether the connection seems to be lost
     before()    what is done before leaving all the same; returns a promise
     say(held)   whether somebody was just held back, so as to tell them
   leaving.go(address)   go there, or hold back */

const PATIENCE = 5000;

export function createLeaving({ probe, doubtful, before, say }) {
  let passing = null;

  async function reached() {
    try {
      await fetch(probe, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      return true;
    } catch {
      return false;
    }
  }

  async function leave(how) {
    if (!doubtful() || await reached()) {
      say(false);
      await before();
      how();
    } else {
      say(true);
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !doubtful()) return;
    if (link.hash && link.href.split("#")[0] === location.href.split("#")[0]) return;
    event.preventDefault();
    leave(() => location.assign(link.href));
  });

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || passing === event.target || !doubtful()) return;
    event.preventDefault();
    const { target, submitter } = event;
    leave(() => {
      passing = target;
      target.requestSubmit(submitter);
      passing = null;
    });
  });

  window.addEventListener("online", () => say(false));

  return { go: (address) => leave(() => location.assign(address)) };
}
