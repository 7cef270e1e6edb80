/**
 * What a browser must be able to do before anything is asked of its owner.
 */

/** Whether sounds can be decoded and played on a clock: without Web Audio nothing of a study can be heard. */
export function hasWebAudio() {
  return "AudioContext" in window && "OfflineAudioContext" in window;
}
