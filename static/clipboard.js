/** Owns putting a text on the clipboard, and the buttons that do.
 * Browsers give a page the clipboard only on https or localhost; elsewhere the command is selected and copied. */

import { setAttribute, setText } from "./dom.js";

const SAID_MS = 2000;

/** Let `button` copy what `what()` gives: {text, element: what shows it}. It says what came of it, and its `usual` word
 * again after a while; `of()`: what its label adds to the word for who does not see where it stands. */
export function copiesOnClick(button, { usual, what, of = null }) {
  const say = (word) => {
    setText(button, word);
    if (of !== null) setAttribute(button, "aria-label", `${word} ${of()}`);
  };
  button.addEventListener("click", async () => {
    const { text, element } = what();
    say(await copyText(text, element));
    setTimeout(() => say(usual), SAID_MS);
  });
  say(usual);
}

async function copyText(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    getSelection().selectAllChildren(element);
    const put = (event) => {
      event.clipboardData.setData("text/plain", text); // and not the selection, which may be laid out otherwise
      event.preventDefault();
    };
    document.addEventListener("copy", put, { once: true });
    const isCopied = document.execCommand("copy");
    document.removeEventListener("copy", put);
    return isCopied ? "Copied" : "Press Ctrl+C";
  }
}
