/** Owns what the drawing of the line shows: a seat a row of the table, so that picture and table never disagree.
 * Pure: rows of row_model.js in, plain seats out. A long line is told by its head, its trouble and its end. */

const DRAWN_WHOLE = 40;
const HEAD = 10; // of a longer line: the leader and its next ones
const MOST_IN_TROUBLE = 8;

const ICONS = {
  leader: "crown", worker: "dot", silent: "clock", transition: "eye", unknown: "question", former: "clock",
  down: "cross",
};

/** {seats, line, leader, token, epoch, took}. `seats`, from left to right: leaders that have gone, the line, others that have
 * gone. A seat: {key, znode, look, icon, called, sub, ahead: the key it watches or null, isLoose, standing, label}; `look`
 * says what it looks like: "leader", "worker", "silent", "transition", "unknown", "former", "down", or "more" for those
 * that a long line leaves out. `line`: all znodes in line. `token`: the last leader's that is known; `took`: {token, text}. */
export function pictureOf({ line, departed, leader, token, epoch, took }) {
  const seats = line.length <= DRAWN_WHOLE ? line.map(seatOf) : headAndTrouble(line.map(seatOf));
  const gone = [...departed].reverse().map(seatOf); // oldest first
  return {
    seats: [...gone.filter((seat) => seat.hasLed), ...seats.map(behind), ...gone.filter((seat) => !seat.hasLed)],
    line: line.map((row) => row.znode),
    leader,
    token,
    epoch,
    took,
  };
}

function seatOf(row) {
  const look = lookOf(row);
  return {
    key: row.znode,
    znode: row.znode,
    look,
    icon: row.isLeader && look !== "leader" ? "crown_off" : ICONS[look],
    called: row.called,
    sub: subOf(row, look),
    ahead: null,
    isLoose: row.standing === "in_line" && row.agrees === "transition", // it does not yet watch the one ahead of it
    standing: row.standing,
    hasLed: row.hasLed,
    isLeader: row.isLeader,
    position: row.position,
  };
}

function lookOf(row) {
  if (row.standing === "departed") return "down";
  if (row.isFormer) return "former";
  if (row.isSilent) return "silent";
  if (row.agrees === "unknown") return "unknown";
  if (row.agrees === "transition") return "transition";
  return row.role === "leader" ? "leader" : row.role === "worker" ? "worker" : "unknown";
}

function subOf(row, look) {
  if (look === "down") return `down ${row.downFor}`;
  if (look === "silent") return "not answering";
  if (look === "former") return "former znode";
  if (look === "transition") return "in transition";
  if (look === "unknown" && row.role !== "unknown") return "not known now";
  if (look === "unknown") return row.isLeader ? row.roleText.toLowerCase() : row.agreesText.toLowerCase();
  return row.isNext ? "next in line" : row.roleText.toLowerCase();
}

/** The first ones, those in trouble and the last one; a seat for each stretch that is left out. */
function headAndTrouble(seats) {
  const isCalm = (seat) => seat.look === "leader" || seat.look === "worker";
  const troubled = seats.slice(HEAD, -1).filter((seat) => !isCalm(seat)).slice(0, MOST_IN_TROUBLE);
  const shown = new Set([...seats.slice(0, HEAD), ...troubled, seats.at(-1)]);
  const told = [];
  let left = [];
  for (const seat of seats) {
    if (!shown.has(seat)) left.push(seat);
    else {
      if (left.length > 0) told.push(moreOf(left, told.length));
      left = [];
      told.push(seat);
    }
  }
  return told;
}

function moreOf(left, index) {
  const inTrouble = left.filter((seat) => seat.look !== "worker").length;
  const sub = inTrouble === 0 ? (left.length === 1 ? "worker" : "workers") : `${inTrouble} in trouble`;
  return {
    key: `more-${index}`, znode: null, look: "more", icon: "dot", called: `+ ${left.length}`, sub, ahead: null,
    isLoose: false, standing: "in_line", hasLed: false, isLeader: false, position: left[0].position,
  };
}

function behind(seat, index, line) {
  const ahead = index === 0 ? null : line[index - 1].key;
  return { ...seat, ahead };
}

/** What a screen reader hears of a seat. */
export function labelOf(seat, seats) {
  if (seat.look === "more") return `${seat.called.slice(2)} more, ${seat.sub}`;
  if (seat.standing === "departed") return `${seat.called}, ${seat.sub}, ${seat.znode}`;
  const ahead = seats.find((other) => other.key === seat.ahead);
  const watches = ahead === undefined || ahead.znode === null ? "" : `, ${seat.isLoose ? "to watch" : "watches"} ${ahead.called}`;
  const role = seat.isLeader && seat.look === "silent" ? "leader, " : "";
  return `${seat.position}: ${seat.called}, ${role}${seat.sub}${watches}, ${seat.znode}`;
}
