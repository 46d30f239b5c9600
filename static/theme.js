/** Owns light, dark or the system's choice, and remembers it in this browser.
 * Loaded before the first paint, so that the page never shows in the wrong one. */

import { setIcon, setText } from "./dom.js";
import { readStored, store } from "./stored.js";

const KEY = "succession-theme";
const ICONS = { system: "half", light: "sun", dark: "moon" };
const NEXT = { system: "light", light: "dark", dark: "system" };

applyTheme(storedTheme());

/** Let `button` go through system, light and dark, and name the one that is on. */
export function themeOn(button) {
  let theme = storedTheme();
  const name = () => {
    setIcon(button.querySelector("svg"), ICONS[theme]);
    setText(button.querySelector("span"), `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    applyTheme(theme);
    store(KEY, theme);
    name();
  });
  name();
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function storedTheme() {
  const stored = readStored(KEY, "system");
  return Object.hasOwn(NEXT, stored) ? stored : "system";
}
