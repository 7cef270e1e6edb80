"""Relevance as arrays, for those who want the numbers and no stimuli: `python -m explainer explain`."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.compute import Workers
from earshot.files import folder_written_aside
from explainer.batches.explaining import read_relevance
from explainer.batches.job import Job, Tools, hear_windows
from explainer.batches.stages import ExplainedClip, explain_clips
from explainer.bundling import hear_task, make_job, open_stores
from explainer.choosing import hard_clips
from explainer.relevance.explaining import Explainer
from explainer.sources import Places, Sources
from explainer.trained import trained_networks

ANSWERS_NAME = "answers.csv"
_COLUMNS = (
    "network",
    "clip",
    "speaker",
    "true_label",
    "predicted_label",
    "explained_label",
    "confidence",
    "relevance_over_logit",
    "method",
    "file",
)


def write_arrays(sources: Sources, *, places: Places, out: Path, workers: Workers, layer: str | None = None) -> None:
    """Answers and relevance of the clips that the recipe looks for stimuli in, written to the folder `out`.

    `answers.csv` has one row per network and clip; its `file` holds `cells`, float32, (bin, frame), the relevance on
    the STFT's grid, and `in_time`, float32, (sample,), the relevance over the network's window; with a `layer` also
    `layer`, float32, the relevance at its input, without the batch axis.

    Raises
    ------
    RecipeError
        If the recipe or the recordings do not allow it.
    """
    task = hear_task(sources, recipe_folder=places.recipe.parent)
    trained = trained_networks(task, networks=places.networks)
    clips = hard_clips(task.heard.clips, split=task.split, section=task.recipe.selection)
    rows: list[dict[str, object]] = []
    with (
        open_stores(places.work, sources=sources, trained=trained, force=False) as stores,
        folder_written_aside(out) as aside,
    ):
        for job in (make_job(one, task=task, stores=stores) for one in trained):
            explained = explain_clips(job, clips=clips, workers=workers)
            rows += _write_network(aside, job=job, explained=explained, layer=layer)
        with (aside / ANSWERS_NAME).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    print(f"{out}: relevance of {len(rows)} clips")


def _write_network(
    folder: Path, *, job: Job, explained: Sequence[ExplainedClip], layer: str | None
) -> list[dict[str, object]]:
    tools = job.tools()
    inner = None if layer is None else tools.explainer_of(tools.network, method=tools.method, layer=layer)
    (folder / job.network_name).mkdir()
    rows: list[dict[str, object]] = []
    for number, one in enumerate(explained):
        answered = one.answered
        found = read_relevance(job, number=one.batch, row=one.row, method=tools.method)
        name = f"{job.network_name}/{number:05d}.npz"
        arrays = {"cells": found.cells, "in_time": found.in_time}
        if inner is not None:
            arrays["layer"] = _relevance_at_layer(one, explainer=inner, tools=tools)
        np.savez(folder / name, **{key: values.astype(np.float32) for key, values in arrays.items()})  # type: ignore[arg-type]  # torch's numpy stubs mistake the names for allow_pickle
        values = (
            job.network_name,
            one.clip.id,
            one.clip.speaker,
            one.clip.label,
            tools.labels[answered.predicted],
            tools.labels[answered.explained],
            max(answered.probabilities),
            answered.relevance_over_logit,
            tools.method,
            name,
        )
        rows.append(dict(zip(_COLUMNS, values, strict=True)))
    return rows


def _relevance_at_layer(one: ExplainedClip, *, explainer: Explainer, tools: Tools) -> NDArray[np.float64]:
    inputs = tools.input.of(hear_windows([one.clip], tools=tools).windows)
    relevance: NDArray[np.float64] = explainer(inputs, torch.tensor([one.answered.explained])).relevance[0].numpy()
    return relevance
