/** Owns what is said of failovers: how long nobody led, the phases that make it up, why it took that long, earlier ones.
 * Pure: a DashboardView's events in, newest last; plain values out. The sum runs from the first sign to the claim. */

import { clockTime, measured, timeout } from "./words.js";

const EARLIER = 8;
// Upper bounds in milliseconds: what a crash supervisor or a clean leave takes, and what waiting for a session takes.
const BUCKETS = [[10, "10 ms"], [30, "30 ms"], [100, "100 ms"], [300, "300 ms"], [1000, "1 s"], [3000, "3 s"], [Infinity, "more"]];

const ENDS = {
  ordered: "killed from this page", died: "died by itself", left: "left in order", silent: "fell silent",
  evicted: "put out while it lived",
};
const SIGNS = { order: "order to die taken", stream: "stream broke", entry: "entry went" };

/** {phases, why, facts} of a leader_elected event with a record of its failover; null without one. A phase is {key, text,
 * ms, msText, share (0 to 1), how}; their `ms` add up to the time without a leader. */
export function stopwatchOf(event) {
  const record = event?.failover ?? null;
  if (record === null || !Number.isFinite(event.without_leader_ms)) return null;
  return { phases: phasesOf(event, record), why: whySentence(record), facts: factsOf(record) };
}

/** Earlier failovers, the newest first: {id, timeText, whoText, tookText, endText}. */
export function earlierFailovers(events) {
  return events.filter(isTimed).slice(0, -1).slice(-EARLIER).reverse().map((event) => ({
    id: event.id,
    timeText: clockTime(event.at),
    whoText: event.failover ? `${event.failover.former_name ?? event.failover.former_znode} → ${event.name ?? event.znode}`
      : `→ ${event.name ?? event.znode}`,
    tookText: measured(event.without_leader_ms),
    endText: event.failover ? ENDS[event.failover.end] ?? "" : "",
  }));
}

/** How many failovers took how long: {label, count, share of the fullest}, a bucket each; empty below two of them. */
export function histogramOf(events) {
  const took = events.filter(isTimed).map((event) => event.without_leader_ms);
  if (took.length < 2) return [];
  const counts = BUCKETS.map(([limit], index) => took.filter((ms) => ms <= limit && ms > (BUCKETS[index - 1]?.[0] ?? -1)).length);
  const most = Math.max(...counts);
  return BUCKETS.map(([, label], index) => ({ label, count: counts[index], share: counts[index] / most }));
}

/** Whether the event is a takeover of which it is known for how long nobody led. */
export function isTimed(event) {
  return event.kind === "leader_elected" && Number.isFinite(event.without_leader_ms);
}

function phasesOf(event, record) {
  const former = record.former_name ?? "the leader";
  const successor = event.name ?? "the next in line";
  const knewAt = Math.min(record.entry_went_at ?? Infinity, record.cause_seen_at);
  // Two machines' clocks may differ: a phase is never less than none, and the sum stays what it is.
  const marks = [record.sign_at, knewAt, record.cause_seen_at, record.claimed_at];
  const end = Math.max(record.sign_at, record.claimed_at);
  const ats = marks.reduce((done, at) => [...done, Math.min(end, Math.max(at, done.at(-1) ?? at))], []);
  const total = event.without_leader_ms;
  const upTo = ats.map((at) => Math.min(total, Math.round((at - ats[0]) * 1000)));
  upTo[3] = total;
  const phase = (key, index, text, how) => ({
    key, text, how, ms: upTo[index + 1] - upTo[index], msText: measured(upTo[index + 1] - upTo[index]),
    share: total > 0 ? (upTo[index + 1] - upTo[index]) / total : 0,
  });
  return [
    phase("knew", 0, `${former}'s ${SIGNS[record.sign] ?? "end"} → ZooKeeper knew`,
      "By this dashboard's clock: from the first sign of its end to its entry's going from the registry."),
    phase("woken", 1, `znode gone → ${successor} woken`, `To the moment when ${successor}'s watch fired, by its own clock.`),
    phase("claimed", 2, `${successor} looked, and took over`,
      `By ${successor}'s clock: from its watch to the commit of its claim.`),
  ];
}

function whySentence({ end, crash_supervisor: supervisor, session_timeout_ms: timeoutMs, former_name: name }) {
  const former = name ?? "The leader";
  const limit = timeoutMs ? timeout(timeoutMs) : "its session timeout";
  if (end === "left") return `${former} left in order and closed its session itself: nobody had to wait for a timeout.`;
  if (end === "evicted") return `${former}'s znodes were deleted while it lived, so nobody had to wait for a timeout.`;
  if (end === "silent") {
    return `${former} fell silent without an end that anyone saw, so ZooKeeper waited until its session timed out (${limit}).`;
  }
  const died = end === "ordered" ? `${former}'s process was killed` : `${former}'s process died`;
  if (supervisor === true) return `${died}, and its parent, which saw that, ended its session at once.`;
  if (supervisor === false) return `${died} without a crash supervisor, so ZooKeeper waited until its session timed out (${limit}).`;
  return `${died}; whether anyone ended its session for it is not known.`;
}

function factsOf({ end, crash_supervisor: supervisor, session_timeout_ms: timeoutMs }) {
  const facts = [];
  if (timeoutMs) facts.push(`session timeout ${timeout(timeoutMs)}`);
  if (typeof supervisor === "boolean") facts.push(`crash supervisor ${supervisor ? "on" : "off"}`);
  const isSaved = supervisor === true && timeoutMs && (end === "ordered" || end === "died");
  if (isSaved) facts.push(`without it about ${timeout(timeoutMs)}`);
  return facts.join(" · ");
}
