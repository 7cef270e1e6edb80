"""The second stage: the drafts of all renditions of the stimuli that were chosen."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch

from earshot.bundle import Role
from earshot.files import Strict
from explainer.batches.explaining import Answered, read_relevance
from explainer.batches.job import Job, Tools, Windows, hear_windows
from explainer.controls.scene import Unfair
from explainer.corpora.clips import Clip
from explainer.relevance.cells import relevance_on_cells
from explainer.relevance.randomised import randomised_copy
from explainer.rendering.asking import Found, Partner, ask_first, ask_more
from explainer.rendering.drafts import Prepared, prepare
from explainer.rendering.levels import Reach, reach
from explainer.training.repeatable import repeatable

STAGE: Final = "prepared"
_DRAFTS_NAME: Final = "drafts.pickle"


@dataclass(frozen=True)
class Chosen:
    """A clip that becomes a stimulus.

    Attributes
    ----------
    clip : Clip
    answered : Answered
    role : str
    batch, row : int
        Where its relevance was kept.
    """

    clip: Clip
    answered: Answered
    role: Role
    batch: int
    row: int


@dataclass(frozen=True)
class ChosenBatch:
    """Stimuli that are prepared and rendered together; each has a partner that lends its relevance to a control."""

    job: Job
    number: int
    chosen: tuple[Chosen, ...]
    partners: tuple[Chosen, ...]


class PreparedBatch(Strict):
    """How far each stimulus's drafts can be amplified."""

    stimuli: list[list[Reach]]


def prepare_batch(batch: ChosenBatch) -> PreparedBatch:
    """A batch's drafts made and kept, or found as they were kept before."""
    with repeatable(seed=0, n_threads=1):
        return batch.job.chosen.finish(
            STAGE, batch.number, model=PreparedBatch, make=lambda folder: _prepare(batch, folder=folder)
        )


def read_prepared(job: Job, *, number: int) -> list[Prepared]:
    """The drafts of a finished batch, one per stimulus."""
    content = (job.chosen.batch(STAGE, number) / _DRAFTS_NAME).read_bytes()
    prepared: list[Prepared] = pickle.loads(content)  # noqa: S301  # this very build wrote it
    return prepared


def _prepare(batch: ChosenBatch, *, folder: Path) -> PreparedBatch:
    tools = batch.job.tools()
    windows = hear_windows([one.clip for one in batch.chosen], tools=tools)
    more = _found_by_other_methods(batch, windows=windows, tools=tools)
    prepared = [
        _prepare_one(batch, row=row, windows=windows, tools=tools, more=[found[row] for found in more])
        for row in range(len(batch.chosen))
    ]
    (folder / _DRAFTS_NAME).write_bytes(pickle.dumps(prepared))
    return PreparedBatch(stimuli=[[reach(draft) for draft in one.drafts] for one in prepared])


def _found_by_other_methods(batch: ChosenBatch, *, windows: Windows, tools: Tools) -> list[list[Found]]:
    """Relevance of every clip by each further method, and by the network with weights drawn anew where it is asked for.

    The last one is named by the method that studies show, as it explains the same way.
    """
    inputs = tools.input.of(windows.windows)
    targets = torch.tensor([one.answered.explained for one in batch.chosen])
    explainers = [(name, tools.explainer(name)) for name in tools.methods[1:]]
    if _asks_for_randomised(tools):
        other = randomised_copy(tools.network, seed=tools.recipe.renditions.seed)
        explainers.append((tools.method, tools.explainer_of(other, method=tools.method)))
    found = []
    for name, explainer in explainers:
        relevance = relevance_on_cells(
            explainer(inputs, targets), inputs=inputs, network_input=tools.input, method=name
        )
        found.append(
            [
                Found(method=name, cells=cells.double().numpy(), in_time=in_time.double().numpy())
                for cells, in_time in zip(relevance.cells.detach(), relevance.in_time.detach(), strict=True)
            ]
        )
    return found


def _asks_for_randomised(tools: Tools) -> bool:
    return "randomised-network" in tools.recipe.renditions.controls


def _prepare_one(batch: ChosenBatch, *, row: int, windows: Windows, tools: Tools, more: list[Found]) -> Prepared:
    chosen, partner, placed = batch.chosen[row], batch.partners[row], windows.placed(row)
    found = read_relevance(batch.job, number=chosen.batch, row=chosen.row, method=tools.method)
    asked = ask_first(found, placed=placed, recipe=tools.recipe)
    if isinstance(asked, Unfair):
        raise ValueError(f"clip '{chosen.clip.id}' was chosen but has no fair control: {asked.reason}")
    others = ask_more(
        found,
        first=asked,
        placed=placed,
        recipe=tools.recipe,
        also=more[:-1] if _asks_for_randomised(tools) else more,
        randomised=more[-1] if _asks_for_randomised(tools) else None,
        partner=_partner(batch.job, partner=partner, tools=tools),
        clip_id=chosen.clip.id,
    )
    first = prepare(placed, asked=asked)
    if isinstance(first, Unfair):
        raise ValueError(f"clip '{chosen.clip.id}' was chosen but cannot be presented: {first.reason}")
    # a further rendition that cannot be heard is left out; the first three were judged when the clip was chosen
    rest = [one for one in (prepare(placed, asked=[other]) for other in others) if not isinstance(one, Unfair)]
    return Prepared((*first.drafts, *(one.drafts[1] for one in rest)), cut=first.cut)


def _partner(job: Job, *, partner: Chosen, tools: Tools) -> Partner | None:
    """What another clip lends, where the recipe asks for it."""
    if "other-clip" not in tools.recipe.renditions.controls:
        return None
    found = read_relevance(job, number=partner.batch, row=partner.row, method=tools.method)
    return Partner(found=found, placed=hear_windows([partner.clip], tools=tools).placed(0))
