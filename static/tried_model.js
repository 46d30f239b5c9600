/** Owns the list of what there is to try, and which of it has been seen.
 * Pure: a DashboardView's events and rows in, steps out. What was seen once stays seen. */

import { startCommand } from "./row_model.js";
import { saysClosed, saysKilled } from "./why.js";

const AWAY_S = 1; // one whose znode is deleted by hand is back sooner
// How each of the two ways to run it calls ZooKeeper; another way gets no command.
const ZOOKEEPERS = { make: "zookeeper1", docker: "zookeeper" };

/** Which steps these events show: a Set of their ids. */
export function seenIn(events) {
  const seen = new Set();
  const goneAt = new Map();
  const led = new Set(events.filter((event) => event.kind === "leader_lost").map((event) => event.znode));
  for (const event of events) {
    const isKilledHere = saysKilled(event.text);
    if (event.kind === "leader_lost" && isKilledHere) seen.add("kill_leader");
    if (event.kind === "gone") {
      if (isKilledHere && !led.has(event.znode)) seen.add("kill_worker");
      if (saysClosed(event.text)) seen.add("stop_node");
      goneAt.set(event.name, event.at);
    }
    if (event.kind === "joined" && event.name !== null && event.at - goneAt.get(event.name) >= AWAY_S) seen.add("bring_back");
    if (event.kind === "zookeeper_back") seen.add("stop_zookeeper");
  }
  return seen;
}

/** The steps, in the order in which one learns most: {id, title, watchFor, command, kill: row or null, isSeen, isBegun}.
 * `view`: as received; `isBegun`: it waits for its second half. */
export function stepsOf({ line, departed, startHint, seen, view }) {
  const stopHint = startHint.replace(" start ", " stop ");
  const zookeeper = ZOOKEEPERS[startHint.split(" ")[0]] ?? null;
  const leader = line.find((row) => row.isLeader) ?? null;
  // One with somebody behind it, and not the next in line where another will do.
  const worker = (line.length > 3 ? line[2] : line[1]) ?? null;
  const stop = (name) => (zookeeper === null ? null : startCommand(name, stopHint));
  const isAway = view?.state === "zookeeper_unreachable";
  const down = departed[0] ?? null;
  const steps = [
    { id: "kill_leader", title: "Kill the leader", kill: leader, command: null,
      watchFor: "Its seat empties, and the one node that watched it wakes and is crowned. All others stay still." },
    { id: "kill_worker", title: "Kill a worker", kill: worker?.isLeader ? null : worker, command: null,
      watchFor: line.length === 2 ? "The leader stays. Nobody stands behind the gap, so nobody is woken."
        : "The leader stays. Only the node behind the gap wakes, and watches the next one ahead." },
    { id: "bring_back", title: "Bring one back", kill: null, command: down?.command ?? null,
      watchFor: down === null ? "Kill one first. Started again, it gets a new number and joins at the end of the line."
        : `${down.called} gets a new number and joins at the end of the line, whoever it was before.` },
    { id: "stop_node", title: "Stop the leader", kill: null, command: stop(leader?.name ?? null),
      watchFor: "Stopped in order, a leader closes its session itself: the next one leads in milliseconds." },
    { id: "stop_zookeeper", title: "Stop ZooKeeper", kill: null, isBegun: isAway,
      command: isAway && zookeeper !== null ? startCommand(zookeeper, startHint) : stop(zookeeper),
      watchFor: isAway ? "Nobody leads any more, and the page says so. Start it again: one leader, everyone in line."
        : "Without it nobody can know who leads, so nobody does." },
  ];
  return steps.map((step) => ({ isBegun: false, ...step, isSeen: seen.has(step.id) }));
}
