/**
 * Media fetched and decoded once and kept, so that a trial never starts with any of them missing.
 */

import { decodeSound } from "./audio.js";

const N_KEPT = 64; // ten trials' worth of the fullest, more than are handed out; a decoded second is 190 kB
const TIMEOUT_MS = 60_000; // whoever waits longer is told, and may try again

/** A picture or sound could not be fetched or decoded. */
export class MediaFault extends Error {}

/**
 * @param {string} url
 * @returns {Promise<AudioBuffer>}
 */
async function loadSound(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new MediaFault(`sound: HTTP ${response.status}`);
  return decodeSound(await response.arrayBuffer());
}

/**
 * @param {string} url
 * @returns {Promise<HTMLImageElement>}
 */
async function loadPicture(url) {
  const image = new Image();
  image.src = url;
  const timeout = new Promise((_, reject) => {
    setTimeout(() => reject(new MediaFault("picture: no answer")), TIMEOUT_MS);
  });
  await Promise.race([image.decode(), timeout]);
  return image;
}

/**
 * Replace what the browser keeps of an address.
 *
 * @param {string} url
 */
async function fetchAnew(url) {
  const response = await fetch(url, { cache: "reload", signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.arrayBuffer(); // the kept copy is whole once it was read
}

/** Decoded sounds and pictures by address; the oldest go first. */
export class MediaStore {
  /** @type {Map<string, Promise<AudioBuffer | HTMLImageElement>>} */
  #kept = new Map();
  /** Addresses that failed: a broken file that the browser keeps would fail for ever. @type {Set<string>} */
  #failed = new Set();

  /**
   * @param {string} url
   * @returns {Promise<AudioBuffer>}
   * @throws {MediaFault}
   */
  async sound(url) {
    return /** @type {AudioBuffer} */ (await this.#get(url));
  }

  /**
   * @param {string} url
   * @returns {Promise<HTMLImageElement>}
   * @throws {MediaFault}
   */
  async picture(url) {
    return /** @type {HTMLImageElement} */ (await this.#get(url));
  }

  /**
   * Fetch what comes next, in the background; a failure is met again, and told, when the medium is needed.
   *
   * @param {string[]} urls
   */
  preload(urls) {
    for (const url of urls) void this.#get(url).catch(() => undefined);
  }

  /** @param {string} url */
  async #get(url) {
    const load = this.#kept.get(url) ?? this.#load(url);
    this.#kept.delete(url);
    this.#kept.set(url, load); // the newest stands last
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= N_KEPT) break;
      this.#kept.delete(oldest);
    }
    try {
      return await load;
    } catch (fault) {
      this.#kept.delete(url);
      this.#failed.add(url);
      if (fault instanceof MediaFault) throw fault;
      throw new MediaFault(String(fault));
    }
  }

  /**
   * @param {string} url
   * @returns {Promise<AudioBuffer | HTMLImageElement>}
   */
  async #load(url) {
    if (this.#failed.has(url)) await fetchAnew(url);
    return url.endsWith(".png") ? loadPicture(url) : loadSound(url);
  }
}
