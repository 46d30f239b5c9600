/** Owns the WebSocket to the dashboard: opens it, notices that it has died, opens it again.
 * Messages and changes of the connection go out through two callbacks; nothing here knows what a message says. */

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const HANDSHAKE_LIMIT_MS = 5000;
// The dashboard misses nothing but the handshake, which this page did send.
const NOT_PASSED_ON = "It answers, but its stream did not open: a proxy in between may not pass WebSockets on.";
const SILENCE_LIMIT_MS = 8000; // the dashboard says something each second: a connection this quiet is dead

/** Milliseconds until try number `attempt` (from 0): doubling, half of it jitter, so that viewers spread. */
export function backoffMs(attempt, random) {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (ceiling / 2) * random();
}

/** One stream that never gives up. `onConnection` is told {phase, attempt, nextTryAtMs, refusal};
 * `phase`: "connecting", "open" or "waiting"; `attempt`: how many have failed since the last message;
 * `refusal`: null, or {isTemporary, sentence} where the dashboard answered and did not open the stream. */
export class Stream {
  constructor({ path, onMessage, onConnection, random = Math.random }) {
    this.path = path;
    this.onMessage = onMessage;
    this.onConnection = onConnection;
    this.random = random;
    this.socket = null;
    this.attempt = 0;
    this.refusal = null;
    this.timer = null; // one at a time: the handshake's limit, silence, or the next try
  }

  open() {
    clearTimeout(this.timer);
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    let wasOpen = false;
    this.socket = socket;
    this.report("connecting");
    this.giveUpAfter(HANDSHAKE_LIMIT_MS, socket);
    // A socket that was given up may still report: it is no longer this.socket, and nobody listens to it.
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      wasOpen = true;
      this.refusal = null;
      this.report("open");
      this.giveUpAfter(SILENCE_LIMIT_MS, socket);
    });
    socket.addEventListener("message", (message) => {
      if (socket !== this.socket) return;
      this.attempt = 0;
      this.giveUpAfter(SILENCE_LIMIT_MS, socket);
      this.onMessage(message.data);
    });
    socket.addEventListener("close", () => this.lost(socket, wasOpen));
  }

  /** Try at once if the next try is being waited for: the machine is back on line, or someone looks at the page. */
  tryNow() {
    if (this.socket === null) this.open();
  }

  giveUpAfter(limitMs, socket) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      socket.close();
      this.lost(socket, true); // the closing handshake of a dead connection may take a minute
    }, limitMs);
  }

  lost(socket, wasOpen) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.timer);
    const waitMs = backoffMs(this.attempt, this.random);
    this.attempt += 1;
    this.timer = setTimeout(() => this.open(), waitMs);
    this.report("waiting", Date.now() + waitMs);
    if (!wasOpen) this.askWhyRefused(Date.now() + waitMs);
  }

  /** A browser hides the status of a refused handshake from its page, so ask the same address once, as plain HTTP. */
  async askWhyRefused(nextTryAtMs) {
    this.refusal = await readRefusal(this.path);
    if (this.socket === null) this.report("waiting", nextTryAtMs);
  }

  report(phase, nextTryAtMs = null) {
    this.onConnection({ phase, attempt: this.attempt, nextTryAtMs, refusal: this.refusal });
  }
}

async function readRefusal(path) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(2000), cache: "no-store" });
    if (answer.status === 426) return { isTemporary: true, sentence: NOT_PASSED_ON };
    if (![403, 503].includes(answer.status)) return null;
    const body = await answer.json();
    return { isTemporary: answer.status === 503, sentence: typeof body?.error === "string" ? body.error : "" };
  } catch {
    return null; // it does not answer, or not as the dashboard does: the page says that it cannot be reached
  }
}
