"""Levels against the standard and pyloudnorm, peaks against oversampling the whole sound, and what a set shares."""

from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.typing import NDArray

from explainer.sounds.files import read_wav, write_wav
from explainer.sounds.levels import (
    MOST_TRUE_PEAK_DBTP,
    common_level_lufs,
    gain_to_level_db,
    level_lufs,
    measure_loudness,
    preserved_gain_db,
    reachable_level_lufs,
    true_peak_dbtp,
)
from explainer.sounds.rates import SOUND_RATE_HZ, to_sound
from explainer.timefrequency import AUDIOMNIST, Transform
from tests.explainer.sounds.tones import bursts, tone

_VOICES = Path(__file__).parents[3] / "fixtures" / "voices" / "data"
_CLIPS = ("01/3_01_0", "05/7_05_2", "09/1_09_4", "14/6_14_1")


def _spoken(clip: str) -> NDArray[np.float64]:
    return to_sound(soundfile.read(_VOICES / f"{clip}.wav", dtype="float64")[0], transform=AUDIOMNIST)


def test_level_of_a_sine_is_the_standards() -> None:
    # bs1770, annex 1: a 997 Hz sine at full scale on one channel measures -3.01 LKFS
    assert level_lufs(tone(amplitude=1.0)) == pytest.approx(-3.01, abs=0.005)
    assert level_lufs(tone(amplitude=0.1, seconds=0.12)) == pytest.approx(-23.01, abs=0.3)  # shorter than a block


@pytest.mark.parametrize("clip", _CLIPS)
@pytest.mark.parametrize("gain_db", [0.0, -25.0])
def test_level_of_speech_is_pyloudnorms(clip: str, gain_db: float) -> None:
    sound = _spoken(clip) * 10 ** (gain_db / 20)
    expected = pyloudnorm.Meter(SOUND_RATE_HZ, block_size=0.2).integrated_loudness(sound)
    # pyloudnorm designs its filters anew for any rate, which puts it .04 below the standard's coefficients
    assert level_lufs(sound) == pytest.approx(expected + 0.0417, abs=0.005)
    assert measure_loudness(_spoken(clip)).level_lufs(gain_db=gain_db) == pytest.approx(level_lufs(sound), abs=1e-9)


def test_blocks_below_the_gates_do_not_count() -> None:
    loud = tone(seconds=1.0)
    quiet = tone(seconds=1.0, amplitude=0.1 * 10 ** (-30 / 20))
    # but for the blocks across the step, which are at most 6 LU down, both have the level of the loud part
    assert level_lufs(np.concatenate([loud, quiet])) == pytest.approx(level_lufs(loud), abs=0.5)


def test_gain_can_lift_a_block_over_the_absolute_gate() -> None:
    sound = np.concatenate([tone(amplitude=5e-4), tone(amplitude=2.5e-4)])  # about -69 and -75 LUFS
    loudness = measure_loudness(sound)
    assert loudness.level_lufs(gain_db=20) - loudness.level_lufs() < 19.5


def test_silence_has_no_level_and_no_peak() -> None:
    silence = np.zeros(9600)
    assert level_lufs(silence) == -np.inf
    assert true_peak_dbtp(silence) == -np.inf
    assert reachable_level_lufs(measure_loudness(silence), true_peak_dbtp=-np.inf) == -np.inf


def test_true_peak_lies_between_samples() -> None:
    # a quarter of the rate, shifted by 45 degrees: every sample stands 3.01 dB below the crest
    sound = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4)
    sound[:400] *= np.linspace(0, 1, 400)
    sound[-400:] *= np.linspace(1, 0, 400)
    assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_dbtp(sound) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("clip", _CLIPS)
def test_true_peak_of_speech_is_that_of_the_whole_sound_oversampled(clip: str) -> None:
    sound = read_wav(write_wav(_spoken(clip), gain_db=-3.0))
    oversampled = librosa.resample(sound, orig_sr=SOUND_RATE_HZ, target_sr=4 * SOUND_RATE_HZ, res_type="soxr_vhq")
    # the two interpolators are finite; .01 dB is a tenth of the headroom that every gain leaves
    assert true_peak_dbtp(sound) == pytest.approx(20 * np.log10(np.abs(oversampled).max()), abs=0.01)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000])
def test_true_peak_is_found_near_the_highest_samples_of_a_sound_without_high_frequencies(rate_hz: int) -> None:
    generator = np.random.default_rng(8)
    transform = Transform(sample_rate_hz=rate_hz, n_samples=8000, n_stft=512, hop=128)
    for _ in range(20):  # noise up to half the rate, loudest where it fades out
        samples = generator.normal(size=rate_hz // 10) * np.linspace(0.1, 1, rate_hz // 10)
        sound = to_sound(samples, transform=transform)
        assert true_peak_dbtp(sound, highest_hz=transform.frequency_max_hz) == true_peak_dbtp(sound)


def test_true_peak_is_found_where_the_highest_sample_is_not() -> None:
    # a click of .8, and a tone at a third of the rate: its samples reach .866 of a crest of .9
    sound = np.zeros(SOUND_RATE_HZ // 2)
    sound[2000:2041] = 0.8 * np.hanning(41)
    sound[8000:12800] = 0.9 * np.hanning(4800) * np.sin(2 * np.pi / 3 * np.arange(4800))
    assert np.abs(sound).argmax() == 2020
    # a sample in twelve steps of a period may miss the crest by 15 degrees
    assert true_peak_dbtp(sound) == pytest.approx(20 * np.log10(0.9), abs=-20 * np.log10(np.cos(np.pi / 12)))


def test_every_sound_of_a_set_is_written_at_the_common_level_without_limiting() -> None:
    sounds = [tone(seconds=0.4), tone(amplitude=1e-3), bursts(), _spoken(_CLIPS[0])]
    measured = [(sound, measure_loudness(sound), true_peak_dbtp(sound)) for sound in sounds]
    level = common_level_lufs(reachable_level_lufs(loudness, true_peak_dbtp=peak) for _, loudness, peak in measured)
    for sound, loudness, peak in measured:
        gain_db = gain_to_level_db(loudness, level=level, true_peak_dbtp=peak)
        assert gain_db is not None
        written = read_wav(write_wav(sound, gain_db=gain_db))
        # .04 from pyloudnorm's filters, .02 from the search, the rest from rounding
        found = pyloudnorm.Meter(SOUND_RATE_HZ, block_size=0.2).integrated_loudness(written)
        assert found == pytest.approx(level, abs=0.25)
        assert true_peak_dbtp(written) <= MOST_TRUE_PEAK_DBTP
        assert np.corrcoef(written, sound)[0, 1] > 0.9999  # a gain, nothing else


def test_level_out_of_reach_has_no_gain() -> None:
    sound = bursts()
    assert gain_to_level_db(measure_loudness(sound), level=-3.0, true_peak_dbtp=true_peak_dbtp(sound)) is None


def test_preserved_levels_share_the_gain_of_the_highest_peak() -> None:
    sounds = [_spoken(clip) for clip in _CLIPS]
    peaks = [true_peak_dbtp(sound) for sound in sounds]
    gain_db = preserved_gain_db(peaks)
    written = [read_wav(write_wav(sound, gain_db=gain_db)) for sound in sounds]
    found = [true_peak_dbtp(sound) for sound in written]
    assert MOST_TRUE_PEAK_DBTP - 0.15 < max(found) <= MOST_TRUE_PEAK_DBTP
    apart = [level_lufs(after) - level_lufs(before) for after, before in zip(written, sounds, strict=True)]
    assert apart == pytest.approx([gain_db] * len(sounds), abs=0.01)  # rounding to 16 bits


@pytest.mark.parametrize("peaks", [[], [-np.inf, -np.inf]])
def test_set_of_silence_has_no_gain(peaks: list[float]) -> None:
    with pytest.raises(ValueError, match="expected a sound that is not silent in the set"):
        preserved_gain_db(peaks)
