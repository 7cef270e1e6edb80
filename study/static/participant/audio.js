/**
 * Sound through Web Audio: one context for the life of the page, decoded buffers, and plays that say what was heard.
 */

const RATE_HZ = 48_000; // all media are made at this rate
const PATIENCE_MS = 4_000; // how long an unlocked clock may take to start moving
const CARRIER = 1e-7; // of full scale, -140 dB: below one step of 16 bit
const LEAD_S = 0.05; // a start in the near future is on time; "now" is already late
// A context's clock runs before its device does. In WebKitGTK a sound at once after the first click was recorded as
// silence (3 of 3), after 0.6 s cut or weak (2 of 3), after 1.5 s whole (4 of 4).
const WARM_UP_S = 1.5;
const STALE_MS = 1_000; // a device tells its position far more often; an older one is from before a pause

/**
 * A moment on two clocks: the audio clock's of what leaves the device, and the page's.
 *
 * @typedef {{ contextTime?: number, performanceTime?: number }} OutputTime
 */
/**
 * What the audio context says of itself, null where it does not.
 *
 * @typedef {object} Output
 * @property {number | null} baseLatencyMs
 * @property {number | null} outputLatencyMs
 * @property {number} sampleRateHz
 */

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
  #durationMs;
  /** @type {number | null} */
  #finalShare = null;
  /** @type {(share: number) => void} */
  #finish = () => undefined;

  /**
   * @param {AudioContext} context
   * @param {AudioBuffer} buffer
   * @param {OutputTime} earlier  what the device told some time before, to see whether its clocks move
   */
  constructor(context, buffer, earlier) {
    this.#context = context;
    this.#durationMs = buffer.duration * 1000;
    this.#source = new AudioBufferSourceNode(context, { buffer });
    this.#source.connect(context.destination);
    /** @type {Promise<number>} share heard, 0-1; 1 only when the device came to the end by itself */
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#startS = Math.max(context.currentTime + LEAD_S, WARM_UP_S);
    this.#source.start(this.#startS);
    /** When the first sample leaves, on the clock of `performance.now()`. */
    this.onsetMs = onsetOf(context, this.#startS, earlier);
    /** As it was at the start. */
    this.output = outputOf(context);
    // The browser is done before the device is: the end is heard later by the device's latency.
    this.#source.addEventListener("ended", () => {
      const tailMs = this.onsetMs + this.#durationMs - performance.now();
      setTimeout(() => this.#close(1), Math.max(0, Math.ceil(tailMs)));
    });
  }

  /** The share played so far, 0-1. */
  get share() {
    const share = ((this.#context.currentTime - this.#startS) * 1000) / this.#durationMs;
    return this.#finalShare ?? Math.min(1, Math.max(0, share));
  }

  /** The share that has left the device, 0-1: behind `share` by the latency. */
  get position() {
    const share = (performance.now() - this.onsetMs) / this.#durationMs;
    return Math.max(0, Math.min(share, this.share));
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
 * A moment of the audio clock on the clock of `performance.now()`, as the device's own two clocks map it.
 *
 * @param {number} momentS
 * @param {{ earlier: OutputTime, later: OutputTime, nowMs: number }} told
 * @returns {number | null} null where one of the clocks stands still, or was told too long ago
 */
export function mapMoment(momentS, { earlier, later, nowMs }) {
  const { contextTime = 0, performanceTime = 0 } = later;
  const isMoving = contextTime > (earlier.contextTime ?? 0) && performanceTime > (earlier.performanceTime ?? 0);
  if (!isMoving || Math.abs(nowMs - performanceTime) > STALE_MS) return null;
  return performanceTime + (momentS - contextTime) * 1000;
}

/**
 * When a moment of the audio clock leaves the device, on the clock of `performance.now()`; where the device's own
 * clocks do not tell, the latencies that the context reports are added.
 *
 * @param {AudioContext} context
 * @param {number} momentS
 * @param {OutputTime} earlier
 */
function onsetOf(context, momentS, earlier) {
  const nowMs = performance.now();
  const mapped = mapMoment(momentS, { earlier, later: outputTimeOf(context), nowMs });
  const latencyS = (context.baseLatency || 0) + (context.outputLatency || 0);
  return mapped ?? nowMs + (momentS - context.currentTime + latencyS) * 1000;
}

/**
 * @param {AudioContext} context
 * @returns {OutputTime} empty where the browser has no such thing
 */
function outputTimeOf(context) {
  return context.getOutputTimestamp?.() ?? {};
}

/**
 * @param {AudioContext} context
 * @returns {Output}
 */
function outputOf({ baseLatency, outputLatency, sampleRate }) {
  return {
    baseLatencyMs: Number.isFinite(baseLatency) ? baseLatency * 1000 : null,
    outputLatencyMs: Number.isFinite(outputLatency) ? outputLatency * 1000 : null,
    sampleRateHz: sampleRate,
  };
}

/** The page's sound output. */
export class Speaker {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {OutputTime} of the last time that the sound was made to run, or a play began */
  #toldLast = {};

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
    this.#toldLast = outputTimeOf(context);
  }

  #open() {
    if (typeof AudioContext === "undefined") throw new SoundFault("this browser has no Web Audio");
    if (!this.#context) {
      // The media's own rate: at 44.1 kHz a recorded noise matched what was sent to .81-.95, at 48 kHz to 1.
      this.#context = new AudioContext({ latencyHint: "interactive", sampleRate: RATE_HZ });
      // In our recordings WebKitGTK lost the first 20-40 ms of a sound that began after silence, and none with a source
      // that stays, too faint for any device. Older iOS unlocks only by a source that was started inside the click.
      const carrier = new ConstantSourceNode(this.#context, { offset: CARRIER });
      carrier.connect(this.#context.destination);
      carrier.start();
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
    const context = this.#open();
    const play = new Play(context, buffer, this.#toldLast);
    this.#toldLast = outputTimeOf(context);
    return play;
  }
}

/** @returns {Promise<void>} */
function nextTick() {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
