/** Owns what the page shows: from what was received, the connection, this page's orders and a time, to plain values.
 * Pure: knows no DOM and no clock, so that each view of the cluster, table or drawing, shows the same. */

import { bannerOf, pageState } from "./banner_model.js";
import { beliefsOf, silentNotes } from "./beliefs_model.js";
import { detailOf } from "./detail_model.js";
import { ensembleSentence, serversOf } from "./ensemble_model.js";
import { eventItems, failover, namesIn, recipe, silenceBefore } from "./happened_model.js";
import { pictureOf } from "./picture_model.js";
import { ageMs, clocksAgree, dashboardTimeS } from "./received.js";
import { departedRows, lineRows } from "./row_model.js";
import { earlierFailovers, histogramOf, isTimed, stopwatchOf } from "./stopwatch_model.js";
import { age, calledOf, clockTime, count, lasted, measured } from "./words.js";

/** What the page shows of the present. `now`: {wallMs, monotonicMs}; `orders`: Map of znode -> order; `startHint`: how a
 * node is brought back, with {name} in it, or "". Values: {state, title, header, banner, line, departed, emptyText,
 * problems, nowS}. */
export function viewModel({ received, connection, orders, startHint, now }) {
  const view = received.view;
  const events = view?.events ?? [];
  const oldMs = ageMs(received, now);
  const nowS = dashboardTimeS(received, now);
  const state = pageState({ connection, view, ageMs: oldMs });
  const leader = leaderOf(view);
  const isFollowed = connection.phase === "open";
  const line = lineRows(view?.cluster?.members ?? [], {
    state: view?.state, leader: view?.cluster?.leader ?? null, silentNotes: silentNotes(view, nowS),
    canOrder: isFollowed, orders, nowS,
  });
  const inLine = new Set(line.map((row) => row.znode));
  const departed = departedRows((view?.departed ?? []).filter((member) => !inLine.has(member.znode)), {
    events, startHint, nowS,
  });
  const heardAtS = (received.heardAt?.wallMs ?? now.wallMs) / 1000;
  return {
    state,
    title: titleOf(state, leader),
    header: {
      badge: badgeOf(state, view, leader, heardAtS),
      ...leaderFacts(view, leader, nowS),
      inLine: view === null ? "" : inLineText(view, line, departed),
      live: liveOf(state),
      age: oldMs === null ? "no data yet" : `data ${age(oldMs)} old`,
    },
    banner: bannerOf({
      state, connection, view, heardAtS, ageMs: oldMs, nowS, hereS: now.wallMs / 1000,
      isLeaderSilent: line.some((row) => row.isLeader && row.isSilent),
    }),
    line,
    departed,
    emptyText: emptyText(view),
    problems: view?.cluster?.problems ?? [],
    nowS,
  };
}

/** What the page shows besides, of the same moment: the picture, what has been, and what is open. `model`: of
 * `viewModel`; `opened`: see address.js. Values: {picture, detail, past: {failover, stopwatch, recipe, earlier, histogram},
 * beliefs, ensemble: {servers, sentence}, events, names}. */
export function restOfModel({ received, opened }, { state, line, departed, nowS }) {
  const view = received.view;
  const events = view?.events ?? [];
  return {
    picture: pictureOf({
      line, departed, leader: leadingZnode(view), token: view?.cluster?.fencing_token ?? null, epoch: view?.epoch ?? "",
      took: lastTook(events),
    }),
    detail: detailOf({ znode: opened.node, rows: [...line, ...departed], view, nowS }),
    past: {
      failover: failover({
        view, state, nowS, eventsHeardAtMs: received.eventsHeardAtMs, clocksAgree: clocksAgree(received),
      }),
      stopwatch: stopwatchOf(events.findLast(isTimed)),
      recipe: recipe(leaderOf(view)),
      earlier: earlierFailovers(events),
      histogram: histogramOf(events),
    },
    beliefs: beliefsOf({ line, departed, view, nowS }),
    ensemble: { servers: serversOf(view?.ensemble), sentence: ensembleSentence(view?.ensemble) },
    events: eventItems(opened.about === null ? events : events.filter((event) => event.name === opened.about), view?.epoch),
    names: namesIn(events),
  };
}

function leaderOf(view) {
  const members = view?.cluster?.members ?? [];
  return members.find((member) => member.znode === view.cluster.leader) ?? null;
}

/** Who leads at this moment, by the dashboard's word; the line has no leader while there is an election. */
function leadingZnode(view) {
  return view?.state === "live" ? view.cluster?.leader ?? null : null;
}

/** {token, text}: the last takeover's fencing token, and for how long nobody led; null where nobody took over. */
function lastTook(events) {
  const last = events.findLast((event) => event.kind === "leader_elected");
  if (!Number.isFinite(last?.without_leader_ms)) return null;
  const silence = silenceBefore(last);
  return { token: last.fencing_token, text: `${measured(last.without_leader_ms)}${silence && ` after ${silence} of silence`}` };
}

/** Who leads, in words: a leader is named as such only while the dashboard hears from it. */
function badgeOf(state, view, leader, heardAtS) {
  const unknown = { tone: "none", icon: "crown_off", text: "Leader unknown" };
  if (state === "connecting" || state === "no_dashboard") return unknown;
  if (state === "live" && leader !== null) return { tone: "leader", icon: "crown", text: `${calledOf(leader)} leads` };
  if (state === "leader_unreachable" && leader !== null) {
    return { tone: "bad", icon: "crown_off", text: `${calledOf(leader)} does not answer` };
  }
  if (state === "electing" || state === "live") return { tone: "none", icon: "crown_off", text: "No leader" };
  if (state === "zookeeper_unreachable") {
    return { tone: "bad", icon: "crown_off", text: "No leader until ZooKeeper is back" };
  }
  if (leader === null || view.state !== "live") return unknown;
  return { tone: "none", icon: "crown_off", text: `${calledOf(leader)} led at ${clockTime(heardAtS)}` };
}

function leaderFacts(view, leader, nowS) {
  const token = view?.cluster?.fencing_token ?? null;
  const isLed = leader !== null && view.state === "live";
  return {
    token: isLed && token !== null ? String(token) : "",
    since: isLed && leader.role_since_at !== null ? sinceText(view, leader.role_since_at, nowS) : "",
  };
}

/** A leader keeps its role while ZooKeeper is away, and does not lead then: that time does not count. */
function sinceText(view, roleSinceS, nowS) {
  const back = view.events.findLast((event) => event.kind === "zookeeper_back");
  if (back === undefined || back.at <= roleSinceS) return `for ${lasted((nowS - roleSinceS) * 1000)}`;
  return `for ${lasted((nowS - back.at) * 1000)} since ZooKeeper is back`;
}

function inLineText(view, line, departed) {
  const down = departed.length === 0 ? "" : `, ${departed.length} down`;
  const isOld = view.state === "zookeeper_unreachable" && view.cluster !== null;
  const asOf = isOld ? `, as of ${clockTime(view.as_of_at)}` : "";
  return `${count(line.length, "node", "nodes")} in line${down}${asOf}`;
}

function liveOf(state) {
  const words = {
    live: ["good", "live"], electing: ["warn", "electing"], leader_unreachable: ["bad", "leader silent"],
    zookeeper_unreachable: ["bad", "ZooKeeper away"], connecting: ["calm", "connecting"], stale: ["warn", "stale"],
  };
  const [tone, text] = words[state] ?? ["bad", "not connected"];
  return { tone, text };
}

function titleOf(state, leader) {
  if (state === "live" && leader !== null) return `${calledOf(leader)} leads · Succession`;
  return `${liveOf(state).text} · Succession`;
}

function emptyText(view) {
  if (view === null) return "The nodes show here as soon as the dashboard answers.";
  if (view.cluster === null) return "Nothing is known of the line yet.";
  return "No node is in line. Start one, and it joins.";
}
