/**
 * Whether the page was looked at: how often and how long it was hidden, or visible without the keyboard's focus.
 */

/** @typedef {"here" | "unfocused" | "hidden"} Presence */

/** How the page stands now. @returns {Presence} */
export function presence() {
  if (document.visibilityState === "hidden") return "hidden";
  return document.hasFocus() ? "here" : "unfocused";
}

/** The lapses since a moment; without a page, every moment is passed in, in ms. */
export class Lapses {
  #totals = { hidden: { n: 0, ms: 0 }, unfocused: { n: 0, ms: 0 } };
  /** @type {Presence} */
  #presence = "here";
  #sinceMs;

  /**
   * @param {Presence} now  a trial that begins in a lapse counts it
   * @param {number} nowMs
   */
  constructor(now, nowMs) {
    this.#sinceMs = nowMs;
    this.note(now, nowMs);
  }

  /**
   * Note how the page stands; what has not changed counts nothing.
   *
   * @param {Presence} now
   * @param {number} nowMs
   */
  note(now, nowMs) {
    if (now === this.#presence) return;
    if (this.#presence !== "here") this.#totals[this.#presence].ms += nowMs - this.#sinceMs;
    if (now !== "here") this.#totals[now].n += 1;
    this.#presence = now;
    this.#sinceMs = nowMs;
  }

  /**
   * All lapses until now, one that lasts included.
   *
   * @param {number} nowMs
   */
  tell(nowMs) {
    const { hidden, unfocused } = this.#totals;
    const openMs = nowMs - this.#sinceMs;
    return {
      n_hidden: hidden.n,
      hidden_ms: hidden.ms + (this.#presence === "hidden" ? openMs : 0),
      n_unfocused: unfocused.n,
      unfocused_ms: unfocused.ms + (this.#presence === "unfocused" ? openMs : 0),
    };
  }
}
