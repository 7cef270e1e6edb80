"""The first stage: what a network answers to a batch of clips, why, and whether each can become a stimulus."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from earshot.files import Strict
from explainer.batches.job import Job, Tools, Windows, answer_windows, hear_windows, softmax
from explainer.controls.scene import Unfair
from explainer.corpora.clips import Clip
from explainer.relevance.cells import CellRelevance, relevance_on_cells
from explainer.rendering.asking import Found, ask_first
from explainer.rendering.drafts import Prepared, prepare
from explainer.sounds.rates import to_network_rate
from explainer.training.repeatable import repeatable

STAGE: Final = "explained"
_CELLS_NAME: Final = "cells.npy"
_TIME_NAME: Final = "time.npy"
_OTHER_ANSWER: Final = "the network answers otherwise to the original as it is played: cut, faded and resampled"
_CLEARLY: Final = 0.005  # of probability


class Answered(Strict):
    """A clip with the network's answer to it.

    `probabilities` stand in the order of the labels; `predicted` and `explained` are indices of labels. `unfair` says
    why the clip can be no stimulus; None where it can. `energy_kept_share` is that of the relevance mask.
    """

    clip: str
    probabilities: list[float]
    predicted: int
    explained: int
    relevance_over_logit: float
    duration_ms: float
    energy_kept_share: float
    unfair: str | None


class ExplainedBatch(Strict):
    """The clips of a batch, in their order."""

    clips: list[Answered]


@dataclass(frozen=True)
class Batch:
    """Clips that are explained together; `number` names the batch in its stage."""

    job: Job
    number: int
    clips: tuple[Clip, ...]


def explain_batch(batch: Batch) -> ExplainedBatch:
    """A batch explained, or what was found when it was explained before; one thread, whatever the recipe says."""
    with repeatable(seed=0, n_threads=1):
        return batch.job.explained.finish(
            STAGE, batch.number, model=ExplainedBatch, make=lambda folder: _explain(batch, folder=folder)
        )


def read_relevance(job: Job, *, number: int, row: int, method: str) -> Found:
    """The relevance that was found for a clip of a finished batch."""
    folder = job.explained.batch(STAGE, number)
    cells, in_time = (np.load(folder / name, mmap_mode="r")[row] for name in (_CELLS_NAME, _TIME_NAME))
    return Found(method=method, cells=cells.astype(np.float64), in_time=in_time.astype(np.float64))


def _explain(batch: Batch, *, folder: Path) -> ExplainedBatch:
    tools = batch.job.tools()
    windows = hear_windows(batch.clips, tools=tools)
    inputs = tools.input.of(windows.windows)
    logits = answer_windows(windows.windows, tools=tools)
    predicted: list[int] = logits.argmax(dim=1).tolist()
    explained = explained_labels(batch.clips, predicted=predicted, tools=tools)
    explanation = tools.explainer(tools.method)(inputs, torch.tensor(explained))
    relevance = relevance_on_cells(explanation, inputs=inputs, network_input=tools.input, method=tools.method)
    _save(relevance, folder=folder)
    probabilities = softmax(logits)
    prepared = _prepare(relevance, windows=windows, tools=tools)
    prepared = _unless_playing_changes_the_answer(prepared, predicted=predicted, tools=tools)
    return ExplainedBatch(
        clips=[
            Answered(
                clip=clip.id,
                probabilities=probabilities[row],
                predicted=predicted[row],
                explained=explained[row],
                relevance_over_logit=float(explanation.relevance_over_logit[row]),
                duration_ms=windows.n_samples[row] * 1000 / tools.input.transform.sample_rate_hz,
                energy_kept_share=0.0 if isinstance(one, Unfair) else one.drafts[1].energy_kept_share,
                unfair=one.reason if isinstance(one, Unfair) else None,
            )
            for row, (clip, one) in enumerate(zip(batch.clips, prepared, strict=True))
        ]
    )


def _prepare(relevance: CellRelevance, *, windows: Windows, tools: Tools) -> list[Prepared | Unfair]:
    """The first drafts of every clip, or why it can be no stimulus."""
    prepared: list[Prepared | Unfair] = []
    for row in range(len(windows.starts)):
        placed = windows.placed(row)
        found = Found(
            method=tools.method,
            cells=_as_float32(relevance.cells[row]).astype(np.float64),
            in_time=_as_float32(relevance.in_time[row]).astype(np.float64),
        )
        asked = ask_first(found, placed=placed, recipe=tools.recipe)
        prepared.append(asked if isinstance(asked, Unfair) else prepare(placed, asked=asked))
    return prepared


def _unless_playing_changes_the_answer(
    prepared: Sequence[Prepared | Unfair], *, predicted: Sequence[int], tools: Tools
) -> list[Prepared | Unfair]:
    """The drafts again; unfit where the network answers otherwise to the original as it is played.

    People would be asked what the computer answered to a sound to which it answers something else.
    """
    transform = tools.input.transform
    played = torch.zeros(len(prepared), transform.n_samples)
    for window, one in zip(played, prepared, strict=True):
        if isinstance(one, Prepared):
            heard = to_network_rate(one.original.sound, transform=transform)
            window[one.cut.first_sample : one.cut.first_sample + len(heard)] = torch.from_numpy(heard)
    answered = torch.softmax(answer_windows(played, tools=tools), dim=1)
    return [
        Unfair(_OTHER_ANSWER) if isinstance(one, Prepared) and not _is_clearly(answers, label=label) else one
        for one, answers, label in zip(prepared, answered, predicted, strict=True)
    ]


def _is_clearly(probabilities: Tensor, *, label: int) -> bool:
    """Whether a label is ahead of all others by more than rounding to 16 bits can change."""
    others = torch.cat([probabilities[:label], probabilities[label + 1 :]])
    return bool(probabilities[label] > others.max() + _CLEARLY)


def explained_labels(clips: Sequence[Clip], *, predicted: Sequence[int], tools: Tools) -> list[int]:
    """Which label is explained of each clip: the predicted one, the true one, or the one that the recipe names."""
    wanted = tools.recipe.relevance.explained
    if wanted == "predicted":
        return list(predicted)
    return [tools.labels.index(clip.label if wanted == "true" else wanted) for clip in clips]


def _save(relevance: CellRelevance, *, folder: Path) -> None:
    for name, values in ((_CELLS_NAME, relevance.cells), (_TIME_NAME, relevance.in_time)):
        np.save(folder / name, _as_float32(values))


def _as_float32(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().float().numpy()
    return array
