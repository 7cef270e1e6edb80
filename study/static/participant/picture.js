/**
 * The picture with its axes and its legend. The file holds pixels only, one per cell; the page draws the rest.
 */

import { say } from "./words.js";

/** @typedef {import("./types.js").PictureMedium} PictureMedium */

const TIME_STEPS_MS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const N_TIME_TICKS = 6;
const FREQUENCY_STEP_HZ = 1000;
const LEVEL_STEP_DB = 20;

/**
 * Multiples of `step` from `from` to `to`.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} step
 */
function multiples(from, to, step) {
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to + 1e-6; tick += step) ticks.push(tick);
  return ticks;
}

/**
 * Time ticks from 0, at most about six, in a step people count in.
 *
 * @param {number} durationMs
 */
export function timeTicks(durationMs) {
  const step = TIME_STEPS_MS.find((candidate) => durationMs / candidate <= N_TIME_TICKS) ?? 10_000;
  return multiples(0, durationMs, step);
}

/**
 * An axis: its ticks at their shares of the length, and its title.
 *
 * @param {{ side: "bottom" | "left", ticks: number[], from: number, to: number, title: string }} axis
 */
function drawAxis({ side, ticks, from, to, title }) {
  const element = document.createElement("div");
  element.className = `axis axis-${side}`;
  element.setAttribute("aria-hidden", "true"); // the text beside the picture says the same once
  for (const tick of ticks) {
    const mark = document.createElement("span");
    mark.className = "tick";
    mark.textContent = String(tick).replace("-", "−");
    const place = `${((tick - from) / (to - from)) * 100}%`;
    if (side === "left") mark.style.bottom = place;
    else mark.style.left = place;
    element.append(mark);
  }
  const name = document.createElement("span");
  name.className = "axis-title";
  name.textContent = title;
  element.append(name);
  return element;
}

/** @param {PictureMedium} picture */
function drawLegend({ floor_db: floor, ceiling_db: ceiling }) {
  const legend = document.createElement("div");
  legend.className = "legend";
  const ramp = document.createElement("div");
  ramp.className = "ramp";
  const ticks = multiples(floor, ceiling, LEVEL_STEP_DB);
  const axis = drawAxis({ side: "bottom", ticks, from: floor, to: ceiling, title: say("axis-level") });
  legend.append(ramp, axis);
  return legend;
}

/**
 * The picture as a figure, ready to be put into the page and to be painted at once.
 *
 * Only a spectrogram has levels to read off, and a waveform has no frequencies.
 *
 * @param {HTMLImageElement} image
 * @param {PictureMedium} picture
 */
export async function drawPicture(image, picture) {
  const plot = document.createElement("div");
  plot.className = `plot plot-${picture.kind}`;
  // A copy: two places of a page may show the same file.
  const pixels = /** @type {HTMLImageElement} */ (image.cloneNode());
  pixels.alt = picture.alternative_text;
  pixels.className = "pixels";
  await pixels.decode();
  plot.append(pixels, ...drawAxes(picture));
  const figure = document.createElement("figure");
  figure.className = "picture";
  figure.tabIndex = -1; // takes the focus of the button it replaces
  figure.append(plot);
  if (picture.kind === "matched") figure.append(drawLegend(picture));
  return figure;
}

/** A line across a plot, from low to high, at its `left` share of the time axis; hidden while nothing is heard. */
export function drawPositionLine() {
  const line = document.createElement("div");
  line.className = "position";
  line.setAttribute("aria-hidden", "true"); // who listens needs no telling where
  line.hidden = true;
  return line;
}

/** @param {PictureMedium} picture */
function drawAxes({ kind, duration_ms: durationMs, frequency_min_hz: lowest, frequency_max_hz: highest }) {
  const time = { from: 0, to: durationMs, ticks: timeTicks(durationMs), title: say("axis-time") };
  const bottom = drawAxis({ side: "bottom", ...time });
  if (kind === "waveform") return [bottom];
  const frequency = {
    from: lowest,
    to: highest,
    ticks: multiples(lowest, highest, FREQUENCY_STEP_HZ),
    title: say("axis-frequency"),
  };
  return [drawAxis({ side: "left", ...frequency }), bottom];
}

/**
 * The moment the page was painted with what was just put into it: the first frame after the next.
 *
 * @returns {Promise<number>} `performance.now()` in ms
 */
export function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
  });
}
