/**
 * One trial as a state machine without a page: what was played and when, when answering opens, what was chosen.
 *
 * Every moment passed in is `performance.now()` in ms. Answering opens `dwell_ms` after the explanation's first onset
 * and, for a sound, not before it was heard once to its end: the same zero for the response time in both channels.
 */

import { makeUuid } from "./uuid.js";

/** @typedef {import("./types.js").Trial} Trial */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Stage} Stage */

/** One begun trial; made anew when the trial begins again. */
export class TrialRun {
  /** @type {Stage} */
  stage;
  originalPlays = 0;
  plays = 0;
  heardShare = 0;
  /** @type {string | null} */
  label = null;
  /** @type {number | null} */
  confidence = null;
  /** Made once, so that a repeat of this answer is known to be one. */
  clientId = makeUuid();
  /** Made once, so that a repeated beginning is not taken for a reload. */
  beginId = makeUuid();
  /** @type {number | null} */
  #onsetMs = null;
  /** @type {number | null} */
  #openedMs = null;
  /** @type {number | null} */
  #chosenMs = null;

  /** @param {Trial} trial */
  constructor(trial) {
    this.trial = trial;
    this.stage = trial.original ? "original" : "explanation";
  }

  /** Whether the explanation is a picture. */
  get isPicture() {
    return this.trial.explanation.channel === "picture";
  }

  /** Whether label and confidence are both chosen and may be sent. */
  get isComplete() {
    return this.stage === "answering" && this.label !== null && this.confidence !== null;
  }

  /** Plays of the original still allowed. */
  get originalPlaysLeft() {
    return this.trial.max_plays - this.originalPlays;
  }

  /** Plays of the explanation still allowed; a picture is shown once and stays. */
  get playsLeft() {
    if (this.stage === "original") return 0;
    return (this.isPicture ? 1 : this.trial.max_plays) - this.plays;
  }

  /** The original was started. */
  startOriginal() {
    this.originalPlays += 1;
  }

  /** The original came to its end: the explanation may follow. */
  endOriginal() {
    if (this.stage === "original") this.stage = "explanation";
  }

  /**
   * The explanation appeared or began to sound.
   *
   * @param {number} onsetMs
   */
  startExplanation(onsetMs) {
    this.plays += 1;
    this.#onsetMs ??= onsetMs;
    if (this.stage === "explanation") this.stage = "dwelling";
    if (this.isPicture) this.heardShare = 1;
  }

  /**
   * A play of the explanation ended.
   *
   * @param {number} share  heard of it, 0-1
   */
  endExplanation(share) {
    this.heardShare = Math.max(this.heardShare, share);
  }

  /**
   * How long until answering opens, in ms; null while it is not known, because the sound was not heard to its end.
   *
   * @param {number} nowMs
   * @returns {number | null}
   */
  untilOpenMs(nowMs) {
    if (this.#onsetMs === null || this.heardShare < 1) return null;
    return Math.max(0, this.#onsetMs + this.trial.dwell_ms - nowMs);
  }

  /**
   * Answering opens: the zero of the response time.
   *
   * @param {number} nowMs
   */
  open(nowMs) {
    if (this.stage !== "dwelling") return;
    this.#openedMs = nowMs;
    this.stage = "answering";
  }

  /**
   * A label was chosen; the last choice counts, and its moment.
   *
   * @param {string} label
   * @param {number} nowMs
   */
  choose(label, nowMs) {
    if (this.stage !== "answering") return;
    this.label = label;
    this.#chosenMs = nowMs;
  }

  /** @param {number} confidence  per cent */
  rate(confidence) {
    if (this.stage === "answering") this.confidence = confidence;
  }

  /**
   * What is sent to the server.
   *
   * @returns {Answer}
   * @throws {Error} if the trial is not complete
   */
  toAnswer() {
    const isMissing = this.#onsetMs === null || this.#openedMs === null || this.#chosenMs === null;
    if (isMissing || this.label === null || this.confidence === null) throw new Error("the trial has no answer yet");
    return {
      client_id: this.clientId,
      answer: this.label,
      confidence: this.confidence,
      rt_ms: Math.round(Number(this.#chosenMs) - Number(this.#openedMs)),
      onset_to_response_ms: Math.round(Number(this.#chosenMs) - Number(this.#onsetMs)),
      plays: this.plays,
      original_plays: this.originalPlays,
      heard_share: this.heardShare,
    };
  }
}
