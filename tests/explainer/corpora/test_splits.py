from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.corpora.clips import Clip, Recordings
from explainer.corpora.layouts import find_recordings
from explainer.corpora.splits import Split, folds_of, split_clips
from explainer.sections.corpus import SplitSection
from tests.explainer.corpora.miniature import COPIES, FEMALE, corpus_section

LABELS = tuple("0123456789")


def some_recordings(
    speakers: Sequence[str] = "abcd", *, sexes: Mapping[str, str] | None = None, label_column: str = "digit"
) -> Recordings:
    """Every label by every speaker, five takes each."""
    clips = [
        Clip(f"{label}_{speaker}_{take}", Path("x"), label, speaker, take, {"sex": sexes[speaker]} if sexes else {})
        for speaker in speakers
        for label in LABELS
        for take in range(5)
    ]
    labels = LABELS
    if label_column == "speaker":
        labels, clips = tuple(speakers), [replace(clip, label=clip.speaker) for clip in clips]
    return Recordings(name="test", clips=tuple(clips), labels=labels, sha256="", label_column=label_column)


def section(**keys: object) -> SplitSection:
    return SplitSection.model_validate(keys)


def speakers_of(recordings: Recordings, *, part: Sequence[int]) -> set[str]:
    return {recordings.clips[index].speaker for index in part}


def takes_of(recordings: Recordings, *, part: Sequence[int]) -> set[int]:
    return {recordings.clips[index].take for index in part}


def indices_of(split: Split) -> list[int]:
    return sorted(split.training + split.validation + split.heldout_takes + split.heldout_speakers)


def test_weights_never_see_heldout_takes_or_speakers() -> None:
    recordings = some_recordings()
    split = split_clips(recordings, section=section(heldout_takes=[0, 4], heldout_speakers=["b", "d"]))
    assert speakers_of(recordings, part=split.training) == {"a", "c"}
    assert takes_of(recordings, part=split.training) == {1, 2, 3}
    assert speakers_of(recordings, part=split.heldout_takes) == {"a", "c"}
    assert takes_of(recordings, part=split.heldout_takes) == {0, 4}
    assert speakers_of(recordings, part=split.heldout_speakers) == {"b", "d"}
    assert split.validation == ()
    assert indices_of(split) == list(range(200))


def test_takes_or_speakers_alone_may_be_held_out() -> None:
    recordings = some_recordings()
    by_take = split_clips(recordings, section=section(heldout_takes=[2]))
    assert (len(by_take.heldout_takes), by_take.heldout_speakers) == (40, ())
    by_speaker = split_clips(recordings, section=section(heldout_speakers=["a"]))
    assert (by_speaker.heldout_takes, len(by_speaker.heldout_speakers)) == ((), 50)


def test_folds_of_takes_test_every_take_once_and_validate_the_one_before() -> None:
    recordings = some_recordings()
    sections = folds_of(section(by="takes", n_folds=5, fold=0, seed=3), label_column="digit")
    splits = [split_clips(recordings, section=one) for one in sections]
    assert len(splits) == 5
    tested = [takes_of(recordings, part=split.heldout_takes) for split in splits]
    assert sorted(take for takes in tested for take in takes) == [0, 1, 2, 3, 4]
    for fold, split in enumerate(splits):
        assert takes_of(recordings, part=split.validation) == tested[fold - 1]
        assert split.heldout_speakers == ()
        assert indices_of(split) == list(range(200))


def test_folds_of_speakers_test_every_speaker_once_and_validate_the_ones_before() -> None:
    recordings = some_recordings("abcdefgh")
    sections = folds_of(section(by="speakers", n_folds=3, fold=0, seed=3), label_column="digit")
    splits = [split_clips(recordings, section=one) for one in sections]
    tested = [speakers_of(recordings, part=split.heldout_speakers) for split in splits]
    assert sorted(len(speakers) for speakers in tested) == [2, 3, 3]
    assert sorted(speaker for speakers in tested for speaker in speakers) == list("abcdefgh")
    for fold, split in enumerate(splits):
        assert speakers_of(recordings, part=split.validation) == tested[fold - 1]
        assert split.heldout_takes == ()
        assert indices_of(split) == list(range(400))


@pytest.mark.parametrize("seed", range(5))
def test_folds_of_speakers_are_balanced_in_sex_and_size(seed: int) -> None:
    sexes = {f"{number:02}": "female" if f"{number:02}" in FEMALE else "male" for number in range(1, 61)}
    recordings = some_recordings(tuple(sexes), sexes=sexes)
    for one in folds_of(section(by="speakers", n_folds=5, fold=0, seed=seed), label_column="digit"):
        tested = speakers_of(recordings, part=split_clips(recordings, section=one).heldout_speakers)
        assert len(tested) == 12
        assert Counter(sexes[speaker] for speaker in tested)["female"] in (2, 3)  # 12 women in five folds


def test_folds_follow_the_seed() -> None:
    recordings = some_recordings("abcdefghijkl")
    drawn = [
        split_clips(recordings, section=section(by="speakers", n_folds=3, fold=1, seed=seed)) for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_official_split_has_a_section_for_each_fold_of_its_label() -> None:
    official = section(by="official", fold=3)
    assert [one.fold for one in folds_of(official, label_column="digit")] == [0, 1, 2, 3, 4]
    assert [one.fold for one in folds_of(official, label_column="sex")] == [0, 1, 2, 3]


def test_split_without_folds_is_its_only_one() -> None:
    only = section(heldout_takes=[1])
    assert folds_of(only, label_column="digit") == [only]


def test_copies_of_clips_that_train_are_left_out_of_the_test(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section())
    split = split_clips(recordings, section=section(heldout_takes=[1, 20, 29], heldout_speakers=["60"]))
    assert split.n_copies_left_out == len(COPIES) == 2
    tested = {recordings.clips[index].id for index in split.heldout_takes}
    trained = {recordings.clips[index].id for index in split.training}
    assert {"36/3_36_19", "36/3_36_28"} <= trained
    assert {"36/3_36_20", "36/3_36_29"}.isdisjoint(tested)
    assert split.n_clips == len(recordings.clips) - 2


def test_copies_within_a_part_stay(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section())
    split = split_clips(recordings, section=section(heldout_speakers=["36"]))
    assert split.n_copies_left_out == 0
    assert len(split.heldout_speakers) == 8


def test_part_that_holds_copies_only_is_refused(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section())
    message = r"no held-out take of a known speaker \(2 are copies of clips in other parts\); hold out other takes"
    with pytest.raises(RecipeError, match=message):
        split_clips(recordings, section=section(heldout_takes=[20, 29]))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"heldout_takes": [9], "heldout_speakers": ["b"]}, r"split\.heldout_takes names 9; takes run from 0 to 4"),
        ({"heldout_takes": [4], "heldout_speakers": ["e"]}, r"names 'e'; the recordings' speakers are a, b, c, d"),
        ({"heldout_speakers": list("abcd")}, r"no clip of label 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 for training"),
        ({"heldout_takes": [0, 1, 2, 3, 4]}, r"leaves no clip of label 0, 1, .* for training; hold out fewer takes"),
        ({"heldout_takes": [4], "heldout_speakers": list("abcd")}, r"leaves no held-out take of a known speaker"),
        (
            {"heldout_takes": [1, 2, 3, 4], "heldout_speakers": list("abc")},
            r"leaves one clip of label 0, 1, 2, .* at le",
        ),
        (
            {"by": "takes", "n_folds": 6, "fold": 0, "seed": 1},
            r"split\.n_folds is 6, .* have 5 takes; take fewer folds",
        ),
        ({"by": "speakers", "n_folds": 5, "fold": 0, "seed": 1}, r"split\.n_folds is 5, .* have 4 speakers"),
        ({"by": "takes", "n_folds": 3, "fold": 3, "seed": 1}, r"split\.fold is 3; the folds by takes run from 0 to 2"),
        ({"by": "official", "fold": 0}, r"'official', but the recordings have no speaker 01, 02, .*, 60; complete"),
    ],
)
def test_split_that_the_recordings_do_not_allow_is_refused(keys: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        split_clips(some_recordings(), section=section(**keys))


def test_label_with_one_recording_is_named() -> None:
    every = some_recordings()
    clips = tuple(clip for clip in every.clips if clip.label != "7" or clip.id == "7_a_1")
    message = r"leaves one clip of label 7 for training; expected at least 2: add recordings"
    with pytest.raises(RecipeError, match=message):
        split_clips(replace(every, clips=clips), section=section(heldout_takes=[0]))


def test_official_fold_that_does_not_exist_is_refused(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label="sex"))
    with pytest.raises(RecipeError, match=r"split\.fold is 4; the folds by official run from 0 to 3"):
        split_clips(recordings, section=section(by="official", fold=4))


def test_speaker_that_official_folds_lack_is_named(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section())
    without = replace(recordings, clips=tuple(clip for clip in recordings.clips if clip.speaker not in ("17", "34")))
    with pytest.raises(RecipeError, match=r"the recordings have no speaker 17, 34; complete AudioMNIST, or split by"):
        split_clips(without, section=section(by="official", fold=0))


def test_official_folds_of_another_label_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"'official' and corpus\.label 'accent'; .* for digit and sex only"):
        folds_of(section(by="official", fold=0), label_column="accent")


@pytest.mark.parametrize(
    "keys",
    [
        {"heldout_takes": [0], "heldout_speakers": ["a"]},
        {"by": "speakers", "n_folds": 3, "fold": 0, "seed": 1},
        {"by": "official", "fold": 0},
    ],
)
def test_network_that_tells_speakers_is_not_tested_on_unknown_ones(keys: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=r"corpus\.label is 'speaker', but the split holds speakers out, whose label"):
        split_clips(some_recordings(label_column="speaker"), section=section(**keys))


def test_network_that_tells_speakers_is_tested_on_other_takes() -> None:
    recordings = some_recordings(label_column="speaker")
    assert len(split_clips(recordings, section=section(heldout_takes=[0])).heldout_takes) == 40
    by_takes = split_clips(recordings, section=section(by="takes", n_folds=5, fold=0, seed=1))
    assert len(by_takes.heldout_takes) == 40


def test_clip_in_two_parts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"clips \[2, 3\] are in two parts of a split; expected each in one"):
        Split(training=(0, 1, 2, 3), validation=(3,), heldout_takes=(2, 4))
