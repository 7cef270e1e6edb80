/**
 * The screens: measure the window, say whether it is wide enough, and send its width with the form.
 */

import { reloadWhenRestored } from "./restored.js";
import { part, say } from "./words.js";

const leastWidthPx = Number(part("screens").dataset.leastWidth ?? 0);

/** Measure the window now; the width is that which style sheets go by, scroll bar included. */
function measure() {
  const widthPx = Math.floor(window.innerWidth);
  /** @type {HTMLInputElement} */ (part("width")).value = String(widthPx);
  const isNarrow = widthPx < leastWidthPx;
  const sentence = say(isNarrow ? "too-narrow" : "wide-enough", { width: widthPx });
  const said = part("width-said");
  // A status is read aloud each time it is set.
  if (said.textContent !== sentence) said.textContent = sentence;
  said.classList.toggle("fault", isNarrow);
}

reloadWhenRestored();
if (leastWidthPx > 0) {
  measure();
  window.addEventListener("resize", measure);
}
