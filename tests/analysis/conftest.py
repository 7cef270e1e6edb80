"""A small simulator of whole exports, written from the core's definitions alone (numpy, no Django)."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import Allocated, Released
from earshot.bundle import Corpus, Manifest, Network, Picture, Rendition, Selection, Sound, Stimulus
from earshot.dataset import (
    ALLOCATION_FILE,
    CHANGES_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    DatasetVersion,
    Provenance,
    Stage,
    codebook_csv,
    describe_dataset,
    protocol_file,
    table_csv,
)
from earshot.dataset_allocation import AllocationRecord, derive_trials, describe_allocation
from earshot.dataset_tables import dataset_tables
from earshot.dataset_trials import MetTrial
from earshot.derivation import arm_shares
from earshot.design.study_file import StudyFile
from earshot.files import canonical_json, sha256_bytes, write_zip
from earshot.protocol import Protocol, freeze, parse_protocol
from earshot.tasks.kinds import TASKS
from tests.designs import make_design

SEED = b"s" * 32
LABELS = [str(digit) for digit in range(10)]
RECOGNISED = {"sound": 0.90, "picture": 0.15}
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is planted into a simulated export; `listeners` names who answers, see `Listeners.answer`.

    `design` is JSON: sections of a study file that replace those of the default design.
    """

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
    released: tuple[int, ...] = ()
    design: str = ""


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
    sections = {
        "study": {"slug": "digits", "title": "Spoken digits: <seen> & heard", "bundle": "voices"},
        "texts": {"en": {"information": "i", "consent": "c", "debrief": "d", "contact": "c"}},
        "arms": [
            {
                "name": name,
                "conditions": [f"{channel}-{mask}" for mask in ("relevance", "control")],
                "weight": weight,
            }
            for (name, channel), weight in zip((("seen", "picture"), ("heard", "sound")), plan.weights, strict=True)
        ],
        "blocks": [
            {"kind": "training", "name": "practice", "n_items": plan.n_training},
            {"kind": "main", "name": "main", "n_right": plan.n_right, "n_wrong": plan.n_wrong},
        ],
        "recruitment": {"n_per_arm": 1000, "power": {"missing_because": "a test"}},
        # balanced after every four, so that few participants are equally many in both arms
        "allocation": {"method": "permuted-blocks", "block_repeats": [2]},
    }
    return make_design(**sections | json.loads(plan.design or "{}"))


@dataclass
class Simulated:
    """One export while it is made: the rows of its tables."""

    plan: Plan
    protocol: Protocol
    manifest: Manifest
    listeners: Listeners
    people: list[Row] = field(default_factory=list)
    trials: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    answered: list[Row] = field(default_factory=list)

    def run(self) -> None:
        design = self.protocol.design
        allocator = Allocator(design.allocation, arms=arm_shares(self.protocol.design), seed=SEED)
        for number in range(self.plan.n_participants):
            assignment = allocator.next({})
            told = {name: getattr(assignment, name) for name in ("place", "arm", "sequence", "refills")}
            allocator.record(Allocated(factors={}, **told))
            person = self._person(number)
            person |= {name: told[name] for name in ("place", "arm", "sequence")}
            self._event("allocated", person, **told)
            self._meet(person)
            if number in self.plan.released:
                allocator.record(Released(place=assignment.place))
                person |= {"released_at": "2024-05-01T12:00:00+00:00", "release_reason": "idle"}
                self._event("released", person, place=assignment.place, reason="idle")
            elif person["completed_at"]:
                self._event("completed", person, place=assignment.place, is_released=False)
        # people who consented and failed the sound check: never allocated
        self.people += [
            {**self._keys(f"r{number:04d}"), "n_main_answered": 0, "consented_at": "2024-05-01T09:00:00+00:00"}
            for number in range(self.plan.refused)
        ]

    def _keys(self, subject: str) -> Row:
        return {"subject_id": subject, "version": 1, "stage": self.plan.row_stage}

    def _person(self, number: int) -> Row:
        person = self._keys(f"p{number:04d}") | {
            "consented_at": "2024-05-01T10:00:00+00:00",
            "sound_checked_at": "2024-05-01T10:02:00+00:00",
            "allocated_at": "2024-05-01T10:03:00+00:00",
            "training_completed_at": None if number in self.plan.never_started else "2024-05-01T10:10:00+00:00",
            "completed_at": "2024-05-01T10:30:00+00:00",
        }
        self.people.append(person)
        return person

    def _event(self, kind: str, person: Row, **data: Any) -> None:
        keys = {"version": 1, "subject_id": person["subject_id"]}
        at = "2024-05-01T10:03:00+00:00"
        self.events.append({"event_id": len(self.events) + 1, "at": at, "event": kind, **keys, **data})

    def _meet(self, person: Row) -> None:
        """The person's trials, and what follows from them."""
        place = person["place"]
        planned = derive_trials(
            self.protocol,
            manifest=self.manifest,
            seed=SEED,
            place=place,
            arm=person["arm"],
            sequence=person["sequence"],
        )
        n_answered = len(planned)
        if place in self.plan.dropouts:
            n_answered = self.plan.n_training + 5
        if place in self.plan.never_started:
            n_answered = 2
        own = self.listeners.draw_effects(sd=self.plan.sds[0])
        draw = random.Random(place)  # noqa: S311  # a simulation, nothing to keep secret
        for index, trial in enumerate(planned):
            met = self._met(trial)
            row = {name: person[name] for name in ("subject_id", "version", "stage", "arm")} | met.cells()
            row |= {"trial_index": index, "n_reloads": 0}
            if index < n_answered:
                row |= met.answer_cells(self._answers(met, own=own, draw=draw)) | {
                    "rt": 2100,
                    "onset_to_response_ms": 6100,
                    "plays": 1,
                    "original_plays": 1,
                    "heard_share": 1.0,
                    "answered_at": f"2024-05-01T10:{index:02d}:30.250000+00:00",
                }
            self.trials.append(row)
        mine = [row for row in self.trials if row["subject_id"] == person["subject_id"] and row["kind"] == "main"]
        person["n_main_answered"] = sum("answered_at" in row for row in mine)
        if person["n_main_answered"] < len(mine):
            person["completed_at"] = None

    def _met(self, trial: Any) -> MetTrial:
        design = self.protocol.design
        condition = design.condition(trial.condition) if trial.condition else None
        return MetTrial(
            design=design,
            labels=tuple(LABELS),
            block=trial.block,
            kind=trial.kind,
            condition=condition,
            stimulus=next((one for one in self.manifest.stimuli if one.id == trial.stimulus), None),
            instructed_label=trial.instructed_label,
            is_swapped=trial.is_swapped,
        )

    def _answers(self, met: MetTrial, *, own: Any, draw: random.Random) -> Row:
        asked = met.asked()
        if met.kind == "attention":
            return {"answer": met.instructed_label if draw.random() < 0.8 else LABELS[0]}
        if asked is None or met.condition is None or met.stimulus is None:
            return {}
        if asked.task != "forward-simulation":
            return dict(TASKS[asked.task].simulate(asked, understanding=0.4, recognition=0.9, draw=draw))
        answer = self.listeners.answer(own, met.stimulus, channel=met.condition.channel, mask=met.condition.mask)
        perceived = {"perceived_label": asked.true_label} if asked.ask_perceived else {}
        return {**perceived, "answer": answer, "confidence": 70}


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
        allocation_seed=SEED,
    )
    protocol = parse_protocol(protocol_bytes)
    study = Simulated(plan, protocol, manifest, Listeners(plan, np.random.default_rng(plan.seed)))
    study.run()
    tables = dataset_tables([protocol.design], monitoring=plan.monitoring)
    rows = {TRIALS_FILE: study.trials, PARTICIPANTS_FILE: study.people, EVENTS_FILE: study.events}
    is_over = plan.stage in ("closed", "simulated")
    record = AllocationRecord(versions=[describe_allocation(protocol, seed=SEED if is_over else None)])
    members = {
        **{table: table_csv(rows.get(table, []), columns=columns) for table, columns in tables.items()},
        protocol_file(1): protocol_bytes,
        MANIFEST_FILE: manifest_bytes,
        ALLOCATION_FILE: canonical_json(record.model_dump(mode="json")),
        CODEBOOK_FILE: codebook_csv(tables),
        README_FILE: b"# A simulated export\n",
        CHANGES_FILE: b"1: made\n",
    }
    provenance = Provenance(
        slug="digits",
        title="Spoken digits: <seen> & heard",
        stage=plan.stage,
        monitoring=plan.monitoring,
        versions=[DatasetVersion(number=1, protocol_sha256=protocol_sha256)],
        bundle_sha256=sha256_bytes(manifest_bytes),
        simulation={"effect": plan.effect, "seed": plan.seed, "listeners": plan.listeners}
        if plan.stage == "simulated"
        else None,
    )
    description = describe_dataset(provenance, tables=tables, description="simulated by the tests")
    return seal_files(members, description=description)


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
