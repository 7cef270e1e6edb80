// Copies the text of the element that a button names to the clipboard, and says so on the button.

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const source = document.getElementById(button.dataset["copy"] ?? "");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    button.textContent = button.dataset["copied"] ?? "";
  } catch {
    // Without a secure connection there is no clipboard: what is to be copied is marked instead.
    window.getSelection()?.selectAllChildren(source);
  }
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (button instanceof HTMLButtonElement) button.addEventListener("click", () => void copy(button));
}
