/** Owns what is open on the page, and keeps the URL in step with it, so that a link or a reload shows the same. */

import { readAddress, writeAddress } from "./address.js";

export class Opened {
  /** `onChange()`: something was opened or closed. */
  constructor(onChange) {
    this.state = readAddress(location.hash);
    this.onChange = onChange;
    window.addEventListener("hashchange", () => {
      this.state = readAddress(location.hash);
      onChange();
    });
  }

  /** Open or close what `part` names; the rest stays. */
  change(part) {
    this.state = { ...this.state, ...part };
    history.replaceState(null, "", writeAddress(this.state) || location.pathname + location.search);
    this.onChange();
  }
}
