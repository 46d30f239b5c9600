/** Owns what of the page is in its URL: what is open, so that a link or a reload shows the same.
 * Pure: the part behind # in, plain values out, and back. What cannot be read counts as not there. */

const ZNODE = /^c_[0-9]{10}$/;
const EVENT = /^[\w-]+\.[0-9]+$/;

/** What is open by this hash, which may be empty. `event`: its key, see happened_model.js; `about`: the name of the node
 * whose events are shown, null for all. */
export function readAddress(hash) {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const node = said.get("node");
  const event = said.get("event");
  return {
    node: node !== null && ZNODE.test(node) ? node : null,
    event: event !== null && EVENT.test(event) ? event : null,
    about: said.get("about") || null,
    hasTree: said.has("znodes"),
    isPresenting: said.has("present"),
  };
}

/** The hash for what is open; empty where nothing is. */
export function writeAddress({ node, event, about, hasTree, isPresenting }) {
  const said = new URLSearchParams();
  if (node !== null) said.set("node", node);
  if (event !== null) said.set("event", event);
  if (about !== null) said.set("about", about);
  if (hasTree) said.set("znodes", "");
  if (isPresenting) said.set("present", "");
  const text = said.toString().replaceAll("=&", "&").replace(/=$/, "");
  return text === "" ? "" : `#${text}`;
}
