/**
 * Sound through Web Audio: one context for the life of the page, decoded buffers, and plays that say what was heard.
 */

const RATE_HZ = 48_000; // all media are made at this rate
const PATIENCE_MS = 4_000; // how long an unlocked clock may take to start moving
const LEAD_S = 0.05; // a start in the near future is on time; "now" is already late

/** Sound could not be started: the browser blocks it, or the device has none. */
export class SoundFault extends Error {}

/**
 * Decode without a context that plays: it needs no click and leaves no warning in the console.
 *
 * @param {ArrayBuffer} content
 */
export async function decodeSound(content) {
  return new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(content);
}

/** One play of one buffer. */
export class Play {
  #context;
  #source;
  #startS;
  #durationS;
  /** @type {number | null} */
  #finalShare = null;
  /** @type {(share: number) => void} */
  #finish = () => undefined;

  /**
   * @param {AudioContext} context
   * @param {AudioBuffer} buffer
   */
  constructor(context, buffer) {
    this.#context = context;
    this.#durationS = buffer.duration;
    this.#source = new AudioBufferSourceNode(context, { buffer });
    this.#source.connect(context.destination);
    /** @type {Promise<number>} share heard, 0-1; 1 only when the device came to the end by itself */
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#startS = context.currentTime + LEAD_S;
    this.#source.start(this.#startS);
    /** When the first sample leaves, on the clock of `performance.now()`. */
    this.onsetMs = onsetOf(context, this.#startS);
    // The browser is done before the device is: the end is heard later by the device's latency.
    this.#source.addEventListener("ended", () => {
      const tailMs = this.onsetMs + this.#durationS * 1000 - performance.now();
      setTimeout(() => this.#close(1), Math.max(0, Math.ceil(tailMs)));
    });
  }

  /** The share played so far, 0-1. */
  get share() {
    const share = (this.#context.currentTime - this.#startS) / this.#durationS;
    return this.#finalShare ?? Math.min(1, Math.max(0, share));
  }

  /** Cut the play; its promise resolves to the share heard until now. */
  stop() {
    this.#close(this.share);
    this.#source.stop();
  }

  /** @param {number} share */
  #close(share) {
    this.#finalShare ??= share;
    this.#finish(this.#finalShare);
  }
}

/**
 * A moment of the audio clock on the clock of `performance.now()`, the device's reported latency included.
 *
 * @param {AudioContext} context
 * @param {number} momentS
 */
function onsetOf(context, momentS) {
  const latencyS = (context.baseLatency || 0) + (context.outputLatency || 0);
  return performance.now() + (momentS - context.currentTime + latencyS) * 1000;
}

/** The page's sound output. */
export class Speaker {
  /** @type {AudioContext | null} */
  #context = null;

  /** Whether the clock runs, so that a play is heard at once. */
  get isRunning() {
    return this.#context?.state === "running";
  }

  /**
   * Make the sound run; call it inside a click handler, before anything is awaited there.
   *
   * @throws {SoundFault} if the clock does not move
   */
  async unlock() {
    const context = this.#open();
    const before = context.currentTime;
    const isResumed = await Promise.race([
      context.resume().then(
        () => true,
        () => false, // Safari refuses outright where others let one wait
      ),
      new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE_MS)),
    ]);
    const deadline = performance.now() + PATIENCE_MS;
    while (isResumed && context.currentTime <= before && performance.now() < deadline) await nextTick();
    if (!isResumed || context.currentTime <= before) throw new SoundFault("the audio clock does not move");
  }

  #open() {
    if (!this.#context) {
      this.#context = new AudioContext({ latencyHint: "interactive" });
      // Older iOS unlocks only by a source that was started inside the click.
      const silence = this.#context.createBuffer(1, 1, RATE_HZ);
      new AudioBufferSourceNode(this.#context, { buffer: silence }).start();
    }
    return this.#context;
  }

  /**
   * Call `listener` with whether the clock runs, whenever that changes (a phone call stops it).
   *
   * @param {(isRunning: boolean) => void} listener
   */
  onChange(listener) {
    this.#open().addEventListener("statechange", () => listener(this.isRunning));
  }

  /**
   * Start a buffer, making the sound run first where it does not.
   *
   * @param {AudioBuffer} buffer
   * @returns {Promise<Play>}
   * @throws {SoundFault}
   */
  async play(buffer) {
    if (!this.isRunning) await this.unlock();
    return new Play(this.#open(), buffer);
  }
}

/** @returns {Promise<void>} */
function nextTick() {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
