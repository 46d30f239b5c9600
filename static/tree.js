/** Owns the tree of znodes on the page: asks the dashboard for it while it is open, and shows what came.
 * It asks when the cluster has changed and each two seconds, one question at a time; closed, it asks for nothing. */

import { make, reconcile, setAttribute, setHidden, setText } from "./dom.js";
import { NO_TREE, after, treeRows } from "./tree_model.js";

const PATH = "/api/znodes";
const AT_LEAST_EACH_MS = 2000;
const AT_MOST_EACH_MS = 250;
const ANSWER_LIMIT_MS = 5000;
const WORDS = { new: "new", changed: "changed", gone: "gone" };

export class Tree {
  constructor(root) {
    this.root = root;
    this.rows = root.querySelector("ol");
    this.note = root.querySelector('[data-part="tree-note"]');
    this.tree = NO_TREE;
    this.isOpen = false;
    this.isAsking = false;
    this.askedMs = -Infinity;
    this.askedFor = null; // the version at the last question
  }

  /** Runs on each render. `version`: of the cluster that the page shows. */
  render(isOpen, version, nowMs) {
    this.isOpen = isOpen;
    setHidden(this.root.querySelector('[data-part="tree"]'), !isOpen);
    if (!isOpen) {
      this.tree = NO_TREE; // what changed while nobody looked is no news when it is opened again
      return;
    }
    const sinceMs = nowMs - this.askedMs;
    const isDue = sinceMs >= AT_LEAST_EACH_MS || (version !== this.askedFor && sinceMs >= AT_MOST_EACH_MS);
    if (isDue && !this.isAsking) this.ask(version, nowMs);
    this.show(nowMs);
  }

  async ask(version, nowMs) {
    this.isAsking = true;
    this.askedMs = nowMs;
    this.askedFor = version;
    try {
      const answer = await fetch(PATH, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), cache: "no-store" });
      const body = await answer.json();
      if (answer.ok) this.tree = after(this.tree, body, performance.now());
      setText(this.note, answer.ok ? "" : `${this.asOf()}${body?.error ?? "ZooKeeper could not be read."}`);
    } catch {
      setText(this.note, `${this.asOf()}The dashboard did not answer.`);
    }
    this.isAsking = false;
    if (this.isOpen) this.show(performance.now());
  }

  asOf() {
    return this.tree.readAt === null ? "" : "As last read. ";
  }

  show(nowMs) {
    setHidden(this.note, this.note.textContent === "");
    reconcile(this.rows, treeRows(this.tree, nowMs), {
      key: (row) => row.path,
      create: () => make("li", { class: "row" }, make("span", { class: "znode" }, make("code"), make("span", { class: "mark" }),
        make("span", { class: "aside" })), ...["czxid ", "owner ", "version ", "data "]
        .map((said) => make("span", {}, make("span", { class: "unseen" }, said), make("code")))),
      update: showRow,
    });
  }
}

function showRow(element, row) {
  const [head, ...cells] = element.children;
  const [name, mark, left] = head.children;
  setAttribute(element, "data-depth", row.depth);
  setAttribute(element, "data-mark", row.mark);
  setAttribute(element, "data-there", row.isThere ? null : "no");
  setText(name, row.name);
  setText(mark, row.mark === null ? "" : WORDS[row.mark]);
  setText(left, row.left);
  [row.czxid, row.owner, row.version, row.data].forEach((text, index) => setText(cells[index].lastElementChild, text));
}
