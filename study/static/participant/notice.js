/**
 * The page's one place for trouble: a quiet note with a button while something is tried again, or the last word.
 */

import { part, say } from "./words.js";

let shown = "";

/**
 * Whether that note is what the page shows now.
 *
 * @param {string} name
 */
export function isShown(name) {
  return shown === name && !part("notice").hidden;
}

/**
 * Show a note with a button.
 *
 * @param {string} name  of the sentence
 * @param {string} label  name of the button's sentence
 * @returns {Promise<void>} resolves when the button is pressed
 */
export function ask(name, label = "try-now") {
  const button = /** @type {HTMLButtonElement} */ (part("notice-button"));
  shown = name;
  part("notice-text").textContent = say(name);
  button.textContent = say(label);
  button.hidden = false;
  part("notice").hidden = false;
  return new Promise((resolve) => {
    button.onclick = () => resolve();
  });
}

/**
 * Take the note away.
 *
 * @param {string} [name]  that one alone, if it is still the one that is shown
 */
export function calm(name) {
  if (name === undefined || name === shown) part("notice").hidden = true;
}

/**
 * End here: what happened and what the participant can do.
 *
 * @param {HTMLElement} page  its `data-state` becomes "stopped"
 * @param {string} name  of the sentence
 */
export function stop(page, name) {
  page.dataset.state = "stopped";
  shown = name;
  const button = /** @type {HTMLButtonElement} */ (part("notice-button"));
  part("notice-text").textContent = say(name);
  button.textContent = say("reload");
  button.hidden = false;
  button.onclick = () => window.location.reload();
  part("notice").hidden = false;
  button.focus();
}
