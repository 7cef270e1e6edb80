/**
 * One trial as a state machine without a page: what was met and when, when answering opens, what was chosen.
 *
 * Every moment passed in is `performance.now()` in ms; every moment sent counts from the trial's beginning. The explanation is passed `dwell_ms` after its first onset (of
 * two, the later one's) and not before it was met to its end: the same zero of the dwell in all channels.
 */

import { makeUuid } from "./uuid.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Answers} Answers */
/** @typedef {import("./types.js").Circumstances} Circumstances */
/** @typedef {import("./types.js").ExhibitName} ExhibitName */
/** @typedef {import("./types.js").Presented} Presented */
/** @typedef {import("./types.js").Stage} Stage */
/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Surroundings} Surroundings */
/** @typedef {import("./types.js").Trial} Trial */
/** @typedef {import("./audio.js").Output} Output */
/**
 * How one exhibit was met: `share` is of its longest play, `onsetMs` of its first.
 *
 * @typedef {{ plays: number, share: number, heardMs: number, onsetMs: number }} Met
 */

/**
 * What a trial shows, by name.
 *
 * @param {Trial} trial
 * @returns {Map<ExhibitName, Presented>}
 */
export function exhibitsOf({ original, explanations: [first, second], changed }) {
  /** @type {[ExhibitName, Presented | null | undefined][]} */
  const all = [["original", original], ["first", first], ["second", second], ["changed", changed]];
  return new Map(all.flatMap(([name, presented]) => (presented ? [[name, presented]] : [])));
}

/** One begun trial; made anew when the trial begins again. */
export class TrialRun {
  /** Made once, so that a repeat of this answer is known to be one. */
  clientId = makeUuid();
  /** Made once, so that a repeated beginning is not taken for a reload. */
  beginId = makeUuid();
  /** @type {"sending" | "feedback" | null} */
  #halt = null;
  #place = 0;
  #nStepsDone = 0;
  /** @type {Answers} */
  answers = {};
  #exhibits;
  /** @type {Map<ExhibitName, Met>} */
  #met = new Map();
  /** @type {Output | null} at the explanation's last start */
  #output = null;
  #nCut = 0;
  /** @type {number | null} */
  #openedMs = null;
  /** @type {number | null} */
  #chosenMs = null;

  /**
   * @param {Trial} trial  whose media are all there
   * @param {number} [beganMs]  the zero of all moments that are sent
   */
  constructor(trial, beganMs = performance.now()) {
    this.trial = trial;
    this.beganMs = beganMs;
    this.#exhibits = exhibitsOf(trial);
  }

  /** @returns {Stage} */
  get stage() {
    if (this.#halt) return this.#halt;
    const station = this.trial.course[this.#place] ?? "ask";
    if (station === "ask") return "answering";
    if (station !== "explanation") return station;
    return this.#explanations.every((name) => this.#met.has(name)) ? "dwelling" : "explanation";
  }

  /** @returns {Step} the step that is answered now or next */
  get step() {
    return this.trial.steps[this.#nStepsDone] ?? { fields: [], reveals: false };
  }

  /** Whether nothing is asked after this step. */
  get isLastStep() {
    return this.#nStepsDone >= this.trial.steps.length - 1;
  }

  /** Whether everything the step asks is chosen and may be sent. */
  get isComplete() {
    return this.stage === "answering" && this.missing === null;
  }

  /** The first field of the step that has no answer yet. */
  get missing() {
    return this.step.fields.find(({ name }) => this.answers[name] === undefined) ?? null;
  }

  /**
   * Whether something is due now or was met before.
   *
   * @param {ExhibitName} name
   */
  isDue(name) {
    const station = name === "first" || name === "second" ? "explanation" : name;
    const place = this.trial.course.indexOf(station);
    return place !== -1 && place <= this.#place;
  }

  /**
   * Whether a station lies behind.
   *
   * @param {import("./types.js").Station} station
   */
  isDone(station) {
    const place = this.trial.course.indexOf(station);
    return place !== -1 && place < this.#place;
  }

  /**
   * Whether a station comes after a question that is still to be answered: then nothing is said of it yet.
   *
   * @param {import("./types.js").Station} station
   */
  isHeldBack(station) {
    return this.trial.course.slice(this.#place, Math.max(0, this.trial.course.indexOf(station))).includes("ask");
  }

  /**
   * Plays still allowed; a picture that stays is shown once.
   *
   * @param {ExhibitName} name
   */
  playsLeft(name) {
    const presented = this.#exhibits.get(name);
    if (!presented || !this.isDue(name)) return 0;
    const { max_plays: maxPlays, view_ms: viewMs } = this.trial.exposure;
    const stays = presented.sound === null && (viewMs === null || !this.#explanations.includes(name));
    return (stays ? 1 : maxPlays) - this.#plays(name);
  }

  /**
   * Something appeared or began to sound.
   *
   * @param {ExhibitName} name
   * @param {number} onsetMs
   * @param {Output | null} output  what it sounds by; null for a picture
   */
  start(name, onsetMs, output) {
    const first = { plays: 0, share: this.#exhibits.get(name)?.sound ? 0 : 1, heardMs: 0, onsetMs };
    const met = this.#met.get(name) ?? first;
    this.#met.set(name, { ...met, plays: met.plays + 1 });
    if (this.#explanations.includes(name)) this.#output = output;
  }

  /**
   * A play ended.
   *
   * @param {ExhibitName} name
   * @param {number} share  heard of it, 0-1
   */
  end(name, share) {
    const met = this.#met.get(name);
    const sound = this.#exhibits.get(name)?.sound;
    if (!met || !sound) return;
    met.share = Math.max(met.share, share);
    met.heardMs += share * sound.duration_ms;
    if (share < 1) this.#nCut += 1;
  }

  /**
   * How long until the explanation is passed, in ms; null while that is not known.
   *
   * @param {number} nowMs
   * @returns {number | null}
   */
  untilPassedMs(nowMs) {
    if (this.stage !== "dwelling" || !this.#explanations.every((name) => this.#isHeard(name))) return null;
    return Math.max(0, this.#onsetMs + this.trial.exposure.dwell_ms - nowMs);
  }

  /**
   * Go on past everything that was met; arriving at a question opens it: the zero of the response time.
   *
   * @param {number} nowMs
   */
  move(nowMs) {
    while (this.#isPassed(nowMs)) this.#place += 1;
    if (this.stage === "answering") this.#openedMs ??= nowMs;
  }

  /**
   * Something was chosen; the last choice counts, and its moment.
   *
   * @param {string} name  of the field
   * @param {string | number} value
   * @param {number} nowMs
   */
  choose(name, value, nowMs) {
    if (this.stage !== "answering") return;
    this.answers[name] = value;
    if (this.step.fields.find((field) => field.name === name)?.is_timed) this.#chosenMs = nowMs;
  }

  /** The step is on its way to the server. */
  send() {
    this.#halt = "sending";
  }

  /** The answer was stored, and what it was worth is told. */
  tell() {
    this.#halt = "feedback";
  }

  /**
   * A step was stored and something else comes.
   *
   * @param {number} nowMs
   */
  finishStep(nowMs) {
    this.#halt = null;
    this.#place += 1;
    this.#nStepsDone += 1;
    this.#openedMs = null;
    this.#chosenMs = null;
    this.move(nowMs);
  }

  /** @returns {Answers} what the present step asked for */
  stepAnswers() {
    return Object.fromEntries(this.step.fields.map(({ name }) => [name, this.answers[name] ?? ""]));
  }

  /**
   * What is sent to the server.
   *
   * @param {number} nowMs  the moment of sending, which is that of a choice where nothing was to be chosen
   * @param {Surroundings} surroundings
   * @returns {Answer}
   * @throws {Error} if the trial is not complete
   */
  toAnswer(nowMs, surroundings) {
    if (this.#openedMs === null || this.missing) throw new Error("the trial has no answer yet");
    const chosenMs = this.#chosenMs ?? nowMs;
    const shares = this.#explanations.map((name) => this.#met.get(name)?.share ?? 0);
    return {
      client_id: this.clientId,
      answers: this.stepAnswers(),
      rt_ms: Math.round(chosenMs - this.#openedMs),
      onset_to_response_ms: shares.length ? Math.round(chosenMs - this.#onsetMs) : 0,
      plays: this.#plays("first"),
      second_plays: this.#plays("second") + this.#plays("changed"),
      original_plays: this.#plays("original"),
      heard_share: shares.length ? Math.min(...shares) : 0,
      circumstances: this.#circumstances(nowMs, surroundings),
    };
  }

  /**
   * @param {number} nowMs
   * @param {Surroundings} surroundings
   * @returns {Circumstances}
   */
  #circumstances(nowMs, surroundings) {
    const heardMs = this.#explanations.reduce((sum, name) => sum + (this.#met.get(name)?.heardMs ?? 0), 0);
    return {
      original_onset_ms: this.#sinceBeginning(this.#met.get("original")?.onsetMs),
      explanation_onset_ms: this.#sinceBeginning(this.#met.get("first")?.onsetMs),
      second_onset_ms: this.#sinceBeginning((this.#met.get("second") ?? this.#met.get("changed"))?.onsetMs),
      opened_ms: this.#sinceBeginning(this.#openedMs),
      answered_ms: tenth(nowMs - this.beganMs),
      heard_s: tenth(heardMs) / 1000,
      n_cut: this.#nCut,
      base_latency_ms: tenthOrNull(this.#output?.baseLatencyMs),
      output_latency_ms: tenthOrNull(this.#output?.outputLatencyMs),
      sample_rate_hz: this.#output?.sampleRateHz ?? null,
      ...surroundings,
      hidden_ms: tenth(surroundings.hidden_ms),
      unfocused_ms: tenth(surroundings.unfocused_ms),
    };
  }

  /** @param {number | null | undefined} momentMs */
  #sinceBeginning(momentMs) {
    return tenthOrNull(momentMs === null || momentMs === undefined ? null : momentMs - this.beganMs);
  }

  /** @returns {ExhibitName[]} */
  get #explanations() {
    /** @type {ExhibitName[]} */
    const names = ["first", "second"];
    return names.filter((name) => this.#exhibits.has(name));
  }

  /** Of two explanations the later one's. */
  get #onsetMs() {
    return Math.max(...this.#explanations.map((name) => this.#met.get(name)?.onsetMs ?? 0));
  }

  /** @param {ExhibitName} name */
  #plays(name) {
    return this.#met.get(name)?.plays ?? 0;
  }

  /** @param {ExhibitName} name */
  #isHeard(name) {
    return (this.#met.get(name)?.share ?? 0) >= 1;
  }

  /** @param {number} nowMs */
  #isPassed(nowMs) {
    const { stage } = this;
    if (stage === "original" || stage === "changed") return this.#isHeard(stage);
    return stage === "dwelling" && this.untilPassedMs(nowMs) === 0;
  }
}

/**
 * Browsers tell 0.1 ms at best; and no moment lies before the beginning.
 *
 * @param {number} durationMs
 */
function tenth(durationMs) {
  return Math.max(0, Math.round(durationMs * 10) / 10);
}

/** @param {number | null | undefined} durationMs */
function tenthOrNull(durationMs) {
  return durationMs === null || durationMs === undefined ? null : tenth(durationMs);
}
