/** Owns the panel that tells all of one node. Runs on each render; reads the values of detail_model.js.
 * Its buttons call the actions it is given. */

import { copiesOnClick } from "./clipboard.js";
import { focusOn, hasFocus, icon, make, reconcile, setAttribute, setHidden, setText } from "./dom.js";
import { sentenceParts } from "./events.js";

export class Detail {
  /** `actions`: {kill(row), close()}. */
  constructor(root, actions) {
    this.root = root;
    this.actions = actions;
    this.row = null;
    this.part("close").addEventListener("click", () => actions.close());
    this.part("kill").addEventListener("click", () => {
      if (this.row?.kill?.isEnabled) actions.kill(this.row);
    });
  }

  /** Show `detail`; null: nothing is open. */
  render(detail) {
    setHidden(this.root, detail === null);
    if (detail === null) return;
    const { row } = detail;
    this.row = row;
    setText(this.part("title"), detail.called);
    setText(this.part("gone"), detail.note);
    setAttribute(this.root, "data-look", row?.role ?? "unknown");
    reconcile(this.part("facts"), detail.facts, {
      key: (fact) => fact.term,
      create: createFact,
      update: (element, fact) => {
        const value = element.querySelector(".value");
        setText(value, fact.text);
        setHidden(element.querySelector("button"), fact.copy === null);
      },
    });
    reconcile(this.part("events"), detail.events, {
      key: (event) => event.key,
      create: (event) => make("li", {}, make("time", { datetime: event.isoText || null }, event.timeText), icon(event.icon),
        make("p", {}, ...sentenceParts(event))),
      update: () => {},
    });
    setHidden(this.part("no-events"), detail.events.length > 0);
    this.renderOrder(row);
  }

  renderOrder(row) {
    const kill = row?.kill ?? null;
    if (kill === null && hasFocus(this.part("kill"))) focusOn(this.part("close"));
    setHidden(this.part("kill"), kill === null);
    if (kill !== null) {
      setText(this.part("kill"), kill.verb);
      setAttribute(this.part("kill"), "aria-disabled", kill.isEnabled ? null : "true");
    }
    setText(this.part("command"), row?.command ?? "");
    setHidden(this.part("command-line"), !row?.command);
    setText(this.part("error"), kill?.error ?? "");
  }

  part(name) {
    return this.root.querySelector(`[data-part="detail-${name}"]`);
  }
}

/** A fact, and the button that copies it. */
function createFact(fact) {
  const value = make("span", { class: "value" });
  const button = make("button", { type: "button", class: "small" });
  copiesOnClick(button, {
    usual: "Copy", what: () => ({ text: value.textContent, element: value }), of: () => fact.term.toLowerCase(),
  });
  return make("div", {}, make("dt", {}, fact.term), make("dd", {}, value, button));
}
