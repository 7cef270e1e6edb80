/**
 * The browser's back button can bring a page back as it was left; only the server knows where the participant stands.
 */

/** Load the page again when the browser brings it back from memory. */
export function reloadWhenRestored() {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
