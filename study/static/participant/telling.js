/**
 * What the page of a trial says: titles, invitations, the guide's sentence and feedback.
 */

import { part, say, tellWord } from "./words.js";

/** @typedef {import("./types.js").Feedback} Feedback */
/** @typedef {import("./types.js").Presented} Presented */
/** @typedef {import("./types.js").Trial} Trial */
/** @typedef {import("./trial.js").TrialRun} TrialRun */

/**
 * How something is met.
 *
 * @param {Presented | null | undefined} presented
 * @returns {"sound" | "picture" | "both"}
 */
export function channelOf(presented) {
  if (presented?.sound && presented.picture) return "both";
  return presented?.picture ? "picture" : "sound";
}

/**
 * Say what stands beside a trial's exhibits.
 *
 * @param {Trial} trial
 */
export function fillTexts(trial) {
  const { original, explanations, changed, word, kind } = trial;
  const [first] = explanations;
  part("step-original").hidden = original === null;
  if (word !== null) tellWord(part("original-text"), "person-said", word);
  else part("original-text").textContent = say(`person-said-what-${channelOf(original)}`);
  part("explanation-title").textContent = say(first?.whole ? "title-whole" : "title-parts");
  const isPair = explanations.length > 1;
  const stays = trial.exposure.view_ms === null ? "stays" : "goes";
  const channel = channelOf(first);
  part("explanation-text").textContent = say(isPair ? "pair-invites" : `${channel}-invites-${stays}`);
  for (const name of ["first", "second"]) part(`${name}-name`).textContent = isPair ? say(`name-${name}`) : "";
  part("changed-text").textContent = say(`changed-invites-${channelOf(changed)}`);
  part("answer-title").textContent = say(kind === "exemplar" ? "title-example" : "title-answer");
  part("example-text").hidden = kind !== "exemplar";
  part("keys").hidden = kind === "exemplar";
  part("trial").dataset.only = explanations.length ? "" : "answer";
}

/**
 * The name of the sentence that says what to do now, where nothing is asked.
 *
 * @param {TrialRun} run
 */
export function guideName({ stage, trial, missing }) {
  const { original, explanations, changed, kind } = trial;
  if (stage === "original") return `guide-original-${channelOf(original)}`;
  if (stage === "explanation" && explanations.length > 1) return "guide-explanation-pair";
  if (stage === "explanation") return `guide-explanation-${channelOf(explanations[0])}`;
  if (stage === "dwelling") return `guide-dwelling-${channelOf(explanations[0])}`;
  if (stage === "changed") return `guide-changed-${channelOf(changed)}`;
  if (stage !== "answering") return `guide-${stage}`;
  if (missing !== null) return "guide-answer";
  return kind === "exemplar" ? "guide-go-on" : "guide-submit";
}

/**
 * Say what the computer answered, or what else the feedback tells, and how the own answer compares.
 *
 * @param {Feedback} feedback
 * @param {TrialRun} run
 */
export function describeFeedback({ task, word, key, correct }, { trial, answers }) {
  part("feedback").dataset.same = String(correct);
  tellWord(part("feedback-computer"), feedbackName(task, key), word);
  const own = part("feedback-own");
  if (correct === null) own.textContent = "";
  else if (task === "error-detection") own.textContent = say(correct ? "judged-rightly" : "judged-wrongly");
  else if (correct) own.textContent = say("same-answer");
  else tellWord(own, "own-answer", trial.labels.find((each) => each.label === answers.answer)?.word ?? "");
}

/**
 * @param {string} task
 * @param {string | null} key
 */
function feedbackName(task, key) {
  if (task === "error-detection") return `computer-was-${key}`;
  if (task === "counterfactual-simulation") return "computer-answered-changed";
  return task === "advice" ? "person-had-said" : "computer-answered";
}
