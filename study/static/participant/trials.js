/**
 * The trials page: the server says which trial stands next, the page leads through it and brings the answer back.
 *
 * Everything runs in one page, so that the unlocked sound and the decoded media live across trials. `data-state` of
 * the page says where it stands: loading, start, trial, stopped or complete.
 */

import { Refusal, insist, request } from "./api.js";
import { SoundFault, Speaker } from "./audio.js";
import { MediaFault, MediaStore } from "./media.js";
import { ask, calm, stop } from "./notice.js";
import { TrialPanel } from "./panel.js";
import { reloadWhenRestored } from "./restored.js";
import { TrialRun } from "./trial.js";
import { part, say } from "./words.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Stored} Stored */
/** @typedef {import("./types.js").Trial} Trial */

/** Refusals after which the server's own position is the way out. */
const MISPLACED = new Set(["already-answered", "not-handed-out", "not-begun", "not-heard", "unknown-trial"]);
/** Refusals that have a sentence of their own. */
const TOLD = new Set(["no-enrolment", "csrf-failed", "study-closed"]);
const N_MISPLACED_AT_MOST = 3;

const page = part("trials");
const api = (page.dataset.api ?? "").replace(/\/?$/, "/");
const speaker = new Speaker();
const media = new MediaStore();
const panel = new TrialPanel(speaker);
let isSending = false;
let isSoundAsked = false;

/** @type {{ onTrouble: () => Promise<void>, onCalm: () => void }} */
const listener = { onTrouble: () => ask(isSending ? "trouble-sending" : "trouble-loading"), onCalm: calm };

/** @returns {Promise<State>} */
function fetchState() {
  return insist(() => request(`${api}state`), listener);
}

/** @param {State} state */
function showProgress({ n_trials: nTrials, n_answered: nAnswered, trial }) {
  const bar = /** @type {HTMLProgressElement} */ (part("progress"));
  bar.max = nTrials;
  bar.value = nAnswered;
  if (!trial) return;
  const phase = say(trial.phase === "training" ? "phase-training" : "phase-main");
  part("place").textContent = say("place", { phase, n: trial.index_in_phase + 1, total: trial.n_in_phase });
  page.dataset.index = String(trial.index);
}

/**
 * Which words stand before a trial: the introduction, the change to the main part, or a return after a reload.
 *
 * @param {Trial} trial
 */
function greetingName(trial) {
  if (trial.phase === "main" && trial.index_in_phase === 0) return "main";
  return trial.index === 0 ? "introduction" : "return";
}

/**
 * Greet, and unlock the sound in the click that goes on.
 *
 * @param {State} state
 * @param {string} name  of the greeting
 */
async function greet({ trial, n_training: nTraining }, name) {
  if (!trial) return;
  for (const greeting of page.querySelectorAll("[data-greeting]")) {
    const element = /** @type {HTMLElement} */ (greeting);
    element.hidden = element.dataset.greeting !== name;
  }
  /** @type {string[]} */
  const kinds = [trial.given, trial.explanation.channel];
  for (const variant of page.querySelectorAll("[data-only]")) {
    const element = /** @type {HTMLElement} */ (variant);
    element.hidden = !kinds.includes(element.dataset.only ?? "");
  }
  for (const place of page.querySelectorAll("[data-count=training]")) place.textContent = String(nTraining);
  const words = trial.labels.map((label) => label.word).join(", ");
  for (const place of page.querySelectorAll("[data-words]")) place.textContent = words;
  page.dataset.state = "start";
  part("start-button").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
  await pressed("start-button");
}

/**
 * @param {string} id
 * @returns {Promise<void>} resolves once the button was pressed and the sound runs
 */
function pressed(id) {
  return new Promise((resolve) => {
    part(id).onclick = async () => {
      try {
        await speaker.unlock();
      } catch (fault) {
        if (!(fault instanceof SoundFault)) throw fault;
        void ask("sound-blocked").then(() => part(id).click());
        return;
      }
      calm();
      part(id).onclick = null;
      resolve();
    };
  });
}

/**
 * The media of a trial, all of them; asks and tries again until they are there.
 *
 * @param {Trial} trial
 * @returns {Promise<import("./panel.js").TrialMedia>}
 */
async function loadMedia({ original, explanation }) {
  for (;;) {
    try {
      const isPicture = explanation.channel === "picture";
      const [first, second] = await Promise.all([
        original ? media.sound(original.url) : null,
        isPicture ? media.picture(explanation.url) : media.sound(explanation.url),
      ]);
      return { original: first, explanation: second };
    } catch (fault) {
      if (!(fault instanceof MediaFault)) throw fault;
      await ask("trouble-media");
      calm();
    }
  }
}

/**
 * One trial from its media to its stored answer.
 *
 * @param {State} state
 * @returns {Promise<State>} the next one
 */
async function conduct({ trial, preload }) {
  if (!trial) throw new Error("the server named no trial, though the study is not complete");
  const loaded = await loadMedia(trial);
  const address = `${api}trials/${trial.id}/`;
  const run = new TrialRun(trial);
  await insist(() => request(`${address}begin`, { begin_id: run.beginId }), listener);
  media.preload(preload);
  page.dataset.state = "trial";
  const answer = await panel.conduct(run, loaded);
  isSending = true;
  try {
    /** @type {Stored} */
    const stored = await insist(() => request(`${address}response`, answer), listener);
    isSending = false;
    if (stored.feedback) await panel.tell(stored.feedback);
    return stored.state;
  } finally {
    isSending = false;
  }
}

/**
 * The next state after a trial; when the server says that the page stands elsewhere, its own position.
 *
 * @param {State} state
 * @param {number} nMisplaced  how often in a row that happened
 * @returns {Promise<{ state: State, nMisplaced: number, greeting: string | null }>} with the words that tell it
 * @throws {Refusal} when that does not help
 */
async function advance(state, nMisplaced) {
  try {
    return { state: await conduct(state), nMisplaced: 0, greeting: null };
  } catch (fault) {
    const isMisplaced = fault instanceof Refusal && MISPLACED.has(fault.code);
    if (!isMisplaced || nMisplaced >= N_MISPLACED_AT_MOST) throw fault;
    const greeting = fault.code === "already-answered" ? "overtaken" : "return";
    return { state: await fetchState(), nMisplaced: nMisplaced + 1, greeting };
  }
}

async function lead() {
  let state = await fetchState();
  let nMisplaced = 0;
  let isUnlocked = false;
  /** @type {string | null} */
  let greeting = null;
  while (!state.complete && state.trial) {
    showProgress(state);
    const usual = greetingName(state.trial);
    if (greeting) await greet(state, greeting);
    if (usual === "main" || !(greeting || isUnlocked)) await greet(state, usual);
    if (!isUnlocked) speaker.onChange(watchSound);
    isUnlocked = true;
    ({ state, nMisplaced, greeting } = await advance(state, nMisplaced));
  }
  showProgress(state);
  page.dataset.state = "complete";
  window.location.assign(state.debrief_url);
}

/**
 * A phone call or another program can stop the sound: say so, and let it go on where it stood.
 *
 * @param {boolean} isRunning
 */
async function watchSound(isRunning) {
  if (isRunning && isSoundAsked) calm(); // it came back by itself
  isSoundAsked = !isRunning && panel.isPlaying;
  if (!isSoundAsked) return;
  for (let name = "sound-paused"; ; name = "sound-blocked") {
    await ask(name, "continue-sound");
    try {
      await speaker.unlock();
    } catch (fault) {
      if (fault instanceof SoundFault) continue;
      throw fault;
    }
    isSoundAsked = false;
    calm();
    return;
  }
}

window.addEventListener("beforeunload", (event) => {
  if (isSending) event.preventDefault();
});

reloadWhenRestored();
lead().catch((fault) => {
  const code = fault instanceof Refusal && TOLD.has(fault.code) ? fault.code : "unexpected";
  stop(page, `stopped-${code}`);
  if (code === "unexpected") console.error(fault);
});
