/** Owns the question before a kill by key: who, and what will happen then. It is kept true while it is open.
 * `sentencesOf` is pure. */

import { setHidden, setText } from "./dom.js";
import { timeout } from "./words.js";

export class Question {
  /** `kill(row)` is called if the answer is yes. */
  constructor(dialog, kill) {
    this.dialog = dialog;
    this.row = null;
    this.znode = null;
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "kill" && this.row !== null) kill(this.row);
      this.znode = null;
    });
  }

  /** Ask about this znode; `render` says what. */
  ask(znode) {
    this.znode = znode;
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  /** Runs on each render. */
  render(line, view) {
    if (this.znode === null) return;
    this.row = line.find((one) => one.znode === this.znode) ?? null;
    const { title, text } = this.row === null ? GONE : sentencesOf(this.row, line, view);
    setText(this.dialog.querySelector("h2"), title);
    setText(this.dialog.querySelector("p"), text);
    setHidden(this.dialog.querySelector(".kill"), this.row === null);
  }
}

const GONE = { title: "It is gone already", text: "Its znode has left the line meanwhile: there is nothing to kill." };

/** {title, text} of the question for `row`, one of `line`, by this DashboardView. */
export function sentencesOf(row, line, view) {
  const ends = "Its process ends at once, as by SIGKILL: no clean-up, no goodbye.";
  const behind = line.find((one) => one.predecessor === row.znode) ?? null;
  if (view.state === "zookeeper_unreachable") {
    return { title: `Kill ${row.called}?`, text: `${ends} ZooKeeper is away, so nobody leads; its znodes go when it is back.` };
  }
  if (row.isLeader) {
    const leader = view.cluster.members.find((member) => member.znode === row.znode);
    const wait = leader.crash_supervisor ? "in milliseconds, since its parent ends its session at once"
      : `after its session timeout${leader.session_timeout_ms ? ` of ${timeout(leader.session_timeout_ms)}` : ""}`;
    const then = behind === null ? "Nobody is behind it, so nobody will lead until a node joins."
      : `${behind.called}, which alone watches it, takes over ${wait}.`;
    return { title: `Kill ${row.called}, the leader?`, text: `${ends} ${then}` };
  }
  const ahead = line.find((one) => one.znode === row.predecessor) ?? null;
  const then = behind === null ? "Nobody watches it, so nobody is woken."
    : `${behind.called}, which alone watches it, will watch ${ahead === null ? "the next one" : ahead.called} instead.`;
  const stays = view.state === "live" ? " The leader stays." : "";
  return { title: `Kill ${row.called}, a worker?`, text: `${ends}${stays} ${then}` };
}
