/**
 * One window leads through the study: this one, as long as it lives and none takes over.
 */

import { Refusal, insist, request } from "./api.js";
import { makeUuid } from "./uuid.js";

const SIGN_OF_LIFE_MS = 15_000;
const KEY = "earshot-window";

/** This window's claim to lead. */
export class Lease {
  /** New for each page that is loaded. */
  windowId = makeUuid();
  #url;
  #listener;
  #onLost;

  /**
   * @param {string} api
   * @param {{ onTrouble: () => Promise<void>, onCalm: () => void }} listener
   * @param {() => void} onLost  another window leads
   */
  constructor(api, listener, onLost) {
    this.#url = `${api}window`;
    this.#listener = listener;
    this.#onLost = onLost;
    window.addEventListener("pagehide", () => {
      void request(this.#url, { window_id: this.windowId, leave: true }).catch(() => undefined);
    });
  }

  /**
   * Lead from now on.
   *
   * @param {{ takeOver: boolean }} options
   * @returns {Promise<boolean>} false where another window leads and this one was not to take over
   * @throws {Refusal} for any other reason
   */
  async claim({ takeOver }) {
    const body = { window_id: this.windowId, previous_id: remembered(), take_over: takeOver };
    try {
      await insist(() => request(this.#url, body), this.#listener);
    } catch (fault) {
      if (isOther(fault)) return false;
      throw fault;
    }
    remember(this.windowId);
    setInterval(() => void this.#sign(), SIGN_OF_LIFE_MS);
    return true;
  }

  /**
   * Note whether a refusal says that another window leads.
   *
   * @param {unknown} fault
   */
  notice(fault) {
    if (isOther(fault)) this.#onLost();
  }

  async #sign() {
    // A sign that is lost is followed by another.
    await request(this.#url, { window_id: this.windowId }).catch((fault) => this.notice(fault));
  }
}

/** @param {unknown} fault */
function isOther(fault) {
  return fault instanceof Refusal && fault.code === "other-window";
}

/** The window that led in this tab before the page was loaded again. */
function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // storage is blocked: the participant is asked
  }
}

/** @param {string} id */
function remember(id) {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // As above.
  }
}
