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
from explainer.batches.job import Job, Tools, Windows, hear_windows, softmax
from explainer.controls.scene import Unfair
from explainer.corpora.clips import Clip
from explainer.relevance.cells import CellRelevance, relevance_on_cells
from explainer.rendering.asking import Found, ask_first
from explainer.rendering.drafts import prepare
from explainer.training.repeatable import repeatable

STAGE: Final = "explained"
_CELLS_NAME: Final = "cells.npy"
_TIME_NAME: Final = "time.npy"


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
        return batch.job.store.finish(
            STAGE, batch.number, model=ExplainedBatch, make=lambda folder: _explain(batch, folder=folder)
        )


def read_relevance(job: Job, *, number: int, row: int, method: str) -> Found:
    """The relevance that was found for a clip of a finished batch."""
    folder = job.store.batch(STAGE, number)
    cells, in_time = (np.load(folder / name, mmap_mode="r")[row] for name in (_CELLS_NAME, _TIME_NAME))
    return Found(method=method, cells=cells.astype(np.float64), in_time=in_time.astype(np.float64))


def _explain(batch: Batch, *, folder: Path) -> ExplainedBatch:
    tools = batch.job.tools()
    windows = hear_windows(batch.clips, tools=tools)
    inputs = tools.input.of(windows.windows)
    with torch.inference_mode():
        logits = tools.network(inputs)
    explained = explained_labels(batch.clips, predicted=logits.argmax(dim=1).tolist(), tools=tools)
    explanation = tools.explainer(tools.method)(inputs, torch.tensor(explained))
    relevance = relevance_on_cells(explanation, inputs=inputs, network_input=tools.input, method=tools.method)
    _save(relevance, folder=folder)
    probabilities = softmax(logits)
    return ExplainedBatch(
        clips=[
            _answered(
                clip,
                row=row,
                windows=windows,
                relevance=relevance,
                tools=tools,
                probabilities=probabilities[row],
                explained=explained[row],
                relevance_over_logit=float(explanation.relevance_over_logit[row]),
            )
            for row, clip in enumerate(batch.clips)
        ]
    )


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


def _answered(
    clip: Clip,
    *,
    row: int,
    windows: Windows,
    relevance: CellRelevance,
    tools: Tools,
    probabilities: list[float],
    explained: int,
    relevance_over_logit: float,
) -> Answered:
    placed = windows.placed(row)
    found = Found(
        method=tools.method,
        cells=_as_float32(relevance.cells[row]).astype(np.float64),
        in_time=_as_float32(relevance.in_time[row]).astype(np.float64),
    )
    asked = ask_first(found, placed=placed, recipe=tools.recipe)
    prepared = asked if isinstance(asked, Unfair) else prepare(placed, asked=asked)
    return Answered(
        clip=clip.id,
        probabilities=probabilities,
        predicted=int(np.argmax(probabilities)),
        explained=explained,
        relevance_over_logit=relevance_over_logit,
        duration_ms=placed.n_samples * 1000 / placed.transform.sample_rate_hz,
        energy_kept_share=0.0 if isinstance(prepared, Unfair) else prepared.drafts[1].energy_kept_share,
        unfair=prepared.reason if isinstance(prepared, Unfair) else None,
    )
