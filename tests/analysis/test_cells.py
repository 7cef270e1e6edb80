"""Accuracies by condition."""

import math

import pandas as pd
import pytest

from analysis.cells import Cell, describe_cells


def trials(rows: list[tuple[str, str, str, bool, bool]]) -> pd.DataFrame:
    names = ["subject_id", "channel", "mask", "model_correct", "correct"]
    return pd.DataFrame(rows, columns=names).assign(stimulus=[f"s{i % 3}" for i in range(len(rows))])


def find(cells: list[Cell], *, mask: str = "relevance", model_correct: bool = False) -> Cell:
    (cell,) = [c for c in cells if (c.channel, c.mask, c.model_correct) == ("sound", mask, model_correct)]
    return cell


def test_the_accuracy_is_the_mean_of_participants_and_its_interval_is_theirs() -> None:
    answers = {"a": [True, True], "b": [True, False, False, False], "c": [False, True]}
    frame = trials([(who, "sound", "relevance", False, hit) for who, hits in answers.items() for hit in hits])
    cell = find(describe_cells(frame, level=0.95))
    # R: t.test(c(1, .25, .5))$conf.int -> -0.3653124 1.5319791, cut at 0 and 1
    assert cell.accuracy == pytest.approx(7 / 12)
    assert cell.interval == (0.0, 1.0)
    assert (cell.n_participants, cell.n_stimuli, cell.n_trials, cell.n_correct) == (3, 3, 8, 4)
    assert cell.pooled == 0.5
    # R: t.test(c(1, .25, .5), conf.level = .5)$conf.int -> 0.4033128 0.7633539
    half = find(describe_cells(frame, level=0.5)).interval
    assert half == pytest.approx((0.4033128, 0.7633539), abs=1e-6)


def test_right_and_wrong_predictions_are_never_pooled() -> None:
    cells = describe_cells(
        trials([("a", "sound", "relevance", False, False), ("a", "sound", "relevance", True, True)]), level=0.95
    )
    assert find(cells).accuracy == 0.0
    assert find(cells, model_correct=True).accuracy == 1.0


def test_participants_who_are_all_alike_give_no_interval() -> None:
    cell = find(describe_cells(trials([(who, "sound", "relevance", False, False) for who in "abc"]), level=0.95))
    assert cell.accuracy == 0.0
    assert all(math.isnan(end) for end in cell.interval)


def test_an_empty_cell_has_no_accuracy() -> None:
    cells = describe_cells(trials([("a", "sound", "relevance", False, True)]), level=0.95)
    assert len(cells) == 8
    assert find(cells, mask="control").n_trials == 0
    assert math.isnan(find(cells, mask="control").accuracy)
    assert math.isnan(find(cells, mask="control").pooled)
