/**
 * The page of one trial: it shows what a `TrialRun` says and tells it what the participant does.
 */

import { Exhibit } from "./exhibit.js";
import { StepFields, tellQuestion } from "./fields.js";
import { SurroundingsWatch } from "./surroundings.js";
import { describeFeedback, fillTexts, guideName } from "./telling.js";
import { exhibitsOf } from "./trial.js";
import { part, say, tellWord } from "./words.js";

/** @typedef {import("./exhibit.js").Shown} Shown */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Answers} Answers */
/** @typedef {import("./types.js").ExhibitName} ExhibitName */
/** @typedef {import("./types.js").Feedback} Feedback */
/** @typedef {import("./types.js").FirstStored} FirstStored */
/** @typedef {import("./types.js").Label} Label */
/** @typedef {import("./trial.js").TrialRun} TrialRun */
/** @typedef {import("./audio.js").Speaker} Speaker */
/**
 * The decoded media of one trial.
 *
 * @typedef {Map<ExhibitName, { sound: AudioBuffer | null, image: HTMLImageElement | null }>} TrialMedia
 */

/** @type {ExhibitName[]} */
const NAMES = ["original", "first", "second", "changed"];

const STATIONS = /** @type {const} */ (["original", "explanation", "changed"]);

/** The trial's part of the page, filled anew for every trial. */
export class TrialPanel {
  /** @type {TrialRun | null} */
  #run = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #submit = () => {};
  #surroundings = new SurroundingsWatch();
  #root = part("trial");
  #form = /** @type {HTMLFormElement} */ (part("answer"));
  #fields = /** @type {HTMLFieldSetElement} */ (part("answer-fields"));
  #questions = new StepFields(part("questions"), (name, value) =>
    this.#act((run) => run.choose(name, value, performance.now())),
  );
  /** @type {Map<ExhibitName, Exhibit>} */
  #exhibits;

  /** @param {Speaker} speaker */
  constructor(speaker) {
    this.#exhibits = new Map(
      NAMES.map((name) => [
        name,
        new Exhibit(part(name), speaker, {
          onStart: (onsetMs, output) => this.#act((run) => run.start(name, onsetMs, output)),
          onEnd: (share) => this.#act((run) => run.end(name, share)),
          onGone: () => this.#act(() => undefined), // what is left to see has changed
        }),
      ]),
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /**
   * Lead through one trial.
   *
   * @param {TrialRun} run
   * @param {TrialMedia} media
   * @param {(answers: Answers) => Promise<FirstStored>} storeFirst  stores the first of two steps
   * @returns {Promise<Answer>} what the participant submitted
   */
  async conduct(run, media, storeFirst) {
    this.#run = run;
    this.#surroundings.begin(run.beganMs);
    this.#fill(run, media);
    run.move(performance.now());
    this.#render();
    window.scrollTo({ top: 0 });
    this.#focusNext();
    await this.#submitted();
    while (!run.isLastStep) {
      const { told, first_answers: first } = await storeFirst(run.stepAnswers());
      this.#goOn(run, told, first);
      await this.#submitted();
    }
    const nowMs = performance.now();
    return run.toAnswer(nowMs, this.#surroundings.tell(nowMs));
  }

  /**
   * Say what the computer answered; what was met stays, and so do the plays that are left.
   *
   * @param {Feedback} feedback
   * @returns {Promise<void>} resolves when the participant goes on
   */
  tell(feedback) {
    const run = /** @type {TrialRun} */ (this.#run);
    run.tell();
    describeFeedback(feedback, run);
    this.#render();
    const next = /** @type {HTMLButtonElement} */ (part("next"));
    next.focus();
    return new Promise((resolve) => {
      next.onclick = () => {
        void this.silence();
        resolve();
      };
    });
  }

  /**
   * End what is playing.
   *
   * @returns {Promise<void>} resolves once the run was told
   */
  async silence() {
    await Promise.all([...this.#exhibits.values()].map((exhibit) => exhibit.silence()));
  }

  /** Whether a sound is being played. */
  get isPlaying() {
    return [...this.#exhibits.values()].some((exhibit) => exhibit.isPlaying);
  }

  /**
   * @param {TrialRun} run
   * @param {TrialMedia} media
   */
  #fill(run, media) {
    const { trial } = run;
    const presented = exhibitsOf(trial);
    for (const [name, exhibit] of this.#exhibits) exhibit.load(this.#shown(name, presented.get(name), media));
    fillTexts(trial);
    this.#tellComputers(trial.told);
    part("answer-before").hidden = true;
    this.#questions.fill(run.step, trial);
  }

  /**
   * @param {ExhibitName} name
   * @param {import("./types.js").Presented | undefined} presented
   * @param {TrialMedia} media
   * @returns {Shown | null}
   */
  #shown(name, presented, media) {
    if (!presented) return null;
    const { sound, image } = media.get(name) ?? { sound: null, image: null };
    const isExplanation = name === "first" || name === "second";
    const viewMs = isExplanation ? (this.#run?.trial.exposure.view_ms ?? null) : null;
    return { sound, image, picture: presented.picture, viewMs };
  }

  /** @param {Label | null} told  the computer's answer; null while it is not due */
  #tellComputers(told) {
    part("step-told").dataset.known = String(told !== null);
    if (told) tellWord(part("told-text"), "computer-answered", told.word);
  }

  /**
   * The first of two steps is stored: what it reveals, and what is left.
   *
   * @param {TrialRun} run
   * @param {Label} told
   * @param {Answers} first
   */
  #goOn(run, told, first) {
    this.#tellComputers(told);
    const before = run.trial.labels.find(({ label }) => label === first.answer_before);
    part("answer-before").hidden = !before;
    if (before) tellWord(part("answer-before"), "own-first-answer", before.word);
    run.finishStep(performance.now());
    this.#questions.fill(run.step, run.trial);
    this.#render();
    this.#focusNext();
  }

  /**
   * Do something to the run, then show what became of it.
   *
   * @param {(run: TrialRun) => void} action
   */
  #act(action) {
    const run = this.#run;
    if (!run) return;
    const { stage } = run;
    action(run);
    run.move(performance.now());
    this.#awaitPassing(run);
    this.#render();
    const isNew = run.stage !== stage && run.stage !== "dwelling" && run.stage !== "answering";
    if (isNew && !this.isPlaying) this.#focusNext();
  }

  /**
   * What comes after the explanation opens as soon as the run allows it; asked again whenever something happened.
   *
   * @param {TrialRun} run
   */
  #awaitPassing(run) {
    clearTimeout(this.#timer);
    const waitMs = run.untilPassedMs(performance.now());
    if (waitMs !== null) this.#timer = setTimeout(() => this.#act(() => undefined), Math.ceil(waitMs));
  }

  /** @returns {Promise<void>} resolves when a step is sent */
  #submitted() {
    return new Promise((resolve) => {
      this.#submit = resolve;
    });
  }

  #send() {
    const run = /** @type {TrialRun} */ (this.#run);
    if (!run.isComplete) return;
    run.send();
    // The play that is cut here belongs to the answer.
    void this.silence().then(() => this.#submit());
    this.#render();
  }

  #focusNext() {
    const run = /** @type {TrialRun} */ (this.#run);
    if (run.stage === "answering") this.#questions.focus();
    else this.#exhibits.get(run.stage === "explanation" ? "first" : /** @type {ExhibitName} */ (run.stage))?.focus();
  }

  #render() {
    const run = /** @type {TrialRun} */ (this.#run);
    const { stage } = run;
    this.#root.dataset.stage = stage;
    const isBusy = this.isPlaying || stage === "sending";
    for (const [name, exhibit] of this.#exhibits) exhibit.render({ isEnabled: !isBusy, playsLeft: run.playsLeft(name) });
    const told = part("step-told");
    told.hidden = told.dataset.known !== "true" || stage === "original";
    part("step-explanation").hidden = !run.trial.explanations.length || run.isHeldBack("explanation");
    part("step-changed").hidden = !run.trial.changed || run.isHeldBack("changed");
    for (const station of STATIONS) part(`step-${station}`).dataset.done = String(run.isDone(station));
    this.#fields.disabled = stage !== "answering";
    this.#form.hidden = stage === "feedback";
    part("feedback").hidden = stage !== "feedback";
    this.#renderSubmit(run);
    this.#guide(run);
  }

  /** @param {TrialRun} run */
  #renderSubmit(run) {
    const submit = /** @type {HTMLButtonElement} */ (part("submit"));
    submit.disabled = !run.isComplete;
    if (run.stage === "sending") submit.textContent = say("sending");
    else if (run.trial.kind === "exemplar") submit.textContent = say("next-round");
    else submit.textContent = say(run.isLastStep ? "submit" : "submit-first");
  }

  /**
   * One sentence, read aloud by a screen reader when it changes: what to do now.
   *
   * @param {TrialRun} run
   */
  #guide(run) {
    const guide = part("guide");
    const told = document.createElement("p");
    const { missing } = run;
    // The first question, and what is to be rated, stand below; the guide says no sentence that might sway.
    const isTold = missing !== null && missing !== run.step.fields[0] && !missing.rated;
    if (run.stage === "answering" && isTold) tellQuestion(told, missing, run.trial);
    else told.textContent = say(guideName(run));
    if (guide.textContent !== told.textContent) guide.replaceChildren(...told.childNodes);
  }
}
