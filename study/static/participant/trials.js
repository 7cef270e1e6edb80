/**
 * The trials page: the server says which trial stands next, the page leads through it and brings the answer back.
 *
 * Everything runs in one page, so that the unlocked sound and the decoded media live across trials. `data-state` of
 * the page says where it stands: loading, start, trial, stopped or complete.
 */

import { Refusal, insist, request } from "./api.js";
import { SoundFault, Speaker } from "./audio.js";
import { MediaFault, MediaStore } from "./media.js";
import { greetingNames, showBreak, showGreeting } from "./greeting.js";
import { ask, calm, stop } from "./notice.js";
import { TrialPanel } from "./panel.js";
import { reloadWhenRestored } from "./restored.js";
import { TrialRun, exhibitsOf } from "./trial.js";
import { part, say } from "./words.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").ExhibitName} ExhibitName */
/** @typedef {import("./types.js").Presented} Presented */
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
function showProgress({ n_trials: nTrials, n_answered: nAnswered, trial, part: place }) {
  const bar = /** @type {HTMLProgressElement} */ (part("progress"));
  bar.max = Math.max(1, nTrials);
  bar.value = nAnswered;
  if (!trial || !place) return;
  const name = place.number === null ? `part-${place.kind}` : `part-${place.kind}-numbered`;
  const values = { part: say(name, { number: place.number ?? 1 }), n: place.index + 1, total: place.n_trials };
  part("place").textContent = say("place", values);
  page.dataset.index = String(trial.index);
}

/**
 * Greet and pause before a trial as its place asks for, and unlock the sound in the click that goes on.
 *
 * @param {State} state
 * @param {{ told: string | null, isUnlocked: boolean }} circumstances
 */
async function greet(state, circumstances) {
  const names = greetingNames(state, circumstances);
  const isMain = names.at(-1) === "main";
  for (const name of isMain ? names.slice(0, -1) : names) await greetOnce(() => showGreeting(state, name));
  for (const pause of state.breaks) await greetOnce(() => showBreak(pause));
  if (isMain) await greetOnce(() => showGreeting(state, "main"));
}

/** @param {() => void} show */
async function greetOnce(show) {
  show();
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
async function loadMedia(trial) {
  for (;;) {
    try {
      return new Map(await Promise.all([...exhibitsOf(trial)].map(([name, presented]) => loadExhibit(name, presented))));
    } catch (fault) {
      if (!(fault instanceof MediaFault)) throw fault;
      await ask("trouble-media");
      calm();
    }
  }
}

/**
 * @param {ExhibitName} name
 * @param {Presented} presented
 * @returns {Promise<[ExhibitName, { sound: AudioBuffer | null, image: HTMLImageElement | null }]>}
 */
async function loadExhibit(name, { sound, picture }) {
  const [buffer, image] = await Promise.all([
    sound ? media.sound(sound.url) : null,
    picture ? media.picture(picture.url) : null,
  ]);
  return [name, { sound: buffer, image }];
}

/**
 * One trial from its media to its stored answer.
 *
 * @param {State} state
 * @returns {Promise<State>} the next one
 */
async function conduct({ trial, preload }) {
  if (!trial) throw new Error("the server named no trial to conduct");
  const loaded = await loadMedia(trial);
  const address = `${api}trials/${trial.id}/`;
  const run = new TrialRun(trial);
  await insist(() => request(`${address}begin`, { begin_id: run.beginId }), listener);
  media.preload(preload);
  page.dataset.state = "trial";
  const answer = await panel.conduct(run, loaded, (answers) => send(`${address}first-answer`, { answers }));
  /** @type {Stored} */
  const stored = await send(`${address}response`, answer);
  if (stored.feedback) await panel.tell(stored.feedback);
  return stored.state;
}

/**
 * Send what the participant answered, until the server has it.
 *
 * @template Answered
 * @param {string} url
 * @param {object} body
 * @returns {Promise<Answered>}
 */
async function send(url, body) {
  isSending = true;
  try {
    return await insist(() => request(url, body), listener);
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
  while (state.trial) {
    showProgress(state);
    await greet(state, { told: greeting, isUnlocked });
    if (!isUnlocked) speaker.onChange(watchSound);
    isUnlocked = true;
    ({ state, nMisplaced, greeting } = await advance(state, nMisplaced));
  }
  showProgress(state);
  page.dataset.state = "complete";
  window.location.assign(state.next_url);
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
