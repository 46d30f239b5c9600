/** Owns what this browser remembers for this site. A browser that stores nothing loses it when the page is closed. */

/** The value under `key`, or `otherwise`. */
export function readStored(key, otherwise) {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? "null");
    return value === null || typeof value !== typeof otherwise ? otherwise : value;
  } catch {
    return otherwise; // nothing is stored, or not by this page
  }
}

/** Remember `value`, which is JSON. */
export function store(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // It holds until the page is closed.
  }
}
