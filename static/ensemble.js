/** Owns the strip of ZooKeeper's own servers. Runs on each render; reads the values of ensemble_model.js. */

import { make, reconcile, setAttribute, setHidden, setText } from "./dom.js";

/** Show `servers`, and what they make up together; nothing before the dashboard has asked. */
export function renderEnsemble(root, servers, sentence) {
  setHidden(root, servers.length === 0);
  setText(root.querySelector('[data-part="sentence"]'), sentence);
  reconcile(root.querySelector("ul"), servers, {
    key: (server) => server.host,
    create: (server) => make("li", {}, make("span", { class: "light" }), make("code", {}, server.host), make("strong"),
      make("span", { class: "aside" })),
    update: (element, server) => {
      setAttribute(element, "data-tone", server.tone);
      setText(element.children[2], server.stateText);
      setText(element.children[3], server.facts);
    },
  });
}
