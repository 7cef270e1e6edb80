/**
 * Groups of native radio buttons drawn as tiles: labels to choose from, and confidence in tens.
 *
 * As long as nothing is chosen no tile stands out, not by the keyboard's focus either, so that no answer is suggested:
 * the focus is drawn around the group, and the first arrow chooses the end it points away from.
 */

const FORWARD = new Set(["ArrowRight", "ArrowDown"]);
const BACKWARD = new Set(["ArrowLeft", "ArrowUp"]);

/**
 * Fill a group with tiles, none of them chosen.
 *
 * @param {HTMLElement} group
 * @param {{ name: string, tiles: { value: string, text: string, note?: string }[], onChoose: (value: string) => void }} options
 */
export function fillChoices(group, { name, tiles, onChoose }) {
  group.replaceChildren(
    ...tiles.map(({ value, text, note }) => {
      const input = document.createElement("input");
      input.type = "radio";
      input.name = name;
      input.value = value;
      input.autocomplete = "off"; // a browser that fills in what stood here before a reload would choose
      input.addEventListener("change", () => onChoose(value));
      const face = document.createElement("span");
      face.className = "tile-face";
      face.append(textSpan("tile-text", text));
      if (note !== undefined && note !== text) face.append(textSpan("tile-note", note));
      const tile = document.createElement("label");
      tile.className = "tile";
      tile.append(input, face);
      return tile;
    }),
  );
  group.onkeydown = (event) => chooseEnd(group, event);
}

/**
 * The first arrow in a group chooses its first or last tile; without this the browser, whose focus stands on the
 * first tile unseen, would skip that one.
 *
 * @param {HTMLElement} group
 * @param {KeyboardEvent} event
 */
function chooseEnd(group, event) {
  if (group.querySelector(":checked")) return;
  const inputs = [...group.querySelectorAll("input")];
  const input = FORWARD.has(event.key) ? inputs.at(0) : BACKWARD.has(event.key) ? inputs.at(-1) : null;
  if (!input) return;
  event.preventDefault();
  input.focus();
  input.click();
}

/**
 * @param {string} className
 * @param {string} text
 */
function textSpan(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

/**
 * The radio button of a group that has this value; null when there is none.
 *
 * @param {HTMLElement} group
 * @param {string} value
 */
export function findChoice(group, value) {
  const inputs = group.querySelectorAll("input");
  return [...inputs].find((input) => input.value === value) ?? null;
}

/**
 * Choose by the keys that are labels themselves (0-9), wherever the focus is, and go on to `next`, another group,
 * where there is one.
 *
 * @param {{ group: HTMLElement | (() => HTMLElement | null), next?: HTMLElement | ((group: HTMLElement) => HTMLElement | null) }} options
 *   groups that change are asked for when a key is pressed
 */
export function listenForKeys({ group, next }) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.key.length !== 1) return;
    const present = typeof group === "function" ? group() : group;
    const input = present ? findChoice(present, event.key) : null;
    if (!present || !input || input.matches(":disabled")) return;
    event.preventDefault();
    input.click();
    const following = typeof next === "function" ? next(present) : next;
    (following?.querySelector("input") ?? input).focus();
  });
}
