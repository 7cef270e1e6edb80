"""How evenly completed participants met the stimuli: what counterbalancing planned, against what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count

from earshot.design.blocks import MainBlock
from earshot.design.study_file import StudyFile
from earshot.protocol import Protocol
from study.models import Study, Trial, Version
from study.researcher.records import shows_outcomes
from study.selectors import study_protocol


@dataclass(frozen=True)
class Spread:
    """How often the stimuli of a main block were answered under a condition by participants who completed.

    `least` and `most` are over all `n_stimuli` of the block's pools, those nobody met included.
    """

    version: int
    block: str
    condition: str
    n_stimuli: int
    least: int
    most: int


def stimulus_spread(study: Study) -> list[Spread]:
    """The spread of each block and condition of each version but pilots'; nothing while it could tell arms."""
    if not shows_outcomes(study):
        return []
    versions = study.versions.filter(is_pilot=False).defer("protocol", "allocation_seed").order_by("number")
    return [spread for version in versions for spread in _spread_of(version)]


def _spread_of(version: Version) -> Iterator[Spread]:
    protocol, n_answered = study_protocol(version), _count_answers(version)
    for block in protocol.design.trial_blocks:
        if isinstance(block, MainBlock):
            for condition, network in _conditions_of(protocol.design, block=block).items():
                stimuli = _stimuli_of(protocol, block=block, network=network)
                counts = [n_answered.get((block.name, condition, name), 0) for name in stimuli]
                yield Spread(version.number, block.name, condition, len(counts), min(counts), max(counts))


def _count_answers(version: Version) -> dict[tuple[str, str, str], int]:
    """By block, condition and stimulus."""
    answered = Trial.objects.filter(
        enrolment__version=version, enrolment__completed_at__isnull=False, kind="main", response__isnull=False
    )
    rows = answered.order_by().values_list("block", "condition", "stimulus__name").annotate(n=Count("id"))
    return {(block, condition, stimulus): n for block, condition, stimulus, n in rows}


def _conditions_of(design: StudyFile, *, block: MainBlock) -> dict[str, str | None]:
    """The network of each condition that any arm meets in the block."""
    return {
        condition.name: condition.network for arm in design.arms for condition in design.conditions_of(arm, block=block)
    }


def _stimuli_of(protocol: Protocol, *, block: MainBlock, network: str | None) -> list[str]:
    (own,) = [each for each in protocol.plan if each.block == block.name and each.network == network]
    return [*own.right, *own.wrong]
