"""The trials of one place of the allocation: a pure function of protocol, bundle, seed and assignment."""

from earshot.allocation.record import Assignment
from earshot.design.stimuli import block_plans, plan_key
from earshot.protocol import Protocol
from earshot.sequence.participant import participant_trials
from earshot.sequence.plan import PlannedTrial
from earshot.shuffle import derive_key
from study.models import Bundle, Version


def participant_trials_of(version: Version, *, protocol: Protocol, assignment: Assignment) -> list[PlannedTrial]:
    """All trials of whoever was assigned this place.

    Orders follow from the version's seed and the place: a refill meets the stimuli of the place it refills, in an
    order of its own.
    """
    key = derive_key(bytes(version.allocation_seed), purpose=f"participant {assignment.place}")
    return arm_trials(protocol, bundle=version.study.bundle, arm=assignment.arm, sequence=assignment.sequence, key=key)


def arm_trials(protocol: Protocol, *, bundle: Bundle, arm: str, sequence: int, key: bytes) -> list[PlannedTrial]:
    """All trials of a sequence of an arm, in the order that `key` decides; for previews with a public one."""
    design = protocol.design
    blocks = block_plans(
        design,
        arm=design.arm(arm),
        plan=protocol.plan,
        predicted=dict(bundle.stimuli.values_list("name", "predicted_label")),
        labels=bundle.labels,
    )
    shared = plan_key(design, bundle_sha256=protocol.bundle_sha256)
    return participant_trials(blocks, sequence=sequence, key=key, plan_key=shared)
