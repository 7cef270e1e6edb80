"""Faults of rows: trials and participants against each other, the protocol and the bundle.

Every rule marks the rows that break it; one sentence names the first of them and how many more there are.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from earshot.bundle import Manifest
from earshot.dataset import PARTICIPANTS_FILE, TRIALS_FILE, Provenance
from earshot.protocol import Protocol

Rule = tuple["pd.Series[bool]", str]

_REQUIRED_TRIAL = (
    *("subject_id", "version", "stage", "arm", "channel", "mask", "phase", "trial_index", "stimulus"),
    *("true_label", "predicted_label", "model_correct", "n_alternatives"),
)
_REQUIRED_PARTICIPANT = ("subject_id", "version", "stage", "n_main_answered")


def find_row_faults(
    trials: pd.DataFrame,
    *,
    participants: pd.DataFrame,
    provenance: Provenance,
    protocol: Protocol,
    manifest: Manifest,
) -> list[str]:
    """One sentence per rule that rows of typed tables break.

    Parameters
    ----------
    trials, participants : DataFrame
        Read the columns of `earshot.dataset`; one row per trial, one per participant.
    """
    faults = _empty_cells(trials, columns=_REQUIRED_TRIAL, table=TRIALS_FILE)
    faults += _empty_cells(participants, columns=_REQUIRED_PARTICIPANT, table=PARTICIPANTS_FILE)
    if faults:
        return faults
    rules = list(_participant_rules(participants, provenance=provenance, protocol=protocol))
    faults = _broken(rules, keys=participants[["subject_id"]], table=PARTICIPANTS_FILE)
    if faults:
        return faults
    rules = list(_trial_rules(trials, provenance=provenance))
    rules += _design_rules(trials, participants=participants, protocol=protocol, manifest=manifest)
    if not provenance.monitoring:
        rules += _answer_rules(trials, manifest=manifest)
    faults = _broken(rules, keys=trials[["subject_id", "phase", "trial_index"]], table=TRIALS_FILE)
    faults += _broken(
        _completeness_rules(participants, trials=trials, protocol=protocol),
        keys=participants[["subject_id"]],
        table=PARTICIPANTS_FILE,
    )
    return faults + _miscounted(trials, participants=participants)


def _empty_cells(frame: pd.DataFrame, *, columns: tuple[str, ...], table: str) -> list[str]:
    return [
        f"{table}: column '{name}' is empty in {int(frame[name].isna().sum())} of {len(frame)} rows; it must be known"
        for name in columns
        if frame[name].isna().any()
    ]


def _broken(rules: list[Rule], *, keys: pd.DataFrame, table: str) -> list[str]:
    """A sentence for each rule with broken rows, naming the first by its keys."""
    faults = []
    for broken, sentence in rules:
        flags = broken.fillna(value=True).astype(bool)
        if flags.any():
            first = ", ".join(f"{name} {value}" for name, value in keys[flags].iloc[0].items())
            n_more = int(flags.sum()) - 1
            more = f" (and {n_more} more rows)" if n_more else ""
            faults.append(f"{table}: {first}{more}: {sentence}")
    return faults


def _stage_rules(frame: pd.DataFrame, *, provenance: Provenance, version: int | None) -> Iterator[Rule]:
    simulated = provenance.stage == "simulated"
    expected = "'simulated', as the study is" if simulated else "'pilot' or 'running': the study is not simulated"
    yield (frame["stage"] == "simulated") != simulated, f"stage is not {expected}"
    if version is not None:
        yield frame["version"] != version, f"version is not {version}, that of the protocol in this dataset"


def _participant_rules(participants: pd.DataFrame, *, provenance: Provenance, protocol: Protocol) -> Iterator[Rule]:
    yield participants["subject_id"].duplicated(), "subject_id stands in several rows; one row per participant"
    yield from _stage_rules(participants, provenance=provenance, version=protocol.version)
    allocated = participants["allocated_at"].notna()
    yield participants["arm"].notna() != allocated, "arm and allocated_at must both be known or both be empty"
    yield participants["list_index"].notna() != allocated, "list_index must be known once an arm was allocated"
    yield ~participants["list_index"].isin([0, 1]) & allocated, "list_index is not 0 or 1"
    yield from _arm_rules(participants[allocated], protocol=protocol, index=participants.index)
    yield participants["n_main_answered"] < 0, "n_main_answered is negative"


def _arm_rules(frame: pd.DataFrame, *, protocol: Protocol, index: "pd.Index[Any]") -> Iterator[Rule]:
    """Arms and channels of allocated rows; `index` is that of all rows."""
    channels = {arm.name: arm.channel for arm in protocol.design.arms}
    unknown = ~frame["arm"].isin(list(channels))
    yield unknown.reindex(index, fill_value=False), f"arm is not one of the protocol's: {', '.join(channels)}"
    other = (frame["channel"] != frame["arm"].map(channels)) & ~unknown
    yield other.reindex(index, fill_value=False), "channel is not that of the arm"


def _trial_rules(trials: pd.DataFrame, *, provenance: Provenance) -> Iterator[Rule]:
    keys = ["subject_id", "phase", "trial_index"]
    yield trials[keys].duplicated(), "several rows; one row per subject_id, phase and trial_index"
    main = trials["phase"] == "main"
    repeated = trials[["subject_id", "stimulus"]].where(main).duplicated() & main
    yield repeated, "the participant met this stimulus in an earlier main trial; each is shown once"
    yield from _stage_rules(trials, provenance=provenance, version=None)
    yield trials["trial_index"] < 0, "trial_index is negative"
    same = trials["true_label"] == trials["predicted_label"]
    yield trials["model_correct"] != same, "model_correct does not say whether true_label equals predicted_label"
    for name in ("plays", "original_plays", "n_reloads", "rt", "onset_to_response_ms"):
        yield trials[name].lt(0).fillna(value=False), f"{name} is negative"
    outside = (trials["heard_share"].lt(0) | trials["heard_share"].gt(1)).fillna(value=False)
    yield outside, "heard_share is not between 0 and 1"


def _design_rules(
    trials: pd.DataFrame, *, participants: pd.DataFrame, protocol: Protocol, manifest: Manifest
) -> Iterator[Rule]:
    """Each trial shows what the protocol planned for this participant, of a stimulus of the bundle."""
    own = participants.set_index("subject_id").reindex(trials["subject_id"])
    own.index = trials.index
    known = trials["subject_id"].isin(list(participants["subject_id"]))
    yield ~known, f"subject_id is not in {PARTICIPANTS_FILE}"
    for name in ("arm", "channel", "version", "stage"):
        yield (own[name] != trials[name]).fillna(value=True) & known, f"{name} is not that of the participant"
    stimuli = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    found = trials["stimulus"].isin(list(stimuli))
    yield ~found, "stimulus is not in the bundle manifest"
    for name, labels in (
        ("true_label", {key: stimulus.true_label for key, stimulus in stimuli.items()}),
        ("predicted_label", {key: stimulus.predicted_label for key, stimulus in stimuli.items()}),
    ):
        yield (trials[name] != trials["stimulus"].map(labels)) & found, f"{name} is not that of the stimulus"
    plan = protocol.plan
    phases = dict.fromkeys(plan.training, "training") | dict.fromkeys([*plan.right, *plan.wrong], "main")
    yield trials["phase"] != trials["stimulus"].map(phases), "stimulus is not planned for this phase"
    yield trials["n_alternatives"] != len(manifest.labels), "n_alternatives is not the number of the bundle's labels"
    yield _other_mask(trials, list_index=own["list_index"], protocol=protocol), "mask is not that of the plan"


def _other_mask(trials: pd.DataFrame, *, list_index: "pd.Series[int]", protocol: Protocol) -> "pd.Series[bool]":
    """Whether a main trial's mask differs from the one that its stimulus has on the participant's list."""
    halves = trials["stimulus"].map(protocol.plan.halves)
    planned = halves.astype("Float64") == list_index.astype("Float64")
    differs = (trials["mask"] == "relevance") != planned
    return (differs & (trials["phase"] == "main") & halves.notna()).fillna(value=False)


def _answer_rules(trials: pd.DataFrame, *, manifest: Manifest) -> Iterator[Rule]:
    answered = trials["answer"].notna()
    known = trials["answer"].isin(manifest.labels)
    yield answered & ~known, f"answer is not one of the labels: {', '.join(manifest.labels)}"
    for name in ("correct", "answered_at"):
        yield trials[name].notna() != answered, f"{name} must be known when there is an answer, and only then"
    hit = trials["answer"] == trials["predicted_label"]
    yield (
        (trials["correct"] != hit).fillna(value=False) & answered,
        ("correct does not say whether answer equals predicted_label"),
    )
    known = trials["confidence"].notna()
    yield known != answered, "confidence must be known when there is an answer, and only then"
    tens = trials["confidence"].isin(list(range(10, 101, 10)))
    yield known & ~tens, "confidence is not one of 10, 20, ... 100 percent"


def _completeness_rules(participants: pd.DataFrame, *, trials: pd.DataFrame, protocol: Protocol) -> list[Rule]:
    """Every planned trial has its row, answered or not; who was never allocated has none."""
    plan = protocol.plan
    planned = set(range(len(plan.training) + len(plan.right) + len(plan.wrong)))
    places = trials.groupby("subject_id")["trial_index"].agg(set)
    found = [places.get(subject, set()) for subject in participants["subject_id"]]
    allocated = participants["allocated_at"].notna()
    incomplete = pd.Series([places != planned for places in found], index=participants.index)
    surplus = pd.Series([bool(places) for places in found], index=participants.index)
    rows = f"{TRIALS_FILE} must have one row per planned trial, trial_index 0 to {len(planned) - 1}"
    return [
        (allocated & incomplete, f"{rows}, of an allocated participant; rows are missing or have another index"),
        (~allocated & surplus, f"{TRIALS_FILE} has rows of a participant who was never allocated"),
    ]


def _miscounted(trials: pd.DataFrame, *, participants: pd.DataFrame) -> list[str]:
    """`n_main_answered` against the rows of trials."""
    main = trials[(trials["phase"] == "main") & trials["answered_at"].notna()]
    counted = main.groupby("subject_id").size().reindex(participants["subject_id"], fill_value=0)
    differs = counted.to_numpy() != participants["n_main_answered"].to_numpy(dtype="int64")
    if not differs.any():
        return []
    first = participants[differs].iloc[0]
    return [
        f"{PARTICIPANTS_FILE}: subject_id {first['subject_id']}: n_main_answered is {first['n_main_answered']}, but "
        f"{TRIALS_FILE} has {counted.loc[first['subject_id']]} answered main trials "
        f"({int(differs.sum())} participants in all)"
    ]
