"""Sounds as written: where they are cut, their level, their peak and their bytes."""

import io
import struct

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.typing import NDArray

from explainer.sounds import (
    MOST_TRUE_PEAK_DBTP,
    SOUND_RATE_HZ,
    common_level_lufs,
    cut_around,
    gain_to_level_db,
    level_lufs,
    reachable_level_lufs,
    read_wav,
    to_network_rate,
    to_sound,
    true_peak_dbtp,
    write_wav,
)
from explainer.timefrequency import N_FRAMES


def _tone(*, amplitude: float = 0.1, seconds: float = 1.0, frequency_hz: float = 997.0) -> NDArray[np.float64]:
    time_s = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    return amplitude * np.sin(2 * np.pi * frequency_hz * time_s)


def _bursts() -> NDArray[np.float64]:
    """Peaky sound: short noise bursts of several levels in silence, as masks leave them."""
    generator = np.random.default_rng(2)
    sound = np.zeros(SOUND_RATE_HZ // 2)
    for start, amplitude in ((2000, 0.02), (9000, 0.001), (15000, 0.00002)):
        sound[start : start + 1500] = amplitude * generator.normal(size=1500)
    return sound


def test_cut_is_the_span_and_fifty_milliseconds_on_whole_hops() -> None:
    cut = cut_around(first_sample=2000, n_samples=3000, n_window=8000)
    assert cut.first_sample % 35 == 0
    assert 0 <= 2000 - 400 - cut.first_sample < 35
    assert 0 <= cut.first_sample + cut.n_samples - (2000 + 3000 + 400) < 35
    assert cut.first_sample == cut.first_frame * 35


@pytest.mark.parametrize(("first_sample", "n_samples"), [(0, 8000), (0, 100), (7900, 100), (150, 7849)])
def test_cut_ends_with_the_window(first_sample: int, n_samples: int) -> None:
    cut = cut_around(first_sample=first_sample, n_samples=n_samples, n_window=8000)
    assert cut.first_sample >= 0
    assert cut.first_sample + cut.n_samples <= 8000
    assert cut.frames(np.zeros((228, N_FRAMES))).shape == (228, cut.n_frames)
    assert len(cut.samples(np.zeros(8000))) == cut.n_samples


@pytest.mark.parametrize(("first_sample", "n_samples"), [(-1, 100), (7901, 100), (10, 0)])
def test_clip_outside_the_window_is_refused(first_sample: int, n_samples: int) -> None:
    with pytest.raises(ValueError, match=r"expected a place within 0 to 8000"):
        cut_around(first_sample=first_sample, n_samples=n_samples, n_window=8000)


def test_sound_has_six_times_the_samples_and_fades_from_silence() -> None:
    sound = to_sound(np.ones(4000))
    assert len(sound) == 24000
    assert sound[0] == 0
    assert sound[-1] == 0
    assert sound[240] == pytest.approx(0.5, abs=0.05)  # half way through 10 ms
    assert sound[12000] == pytest.approx(1, abs=1e-3)


def test_sound_at_the_networks_rate_is_what_it_was() -> None:
    samples = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    np.testing.assert_allclose(to_network_rate(to_sound(samples))[200:-200], samples[200:-200], atol=1e-4)


def test_level_of_a_sine_is_the_standards() -> None:
    # bs1770, annex 1: a 997 Hz sine at full scale on one channel measures -3.01 LKFS; pyloudnorm designs its filters
    # for any rate, which puts it .04 below
    assert level_lufs(_tone(amplitude=1.0)) == pytest.approx(-3.01, abs=0.06)
    assert level_lufs(_tone(amplitude=0.1, seconds=0.12)) == pytest.approx(-23.01, abs=0.3)  # shorter than a block


def test_silence_has_no_level_and_no_peak() -> None:
    silence = np.zeros(9600)
    assert level_lufs(silence) == -np.inf
    assert true_peak_dbtp(silence) == -np.inf
    assert reachable_level_lufs(silence, true_peak_dbtp=-np.inf) == -np.inf


def test_true_peak_lies_between_samples() -> None:
    # a quarter of the rate, shifted by 45 degrees: every sample stands 3.01 dB below the crest
    sound = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4)
    sound[:400] *= np.linspace(0, 1, 400)
    sound[-400:] *= np.linspace(1, 0, 400)
    assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_dbtp(sound) == pytest.approx(0, abs=0.1)


def test_every_sound_of_a_set_is_written_at_the_common_level_without_limiting() -> None:
    sounds = [_tone(seconds=0.4), _tone(amplitude=1e-3), _bursts()]
    peaks = [true_peak_dbtp(sound) for sound in sounds]
    level = common_level_lufs(
        reachable_level_lufs(sound, true_peak_dbtp=peak) for sound, peak in zip(sounds, peaks, strict=True)
    )
    for sound, peak in zip(sounds, peaks, strict=True):
        gain_db = gain_to_level_db(sound, level=level, true_peak_dbtp=peak)
        assert gain_db is not None
        written = read_wav(write_wav(sound, gain_db=gain_db))
        measured = pyloudnorm.Meter(SOUND_RATE_HZ, block_size=0.2).integrated_loudness(written)
        assert measured == pytest.approx(level, abs=0.25)
        assert true_peak_dbtp(written) <= MOST_TRUE_PEAK_DBTP
        correlation = np.corrcoef(written, sound)[0, 1]
        assert correlation > 0.9999  # a gain, nothing else


def test_level_out_of_reach_has_no_gain() -> None:
    sound = _bursts()
    assert gain_to_level_db(sound, level=-3.0, true_peak_dbtp=true_peak_dbtp(sound)) is None


def test_wav_is_pcm_of_sixteen_bits_with_nothing_else_in_it() -> None:
    wav = write_wav(_tone(seconds=0.1), gain_db=6.0)
    assert wav == write_wav(_tone(seconds=0.1), gain_db=6.0)
    info = soundfile.info(io.BytesIO(wav))
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (48000, 1, "PCM_16", 4800)
    assert wav[12:16] == b"fmt "
    assert wav[36:40] == b"data"
    assert struct.unpack("<I", wav[40:44])[0] == len(wav) - 44 == 9600


def test_gain_that_clips_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gain_db is 30\.0, which clips this sound"):
        write_wav(_tone(), gain_db=30.0)


def test_wav_of_another_rate_is_refused() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(100, dtype=np.int16), 8000, format="WAV")
    with pytest.raises(ValueError, match=r"the sound has 8000 Hz and shape \(100,\); expected mono at 48000 Hz"):
        read_wav(file.getvalue())
