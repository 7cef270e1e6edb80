"""What one full stimulus costs, part by part, so that it shows which part dominates.

Clips are made up: .6 s of a gliding harmonic sound under two resonances, about as live as a spoken digit.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from explainer.controls.scene import Unfair
from explainer.networks.architectures import get_architecture, make_network
from explainer.networks.inputs import NetworkInput
from explainer.recipe import Recipe
from explainer.relevance.cells import relevance_on_cells
from explainer.relevance.explaining import Explainer
from explainer.rendering.asking import Found, ask_first
from explainer.rendering.drafts import Asked, Prepared, prepare
from explainer.rendering.levels import find_common, reach
from explainer.rendering.placed import PlacedClip
from explainer.rendering.played import measure_played
from explainer.rendering.renditions import RenderedRendition, render
from explainer.training.repeatable import repeatable

PARTS: Final = ("relevance", "masks and control", "sounds", "files", "played back")
RENDERING: Final = ("masks and control", "sounds", "files")
_CLIP_S: Final = 0.6
_SEED: Final = 1
_LABELS: Final = tuple("0123456789")

Result = TypeVar("Result")


@dataclass(frozen=True)
class StimulusTiming:
    """Milliseconds per clip of each part, one thread; `rendering_over_relevance` is what comes between in units of it.

    `n_fair` counts the clips with a fair control: the last two parts are of these alone.
    """

    network: str
    batch_size: int
    n_fair: int
    ms_per_clip: dict[str, float]
    rendering_over_relevance: float


def time_stimulus(network: str, *, batch_size: int, n_rounds: int) -> StimulusTiming:
    """The parts of a batch of full stimuli: original, relevance and control, each as a sound and a picture."""
    takes = get_architecture(network).input
    made = make_network(network, n_labels=len(_LABELS), seed=_SEED).eval()
    explainer = Explainer(made, method=get_architecture(network).method)
    signals = torch.from_numpy(make_signals(batch_size, takes=takes)).float()
    rounds: list[dict[str, float]] = []
    n_fair = 0
    with repeatable(seed=_SEED, n_threads=1):
        for number in range(n_rounds + 1):
            seconds = dict.fromkeys(PARTS, 0.0)
            n_fair = _run(made, explainer=explainer, signals=signals, takes=takes, seconds=seconds)
            if number > 0:  # the first round warms up
                rounds.append(seconds)
    n_reached = {part: n_fair if part in ("files", "played back") else batch_size for part in PARTS}
    per_clip = {part: 1000 * statistics.median(one[part] for one in rounds) / max(1, n_reached[part]) for part in PARTS}
    rendering = sum(per_clip[part] for part in RENDERING)
    return StimulusTiming(
        network=network,
        batch_size=batch_size,
        n_fair=n_fair,
        ms_per_clip={part: round(ms, 2) for part, ms in per_clip.items()},
        rendering_over_relevance=round(rendering / per_clip["relevance"], 3),
    )


def make_signals(n_clips: int, *, takes: NetworkInput) -> NDArray[np.float64]:
    """Windows with a made-up clip in the middle of each: float64, (clip, sample)."""
    transform = takes.transform
    draws = np.random.default_rng(_SEED)
    n_clip = round(_CLIP_S * transform.sample_rate_hz)
    time_s = np.arange(n_clip) / transform.sample_rate_hz
    windows = np.zeros((n_clips, transform.n_samples))
    first = (transform.n_samples - n_clip) // 2
    for window in windows:
        pitch_hz = draws.uniform(90, 220) * (1 + 0.2 * draws.uniform(-1, 1) * time_s)
        phase = 2 * np.pi * np.cumsum(pitch_hz) / transform.sample_rate_hz
        resonances_hz = draws.uniform([300, 900], [800, 2400])
        for harmonic in range(1, 18):
            distance = np.abs(harmonic * pitch_hz[:, None] - resonances_hz) / 150
            window[first : first + n_clip] += np.sin(harmonic * phase) * (1 / (1 + distance**2)).sum(axis=1)
        window[first : first + n_clip] += 0.05 * draws.normal(size=n_clip)
        window[first : first + n_clip] *= 0.1 * np.hanning(n_clip)
    return windows


def _run(
    network: torch.nn.Module,
    *,
    explainer: Explainer,
    signals: torch.Tensor,
    takes: NetworkInput,
    seconds: dict[str, float],
) -> int:
    """One round over a batch; adds to the seconds of each part and gives back how many clips had a fair control."""
    inputs = takes.of(signals)
    with torch.inference_mode():
        targets = network(inputs).argmax(dim=1)
    relevance = _timed(
        "relevance",
        lambda: relevance_on_cells(explainer(inputs, targets), inputs=inputs, network_input=takes, method="as timed"),
        seconds=seconds,
    )
    placed = [_place(signal, takes=takes) for signal in signals]
    found = [
        Found("as timed", cells=cells.double().numpy(), in_time=in_time.double().numpy())
        for cells, in_time in zip(relevance.cells, relevance.in_time, strict=True)
    ]
    asked = _timed(
        "masks and control",
        lambda: [ask_first(one, placed=clip, recipe=_RECIPE) for one, clip in zip(found, placed, strict=True)],
        seconds=seconds,
    )
    prepared = _timed("sounds", lambda: _prepare(placed, asked=asked), seconds=seconds)
    rendered = _timed("files", lambda: _render(prepared), seconds=seconds)
    _timed(
        "played back",
        lambda: [
            measure_played(
                network,
                [(one.files[one.rendition.sound.file], one.rendition.sound.gain_db) for one in stimulus],
                first_sample=drafts.cut.first_sample,
                explained=0,
                labels=_LABELS,
                network_input=takes,
            )
            for stimulus, drafts in zip(rendered, prepared, strict=True)
        ],
        seconds=seconds,
    )
    return len(prepared)


def _timed(part: str, work: Callable[[], Result], *, seconds: dict[str, float]) -> Result:
    started = time.perf_counter()
    result = work()
    seconds[part] += time.perf_counter() - started
    return result


def _place(signal: torch.Tensor, *, takes: NetworkInput) -> PlacedClip:
    n_clip = round(_CLIP_S * takes.transform.sample_rate_hz)
    first = (takes.transform.n_samples - n_clip) // 2
    return PlacedClip(signal.double().numpy(), first_sample=first, n_samples=n_clip, transform=takes.transform)


def _prepare(placed: list[PlacedClip], *, asked: list[list[Asked] | Unfair]) -> list[Prepared]:
    drafts = [prepare(clip, asked=one) for clip, one in zip(placed, asked, strict=True) if not isinstance(one, Unfair)]
    return [one for one in drafts if isinstance(one, Prepared)]


def _render(prepared: list[Prepared]) -> list[list[RenderedRendition]]:
    if not prepared:
        return []
    common = find_common([[reach(draft) for draft in one.drafts] for one in prepared], policy="normalised")
    return [
        render(one, gains_db=gains_db, ceiling_db=common.ceiling_db)
        for one, gains_db in zip(prepared, common.gains_db, strict=True)
    ]


_RECIPE: Final = Recipe.model_validate(
    {
        "recipe": {"name": "timed"},
        "corpus": {"name": "made up", "path": ".", "layout": "fsdd"},
        "split": {"heldout_takes": [0], "heldout_speakers": []},
        "network": {"architecture": "alexnet", "seed": _SEED},
        "selection": {"n_right": 0, "n_wrong": 0, "n_training": 0, "seed": _SEED},
    }
)
