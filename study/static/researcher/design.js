// Shows what is wrong with a design page while it is typed: the server's own sentences, at the fields they are about;
// and asks before the page is left with something unsaved.

const PAUSE_MS = 700;

/** @typedef {{faults: Record<string, string[]>, elsewhere: string[]}} Found */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-faults-url]"));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let asked = 0;

/**
 * @param {Element} list
 * @param {string[]} sentences
 */
function fill(list, sentences) {
  list.replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }),
  );
}

/**
 * @param {HTMLFormElement} shown
 * @param {Found} found
 */
function show(shown, found) {
  for (const list of shown.querySelectorAll("ul[data-path]")) {
    const sentences = found.faults[list.getAttribute("data-path") ?? ""] ?? [];
    fill(list, sentences);
    if (sentences.length > 0) list.closest("details")?.setAttribute("open", "");
    const field = document.getElementById(list.id.replace(/-faults$/, ""));
    if (field?.matches("input, select, textarea")) field.setAttribute("aria-invalid", String(sentences.length > 0));
  }
  const elsewhere = shown.querySelector("[data-elsewhere]");
  if (elsewhere) fill(elsewhere, found.elsewhere);
}

/** @param {HTMLFormElement} shown */
async function ask(shown) {
  const number = ++asked;
  try {
    const answer = await fetch(shown.dataset["faultsUrl"] ?? "", { method: "POST", body: new FormData(shown) });
    // An older answer says nothing of what was typed since; a refused one is left to saving.
    if (answer.ok && number === asked) show(shown, /** @type {Found} */ (await answer.json()));
  } catch {
    // Offline: saving will say what is wrong.
  }
}

if (form) {
  const shown = form;
  let isUnsaved = "unsaved" in shown.dataset;
  shown.addEventListener("input", () => {
    isUnsaved = true;
    clearTimeout(waiting);
    waiting = setTimeout(() => void ask(shown), PAUSE_MS);
  });
  shown.addEventListener("submit", () => {
    isUnsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
  // What was mended before this script was there has told nobody.
  if (shown.querySelector("ul[data-path] li")) void ask(shown);
}
