/** Owns what each node believes, on the page: how many say that they lead, and word against word.
 * Runs on each render; reads the values of beliefs_model.js. */

import { leftText } from "./beliefs_model.js";
import { icon, make, reconcile, setAttribute, setHidden, setIcon, setText } from "./dom.js";

const ICONS = { yes: "check", no: "warn", silent: "clock", unknown: "question" };

/** Show `beliefs`. */
export function renderBeliefs(root, beliefs) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  setAttribute(part("leading"), "data-tone", beliefs.leading.tone);
  setText(part("leading-number"), beliefs.leading.number);
  setText(part("leading-text"), beliefs.leading.text);
  setText(part("leading-note"), beliefs.leading.note);
  const left = leftText(beliefs.left);
  setText(part("left"), left);
  setHidden(part("left"), left === "");
  reconcile(root.querySelector(".words"), beliefs.rows, {
    key: (row) => row.znode,
    create: (row) => make("li", { class: "row" },
      make("span", {}, icon("check"), make("strong"), make("code", {}, row.znode)),
      make("span", {}, label("says: "), make("span"), make("span", { class: "aside" })),
      ...["ZooKeeper says: ", "lease left: ", "connection: ", "heard "].map((said) => make("span", {}, label(said), make("span")))),
    update: (element, row) => {
      const [head, says, ...cells] = element.children;
      setAttribute(element, "data-agrees", row.agrees);
      setAttribute(element, "data-old", row.isOld ? "" : null);
      setIcon(head.children[0], ICONS[row.agrees]);
      setText(head.children[1], row.called);
      setText(says.children[1], row.saysText);
      setText(says.children[2], row.sentence);
      [row.zookeeperText, row.leaseText, row.connectionText, row.ageText]
        .forEach((text, index) => setText(cells[index].lastElementChild, text));
    },
  });
}

/** What stands above the column, for who hears the row alone. */
function label(text) {
  return make("span", { class: "unseen" }, text);
}
