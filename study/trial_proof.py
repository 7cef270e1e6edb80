"""Proves what participants met: the trials of every place again from the seed, stimuli again from the manifest."""

from collections.abc import Iterator
from dataclasses import fields

from earshot.allocation.record import Assignment
from earshot.files import sha256_bytes
from earshot.protocol import Protocol
from earshot.sequence.plan import PlannedTrial
from study.feasibility import bundle_manifest
from study.models import Bundle, Enrolment, Trial, Version
from study.participant_plans import participant_trials_of

_FIELDS = tuple(field.name for field in fields(PlannedTrial))


def find_trial_faults(version: Version, *, protocol: Protocol) -> Iterator[str]:
    """How stimuli differ from the manifest, and trials from those that follow from seed, protocol and place.

    Enrolments must agree with the record of their allocation: from their places the trials follow.
    """
    yield from _find_bundle_faults(version.study.bundle, protocol=protocol)
    kept: dict[int, list[Trial]] = {}
    for trial in Trial.objects.filter(enrolment__version=version).select_related("stimulus").order_by("index"):
        kept.setdefault(trial.enrolment_id, []).append(trial)
    for enrolment in version.enrolments.order_by("place", "pk"):
        yield from _find_faults(
            enrolment,
            kept=kept.get(enrolment.pk, []),
            planned=_planned(enrolment, version=version, protocol=protocol),
        )


def _find_bundle_faults(bundle: Bundle, *, protocol: Protocol) -> Iterator[str]:
    found = sha256_bytes(bytes(bundle.manifest))
    if found != protocol.bundle_sha256:
        yield f"the bundle's manifest has the hash {found[:12]}; the frozen protocol {protocol.bundle_sha256[:12]}"
        return
    manifest = bundle_manifest(bundle)
    if bundle.labels != manifest.labels:
        yield f"the bundle has the labels {', '.join(bundle.labels)}; its manifest {', '.join(manifest.labels)}"
    rows = {row.name: row for row in bundle.stimuli.all()}
    described = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    for name in sorted(rows.keys() | described.keys()):
        row, stimulus = rows.get(name), described.get(name)
        if row is None or stimulus is None:
            yield f"stimulus '{name}' is {'not among the rows' if row is None else 'not in the manifest'}"
            continue
        # Rows that an older Earshot made name no network.
        for field in ("role", "true_label", "predicted_label", *(["network"] if row.network else [])):
            if getattr(row, field) != getattr(stimulus, field):
                yield (
                    f"stimulus '{name}' has the {field} '{getattr(row, field)}'; the manifest has "
                    f"'{getattr(stimulus, field)}'"
                )


def _planned(enrolment: Enrolment, *, version: Version, protocol: Protocol) -> list[PlannedTrial]:
    """The trials that follow from a place; nobody without one has any."""
    if enrolment.place is None or enrolment.sequence is None:
        return []
    assignment = Assignment(enrolment.place, arm=enrolment.arm, sequence=enrolment.sequence, refills=None)
    return participant_trials_of(version, protocol=protocol, assignment=assignment)


def _find_faults(enrolment: Enrolment, *, kept: list[Trial], planned: list[PlannedTrial]) -> Iterator[str]:
    place = f"place {enrolment.place}" if enrolment.place is not None else "no place"
    if [trial.index for trial in kept] != list(range(len(planned))):
        yield f"the enrolment at {place} has not the {len(planned)} trials, numbered from 0, that follow from the seed"
        return
    for trial, plan in zip(kept, planned, strict=True):
        for field in _FIELDS:
            if _value(trial, field=field) != getattr(plan, field):
                # Without the values: while a study is open nobody is to learn a condition.
                yield f"trial {trial.index} of the enrolment at {place} has another {field} than follows from the seed"


def _value(trial: Trial, *, field: str) -> object:
    """A field of the row as a planned trial has it: stimuli by name, None for what is blank."""
    if field == "stimulus":
        return trial.stimulus.name if trial.stimulus is not None else None
    value: object = getattr(trial, field)
    return None if value == "" else value
