/** Owns the sentence at the top of the page: which state the page is in, and what that means.
 * Pure. `text` stays the same while state and leader do, since a screen reader reads it out; the rest is in `note`. */

import { age, calledOf, clockTime, count, lasted, timeout } from "./words.js";
import { nextInLine } from "./row_model.js";

const STALE_AFTER_MS = 2000;
const LONG_ELECTION_S = 10;
// A silent leader may have spoken to ZooKeeper up to a message's second later, and ZooKeeper rounds up to a tick.
const STILL_HEARD_AFTER_S = 2;

/** Which state the page is in: the dashboard's own word while it is heard, else what is wrong with hearing it. */
export function pageState({ connection, view, ageMs }) {
  if (view === null) return connection.phase !== "open" && connection.attempt > 0 ? "no_dashboard" : "connecting";
  if (connection.phase !== "open") return "connection_lost";
  if (ageMs > STALE_AFTER_MS) return "stale";
  return view.state;
}

/** {tone: "calm"|"good"|"warn"|"bad", icon, title, text, note} for `facts`:
 * {state, connection, view, isLeaderSilent, heardAtS, ageMs, nowS (the dashboard's time), hereS (this machine's time)}. */
export function bannerOf(facts) {
  const say = SAY[facts.state];
  if (say !== undefined) return { note: "", ...say(facts) };
  return { tone: "warn", icon: "warn", title: "A state this page does not know", note: "",
    text: `The dashboard calls it ${facts.state}. Reload the page to get the one that belongs to this dashboard.` };
}

const SAY = {
  connecting: () => ({
    tone: "calm", icon: "plug", title: "Connecting",
    text: "Connecting to the dashboard. The cluster shows as soon as it answers.",
  }),
  no_dashboard: ({ connection, hereS }) => ({
    ...refusalOr(connection, "The dashboard does not answer", "The page tries again by itself."),
    note: nextTry(connection, hereS),
  }),
  connection_lost: ({ connection, heardAtS, hereS }) => ({
    ...refusalOr(connection, "Connection to the dashboard lost",
      `What you see is the cluster as it was at ${clockTime(heardAtS)}. The page reconnects by itself.`),
    note: nextTry(connection, hereS),
  }),
  stale: ({ heardAtS, ageMs }) => ({
    tone: "warn", icon: "clock", title: "Nothing new from the dashboard",
    text: `It went silent at ${clockTime(heardAtS)}, though it should say something each second. `
      + "What you see may no longer be true.",
    note: `silent for ${age(ageMs)}`,
  }),
  zookeeper_unreachable: ({ view }) => ({
    tone: "bad", icon: "warn", title: "ZooKeeper does not answer",
    text: `ZooKeeper is out of reach: nobody leads until it is back. ${lastKnown(view)}`,
  }),
  electing: ({ view, nowS }) => electing(view, nowS),
  leader_unreachable: (facts) => leaderUnreachable(facts),
  live: (facts) => live(facts),
};

function refusalOr(connection, title, text) {
  const refusal = connection.refusal;
  if (refusal?.isTemporary) {
    return { tone: "warn", icon: "warn", title: "The dashboard cannot serve this page now",
      text: `${refusal.sentence} The page tries again by itself.`.trim() };
  }
  if (refusal !== null && refusal !== undefined) {
    return { tone: "bad", icon: "warn", title: "The dashboard refuses this page",
      text: refusal.sentence || "It does not serve its stream to this address." };
  }
  return { tone: "bad", icon: "plug", title, text };
}

function nextTry(connection, hereS) {
  if (connection.phase !== "waiting" || connection.nextTryAtMs === null) return "trying now";
  return `next try in ${Math.max(1, Math.ceil(connection.nextTryAtMs / 1000 - hereS))} s`;
}

function lastKnown(view) {
  if (view.cluster === null) return "It has not been read yet: the nodes show as soon as it answers.";
  return `What you see is as of ${clockTime(view.as_of_at)}. If only the dashboard is cut off, a node may lead unseen.`;
}

function electing(view, nowS) {
  const members = view.cluster?.members ?? [];
  const hadLeader = view.events.some((event) => event.kind === "leader_elected");
  if (members.length === 0 && view.cluster !== null) return noNodes();
  if (!hadLeader && view.cluster === null) {
    return { tone: "calm", icon: "crown", title: "No leader yet",
      text: "No node has told this dashboard that it leads. It shows as soon as one does; if none runs, start one." };
  }
  const lost = view.events.findLast((event) => event.kind === "leader_lost" || event.kind === "leader_elected");
  if (lost?.kind === "leader_lost" && nowS - lost.at > LONG_ELECTION_S) {
    return { tone: "bad", icon: "crown_off", title: "Nobody leads",
      text: "No node has taken over, which takes milliseconds when one is running. If none is, start one." };
  }
  return { tone: "warn", icon: "crown_off", title: "Election under way",
    text: "Nobody leads at this moment. The first in line takes over as soon as ZooKeeper has committed its claim." };
}

function noNodes() {
  return { tone: "warn", icon: "warn", title: "No node is in line",
    text: "Nobody leads, and nobody could: start a node, and it joins the line and leads." };
}

function leaderUnreachable({ view, nowS }) {
  const members = view.cluster?.members ?? [];
  const leader = members.find((member) => member.znode === view.cluster?.leader) ?? members[0];
  const tone = { tone: "bad", icon: "warn", title: "The leader does not answer" };
  if (leader === undefined) return { ...tone, text: "ZooKeeper has an entry of a leader, and nothing comes from it." };
  const who = `${calledOf(leader)}, the leader, does not answer.`;
  const next = nextInLine(members);
  const then = next === null ? "nobody is next in line, so there is no leader until a node joins"
    : `the next in line, ${calledOf(next)}, takes over`;
  const untilS = waitsUntilS(view, leader);
  if (untilS === null) return { ...tone, text: `${who} ZooKeeper waits for its session to time out; then ${then}.` };
  const limit = timeout(leader.session_timeout_ms);
  if (nowS > untilS + STILL_HEARD_AFTER_S) {
    return { ...tone, text: `${who} Its session timeout of ${limit} has passed, and ZooKeeper still hears from it: `
      + "it is alive, and only this dashboard cannot reach it." };
  }
  if (nowS >= untilS) {
    return { ...tone, text: `${who} Its session timeout of ${limit} has passed: ZooKeeper should end its session `
      + `any moment; then ${then}.` };
  }
  return { ...tone, text: `${who} ZooKeeper waits for it until about ${clockTime(untilS)} `
    + `(its session timeout is ${limit}); then ${then}.`, note: `${lasted(Math.ceil(untilS - nowS) * 1000)} left` };
}

/** When ZooKeeper gives the leader up, in Unix seconds, or null where its session timeout is not known.
 * Counted from the first sign that it is silent, which is at most a little after it last spoke to ZooKeeper. */
function waitsUntilS(view, leader) {
  if (!leader.session_timeout_ms) return null;
  const signs = view.events.filter((event) => event.kind === "not_answering" && event.znode === leader.znode);
  const silentSinceS = signs.at(-1)?.at ?? view.as_of_at;
  return silentSinceS + leader.session_timeout_ms / 1000;
}

function live({ view, isLeaderSilent }) {
  const members = view.cluster?.members ?? [];
  if (members.length === 0) return noNodes();
  const leader = members.find((member) => member.znode === view.cluster.leader);
  const moving = members.filter((member) => !member.in_sync && member.role !== null).length;
  if (leader === undefined) {
    return { tone: "warn", icon: "crown", title: "Live", text: "ZooKeeper answers, and no node in line leads." };
  }
  const next = nextInLine(members);
  if (isLeaderSilent) {
    return { tone: "warn", icon: "clock", title: "Live", text: `${calledOf(leader)} leads.`,
      note: "It has not answered when it was last asked what it believes." };
  }
  const behind = next === null ? "Nobody is in line behind it." : `${calledOf(next)} is next in line.`;
  const note = moving === 0 ? behind
    : `${count(moving, "node has", "nodes have")} not caught up with a change in the line yet.`;
  return { tone: "good", icon: "live", title: "Live", text: `${calledOf(leader)} leads.`, note };
}
