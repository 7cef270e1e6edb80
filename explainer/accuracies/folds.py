"""Training and testing on every fold of a split in turn."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from earshot.errors import RecipeError
from explainer.corpora.splits import folds_of, split_clips
from explainer.networks.description import NetworkDescription, PartAccuracy
from explainer.trained import Task, trained_networks


@dataclass(frozen=True)
class FoldAccuracy:
    """One fold's network on the clips that the fold held out."""

    fold: int
    n_training_clips: int
    accuracy: PartAccuracy


@dataclass(frozen=True)
class FoldTable:
    """All folds, in order, with the mean of their accuracies and its standard deviation over folds (n - 1)."""

    name: str
    folds: tuple[FoldAccuracy, ...]

    @property
    def mean_share(self) -> float:
        """Mean over folds, each counting once, as becker2024 reports it."""
        return statistics.fmean(each.accuracy.share for each in self.folds)

    @property
    def standard_deviation_share(self) -> float:
        """Standard deviation over folds (n - 1): how much a fold matters, not how sure the mean is."""
        return statistics.stdev(each.accuracy.share for each in self.folds)

    def __str__(self) -> str:
        """The table as text: fold, training and test clips, accuracy with its 95 % interval; mean and deviation."""
        lines = [f"{self.name}", "fold  training  tested  accuracy  95 % interval"]
        lines += [_line(each) for each in self.folds]
        return "\n".join([*lines, f"mean {self.mean_share:.2%}, sd {self.standard_deviation_share:.2%}"])


def train_folds(task: Task, *, networks: Path, force: bool = False) -> FoldTable:
    """A network per fold of the recipe's split, each tested on the clips that its fold holds out.

    Parameters
    ----------
    task : Task
        Its own fold, and its `split`, count for nothing.

    Raises
    ------
    RecipeError
        If the split has no folds, the recipe brings its network, or names several seeds.
    """
    recipe = task.recipe
    if recipe.network.factory is not None:
        raise RecipeError("a network that is brought is not trained; train folds with an architecture")
    if len(recipe.network.seeds) > 1:
        raise RecipeError(f"network.seed names {len(recipe.network.seeds)} seeds; folds are trained with one: name one")
    sections = folds_of(recipe.split, label_column=task.heard.recordings.label_column)
    if len(sections) < 2:
        raise RecipeError(
            f"split.by is '{recipe.split.by}', which has no folds; take 'takes', 'speakers' or 'official'"
        )
    folds = []
    for section in sections:
        split = split_clips(task.heard.recordings, section=section)
        fold_task = replace(task, recipe=recipe.model_copy(update={"split": section}), split=split)
        (trained,) = trained_networks(fold_task, networks=networks, force=force)
        folds.append(_tested(trained.description, fold=section.fold or 0))
    return FoldTable(
        name=f"{recipe.recipe.name}: {recipe.network.architecture}, by {recipe.split.by}", folds=tuple(folds)
    )


def _tested(description: NetworkDescription, *, fold: int) -> FoldAccuracy:
    """The accuracy on the part that a split by folds holds out: speakers, or takes of known ones."""
    held_out: Sequence[PartAccuracy | None] = (description.heldout_speakers, description.heldout_takes)
    (accuracy,) = [part for part in held_out if part is not None]
    return FoldAccuracy(fold=fold, n_training_clips=description.n_training_clips, accuracy=accuracy)


def _line(each: FoldAccuracy) -> str:
    low, high = each.accuracy.interval
    return (
        f"{each.fold:>4}  {each.n_training_clips:>8}  {each.accuracy.n_clips:>6}  {each.accuracy.share:>8.2%}  "
        f"{low:.2%} to {high:.2%}"
    )
