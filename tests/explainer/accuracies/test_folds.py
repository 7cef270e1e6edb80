"""A network per fold, on noise: what is trained and tested on what, not how well."""

import statistics
from pathlib import Path
from typing import Any

import pytest

from earshot.errors import RecipeError
from explainer.accuracies.folds import train_folds
from explainer.corpora.splits import split_clips
from explainer.recipe import read_recipe
from explainer.sections.corpus import SplitSection
from explainer.sections.network import NetworkSection
from explainer.trained import Task
from tests.explainer.noise import noise

TINY = read_recipe(Path(__file__).parents[3] / "fixtures/recipes/tiny.toml")
BY_TAKES = SplitSection(by="takes", n_folds=4, fold=1, seed=1)


def task(split: SplitSection = BY_TAKES, **network: Any) -> Task:
    fields = {"architecture": "audionet-small", "seed": 1, "n_epochs": 1, "batch_size": 4, "n_threads": 1} | network
    recipe = TINY.model_copy(update={"network": NetworkSection.model_validate(fields), "split": split})
    heard = noise(("0", "1"), n_takes=8)
    return Task(
        recipe=recipe,
        recipe_folder=Path(),
        heard=heard,
        split=split_clips(heard.recordings, section=split),
    )


def test_every_clip_is_tested_once_by_a_network_that_never_saw_it(tmp_path: Path) -> None:
    table = train_folds(task(), networks=tmp_path)
    assert [each.fold for each in table.folds] == [0, 1, 2, 3]
    # 16 clips in 4 folds: one tests, one validates, two train
    assert [(each.n_training_clips, each.accuracy.n_clips) for each in table.folds] == [(8, 4)] * 4
    assert len(list(tmp_path.iterdir())) == 4


def test_table_has_mean_and_standard_deviation_over_folds(tmp_path: Path) -> None:
    table = train_folds(task(), networks=tmp_path)
    shares = [each.accuracy.share for each in table.folds]
    assert table.mean_share == pytest.approx(sum(shares) / 4)
    mean = sum(shares) / 4
    assert table.standard_deviation_share == pytest.approx((sum((share - mean) ** 2 for share in shares) / 3) ** 0.5)
    lines = str(table).splitlines()
    assert len(lines) == 2 + 4 + 1
    assert lines[-1] == f"mean {statistics.fmean(shares):.2%}, sd {statistics.stdev(shares):.2%}"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (task(SplitSection(heldout_takes=[7])), "split.by is 'heldout', which has no folds"),
        (task(seed=[1, 2]), "network.seed names 2 seeds; folds are trained with one"),
    ],
)
def test_recipe_without_folds_or_with_several_seeds_is_refused(tmp_path: Path, wanted: Task, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        train_folds(wanted, networks=tmp_path)


def test_network_that_is_brought_has_no_folds(tmp_path: Path) -> None:
    brought = {"factory": "a:b", "weights": "c.pt", "input": {"kind": "waveform"}, "labels": ["0", "1"]}
    section = NetworkSection.model_validate(brought)
    wanted = task()
    recipe = wanted.recipe.model_copy(update={"network": section})
    with pytest.raises(RecipeError, match="a network that is brought is not trained"):
        train_folds(
            Task(recipe=recipe, recipe_folder=tmp_path, heard=wanted.heard, split=wanted.split), networks=tmp_path
        )
