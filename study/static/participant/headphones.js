/**
 * The headphone check: six times three sounds, each played once, of which one is named. The server alone knows which.
 */

import { hasWebAudio } from "./able.js";
import { Refusal, insist, request } from "./api.js";
import { Speaker } from "./audio.js";
import { fillChoices, listenForKeys } from "./choices.js";
import { MediaFault, MediaStore } from "./media.js";
import { ask, calm, stop } from "./notice.js";
import { Player } from "./player.js";
import { reloadWhenRestored } from "./restored.js";
import { part, say } from "./words.js";

const INTERVALS = ["1", "2", "3"];

const page = part("headphones");
const api = (page.dataset.api ?? "").replace(/\/?$/, "/");
const form = /** @type {HTMLFormElement} */ (part("check"));
const fields = /** @type {HTMLFieldSetElement} */ (part("check-fields"));
const submit = /** @type {HTMLButtonElement} */ (part("submit"));
const listener = { onTrouble: () => ask("trouble-loading"), onCalm: calm };
const media = new MediaStore();

/** The sounds of each attempt, in their order. */
const attempts = [...document.querySelectorAll("[data-attempt-sounds]")].map((list) =>
  [...list.querySelectorAll("li")].map((item) => item.dataset.url ?? ""),
);
let attempt = Number(page.dataset.attempt);
/** @type {number[]} */
let answers = [];
/** @type {number | null} */
let chosen = null;

const player = new Player(part("play-interval"), new Speaker(), {
  onStart: () => {
    page.dataset.state = "playing";
    player.render({ isEnabled: false });
  },
  onEnd: (share) => {
    if (share < 1) return; // cut short by the page itself
    page.dataset.state = "asking";
    fields.disabled = false;
    const had = part("play-interval").contains(document.activeElement);
    player.render({ isEnabled: false });
    if (had) part("intervals").querySelector("input")?.focus({ preventScroll: true }); // a disabled button loses it
    part("guide").textContent = say("guide-choose");
  },
});

/** Ready for the next three sounds. */
async function next() {
  const sounds = attempts[attempt] ?? [];
  page.dataset.state = "loading";
  chosen = null;
  form.reset();
  fields.disabled = true;
  submit.disabled = true;
  player.load(null);
  player.render({ isEnabled: false });
  part("counted").textContent = say("counted", { n: answers.length + 1 });
  await load(sounds[answers.length] ?? "");
  media.preload(sounds.slice(answers.length + 1, answers.length + 2));
  page.dataset.state = "ready";
  page.dataset.trial = String(answers.length);
  player.render({ isEnabled: true });
}

/** @param {string} url */
async function load(url) {
  for (;;) {
    try {
      player.load(await media.sound(url));
      return;
    } catch (fault) {
      if (!(fault instanceof MediaFault)) throw fault;
      await ask("trouble-media");
      calm();
    }
  }
}

/** One trial is answered; after the last the server judges all of them. */
async function goOn() {
  if (chosen === null) return;
  answers.push(chosen);
  part("again").hidden = true;
  if (answers.length < (attempts[attempt] ?? []).length) {
    part("guide").textContent = say("guide-play");
    await next();
    player.focus();
    return;
  }
  await judge();
}

async function judge() {
  page.dataset.state = "checking";
  fields.disabled = true;
  submit.disabled = true;
  try {
    /** @type {{ passed: boolean, n_attempts_left: number }} */
    const outcome = await insist(() => request(`${api}headphones`, { attempt, answers }), listener);
    if (outcome.passed || outcome.n_attempts_left === 0) window.location.assign(page.dataset.next ?? "");
    else await again();
  } catch (fault) {
    if (fault instanceof Refusal && fault.code === "not-handed-out") window.location.assign(page.dataset.next ?? "");
    else stop(page, `stopped-${stoppedBy(fault)}`);
  }
}

const TOLD = ["no-enrolment", "study-closed", "withdrawn", "expired"];

/** @param {unknown} fault */
function stoppedBy(fault) {
  return fault instanceof Refusal && TOLD.includes(fault.code) ? fault.code : "unexpected";
}

async function again() {
  attempt += 1;
  answers = [];
  const again = part("again");
  again.hidden = false;
  again.textContent = say("again");
  part("guide").textContent = say("guide-play");
  await next();
  player.focus();
}

fillChoices(part("intervals"), {
  name: "interval",
  tiles: INTERVALS.map((value) => ({ value, text: value })),
  onChoose: (value) => {
    chosen = Number(value);
    submit.disabled = false;
  },
});
listenForKeys({ group: part("intervals") });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void goOn();
});
reloadWhenRestored();
if (hasWebAudio()) await next();
else stop(page, "stopped-no-web-audio");
