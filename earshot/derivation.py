"""What follows from a frozen protocol and an allocation seed: arms as allocation takes them, and anybody's trials.

The study program hands these trials out; whoever holds a closed study's export derives them again.
"""

from collections.abc import Mapping, Sequence

from earshot.allocation.record import ArmShare
from earshot.design.stimuli import block_plans, plan_key
from earshot.design.study_file import StudyFile
from earshot.protocol import Protocol
from earshot.sequence.participant import participant_trials
from earshot.sequence.plan import PlannedTrial
from earshot.shuffle import derive_key


def arm_shares(design: StudyFile) -> list[ArmShare]:
    """The arms as allocation takes them."""
    return [ArmShare(arm.name, weight=arm.weight, quota=design.quota(arm)) for arm in design.arms]


def participant_key(seed: bytes, *, place: int) -> bytes:
    """The key of orders of whoever has a place: a refill meets the same stimuli in an order of its own."""
    return derive_key(seed, purpose=f"participant {place}")


def arm_trials(
    protocol: Protocol, *, predicted: Mapping[str, str], labels: Sequence[str], arm: str, sequence: int, key: bytes
) -> list[PlannedTrial]:
    """All trials of a sequence number of an arm, in the order that `key` decides.

    Parameters
    ----------
    predicted : mapping
        The network's answer by stimulus of the bundle.
    labels : sequence of str
        Of the bundle.
    key : bytes
        As `participant_key` gives it; for previews a public one.

    Raises
    ------
    StudyError
        If the protocol has no such arm.
    """
    design = protocol.design
    blocks = block_plans(
        design, arm=design.arm(arm), plan=protocol.plan, predicted=dict(predicted), labels=list(labels)
    )
    shared = plan_key(design, bundle_sha256=protocol.bundle_sha256)
    return participant_trials(blocks, sequence=sequence, key=key, plan_key=shared)
