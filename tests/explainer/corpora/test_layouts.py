import shutil
from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.corpora.layouts import find_recordings
from tests.explainer.corpora.miniature import COPIES, SPEAKERS, corpus_section, write_clip, write_metadata

FSDD = Path(__file__).parents[4] / "shared/data/fsdd"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two digits, three speakers, two takes, in AudioMNIST's layout."""
    for speaker in ("01", "02", "03"):
        for digit in (3, 7):
            for take in (0, 1):
                write_clip(tmp_path / f"data/{speaker}/{digit}_{speaker}_{take}.wav")
    write_metadata(tmp_path)
    return tmp_path


def test_audiomnist_layout_is_read(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section())
    assert len(recordings.clips) == 60 * 2 * 2 + 4
    assert recordings.speakers == tuple(SPEAKERS)
    assert (recordings.labels, recordings.label_column) == (("3", "7"), "digit")
    first = recordings.clips[0]
    assert (first.id, first.label, first.speaker, first.take) == ("01/3_01_0", "3", "01", 0)
    assert [clip.id for clip in recordings.clips] == sorted(clip.id for clip in recordings.clips)


def test_copies_have_equal_hashes_and_other_clips_have_not(miniature: Path) -> None:
    clips = {clip.id: clip for clip in find_recordings(miniature, section=corpus_section()).clips}
    for (speaker, digit, take), original in COPIES.items():
        stem = f"{speaker}/{digit}_{speaker}"
        assert clips[f"{stem}_{take}"].sha256 == clips[f"{stem}_{original}"].sha256
    assert len({clip.sha256 for clip in clips.values()}) == len(clips) - len(COPIES)


@pytest.mark.parametrize("below", ["", "recordings/"])
def test_fsdd_layout_is_read_from_the_folder_or_its_recordings(tmp_path: Path, below: str) -> None:
    write_clip(tmp_path / f"{below}5_theo_12.wav")
    write_clip(tmp_path / f"{below}6_theo_12.wav")
    recordings = find_recordings(tmp_path, section=corpus_section("fsdd"))
    clip = recordings.clips[0]
    assert (clip.id, clip.label, clip.speaker, clip.take) == ("5_theo_12", "5", "theo", 12)
    assert clip.attributes == {"digit": "5"}
    assert recordings.labels == ("5", "6")


@pytest.mark.skipif(not FSDD.is_dir(), reason="the Free Spoken Digit Dataset is not here")
def test_free_spoken_digit_dataset_is_read() -> None:
    recordings = find_recordings(FSDD, section=corpus_section("fsdd", labels=["0", "1"]))
    assert set(recordings.labels) == {"0", "1"}
    assert "theo" in recordings.speakers
    assert recordings.n_other_labels == 4 * len(recordings.clips)  # eight of ten digits


def test_only_the_named_speakers_are_used(corpus: Path) -> None:
    assert find_recordings(corpus, section=corpus_section(speakers=["03"])).speakers == ("03",)


def test_unknown_speaker_is_refused(corpus: Path) -> None:
    with pytest.raises(RecipeError, match=r"corpus\.speakers names '09'; the recordings' speakers are 01, 02, 03"):
        find_recordings(corpus, section=corpus_section(speakers=["09"]))


def test_hash_of_a_corpus_changes_with_any_byte_and_name(corpus: Path) -> None:
    before = find_recordings(corpus, section=corpus_section()).sha256
    write_clip(corpus / "data/01/3_01_0.wav", duration_s=0.31)
    changed = find_recordings(corpus, section=corpus_section()).sha256
    (corpus / "data/01/3_01_0.wav").rename(corpus / "data/01/3_01_9.wav")
    renamed = find_recordings(corpus, section=corpus_section()).sha256
    write_metadata(corpus, without="60")
    described = find_recordings(corpus, section=corpus_section()).sha256
    assert len({before, changed, renamed, described}) == 4


def test_hash_of_a_corpus_is_the_same_at_another_place(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(corpus, elsewhere)
    hashes = {find_recordings(folder, section=corpus_section()).sha256 for folder in (corpus, elsewhere)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("audiomnist", "data/01/hello.wav"),
        ("audiomnist", "data/01/3_02_0.wav"),
        ("audiomnist", "3_01_0.wav"),
        ("audiomnist", "data/01/3_01_2.WAV"),
        ("audiomnist", "data/01/٣_01_2.wav"),
        ("fsdd", "12_theo_0.wav"),
        ("fsdd", "5_theo.wav"),
    ],
)
def test_unknown_file_name_is_refused(corpus: Path, layout: str, name: str) -> None:
    for path in corpus.rglob("*.wav") if layout == "fsdd" else []:
        path.unlink()
    write_clip(corpus / name)
    with pytest.raises(RecipeError, match=f"{name} does not fit the layout '{layout}'"):
        find_recordings(corpus, section=corpus_section(layout))


def test_hidden_files_are_no_recordings(corpus: Path) -> None:
    write_clip(corpus / "data/01/.3_01_0.wav.partial.wav")
    assert len(find_recordings(corpus, section=corpus_section()).clips) == 12


def test_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"holds no recording <digit>_<speaker>_<take>\.wav"):
        find_recordings(tmp_path, section=corpus_section("fsdd"))


def test_recording_that_cannot_be_read_is_named(corpus: Path) -> None:
    # a link to nowhere fails as a file without permission does, for root as well
    path = corpus / "data/01/3_01_0.wav"
    path.unlink()
    path.symlink_to("nowhere.wav")
    with pytest.raises(RecipeError, match=r"3_01_0\.wav cannot be read \(No such file or directory\); mend its perm"):
        find_recordings(corpus, section=corpus_section())
