/** Owns what the page shows of the past: the list of what happened, and the last failover's figures.
 * Runs on each render; reads the values of happened_model.js. */

import { icon, make, reconcile, setAttribute, setHidden, setText } from "./dom.js";

/** Show the events, newest first. `epoch` is part of a key, since ids count anew when the dashboard starts. */
export function renderEvents(list, events, epoch) {
  reconcile(list, events, {
    key: (event) => `${epoch} ${event.id}`,
    create: (event) => make("li", { class: "arrived", "data-kind": event.kind },
      make("time", { datetime: event.isoText || null }, event.timeText),
      icon(event.icon),
      make("p", {}, event.before, make("strong", {}, event.name), event.after,
        ...(event.aside === "" ? [] : [make("span", { class: "aside" }, event.aside)]))),
    update: () => {}, // an event never changes
  });
}

/** Show the line that says that nothing has happened yet, while that is so. */
export function renderNoEvents(element, events) {
  setHidden(element, events.length > 0);
}

/** Show the last failover, and what one takes by the leader's settings. */
export function renderFailover(root, failover, recipe) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  setAttribute(root, "data-running", String(failover.isRunning));
  setText(part("failover-title"), failover.title);
  setText(part("figure"), failover.figure);
  setText(part("unit"), failover.unit);
  setText(part("silent"), failover.silent);
  setHidden(part("silent"), failover.silent === "");
  setText(part("heard"), failover.heard);
  setText(part("recipe"), recipe);
  setHidden(part("recipe"), recipe === "");
}
