/** Owns the keyboard: arrows walk the line, and single letters do what the help says.
 * Letters are left alone while someone types, chooses or holds a modifier, and while a dialog is open. */

import { seatButton } from "./picture.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

/** `actions`: {kill(znode), present(), help(), close()}; `opened()`: the znode whose detail is open, or null;
 * `isPresenting()`. */
export function keysOn(list, actions) {
  list.addEventListener("keydown", (event) => {
    const to = destination(list, event);
    if (to === null) return;
    event.preventDefault();
    seatButton(list, to)?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, dialog")) return;
    const letter = event.key.toLowerCase();
    if (letter === "p") actions.present();
    else if (event.key === "?") actions.help();
    else if (letter === "k") {
      const znode = event.target.closest?.("#seats li")?.dataset.key ?? actions.opened();
      if (znode !== null) actions.kill(znode);
    } else if (event.key === "Escape" && actions.isPresenting()) actions.present();
    else if (event.key === "Escape" && actions.opened() !== null) actions.close();
    else return;
    event.preventDefault();
  });
}

function destination(list, event) {
  const keys = [...list.children].filter((seat) => seat.querySelector("button")).map((seat) => seat.dataset.key);
  const at = keys.indexOf(event.target.closest("li")?.dataset.key);
  if (at < 0) return null;
  if (event.key === "Home") return keys[0];
  if (event.key === "End") return keys.at(-1);
  const step = STEPS[event.key];
  return step === undefined ? null : keys[Math.max(0, Math.min(keys.length - 1, at + step))];
}
