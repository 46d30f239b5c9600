/** Owns putting a command on the clipboard.
 * Browsers give a page the clipboard only on https or localhost; elsewhere the command is selected and copied. */

/** Copy `text`, which `element` shows. What the button says then. */
export async function copyText(text, element) {
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
