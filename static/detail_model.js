/** Owns what the detail of one node says: all that is known of it, from the same rows as table and picture.
 * Pure: rows, members and events in, plain values out. */

import { eventItems } from "./happened_model.js";
import { UNKNOWN, clockTime, count, hex, lasted, timeout } from "./words.js";

const ELECTION = "/election";
const SHOWN_EVENTS = 8;

/** {znode, called, note, row: null where it is not in the table, facts, events}; null while none is open.
 * A fact is {term, text, copy: what its button copies, or null}. `view`: a DashboardView, or null. */
export function detailOf({ znode, rows, view, nowS }) {
  if (znode === null) return null;
  const row = rows.find((one) => one.znode === znode) ?? null;
  const events = view?.events ?? [];
  if (row === null) {
    const note = view === null || view.cluster === null ? "Nothing is known of it yet."
      : `${znode} is not in line any more, and it is not among those that left last.`;
    return { znode, called: nameInEvents(events, znode) ?? znode, note, row: null, facts: [],
      events: eventsOf(events, znode, null) };
  }
  const member = memberOf(view, znode);
  const watchers = rows.filter((one) => one.watching === znode);
  const belief = view.beliefs?.[znode] ?? null;
  return {
    znode, called: row.called, note: "", row,
    facts: [
      fact("Role", roleSentence(row, member, nowS)),
      ...(row.position === null ? [fact("Left", clockTime(member.departed_at))]
        : [fact("Place", `${row.position} of ${view.cluster.members.length} in line`)]),
      fact("Watches", watches(row, rows)),
      fact("Watched by", watchers.map(named).join(", ") || "nobody"),
      fact("Address", member.address ?? UNKNOWN, member.address),
      fact("Znode", `${ELECTION}/${znode}`, `${ELECTION}/${znode}`),
      fact("Session", member.session_id ?? UNKNOWN, member.session_id),
      fact("Session timeout", member.session_timeout_ms ? `${timeout(member.session_timeout_ms)}, as granted` : UNKNOWN),
      fact("Crash supervisor", { true: "on", false: "off" }[member.crash_supervisor] ?? UNKNOWN),
      fact("In line since", member.joined_at === null ? UNKNOWN : clockTime(member.joined_at)),
      fact("Leader's job", jobSentence(belief)),
      ...(Number.isFinite(member.czxid) ? [fact("Made by", `zxid ${hex(member.czxid)}`)] : []),
    ],
    events: eventsOf(events, znode, row.name),
  };
}

function fact(term, text, copy = null) {
  return { term, text, copy };
}

function memberOf(view, znode) {
  const all = [...(view.cluster?.members ?? []), ...view.departed];
  return all.find((member) => member.znode === znode);
}

function roleSentence(row, member, nowS) {
  const note = row.roleNote === "" ? "" : `, ${row.roleNote}`;
  if (row.position === null) return `Down for ${row.downFor}; was ${member.role ?? UNKNOWN}`;
  if (member.role_since_at === null || row.role === "unknown") return `${row.roleText}${note}`;
  return `${row.roleText}${note}, for ${lasted((nowS - member.role_since_at) * 1000)}`;
}

function watches(row, rows) {
  if (row.watching === null) return row.watchingText ?? "nobody";
  const ahead = rows.find((one) => one.znode === row.watching);
  return ahead === undefined ? `${row.watching}, which is gone` : named(ahead);
}

function named(row) {
  return row.name === null ? row.znode : `${row.name} (${row.znode})`;
}

function jobSentence(belief) {
  if (belief === null) return UNKNOWN;
  const { committed, refused } = belief.job;
  return `${count(committed, "tick", "ticks")} committed, ${refused} refused`;
}

function eventsOf(events, znode, name) {
  return eventItems(events.filter((event) => event.znode === znode || (name !== null && event.name === name)))
    .slice(0, SHOWN_EVENTS);
}

function nameInEvents(events, znode) {
  return events.findLast((event) => event.znode === znode)?.name ?? null;
}
