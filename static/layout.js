/** Owns where the seats of the line stand and which way their arrows run, for a given room.
 * Pure geometry in pixels: no DOM. Seats run from left to right and wrap; an arrow across the wrap keeps to the gutters. */

// From roomy to dense, in rem: how many seats each is for, and the least distance between two of them.
const DENSITIES = [
  { name: "roomy", most: 6, pitch: 9.2, row: 12, medal: 7.2 },
  { name: "close", most: 14, pitch: 7.4, row: 9.6, medal: 5.2 },
  { name: "dense", most: Infinity, pitch: 5.9, row: 7.7, medal: 3.5 },
];
const WIDEST_REM = 14;
const FEWEST_A_ROW = 3; // else the next density: one seat below the other is no line
const LABELLED_GAP_REM = 4;
const CROWN_REM = 1.1; // stands out above the medal
const LEADER_SIZE = 1.17; // with its seal, beside the others
const GUTTER_REM = 1.2; // below each row, for arrows; the last one needs none

/** {density, pitch, row, medal, height, places: Map of key -> {x, y}, arrows: [{key, to, d, head, label}]} for seats of
 * picture_model.js. A place is the middle of a seat's medal. `label`: {x, y} where the word "watches" fits, or null. */
export function layoutOf(seats, widthPx, remPx) {
  const density = densityFor(seats.length, widthPx / remPx);
  const columns = Math.max(1, Math.min(seats.length, Math.floor(widthPx / (density.pitch * remPx))));
  const pitch = Math.min(widthPx / columns, WIDEST_REM * remPx);
  const row = density.row * remPx;
  const radius = (density.medal * remPx) / 2;
  const left = (widthPx - columns * pitch) / 2;
  const top = CROWN_REM * remPx + radius;
  const places = new Map(seats.map((seat, index) => [seat.key, {
    x: left + (index % columns + 0.5) * pitch,
    y: top + Math.floor(index / columns) * row,
  }]));
  const room = { radius, row, remPx, left: left + remPx * 0.3, right: left + columns * pitch - remPx * 0.3 };
  const targets = new Map(seats.map((seat) => [seat.key, {
    ...places.get(seat.key), radius: radius * (seat.look === "leader" ? LEADER_SIZE : 1),
  }]));
  const arrows = seats.filter((seat) => places.has(seat.ahead))
    .map((seat) => ({ key: seat.key, to: seat.ahead, ...arrow(places.get(seat.key), targets.get(seat.ahead), room) }));
  return {
    density: density.name, pitch, row, medal: radius * 2, places, arrows,
    height: Math.ceil(Math.max(1, seats.length) / columns) * row + (CROWN_REM - GUTTER_REM) * remPx,
  };
}

function densityFor(count, widthRem) {
  const fits = (density) => Math.floor(widthRem / density.pitch) >= Math.min(count, FEWEST_A_ROW);
  return DENSITIES.find((density) => count <= density.most && fits(density)) ?? DENSITIES.at(-1);
}

function arrow(from, to, room) {
  if (from.y === to.y && from.x > to.x) return beside(from, to, room);
  return aroundTheWrap(from, to, room);
}

/** An arc from a seat to the one on its left. */
function beside(from, to, { radius, remPx }) {
  const begin = { x: from.x - radius - 0.45 * remPx, y: from.y };
  const end = { x: to.x + to.radius + 0.45 * remPx, y: to.y };
  const lift = Math.min(1.6 * remPx, (begin.x - end.x) * 0.42);
  const middle = { x: (begin.x + end.x) / 2, y: from.y - lift };
  const hasRoom = begin.x - end.x >= LABELLED_GAP_REM * remPx;
  return {
    d: `M${at(begin)} Q${at(middle)} ${at(end)}`,
    head: headOf(end, middle, remPx),
    label: hasRoom ? { x: middle.x, y: from.y - lift * 0.5 - 0.5 * remPx } : null,
  };
}

/** Out to the left, up between the rows, across, and in from the right: as one reads. */
function aroundTheWrap(from, to, { radius, row, remPx, left, right }) {
  const gutterY = from.y - radius - 1.15 * remPx;
  const turn = Math.min(0.6 * remPx, row / 8);
  const end = { x: to.x + to.radius + 0.35 * remPx, y: to.y };
  const isRoomy = right - end.x > turn;
  const farX = Math.max(right, end.x + turn);
  const d = [
    `M${at({ x: from.x - radius - 0.35 * remPx, y: from.y })}`, `H${round(left + turn)}`,
    `Q${at({ x: left, y: from.y })} ${at({ x: left, y: from.y - turn })}`, `V${round(gutterY + turn)}`,
    `Q${at({ x: left, y: gutterY })} ${at({ x: left + turn, y: gutterY })}`, `H${round(farX - turn)}`,
    `Q${at({ x: farX, y: gutterY })} ${at({ x: farX, y: gutterY - turn })}`, `V${round(end.y + turn)}`,
    `Q${at({ x: farX, y: end.y })} ${at({ x: isRoomy ? farX - turn : end.x, y: end.y })}`, `H${round(end.x)}`,
  ];
  return { d: d.join(" "), head: headOf(end, { x: end.x + 10, y: end.y }, remPx), label: null };
}

/** The two strokes of an arrow's head at `end`, for a line that comes from `before`. */
function headOf(end, before, remPx) {
  const angle = Math.atan2(before.y - end.y, before.x - end.x);
  const size = 0.62 * remPx;
  const stroke = (turn) => at({ x: end.x + size * Math.cos(angle + turn), y: end.y + size * Math.sin(angle + turn) });
  return `M${stroke(0.5)} L${at(end)} L${stroke(-0.5)}`;
}

function at(point) {
  return `${round(point.x)} ${round(point.y)}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
