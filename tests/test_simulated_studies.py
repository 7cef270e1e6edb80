"""From a simulated study to its verdict by the real way; `benchmarks/interval_coverage.py` does it 40 times each."""

from pathlib import Path

import pytest
from pytest_django import Settings

from benchmarks.interval_coverage import EFFECT_LOG_ODDS, Outcome, Task, load_default_study, run_task

N_PER_ARM = 60


def outcome(listeners: str, *, seed: int, folder: Path, settings: Settings) -> Outcome:
    settings.MEDIA_ROOT = folder / "media"
    load_default_study(folder)
    return run_task(Task(listeners, seed, N_PER_ARM), folder=folder)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_simulated_effect_is_found_within_its_interval(
    seed: int, db: None, tmp_path: Path, settings: Settings
) -> None:
    found = outcome("model", seed=seed, folder=tmp_path, settings=settings)
    assert found.decided_by == "mixed model"
    assert found.covers_effect
    assert found.estimate is not None
    # four standard errors, which are about .27
    assert abs(found.estimate - EFFECT_LOG_ODDS) < 1.1
    assert found.verdict == "sound_adds_more"


@pytest.mark.parametrize("seed", [1, 2])
def test_truth_namers_are_no_evidence_though_channels_differ(
    seed: int, db: None, tmp_path: Path, settings: Settings
) -> None:
    found = outcome("truth-namer", seed=seed, folder=tmp_path, settings=settings)
    assert found.verdict == "no_evidence"
    # recognised .90 and .15, the rest guessed among ten labels; 1440 answers each
    assert found.accuracies["sound", True] == pytest.approx(0.91, abs=0.04)
    assert found.accuracies["picture", True] == pytest.approx(0.235, abs=0.06)
    assert found.accuracies["sound", False] == pytest.approx(0.01, abs=0.015)
    assert found.accuracies["picture", False] == pytest.approx(0.085, abs=0.04)
