/** Owns the table's rows: one element a znode, kept while the znode is in line and when it has left.
 * Runs on each render; reads rows of view_model.js and hands clicks to the two actions it is given. */

import { copiesOnClick } from "./clipboard.js";
import { focusOn, hasFocus, icon, make, reconcile, setAttribute, setHidden, setIcon, setText } from "./dom.js";

const ROLE_ICONS = { leader: "crown", worker: "dot", down: "cross", unknown: "question" };
const AGREES_ICONS = { yes: "check", transition: "eye", unknown: "question", former: "clock", departed: "cross" };

const MOST_AT_ONCE = 50; // rows that a turn makes or changes: a thousand would keep the page from all else for too long

/** Show `rows`, the first of those that are new or changed if they are many; false: some are left for another turn.
 * `actions`: {open(znode), kill(row)}. */
export function renderTable(body, rows, emptyText, actions) {
  const items = rows.length > 0 ? rows : [{ znode: "", emptyText }];
  if (body.contains(document.activeElement)) focusOn(document.activeElement); // from group to group a row leaves the page
  let touched = 0;
  reconcile(body, [...Map.groupBy(items, groupOf)], {
    key: ([name]) => name,
    create: () => make("tbody", { role: "none" }),
    update: (group, [, members]) => {
      group.style.setProperty("--rows", members.length);
      if (touched < MOST_AT_ONCE) touched += renderGroup(group, members, actions);
    },
  });
  const isWhole = touched < MOST_AT_ONCE;
  // What is on its way from one group to another is in neither until its new one has its turn.
  if (isWhole) for (const [znode, { element }] of shown) if (!element.isConnected) shown.delete(znode);
  return isWhole;
}

/** Rows are grouped so that those out of sight are neither laid out nor painted: by their numbers, since a number keeps
 * its place in the line, and so a row its group, whoever else comes or goes. */
function groupOf(row) {
  return row.standing === "departed" ? "departed" : `in line ${row.znode.slice(0, -1)}`;
}

/** How many rows were new or changed. */
function renderGroup(group, rows, actions) {
  const former = shownIn.get(group) ?? [];
  if (rows.length === former.length && rows.every((row, index) => row === former[index])) return 0;
  shownIn.set(group, rows);
  let touched = 0;
  reconcile(group, rows, {
    key: (row) => row.znode,
    create: (row) => (shown.get(row.znode) ?? createRow(row, actions)).element,
    update: (element, row) => {
      const one = shown.get(row.znode);
      const said = JSON.stringify({ ...row, position: null }); // which is not shown, and changes with each that leaves
      if (one.said === said) return;
      one.said = said;
      touched += 1;
      if (row.znode === "") setText(element.firstElementChild, row.emptyText);
      else update(element, one.parts, row);
    },
  });
  return touched;
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
  return { element: make("tr", { class: "empty", role: "row" }, make("td", { colspan: 7, role: "cell" })) };
}

// znode -> {element, parts, said: the row that it shows, as JSON}. No WeakMap: a thousand entries of one keep the garbage
// collector busy for longer than an update takes.
const shown = new Map();
const shownIn = new WeakMap(); // group element -> the rows that it shows

function createRow(row, actions) {
  const made = row.znode === "" ? createEmpty() : createFull(row, actions);
  shown.set(row.znode, made);
  return made;
}

function createFull(row, actions) {
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
  return { element, parts };
}

function update(element, parts, row) {
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
