/** Owns what each row of the line says: the candidates in order of succession, then those that left.
 * Pure: members of a DashboardView, orders and a time in; plain rows out. A null in a member reads "unknown". */

import { saysClosed, saysKilled } from "./why.js";
import { UNKNOWN, calledOf, clockTime, lasted, shortZnode, timeout } from "./words.js";

const ENDED = ["ordered", "died", "left"]; // of the ways in which a leader ends: its process did
const NO_ORDER = { phase: "none", sentence: "" };
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

let made = new Map(); // znode -> {member, facts, row}: where nothing is new of a member, its row is the one it was

/** Rows for the candidates in line. `context`: {state, leader, silentNotes: Map of znode -> a sentence, for those
 * that do not answer, canOrder, orders, nowS}; see view_model.js. */
export function lineRows(members, { state, leader, silentNotes, canOrder, orders }) {
  const next = nextInLine(members);
  const byName = Map.groupBy(members, (member) => member.name);
  const former = made;
  made = new Map();
  return members.map((member, index) => {
    const isLeader = member.znode === leader;
    const facts = {
      position: index + 1,
      successor: successorOf(member, byName),
      isLeader,
      isNext: member === next && state !== "zookeeper_unreachable", // without it nobody takes over
      isSilent: (isLeader && state === "leader_unreachable") || silentNotes.has(member.znode),
      silentNote: silentNotes.get(member.znode) ?? "",
      order: orders.get(member.znode) ?? NO_ORDER,
      state,
      canOrder,
    };
    const last = former.get(member.znode);
    const isKnown = last?.member === member && Object.keys(facts).every((name) => facts[name] === last.facts[name]);
    made.set(member.znode, isKnown ? last : { member, facts, row: lineRow(member, facts) });
    return made.get(member.znode).row;
  });
}

function lineRow(member, facts) {
  return {
    ...shared(member),
    standing: "in_line",
    position: facts.position,
    isLeader: facts.isLeader,
    isNext: facts.isNext,
    isFormer: facts.successor !== null,
    isSilent: facts.isSilent,
    hasLed: facts.isLeader,
    predecessor: member.predecessor ?? null,
    watching: member.watching ?? null,
    ...roleOf(member, facts),
    watchingText: watchingText(member),
    ...agreement(member, facts),
    kill: killOf(member, facts),
    command: null,
    commandNote: "",
  };
}

/** Rows for those that left, the newest first. `context`: {events, startHint, nowS}. */
export function departedRows(departed, context) {
  return [...departed].reverse().map((member) => {
    const howLong = lasted((context.nowS - member.departed_at) * 1000);
    const isKilledHere = wasKilledHere(member.znode, context.events);
    const cause = isKilledHere ? " Killed from this page." : "";
    return {
      ...shared(member),
      standing: "departed",
      position: null,
      isLeader: false,
      isNext: false,
      isFormer: false,
      isSilent: false,
      hasLed: member.role === "leader",
      downFor: howLong,
      predecessor: null,
      watching: null,
      role: "down",
      roleText: "Down",
      roleNote: "",
      watchingText: null,
      agrees: "departed",
      agreesText: `Down since ${clockTime(member.departed_at)}`,
      note: `${howLong} ago.${cause}`,
      kill: null,
      command: startCommand(member.name ?? null, context.startHint),
      commandNote: mayBeFrozen(member.znode, context.events) ? thawNote(member.name ?? null, context.startHint) : "",
    };
  });
}

/** Who takes over when the leader goes: the second in line, or null. */
export function nextInLine(members) {
  return members[1] ?? null;
}

/** The command that brings a node back, or null. A name that a shell could read as more than a word gives none:
 * whoever may join the cluster must not be able to put a command of theirs on a viewer's clipboard. */
export function startCommand(name, startHint) {
  if (startHint === "" || name === null || !PLAIN_NAME.test(name)) return null;
  return startHint.replaceAll("{name}", name);
}

function shared(member) {
  return {
    znode: member.znode,
    name: member.name ?? null,
    called: calledOf(member),
    nameText: member.name ?? UNKNOWN,
    address: splitAddress(member.address ?? UNKNOWN),
  };
}

/** The scheme apart: it is the same in each row, and stands back behind the host. */
function splitAddress(address) {
  const scheme = /^https?:\/\//.exec(address)?.[0] ?? "";
  return { scheme, rest: address.slice(scheme.length) };
}

/** The later candidate of the same node, when this one is left over from before its restart. */
function successorOf(member, byName) {
  if (member.name === null) return null;
  const isSameNode = (other) => other.address === member.address || other.address === null || member.address === null;
  const namesakes = byName.get(member.name);
  return namesakes.slice(namesakes.indexOf(member) + 1).find(isSameNode) ?? null;
}

function roleOf(member, { isLeader, isNext, isSilent, state }) {
  if (isLeader && (state === "electing" || state === "zookeeper_unreachable")) {
    return { role: "unknown", roleText: "Was leader", roleNote: "when last seen" };
  }
  if (isLeader) {
    return { role: "leader", roleText: "Leader", roleNote: isSilent ? "does not answer" : "" };
  }
  const roleNote = isSilent ? "does not answer" : isNext ? "next in line" : "";
  if (member.role === "worker") return { role: "worker", roleText: "Worker", roleNote };
  // It says that it leads, and the cluster says that another does: its word is shown as its word.
  if (member.role === "leader") return { role: "unknown", roleText: "In transition", roleNote: "says that it leads" };
  return { role: "unknown", roleText: "Unknown", roleNote };
}

/** null: nothing to watch, since it is first in line. */
function watchingText(member) {
  if (member.watching) return member.watching;
  if (member.role === "leader") return null;
  return member.role === "worker" ? "nothing yet" : UNKNOWN;
}

function agreement(member, { successor, order, state, silentNote }) {
  if (successor !== null) {
    return {
      agrees: "former",
      agreesText: "Former znode",
      note: `${calledOf(member)} was started again, and is in line as ${shortZnode(successor.znode)}. `
        + waitSentence(member, state),
    };
  }
  const note = order.phase === "accepted" ? `Killed from this page. ${waitSentence(member, state)}` : silentNote;
  if (member.role === null) return { agrees: "unknown", agreesText: "No readable entry", note };
  if (state === "zookeeper_unreachable") return { agrees: "unknown", agreesText: "Not known now", note };
  if (member.in_sync) return { agrees: "yes", agreesText: "Yes", note };
  return { agrees: "transition", agreesText: "In transition", note: note || transitionNote(member) };
}

function transitionNote(member) {
  if (!member.predecessor) return "It is first in line now.";
  return `It stands behind ${shortZnode(member.predecessor)} now.`;
}

function waitSentence(member, state) {
  if (state === "zookeeper_unreachable") return "It goes when ZooKeeper is back.";
  if (!member.session_timeout_ms) return "Its session has not ended yet.";
  return `Its session ends within ${timeout(member.session_timeout_ms)}.`;
}

function killOf(member, { order, canOrder, successor, state }) {
  const reason = whyNot(member, order, canOrder, successor);
  const verbs = { sent: "Killing…", accepted: "Killed" };
  return {
    verb: verbs[order.phase] ?? "Kill instance",
    isEnabled: reason === "",
    hint: reason || `Ends the process at once, as SIGKILL does: no clean-up, no goodbye.${
      state === "zookeeper_unreachable" ? " It goes from the line when ZooKeeper is back." : ""}`,
    error: order.phase === "refused" ? order.sentence : "",
  };
}

function whyNot(member, order, canOrder, successor) {
  if (order.phase === "sent") return "The order is on its way.";
  if (order.phase === "accepted") return "The node took the order to die.";
  if (successor !== null) return "This process is gone: its node was started again.";
  if (!member.address) return "Its address is not known, so no order can reach it.";
  return canOrder ? "" : "There is no connection to the dashboard, which would pass the order on.";
}

/** Whether nothing tells that its process ended: one that is frozen is put out of the line as well. */
function mayBeFrozen(znode, events) {
  const ended = events.find((event) => event.failover?.former_znode === znode)?.failover.end;
  return !ENDED.includes(ended)
    && !events.some((event) => event.znode === znode && (saysKilled(event.text) || saysClosed(event.text)));
}

function thawNote(name, startHint) {
  const word = startHint.startsWith("docker ") ? " unpause " : " thaw ";
  const command = startCommand(name, startHint.replace(" start ", word));
  return command === null ? "If it is only frozen, thaw it instead." : `Only frozen? ${command}`;
}

function wasKilledHere(znode, events) {
  return events.some((event) => event.znode === znode && saysKilled(event.text));
}
