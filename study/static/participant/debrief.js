/**
 * The debrief page: one button that copies the completion code.
 */

import { part, say } from "./words.js";

const button = part("copy");
button.hidden = !("clipboard" in navigator); // only a secure page may write there
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(part("code").textContent?.trim() ?? "");
    part("copied").textContent = say("copied");
  } catch {
    part("copied").textContent = say("copy-by-hand");
  }
});
