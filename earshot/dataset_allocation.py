"""The allocation record of a dataset, and everything that anybody can derive again once the seed is known."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from earshot.allocation.settings import AllocationSettings
from earshot.bundle import Manifest, Sha256
from earshot.derivation import arm_shares, arm_trials, participant_key
from earshot.files import Strict
from earshot.protocol import Protocol
from earshot.sequence.plan import PlannedTrial

FORMAT_NAME: Literal["earshot-allocation"] = "earshot-allocation"
FORMAT_VERSION: Literal[1] = 1


class ArmRecord(Strict):
    """An arm's share of the allocation."""

    name: str
    weight: int
    quota: int | None


class VersionRecord(Strict):
    """How one version allocates; `seed` in hexadecimal digits, only once the study is closed or simulated.

    The allocation of a version that was frozen by an older Earshot followed that one's rules: it cannot be derived
    again from here.
    """

    version: int
    settings: AllocationSettings
    arms: list[ArmRecord]
    seed_sha256: Sha256
    seed: str | None = Field(default=None, pattern=r"^([0-9a-f]{2})+$")
    is_derivable: bool = True


class AllocationRecord(Strict):
    """`materials/allocation.json`: the entries themselves are in the table of events."""

    format: Literal["earshot-allocation"] = FORMAT_NAME
    format_version: Literal[1] = FORMAT_VERSION
    versions: list[VersionRecord]


def describe_allocation(protocol: Protocol, *, seed: bytes | None) -> VersionRecord:
    """The record of one version; `seed` is None until the study is closed or simulated."""
    return VersionRecord(
        version=protocol.version,
        settings=protocol.design.allocation,
        arms=[ArmRecord(name=arm.name, weight=arm.weight, quota=arm.quota) for arm in arm_shares(protocol.design)],
        seed_sha256=protocol.allocation_seed_sha256,
        seed=None if seed is None else seed.hex(),
        is_derivable=protocol.upgraded_from is None,
    )


def derive_trials(
    protocol: Protocol, *, manifest: Manifest, seed: bytes, place: int, arm: str, sequence: int
) -> Sequence[PlannedTrial]:
    """All trials of whoever was assigned this place, arm and sequence.

    Raises
    ------
    StudyError
        If the protocol has no such arm.
    """
    return arm_trials(
        protocol,
        predicted={stimulus.id: stimulus.predicted_label for stimulus in manifest.stimuli},
        labels=manifest.labels,
        arm=arm,
        sequence=sequence,
        key=participant_key(seed, place=place),
    )
