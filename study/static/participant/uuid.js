/**
 * Random identifiers. `crypto.randomUUID` exists over TLS and on this computer's own address only; a study in a
 * laboratory's network may be served without either.
 */

const N_BYTES = 16;
const VERSION_BYTE = 6;
const VARIANT_BYTE = 8;

/**
 * A random UUID: version 4, of RFC 9562.
 *
 * @returns {string}
 */
export function makeUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(N_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint8(VERSION_BYTE, (view.getUint8(VERSION_BYTE) & 0x0f) | 0x40);
  view.setUint8(VARIANT_BYTE, (view.getUint8(VARIANT_BYTE) & 0x3f) | 0x80);
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
