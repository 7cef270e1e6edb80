/**
 * One thing to be met in a trial: a sound, a picture, or both at once.
 */

import { drawPicture, drawPositionLine, painted } from "./picture.js";
import { Player } from "./player.js";
import { say } from "./words.js";

/** @typedef {import("./audio.js").Output} Output */
/** @typedef {import("./audio.js").Speaker} Speaker */
/** @typedef {import("./types.js").PictureMedium} PictureMedium */
/**
 * Who is told: something appeared or began to sound, by which output (null without sound); a play ended with that share
 * heard; a picture was taken away.
 *
 * @typedef {object} Owner
 * @property {(onsetMs: number, output: Output | null) => void} onStart
 * @property {(share: number) => void} onEnd
 * @property {() => void} onGone
 */
/**
 * Decoded media and how they are met; `viewMs` is when a picture is taken away, null where it stays.
 *
 * @typedef {object} Shown
 * @property {AudioBuffer | null} sound
 * @property {HTMLImageElement | null} image
 * @property {PictureMedium | null} picture
 * @property {number | null} viewMs
 */

/** A sound's button, a picture's button and the picture's place. */
export class Exhibit {
  #element;
  #player;
  #playerElement;
  #show;
  #left;
  #place;
  #owner;
  #line = drawPositionLine();
  /** @type {Shown} */
  #shown = { sound: null, image: null, picture: null, viewMs: null };
  #nShown = 0;
  /** Resolves when a play's beginning was told, which its picture may delay. */
  #accompanied = Promise.resolve();
  /** Resolves when a play's end was told. */
  #told = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} element  from participant/_exhibit.html
   * @param {Speaker} speaker
   * @param {Owner} owner
   */
  constructor(element, speaker, owner) {
    this.#element = element;
    this.#owner = owner;
    this.#playerElement = /** @type {HTMLElement} */ (element.querySelector(".player"));
    this.#show = /** @type {HTMLButtonElement} */ (element.querySelector(".show-picture"));
    this.#left = /** @type {HTMLElement} */ (element.querySelector(".views"));
    this.#place = /** @type {HTMLElement} */ (element.querySelector(".picture-place"));
    this.#player = new Player(this.#playerElement, speaker, {
      onStart: (play) => {
        this.#accompanied = this.#accompany(play.onsetMs, play.output);
      },
      onMove: (position) => this.#moveLine(position),
      onEnd: (share) => {
        this.#line.hidden = true;
        this.#told = this.#accompanied.then(() => this.#owner.onEnd(share));
      },
    });
    this.#show.addEventListener("click", () => void this.#reveal());
  }

  /** Whether a sound is being played. */
  get isPlaying() {
    return this.#player.isPlaying;
  }

  /**
   * Put something else in; null takes the exhibit out of the page.
   *
   * @param {Shown | null} shown
   */
  load(shown) {
    clearTimeout(this.#timer);
    this.#shown = shown ?? { sound: null, image: null, picture: null, viewMs: null };
    this.#nShown = 0;
    this.#element.hidden = shown === null;
    this.#player.load(this.#shown.sound);
    this.#playerElement.hidden = this.#shown.sound === null;
    this.#line.hidden = true;
    this.#place.replaceChildren();
    this.#keepPlace(0);
    this.#left.textContent = "";
    this.#show.hidden = this.#shown.sound !== null;
  }

  /**
   * End what is playing.
   *
   * @returns {Promise<void>} resolves once its owner was told
   */
  async silence() {
    await this.#player.silence();
    await this.#told;
  }

  /** Put the keyboard's focus on what starts it. */
  focus() {
    if (this.#shown.sound) this.#player.focus();
    else this.#show.focus();
  }

  /**
   * Show whether it may be met and how often.
   *
   * @param {{ isEnabled: boolean, playsLeft: number }} options
   */
  render({ isEnabled, playsLeft }) {
    this.#player.render({ isEnabled: isEnabled && playsLeft > 0, playsLeft });
    if (this.#shown.sound) return;
    const isShown = this.#place.childElementCount > 0;
    const isOver = this.#nShown > 0 && playsLeft < 1;
    this.#show.hidden = isShown || isOver;
    this.#show.disabled = !isEnabled || playsLeft < 1;
    this.#show.textContent = say(this.#nShown > 0 ? "show-again" : "show-picture");
    if (this.#shown.viewMs === null || this.#nShown === 0) this.#left.textContent = "";
    else if (isOver) this.#left.textContent = isShown ? "" : say("picture-gone");
    else this.#left.textContent = say(playsLeft === 1 ? "one-view-left" : "views-left", { n: playsLeft });
  }

  async #reveal() {
    this.#owner.onStart(await this.#draw(), null);
  }

  /**
   * A sound began; its picture, if any, comes with it, and the later of the two is the onset.
   *
   * @param {number} onsetMs
   * @param {Output} output
   */
  async #accompany(onsetMs, output) {
    this.#owner.onStart(this.#shown.image ? Math.max(onsetMs, await this.#draw()) : onsetMs, output);
  }

  /**
   * Show in the picture what is being heard; only what is given by both channels at once has both.
   *
   * @param {number} position  0-1
   */
  #moveLine(position) {
    this.#line.hidden = false;
    this.#line.style.left = `${position * 100}%`;
  }

  /** @returns {Promise<number>} when the picture was painted */
  async #draw() {
    const { image, picture, viewMs } = this.#shown;
    if (!image || !picture) return performance.now();
    clearTimeout(this.#timer);
    const had = this.#element.contains(document.activeElement);
    const figure = await drawPicture(image, picture);
    if (this.#shown.sound) figure.querySelector(".plot")?.append(this.#line);
    this.#place.replaceChildren(figure);
    this.#keepPlace(0);
    this.#nShown += 1;
    if (had && !this.#shown.sound) {
      this.#show.hidden = true;
      figure.focus({ preventScroll: true });
    }
    const paintedMs = await painted();
    if (viewMs !== null) this.#timer = setTimeout(() => this.#takeAway(), viewMs);
    return paintedMs;
  }

  #takeAway() {
    const had = this.#place.contains(document.activeElement);
    this.#keepPlace(this.#place.offsetHeight);
    this.#place.replaceChildren();
    this.#owner.onGone();
    if (!had || document.activeElement !== document.body) return;
    const next = this.#show.hidden ? this.#left : this.#show; // with nothing left to press, what says so
    next.focus({ preventScroll: true });
  }

  /**
   * Keep a picture's place when it is gone: the answers below would move under the finger.
   *
   * @param {number} heightPx  0 for none
   */
  #keepPlace(heightPx) {
    this.#place.style.minHeight = heightPx ? `${heightPx}px` : "";
    this.#place.toggleAttribute("data-gone", heightPx > 0);
  }
}
