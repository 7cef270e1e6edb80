/**
 * The page's sentences. They stand in the template, where gettext translates them; scripts only fill them in.
 */

/**
 * The sentence `name`, with `{placeholders}` filled.
 *
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("words"));
  const sentence = template?.content.querySelector(`data[value="${name}"]`)?.textContent;
  if (sentence === undefined || sentence === null) throw new Error(`the page has no sentence '${name}'`);
  return sentence.trim().replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}

/**
 * Put the sentence `name` into `element`, its `{word}` set off in strong type.
 *
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string} word
 */
export function tellWord(element, name, word) {
  const [before, after] = say(name).split("{word}");
  const strong = document.createElement("strong");
  strong.className = "said";
  strong.textContent = word;
  element.replaceChildren(before ?? "", strong, after ?? "");
}

/**
 * The element `id`, which the template must hold.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @returns {Kind}
 */
export function part(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element '${id}'`);
  return /** @type {Kind} */ (element);
}
