/** Owns the list of what happened. Runs on each render; reads the values of happened_model.js.
 * An event that is opened says why. */

import { icon, make, reconcile, setAttribute, setHidden, setText } from "./dom.js";

/** Show the events, newest first, of which the one with the key `opened` says why. `open(key)`: someone wants to know
 * more, or (null) no more. */
export function renderEvents(list, events, { opened, open }) {
  reconcile(list, events, {
    key: (event) => event.key,
    create: (event) => createEvent(event, open),
    update: (element, event) => {
      const isOpen = event.key === opened;
      const button = element.firstElementChild;
      if (event.why !== null) setAttribute(button, "aria-expanded", String(isOpen));
      if (isOpen && button.nextElementSibling === null) element.append(createWhy(event));
      if (!isOpen) button.nextElementSibling?.remove();
    },
  });
}

/** Show the line that says that nothing has happened yet, while that is so. */
export function renderNoEvents(element, events, about) {
  setHidden(element, events.length > 0);
  setText(element, about === null ? "Nothing yet. What changes in the line is told here, the newest first."
    : `Nothing has happened to ${about} since this dashboard began to look.`);
}

/** Show which nodes one can choose, and that this one is chosen. */
export function renderChoice(select, names, about) {
  const choices = about === null || names.includes(about) ? names : [about, ...names];
  reconcile(select, ["", ...choices], {
    key: (name) => name,
    create: (name) => make("option", { value: name }, name === "" ? "All nodes" : name),
    update: () => {},
  });
  if (select.value !== (about ?? "")) select.value = about ?? "";
}

/** The event's sentence as children: the node's name apart. */
export function sentenceParts(event) {
  return [event.before, make("strong", {}, event.name), event.after];
}

function createEvent(event, open) {
  const sentence = make("span", { class: "told" }, ...sentenceParts(event),
    ...(event.aside === "" ? [] : [make("span", { class: "aside" }, event.aside)]));
  const inside = [make("time", { datetime: event.isoText || null }, event.timeText), icon(event.icon), sentence];
  const element = make("li", { class: "arrived", "data-kind": event.kind });
  if (event.why === null) {
    element.append(make("div", { class: "event" }, ...inside));
    return element;
  }
  const button = make("button", { type: "button", class: "event" }, ...inside, icon("chevron"));
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "true" ? null : event.key));
  element.append(button);
  return element;
}

function createWhy(event) {
  const line = (term, text) => make("div", {}, make("dt", {}, term), make("dd", {}, text));
  return make("dl", { class: "why" }, line("Why", event.why.why), line("By which rule", event.why.rule),
    line("Look at", event.why.look), ...(event.order === "" ? [] : [line("In ZooKeeper's order", event.order)]));
}
