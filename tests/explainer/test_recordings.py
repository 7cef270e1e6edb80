import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earshot.errors import RecipeError
from explainer import timefrequency
from explainer.recipe import CorpusSection, SplitSection
from explainer.recordings import (
    LABELS,
    SAMPLE_RATE_HZ,
    Clip,
    Recordings,
    find_recordings,
    hear,
    split_clips,
)

METADATA = {
    "01": {"age": 30, "gender": "male"},
    "02": {"age": "1234", "gender": "female"},
    "03": {"age": "27", "gender": "female"},
}


def section(layout: str = "audiomnist", **changes: object) -> CorpusSection:
    return CorpusSection.model_validate({"name": "test", "path": ".", "layout": layout} | changes)


def write_clip(path: Path, *, duration_s: float = 0.3, rate_hz: int = 8000, n_channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    soundfile.write(path, np.repeat(wave[:, None], n_channels, axis=1), rate_hz, subtype="PCM_16")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two digits, three speakers, two takes, in AudioMNIST's layout."""
    for speaker in METADATA:
        for digit in (3, 7):
            for take in (0, 1):
                write_clip(tmp_path / f"data/{speaker}/{digit}_{speaker}_{take}.wav")
    (tmp_path / "data/audioMNIST_meta.txt").write_text(json.dumps(METADATA))
    return tmp_path


def read_one(path: Path, *, too_long: str = "error") -> np.ndarray:
    clip = Clip(id="clip", path=path, label="0", speaker="01", take=0)
    heard = hear(Recordings(name="test", clips=(clip,), sha256=""), too_long=too_long)  # type: ignore[arg-type]  # a str for a literal
    return heard.signals[0]


def test_audiomnist_layout_is_read_with_its_metadata(corpus: Path) -> None:
    recordings = find_recordings(corpus, section=section())
    assert len(recordings.clips) == 12
    assert recordings.speakers == ("01", "02", "03")
    first = recordings.clips[0]
    assert (first.id, first.label, first.speaker, first.take) == ("01/3_01_0", "3", "01", 0)
    assert (first.sex, first.age_years) == ("male", 30)
    ages = {clip.speaker: clip.age_years for clip in recordings.clips}
    assert ages == {"01": 30, "02": None, "03": 27}


@pytest.mark.parametrize("below", ["", "recordings/"])
def test_fsdd_layout_is_read_from_the_folder_or_its_recordings(tmp_path: Path, below: str) -> None:
    write_clip(tmp_path / f"{below}5_theo_12.wav")
    (clip,) = find_recordings(tmp_path, section=section("fsdd")).clips
    assert (clip.id, clip.label, clip.speaker, clip.take, clip.sex) == ("5_theo_12", "5", "theo", 12, None)


def test_only_the_named_speakers_are_used(corpus: Path) -> None:
    assert find_recordings(corpus, section=section(speakers=["03"])).speakers == ("03",)


def test_unknown_speaker_is_refused(corpus: Path) -> None:
    with pytest.raises(RecipeError, match=r"corpus\.speakers names '09'; the recordings' speakers are 01, 02, 03"):
        find_recordings(corpus, section=section(speakers=["09"]))


def test_hash_of_a_corpus_changes_with_any_byte_and_name(corpus: Path) -> None:
    before = find_recordings(corpus, section=section()).sha256
    assert find_recordings(corpus, section=section()).sha256 == before
    write_clip(corpus / "data/01/3_01_0.wav", duration_s=0.31)
    changed = find_recordings(corpus, section=section()).sha256
    (corpus / "data/01/3_01_0.wav").rename(corpus / "data/01/3_01_9.wav")
    renamed = find_recordings(corpus, section=section()).sha256
    assert len({before, changed, renamed}) == 3


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("audiomnist", "data/01/hello.wav"),
        ("audiomnist", "data/01/3_02_0.wav"),
        ("audiomnist", "3_01_0.wav"),
        ("audiomnist", "data/01/3_01_2.WAV"),
        ("fsdd", "12_theo_0.wav"),
        ("fsdd", "5_theo.wav"),
    ],
)
def test_unknown_file_name_is_refused(corpus: Path, layout: str, name: str) -> None:
    for path in corpus.rglob("*.wav") if layout == "fsdd" else []:
        path.unlink()
    write_clip(corpus / name)
    with pytest.raises(RecipeError, match=f"{name} does not fit the layout '{layout}'"):
        find_recordings(corpus, section=section(layout))


def test_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"holds no recording <digit>_<speaker>_<take>\.wav"):
        find_recordings(tmp_path, section=section("fsdd"))


def test_speaker_missing_in_the_metadata_is_named(corpus: Path) -> None:
    (corpus / "data/audioMNIST_meta.txt").write_text(json.dumps({"01": METADATA["01"]}))
    with pytest.raises(RecipeError, match=r"speaker '02' has recordings but is missing in data/audioMNIST_meta\.txt"):
        find_recordings(corpus, section=section())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is a JSON list; expected an object"),
        ('{"01": 3}', "speaker '01' is 3; expected an object"),
        ('{"01": {"gender": "f"}}', "gender of speaker '01' is 'f'"),
        ('{"01": {"age": "old"}}', "age of speaker '01' is 'old'"),
        ('{"01": {"age": "²"}}', "age of speaker '01' is '²'"),
    ],
)
def test_unreadable_metadata_is_refused(corpus: Path, text: str, message: str) -> None:
    (corpus / "data/audioMNIST_meta.txt").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        find_recordings(corpus, section=section())


def test_missing_metadata_is_refused(corpus: Path) -> None:
    (corpus / "data/audioMNIST_meta.txt").unlink()
    with pytest.raises(RecipeError, match=r"audioMNIST_meta\.txt is missing"):
        find_recordings(corpus, section=section())


def test_explainer_hears_at_the_rate_of_its_spectrograms() -> None:
    assert SAMPLE_RATE_HZ == timefrequency.SAMPLE_RATE_HZ


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000])
def test_any_rate_becomes_8_khz(tmp_path: Path, rate_hz: int) -> None:
    signal = read_one(write_clip(tmp_path / "clip.wav", duration_s=0.5, rate_hz=rate_hz))
    assert signal.dtype == np.float32
    assert len(signal) == 4000
    # away from the ends, where the resampling filter rings, it is the same 440 Hz tone
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    assert np.abs(signal - expected)[200:-200].max() < 1e-3


def test_clip_of_one_second_fits_at_any_rate(tmp_path: Path) -> None:
    assert len(read_one(write_clip(tmp_path / "clip.wav", duration_s=1, rate_hz=44100))) == 8000


def test_clip_longer_than_the_window_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav", duration_s=1.001)
    with pytest.raises(RecipeError, match=r"clip.wav lasts 1.001 s, longer than the window of 1 s; .* \"skip\""):
        read_one(path)


def test_clip_longer_than_the_window_is_skipped_and_counted(corpus: Path) -> None:
    write_clip(corpus / "data/01/3_01_0.wav", duration_s=1.1)
    recordings = find_recordings(corpus, section=section())
    heard = hear(recordings, too_long="skip")
    assert heard.n_skipped_too_long == 1
    assert [clip.id for clip in heard.clips] == [clip.id for clip in recordings.clips if clip.id != "01/3_01_0"]
    assert len(heard.signals) == 11


def test_wav_that_cannot_be_read_is_named(corpus: Path) -> None:
    # a link to nowhere fails as a file without permission does, for root as well
    path = corpus / "data/01/3_01_0.wav"
    path.unlink()
    path.symlink_to("nowhere.wav")
    with pytest.raises(RecipeError, match=r"3_01_0\.wav cannot be read \(No such file or directory\); mend its perm"):
        find_recordings(corpus, section=section())
    with pytest.raises(RecipeError, match=r"3_01_0\.wav cannot be read"):
        read_one(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello, this is no sound at all" * 10])
def test_corrupt_wav_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=r"clip\.wav (cannot be read as WAV|is cut off).* copy it again"):
        read_one(path)


def test_wav_cut_off_within_its_header_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RecipeError, match=r"clip\.wav"):
        read_one(path)


def test_wav_cut_off_within_its_samples_is_refused(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.wav")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RecipeError, match=r"clip\.wav"):
        read_one(path)


def test_wav_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"clip\.wav holds no samples"):
        read_one(write_clip(tmp_path / "clip.wav", duration_s=0))


def test_silent_wav_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clip.wav", np.zeros(800), 8000)
    with pytest.raises(RecipeError, match=r"clip\.wav holds only zeros"):
        read_one(tmp_path / "clip.wav")


def test_stereo_wav_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"clip\.wav has 2 channels; expected mono"):
        read_one(write_clip(tmp_path / "clip.wav", n_channels=2))


def some_clips() -> list[Clip]:
    return [
        Clip(f"{label}_{speaker}_{take}", Path("x"), label, speaker, take)
        for speaker in "abcd"
        for label in LABELS
        for take in range(5)
    ]


def test_weights_never_see_heldout_takes_or_speakers() -> None:
    clips = some_clips()
    split = split_clips(clips, section=SplitSection(heldout_takes=[0, 4], heldout_speakers=["b", "d"]))
    assert all(clips[index].speaker in "ac" and clips[index].take in (1, 2, 3) for index in split.training)
    assert all(clips[index].speaker in "ac" and clips[index].take in (0, 4) for index in split.heldout_takes)
    assert all(clips[index].speaker in "bd" for index in split.heldout_speakers)
    assert sorted(split.training + split.heldout_takes + split.heldout_speakers) == list(range(200))


@pytest.mark.parametrize(
    ("takes", "speakers", "message"),
    [
        ([9], ["b"], "split.heldout_takes names 9; takes run from 0 to 4"),
        ([4], ["e"], "split.heldout_speakers names 'e'; the recordings' speakers are a, b, c, d"),
        ([4], ["a", "b", "c", "d"], "leaves no clip of label 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 for training"),
        ([0, 1, 2, 3, 4], ["b"], "leaves no clip of label"),
    ],
)
def test_split_that_leaves_nothing_is_refused(takes: list[int], speakers: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        split_clips(some_clips(), section=SplitSection(heldout_takes=takes, heldout_speakers=speakers))
