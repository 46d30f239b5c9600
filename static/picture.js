/** Owns the drawing of the line: a list of seats, one a node, and the arrows behind them.
 * Shows frames of story.js; reads the room it has at each. Clicks go to the one action it is given. */

import { make, makeSvg, reconcile, setAttribute, setIcon, setText } from "./dom.js";
import { layoutOf } from "./layout.js";
import { labelOf } from "./picture_model.js";
import { shortZnode } from "./words.js";

const LEFT_HALF = "M0-44A44 44 0 0 0 0 44";
const RIGHT_HALF = "M0-44A44 44 0 0 1 0 44";

const PRESENTING_SCALES = [2.4, 2, 1.7, 1.4, 1.2, 1];
const PRESENTING_HEIGHT = 0.5; // of the window

export class Picture {
  /** `open(znode)`: someone wants to know more of this node. */
  constructor({ root, open }) {
    this.list = root.querySelector("ol");
    this.arrows = root.querySelector(".arrows");
    this.caption = root.querySelector('[data-part="caption"]');
    this.stage = root.querySelector(".stage");
    this.open = open;
    this.frame = null;
    this.current = null; // the key of the seat that Tab leads to
    this.opened = null; // the znode whose detail is shown
    this.list.addEventListener("focusin", (event) => this.moveTo(event.target.closest("li")?.dataset.key ?? null));
    this.widthPx = this.stage.clientWidth;
    this.remPx = remPx();
    this.said = ""; // the frame that is on the screen, as JSON
    window.addEventListener("resize", () => isPresenting() && this.frame !== null && this.draw(false)); // its height
    new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === this.widthPx) return; // the height is its own doing
      this.widthPx = contentRect.width;
      this.remPx = remPx();
      requestAnimationFrame(() => this.frame !== null && this.draw(false));
    }).observe(this.stage);
  }

  /** Show this frame; `isPlaying`: it is one step of a story that is told slowly. */
  show(frame, isPlaying) {
    const said = JSON.stringify([frame.seats, [...frame.stages], frame.caption, isPlaying, isPresenting()]);
    if (said === this.said) return;
    this.said = said;
    this.frame = frame;
    setText(this.caption, frame.caption);
    setAttribute(this.stage, "data-playing", isPlaying ? "" : null);
    this.draw(true);
  }

  /** Mark the seat of the node whose detail is open; null: none is. */
  mark(znode) {
    this.opened = znode;
    for (const seat of this.list.children) setOpened(seat, znode);
  }

  /** Let Tab lead to this seat. */
  moveTo(key) {
    if (key === null || key === this.current) return;
    this.current = key;
    for (const seat of this.list.children) this.setReach(seat);
  }

  draw(isMoving) {
    const { seats, stages } = this.frame;
    const layout = this.layoutIn(seats);
    const style = this.stage.style;
    setAttribute(this.stage, "data-density", layout.density);
    setAttribute(this.stage, "data-moves", isMoving ? "" : null); // a window that changes its size moves nothing
    setPx(style, "height", layout.height);
    setPx(style, "--pitch", layout.pitch);
    setPx(style, "--medal", layout.medal);
    this.keepReach(seats);
    this.drawArrows(layout, seats, stages);
    reconcile(this.list, seats, {
      key: (seat) => seat.key,
      create: (seat) => createSeat(seat, this.open),
      update: (element, seat) => {
        const { x, y } = layout.places.get(seat.key);
        setTransform(element, `translate(${x - layout.pitch / 2}px, ${y - layout.medal / 2}px)`);
        updateSeat(element, seat, stages.get(seat.key) ?? null, seats);
        setOpened(element, this.opened);
        this.setReach(element);
      },
    });
  }

  /** Where Tab leads to, and the focus if it is there: on to the node's new seat, or to the first one. */
  keepReach(seats) {
    if (seats.some((seat) => seat.key === this.current && seat.znode !== null)) return;
    const former = [...this.list.children].find((seat) => seat.dataset.key === this.current);
    const name = former?.querySelector(".called").textContent;
    const next = seats.find((seat) => seat.znode !== null && seat.called === name) ?? seats.find((seat) => seat.znode !== null);
    const hadFocus = former?.contains(document.activeElement) ?? false;
    this.current = next?.key ?? null;
    if (hadFocus) requestAnimationFrame(() => seatButton(this.list, this.current)?.focus({ preventScroll: true }));
  }

  /** The layout for the room there is: when presenting, the largest that is not too high. */
  layoutIn(seats) {
    const scales = isPresenting() ? PRESENTING_SCALES : [1];
    let layout = null;
    for (const scale of scales) {
      layout = layoutOf(seats, this.widthPx, this.remPx * scale);
      setPx(this.stage.style, "font-size", this.remPx * scale);
      const isEasyToRead = layout.density !== "roomy" || layout.arrows.every((arrow) => arrow.label !== null);
      if (isEasyToRead && layout.height <= window.innerHeight * PRESENTING_HEIGHT) break;
    }
    return layout;
  }

  drawArrows(layout, seats, stages) {
    const byKey = new Map(seats.map((seat) => [seat.key, seat]));
    reconcile(this.arrows, layout.arrows, {
      key: (arrow) => arrow.key,
      create: () => makeSvg("g", { class: "arrow" }, makeSvg("path", { class: "line" }), makeSvg("path", { class: "head" }),
        makeSvg("text", { "text-anchor": "middle" })),
      update: (element, arrow) => {
        const [line, head, word] = element.children;
        const isLettingGo = ["broken", "empty"].includes(stages.get(arrow.to));
        setAttribute(element, "data-state", isLettingGo && stages.get(arrow.to) === "empty" ? "gone"
          : byKey.get(arrow.key).isLoose ? "loose" : "watches");
        setAttribute(line, "d", arrow.d);
        setAttribute(head, "d", arrow.head);
        setText(word, arrow.label === null ? "" : byKey.get(arrow.key).isLoose ? "to watch" : "watches");
        if (arrow.label !== null) {
          setAttribute(word, "x", arrow.label.x);
          setAttribute(word, "y", arrow.label.y);
        }
      },
    });
  }

  setReach(element) {
    const button = element.firstElementChild;
    if (button.tagName === "BUTTON") setAttribute(button, "tabindex", element.dataset.key === this.current ? 0 : -1);
  }
}

/** The element in which one sees and opens the seat of `key`; null: it is not drawn. */
export function seatButton(root, key) {
  return [...root.querySelectorAll("li")].find((seat) => seat.dataset.key === key)?.querySelector("button") ?? null;
}

function createSeat(seat, open) {
  const medal = makeSvg("svg", { class: "medal", viewBox: "-50 -50 100 100", "aria-hidden": "true" },
    makeSvg("use", { class: "seal", href: "#seal", x: -56, y: -56, width: 112, height: 112 }),
    makeSvg("circle", { class: "ground", r: 44 }),
    makeSvg("circle", { class: "ring", r: 44 }),
    makeSvg("g", {}, makeSvg("path", { class: "half left", d: LEFT_HALF }),
      makeSvg("path", { class: "half right", d: RIGHT_HALF })),
    makeSvg("svg", { class: "sign", x: -13, y: -28, width: 26, height: 26 }, makeSvg("use")),
    makeSvg("text", { class: "short", "text-anchor": "middle", y: 21 }));
  const inside = [medal, make("span", { class: "called" }), make("span", { class: "sub" })];
  if (seat.znode === null) return make("li", { class: "seat" }, make("div", {}, ...inside));
  const button = make("button", { type: "button" }, ...inside);
  button.addEventListener("click", () => open(seat.znode));
  return make("li", { class: "seat" }, button);
}

function updateSeat(element, seat, stage, seats) {
  const box = element.firstElementChild;
  const [medal, called, sub] = box.children;
  setAttribute(element, "data-look", seat.look);
  setAttribute(element, "data-stage", stage);
  setAttribute(box, "aria-label", box.tagName === "BUTTON" ? labelOf(seat, seats) : null);
  setIcon(medal.querySelector(".sign"), stage === "woken" || stage === "looking" ? "eye" : seat.icon);
  setText(medal.querySelector(".short"), seat.znode === null ? "" : shortZnode(seat.znode));
  setText(called, seat.called);
  setText(sub, seat.sub);
}

function setOpened(element, znode) {
  const button = element.firstElementChild;
  if (button.tagName === "BUTTON") setAttribute(button, "aria-expanded", String(element.dataset.key === znode));
}

/** Asked when the width changes, and not at each drawing: an answer makes the browser work out all styles first. */
function remPx() {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function isPresenting() {
  return document.documentElement.hasAttribute("data-presenting");
}

function setPx(style, name, value) {
  const text = `${Math.round(value * 10) / 10}px`;
  if (style.getPropertyValue(name) !== text) style.setProperty(name, text);
}

function setTransform(element, transform) {
  if (element.style.transform !== transform) element.style.transform = transform;
}
