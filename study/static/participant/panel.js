/**
 * The page of one trial: it shows what a `TrialRun` says and tells it what the participant does.
 */

import { fillChoices, listenForKeys } from "./choices.js";
import { drawPicture, painted } from "./picture.js";
import { Player } from "./player.js";
import { part, say, tellWord } from "./words.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Feedback} Feedback */
/** @typedef {import("./trial.js").TrialRun} TrialRun */
/** @typedef {import("./audio.js").Speaker} Speaker */
/**
 * The decoded media of one trial; `explanation` is an image or a sound as its channel says.
 *
 * @typedef {{ original: AudioBuffer | null, explanation: AudioBuffer | HTMLImageElement }} TrialMedia
 */

const CONFIDENCES = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/** The trial's part of the page, filled anew for every trial. */
export class TrialPanel {
  /** @type {TrialRun | null} */
  #run = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(answer: Answer) => void} */
  #submit = () => undefined;
  #root = part("trial");
  #form = /** @type {HTMLFormElement} */ (part("answer"));
  #fields = /** @type {HTMLFieldSetElement} */ (part("answer-fields"));
  #show = /** @type {HTMLButtonElement} */ (part("show-picture"));
  #original;
  #sound;

  /** @param {Speaker} speaker */
  constructor(speaker) {
    this.#original = new Player(part("play-original"), speaker, {
      onStart: () => this.#act((run) => run.startOriginal()),
      onEnd: () => this.#act((run) => run.endOriginal()),
    });
    this.#sound = new Player(part("play-explanation"), speaker, {
      onStart: (play) => this.#act((run) => run.startExplanation(play.onsetMs)),
      onEnd: (share) => this.#act((run) => run.endExplanation(share)),
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    listenForKeys({ group: part("labels"), next: part("confidences") });
  }

  /**
   * Lead through one trial.
   *
   * @param {TrialRun} run
   * @param {TrialMedia} media
   * @returns {Promise<Answer>} what the participant submitted
   */
  conduct(run, media) {
    this.#run = run;
    this.#fill(run);
    this.#original.load(media.original);
    this.#sound.load(media.explanation instanceof AudioBuffer ? media.explanation : null);
    this.#show.onclick = () => void this.#reveal(/** @type {HTMLImageElement} */ (media.explanation));
    this.#render();
    window.scrollTo({ top: 0 });
    this.#focusNext();
    return new Promise((resolve) => {
      this.#submit = resolve;
    });
  }

  /**
   * Say what the computer answered; the explanation stays, and so do the plays that are left.
   *
   * @param {Feedback} feedback
   * @returns {Promise<void>} resolves when the participant goes on
   */
  tell(feedback) {
    const run = /** @type {TrialRun} */ (this.#run);
    const own = run.trial.labels.find((label) => label.label === run.label);
    run.stage = "feedback";
    part("feedback").dataset.same = String(feedback.correct);
    tellWord(part("feedback-computer"), "computer-answered", feedback.word);
    part("feedback-own").textContent = say(feedback.correct ? "same-answer" : "own-answer", { word: own?.word ?? "" });
    this.#render();
    const next = /** @type {HTMLButtonElement} */ (part("next"));
    next.focus();
    return new Promise((resolve) => {
      next.onclick = () => {
        this.silence();
        resolve();
      };
    });
  }

  /** End what is playing. */
  silence() {
    this.#original.silence();
    this.#sound.silence();
  }

  /** Whether a sound is being played. */
  get isPlaying() {
    return this.#original.isPlaying || this.#sound.isPlaying;
  }

  /** @param {TrialRun} run */
  #fill({ trial, isPicture }) {
    part("step-original").hidden = trial.original === null;
    if (trial.word !== null) tellWord(part("original-text"), "person-said", trial.word);
    else part("original-text").textContent = say("person-said-what");
    part("play-explanation").hidden = isPicture;
    part("step-explanation").dataset.channel = trial.explanation.channel;
    part("explanation-text").textContent = say(isPicture ? "picture-invites" : "sound-invites");
    part("picture-place").replaceChildren();
    this.#show.hidden = !isPicture;
    const tiles = trial.labels.map(({ label, word }) => ({ value: label, text: label, note: word }));
    fillChoices(part("labels"), {
      name: "label",
      tiles,
      onChoose: (label) => this.#act((run) => run.choose(label, performance.now())),
    });
    fillChoices(part("confidences"), {
      name: "confidence",
      tiles: CONFIDENCES.map((share) => ({ value: String(share), text: say("percent", { n: share }) })),
      onChoose: (share) => this.#act((run) => run.rate(Number(share))),
    });
  }

  /**
   * Do something to the run, then show what became of it.
   *
   * @param {(run: TrialRun) => void} action
   */
  #act(action) {
    if (!this.#run) return;
    const stage = this.#run.stage;
    action(this.#run);
    this.#awaitOpening();
    this.#render();
    if (stage === "original" && this.#run.stage === "explanation") this.#focusNext();
  }

  /** Answering opens as soon as the run allows it; asked again whenever something happened. */
  #awaitOpening() {
    const run = /** @type {TrialRun} */ (this.#run);
    clearTimeout(this.#timer);
    if (run.stage !== "dwelling") return;
    const waitMs = run.untilOpenMs(performance.now());
    if (waitMs === 0) run.open(performance.now());
    else if (waitMs !== null) this.#timer = setTimeout(() => this.#act(() => undefined), Math.ceil(waitMs));
  }

  /** @param {HTMLImageElement} image */
  async #reveal(image) {
    const run = /** @type {TrialRun} */ (this.#run);
    if (run.trial.explanation.channel !== "picture" || run.playsLeft < 1) return;
    this.#show.hidden = true;
    const figure = drawPicture(image, run.trial.explanation);
    part("picture-place").replaceChildren(figure);
    figure.focus();
    const onsetMs = await painted();
    this.#act((current) => current.startExplanation(onsetMs));
  }

  #send() {
    const run = /** @type {TrialRun} */ (this.#run);
    if (!run.isComplete) return;
    const answer = run.toAnswer();
    this.silence();
    run.stage = "sending";
    this.#render();
    this.#submit(answer);
  }

  #focusNext() {
    const run = /** @type {TrialRun} */ (this.#run);
    if (run.stage === "original") this.#original.focus();
    else if (run.isPicture) this.#show.focus();
    else this.#sound.focus();
  }

  #render() {
    const run = /** @type {TrialRun} */ (this.#run);
    const { stage } = run;
    this.#root.dataset.stage = stage;
    const isBusy = this.isPlaying || stage === "sending";
    this.#original.render({ isEnabled: !isBusy && run.originalPlaysLeft > 0, playsLeft: run.originalPlaysLeft });
    this.#sound.render({ isEnabled: !isBusy && run.playsLeft > 0, playsLeft: run.playsLeft });
    this.#show.disabled = isBusy || run.playsLeft < 1;
    this.#fields.disabled = stage !== "answering";
    this.#form.hidden = stage === "feedback";
    part("feedback").hidden = stage !== "feedback";
    const submit = /** @type {HTMLButtonElement} */ (part("submit"));
    submit.disabled = !run.isComplete;
    submit.textContent = say(stage === "sending" ? "sending" : "submit");
    this.#guide();
  }

  /** One sentence, read aloud by a screen reader when it changes: what to do now. */
  #guide() {
    const guide = part("guide");
    const sentence = say(`guide-${this.#guideName()}`);
    if (guide.textContent !== sentence) guide.textContent = sentence;
  }

  #guideName() {
    const run = /** @type {TrialRun} */ (this.#run);
    const channel = run.trial.explanation.channel;
    if (run.stage === "explanation") return `explanation-${channel}`;
    if (run.stage === "dwelling") return `dwelling-${channel}`;
    if (run.stage !== "answering") return run.stage;
    if (run.label === null) return "choose";
    return run.confidence === null ? "rate" : "submit";
  }
}
