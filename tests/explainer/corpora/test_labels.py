from pathlib import Path

import pytest

from earshot.errors import RecipeError
from explainer.corpora.layouts import find_recordings
from tests.explainer.corpora.miniature import FEMALE, SPEAKERS, corpus_section


def test_sexes_of_audiomnist_are_male_then_female(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label="sex"))
    assert (recordings.labels, recordings.label_column) == (("male", "female"), "sex")
    assert all((clip.label == "female") == (clip.speaker in FEMALE) for clip in recordings.clips)
    assert all(clip.attributes["digit"] == clip.id[3] for clip in recordings.clips)


def test_speakers_are_labels(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label="speaker"))
    assert recordings.labels == tuple(SPEAKERS)
    assert all(clip.label == clip.speaker for clip in recordings.clips)


def test_any_column_of_the_metadata_is_a_label_spelled_as_it_is(miniature: Path) -> None:
    assert find_recordings(miniature, section=corpus_section(label="accent")).labels == ("German", "german")


def test_labels_of_the_recipe_keep_their_order_and_others_are_left_out_and_counted(miniature: Path) -> None:
    recordings = find_recordings(miniature, section=corpus_section(label="speaker", labels=["02", "01"]))
    assert recordings.labels == ("02", "01")
    assert recordings.speakers == ("01", "02")
    assert recordings.n_other_labels == 244 - 8


def test_hash_is_that_of_the_clips_that_are_used(miniature: Path) -> None:
    every, some = (
        find_recordings(miniature, section=corpus_section(label="speaker", labels=labels)).sha256
        for labels in (None, ["01", "02"])
    )
    assert every != some


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"label": "mood"},
            r"corpus\.label is 'mood'; the recordings' columns are accent, age, digit, native speaker, origin, ",
        ),
        ({"labels": ["3", "4"]}, r"corpus\.labels names '4'; the values of 'digit' are '3', '7'"),
        (
            {"label": "origin"},
            r"the only value of corpus\.label = 'origin' is 'Europe, Germany, Berlin'; .* two or more",
        ),
        ({"label": "age"}, r"3_45_0\.wav of speaker '45' has no 'age', which corpus\.label names; fill it in or leave"),
    ],
)
def test_label_that_the_recordings_do_not_have_is_refused(
    miniature: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        find_recordings(miniature, section=corpus_section("audiomnist", **changes))
