"""Other ways to the primary contrast."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.special import logit

from analysis.cells import describe_cells
from analysis.exclusions import select_analysed
from analysis.load import load_dataset
from analysis.sensitivity import analyse_sensitivity


def test_on_balanced_data_gee_equals_the_logits_of_the_cells(study_zip: Callable[..., Path]) -> None:
    """Everybody has as many trials in each cell, so the saturated model's fitted values are the cells' shares."""
    trials = select_analysed(load_dataset(study_zip(n_participants=32, seed=5))).trials
    share = {(c.channel, c.mask): c.pooled for c in describe_cells(trials, level=0.95) if not c.model_correct}
    expected = logit(share["sound", "relevance"]) - logit(share["sound", "control"])
    expected -= logit(share["picture", "relevance"]) - logit(share["picture", "control"])
    welch, permutation, gee = analyse_sensitivity(trials, level=0.95)
    assert gee.estimate == pytest.approx(expected, abs=1e-5)
    assert gee.interval[0] < gee.estimate < gee.interval[1]
    assert "24 degrees of freedom" in gee.note
    assert welch.estimate == pytest.approx(permutation.estimate)
    assert permutation.interval[0] < permutation.estimate < permutation.interval[1]


def test_a_floor_leaves_gee_not_available(study_zip: Callable[..., Path]) -> None:
    trials = select_analysed(load_dataset(study_zip(n_participants=16, listeners="never-wrong-ones"))).trials
    _, _, gee = analyse_sensitivity(trials, level=0.95)
    assert math.isnan(gee.estimate)
    assert gee.note == "not available: the answers of a cell are all alike"


def test_too_few_participants_leave_gee_not_available(study_zip: Callable[..., Path]) -> None:
    trials = select_analysed(load_dataset(study_zip(n_participants=8, seed=2))).trials
    *_, gee = analyse_sensitivity(trials, level=0.95)
    assert gee.note == "not available: no more participants than coefficients"


def test_one_channel_alone_has_no_sensitivity(study_zip: Callable[..., Path]) -> None:
    trials = select_analysed(load_dataset(study_zip(n_participants=8, seed=2))).trials
    assert analyse_sensitivity(trials[trials["channel"] == "sound"], level=0.95) == []
