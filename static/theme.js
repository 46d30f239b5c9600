/** Owns light, dark or the system's choice, and remembers it in this browser.
 * Loaded before the first paint, so that the page never shows in the wrong one. */

const KEY = "succession-theme";
const NEXT = { system: "light", light: "dark", dark: "system" };

applyTheme(storedTheme());

/** Let `button` go through system, light and dark, and name the one that is on. */
export function themeOn(button) {
  let theme = storedTheme();
  const name = () => {
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = NEXT[theme];
    applyTheme(theme);
    store(theme);
    name();
  });
  name();
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function storedTheme() {
  try {
    const stored = localStorage.getItem(KEY);
    return stored in NEXT ? stored : "system";
  } catch {
    return "system"; // a browser that stores nothing for this site
  }
}

function store(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is closed.
  }
}
