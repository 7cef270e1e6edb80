"""A small simulator of whole exports, written from the core's definitions alone (numpy, no Django)."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earshot.allocation import permuted_blocks
from earshot.bundle import Corpus, Manifest, Network, Picture, Rendition, Selection, Sound, Stimulus
from earshot.dataset import (
    CHANGES_FILE,
    DESCRIPTION_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    PROTOCOL_FILE,
    README_FILE,
    TRIALS_FILE,
    Provenance,
    Stage,
    describe_dataset,
    table_columns,
)
from earshot.files import canonical_json, sha256_bytes, write_zip
from earshot.protocol import Protocol, StudyFile, freeze, parse_protocol
from earshot.sequence import participant_sequence

LABELS = [str(digit) for digit in range(10)]
RECOGNISED = {"sound": 0.90, "picture": 0.15}
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is planted into a simulated export; `listeners` names who answers, see `Listeners.answer`."""

    n_participants: int = 16
    effect: float = 0.0
    seed: int = 1
    listeners: str = "model"
    n_right: int = 12
    n_wrong: int = 12
    n_training: int = 4
    stage: Stage = "simulated"
    row_stage: str = "simulated"
    monitoring: bool = False
    dropouts: tuple[int, ...] = ()
    never_started: tuple[int, ...] = ()
    refused: int = 0
    sds: tuple[float, float, float] = (0.7, 0.7, 0.3)
    betas: tuple[float, float, float, float] = (0.0, 0.0, 0.3, 1.0)
    weights: tuple[int, int] = (1, 1)


@dataclass
class Listeners:
    """Random effects of people and stimuli, drawn once; answers follow the primary model."""

    plan: Plan
    random: np.random.Generator
    stimulus_effects: dict[str, Any] = field(default_factory=dict)

    def log_odds(self, own: Any, stimulus: Stimulus, *, channel: str, mask: str) -> float:
        c, m = (0.5 if channel == "sound" else -0.5), (0.5 if mask == "relevance" else -0.5)
        mc = 0.5 if stimulus.model_correct else -0.5
        of_stimulus = self.stimulus_effects.setdefault(stimulus.id, self.draw_effects())
        intercept, b_channel, b_mask, b_model = self.plan.betas
        fixed = intercept + b_channel * c + b_mask * m + b_model * mc
        fixed += self.plan.effect * (c * m / 2 - c * m * mc)
        varying = own @ [1, m, mc, m * mc] + of_stimulus @ [1, c, m, c * m]
        return float(fixed + varying)

    def draw_effects(self, *, sd: float | None = None) -> Any:
        _, stimulus, slope = self.plan.sds
        return self.random.normal(size=4) * [stimulus if sd is None else sd, slope, slope, slope]

    def answer(self, own: Any, stimulus: Stimulus, *, channel: str, mask: str) -> str:
        if self.plan.listeners == "truth-namer":
            return self.named_truth(stimulus, channel=channel)
        if self.plan.listeners == "never-wrong-ones" and not stimulus.model_correct:
            return stimulus.true_label
        if self.plan.listeners == "always-right-ones" and stimulus.model_correct:
            return stimulus.predicted_label
        p = 1 / (1 + np.exp(-self.log_odds(own, stimulus, channel=channel, mask=mask)))
        if self.random.random() < p:
            return stimulus.predicted_label
        if not stimulus.model_correct and self.random.random() < 0.6:
            return stimulus.true_label
        return str(self.random.choice([label for label in LABELS if label != stimulus.predicted_label]))

    def named_truth(self, stimulus: Stimulus, *, channel: str) -> str:
        recognised = self.random.random() < RECOGNISED[channel]
        return stimulus.true_label if recognised else str(self.random.choice(LABELS))


def _rendition(stimulus: str, mask: Any) -> Rendition:
    sha256 = sha256_bytes(f"{stimulus} {mask}".encode())
    return Rendition(
        mask=mask,
        sound=Sound(
            file=f"{sha256}.wav",
            sha256=sha256,
            duration_ms=600.0,
            sample_rate_hz=48000,
            level_lufs=-30.0,
            gain_db=3.0,
            true_peak_dbtp=-3.0,
        ),
        picture=Picture(
            file=f"{sha256}.png",
            sha256=sha256,
            width_px=227,
            height_px=227,
            duration_ms=600.0,
            frequency_min_hz=0.0,
            frequency_max_hz=4000.0,
            floor_db=-60.0,
            ceiling_db=0.0,
        ),
        mask_share=0.4,
        energy_kept_share=0.6,
    )


def _stimulus(index: int, *, role: Any, right: bool) -> Stimulus:
    name = f"{role}-{'right' if right else 'wrong'}-{index:02d}"
    true_label, predicted_label = LABELS[index % 10], LABELS[(index if right else index * 3 + 1) % 10]
    if not right and true_label == predicted_label:
        predicted_label = LABELS[(index + 5) % 10]
    return Stimulus(
        id=name,
        clip=f"{name}.wav",
        network="alexnet-quarter",
        speaker=f"{13 + index % 4}",
        role=role,
        true_label=true_label,
        predicted_label=predicted_label,
        explained_label=predicted_label,
        probabilities={predicted_label: 0.8, LABELS[(index + 7) % 10]: 0.2},
        relevance_over_logit=0.99,
        renditions=[_rendition(name, mask) for mask in ("none", "relevance", "control")],
    )


def _manifest(plan: Plan) -> Manifest:
    stimuli = [_stimulus(i, role="training", right=bool(i % 2)) for i in range(plan.n_training)]
    stimuli += [_stimulus(i, role="main", right=True) for i in range(plan.n_right)]
    stimuli += [_stimulus(i, role="main", right=False) for i in range(plan.n_wrong)]
    sha256 = sha256_bytes(b"weights")
    return Manifest(
        name="voices",
        labels=LABELS,
        recipe={"seed": 1},
        code_sha256=sha256,
        versions={"torch": "2.13.0", "zennit": "0.5.1"},
        seeds={"training": 1},
        corpus=Corpus(
            name="voices", sha256=sha256, n_clips=1280, n_skipped_too_long=0, n_speakers=16, sample_rate_hz=8000
        ),
        networks=[
            Network(
                name="alexnet-quarter",
                files={"alexnet-quarter/weights.safetensors": sha256},
                n_parameters=3_000_000,
                n_training_clips=840,
                accuracy_heldout_takes=0.98,
                n_heldout_takes=120,
                accuracy_heldout_speakers=0.78,
                n_heldout_speakers_clips=320,
                methods={"epsilon-plus-flat": "flat, z+ without bias, epsilon"},
            )
        ],
        selections=[
            Selection(
                network="alexnet-quarter",
                heldout_speakers=["13", "14", "15", "16"],
                n_right=250,
                n_wrong=70,
                n_right_with_fair_control=180,
                n_wrong_with_fair_control=50,
            )
        ],
        level_lufs=-30.0,
        stimuli=stimuli,
    )


def _design(plan: Plan) -> StudyFile:
    return StudyFile.model_validate(
        {
            "study": {"slug": "digits", "title": "Spoken digits: <seen> & heard", "bundle": "voices"},
            "texts": {"information": "i", "consent": "c", "debrief": "d", "contact": "c"},
            "arms": [
                {"name": "seen", "channel": "picture", "weight": plan.weights[0]},
                {"name": "heard", "channel": "sound", "weight": plan.weights[1]},
            ],
            "conditions": [{"given": "original-and-word", "mask": mask} for mask in ("relevance", "control")],
            "training": {"n_items": plan.n_training},
            "main": {"n_right": plan.n_right, "n_wrong": plan.n_wrong},
        }
    )


def _participant_row(place: int, *, plan: Plan, protocol: Protocol) -> Row:
    slot = permuted_blocks(protocol.design.weights, seed=b"s" * 32, place=place)
    return {
        "subject_id": f"p{place:04d}",
        "version": 1,
        "stage": plan.row_stage,
        "arm": slot.arm,
        "channel": protocol.design.arm(slot.arm).channel,
        "list_index": slot.list_index,
        "consented_at": "2024-05-01T10:00:00+00:00",
        "sound_checked_at": "2024-05-01T10:02:00+00:00",
        "allocated_at": "2024-05-01T10:03:00+00:00",
        "training_completed_at": None if place in plan.never_started else "2024-05-01T10:10:00+00:00",
        "completed_at": "2024-05-01T10:30:00+00:00",
    }


def _trial_rows(person: Row, *, place: int, listeners: Listeners, protocol: Protocol, manifest: Manifest) -> list[Row]:
    stimuli = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    sequence = participant_sequence(
        training=protocol.plan.training,
        halves=protocol.plan.halves,
        list_index=person["list_index"],
        key=place.to_bytes(4, "big"),
    )
    plan = listeners.plan
    n_training = len(protocol.plan.training)
    n_answered = len(sequence)
    n_answered = n_training + 5 if place in plan.dropouts else 2 if place in plan.never_started else n_answered
    own = listeners.draw_effects(sd=plan.sds[0])
    rows = []
    for index, trial in enumerate(sequence):
        stimulus = stimuli[trial.stimulus]
        answered = index < n_answered
        answer = listeners.answer(own, stimulus, channel=person["channel"], mask=trial.mask) if answered else None
        rows.append(
            {
                **{name: person[name] for name in ("subject_id", "version", "stage", "arm", "channel")},
                "mask": trial.mask,
                "phase": trial.phase,
                "trial_index": index,
                "stimulus": stimulus.id,
                "true_label": stimulus.true_label,
                "predicted_label": stimulus.predicted_label,
                "model_correct": stimulus.model_correct,
                "answer": answer,
                "correct": answer == stimulus.predicted_label if answered else None,
                "n_alternatives": len(LABELS),
                "confidence": 70 if answered else None,
                "rt": 2100 if answered else None,
                "onset_to_response_ms": 6100 if answered else None,
                "plays": 1,
                "original_plays": 1,
                "heard_share": 1.0,
                "n_reloads": 0,
                "answered_at": f"2024-05-01T10:{index:02d}:30.250000+00:00" if answered else None,
            }
        )
    return rows


def _refused_rows(plan: Plan) -> list[Row]:
    """People who consented and failed the sound check: never allocated."""
    consent = {"stage": plan.row_stage, "version": 1, "consented_at": "2024-05-01T09:00:00+00:00"}
    return [{"subject_id": f"r{i:04d}", "n_main_answered": 0, **consent} for i in range(plan.refused)]


def _cell(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _csv(rows: list[Row], *, table: str, monitoring: bool) -> bytes:
    names = [column.name for column in table_columns(table, monitoring=monitoring)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode()


@cache
def simulate(plan: Plan) -> dict[str, bytes]:
    """The files of an export by archive path; do not change the dict."""
    manifest = _manifest(plan)
    # without unknown values: an optional field that a later manifest gains changes no hash, so no drawn study
    manifest_bytes = canonical_json(manifest.model_dump(mode="json", exclude_none=True))
    protocol_bytes, protocol_sha256 = freeze(
        _design(plan),
        version=1,
        manifest=manifest,
        bundle_sha256=sha256_bytes(manifest_bytes),
        allocation_seed=b"s" * 32,
    )
    protocol = parse_protocol(protocol_bytes)
    listeners = Listeners(plan, np.random.default_rng(plan.seed))
    people = [_participant_row(place, plan=plan, protocol=protocol) for place in range(plan.n_participants)]
    trials = []
    for place, person in enumerate(people):
        rows = _trial_rows(person, place=place, listeners=listeners, protocol=protocol, manifest=manifest)
        answered = [row for row in rows if row["answer"] is not None]
        person["n_main_answered"] = sum(row["phase"] == "main" for row in answered)
        if person["n_main_answered"] < plan.n_right + plan.n_wrong:
            person["completed_at"] = None
        trials += rows
    members = {
        TRIALS_FILE: _csv(trials, table=TRIALS_FILE, monitoring=plan.monitoring),
        PARTICIPANTS_FILE: _csv(people + _refused_rows(plan), table=PARTICIPANTS_FILE, monitoring=plan.monitoring),
        PROTOCOL_FILE: protocol_bytes,
        MANIFEST_FILE: manifest_bytes,
        README_FILE: b"# A simulated export\n",
        CHANGES_FILE: b"1: made\n",
    }
    provenance = Provenance(
        slug="digits",
        title="Spoken digits: <seen> & heard",
        stage=plan.stage,
        monitoring=plan.monitoring,
        protocol_sha256=protocol_sha256,
        bundle_sha256=sha256_bytes(manifest_bytes),
        simulation={"effect": plan.effect, "seed": plan.seed, "listeners": plan.listeners}
        if plan.stage == "simulated"
        else None,
    )
    return seal_files(members, description=describe_dataset(provenance, description="simulated by the tests"))


def seal_files(members: dict[str, bytes], *, description: dict[str, Any]) -> dict[str, bytes]:
    """The files with a description whose hashes fit them."""
    others = {name: content for name, content in members.items() if name != DESCRIPTION_FILE}
    hashes = {name: sha256_bytes(content) for name, content in others.items()}
    sealed = {**description, "earshot": {**description["earshot"], "files": hashes}}
    return {**others, DESCRIPTION_FILE: json.dumps(sealed).encode()}


@pytest.fixture(scope="session")
def study_files() -> Callable[..., dict[str, bytes]]:
    """Files of a simulated export; keyword arguments as in `Plan`."""
    return lambda **planted: dict(simulate(Plan(**planted)))


@pytest.fixture(scope="session")
def seal() -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """Gives changed files a description with fitting hashes again."""
    return lambda members: seal_files(members, description=json.loads(members[DESCRIPTION_FILE]))


@pytest.fixture(scope="session")
def study_zip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Path of a simulated export; keyword arguments as in `Plan`."""

    def write(**planted: Any) -> Path:
        path = tmp_path_factory.mktemp("export") / "digits.zip"
        write_zip(path, members=simulate(Plan(**planted)))
        return path

    return write
