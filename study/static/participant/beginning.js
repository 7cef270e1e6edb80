/**
 * The start page: say with the form how far the local clock is ahead of UTC, and whether a program drives the browser.
 */

/** @param {string} id @param {string} value */
function fill(id, value) {
  const field = document.getElementById(id);
  if (field instanceof HTMLInputElement) field.value = value;
}

fill("utc-offset", String(-new Date().getTimezoneOffset()));
fill("is-automated", String(navigator.webdriver === true));
