/** Owns the strip of things to try: which step is chosen, what has been seen, and whether it has been put away.
 * What was seen is remembered in this browser; the steps come from tried_model.js on each render. */

import { copiesOnClick } from "./clipboard.js";
import { icon, make, reconcile, setAttribute, setHidden, setIcon, setText } from "./dom.js";
import { readStored, store } from "./stored.js";

const KEY = "succession-tried";

export class Tried {
  /** `kill(row)`: the strip's order; `toggle`: the button that brings it back; `onChoice()`: another step was chosen. */
  constructor({ root, toggle, kill, onChoice }) {
    const stored = readStored(KEY, {});
    this.root = root;
    this.onChoice = onChoice;
    this.toggle = toggle;
    this.seen = new Set(Array.isArray(stored.seen) ? stored.seen : []);
    this.isAway = stored.isAway === true;
    this.chosen = null; // a step's id; null: the first that has not been seen
    this.step = null;
    this.part("away").addEventListener("click", () => this.putAway(true));
    toggle.addEventListener("click", () => this.putAway(!this.isAway));
    this.part("kill").addEventListener("click", (click) => {
      if (click.detail <= 1 && this.step?.kill?.kill?.isEnabled) kill(this.step.kill);
    });
    copiesOnClick(this.part("copy"), {
      usual: "Copy", what: () => ({ text: this.step.command, element: this.part("command") }),
    });
    this.showAway();
  }

  /** These have been seen now. */
  notice(seen) {
    const before = this.seen.size;
    for (const id of seen) this.seen.add(id);
    if (this.seen.size > before) {
      this.chosen = null; // on to the next one
      this.keep();
    }
  }

  render(steps) {
    const first = (holds) => steps.find(holds);
    const step = first((one) => one.id === this.chosen) ?? first((one) => one.isBegun) ?? first((one) => !one.isSeen) ?? steps[0];
    const isDone = steps.every((one) => one.isSeen);
    this.step = step;
    reconcile(this.part("steps"), steps, {
      key: (one) => one.id,
      create: (one) => this.createStep(one),
      update: (element, one) => {
        const button = element.firstElementChild;
        setAttribute(element, "data-seen", String(one.isSeen));
        setAttribute(button, "aria-current", one === step ? "step" : null);
        setIcon(button.firstElementChild, one.isSeen ? "check" : "circle");
        setText(button.children[2], one.isSeen ? "seen" : "not seen yet");
      },
    });
    setText(this.part("watch"), isDone && this.chosen === null && !step.isBegun ? "You have seen it all. Now try two at once." : step.watchFor);
    setHidden(this.part("kill"), step.kill === null);
    if (step.kill !== null) {
      setText(this.part("kill"), `Kill ${step.kill.called}`);
      setAttribute(this.part("kill"), "aria-disabled", step.kill.kill?.isEnabled ? null : "true");
    }
    setText(this.part("error"), step.kill?.kill?.error ?? "");
    setHidden(this.part("command-line"), step.command === null);
    setText(this.part("command"), step.command ?? "");
  }

  createStep(step) {
    const button = make("button", { type: "button" }, icon("circle"), make("span", {}, step.title),
      make("span", { class: "unseen" }, ""));
    button.addEventListener("click", () => {
      this.chosen = step.id;
      this.onChoice();
    });
    return make("li", {}, button);
  }

  putAway(isAway) {
    this.isAway = isAway;
    this.showAway();
    this.keep();
    if (isAway) this.toggle.focus();
  }

  showAway() {
    setHidden(this.root, this.isAway);
    setAttribute(this.toggle, "aria-expanded", String(!this.isAway));
  }

  keep() {
    store(KEY, { seen: [...this.seen], isAway: this.isAway });
  }

  part(name) {
    return this.root.querySelector(`[data-part="try-${name}"]`);
  }
}
