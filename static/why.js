/** Owns what is said when an event is opened: why it came so, by which rule of the election, and what to look at.
 * Pure: an event of a DashboardView in, sentences out. The rules' numbers are those of the design and of rules.py. */

/** {why, rule, look}: sentences for the event; null for a kind that the page does not know. */
export function whyOf(event) {
  const explain = EXPLAIN[event.kind];
  return explain === undefined ? null : explain(event.name ?? event.znode ?? "It", String(event.text ?? ""));
}

/** Whether an event's text says that this dashboard gave the order to kill. */
export function saysKilled(text) {
  return /killed from this page/i.test(text ?? "");
}

/** Whether it says that the node closed its session itself. */
export function saysClosed(text) {
  return /closed its session/i.test(text ?? "");
}

const EXPLAIN = {
  joined: (who) => ({
    why: `${who} made an ephemeral sequential znode below /election. ZooKeeper gave it the next number, so it stands last; `
      + "a node that comes back gets a new number, and never its old place.",
    rule: "Rule 3: the line is in order of the znodes' numbers, and of nothing else.",
    look: "Its watch: it points to the one just ahead of it, and to no other.",
  }),
  gone: (who, text) => ({
    why: goneWhy(who, text),
    rule: "Rule 5: each node watches only the one just ahead of it, so one death wakes one node.",
    look: "Who stood right behind it: that one alone looks again. All others stay as they were.",
  }),
  leader_lost: (who, text) => ({
    why: `${goneWhy(who, text)} Its claim and its entry among the coordinators went in the same transaction.`,
    rule: "Rule 6: who loses its candidate or its claim says \"not leader\" first, and asks questions later.",
    look: "The next event that names a leader: the time between the two is the time without one.",
  }),
  leader_elected: (who) => ({
    why: `${who} found nobody ahead of it. In one transaction it checked that its candidate still stands, raised the term `
      + "by one, made the claim, and moved its entry to the coordinators. ZooKeeper refuses a second claim.",
    rule: "Rule 4: first in line promotes itself, and leads once that is committed.",
    look: "The fencing token, which is that transaction's id: it is higher than every leader's before.",
  }),
  watch_moved: (who) => ({
    why: `The znode that ${who} watched is gone, so ${who} looked again and found another one ahead of it.`,
    rule: "Rule 5: watch the one candidate just ahead; if it is gone, look again.",
    look: "Its arrow: it closes the gap. Nobody else moved.",
  }),
  not_answering: (who) => ({
    why: `Nothing came from ${who}, and ZooKeeper has not given it up. It may be frozen, cut off, or gone with its machine; `
      + "from outside these look the same.",
    rule: "Rule 7: leadership is a lease. By its own clock the silent one stops leading before its session can end.",
    look: "The session timeout: nobody takes over before ZooKeeper has ended the session.",
  }),
  zookeeper_lost: () => ({
    why: "This dashboard's own connection to ZooKeeper broke. Nodes that cannot reach ZooKeeper do not lead either.",
    rule: "Rule 1: not connected is not leader, at once, whatever was true a moment ago.",
    look: "The line stays as it was last known, and says so; nobody leads by it.",
  }),
  zookeeper_back: () => ({
    why: "ZooKeeper answers again. Sessions that outlived the outage go on; the others have ended, with all their znodes.",
    rule: "Rule 9: what is missing is made anew, with a backoff; nobody gives up.",
    look: "Who leads now, and whether znode numbers changed: a new number means a new session.",
  }),
};

function goneWhy(who, text) {
  if (saysKilled(text)) {
    return `${who} took the order to die, as by SIGKILL. Its process said no goodbye: its parent, which saw it die, ended its `
      + "session, or else ZooKeeper waited for the session timeout. The session's end deletes its ephemeral znodes.";
  }
  if (saysClosed(text)) return `${who} was stopped in order and closed its session itself, which deletes its znodes at once.`;
  return `${who}'s session ended: closed by its owner, by the parent that saw it die, or by its timeout; or else its znode `
    + "was deleted by hand. The session's end deletes its ephemeral znodes.";
}
