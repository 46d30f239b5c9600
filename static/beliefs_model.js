/** Owns what each node believes beside what ZooKeeper says: word against word, and a sentence where they differ.
 * Pure: rows of row_model.js, a DashboardView's beliefs and a time in, plain values out. */

import { age, count, shortZnode } from "./words.js";

const FRESH_MS = 2000;

/** {rows, leading: {text, tone, note}, left}. A row: {znode, called, isOld, saysText, zookeeperText, leaseText,
 * connectionText, ageText, agrees: "yes"|"no"|"silent"|"unknown", sentence}. `left`: how many are not asked. */
export function beliefsOf({ line, departed, view, nowS }) {
  const beliefs = view?.beliefs ?? {};
  const isAway = view?.state === "zookeeper_unreachable";
  const asked = [...line, ...departed].filter((row) => beliefs[row.znode] !== undefined);
  const rows = asked.map((row) => rowOf(row, beliefs[row.znode], { view, isAway, nowS }));
  return { rows, leading: leadingOf(asked, beliefs, nowS), left: line.filter((row) => beliefs[row.znode] === undefined).length };
}

/** A sentence for each in line that was asked for its status and does not answer, by znode. */
export function silentNotes(view, nowS) {
  const silent = (view?.cluster?.members ?? []).filter((member) => view.beliefs?.[member.znode]?.is_answering === false);
  return new Map(silent.map((member) => [member.znode, waitNote(view.beliefs[member.znode], member.session_timeout_ms, nowS)]));
}

function waitNote(belief, sessionTimeoutMs, nowS) {
  const waitsMs = stillWaitsMs(belief, sessionTimeoutMs, nowS);
  if (waitsMs === null) return "";
  return waitsMs > 0 ? `ZooKeeper waits about ${age(waitsMs)} more for it.`
    : "Its session timeout has passed: either ZooKeeper ends it at any moment, or it still hears from it.";
}

/** About how long ZooKeeper will still wait for a node that does not answer: milliseconds, at least 0, or null. */
function stillWaitsMs(belief, sessionTimeoutMs, nowS) {
  if (!belief || belief.is_answering || !sessionTimeoutMs) return null;
  return Math.max(0, (belief.answered_at - nowS) * 1000 + sessionTimeoutMs);
}

/** How many say at this moment that they lead; whoever said so before and does not answer is told beside. */
function leadingOf(asked, beliefs, nowS) {
  const leads = asked.filter((row) => beliefs[row.znode]?.is_leader);
  const now = leads.filter((row) => beliefs[row.znode].is_answering && row.position !== null);
  const before = leads.filter((row) => !now.includes(row));
  const said = before.map((row) => `${row.called} said so ${age((nowS - beliefs[row.znode].answered_at) * 1000)} ago`);
  return {
    number: asked.length === 0 ? "–" : now.length > 1 ? `${now.length}!` : String(now.length),
    text: `${now.length === 1 ? "node says that it leads" : "nodes say that they lead"}`,
    tone: now.length > 1 ? "bad" : now.length === 1 ? "good" : "warn",
    note: said.length === 0 ? "" : `${said.join("; ")}, and does not answer.`,
  };
}

function rowOf(row, belief, { view, isAway, nowS }) {
  const base = { znode: row.znode, called: row.called, zookeeperText: zookeepersWord(row, view, isAway) };
  if (belief === null) {
    return { ...base, isOld: true, saysText: "nothing yet", leaseText: "", connectionText: "", ageText: "", agrees: "silent",
      sentence: "It was asked and has never answered this dashboard." };
  }
  const isOld = !belief.is_answering || row.position === null;
  const difference = differenceOf(row, belief, { view, isAway });
  return {
    ...base,
    isOld,
    saysText: `${belief.role ?? "in no place"}${belief.is_leader ? ", leads" : ", does not lead"}`
      + `${belief.watching === null ? "" : `, watches ${shortZnode(belief.watching)}`}`,
    leaseText: belief.is_leader && !isOld && belief.lease_left_ms !== null ? `${Math.round(belief.lease_left_ms)} ms` : "–",
    connectionText: row.position === null ? `was ${belief.connection}` : belief.connection,
    ageText: heardText((nowS - belief.answered_at) * 1000),
    agrees: isOld ? "silent" : isAway ? "unknown" : difference === "" ? "yes" : "no",
    sentence: isOld ? silentSentence(row, belief, view, nowS) : difference,
  };
}

function zookeepersWord(row, view, isAway) {
  if (isAway) return "does not answer";
  if (row.position === null) return "gone from the line";
  const leads = view.cluster?.leader === row.znode ? "leads" : "does not lead";
  return `${ordinal(row.position)} in line, ${leads}${row.predecessor === null ? "" : `, behind ${shortZnode(row.predecessor)}`}`;
}

function silentSentence(row, belief, view, nowS) {
  if (row.position === null) {
    return belief.is_leader ? "It believed that it led when it was last heard; ZooKeeper has ended its session since."
      : "This is what it said last.";
  }
  const member = view.cluster?.members.find((one) => one.znode === row.znode);
  return `It does not answer: this is what it said last. ${waitNote(belief, member?.session_timeout_ms, nowS)}`.trim();
}

function differenceOf(row, belief, { view, isAway }) {
  if (belief.connection !== "connected") {
    return `It has no connection to ZooKeeper (${belief.connection}), so it does not lead, whatever ZooKeeper still says.`;
  }
  if (isAway) return "";
  const isLeader = view.cluster?.leader === row.znode;
  if (belief.is_leader && !isLeader) {
    return "It says that it leads, and ZooKeeper says that it does not. Its writes are refused: each checks the term.";
  }
  if (!belief.is_leader && isLeader) {
    return belief.role === "leader" ? "ZooKeeper has its claim; its own lease is not proven now, so it does not act as leader."
      : "ZooKeeper has its claim, and it does not know yet that it leads.";
  }
  if (belief.watching !== row.predecessor) {
    return `It watches ${belief.watching === null ? "nobody" : shortZnode(belief.watching)}; ZooKeeper's order puts it behind ${
      row.predecessor === null ? "nobody" : shortZnode(row.predecessor)}. It has not caught up with a change.`;
  }
  return "";
}

/** Each is asked once a second: what came within two is of now. */
function heardText(agoMs) {
  return agoMs < FRESH_MS ? "just now" : `${age(agoMs)} ago`;
}

function ordinal(position) {
  const ending = { 1: "st", 2: "nd", 3: "rd" }[position % 10] ?? "th";
  return `${position}${[11, 12, 13].includes(position % 100) ? "th" : ending}`;
}

/** Those that are beyond what the dashboard asks, in words; empty where none are. */
export function leftText(left) {
  return left === 0 ? "" : `${count(left, "node is", "nodes are")} not asked: the dashboard asks the first 40 in line.`;
}

