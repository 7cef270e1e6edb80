/**
 * Answers on their way: each is kept in the browser's own database until the server has it, and sent by itself, so that
 * none waits for another. What an earlier page left behind is sent by the next one.
 */

import { Refusal, insist, request } from "./api.js";

/** @typedef {import("./types.js").Stored} Stored */
/**
 * `study` is the address of the study's API; `madeAtMs` is the wall clock's, `madeMs` that of the page that made it.
 *
 * @typedef {{ id: string, study: string, url: string, body: object, madeAtMs: number, madeMs?: number }} Entry
 */
/**
 * @typedef {object} Listener
 * @property {(fault: Refusal) => Promise<void>} onTrouble  as `insist` has it
 * @property {() => void} onCalm
 * @property {(fault: unknown) => void} onRefused  of an answer that nobody waits for
 */

const DATABASE = "earshot";
const STORE = "answers";
const LONGEST_AGE_MS = 2 ** 31 - 1;
/** Refusals after which the same answer may be taken another day. */
const KEPT = new Set(["study-paused", "no-enrolment", "csrf-failed"]);

/** The answers of one study. */
export class Outbox {
  #study;
  #listener;
  #shelf;
  /** @type {Map<string, Promise<Stored>>} */
  #waiting = new Map();
  #isTroubled = false;

  /**
   * @param {string} study
   * @param {Listener} listener
   */
  constructor(study, listener) {
    this.#study = study;
    this.#listener = listener;
    this.#shelf = openShelf();
  }

  /** Whether closing the page now would be a pity: something waits, and the network or the database is gone. */
  get isAtRisk() {
    return this.#waiting.size > 0 && (this.#isTroubled || !this.#shelf.isOpen);
  }

  /**
   * Send what an earlier page left behind.
   *
   * @returns {Promise<void>} resolves once it is on its way
   */
  async resume() {
    for (const entry of await this.#shelf.read(this.#study)) this.#begin(entry).catch(this.#listener.onRefused);
  }

  /**
   * Send an answer, now and until the server has it.
   *
   * @param {string} url
   * @param {{ client_id: string }} body
   * @returns {Promise<Stored>} what the server says once it has the answer; rejects with what it refused
   */
  put(url, body) {
    const now = { madeAtMs: Date.now(), madeMs: performance.now() };
    return this.#begin({ id: body.client_id, study: this.#study, url, body, ...now });
  }

  /** @returns {Promise<void>} resolves once nothing waits any more */
  async emptied() {
    while (this.#waiting.size > 0) await Promise.allSettled(this.#waiting.values());
  }

  /** @param {Entry} entry */
  #begin(entry) {
    const known = this.#waiting.get(entry.id);
    if (known) return known;
    const delivery = this.#deliver(entry).finally(() => this.#waiting.delete(entry.id));
    this.#waiting.set(entry.id, delivery);
    return delivery;
  }

  /**
   * @param {Entry} entry
   * @returns {Promise<Stored>}
   */
  async #deliver(entry) {
    await this.#shelf.add(entry);
    const isKept = (/** @type {unknown} */ fault) => fault instanceof Refusal && KEPT.has(fault.code);
    try {
      const stored = await insist(() => request(entry.url, { ...entry.body, age_ms: ageOf(entry) }), {
        onTrouble: (fault) => {
          this.#isTroubled = true;
          return this.#listener.onTrouble(fault);
        },
        onCalm: () => {
          this.#isTroubled = false;
          this.#listener.onCalm();
        },
      });
      await this.#shelf.remove(entry.id);
      return /** @type {Stored} */ (stored);
    } catch (fault) {
      if (!isKept(fault)) await this.#shelf.remove(entry.id);
      throw fault;
    }
  }
}

/**
 * How long ago an answer was given, in ms; across pages by the wall clock, which may have been set meanwhile.
 *
 * @param {Entry} entry
 */
function ageOf({ madeAtMs, madeMs }) {
  const age = madeMs === undefined ? Date.now() - madeAtMs : performance.now() - madeMs;
  return Math.min(LONGEST_AGE_MS, Math.max(0, Math.round(age)));
}

/** Where entries are kept; where the browser gives no place (blocked, private) they live as long as the page. */
function openShelf() {
  /** @type {Promise<IDBDatabase | null>} */
  const opened = new Promise((resolve) => {
    try {
      const asked = indexedDB.open(DATABASE, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
      asked.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  const shelf = {
    isOpen: false,
    /** @param {Entry} entry */
    async add({ madeMs, ...entry }) {
      await change(await opened, (store) => store.put(entry));
    },
    /** @param {string} id */
    async remove(id) {
      await change(await opened, (store) => store.delete(id));
    },
    /**
     * @param {string} study
     * @returns {Promise<Entry[]>}
     */
    async read(study) {
      /** @type {Entry[]} */
      const entries = (await change(await opened, (store) => store.getAll())) ?? [];
      return entries.filter((entry) => entry.study === study);
    },
  };
  void opened.then((database) => {
    shelf.isOpen = database !== null;
  });
  return shelf;
}

/**
 * One request to the store, done when it is on the disk; nothing where there is no store or no room.
 *
 * @param {IDBDatabase | null} database
 * @param {(store: IDBObjectStore) => IDBRequest} ask
 * @returns {Promise<any>}
 */
function change(database, ask) {
  return new Promise((resolve) => {
    if (!database) return resolve(undefined);
    try {
      const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
      const asked = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => resolve(undefined);
      transaction.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined); // the database was taken from under us, as when the browser's data are cleared
    }
  });
}
