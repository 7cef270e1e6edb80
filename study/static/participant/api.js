/**
 * Requests to the server: one JSON shape of errors, and an `insist` that repeats what may be repeated.
 */

const TIMEOUT_MS = 40_000; // a busy server waits up to 30 s for its turn to write, and then says so
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;

/** What the server refused, or that it could not be reached (status 0, code "unreachable"). */
export class Refusal extends Error {
  /**
   * @param {{ status: number, code: string, message: string, retryAfterMs?: number | null }} fields
   */
  constructor({ status, code, message, retryAfterMs = null }) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later without anybody changing it. */
  get isPassing() {
    const waitable = this.code === "too-early" && this.retryAfterMs !== null;
    return waitable || this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @returns {string} the token that Django expects from a page it served */
function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/**
 * @param {Response} response
 * @returns {Promise<Refusal>}
 */
async function readRefusal(response) {
  /** @type {{ code?: string, message?: string, retry_after_ms?: number | null }} */
  let fields = {};
  try {
    fields = await response.json();
  } catch {
    // A proxy's own error page: the status is all there is to know.
  }
  return new Refusal({
    status: response.status,
    code: fields.code ?? `http-${response.status}`,
    message: fields.message ?? "",
    retryAfterMs: fields.retry_after_ms ?? null,
  });
}

/**
 * The JSON answer to one request.
 *
 * @template Answer
 * @param {string} url
 * @param {object} [body]  posted as JSON when given; otherwise the request is a GET
 * @returns {Promise<Answer>}
 * @throws {Refusal}
 */
export async function request(url, body) {
  /** @type {RequestInit} */
  const options = { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { ...options.headers, "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    options.body = JSON.stringify(body);
    options.keepalive = true; // an answer on its way survives the page
  }
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, options);
    if (response.ok) return await response.json();
  } catch (fault) {
    throw new Refusal({ status: 0, code: "unreachable", message: String(fault) });
  }
  throw await readRefusal(response);
}

/**
 * How long to wait before repeat number `attempt` (from 0): doubled each time, half of it by chance, so that many
 * pages that lost one server do not come back at once.
 *
 * @param {number} attempt
 */
export function retryDelayMs(attempt) {
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return whole / 2 + (Math.random() * whole) / 2;
}

/**
 * Wait, but no longer than until the network is back or `hurry` resolves.
 *
 * @param {number} delayMs
 * @param {Promise<void>} [hurry]
 * @returns {Promise<void>}
 */
function pause(delayMs, hurry) {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener("online", finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    window.addEventListener("online", finish);
    void hurry?.then(finish);
  });
}

/**
 * Repeat `send` until the server has taken it or refuses it for good.
 *
 * @template Answer
 * @param {() => Promise<Answer>} send
 * @param {{ onTrouble: (fault: Refusal) => Promise<void>, onCalm: () => void }} listener
 *   `onTrouble` tells the participant and gives back a promise that resolves when they ask to try now; `onCalm` takes
 *   the note away. An answer that came too early is repeated in silence when the server says.
 * @returns {Promise<Answer>}
 * @throws {Refusal}
 */
export async function insist(send, { onTrouble, onCalm }) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await send();
      onCalm();
      return answer;
    } catch (fault) {
      if (!(fault instanceof Refusal) || !fault.isPassing) {
        onCalm();
        throw fault;
      }
      if (fault.code === "too-early") await pause(fault.retryAfterMs ?? FIRST_DELAY_MS);
      else await pause(Math.max(fault.retryAfterMs ?? 0, retryDelayMs(attempt)), onTrouble(fault));
    }
  }
}
