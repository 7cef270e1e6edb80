"""The three stages over all batches: explain, prepare what was chosen, write it; each by whichever worker is free.

Batches are formed from sorted clips and the recipe's batch size, and every worker uses one thread: results depend
neither on how many workers there are nor on where a build was interrupted.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from earshot.bundle import LevelPolicy, Role, Stimulus
from earshot.compute import Workers, work_through
from explainer.batches.explaining import Answered, Batch, explain_batch
from explainer.batches.job import Job
from explainer.batches.preparing import Chosen, ChosenBatch, prepare_batch
from explainer.batches.writing import WrittenBatch, media_folder, write_batch
from explainer.corpora.clips import Clip
from explainer.rendering.levels import Common, find_common


@dataclass(frozen=True)
class ExplainedClip:
    """A clip with the network's answer, and where its relevance was kept."""

    clip: Clip
    answered: Answered
    batch: int
    row: int

    def chosen(self, role: Role) -> Chosen:
        """The same clip as a stimulus."""
        return Chosen(clip=self.clip, answered=self.answered, role=role, batch=self.batch, row=self.row)


@dataclass(frozen=True)
class WrittenSet:
    """All stimuli of a bundle, by id, and what their sounds have in common."""

    stimuli: list[Stimulus]
    common: Common


def explain_clips(job: Job, *, clips: Sequence[Clip], workers: Workers) -> list[ExplainedClip]:
    """The network's answers to some clips, in the order of their ids, with their relevance kept."""
    size = job.recipe.relevance.batch_size
    ordered = sorted(clips, key=lambda clip: clip.id)
    batches = [
        Batch(job=job, number=number, clips=tuple(ordered[first : first + size]))
        for number, first in enumerate(range(0, len(ordered), size))
    ]
    label = f"explaining {len(ordered)} clips of {job.network_name}"
    found = work_through(explain_batch, batches, label=label, workers=workers)
    return [
        ExplainedClip(clip=clip, answered=answered, batch=batch.number, row=row)
        for batch, explained in zip(batches, found, strict=True)
        for row, (clip, answered) in enumerate(zip(batch.clips, explained.clips, strict=True))
    ]


def batch_chosen(job: Job, *, chosen: Sequence[Chosen]) -> list[ChosenBatch]:
    """The stimuli of a network in batches, each with the next one of another predicted label as its partner."""
    size = job.recipe.relevance.batch_size
    ordered = sorted(chosen, key=lambda one: one.clip.id)
    partners = [_partner(ordered, place=place) for place in range(len(ordered))]
    return [
        ChosenBatch(
            job=job,
            number=number,
            chosen=tuple(ordered[first : first + size]),
            partners=tuple(partners[first : first + size]),
        )
        for number, first in enumerate(range(0, len(ordered), size))
    ]


def _partner(ordered: Sequence[Chosen], *, place: int) -> Chosen:
    following = [*ordered[place + 1 :], *ordered[:place]]
    predicted = ordered[place].answered.predicted
    others = (one for one in following if one.answered.predicted != predicted)
    return next(others, following[0] if following else ordered[place])


def write_stimuli(batches: Sequence[ChosenBatch], *, policy: LevelPolicy, media: Path, workers: Workers) -> WrittenSet:
    """The files of all chosen stimuli, in the folder `media`, and what a manifest says of them.

    Raises
    ------
    ValueError
        If nothing was chosen, or no level fits all sounds.
    """
    prepared = work_through(prepare_batch, batches, label="making sounds", workers=workers)
    common = find_common([drafts for one in prepared for drafts in one.stimuli], policy=policy)
    writings = [
        WrittenBatch(batch=batch, gains_db=gains_db, ceiling_db=common.ceiling_db)
        for batch, gains_db in zip(batches, _by_batch(common.gains_db, batches=batches), strict=True)
    ]
    written = work_through(write_batch, writings, label="writing pictures and sounds", workers=workers)
    media.mkdir()
    for batch in batches:
        for file in sorted(media_folder(batch).iterdir()):
            _link(file, target=media / file.name)
    stimuli = [stimulus for one in written for stimulus in one.stimuli]
    return WrittenSet(stimuli=sorted(stimuli, key=lambda stimulus: stimulus.id), common=common)


def _by_batch(
    gains_db: tuple[tuple[float, ...], ...], *, batches: Sequence[ChosenBatch]
) -> Iterator[tuple[tuple[float, ...], ...]]:
    """The gains of each batch's stimuli."""
    first = 0
    for batch in batches:
        yield gains_db[first : first + len(batch.chosen)]
        first += len(batch.chosen)


def _link(file: Path, *, target: Path) -> None:
    """The same file under another name where the disk allows it, else a copy."""
    try:
        os.link(file, target)
    except FileExistsError:
        return  # two renditions of equal bytes have one name
    except OSError:
        shutil.copyfile(file, target)
