/**
 * What lies around a trial: the window, the audio devices and whether the page was looked at.
 */

import { Lapses, presence } from "./attention.js";

/** @typedef {import("./types.js").Surroundings} Surroundings */

/** Watches for as long as the page lives, and counts anew for each trial. */
export class SurroundingsWatch {
  #lapses = new Lapses("here", 0);
  #nDeviceChanges = 0;

  constructor() {
    const note = () => this.#lapses.note(presence(), performance.now());
    document.addEventListener("visibilitychange", note);
    window.addEventListener("focus", note);
    window.addEventListener("blur", note);
    // Only on secure pages; the event tells that the set changed, and asks for no permission.
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      this.#nDeviceChanges += 1;
    });
  }

  /**
   * A trial begins.
   *
   * @param {number} nowMs
   */
  begin(nowMs) {
    this.#lapses = new Lapses(presence(), nowMs);
    this.#nDeviceChanges = 0;
  }

  /**
   * What there was since the trial began, and how the window is now.
   *
   * @param {number} nowMs
   * @returns {Surroundings}
   */
  tell(nowMs) {
    return {
      n_device_changes: this.#nDeviceChanges,
      viewport_width_px: Math.max(1, Math.round(window.innerWidth)),
      viewport_height_px: Math.max(1, Math.round(window.innerHeight)),
      pixel_ratio: window.devicePixelRatio || 1,
      ...this.#lapses.tell(nowMs),
    };
  }
}
