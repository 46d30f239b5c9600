/** Owns what the page says of the past: the list of events, and the figures of the last failover.
 * Pure: the events of a DashboardView in, newest last; plain values out. */

import { isTimed } from "./stopwatch_model.js";
import { whyOf } from "./why.js";
import { age, clockTime, hex, isoTime, measured, timeout } from "./words.js";

const SHOWN_EVENTS = 60;
const ONE_STORY_S = 30;
const SINCE_ANSWER = "since its last answer";
const SILENCE_WORTH_TELLING_S = 0.5; // the leader's messages come up to a second apart
const HEARD_LIMIT_MS = 10000; // above it, the clocks differ or the machine slept: it would measure those

const BY_NUMBER = new Intl.Collator("en", { numeric: true }); // node2 before node10

const ICONS = {
  joined: "plus", gone: "cross", leader_lost: "crown_off", leader_elected: "crown", watch_moved: "eye",
  not_answering: "clock", zookeeper_lost: "warn", zookeeper_back: "live",
};

/** The newest first, as ZooKeeper ordered them: {key, kind, icon, timeText, isoText, before, name, after, aside, order, why}.
 * Ids count anew in each epoch of the dashboard, and a key does not. The three parts of the sentence let the page set the
 * node's name apart; `why`: see why.js, null where none is known. */
export function eventItems(events, epoch = "") {
  return events.slice(-SHOWN_EVENTS).reverse().map((event) => ({
    key: `${epoch}.${event.id}`,
    order: Number.isFinite(event.zxid) ? `zxid ${hex(event.zxid)}` : "",
    why: whyOf(event),
    kind: ICONS[event.kind] === undefined ? "other" : event.kind,
    icon: ICONS[event.kind] ?? "dot",
    timeText: Number.isFinite(event.at) ? clockTime(event.at) : "",
    isoText: Number.isFinite(event.at) ? isoTime(event.at) : "",
    ...split(String(event.text ?? ""), event.name),
    aside: Number.isFinite(event.without_leader_ms) ? `${measured(event.without_leader_ms)} without a leader` : "",
  }));
}

/** The same as text, the oldest first: what a report or a chat takes. */
export function eventsText(items) {
  const line = (item) => [item.isoText || "-", item.before + item.name + item.after, item.aside && `(${item.aside})`,
    item.order && `[${item.order}]`].filter(Boolean).join(" ");
  return [...items].reverse().map((item) => `${line(item)}\n`).join("");
}

/** The names that the events are about, each once, for choosing one. */
export function namesIn(events) {
  return [...new Set(events.map((event) => event.name))].filter((name) => typeof name === "string").sort(BY_NUMBER.compare);
}

/** {figure, unit, title, silent, heard, isRunning} of the last failover, of the one under way, or of none.
 * `facts`: {view, state, nowS, eventsHeardAtMs, clocksAgree}. */
export function failover({ view, state, nowS, eventsHeardAtMs, clocksAgree }) {
  const events = view?.events ?? [];
  const running = underWay(view, state, nowS);
  if (running !== null) return { ...running, silent: "", heard: "", isRunning: true };
  const last = events.findLast(isTimed);
  if (last === undefined) {
    return { figure: "—", unit: "", silent: "", heard: "", isRunning: false,
      title: "None seen yet. Kill the leader to see one." };
  }
  return {
    figure: measured(last.without_leader_ms),
    unit: "without a leader",
    title: failoverTitle(events, last),
    silent: silentText(last),
    heard: clocksAgree ? heardText(view, last, eventsHeardAtMs) : "",
    isRunning: false,
  };
}

/** What a failover takes by the leader's settings: how long ZooKeeper waits, and whether anyone need wait for that. */
export function recipe(leader) {
  if (leader === null || !leader.session_timeout_ms || typeof leader.crash_supervisor !== "boolean") return "";
  const waits = `Session timeout ${timeout(leader.session_timeout_ms)}`;
  return leader.crash_supervisor
    ? `${waits}, crash supervisor on: when only the leader's process dies, its parent ends its session at once.`
    : `${waits}, crash supervisor off: a leader that dies is waited for until its session times out.`;
}

/** What counts up while the leader is silent, and while there is none. */
function underWay(view, state, nowS) {
  if (state !== "leader_unreachable" && state !== "electing") return null;
  const electedId = view.events.findLast((event) => event.kind === "leader_elected")?.id ?? -1;
  const lastOf = (kind) => view.events.findLast((event) => event.kind === kind && event.id > electedId);
  const silent = lastOf("not_answering");
  const lost = lastOf("leader_lost");
  const counted = (sinceS) => age((nowS - sinceS) * 1000);
  if (state === "leader_unreachable") {
    if (silent === undefined) return null;
    return { figure: counted(silent.at), unit: SINCE_ANSWER, title: `${silent.name ?? "The leader"} does not answer` };
  }
  if (lost === undefined) return null;
  const title = `${lost.name ?? "The leader"} led, and is gone`;
  // One that went silent and was heard again has nothing to do with this loss, and no event tells them apart but time.
  if (silent?.znode === lost.znode && lost.at - silent.at < ONE_STORY_S) {
    return { figure: counted(silent.at), unit: SINCE_ANSWER, title };
  }
  return { figure: counted(lost.at), unit: "without a leader so far", title };
}

function failoverTitle(events, last) {
  const before = events.findLast((event) => event.id < last.id && event.kind === "leader_lost");
  const at = `at ${clockTime(last.at)}`;
  if (before?.name && last.name) return `${before.name} → ${last.name}, ${at}`;
  return last.name ? `${last.name} took over ${at}` : `A new leader took over ${at}`;
}

/** What the figure leaves out: a leader that froze was silent before there was a sign that it had gone. */
function silentText(elected) {
  const silence = silenceBefore(elected);
  return silence === "" ? "" : `${elected.failover.former_name ?? "The leader"} had been silent for ${silence} before that.`;
}

/** For how long the former leader was silent before the figure counts, as 2.1 s; empty where that is not worth telling. */
export function silenceBefore({ failover: record }) {
  const silentS = record?.silent_since_at ? record.sign_at - record.silent_since_at : 0;
  return silentS < SILENCE_WORTH_TELLING_S ? "" : age(Math.round(silentS * 10) * 100);
}

/** How long after the successor's claim this page had the news, where it was there to hear it. */
function heardText(view, event, eventsHeardAtMs) {
  const heardAtMs = eventsHeardAtMs.get(event.id);
  const claimedAt = view.cluster?.members.find((member) => member.znode === event.znode)?.takeover?.claimed_at;
  if (heardAtMs === undefined || !Number.isFinite(claimedAt)) return "";
  const heardMs = heardAtMs - claimedAt * 1000;
  return heardMs >= 0 && heardMs < HEARD_LIMIT_MS ? `This page heard of it ${measured(heardMs)} later.` : "";
}

function split(text, name) {
  const at = name ? text.indexOf(name) : -1;
  if (at < 0) return { before: text, name: "", after: "" };
  return { before: text.slice(0, at), name, after: text.slice(at + name.length) };
}
