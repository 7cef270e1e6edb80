/**
 * What the server says and takes, as types. The file is shipped because other modules name it in their JSDoc imports.
 *
 * Times end in `_ms` or `Ms`; `performance.now()` is their clock unless a line says otherwise.
 */

/**
 * @typedef {object} SoundMedium
 * @property {string} url
 * @property {number} duration_ms
 */

/**
 * @typedef {object} PictureMedium
 * @property {string} url
 * @property {"matched" | "overlay" | "waveform" | "mask"} kind
 * @property {string} alternative_text
 * @property {number} duration_ms
 * @property {number} frequency_min_hz
 * @property {number} frequency_max_hz
 * @property {number} floor_db
 * @property {number} ceiling_db
 */

/**
 * A rendition as sound, as picture, or as both at once; `whole`: it is the recording with nothing left out.
 *
 * @typedef {object} Presented
 * @property {SoundMedium | null} sound
 * @property {PictureMedium | null} picture
 * @property {boolean} whole
 */

/**
 * @typedef {object} Label
 * @property {string} label
 * @property {string} word  as it is said to participants: "seven"
 */

/**
 * One thing to answer; `is_timed`: its choice is what the response time is measured to.
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {"labels" | "words" | "percent" | "points" | "line"} widget
 * @property {(string | number)[]} values  to choose from; of a line its two ends
 * @property {{ text: string, least: string, most: string } | null} rated
 * @property {boolean} is_timed
 */

/**
 * What is asked at once; `reveals`: after the computer's answer was told.
 *
 * @typedef {object} Step
 * @property {Field[]} fields
 * @property {boolean} reveals
 */

/** @typedef {"original" | "explanation" | "changed" | "ask"} Station */

/**
 * @typedef {object} Trial
 * @property {string} id
 * @property {number} index  place in the whole sequence, from 0
 * @property {"exemplar" | "training" | "main" | "attention"} kind
 * @property {string | null} task
 * @property {"original-and-word" | "original" | "nothing"} given
 * @property {string | null} word
 * @property {Presented | null} original
 * @property {Presented[]} explanations  two for a preference
 * @property {Presented | null} changed
 * @property {Label | null} told  the computer's answer, where it is due from the beginning
 * @property {Label | null} instructed  what an attention trial asks to choose
 * @property {Label[]} labels
 * @property {Station[]} course  what is met, in order; each "ask" takes the next step
 * @property {Step[]} steps
 * @property {{ dwell_ms: number, max_plays: number, view_ms: number | null }} exposure
 */

/**
 * @typedef {object} Part
 * @property {"exemplars" | "training" | "main"} kind
 * @property {number | null} number  where there are several main parts
 * @property {number} index  in the part, from 0
 * @property {number} n_trials
 * @property {boolean} is_first  whether the trial begins its block
 */

/**
 * @typedef {object} Break
 * @property {string} text_html  sanitised by the server
 * @property {number} least_s
 */

/**
 * @typedef {object} Turn
 * @property {Part} part
 * @property {Break[]} breaks  before the trial
 * @property {Trial} trial
 * @property {boolean} awaits  whether the server has a say before the next trial
 */

/**
 * @typedef {object} State
 * @property {number} n_trials
 * @property {number} n_answered
 * @property {string} next_url  where to go when there is no trial
 * @property {{ meets: string[], wrong_share: number, n_training: number }} session
 * @property {Turn[]} turns  the trials handed out, the present one first
 * @property {string[]} preload  media of a trial that is not handed out yet
 * @property {string | null} expires_at  ISO 8601: until when one can go on
 * @property {{ url: string, after_s: number, last_at: string } | null} level  the speech by which a comfortable level
 *   is set again after a pause that long; null for somebody who hears nothing
 */

/**
 * The answers to the fields asked, by name.
 *
 * @typedef {Record<string, string | number>} Answers
 */

/**
 * What one trial sends.
 *
 * @typedef {object} Answer
 * @property {string} client_id  made once per trial; repeats of the same answer carry the same one
 * @property {Answers} answers  to the last step
 * @property {number} rt_ms  from the moment the last step opened to the last choice of what is timed
 * @property {number} onset_to_response_ms  from the explanation's first onset to that choice; 0 without one
 * @property {number} plays  how often the explanation was started; 1 for a picture that stays
 * @property {number} second_plays  of the second explanation, or of the changed recording
 * @property {number} original_plays
 * @property {number} heard_share  of the explanation's longest play, 0-1, of two the shorter; 1 for a picture
 * @property {Circumstances} circumstances
 */

/**
 * The window, the devices and the lapses of one trial.
 *
 * @typedef {object} Surroundings
 * @property {number} n_device_changes
 * @property {number} viewport_width_px  in CSS pixels, as it is at the end
 * @property {number} viewport_height_px
 * @property {number} pixel_ratio  device pixels per CSS pixel
 * @property {number} n_hidden
 * @property {number} hidden_ms
 * @property {number} n_unfocused  visible without the keyboard's focus
 * @property {number} unfocused_ms
 */

/**
 * How a trial was met, as `earshot/circumstances.py` describes it; moments in ms since the trial began.
 *
 * @typedef {object} CircumstancesOfRun
 * @property {number | null} original_onset_ms
 * @property {number | null} explanation_onset_ms
 * @property {number | null} second_onset_ms
 * @property {number | null} opened_ms
 * @property {number} answered_ms
 * @property {number} heard_s
 * @property {number} n_cut
 * @property {number | null} base_latency_ms
 * @property {number | null} output_latency_ms
 * @property {number | null} sample_rate_hz
 */

/** @typedef {CircumstancesOfRun & Surroundings} Circumstances */

/**
 * @typedef {object} FirstStored
 * @property {Label} told  the computer's answer
 * @property {Answers} first_answers  those that stay
 */

/**
 * @typedef {object} Feedback
 * @property {string} task
 * @property {string} word
 * @property {string | null} key  the right value of what was asked
 * @property {boolean | null} correct  null where nothing is right or wrong
 */

/**
 * @typedef {object} Stored
 * @property {boolean} stored
 * @property {Feedback | null} feedback
 * @property {State} state
 */

/**
 * What can be met in a trial.
 *
 * @typedef {"original" | "first" | "second" | "changed"} ExhibitName
 */

/**
 * Where a trial stands.
 *
 * @typedef {"original" | "explanation" | "dwelling" | "changed" | "answering" | "sending" | "feedback"} Stage
 */

export {};
