/** Owns the stopwatch: for how long nobody led at the last failover, where that time went, and earlier ones.
 * Runs on each render; reads the values of happened_model.js and stopwatch_model.js. */

import { make, reconcile, setAttribute, setHidden, setText } from "./dom.js";

/** Show the last failover, its phases (null: not known), what one takes by the leader's settings, and earlier ones. */
export function renderFailover(root, { failover, stopwatch, recipe, earlier, histogram }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  setAttribute(root, "data-running", String(failover.isRunning));
  setText(part("failover-title"), failover.title);
  setText(part("figure"), failover.figure);
  setText(part("unit"), failover.unit);
  showText(part("silent"), failover.silent);
  setText(part("heard"), failover.heard);
  const phases = failover.isRunning ? [] : stopwatch?.phases ?? [];
  setHidden(part("stopwatch"), phases.length === 0);
  renderPhases(part("bar"), part("phases"), phases);
  showText(part("why"), failover.isRunning || stopwatch === null ? "" : `${stopwatch.why} ${sentence(stopwatch.facts)}`.trim());
  showText(part("recipe"), stopwatch === null ? recipe : "");
  setHidden(part("earlier"), earlier.length === 0);
  renderEarlier(part("histogram"), part("earlier-list"), earlier, histogram);
}

function renderPhases(bar, list, phases) {
  reconcile(bar, phases, {
    key: (phase) => phase.key,
    create: (phase) => make("span", { "data-phase": phase.key }),
    update: (element, phase) => setWidth(element, phase.share),
  });
  reconcile(list, phases, {
    key: (phase) => phase.key,
    create: (phase) => make("li", { "data-phase": phase.key }, make("span", { class: "swatch", "aria-hidden": "true" }),
      make("span"), make("strong"), make("span", { class: "aside" })),
    update: (element, phase) => {
      setText(element.children[1], phase.text);
      setText(element.children[2], phase.msText);
      setText(element.children[3], phase.how);
    },
  });
}

function renderEarlier(histogram, list, earlier, buckets) {
  reconcile(histogram, buckets, {
    key: (bucket) => bucket.label,
    create: () => make("li", {}, make("span", { class: "column", "aria-hidden": "true" }), make("span", { class: "count" }),
      make("span", { class: "aside" })),
    update: (element, bucket) => {
      const [column, count, label] = element.children;
      setHeight(column, bucket.share);
      setText(count, String(bucket.count));
      setText(label, `${bucket.label === "more" ? "" : "≤ "}${bucket.label}`);
    },
  });
  reconcile(list, earlier, {
    key: (one) => one.id,
    create: (one) => make("li", {}, make("time", {}, one.timeText), make("span", {}, one.whoText),
      make("strong", {}, one.tookText), make("span", { class: "aside" }, one.endText)),
    update: () => {}, // what has been does not change
  });
}

function sentence(facts) {
  return facts === "" ? "" : `${facts[0].toUpperCase()}${facts.slice(1)}.`;
}

function showText(element, text) {
  setText(element, text);
  setHidden(element, text === "");
}

function setWidth(element, share) {
  const width = `${(share * 100).toFixed(1)}%`;
  if (element.style.width !== width) element.style.width = width;
}

function setHeight(element, share) {
  const height = `${(share * 2.4).toFixed(2)}rem`;
  if (element.style.height !== height) element.style.height = height;
}
