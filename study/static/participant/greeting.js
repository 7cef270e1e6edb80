/**
 * What stands between trials: the introduction, the change to the main part, breaks, and a return after a reload.
 */

import { part, say } from "./words.js";

/** @typedef {import("./types.js").Break} Break */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Turn} Turn */

const page = part("trials");
const button = /** @type {HTMLButtonElement} */ (part("start-button"));

/**
 * Which words stand before a trial, in order.
 *
 * @param {State} state
 * @param {Turn} turn
 * @param {{ told: string | null, isUnlocked: boolean }} page  `told`: what happened to the trial before
 * @returns {string[]}
 */
export function greetingNames({ session }, { part: place, trial }, { told, isUnlocked }) {
  const isFirstMain = place.kind === "main" && place.is_first && (place.number ?? 1) === 1;
  const isChange = isFirstMain && session.n_training > 0 && trial.index > 0;
  const names = told ? [told] : [];
  if (!told && !isUnlocked && !isChange) names.push(trial.index === 0 ? "introduction" : "return");
  if (isChange) names.push("main");
  return names;
}

/**
 * Show one greeting; the caller waits for its button.
 *
 * @param {State} state
 * @param {Turn} turn
 * @param {string} name
 */
export function showGreeting({ session }, { trial }, name) {
  choose(name);
  tellUntil();
  for (const variant of page.querySelectorAll("[data-only]")) {
    const element = /** @type {HTMLElement} */ (variant);
    if (!element.closest("#start")) continue;
    element.hidden = !(element.dataset.only ?? "").split(" ").some((kind) => session.meets.includes(kind));
  }
  const share = Math.round(session.wrong_share * 100);
  fillIn("[data-count=training]", String(session.n_training));
  fillIn("[data-wrong]", say(share === 50 ? "wrong-half" : share === 0 ? "wrong-none" : "wrong-share", { n: share }));
  fillIn("[data-words]", trial.labels.map((label) => label.word).join(", "));
  open();
}

/**
 * Show a break; its button opens after its least time.
 *
 * @param {Break} pause
 */
export function showBreak({ text_html: html, least_s: leastS }) {
  choose("break");
  const text = new DOMParser().parseFromString(html, "text/html"); // sanitised by the server
  part("break-text").replaceChildren(...text.body.childNodes);
  const endMs = performance.now() + leastS * 1000;
  const tick = () => {
    const leftS = Math.ceil((endMs - performance.now()) / 1000);
    button.disabled = leftS > 0;
    part("break-left").textContent = leftS > 0 ? say("break-left", { n: leftS }) : "";
    if (leftS > 0) setTimeout(tick, 250);
    else button.focus({ preventScroll: true });
  };
  open();
  tick();
}

/** Say until when one can come back, in the words of the page's foot. */
function tellUntil() {
  const moment = document.querySelector(".deadline time")?.textContent;
  for (const element of page.querySelectorAll("[data-until]")) {
    const place = /** @type {HTMLElement} */ (element);
    place.hidden = !moment;
    if (moment) place.textContent = say("until", { moment });
  }
}

/** @param {string} name */
function choose(name) {
  for (const greeting of page.querySelectorAll("[data-greeting]")) {
    const element = /** @type {HTMLElement} */ (greeting);
    element.hidden = element.dataset.greeting !== name;
  }
}

/**
 * @param {string} selector
 * @param {string} text
 */
function fillIn(selector, text) {
  for (const place of page.querySelectorAll(selector)) place.textContent = text;
}

function open() {
  page.dataset.state = "start";
  button.disabled = false;
  button.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}
