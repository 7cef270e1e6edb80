"""The trials of one place of the allocation, and of a preview: what `earshot.derivation` makes of a bundle."""

from earshot.allocation.record import Assignment
from earshot.derivation import arm_trials, participant_key
from earshot.protocol import Protocol
from earshot.sequence.plan import PlannedTrial
from study.feasibility import bundle_manifest
from study.models import Bundle, Version


def participant_trials_of(version: Version, *, protocol: Protocol, assignment: Assignment) -> list[PlannedTrial]:
    """All trials of whoever was assigned this place."""
    key = participant_key(bytes(version.allocation_seed), place=assignment.place)
    bundle = version.study.bundle
    return sequence_trials(protocol, bundle=bundle, arm=assignment.arm, sequence=assignment.sequence, key=key)


def sequence_trials(protocol: Protocol, *, bundle: Bundle, arm: str, sequence: int, key: bytes) -> list[PlannedTrial]:
    """All trials of a sequence number of an arm, in the order that `key` decides; for previews with a public one.

    From the bundle's manifest alone, whose bytes are hashed: rows could be edited.
    """
    manifest = bundle_manifest(bundle)
    predicted = {stimulus.id: stimulus.predicted_label for stimulus in manifest.stimuli}
    return arm_trials(protocol, predicted=predicted, labels=manifest.labels, arm=arm, sequence=sequence, key=key)
