/** Owns what the tree of znodes shows: the answer of /api/znodes, and what in it has changed since the one before.
 * Pure: answers and a time in, rows out. */

import { hex } from "./words.js";

const MARKED_MS = 6000;

/** Before the first answer. */
export const NO_TREE = Object.freeze({ znodes: [], seen: new Map(), readAt: null });

/** The tree after `answer` came at `nowMs`; each znode with when it was seen to be new, changed or gone. */
export function after(tree, answer, nowMs) {
  const znodes = Array.isArray(answer?.znodes) ? answer.znodes.filter((one) => typeof one?.path === "string") : [];
  const before = new Map(tree.znodes.map((znode) => [znode.path, znode]));
  const isFirst = tree.readAt === null;
  const seen = new Map();
  for (const znode of znodes) {
    const mark = markOf(before.get(znode.path), znode, isFirst);
    if (mark !== null) seen.set(znode.path, { mark, atMs: nowMs, znode });
    else if (isRecent(tree.seen.get(znode.path), nowMs)) seen.set(znode.path, { ...tree.seen.get(znode.path), znode });
  }
  const there = new Set(znodes.map((znode) => znode.path));
  for (const [path, znode] of before) {
    if (!there.has(path) && isThere(znode)) seen.set(path, { mark: "gone", atMs: nowMs, znode });
  }
  for (const [path, old] of tree.seen) {
    if (old.mark === "gone" && !there.has(path) && isRecent(old, nowMs)) seen.set(path, old);
  }
  return { znodes, seen, readAt: answer?.read_at ?? null };
}

/** Rows {path, name, depth, isThere, mark, czxid, owner, version, data, left}, those that have just gone in their place. */
export function treeRows(tree, nowMs) {
  const gone = [...tree.seen.values()].filter((one) => one.mark === "gone" && isRecent(one, nowMs)).map((one) => one.znode);
  const rows = [];
  for (const znode of tree.znodes) {
    rows.push(rowOf(znode, tree.seen.get(znode.path), nowMs));
    if (depthOf(znode.path) === 0) {
      rows.push(...gone.filter((one) => parentOf(one.path) === znode.path)
        .map((one) => rowOf(one, tree.seen.get(one.path), nowMs)));
    }
  }
  return rows;
}

function rowOf(znode, seen, nowMs) {
  return {
    path: znode.path,
    name: depthOf(znode.path) === 0 ? znode.path : znode.path.slice(parentOf(znode.path).length + 1),
    depth: depthOf(znode.path),
    isThere: isThere(znode),
    mark: isRecent(seen, nowMs) ? seen.mark : null,
    czxid: isThere(znode) ? hex(znode.czxid) : "",
    owner: isThere(znode) ? znode.owner ?? "persistent" : "",
    version: isThere(znode) ? String(znode.version) : "",
    data: isThere(znode) ? dataText(znode) : "is not there",
    left: znode.left_out > 0 ? `${znode.left_out} more below it are not listed.` : "",
  };
}

function dataText(znode) {
  if (znode.data !== null && znode.data !== undefined) return JSON.stringify(znode.data, null, 1).replace(/\n\s*/g, " ");
  return znode.note ?? "";
}

function markOf(before, znode, isFirst) {
  if (isFirst || !isThere(znode)) return null;
  if (before === undefined || before.czxid !== znode.czxid) return "new";
  return before.mzxid === znode.mzxid ? null : "changed";
}

function isThere(znode) {
  return Number.isFinite(znode.czxid);
}

function isRecent(seen, nowMs) {
  return seen !== undefined && nowMs - seen.atMs < MARKED_MS;
}

function parentOf(path) {
  return path.slice(0, path.lastIndexOf("/"));
}

function depthOf(path) {
  return path.split("/").length - 2;
}
