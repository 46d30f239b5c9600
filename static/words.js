/** Owns how a time, a duration and a thing that is unknown read.
 * Pure: no clock, no DOM. Times come as Unix seconds, as on the wire, or as milliseconds where the name says so. */

export const UNKNOWN = "unknown";

/** 14:02:07, in the viewer's own time zone. */
export function clockTime(atS) {
  const date = new Date(atS * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** The machine's form of a time, for `<time datetime>`; empty for one that no calendar has. */
export function isoTime(atS) {
  const date = new Date(atS * 1000);
  return Number.isFinite(date.getTime()) ? date.toISOString() : "";
}

/** How long something has lasted: 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. Less than none is 0 s. */
export function lasted(durationMs) {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** How old something is, with a tenth of a second while that can be seen: 0.2 s, 9.9 s, 12 s. */
export function age(durationMs) {
  const ms = Math.max(0, durationMs);
  return ms < 10000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : lasted(ms);
}

/** A session timeout as it is set: 2 s, 1.5 s, 0.4 s. */
export function timeout(timeoutMs) {
  return `${Number((timeoutMs / 1000).toFixed(1))} s`;
}

/** A measured span as a figure and its unit: 23 ms, 1840 ms, 12.3 s. */
export function measured(durationMs) {
  const ms = Math.max(0, Math.round(durationMs));
  return ms < 10000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** c_…012, where the whole znode would only be noise; the joiner keeps a line from ending within it. */
export function shortZnode(znode) {
  return znode.length > 6 ? `${znode.slice(0, 2)}…\u2060${znode.slice(-3)}` : znode;
}

/** A node's name where it told one, else its znode. */
export function calledOf(member) {
  return member.name ?? member.znode;
}

/** `one thing`, `2 things`. */
export function count(number, one, many) {
  return number === 1 ? `1 ${one}` : `${number} ${many}`;
}

/** A zxid as ZooKeeper's own tools print it. */
export function hex(zxid) {
  return `0x${zxid.toString(16)}`;
}
