/** Owns the header and the banner under it: who leads, how fresh that is, and the state in words.
 * Runs on each render. The sentence sits in a live region and changes with the state only; what counts is beside it. */

import { setAttribute, setHidden, setIcon, setText } from "./dom.js";

/** Show the header: badge, token, for how long, how many in line, live state, age. */
export function renderHeader(root, header) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  setAttribute(part("badge"), "data-tone", header.badge.tone);
  setIcon(part("badge").querySelector("svg"), header.badge.icon);
  setText(part("badge-text"), header.badge.text);
  setHidden(part("token-fact"), header.token === "");
  setText(part("token"), header.token);
  setHidden(part("since"), header.since === "");
  setText(part("since"), header.since);
  setHidden(part("in-line"), header.inLine === "");
  setText(part("in-line"), header.inLine);
  setAttribute(part("live"), "data-tone", header.live.tone);
  setText(part("live-text"), header.live.text);
  setText(part("age"), header.age);
}

/** Show the state banner. */
export function renderBanner(root, banner) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  setAttribute(root, "data-tone", banner.tone);
  setIcon(root.querySelector("svg"), banner.icon);
  setText(part("title"), banner.title);
  setText(part("text"), banner.text);
  setText(part("note"), banner.note);
}
