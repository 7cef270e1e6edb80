"""Sounds a participant hears: rendered by a mask or by relevance, cut, faded, resampled once, levelled, written."""

from explainer.sounds.cuts import MARGIN_MS, Cut, Samples, cut_around
from explainer.sounds.files import read_wav, write_wav
from explainer.sounds.levels import (
    MOST_TRUE_PEAK_DBTP,
    Loudness,
    common_level_lufs,
    gain_to_level_db,
    level_lufs,
    measure_loudness,
    preserved_gain_db,
    reachable_level_lufs,
    true_peak_dbtp,
)
from explainer.sounds.rates import FADE_MS, SOUND_RATE_HZ, to_network_rate, to_sound
from explainer.sounds.signals import (
    masked_signal,
    positive_signal_times_relevance,
    relevance_envelope,
    relevance_in_time,
    signal_times_relevance,
)

__all__ = [
    "FADE_MS",
    "MARGIN_MS",
    "MOST_TRUE_PEAK_DBTP",
    "SOUND_RATE_HZ",
    "Cut",
    "Loudness",
    "Samples",
    "common_level_lufs",
    "cut_around",
    "gain_to_level_db",
    "level_lufs",
    "masked_signal",
    "measure_loudness",
    "positive_signal_times_relevance",
    "preserved_gain_db",
    "reachable_level_lufs",
    "read_wav",
    "relevance_envelope",
    "relevance_in_time",
    "signal_times_relevance",
    "to_network_rate",
    "to_sound",
    "true_peak_dbtp",
    "write_wav",
]
