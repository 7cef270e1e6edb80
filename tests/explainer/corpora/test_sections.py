"""The recipe's sections on corpus and split."""

import pytest
from pydantic import ValidationError

from earshot.errors import describe_validation
from explainer.sections.corpus import CorpusSection, SplitSection

CORPUS = {"name": "voices", "path": ".", "layout": "audiomnist"}
MANIFEST = {"name": "voices", "path": ".", "layout": "manifest", "manifest": "lists/clips.csv"}
FOLDED = {"n_folds": 5, "fold": 0, "seed": 1}


def test_label_is_the_digit_unless_a_manifest_is_read() -> None:
    assert CorpusSection.model_validate(CORPUS).label == "digit"
    assert CorpusSection.model_validate(CORPUS | {"layout": "fsdd"}).label == "digit"
    assert CorpusSection.model_validate(MANIFEST).label == "label"
    assert CorpusSection.model_validate(MANIFEST | {"label": "room"}).label == "room"


@pytest.mark.parametrize("fields", [CORPUS, MANIFEST])
def test_corpus_section_reads_what_it_wrote(fields: dict[str, object]) -> None:
    section = CorpusSection.model_validate(fields)
    assert CorpusSection.model_validate(section.model_dump(mode="json")) == section


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (CORPUS | {"manifest": "clips.csv"}, "layout is 'audiomnist' and manifest 'clips.csv'; expected the name of a"),
        (CORPUS | {"layout": "manifest"}, "layout is 'manifest' and manifest None; expected the name of a CSV file"),
        (MANIFEST | {"manifest": "/clips.csv"}, "manifest is '/clips.csv'; expected a path below the corpus' folder"),
        (MANIFEST | {"manifest": "../clips.csv"}, "manifest is '../clips.csv'; expected a path below"),
        (CORPUS | {"label": ""}, "label is ''; string should have at least 1 character"),
        (CORPUS | {"labels": ["3"]}, "labels is ['3']; list should have at least 2 items"),
        (CORPUS | {"labels": ["3", "7", "3"]}, "labels: '3' stands twice in ['3', '7', '3']; take one of them out"),
        (CORPUS | {"speakers": ["01", "01"]}, "speakers: '01' stands twice"),
    ],
)
def test_corpus_section_with_a_fault_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CorpusSection.model_validate(fields)
    assert message in describe_validation(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"heldout_takes": [0]},
        {"heldout_speakers": ["01"]},
        {"by": "takes", **FOLDED},
        {"by": "speakers", **FOLDED},
        {"by": "official", "fold": 4},
    ],
)
def test_split_section_is_read(fields: dict[str, object]) -> None:
    section = SplitSection.model_validate(fields)
    assert SplitSection.model_validate(section.model_dump(mode="json")) == section


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "heldout_takes is [] and heldout_speakers []; expected takes, speakers or both with by = 'heldout'"),
        ({"by": "takes", "heldout_takes": [1], **FOLDED}, "heldout_takes is [1] and heldout_speakers []; expected"),
        ({"heldout_takes": [1, 1]}, "heldout_takes: 1 stands twice in [1, 1]"),
        ({"heldout_speakers": ["a", "a"]}, "heldout_speakers: 'a' stands twice"),
        ({"heldout_takes": [1], "fold": 1}, "fold is 1; by = 'heldout' has no folds"),
        ({"by": "takes", "fold": 1, "seed": 1}, "n_folds is None; by = 'takes' needs n_folds, fold, seed"),
        ({"by": "speakers", "n_folds": 5, "seed": 1}, "fold is None; by = 'speakers' needs n_folds, fold, seed"),
        ({"by": "official"}, "fold is None; by = 'official' needs fold and nothing else"),
        ({"by": "official", **FOLDED}, "n_folds is 5; by = 'official' needs fold and nothing else"),
        (
            {"by": "takes", "n_folds": 2, "fold": 0, "seed": 1},
            "n_folds is 2; input should be greater than or equal to 3",
        ),
        ({"by": "label", **FOLDED}, "by is 'label'; input should be 'heldout', 'takes', 'speakers' or 'official'"),
    ],
)
def test_split_section_with_a_fault_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SplitSection.model_validate(fields)
    assert message in describe_validation(caught.value)
