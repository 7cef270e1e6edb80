"""What is measured on relevance itself, and on the mask found in each written sound.

Relevance is found anew, from the original as played, by the method that made the rendition. The mask of a rendition is
the one found by analysing its WAV: it is there for a control as for an explanation, and both are measured alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from earshot.bundle import Rendition
from earshot.files import sha256_bytes
from explainer.batches.job import Tools
from explainer.faithfulness.concentration import complexity, sparseness
from explainer.faithfulness.flipping import (
    area_under,
    flipping_curves,
    order_by,
    random_order,
    seen_cells,
)
from explainer.faithfulness.measures import MaskScores
from explainer.faithfulness.sensitivity import max_sensitivity
from explainer.relevance.cells import relevance_on_cells
from explainer.relevance.masks import Cells, LiveCells, live_cells
from explainer.rendering.drafts import found_mask


@dataclass(frozen=True)
class MeasuredRelevance:
    """What one method found for one stimulus, measured on the cells that the network takes.

    Attributes
    ----------
    method : str
    relevance_curve, energy_curve, random_curve : tuple of float
        The explained label's probability while cells are silenced by relevance, by magnitude and at random.
    max_sensitivity, sparseness, complexity : float or None
        None where relevance is 0 everywhere.
    relevance_over_logit : float
        Sum of relevance over the explained output.
    """

    method: str
    relevance_curve: tuple[float, ...]
    energy_curve: tuple[float, ...]
    random_curve: tuple[float, ...]
    max_sensitivity: float | None
    sparseness: float | None
    complexity: float | None
    relevance_over_logit: float

    @property
    def areas(self) -> tuple[float, float, float]:
        """Areas under the three curves, in their order."""
        curves = (self.relevance_curve, self.energy_curve, self.random_curve)
        relevance, energy, random = (area_under(np.asarray(curve)) for curve in curves)
        return relevance, energy, random


@dataclass(frozen=True)
class Heard:
    """One stimulus as the network hears it when it is played.

    Attributes
    ----------
    id : str
        Decides every draw.
    windows : ndarray, float64, (rendition, sample)
        As `played.played_windows` gives them.
    explained : int
        Index of the explained label.
    tools : Tools
    """

    id: str
    windows: NDArray[np.float64]
    explained: int
    tools: Tools

    @property
    def seed(self) -> int:
        """Of everything that is drawn for this stimulus."""
        return int(sha256_bytes(self.id.encode())[:8], 16)

    def magnitudes(self) -> NDArray[np.float64]:
        """Of the STFT of every rendition: float64, (rendition, bin, frame)."""
        spectra = self.tools.input.transform.stft(torch.from_numpy(self.windows))
        magnitudes: NDArray[np.float64] = spectra.abs().numpy()
        return magnitudes

    def inputs(self) -> torch.Tensor:
        """What the network takes of the original: Tensor, float32, (1, 1, bin, frame) or (1, 1, sample)."""
        return self.tools.input.of(torch.from_numpy(self.windows[:1]).float())


def seen_of(original: Cells, *, tools: Tools) -> LiveCells:
    """The cells of an original that the network takes and a mask counts."""
    return seen_cells(live_cells(original), network_input=tools.input)


def measure_relevance(heard: Heard, *, methods: Sequence[str]) -> list[MeasuredRelevance]:
    """What each method finds for a stimulus."""
    original = heard.magnitudes()[0]
    seen = seen_of(original, tools=heard.tools)
    ties = random_order(seen, seed=heard.seed)
    return [_measure_method(method, heard=heard, original=original, seen=seen, ties=ties) for method in methods]


def _measure_method(
    method: str, *, heard: Heard, original: Cells, seen: LiveCells, ties: NDArray[np.int64]
) -> MeasuredRelevance:
    tools, inputs = heard.tools, heard.inputs()
    explain = tools.explainer(method)
    explanation = explain(inputs, torch.tensor([heard.explained]))
    on_cells = relevance_on_cells(explanation, inputs=inputs, network_input=tools.input, method=method)
    cells = on_cells.cells[0].double().numpy()
    curves = flipping_curves(
        tools.network,
        inputs,
        orders=[order_by(cells, ties=ties), order_by(original, ties=ties), ties],
        explained=heard.explained,
        network_input=tools.input,
    )
    by_relevance, by_energy, at_random = (tuple(curve.tolist()) for curve in curves)
    anything = bool(cells[seen].any())
    return MeasuredRelevance(
        method=method,
        relevance_curve=by_relevance,
        energy_curve=by_energy,
        random_curve=at_random,
        max_sensitivity=max_sensitivity(
            tools.network,
            inputs,
            relevance=explanation.relevance,
            explained=heard.explained,
            explain=explain,
            seed=heard.seed,
        ),
        sparseness=sparseness(cells[seen]) if anything else None,
        complexity=complexity(cells[seen]) if anything else None,
        relevance_over_logit=float(explanation.relevance_over_logit[0]),
    )


def measure_masks(heard: Heard, *, renditions: Sequence[Rendition]) -> list[MaskScores | None]:
    """The mask found in each rendition, measured; None where a rendition is not made by one, or keeps nothing.

    Parameters
    ----------
    renditions : sequence of Rendition
        In the order of `heard.windows`; those made by a mask say how the one found correlates with it.
    """
    original, *_ = magnitudes = heard.magnitudes()
    seen = seen_of(original, tools=heard.tools)
    ties = random_order(seen, seed=heard.seed)
    found = [found_mask(cells, original=original) for cells in magnitudes]
    made = [
        number
        for number, rendition in enumerate(renditions)
        if rendition.found_correlation is not None and found[number][seen].any()
    ]
    curves = flipping_curves(
        heard.tools.network,
        heard.inputs(),
        orders=[order_by(found[number], ties=ties) for number in made],
        explained=heard.explained,
        network_input=heard.tools.input,
    )
    scores: list[MaskScores | None] = [None] * len(renditions)
    for number, curve in zip(made, curves, strict=True):
        values = found[number][seen]
        scores[number] = MaskScores(
            flipping_area=area_under(curve), sparseness=sparseness(values), complexity=complexity(values)
        )
    return scores
