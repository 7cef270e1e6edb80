import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.corpora.audiomnist import DIGIT_FOLDS, OFFICIAL_FOLDS, SEX_FOLDS
from explainer.corpora.layouts import find_recordings
from explainer.corpora.splits import split_clips
from explainer.sections.corpus import SplitSection
from tests.explainer.corpora.miniature import (
    FEMALE,
    SPEAKERS,
    corpus_section,
    write_clip,
    write_metadata,
)

# the folds as the published preprocessing lists them, and which of them validate, and train, beside the tested one
DIGITS = {
    "A": "26 52 60 18 32 42 5 13 22 33 45 51",
    "B": "28 56 7 19 35 1 6 16 23 34 46 53",
    "C": "36 57 9 24 37 2 8 17 29 39 48 54",
    "D": "43 58 14 25 38 3 10 20 30 40 49 55",
    "E": "12 47 59 15 27 41 4 11 21 31 44 50",
}
SEXES = {"P": "36 47 56 2 44 50", "Q": "26 12 57 25 37 45", "R": "43 28 52 48 53 41", "S": "58 59 60 7 23 38"}
DIGIT_SPLITS = [("CDB", "E", "A"), ("CDE", "A", "B"), ("ADE", "B", "C"), ("ABE", "C", "D"), ("ABC", "D", "E")]
SEX_SPLITS = [("PQ", "R", "S"), ("QR", "S", "P"), ("RS", "P", "Q"), ("SP", "Q", "R")]


def speakers_of(folds: dict[str, str], *, names: str) -> set[str]:
    return {f"{int(speaker):02}" for name in names for speaker in folds[name].split()}


@pytest.mark.parametrize("task", ["digit", "sex"])
def test_official_folds_are_disjoint_and_of_equal_size(task: str) -> None:
    folds = OFFICIAL_FOLDS[task]
    assert len({len(fold) for fold in folds}) == 1
    assert all(set(one).isdisjoint(other) for one, other in combinations(folds, 2))
    assert all(len(set(fold)) == len(fold) for fold in folds)


def test_official_digit_folds_hold_every_speaker() -> None:
    assert sorted(speaker for fold in DIGIT_FOLDS for speaker in fold) == SPEAKERS


def test_official_digit_folds_hold_two_or_three_women_each() -> None:
    # 12 women in five folds
    assert sorted(len(set(fold) & set(FEMALE)) for fold in DIGIT_FOLDS) == [2, 2, 2, 3, 3]


def test_official_sex_folds_hold_all_women_and_as_many_men() -> None:
    assert all(len(set(fold) & set(FEMALE)) == 3 and len(fold) == 6 for fold in SEX_FOLDS)
    assert {speaker for fold in SEX_FOLDS for speaker in fold} >= set(FEMALE)


@pytest.mark.parametrize(
    ("task", "folds", "splits"), [("digit", DIGITS, DIGIT_SPLITS), ("sex", SEXES, SEX_SPLITS)], ids=["digit", "sex"]
)
def test_official_splits_are_the_published_ones(
    miniature: Path, task: str, folds: dict[str, str], splits: list[tuple[str, str, str]]
) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label=task))
    assert len(OFFICIAL_FOLDS[task]) == len(splits)
    for fold, names in enumerate(splits):
        split = split_clips(recordings, section=SplitSection(by="official", fold=fold))
        parts = (split.training, split.validation, split.heldout_speakers)
        for part, letters in zip(parts, names, strict=True):
            assert {recordings.clips[index].speaker for index in part} == speakers_of(folds, names=letters)
        assert split.heldout_takes == ()


def test_metadata_become_attributes_under_their_own_names(miniature: Path) -> None:
    clips = find_recordings(miniature, section=corpus_section()).clips
    assert clips[0].attributes == {
        "digit": "3",
        "sex": "male",
        "age": "30",
        "accent": "german",
        "native speaker": "no",
        "origin": "Europe, Germany, Berlin",
        "recordingdate": "17-06-22-11-04-28",
        "recordingroom": "vr-room",
    }
    assert {clip.attributes["recordingroom"] for clip in clips} == {"vr-room", "vr-romm"}
    women = {clip.speaker for clip in clips if clip.attributes["sex"] == "female"}
    assert women == set(FEMALE)


def test_age_is_read_as_number_or_text_and_1234_is_unknown(miniature: Path) -> None:
    clips = find_recordings(miniature, section=corpus_section()).clips
    ages = {clip.speaker: clip.attributes.get("age") for clip in clips}
    assert ages["01"] == "30"
    assert ages["45"] is None
    assert Counter(ages.values()) == {"27": 58, "30": 1, None: 1}


def small_corpus(folder: Path) -> Path:
    for speaker in ("01", "17"):
        for digit in (3, 7):
            write_clip(folder / f"data/{speaker}/{digit}_{speaker}_0.wav")
    write_metadata(folder)
    return folder


def test_speaker_missing_in_an_older_version_is_named(tmp_path: Path) -> None:
    write_metadata(small_corpus(tmp_path), without="17 22 34")
    message = r"speaker '17' has recordings but is missing in data/audioMNIST_meta\.txt.* lack 17, 22 and 34"
    with pytest.raises(RecipeError, match=message):
        find_recordings(tmp_path, section=corpus_section())


def test_speaker_that_is_not_used_may_be_missing_in_the_metadata(tmp_path: Path) -> None:
    write_metadata(small_corpus(tmp_path), without="17 22 34")
    assert find_recordings(tmp_path, section=corpus_section(speakers=["01"])).speakers == ("01",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ("[]", "is a JSON list; expected an object"),
        ('{"01": 3}', "speaker '01' is 3; expected an object"),
        ('{"01": {"gender": "f"}}', "speaker '01': gender is 'f'; expected 'female' or 'male'"),
        ('{"01": {"age": "old"}}', "speaker '01': age is 'old'; expected whole years"),
        ('{"01": {"age": 3.5}}', "speaker '01': age is '3.5'; expected whole years"),
        ('{"01": {"age": "²"}}', "speaker '01': age is '²'"),
        ('{"01": {"accent": ["a"]}}', r"speaker '01': accent is \['a'\]; expected text or a number"),
    ],
)
def test_unreadable_metadata_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (small_corpus(tmp_path) / "data/audioMNIST_meta.txt").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        find_recordings(tmp_path, section=corpus_section())


def test_missing_metadata_are_refused(tmp_path: Path) -> None:
    (small_corpus(tmp_path) / "data/audioMNIST_meta.txt").unlink()
    with pytest.raises(RecipeError, match=r"audioMNIST_meta\.txt is missing"):
        find_recordings(tmp_path, section=corpus_section())


def test_speaker_without_gender_is_no_example_of_a_sex(tmp_path: Path) -> None:
    metadata = {"01": {"gender": "male", "age": 30}, "17": {"age": 30}}
    (small_corpus(tmp_path) / "data/audioMNIST_meta.txt").write_text(json.dumps(metadata), encoding="utf-8")
    find_recordings(tmp_path, section=corpus_section())
    with pytest.raises(RecipeError, match=r"3_17_0\.wav of speaker '17' has no 'sex', which corpus\.label names"):
        find_recordings(tmp_path, section=corpus_section(label="sex"))
