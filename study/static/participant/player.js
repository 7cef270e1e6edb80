/**
 * A play button with its bar and what is left of its plays.
 */

import { SoundFault } from "./audio.js";
import { ask, calm } from "./notice.js";
import { say } from "./words.js";

/** @typedef {import("./audio.js").Play} Play */
/** @typedef {import("./audio.js").Speaker} Speaker */
/**
 * Who is told: a play began; where it stands (0-1), as often as the page is painted; it ended with that share heard.
 *
 * @typedef {{ onStart: (play: Play) => void, onMove?: (position: number) => void, onEnd: (share: number) => void }} Owner
 */

const N_STEPS_OF_STILLNESS = 8; // with reduced motion the position goes on in leaps, and glides nowhere
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

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
  #isEnabled = false;
  /** Resolves when the owner was told of the last play's end. */
  #told = Promise.resolve();

  /**
   * @param {HTMLElement} element  from participant/_player.html
   * @param {Speaker} speaker
   * @param {Owner} owner
   */
  constructor(element, speaker, owner) {
    this.#speaker = speaker;
    this.#button = /** @type {HTMLButtonElement} */ (element.querySelector("button"));
    this.#label = /** @type {HTMLElement} */ (element.querySelector(".play-label"));
    this.#fill = /** @type {HTMLElement} */ (element.querySelector(".bar-fill"));
    this.#left = /** @type {HTMLElement} */ (element.querySelector(".plays"));
    this.#button.addEventListener("click", () => void this.#start(owner));
    this.#button.addEventListener("blur", () => this.#renderButton());
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
    void this.silence();
    this.#play = null; // an earlier trial's play has nothing to tell this one
    this.#buffer = buffer;
    this.#hasPlayed = false;
    this.#fill.style.transform = "scaleX(0)";
  }

  /**
   * End a play that is under way.
   *
   * @returns {Promise<void>} resolves once its owner was told
   */
  silence() {
    this.#play?.stop();
    return this.#told;
  }

  /**
   * Show whether it may be played and how often.
   *
   * @param {{ isEnabled: boolean, playsLeft?: number }} options
   */
  render({ isEnabled, playsLeft }) {
    this.#isEnabled = isEnabled;
    this.#renderButton();
    this.#label.textContent = say(this.isPlaying ? "playing" : this.#hasPlayed ? "play-again" : "play");
    if (playsLeft === undefined || !this.#hasPlayed) this.#left.textContent = "";
    else this.#left.textContent = say(playsLeft === 1 ? "one-play-left" : "plays-left", { n: playsLeft });
  }

  /** A button that has the keyboard's focus keeps it: what is disabled for good would send it nowhere. */
  #renderButton() {
    const isFocused = document.activeElement === this.#button;
    this.#button.disabled = !this.#isEnabled && !this.isPlaying && !isFocused;
    this.#button.setAttribute("aria-disabled", String(this.isPlaying || !this.#isEnabled));
    this.#button.classList.toggle("is-playing", this.isPlaying);
  }

  /** Put the keyboard's focus on the button. */
  focus() {
    this.#button.focus();
  }

  /** @param {Owner} owner */
  async #start(owner) {
    const buffer = this.#buffer;
    if (!buffer || this.isPlaying || !this.#isEnabled) return;
    this.#isStarting = true;
    /** @type {Play} */
    let play;
    try {
      play = await this.#speaker.play(buffer);
    } catch (fault) {
      if (!(fault instanceof SoundFault)) throw fault;
      void ask("sound-blocked").then(() => this.#start(owner));
      return;
    } finally {
      this.#isStarting = false;
    }
    calm("sound-blocked");
    if (this.#buffer !== buffer) return play.stop(); // another trial began before the sound did
    this.#hasPlayed = true;
    this.#play = play;
    this.#follow(play, owner);
    owner.onStart(play);
    this.#told = this.#tellEnd(play, owner);
  }

  /**
   * @param {Play} play
   * @param {Owner} owner
   */
  async #tellEnd(play, { onEnd }) {
    const share = await play.ended;
    if (this.#play !== play) return;
    this.#play = null;
    onEnd(share);
  }

  /**
   * Move the bar along while the sound plays.
   *
   * @param {Play} play
   * @param {Owner} owner
   */
  #follow(play, { onMove }) {
    const step = () => {
      const isEnded = this.#play !== play;
      const position = isEnded ? play.share : shownPosition(play.position);
      this.#fill.style.transform = `scaleX(${position})`;
      if (isEnded) return;
      onMove?.(position);
      requestAnimationFrame(step);
    };
    step();
  }
}

/** @param {number} position */
function shownPosition(position) {
  return stillness.matches ? Math.floor(position * N_STEPS_OF_STILLNESS) / N_STEPS_OF_STILLNESS : position;
}
