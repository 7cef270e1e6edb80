/**
 * The trials page: the server says which trials come next, the page leads through them and brings the answers back.
 *
 * It goes on while answers are on their way, and while the network is gone, through the trials that it knows.
 *
 * Everything runs in one page, so that the unlocked sound and the decoded media live across trials. `data-state` of
 * the page says where it stands: loading, start, trial, stopped or complete.
 */

import { hasWebAudio } from "./able.js";
import { Refusal, insist, request } from "./api.js";
import { SoundFault, Speaker } from "./audio.js";
import { greetingNames, showBreak, showGreeting } from "./greeting.js";
import { Lease } from "./lease.js";
import { MediaFault, MediaStore } from "./media.js";
import { ask, calm, isShown, stop } from "./notice.js";
import { Outbox } from "./outbox.js";
import { TrialPanel } from "./panel.js";
import { Player } from "./player.js";
import { reloadWhenRestored } from "./restored.js";
import { TrialRun, exhibitsOf } from "./trial.js";
import { part, say } from "./words.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").ExhibitName} ExhibitName */
/** @typedef {import("./types.js").Presented} Presented */
/** @typedef {import("./types.js").Trial} Trial */
/** @typedef {import("./types.js").Turn} Turn */

/** Refusals after which the server's own position is the way out. */
const MISPLACED = new Set(["already-answered", "not-handed-out", "not-heard", "unknown-trial"]);
/** Refusals that have a sentence of their own. */
const TOLD = new Set(["no-enrolment", "csrf-failed", "study-closed", "study-paused", "withdrawn", "expired"]);
const N_MISPLACED_AT_MOST = 3;

const page = part("trials");
const api = (page.dataset.api ?? "").replace(/\/?$/, "/");
const speaker = new Speaker();
const media = new MediaStore();
const panel = new TrialPanel(speaker);
const levelPlayer = new Player(part("play-level"), speaker, {
  onStart: () => levelPlayer.render({ isEnabled: false }),
  onEnd: () => {
    levelPlayer.render({ isEnabled: true });
    /** @type {HTMLButtonElement} */ (part("start-button")).disabled = false;
  },
});
let isSoundAsked = false;

/** Rejects when nothing can go on, whatever is being waited for. @type {(fault: unknown) => void} */
let halt;
const halted = /** @type {Promise<never>} */ (new Promise((_, reject) => {
  halt = reject;
}));

/** What the participant is told while the network is gone, and the button that tries at once, for all that waits. */
const listener = makeListener(() => "trouble-loading");
const sender = makeListener(() => (isAwaited ? "trouble-sending-awaited" : "trouble-sending"));
const outbox = new Outbox(api, { ...sender, onRefused: refused });
const lease = new Lease(api, listener, () => halt(new Overtaken()));

/** Trials answered in this page, whether the server has the answers yet or not. @type {Set<string>} */
const answered = new Set();
/** The newest that the server said. @type {State | null} */
let state = null;
/** What happened to the trial before, to be told before the next. @type {string | null} */
let greeting = null;
let isStale = true;
/** Whether the page waits for an answer to be stored before it goes on. */
let isAwaited = false;
/** When something was last done in the study, as far as it is known; before this page was loaded by the wall clock. */
let activeMs = 0;
let nMisplaced = 0;

/** Another window leads now. */
class Overtaken extends Error {}

/**
 * @param {() => string} choose  gives the sentence's name
 * @returns {{ onTrouble: () => Promise<void>, onCalm: () => void }}
 */
function makeListener(choose) {
  /** @type {Promise<void> | null} */
  let asked = null;
  let name = "";
  return {
    onTrouble: () => {
      if (asked && isShown(name) && name === choose()) return asked;
      name = choose(); // the note is new, or another has taken its place
      asked = ask(name);
      return asked;
    },
    onCalm: () => calm(name),
  };
}

/**
 * Keep the newer of two states: answers that were sent at once may be acknowledged in any order.
 *
 * @param {State} newer
 */
function learn(newer) {
  if (!state || newer.n_answered >= state.n_answered) state = newer;
  media.preload(newer.turns.flatMap(({ trial }) => mediaOf(trial)));
  media.preload(newer.preload);
}

/** @param {Trial} trial */
function mediaOf(trial) {
  return [...exhibitsOf(trial).values()].flatMap(({ sound, picture }) => [sound?.url ?? [], picture?.url ?? []].flat());
}

/**
 * An answer that nobody waited for was refused.
 *
 * @param {unknown} fault
 */
function refused(fault) {
  if (!(fault instanceof Refusal) || !MISPLACED.has(fault.code) || nMisplaced >= N_MISPLACED_AT_MOST) return halt(fault);
  nMisplaced += 1;
  isStale = true;
  greeting = fault.code === "already-answered" ? "overtaken" : "return";
}

/**
 * @param {State} state
 * @param {Turn} turn
 */
function showProgress({ n_trials: nTrials }, { trial, part: place }) {
  const bar = /** @type {HTMLProgressElement} */ (part("progress"));
  bar.max = Math.max(1, nTrials);
  bar.value = trial.index;
  const name = place.number === null ? `part-${place.kind}` : `part-${place.kind}-numbered`;
  const values = { part: say(name, { number: place.number ?? 1 }), n: place.index + 1, total: place.n_trials };
  part("place").textContent = say("place", values);
  page.dataset.index = String(trial.index);
}

/**
 * Greet and pause before a trial as its place asks for, and unlock the sound in the click that goes on.
 *
 * @param {State} state
 * @param {Turn} turn
 * @param {{ told: string | null, isUnlocked: boolean }} circumstances
 */
async function greet(state, turn, circumstances) {
  const names = greetingNames(state, turn, circumstances);
  const isMain = names.at(-1) === "main";
  for (const name of isMain ? names.slice(0, -1) : names) await greetOnce(() => showGreeting(state, turn, name));
  await setLevelAgain(state, turn);
  for (const pause of turn.breaks) await greetOnce(() => showBreak(pause));
  if (isMain) await greetOnce(() => showGreeting(state, turn, "main"));
}

/**
 * After a pause the level is set again, on speech: the device, or its volume, may be another.
 *
 * @param {State} state
 * @param {Turn} turn
 */
async function setLevelAgain(state, turn) {
  if (!state.level || performance.now() - activeMs < state.level.after_s * 1000) return;
  levelPlayer.load(await loadSound(state.level.url));
  showGreeting(state, turn, "level");
  levelPlayer.render({ isEnabled: true });
  /** @type {HTMLButtonElement} */ (part("start-button")).disabled = true; // until the recording was heard
  levelPlayer.focus();
  await pressed("start-button");
  await levelPlayer.silence();
  activeMs = performance.now();
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
      calm("sound-blocked");
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
function loadMedia(trial) {
  const loadAll = () => Promise.all([...exhibitsOf(trial)].map(([name, presented]) => loadExhibit(name, presented)));
  return untilThere(async () => new Map(await loadAll()));
}

/** @param {string} url */
function loadSound(url) {
  return untilThere(() => media.sound(url));
}

/**
 * @template Medium
 * @param {() => Promise<Medium>} load
 * @returns {Promise<Medium>}
 */
async function untilThere(load) {
  for (;;) {
    try {
      return await load();
    } catch (fault) {
      if (!(fault instanceof MediaFault)) throw fault;
      await ask("trouble-media");
      calm("trouble-media");
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
 * One trial from its media to its answer, which is on its way when this resolves; where the server has a say before the
 * next trial, it has had it.
 *
 * @param {Turn} turn
 */
async function conduct({ trial, awaits }) {
  const loaded = await loadMedia(trial);
  const address = `${api}trials/${trial.id}/`;
  const run = new TrialRun(trial);
  void announce(run, address);
  page.dataset.state = "trial";
  const answer = { begin_id: run.beginId, ...(await panel.conduct(run, loaded, (answers) =>
    awaited(insist(() => request(`${address}first-answer`, { answers }), sender)),
  )) };
  const stored = outbox.put(`${address}response`, answer);
  answered.add(trial.id);
  if (!awaits) {
    stored.then((reply) => learn(reply.state)).catch(refused);
    return;
  }
  try {
    const reply = await awaited(stored);
    learn(reply.state);
    if (reply.feedback) await panel.tell(reply.feedback);
  } catch (fault) {
    refused(fault);
  }
}

/**
 * What is being sent, while the page waits for it.
 *
 * @template Reply
 * @param {Promise<Reply>} sent
 */
async function awaited(sent) {
  isAwaited = true;
  try {
    return await sent;
  } finally {
    isAwaited = false;
  }
}

/**
 * Tell the server that a trial began; its answer bears the same news, should this one be lost.
 *
 * @param {TrialRun} run
 * @param {string} address
 */
async function announce(run, address) {
  const sinceMs = () => Math.round(performance.now() - run.beganMs);
  const news = { begin_id: run.beginId, window_id: lease.windowId };
  await insist(() => request(`${address}begin`, { ...news, age_ms: sinceMs() }), listener).catch((fault) => {
    lease.notice(fault);
    if (fault instanceof Refusal && TOLD.has(fault.code)) halt(fault);
  });
}

/** The next trial that was not answered here; null where the server has to be asked. */
async function nextTurn() {
  const known = isStale ? null : (state?.turns.find(({ trial }) => !answered.has(trial.id)) ?? null);
  if (known) return known;
  await outbox.emptied();
  const isFirst = state === null;
  learn(await insist(() => request(`${api}state`), listener));
  if (isFirst && state?.level) activeMs = performance.now() - Math.max(0, Date.now() - Date.parse(state.level.last_at));
  isStale = false;
  answered.clear(); // what the server still names was not taken
  return state?.turns[0] ?? null;
}

async function lead() {
  await becomeLeader();
  await outbox.resume();
  let isUnlocked = false;
  for (let turn = await nextTurn(); turn && state; turn = await nextTurn()) {
    showProgress(state, turn);
    const told = greeting;
    greeting = null;
    await greet(state, turn, { told, isUnlocked });
    if (!isUnlocked) speaker.onChange(watchSound);
    isUnlocked = true;
    await conduct(turn);
    activeMs = performance.now();
  }
  page.dataset.state = "complete";
  window.location.assign(state?.next_url ?? "");
}

/** Lead, or ask whether to take over from the window that does. */
async function becomeLeader() {
  if (await lease.claim({ takeOver: false })) return;
  await ask("other-window", "take-over");
  calm("other-window");
  await lease.claim({ takeOver: true });
}

/** Another window leads: this one falls silent, and may take over again. */
async function standBack() {
  void panel.silence();
  page.dataset.state = "stopped";
  await ask("overtaken-by-window", "take-over");
  await lease.claim({ takeOver: true });
  window.location.reload();
}

/**
 * A phone call or another program can stop the sound: say so, and let it go on where it stood.
 *
 * @param {boolean} isRunning
 */
async function watchSound(isRunning) {
  if (isRunning && isSoundAsked) calm("sound-paused"); // it came back by itself
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
    calm(name);
    return;
  }
}

window.addEventListener("beforeunload", (event) => {
  if (outbox.isAtRisk) event.preventDefault();
});

reloadWhenRestored();
if (!hasWebAudio()) stop(page, "stopped-no-web-audio");
else Promise.race([lead(), halted]).catch((fault) => {
  if (fault instanceof Overtaken) {
    void standBack();
    return;
  }
  const code = fault instanceof Refusal && TOLD.has(fault.code) ? fault.code : "unexpected";
  void panel.silence();
  stop(page, `stopped-${code}`);
  if (code === "unexpected") console.error(fault);
});
