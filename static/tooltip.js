/** Owns the one tooltip: the sentence that explains a heading or a button, on hover, focus or tap.
 * The sentence is the element's own description (`aria-describedby`), so a screen reader has it without the tooltip. */

import { setHidden, setText } from "./dom.js";

const GAP_PX = 8;
const HOVER_MS = 250; // a pointer on its way elsewhere is told nothing

/** Let `tooltip` explain each element that is marked with `data-tip`, now and later. */
export function explainOn(root, tooltip) {
  let owner = null;
  let timer = null;

  function show(target) {
    clearTimeout(timer);
    owner = target;
    setText(tooltip, document.getElementById(target.getAttribute("aria-describedby"))?.textContent ?? "");
    setHidden(tooltip, tooltip.textContent === "");
    place(tooltip, target.getBoundingClientRect());
  }

  function hide() {
    clearTimeout(timer);
    owner = null;
    setHidden(tooltip, true);
  }

  const targetOf = (event) => event.target.closest?.("[data-tip]") ?? null;
  const over = (event) => {
    const target = targetOf(event);
    if (target !== null) {
      clearTimeout(timer);
      timer = setTimeout(() => show(target), HOVER_MS);
    } else if (event.target.closest?.("#tooltip") === null) leave();
  };
  const leave = () => {
    // The keyboard's element keeps its tooltip when the mouse goes elsewhere.
    const focused = document.activeElement?.closest?.("[data-tip]:focus-visible") ?? null;
    if (focused !== null) show(focused);
    else hide();
  };
  root.addEventListener("pointerover", over);
  root.addEventListener("pointerleave", leave);
  root.addEventListener("focusin", (event) => (targetOf(event) === null ? hide() : show(targetOf(event))));
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && owner !== null) hide();
  });
  window.addEventListener("scroll", hide, { passive: true, capture: true });
}

function place(tooltip, anchor) {
  const own = tooltip.getBoundingClientRect();
  const widest = document.documentElement.clientWidth - own.width - GAP_PX;
  const left = Math.max(GAP_PX, Math.min(widest, anchor.left + anchor.width / 2 - own.width / 2));
  const below = anchor.bottom + GAP_PX;
  const isBelow = below + own.height <= document.documentElement.clientHeight;
  tooltip.style.left = `${left}px`;
  tooltip.style.top = `${isBelow ? below : Math.max(GAP_PX, anchor.top - GAP_PX - own.height)}px`;
}
