/**
 * A play button with its bar and what is left of its plays.
 */

import { SoundFault } from "./audio.js";
import { ask, calm } from "./notice.js";
import { say } from "./words.js";

/** @typedef {import("./audio.js").Play} Play */
/** @typedef {import("./audio.js").Speaker} Speaker */

/** One sound's button; it plays the buffer it was given and tells its owner. */
export class Player {
  #speaker;
  #button;
  #label;
  #fill;
  #left;
  /** @type {AudioBuffer | null} */
  #buffer = null;
  /** @type {Play | null} */
  #play = null;
  #hasPlayed = false;
  #isStarting = false;

  /**
   * @param {HTMLElement} element  from participant/_player.html
   * @param {Speaker} speaker
   * @param {{ onStart: (play: Play) => void, onEnd: (share: number) => void }} owner
   */
  constructor(element, speaker, owner) {
    this.#speaker = speaker;
    this.#button = /** @type {HTMLButtonElement} */ (element.querySelector("button"));
    this.#label = /** @type {HTMLElement} */ (element.querySelector(".play-label"));
    this.#fill = /** @type {HTMLElement} */ (element.querySelector(".bar-fill"));
    this.#left = /** @type {HTMLElement} */ (element.querySelector(".plays"));
    this.#button.addEventListener("click", () => void this.#start(owner));
  }

  /** Whether a play is under way. */
  get isPlaying() {
    return this.#play !== null || this.#isStarting;
  }

  /**
   * Put another sound in.
   *
   * @param {AudioBuffer | null} buffer
   */
  load(buffer) {
    this.silence();
    this.#play = null; // an earlier trial's play has nothing to tell this one
    this.#buffer = buffer;
    this.#hasPlayed = false;
    this.#fill.style.transform = "scaleX(0)";
  }

  /** End a play that is under way. */
  silence() {
    this.#play?.stop();
  }

  /**
   * Show whether it may be played and how often.
   *
   * @param {{ isEnabled: boolean, playsLeft?: number }} options
   */
  render({ isEnabled, playsLeft }) {
    this.#button.disabled = !isEnabled && !this.isPlaying;
    this.#button.setAttribute("aria-disabled", String(this.isPlaying));
    this.#button.classList.toggle("is-playing", this.isPlaying);
    this.#label.textContent = say(this.isPlaying ? "playing" : this.#hasPlayed ? "play-again" : "play");
    if (playsLeft === undefined || !this.#hasPlayed) this.#left.textContent = "";
    else this.#left.textContent = say(playsLeft === 1 ? "one-play-left" : "plays-left", { n: playsLeft });
  }

  /** Put the keyboard's focus on the button. */
  focus() {
    this.#button.focus();
  }

  /** @param {{ onStart: (play: Play) => void, onEnd: (share: number) => void }} owner */
  async #start({ onStart, onEnd }) {
    if (!this.#buffer || this.isPlaying) return;
    this.#isStarting = true;
    /** @type {Play} */
    let play;
    try {
      play = await this.#speaker.play(this.#buffer);
    } catch (fault) {
      if (!(fault instanceof SoundFault)) throw fault;
      void ask("sound-blocked").then(() => this.#start({ onStart, onEnd }));
      return;
    } finally {
      this.#isStarting = false;
    }
    calm();
    this.#hasPlayed = true;
    this.#play = play;
    this.#follow(play);
    onStart(play);
    const share = await play.ended;
    if (this.#play !== play) return;
    this.#play = null;
    onEnd(share);
  }

  /**
   * Move the bar along while the sound plays.
   *
   * @param {Play} play
   */
  #follow(play) {
    const step = () => {
      this.#fill.style.transform = `scaleX(${play.share})`;
      if (this.#play === play) requestAnimationFrame(step);
    };
    step();
  }
}
