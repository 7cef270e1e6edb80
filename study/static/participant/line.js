/**
 * A line to be marked anywhere between its two ends (a visual analogue scale), without a mark until it is touched.
 */

import { say } from "./words.js";

const FORWARD = new Set(["ArrowRight", "ArrowUp"]);
const BACKWARD = new Set(["ArrowLeft", "ArrowDown"]);

/** The sentence that says what the line is for; it stands after the line, and goes with the first touch. */
export function makeHint() {
  const hint = document.createElement("p");
  hint.className = "soft small line-hint";
  hint.textContent = say("line-hint");
  return hint;
}

/**
 * A native slider whose thumb appears with the first touch; until then nothing is suggested: the first arrow marks the
 * end it points away from.
 *
 * @param {{ least: number, most: number, labelledBy: string, onChoose: (value: number) => void }} options
 * @returns {HTMLInputElement}
 */
export function makeLine({ least, most, labelledBy, onChoose }) {
  const line = document.createElement("input");
  line.type = "range";
  line.className = "line";
  line.autocomplete = "off";
  line.min = String(least);
  line.max = String(most);
  line.setAttribute("aria-labelledby", labelledBy);
  line.setAttribute("aria-valuetext", say("line-untouched"));
  line.dataset.touched = "false";
  const touch = () => {
    line.dataset.touched = "true";
    line.removeAttribute("aria-valuetext");
    onChoose(line.valueAsNumber);
  };
  line.addEventListener("input", touch);
  line.addEventListener("click", touch); // a touch of the very middle changes no value
  line.addEventListener("keydown", (event) => {
    if (line.dataset.touched === "true" || !(FORWARD.has(event.key) || BACKWARD.has(event.key))) return;
    event.preventDefault();
    line.value = FORWARD.has(event.key) ? line.min : line.max;
    touch();
  });
  return line;
}
