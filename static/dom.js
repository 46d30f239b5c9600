/** Owns how the page's elements are made and kept: the only place that adds, moves or removes them.
 * Everything written is text or a fixed attribute, never HTML; what has not changed is not touched. */

const SVG = "http://www.w3.org/2000/svg";

/** A new element with attributes (null: none) and children (elements, or strings as text). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** A new element of a drawing; as `make`. */
export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** One of the symbols of index.html. A picture of words that stand beside it, so hidden from a screen reader. */
export function icon(name) {
  return makeSvg("svg", { class: "icon", "aria-hidden": "true" }, makeSvg("use", { href: `#${name}` }));
}

export function setIcon(svg, name) {
  setAttribute(svg.firstElementChild, "href", `#${name}`);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Hide or show an element. */
export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

/** Set an attribute, or take it away where `value` is null. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Make `parent`'s children be those of `items`, in their order. An item with the same key keeps its element; one that
 * is in its place is not moved, so that focus, selection and a screen reader's position stay where they are. */
export function reconcile(parent, items, { key, create, update }) {
  const kept = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  const keys = new Set(items.map((item) => String(key(item))));
  for (const [name, element] of kept) if (!keys.has(name)) element.remove();
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let element = kept.get(name);
    if (element === undefined) {
      element = create(item);
      element.dataset.key = name;
    }
    if (element !== place && place !== null && element === place.nextElementSibling) {
      move(parent, place, null); // the one in the way goes down: one move, where each behind it would have been one
      place = element;
    }
    if (element === place) place = place.nextElementSibling;
    else move(parent, element, place);
    update(element, item);
  }
}

/** Put `element` before `place`. Moving takes the focus away from what is in it: it is given back. */
function move(parent, element, place) {
  const focused = nextFocus ?? document.activeElement;
  const isInside = element.contains(focused);
  parent.insertBefore(element, place);
  if (isInside) focusOn(focused);
}

// Focusing lays the page out there and then: that can wait until what has changed is on the screen.
let nextFocus = null;

/** Whether this element has the focus, or will have it. */
export function hasFocus(element) {
  return element === (nextFocus ?? document.activeElement);
}

/** Give this element the focus, right after the next paint, unless someone has moved it elsewhere by then. */
export function focusOn(element) {
  if (nextFocus === null) requestAnimationFrame(() => setTimeout(settleFocus));
  nextFocus = element;
}

function settleFocus() {
  const element = nextFocus;
  nextFocus = null;
  if (document.activeElement === document.body) element.focus({ preventScroll: true });
}
