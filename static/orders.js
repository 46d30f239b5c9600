/** Owns the orders that this page gave: which znode, and what became of it.
 * One POST an order, with a deadline; the state of each is a plain value that row_model.js reads. */

const ANSWER_LIMIT_MS = 5000;
const REMEMBERED = 200;

/** The orders of this page. `orders.byZnode`: znode -> {phase: "sent"|"accepted"|"refused", sentence}. */
export class Orders {
  constructor(onChange) {
    this.onChange = onChange;
    this.byZnode = new Map();
  }

  /** Order the instance behind `znode` to die. A second order while one is under way does nothing. */
  async kill(znode) {
    if (this.byZnode.get(znode)?.phase === "sent") return;
    this.remember(znode, { phase: "sent", sentence: "" });
    this.remember(znode, await send(`/api/nodes/${encodeURIComponent(znode)}/kill`));
  }

  remember(znode, order) {
    this.byZnode.delete(znode); // so that the newest is last
    this.byZnode.set(znode, order);
    if (this.byZnode.size > REMEMBERED) this.byZnode.delete(this.byZnode.keys().next().value);
    this.onChange(order);
  }
}

async function send(path) {
  try {
    const answer = await fetch(path, { method: "POST", signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    if (answer.status === 202) return { phase: "accepted", sentence: "" };
    return { phase: "refused", sentence: await readSentence(answer) };
  } catch (error) {
    const isLate = error.name === "TimeoutError";
    const sentence = isLate ? "The dashboard did not answer in time; the order may still have been carried out."
      : "The dashboard could not be reached, so no order was given.";
    return { phase: "refused", sentence };
  }
}

/** The dashboard's own sentence, or one by the status where it sent none. */
async function readSentence(answer) {
  const own = {
    403: "The dashboard refused the order, because it did not seem to come from its own page.",
    404: "Not killed: there is no readable entry for this znode any more.",
    502: "Not killed: the node did not answer, or refused the order.",
  }[answer.status] ?? `Not killed: the dashboard answered with status ${answer.status}.`;
  try {
    const body = await answer.json();
    return typeof body?.error === "string" && body.error !== "" ? body.error : own;
  } catch {
    return own; // not JSON: someone between the page and the dashboard answered
  }
}
