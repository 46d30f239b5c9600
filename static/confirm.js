/** Owns the question before a kill by key: who, and what will happen then. `sentencesOf` is pure. */

import { setText } from "./dom.js";
import { timeout } from "./words.js";

/** {title, text} of the question for `row`, one of `line`, led by `leader` (a Member, or null). */
export function sentencesOf(row, line, leader) {
  const behind = line.find((one) => one.predecessor === row.znode) ?? null;
  const ends = "Its process ends at once, as by SIGKILL: no clean-up, no goodbye.";
  if (row.isLeader) {
    const wait = leader?.crash_supervisor ? "in milliseconds, since its parent ends its session at once"
      : `after its session timeout${leader?.session_timeout_ms ? ` of ${timeout(leader.session_timeout_ms)}` : ""}`;
    const then = behind === null ? "Nobody is behind it, so nobody will lead until a node joins."
      : `${behind.called}, which alone watches it, takes over ${wait}.`;
    return { title: `Kill ${row.called}, the leader?`, text: `${ends} ${then}` };
  }
  const ahead = line.find((one) => one.znode === row.predecessor) ?? null;
  const then = behind === null ? "Nobody watches it, so nobody is woken."
    : `${behind.called}, which alone watches it, will watch ${ahead === null ? "the next one" : ahead.called} instead.`;
  return { title: `Kill ${row.called}, a worker?`, text: `${ends} The leader stays. ${then}` };
}

/** Ask in `dialog`; `whenSure` is called if the answer is yes. */
export function ask(dialog, { title, text }, whenSure) {
  setText(dialog.querySelector("h2"), title);
  setText(dialog.querySelector("p"), text);
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "kill") whenSure();
  };
  dialog.showModal();
}
