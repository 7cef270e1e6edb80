"""From clips of held-out speakers to stimuli: the network's answers, their explanations, and the rendered files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from earshot.bundle import MEDIA_FOLDER, Role, Stimulus
from earshot.compute import progress
from earshot.files import sha256_bytes
from explainer.candidates import Candidate
from explainer.recipe import Recipe
from explainer.recordings import LABELS, Clip, Heard
from explainer.relevance.controls import Unfair
from explainer.relevance.lrp import explain
from explainer.relevance.masks import MaskSettings
from explainer.renditions import Prepared, SetSettings, common_settings, prepare, render
from explainer.selection import Chosen
from explainer.timefrequency import network_input
from explainer.training import answer, centred_starts, place_signals, repeatable

_EXPLAIN_BATCH = 32
_ID_DIGITS = 12  # hexadecimal: two of a million stimuli share an id once in about 500 bundles
_N_DECIMALS = 6


@dataclass(frozen=True)
class ExplainedClip:
    """A clip in the middle of the window, the network's answer to it, and why.

    Attributes
    ----------
    signal : Tensor, float32, (8000 sample,)
    first_sample, n_samples : int
        Where the clip lies in `signal`.
    probabilities : Tensor, float32, (label,)
    relevance : Tensor, float32, (227 bin, 227 frame)
        For the predicted label.
    relevance_over_logit : float
    """

    clip: Clip
    signal: Tensor
    first_sample: int
    n_samples: int
    probabilities: Tensor
    relevance: Tensor
    relevance_over_logit: float

    @property
    def predicted_label(self) -> str:
        """The label with the highest probability."""
        return LABELS[int(self.probabilities.argmax())]


def explain_clips(network: nn.Module, *, heard: Heard, indices: Sequence[int], recipe: Recipe) -> list[ExplainedClip]:
    """The network's answers to some clips, each with the relevance of its predicted label."""
    signals = [heard.signals[index] for index in indices]
    logits = answer(network, signals=signals, n_threads=recipe.network.n_threads)
    starts = centred_starts(signals)
    explained: list[ExplainedClip] = []
    firsts = range(0, len(indices), _EXPLAIN_BATCH)
    for first in progress(firsts, label=f"explaining {len(indices)} clips"):
        batch = slice(first, first + _EXPLAIN_BATCH)
        placed = place_signals(signals[batch], starts=starts[batch])
        with repeatable(seed=0, n_threads=recipe.network.n_threads):
            found = explain(
                network,
                network_input(placed),
                labels=logits[batch].argmax(dim=1),
                composite=recipe.relevance.composite,
            )
        explained += [
            ExplainedClip(
                clip=heard.clips[index],
                signal=placed[row],
                first_sample=starts[first + row],
                n_samples=len(signals[first + row]),
                probabilities=logits[first + row].softmax(dim=0),
                relevance=found.relevance[row].detach(),
                relevance_over_logit=float(found.relevance_over_logit[row].detach()),
            )
            for row, index in enumerate(indices[batch])
        ]
    return explained


def find_candidates(explained: Sequence[ExplainedClip], *, recipe: Recipe) -> list[Candidate]:
    """Each explained clip with whether it has a fair control; `index` counts `explained`."""
    return [
        Candidate(
            index=index,
            speaker=one.clip.speaker,
            true_label=one.clip.label,
            predicted_label=one.predicted_label,
            has_fair_control=not isinstance(_prepare(one, recipe=recipe), Unfair),
        )
        for index, one in enumerate(progress(explained, label="looking for fair controls"))
    ]


def _prepare(one: ExplainedClip, *, recipe: Recipe) -> Prepared | Unfair:
    # one thread, whatever the recipe says: the numbers are the same, and one clip is too short to share out
    with repeatable(seed=0, n_threads=1):
        return prepare(
            one.signal.numpy(),
            first_sample=one.first_sample,
            n_samples=one.n_samples,
            relevance=one.relevance.numpy(),
            settings=MaskSettings(exponent=recipe.mask.exponent),
        )


def write_stimuli(
    folder: Path, *, explained: Sequence[ExplainedClip], chosen: Chosen, recipe: Recipe
) -> tuple[list[Stimulus], SetSettings]:
    """Render the chosen clips into the bundle's media folder; gives back the stimuli, by id, and the set's level.

    Notes
    -----
    The drafts of all candidates would fill the memory, so those of the chosen ones are made a second time.
    """
    roles: dict[int, Role] = dict.fromkeys(chosen.main, "main")
    roles |= dict.fromkeys(chosen.training, "training")
    prepared = {index: _prepare_chosen(explained[index], recipe=recipe) for index in sorted(roles)}
    common = common_settings(prepared.values())
    (folder / MEDIA_FOLDER).mkdir()
    stimuli = [
        _write_stimulus(folder / MEDIA_FOLDER, one=explained[index], role=roles[index], prepared=ready, common=common)
        for index, ready in progress(prepared.items(), label="writing pictures and sounds")
    ]
    return sorted(stimuli, key=lambda stimulus: stimulus.id), common


def _prepare_chosen(one: ExplainedClip, *, recipe: Recipe) -> Prepared:
    prepared = _prepare(one, recipe=recipe)
    if isinstance(prepared, Unfair):
        raise ValueError(f"clip '{one.clip.id}' was chosen but has no fair control: {prepared.reason}")
    return prepared


def _write_stimulus(
    media: Path, *, one: ExplainedClip, role: Role, prepared: Prepared, common: SetSettings
) -> Stimulus:
    rendered = render(prepared, common=common)
    for rendition in rendered:
        (media / rendition.rendition.sound.file).write_bytes(rendition.wav)
        (media / rendition.rendition.picture.file).write_bytes(rendition.png)
    return Stimulus(
        id=sha256_bytes(one.clip.id.encode())[:_ID_DIGITS],
        clip=one.clip.id,
        speaker=one.clip.speaker,
        role=role,
        true_label=one.clip.label,
        predicted_label=one.predicted_label,
        explained_label=one.predicted_label,
        probabilities=_by_label(one.probabilities),
        relevance_over_logit=round(one.relevance_over_logit, _N_DECIMALS),
        renditions=[rendition.rendition for rendition in rendered],
    )


def _by_label(probabilities: Tensor) -> Mapping[str, float]:
    values = torch.as_tensor(probabilities, dtype=torch.float64).tolist()
    return {label: round(value, _N_DECIMALS) for label, value in zip(LABELS, values, strict=True)}
