/**
 * The sound check: unlock the sound, set a comfortable level, and name the word that was said.
 */

import { hasWebAudio } from "./able.js";
import { Refusal, insist, request } from "./api.js";
import { Speaker } from "./audio.js";
import { fillChoices, listenForKeys } from "./choices.js";
import { MediaFault, MediaStore } from "./media.js";
import { ask, calm, stop } from "./notice.js";
import { Player } from "./player.js";
import { reloadWhenRestored } from "./restored.js";
import { part, say } from "./words.js";

const page = part("sound");
const api = (page.dataset.api ?? "").replace(/\/?$/, "/");
const form = /** @type {HTMLFormElement} */ (part("check"));
const fields = /** @type {HTMLFieldSetElement} */ (part("check-fields"));
const submit = /** @type {HTMLButtonElement} */ (part("submit"));
const listener = { onTrouble: () => ask("trouble-loading"), onCalm: calm };
/** @type {string | null} */
let answer = null;

const player = new Player(part("play-original"), new Speaker(), {
  onStart: () => {
    page.dataset.state = "playing";
    player.render({ isEnabled: false });
  },
  onEnd: () => open(),
});

/** The words may be chosen, and the sound played as often as wanted. */
function open() {
  if (page.dataset.state !== "playing") return; // cut short by an answer that is being checked
  page.dataset.state = "asking";
  fields.disabled = false;
  player.render({ isEnabled: true });
  tell("guide-choose");
}

/** @param {string} name */
function tell(name) {
  part("guide").textContent = say(name);
}

async function load() {
  const media = new MediaStore();
  for (;;) {
    try {
      player.load(await media.sound(page.dataset.url ?? ""));
      return;
    } catch (fault) {
      if (!(fault instanceof MediaFault)) throw fault;
      await ask("trouble-media");
      calm();
    }
  }
}

/** Ask the server, which alone knows what was said. */
async function check() {
  if (answer === null) return;
  page.dataset.state = "checking";
  fields.disabled = true;
  submit.disabled = true;
  player.silence();
  try {
    /** @type {{ passed: boolean }} */
    const { passed } = await insist(() => request(`${api}sound-check`, { answer }), listener);
    if (passed) window.location.assign(page.dataset.next ?? "");
    else tryAgain();
  } catch (fault) {
    const code = fault instanceof Refusal && ["no-enrolment", "study-closed", "study-paused", "withdrawn", "expired"].includes(fault.code) ? fault.code : "unexpected";
    stop(page, `stopped-${code}`);
  }
}

function tryAgain() {
  page.dataset.state = "retry";
  answer = null;
  form.reset();
  tell("guide-retry");
  player.render({ isEnabled: true });
  player.focus();
}

/** @type {{ label: string, word: string }[]} */
const labels = [...part("label-list").querySelectorAll("li")].map((item) => ({
  label: item.dataset.label ?? "",
  word: item.textContent ?? "",
}));
fillChoices(part("labels"), {
  name: "label",
  tiles: labels.map(({ label, word }) => ({ value: label, text: label, note: word.trim() })),
  onChoose: (label) => {
    answer = label;
    submit.disabled = false;
  },
});
listenForKeys({ group: part("labels") });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void check();
});
reloadWhenRestored();
if (hasWebAudio()) {
  await load();
  page.dataset.state = "ready";
  player.render({ isEnabled: true });
} else stop(page, "stopped-no-web-audio");
