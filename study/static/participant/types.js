/**
 * What the server says and takes, as types. The file is shipped because other modules name it in their JSDoc imports.
 *
 * Times end in `_ms` or `Ms`; `performance.now()` is their clock unless a line says otherwise.
 */

/**
 * @typedef {object} Medium
 * @property {string} url
 * @property {number} duration_ms
 */

/**
 * @typedef {object} SoundExplanation
 * @property {"sound"} channel
 * @property {string} url
 * @property {number} duration_ms
 */

/**
 * @typedef {object} PictureExplanation
 * @property {"picture"} channel
 * @property {string} url
 * @property {number} duration_ms
 * @property {number} frequency_min_hz
 * @property {number} frequency_max_hz
 * @property {number} floor_db
 * @property {number} ceiling_db
 */

/**
 * @typedef {object} Label
 * @property {string} label
 * @property {string} word  as it is said to participants: "seven"
 */

/**
 * @typedef {object} Trial
 * @property {string} id
 * @property {number} index  place in the whole sequence, from 0
 * @property {"training" | "main"} phase
 * @property {number} n_in_phase
 * @property {number} index_in_phase
 * @property {"original-and-word" | "original" | "nothing"} given
 * @property {string | null} word
 * @property {Medium | null} original
 * @property {SoundExplanation | PictureExplanation} explanation
 * @property {Label[]} labels
 * @property {number} dwell_ms
 * @property {number} max_plays
 */

/**
 * @typedef {object} State
 * @property {number} n_trials
 * @property {number} n_answered
 * @property {number} n_training
 * @property {boolean} complete
 * @property {string} debrief_url
 * @property {Trial | null} trial
 * @property {string[]} preload  media of the next trial
 */

/**
 * What one trial sends.
 *
 * @typedef {object} Answer
 * @property {string} client_id  made once per trial; repeats of the same answer carry the same one
 * @property {string} answer  the label chosen
 * @property {number} confidence  per cent, in tens
 * @property {number} rt_ms  from the moment answering opened to the last choice of a label
 * @property {number} onset_to_response_ms  from the explanation's first onset to the last choice of a label
 * @property {number} plays  how often the explanation was started; 1 for a picture
 * @property {number} original_plays
 * @property {number} heard_share  of the explanation's longest play, 0-1; 1 for a picture
 */

/**
 * @typedef {object} Feedback
 * @property {string} predicted_label
 * @property {string} word
 * @property {boolean} correct
 */

/**
 * @typedef {object} Stored
 * @property {boolean} stored
 * @property {Feedback | null} feedback
 * @property {State} state
 */

/**
 * Where a trial stands.
 *
 * @typedef {"original" | "explanation" | "dwelling" | "answering" | "sending" | "feedback"} Stage
 */

export {};
