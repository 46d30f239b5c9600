/** Owns how a change of the line is told: from the picture before to the picture after, in steps that an eye can follow.
 * Pure: two pictures of picture_model.js in, frames out. The last frame is the picture after, as it is. */

const GONE_MS = 900;
const WOKEN_MS = 1000;
const LOOKS_MS = 1000;
const DONE_MS = 1600;
const MOST_TOLD = 6; // more at once would be a crowd and no story

/** What the picture says when nothing moves. */
export const AT_REST = "Each node watches only the one ahead of it. When that one goes, it alone wakes up.";

/** Frames {seats, stages: Map of key -> stage, caption, ms}. Stages: "broken", "empty", "woken", "looking", "crowned",
 * "arriving". A change that is none of the line's order is one frame without a story. */
export function storyOf(before, after) {
  const still = { seats: after.seats, stages: new Map(), caption: AT_REST, ms: 0 };
  const stood = new Set(before.line);
  const stands = new Set(after.line);
  const gone = before.seats.filter((seat) => seat.standing === "in_line" && seat.znode !== null && !stands.has(seat.znode));
  const joined = after.seats.filter((seat) => seat.standing === "in_line" && seat.znode !== null && !stood.has(seat.znode));
  const crowned = isLedAnew(before, after) ? after.seats.find((seat) => seat.znode === after.leader) ?? null : null;
  if (before.line.length === 0 || gone.length > MOST_TOLD || joined.length > MOST_TOLD) return [still];
  if (!before.line.some((znode) => stands.has(znode))) {
    const stages = new Map(joined.map((seat) => [seat.key, "arriving"]));
    return [{ seats: after.seats, stages, caption: "The whole line is new: every former znode is gone.", ms: DONE_MS }, still];
  }
  const count = after.line.filter((znode) => !stood.has(znode)).length;
  const last = lastFrame(after, joined, count, crowned);
  if (gone.length === 0) return last === null ? [still] : [last, still];
  return [...departure(before, after, gone, crowned), ...(last === null ? [] : [last]), still];
}

/** Whether two pictures show another line, and not only other words in it. */
export function isAnotherLine(before, after) {
  return isLedAnew(before, after) || before.line.length !== after.line.length
    || before.line.some((znode, index) => znode !== after.line[index]);
}

/** Somebody was promoted: one that was only out of sight for a while has the fencing token that it had. */
function isLedAnew(before, after) {
  return after.leader !== null && after.token !== before.token;
}

function departure(before, after, gone, crowned) {
  const left = new Set(gone.map((seat) => seat.key));
  const now = new Map(after.seats.map((seat) => [seat.key, seat]));
  const emptied = new Map(gone.map((seat) => [seat.key, "empty"]));
  const isOne = gone.length === 1;
  const broken = {
    seats: before.seats.map((seat) => (left.has(seat.key) ? { ...seat, sub: "gone" } : seat)),
    stages: new Map(gone.map((seat) => [seat.key, "broken"])),
    caption: `${list(gone.map((seat) => seat.called))} ${isOne ? "is" : "are"} gone: ZooKeeper has deleted ${
      isOne ? "its znode" : "their znodes"}.`,
    ms: GONE_MS,
  };
  const without = before.seats.map((seat) => (left.has(seat.key)
    ? { ...seat, look: "down", icon: "cross", sub: "gone" } : seat));
  const woken = wokenBy(before, after);
  if (woken.length === 0) {
    return [broken, { seats: without, stages: emptied, ms: WOKEN_MS,
      caption: isOne ? "Nobody watched it, so nobody is woken: it was the last in line."
        : "Whoever watched them went too, so nobody is woken." }];
  }
  const named = woken.map((znode) => now.get(znode) ?? before.seats.find((seat) => seat.key === znode) ?? null);
  const whom = named.includes(null) ? "Whoever stood right behind" : list(named.map((seat) => seat.called));
  const isOneWoken = woken.length === 1;
  const step = (stage, sub, aheadOf, caption) => ({
    seats: without.map((seat) => (woken.includes(seat.key) ? { ...seat, sub, ahead: aheadOf(seat) } : seat)),
    stages: new Map([...emptied, ...woken.map((znode) => [znode, stage])]),
    caption,
    ms: stage === "woken" ? WOKEN_MS : LOOKS_MS,
  });
  return [
    broken,
    step("woken", "woken", (seat) => seat.ahead,
      `${whom} alone ${isOneWoken ? "is" : "are"} woken: no one else watched ${isOneWoken ? "that znode" : "those znodes"}.`),
    step("looking", "looks again", (seat) => now.get(seat.key)?.ahead ?? seat.ahead, looksSentence(named[0], now, crowned)),
  ];
}

/** The znodes that stood right behind one that went, and still stand: ZooKeeper fires the watch of these alone. */
function wokenBy(before, after) {
  const stands = new Set(after.line);
  return before.line.filter((znode, index) => index > 0 && stands.has(znode) && !stands.has(before.line[index - 1]));
}

function looksSentence(first, now, crowned) {
  if (first === null) return "It looks again, and watches the next one ahead.";
  if (first.key === crowned?.key) return `${first.called} looks again: who is ahead of it now? Nobody. So it may lead.`;
  const ahead = now.get(now.get(first.key)?.ahead);
  if (ahead === undefined || ahead.znode === null) return `${first.called} looks again.`;
  return `${first.called} looks again, finds ${ahead.called} ahead of it, and watches that one.`;
}

/** The picture after, with what is new in it set apart; null where nothing is. */
function lastFrame(after, joined, count, crowned) {
  if (crowned === null && joined.length === 0) return null;
  const stages = new Map(joined.map((seat) => [seat.key, "arriving"]));
  if (crowned !== null) stages.set(crowned.key, "crowned");
  return { seats: after.seats, stages, caption: lastSentence(after, joined, count, crowned), ms: DONE_MS };
}

function lastSentence(after, joined, count, crowned) {
  if (crowned === null) {
    const who = count > joined.length ? `${count} nodes` : list(joined.map((seat) => seat.called));
    return `${who} ${count === 1 ? "joins" : "join"} at the end of the line.`;
  }
  const took = after.took?.token === after.token ? ` Nobody led for ${after.took.text}; this was slow motion.` : "";
  return `${crowned.called} leads.${took}`;
}

function list(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
