/** Owns putting a command on the clipboard.
 * Browsers give a page the clipboard only on https or localhost; elsewhere the command is selected and copied. */

/** Copy `text`, which `element` shows. What the button says then. */
export async function copyText(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  }
}
