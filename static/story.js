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
 * "arriving", "moved". A change that is none of the line's order is one frame without a caption. */
export function storyOf(before, after) {
  const still = { seats: after.seats, stages: new Map(), caption: AT_REST, ms: 0 };
  const stood = new Set(before.line);
  const stands = new Set(after.line);
  const gone = before.seats.filter((seat) => seat.standing === "in_line" && seat.znode !== null && !stands.has(seat.znode));
  const joined = after.seats.filter((seat) => seat.standing === "in_line" && seat.znode !== null && !stood.has(seat.znode));
  const crowned = after.leader === before.leader || after.leader === null ? null
    : after.seats.find((seat) => seat.znode === after.leader && seat.look === "leader") ?? null;
  if (before.line.length === 0 || gone.length > MOST_TOLD || joined.length > MOST_TOLD) return [still];
  const last = lastFrame(after, joined, crowned);
  if (gone.length === 0) return last === null ? [still] : [last, still];
  return [...departure(before, after, gone, crowned), last ?? still, ...(last === null ? [] : [still])];
}

/** Whether two pictures show another line, and not only other words in it. */
export function isAnotherLine(before, after) {
  return before.leader !== after.leader || before.line.length !== after.line.length
    || before.line.some((znode, index) => znode !== after.line[index]);
}

function departure(before, after, gone, crowned) {
  const left = new Set(gone.map((seat) => seat.key));
  const now = new Map(after.seats.map((seat) => [seat.key, seat]));
  // Whoever stood right behind one that went, and still stands: ZooKeeper fires the watch of these alone.
  const woken = before.seats.filter((seat) => left.has(seat.ahead) && !left.has(seat.key) && now.has(seat.key));
  const broken = new Map(gone.map((seat) => [seat.key, "broken"]));
  const emptied = new Map(gone.map((seat) => [seat.key, "empty"]));
  const names = list(gone.map((seat) => seat.called));
  const whom = list(woken.map((seat) => seat.called));
  const frames = [{
    seats: before.seats.map((seat) => (left.has(seat.key) ? { ...seat, sub: "gone" } : seat)),
    stages: broken,
    caption: `${names} ${gone.length === 1 ? "is" : "are"} gone: ZooKeeper has deleted ${gone.length === 1 ? "its znode" : "their znodes"}.`,
    ms: GONE_MS,
  }];
  const without = before.seats.map((seat) => (left.has(seat.key)
    ? { ...seat, look: "down", icon: "cross", sub: "gone" } : seat));
  const seatsWith = (stageOfWoken, sub, looksLikeAfter) => without.map((seat) => {
    if (!woken.some((one) => one.key === seat.key)) return seat;
    return { ...seat, sub, ahead: looksLikeAfter ? now.get(seat.key).ahead : seat.ahead };
  });
  const stagesWith = (stage) => new Map([...emptied, ...woken.map((seat) => [seat.key, stage])]);
  if (woken.length === 0) {
    frames.push({ seats: without, stages: emptied, ms: WOKEN_MS,
      caption: "Nobody watched it, so nobody is woken: it was the last in line." });
    return frames;
  }
  frames.push({
    seats: seatsWith("woken", "woken", false), stages: stagesWith("woken"), ms: WOKEN_MS,
    caption: `${whom} alone ${woken.length === 1 ? "is" : "are"} woken: no one else watched that znode.`,
  });
  frames.push({
    seats: seatsWith("looking", "looks again", true), stages: stagesWith("looking"), ms: LOOKS_MS,
    caption: looksSentence(woken, now, crowned),
  });
  return frames;
}

function looksSentence(woken, now, crowned) {
  const first = woken[0];
  if (crowned !== null && woken.some((seat) => seat.key === crowned.key)) {
    return `${crowned.called} looks again: who is ahead of it now? Nobody. So it may lead.`;
  }
  const ahead = now.get(now.get(first.key).ahead);
  if (ahead === undefined) return `${first.called} looks again.`;
  return `${first.called} looks again, finds ${ahead.called} ahead of it, and watches that one. The leader stays.`;
}

/** The picture after, with what is new in it set apart; null where nothing is. */
function lastFrame(after, joined, crowned) {
  if (crowned === null && joined.length === 0) return null;
  const stages = new Map(joined.map((seat) => [seat.key, "arriving"]));
  if (crowned !== null) stages.set(crowned.key, "crowned");
  return { seats: after.seats, stages, caption: lastSentence(after, joined, crowned), ms: DONE_MS };
}

function lastSentence(after, joined, crowned) {
  if (crowned === null) {
    return `${list(joined.map((seat) => seat.called))} ${joined.length === 1 ? "joins" : "join"} at the end of the line.`;
  }
  const took = after.took?.znode === crowned.key ? ` Nobody led for ${after.took.text}; this was slow motion.` : "";
  return `${crowned.called} leads.${took}`;
}

function list(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
