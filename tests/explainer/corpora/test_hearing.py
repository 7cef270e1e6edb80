from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile

from earshot.errors import RecipeError
from explainer.corpora.clips import Clip, Recordings
from explainer.corpora.hearing import Heard, Signal, hear, hear_clip
from explainer.corpora.layouts import find_recordings
from tests.explainer.corpora.miniature import corpus_section, write_clip

SHORTEST_SAMPLES = 455  # a window of AudioMNIST's STFT


def recordings_of(paths: Sequence[Path]) -> Recordings:
    clips = tuple(Clip(id=path.stem, path=path, label="0", speaker="01", take=0) for path in paths)
    return Recordings(name="test", clips=clips, labels=("0", "1"), sha256="", label_column="digit")


def hear_all(recordings: Recordings, *, too_long: Literal["error", "skip"] = "error") -> Heard:
    return hear(
        recordings,
        sample_rate_hz=8000,
        window_samples=8000,
        shortest_samples=SHORTEST_SAMPLES,
        too_long=too_long,
    )


def hear_one(path: Path, *, sample_rate_hz: int = 8000) -> Signal:
    """A single clip within a window of one second."""
    clip = recordings_of([path]).clips[0]
    return hear_clip(
        clip, sample_rate_hz=sample_rate_hz, window_samples=sample_rate_hz, shortest_samples=SHORTEST_SAMPLES
    )


def tone(n_samples: int, *, rate_hz: int, frequency_hz: float = 440) -> np.ndarray:
    wave: np.ndarray = 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / rate_hz)
    return wave


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("sample_rate_hz", [8000, 16000])
def test_any_rate_becomes_the_networks(tmp_path: Path, rate_hz: int, sample_rate_hz: int) -> None:
    path = write_clip(tmp_path / "clip.wav", duration_s=0.48, rate_hz=rate_hz)
    signal = hear_one(path, sample_rate_hz=sample_rate_hz)
    assert signal.dtype == np.float32
    assert len(signal) == 0.48 * sample_rate_hz
    # away from the ends, where the resampling filter rings, it is the same 440 Hz tone, at the same level
    expected = tone(len(signal), rate_hz=sample_rate_hz)
    assert np.abs(signal - expected)[400:-400].max() < 1e-3


def test_signal_at_the_networks_rate_is_not_rescaled(tmp_path: Path) -> None:
    samples = np.array([0, 1, -32768, 32767] * 200, dtype=np.int16)
    soundfile.write(tmp_path / "clip.wav", samples, 8000, subtype="PCM_16")
    # 16 bits are whole multiples of 2^-15, which float32 holds exactly
    assert np.array_equal(hear_one(tmp_path / "clip.wav"), samples / 2**15)


def test_audiomnist_is_heard_at_8_khz_without_rescaling(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(speakers=["01", "36"]))
    heard = hear_all(recordings)
    assert (heard.sample_rate_hz, heard.recorded_rate_hz) == (8000, 48_000)
    for number, (clip, signal) in enumerate(zip(heard.clips, heard.signals, strict=True)):
        assert signal.dtype == np.float32
        assert len(signal) == -(-soundfile.info(clip.path).frames // 6)
        assert np.array_equal(
            signal, hear_clip(clip, sample_rate_hz=8000, window_samples=8000, shortest_samples=SHORTEST_SAMPLES)
        )
        if number == 0:
            # the miniature's first clip is a tone of 200 Hz and half of full scale
            assert np.abs(signal - tone(len(signal), rate_hz=8000, frequency_hz=200))[100:-100].max() < 1e-3


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("clip.flac", 2**-15),  # lossless, at 16 bits
        ("clip.aiff", 2**-15),
        ("clip.ogg", 0.05),  # lossy
    ],
)
def test_any_format_of_soundfile_is_heard(tmp_path: Path, name: str, tolerance: float) -> None:
    expected = tone(4000, rate_hz=8000)
    soundfile.write(tmp_path / name, expected, 8000)
    signal = hear_one(tmp_path / name)
    assert len(signal) == 4000
    assert np.abs(signal - expected).max() <= tolerance


def test_channels_are_averaged_and_the_clips_counted(tmp_path: Path) -> None:
    left, right = tone(4000, rate_hz=8000), tone(4000, rate_hz=8000, frequency_hz=1000)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), 8000, subtype="FLOAT")
    paths = [tmp_path / "stereo.wav", write_clip(tmp_path / "mono.wav")]
    heard = hear_all(recordings_of(paths))
    assert heard.n_mixed_to_mono == 1
    assert np.abs(heard.signals[0] - (left + right) / 2).max() < 1e-7  # one rounding to float32 below 1


def test_channels_that_cancel_each_other_are_silent(tmp_path: Path) -> None:
    left = tone(4000, rate_hz=8000)
    soundfile.write(tmp_path / "clip.wav", np.stack([left, -left], axis=1), 8000, subtype="FLOAT")
    with pytest.raises(RecipeError, match=r"clip\.wav holds only zeros"):
        hear_one(tmp_path / "clip.wav")


def test_clip_as_long_as_the_window_fits_at_any_rate(tmp_path: Path) -> None:
    assert len(hear_one(write_clip(tmp_path / "clip.wav", duration_s=1, rate_hz=44100))) == 8000


def test_clip_longer_than_the_window_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav", duration_s=1.001)
    message = r"clip.wav lasts 1.001 s, longer than the window of 1.000 s; .* \"skip\""
    with pytest.raises(RecipeError, match=message):
        hear_one(path)
    with pytest.raises(RecipeError, match=message):
        hear_all(recordings_of([path]))


def test_clip_longer_than_the_window_is_skipped_and_counted(tmp_path: Path) -> None:
    paths = [write_clip(tmp_path / f"{name}.wav", duration_s=length) for name, length in (("a", 0.3), ("b", 1.1))]
    heard = hear_all(recordings_of(paths), too_long="skip")
    assert heard.n_skipped_too_long == 1
    assert [clip.id for clip in heard.recordings.clips] == [clip.id for clip in heard.clips] == ["a"]
    assert len(heard.signals) == 1


def test_corpus_of_clips_that_are_all_too_long_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav", duration_s=1.1)
    with pytest.raises(RecipeError, match=r"all 1 clips of test are longer than the window of 1\.000 s"):
        hear_all(recordings_of([path]), too_long="skip")


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_clip_shorter_than_a_window_of_the_stft_is_refused(tmp_path: Path, rate_hz: int) -> None:
    n_least = SHORTEST_SAMPLES * rate_hz // 8000
    soundfile.write(tmp_path / "clip.wav", tone(n_least, rate_hz=rate_hz), rate_hz)
    assert len(hear_one(tmp_path / "clip.wav")) == SHORTEST_SAMPLES
    soundfile.write(tmp_path / "clip.wav", tone(n_least - rate_hz // 8000, rate_hz=rate_hz), rate_hz)
    message = r"clip\.wav lasts 0\.057 s, 454 samples at 8000 Hz; expected at least 455 \(0\.057 s\)"
    with pytest.raises(RecipeError, match=message):
        hear_one(tmp_path / "clip.wav")


def test_recording_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    # a link to nowhere fails as a file without permission does, for root as well
    (tmp_path / "clip.wav").symlink_to("nowhere.wav")
    with pytest.raises(RecipeError, match=r"clip\.wav cannot be read \(No such file or directory\); mend its perm"):
        hear_one(tmp_path / "clip.wav")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello, this is no sound at all" * 10])
@pytest.mark.parametrize("name", ["clip.wav", "clip.flac"])
def test_corrupt_recording_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(
        RecipeError, match=rf"clip\.\w+ (cannot be read as {name[5:].upper()}|is cut off).* copy it again"
    ):
        hear_one(path)


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "w64", "rf64", "flac", "ogg", "mp3"])
def test_recording_cut_off_in_its_middle_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, tone(4000, rate_hz=8000), 8000)
    assert len(hear_one(path)) == 4000
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    # what Vorbis has lost can leave nothing at all
    with pytest.raises(
        RecipeError, match=rf"clip\.{suffix} (is cut off|cannot be read|holds no samples).*copy it again"
    ):
        hear_one(path)


def test_recording_cut_off_within_its_header_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RecipeError, match=r"clip\.wav is cut off"):
        hear_one(path)


def test_length_that_a_recorder_left_open_is_no_cut(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav")
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 4 + content[8:40] + b"\xff" * 4 + content[44:])
    assert len(hear_one(path)) == 2400


def test_recording_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"clip\.wav holds no samples"):
        hear_one(write_clip(tmp_path / "clip.wav", duration_s=0))


def test_silent_recording_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clip.wav", np.zeros(800), 8000)
    with pytest.raises(RecipeError, match=r"clip\.wav holds only zeros"):
        hear_one(tmp_path / "clip.wav")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_recording_with_numbers_that_are_not_finite_is_refused(tmp_path: Path, number: float) -> None:
    samples = np.stack([tone(4000, rate_hz=8000)] * 2, axis=1)
    samples[7] = number, -number
    soundfile.write(tmp_path / "clip.wav", samples, 8000, subtype="FLOAT")
    with pytest.raises(RecipeError, match=r"clip\.wav holds .*numbers that are not finite"):
        hear_one(tmp_path / "clip.wav")
