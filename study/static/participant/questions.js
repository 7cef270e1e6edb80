/**
 * A questionnaire: items shown only after certain answers, and sliders without a default position. The server checks
 * everything again; without this script all items are shown, and numbers are typed.
 */

import { makeHint, makeLine } from "./line.js";
import { reloadWhenRestored } from "./restored.js";
import { part } from "./words.js";

/**
 * The condition under which an item is shown, as a study file writes it.
 *
 * @typedef {{ item: string, equals: (string | number)[], at_least?: number, at_most?: number }} ShownIf
 */

const form = /** @type {HTMLFormElement} */ (part("questions"));
const items = [...form.querySelectorAll("fieldset")].filter((item) => item.dataset.item);

/**
 * The answers given to an item: texts as they stand in the form; none for an item that is not shown.
 *
 * @param {string} name
 */
function answersTo(name) {
  // A disabled fieldset has no say in the form's data.
  return new FormData(form).getAll(name).map((value) => String(value).trim());
}

/**
 * @param {string} text
 * @param {ShownIf} condition
 */
function fits(text, condition) {
  if (text === "") return false;
  const number = Number(text.replace(",", "."));
  if (condition.equals.length > 0) {
    return condition.equals.some((value) => (typeof value === "number" ? value === number : value === text));
  }
  return number >= (condition.at_least ?? -Infinity) && number <= (condition.at_most ?? Infinity);
}

/** Show the items whose conditions hold; what stands in the others is kept on the page and not sent. */
function showItems() {
  for (const item of items) {
    if (!item.dataset.shownIf) continue;
    /** @type {ShownIf} */
    const condition = JSON.parse(item.dataset.shownIf);
    const isShown = answersTo(condition.item).some((text) => fits(text, condition));
    item.hidden = !isShown;
    item.disabled = !isShown;
    item.dataset.ready = "";
  }
}

/**
 * Put a line to be marked in the place of a number to type; until it is touched nothing is answered.
 *
 * @param {HTMLElement} field
 */
function makeSlider(field) {
  const entry = field.querySelector("input");
  if (!entry) return;
  const line = makeLine({
    least: Number(field.dataset.least),
    most: Number(field.dataset.most),
    labelledBy: entry.getAttribute("aria-labelledby") ?? "",
    onChoose: () => {
      entry.value = line.value;
      showItems();
    },
  });
  line.step = field.dataset.step ?? "";
  line.setAttribute("aria-describedby", field.querySelector(".ends")?.id ?? "");
  const kept = Number(entry.value.replace(",", "."));
  if (entry.value !== "" && !Number.isNaN(kept)) {
    line.value = String(kept);
    line.dataset.touched = "true";
    line.removeAttribute("aria-valuetext");
  }
  line.id = entry.id;
  for (const name of ["id", "aria-labelledby", "aria-invalid"]) entry.removeAttribute(name);
  entry.type = "hidden";
  field.prepend(line);
  field.append(makeHint());
}

reloadWhenRestored();
form.querySelectorAll(".slider-field").forEach((field) => makeSlider(/** @type {HTMLElement} */ (field)));
form.addEventListener("input", showItems);
showItems();
