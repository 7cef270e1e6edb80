/**
 * The questions of one step of a trial, built from what the server says is asked.
 */

import { fillChoices, listenForKeys } from "./choices.js";
import { makeHint, makeLine } from "./line.js";
import { say, tellWord } from "./words.js";

/** @typedef {import("./types.js").Field} Field */
/** @typedef {import("./types.js").Step} Step */
/** @typedef {import("./types.js").Trial} Trial */

/** The questions' place in the page; it tells its owner what is chosen. */
export class StepFields {
  #place;
  #onChoose;

  /**
   * @param {HTMLElement} place
   * @param {(name: string, value: string | number) => void} onChoose
   */
  constructor(place, onChoose) {
    this.#place = place;
    this.#onChoose = onChoose;
    listenForKeys({ group: () => this.#labelGroup(), next: (group) => this.#after(group) });
  }

  /**
   * Ask what a step asks, with nothing chosen.
   *
   * @param {Step} step
   * @param {Trial} trial
   */
  fill(step, trial) {
    this.#place.replaceChildren(...step.fields.map((field) => this.#question(field, trial)));
  }

  /** Put the keyboard's focus on the first question. */
  focus() {
    this.#place.querySelector("input")?.focus();
  }

  /**
   * @param {Field} field
   * @param {Trial} trial
   */
  #question(field, trial) {
    const question = document.createElement("fieldset");
    question.dataset.field = field.name;
    const legend = document.createElement("legend");
    legend.id = `legend-${field.name}`;
    tellQuestion(legend, field, trial);
    question.append(legend);
    if (field.widget === "line") question.append(this.#line(field, legend.id));
    else question.append(this.#tiles(field, trial));
    if (field.rated) question.append(ends(field.rated));
    if (field.widget === "line") question.append(makeHint());
    return question;
  }

  /**
   * @param {Field} field
   * @param {Trial} trial
   */
  #tiles({ name, widget, values }, trial) {
    const group = document.createElement("div");
    group.className = `tiles tiles-${widget}${widget === "labels" ? "" : " tiles-small"}`;
    fillChoices(group, {
      name,
      tiles: values.map((value) => ({ value: String(value), ...tileText(widget, value, trial) })),
      onChoose: (chosen) => this.#onChoose(name, values.find((value) => String(value) === chosen) ?? chosen),
    });
    return group;
  }

  /**
   * @param {Field} field
   * @param {string} labelledBy
   */
  #line({ name, values }, labelledBy) {
    const [least, most] = values.map(Number);
    const onChoose = (/** @type {number} */ value) => this.#onChoose(name, value);
    return makeLine({ least: least ?? 0, most: most ?? 100, labelledBy, onChoose });
  }

  /** The group that a label's key chooses in: the one with the focus, else the first without a choice. */
  #labelGroup() {
    /** @type {HTMLElement[]} */
    const groups = [...this.#place.querySelectorAll(".tiles-labels")].map((group) => /** @type {HTMLElement} */ (group));
    const focused = groups.find((group) => group.contains(document.activeElement));
    return focused ?? groups.find((group) => !group.querySelector(":checked")) ?? groups.at(-1) ?? null;
  }

  /**
   * @param {HTMLElement} group
   * @returns {HTMLElement | null} the group of the next question
   */
  #after(group) {
    const next = group.closest("fieldset")?.nextElementSibling;
    return next instanceof HTMLElement ? next : null;
  }
}

/**
 * Put a question into an element; the answer that is asked for by name stands out.
 *
 * @param {HTMLElement} element
 * @param {Field} field
 * @param {Trial} trial
 */
export function tellQuestion(element, field, trial) {
  if (trial.instructed) tellWord(element, "ask-attention", trial.instructed.word);
  else element.textContent = questionText(field, trial);
}

/**
 * @param {Field} field
 * @param {Trial} trial
 */
function questionText({ name, rated }, trial) {
  if (rated) return rated.text;
  if (name === "perceived_label") return say(`ask-perceived-${sense(trial)}`);
  if (name.startsWith("confidence")) return say("ask-confidence");
  return say(`ask-${trial.task}-${name}`);
}

/**
 * By what the participant has perceived the word when it is asked for.
 *
 * @param {Trial} trial
 */
function sense({ original, explanations, course }) {
  const isExplained = course.indexOf("explanation") < course.indexOf("ask");
  const met = [original, ...(isExplained ? explanations : [])].filter((presented) => presented !== null);
  const byEar = met.some((presented) => presented.sound);
  const byEye = met.some((presented) => presented.picture);
  if (byEar && byEye) return "both";
  return byEye ? "picture" : "sound";
}

/**
 * @param {Field["widget"]} widget
 * @param {string | number} value
 * @param {Trial} trial
 * @returns {{ text: string, note?: string }}
 */
function tileText(widget, value, { labels }) {
  if (widget === "labels") return { text: String(value), note: labels.find(({ label }) => label === value)?.word ?? "" };
  if (widget === "percent") return { text: say("percent", { n: value }) };
  return { text: widget === "words" ? say(`choice-${value}`) : String(value) };
}

/** @param {{ least: string, most: string }} rated */
function ends({ least, most }) {
  const line = document.createElement("p");
  line.className = "ends";
  line.append(
    ...[least, most].map((text) => {
      const end = document.createElement("span");
      end.textContent = text;
      return end;
    }),
  );
  return line;
}
