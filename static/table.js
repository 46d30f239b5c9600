/** Owns the table's rows: one element a znode, kept while the znode is in line and when it has left.
 * Runs on each render; reads rows of view_model.js and hands clicks to the two actions it is given. */

import { copiesOnClick } from "./clipboard.js";
import { focusOn, hasFocus, icon, make, reconcile, setAttribute, setHidden, setIcon, setText } from "./dom.js";

const ROLE_ICONS = { leader: "crown", worker: "dot", down: "cross", unknown: "question" };
const AGREES_ICONS = { yes: "check", transition: "eye", unknown: "question", former: "clock", departed: "cross" };

/** Show `rows`. `actions`: {open(znode), kill(row)}. */
export function renderTable(body, rows, emptyText, actions) {
  const items = rows.length > 0 ? rows : [{ znode: "", emptyText }];
  reconcile(body, items, {
    key: (row) => row.znode,
    create: (row) => (row.znode === "" ? createEmpty() : createRow(row, actions)),
    update: (row, item) => {
      const said = JSON.stringify(item);
      if (saidBy.get(row) === said) return; // a thousand rows are looked at five times a second
      saidBy.set(row, said);
      if (item.znode === "") setText(row.firstElementChild, item.emptyText);
      else update(row, item);
    },
  });
}

/** The list of what could not be read, which takes no room while there is nothing to say. */
export function renderProblems(section, problems) {
  setHidden(section, problems.length === 0);
  reconcile(section.querySelector("ul"), problems.map((text, index) => ({ text, index })), {
    key: (problem) => problem.index,
    create: () => make("li"),
    update: (element, problem) => setText(element, problem.text),
  });
}

function createEmpty() {
  // The roles are said aloud since narrow screens show rows as cards, and `display` takes a table's own roles away.
  return make("tr", { class: "empty", role: "row" }, make("td", { colspan: 7, role: "cell" }));
}

const partsOf = new WeakMap(); // row element -> its parts
const saidBy = new WeakMap(); // row element -> the row that it shows, as JSON

function createRow(row, actions) {
  const { znode } = row;
  const hintId = `kill-hint-${znode}`;
  const parts = {
    znode: make("button", { type: "button", class: "znode" }, make("code", {}, znode)),
    roleIcon: icon("dot"), roleText: make("span", { class: "role-text" }), roleNote: make("span", { class: "aside" }),
    watching: make("code"), nobody: make("span", { class: "nobody" }, make("span", { "aria-hidden": "true" }, "—"),
      make("span", { class: "unseen" }, "nobody: it is first in line")),
    scheme: make("span", { class: "scheme" }), address: make("span"), name: make("span", { class: "name" }),
    agreesIcon: icon("check"), agreesText: make("span"), note: make("span", { class: "aside" }),
    error: make("span", { class: "order-error", role: "alert" }),
    command: make("code", { class: "command" }),
    commandLine: make("span", { class: "command-line" }, "Bring it back: "),
    commandNote: make("span", { class: "aside" }),
    kill: make("button", { type: "button", class: "kill", "aria-describedby": hintId }),
    hint: make("span", { id: hintId, hidden: "" }),
    copy: make("button", { type: "button", class: "copy" }),
    row,
  };
  parts.commandLine.append(parts.command, parts.commandNote);
  parts.kill.addEventListener("click", (click) => {
    if (click.detail > 1) return; // the second half of a double click, which may have met the next row's button
    if (parts.kill.getAttribute("aria-disabled") !== "true") actions.kill(parts.row);
  });
  parts.znode.addEventListener("click", () => actions.open(znode));
  copiesOnClick(parts.copy, {
    usual: "Copy command", what: () => ({ text: parts.row.command, element: parts.command }),
    of: () => `for ${parts.row.called}`,
  });
  const cell = (label, ...children) => make("td", { role: "cell", "data-label": label }, ...children);
  const element = make("tr", { role: "row" },
    make("th", { role: "rowheader", scope: "row", "data-label": "Znode id" }, parts.znode),
    cell("Role", make("span", { class: "role" }, parts.roleIcon, parts.roleText), parts.roleNote),
    cell("Watching znode", parts.watching, parts.nobody),
    cell("Address", make("code", { class: "address" }, parts.scheme, parts.address)),
    cell("Name", parts.name),
    cell("ZooKeeper agrees", make("span", { class: "agrees" }, parts.agreesIcon, parts.agreesText), parts.note,
      parts.error, parts.commandLine),
    cell("Instance", parts.kill, parts.hint, parts.copy));
  element.addEventListener("click", (click) => {
    if (click.target.closest("button") === null && getSelection().isCollapsed) actions.open(znode);
  });
  partsOf.set(element, parts);
  return element;
}

function update(element, row) {
  const parts = partsOf.get(element);
  const hadFocus = hasFocus(parts.kill);
  parts.row = row;
  for (const name of ["standing", "role", "agrees"]) setAttribute(element, `data-${name}`, row[name]);
  setIcon(parts.roleIcon, ROLE_ICONS[row.role]);
  setText(parts.roleText, row.roleText);
  show(parts.roleNote, row.roleNote);
  show(parts.watching, row.watchingText ?? "");
  setHidden(parts.nobody, row.watchingText !== null);
  setText(parts.nobody.lastElementChild, row.standing === "departed" ? "nobody" : "nobody: it is first in line");
  setText(parts.scheme, row.address.scheme);
  setText(parts.address, row.address.rest);
  setText(parts.name, row.nameText);
  setIcon(parts.agreesIcon, AGREES_ICONS[row.agrees]);
  setText(parts.agreesText, row.agreesText);
  show(parts.note, row.note);
  show(parts.error, row.kill?.error ?? "");
  show(parts.command, row.command ?? "");
  show(parts.commandNote, row.commandNote);
  setHidden(parts.commandLine, row.command === null);
  setHidden(parts.copy, row.command === null);
  setAttribute(parts.copy, "aria-label", `${parts.copy.textContent} for ${row.called}`); // it may have got its name
  setAttribute(parts.znode, "aria-label", `${row.znode}: all of ${row.called}`);
  setHidden(parts.kill, row.kill === null);
  if (row.kill !== null) updateKill(parts, row);
  else if (hadFocus) focusInstead(element, parts);
}

function updateKill({ kill, hint }, row) {
  setText(kill, row.kill.verb);
  setAttribute(kill, "aria-label", `${row.kill.verb} ${row.called}`);
  setAttribute(kill, "aria-disabled", row.kill.isEnabled ? null : "true");
  setAttribute(kill, "data-tip", row.kill.isEnabled ? null : ""); // why it cannot be used; it would hide the row below
  setText(hint, row.kill.hint);
}

/** The button under the keyboard's focus is gone: go on from its row, not from the top of the page. */
function focusInstead(element, parts) {
  if (!parts.copy.hidden) focusOn(parts.copy);
  else {
    setAttribute(element, "tabindex", "-1");
    focusOn(element);
  }
}

function show(element, text) {
  setText(element, text);
  setHidden(element, text === "");
}
