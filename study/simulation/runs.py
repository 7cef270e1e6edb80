"""Runs a simulated study: a clone of stage simulated, filled with enrolments, trials and responses in bulk.

Notes
-----
Everything exported follows from the study, the new slug and the seed: two runs export the same bytes. Nothing else
than a fresh clone of stage simulated is ever written.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal, get_args
from uuid import uuid4

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from earshot.allocation import Slot
from earshot.errors import StudyError
from earshot.protocol import Channel, Exposure, Name, Protocol, parse_protocol
from earshot.shuffle import derive_key
from study.models import Arm, Enrolment, Response, Stage, Stimulus, Study, Trial, Version
from study.models.enrolment import make_code
from study.selectors import study_design
from study.services.enrolments import ParticipantPlan, participant_plan
from study.services.studies import study_clone_simulated
from study.simulation.listeners import (
    RECOGNISED_SHARE,
    Listeners,
    ModelListeners,
    Presented,
    TruthNamers,
)

ListenersName = Literal["model", "truth-namer"]

# Far from every real study, and the same in every run: the bytes of an export depend on the seed alone.
_START = datetime(2000, 1, 1, 9, 0, tzinfo=UTC)
_BETWEEN_PARTICIPANTS_S = 97
_UNTIL_SOUND_CHECK_S = 75
_BEFORE_ONSET_MS = 1500
_AFTER_ANSWER_MS = 2500
_MEDIAN_RT_MS = 1800
_RT_LOG_SD = 0.5
_BATCH_ROWS = 500
_MOST_PER_ARM = 10_000  # all of it is made in memory first
_LONGEST_SLUG = 63  # as `earshot.protocol.Name` has it


@dataclass(frozen=True)
class SimulationPlan:
    """What `simulate` was asked for."""

    n_per_arm: int
    effect_log_odds: float
    listeners: ListenersName
    seed: int

    def check(self) -> None:
        """Refuse what cannot be simulated; raises StudyError."""
        if not 1 <= self.n_per_arm <= _MOST_PER_ARM:
            raise StudyError(
                f"participants is {self.n_per_arm}; expected at least 1 and at most {_MOST_PER_ARM} per arm"
            )
        if not math.isfinite(self.effect_log_odds):
            raise StudyError(f"effect is {self.effect_log_odds}; expected a finite number of log-odds")
        if self.seed < 0:
            raise StudyError(f"seed is {self.seed}; expected a whole number of at least 0")
        if self.listeners not in get_args(ListenersName):
            raise StudyError(f"listeners is '{self.listeners}'; expected {' or '.join(get_args(ListenersName))}")

    def default_slug(self, study: Study) -> str:
        """The name of the clone when none is given: the study's, shortened if need be, the kind and the seed."""
        kind = "simulated" if self.listeners == "model" else "truth-namers"
        ending = f"-{kind}-{self.seed}"
        n_left = max(1, _LONGEST_SLUG - len(ending))
        return study.slug[:n_left].rstrip("-") + ending


@transaction.atomic
def study_simulate(*, study: Study, plan: SimulationPlan, slug: str | None = None) -> Study:
    """A clone of `study` in stage simulated, answered by everybody allocated.

    Allocates `plan.n_per_arm` participants for each unit of weight, by the study's own permuted blocks under a seed
    of the clone's own. A draft is frozen for the clone as a launch would freeze it now; it stays a draft.

    Raises
    ------
    StudyError
        If the study is itself simulated, the slug is faulty or taken, or the plan cannot be simulated.
    """
    plan.check()
    if study.stage == Stage.SIMULATED:
        raise StudyError(f"study '{study.slug}' is itself simulated; name the study it was cloned from")
    slug = plan.default_slug(study) if slug is None else slug
    _check_slug(slug)
    allocation_seed = derive_key(str(plan.seed).encode(), purpose=f"simulated allocation of {slug}")
    clone = study_clone_simulated(
        study=study, slug=slug, simulation=_describe_plan(plan, study=study), allocation_seed=allocation_seed
    )
    _SimulatedStudy(clone, plan=plan).run()
    return clone


def _check_slug(slug: str) -> None:
    """Refuse a slug that no study file could have."""
    try:
        TypeAdapter(Name).validate_python(slug)
    except ValidationError as fault:
        raise StudyError(
            f"slug is '{slug}'; expected a small letter, then up to {_LONGEST_SLUG - 1} small letters, digits or "
            "hyphens: name another with --slug"
        ) from fault


def _describe_plan(plan: SimulationPlan, *, study: Study) -> dict[str, Any]:
    """Every parameter of the simulation, as it is stored and exported."""
    described: dict[str, Any] = {
        "cloned_from": study.slug,
        "participants_per_arm": plan.n_per_arm,
        "listeners": plan.listeners,
        "seed": plan.seed,
    }
    if plan.listeners == "truth-namer":
        return described | {"recognised_share": dict(RECOGNISED_SHARE)}
    parameters = study_design(study).simulation.model_dump(mode="json")
    return described | {"effect_log_odds": plan.effect_log_odds, "parameters": parameters}


class _SimulatedStudy:
    """One clone while it is being filled."""

    def __init__(self, clone: Study, *, plan: SimulationPlan) -> None:
        self.clone, self.plan = clone, plan
        self.version: Version = clone.versions.get()
        if clone.stage != Stage.SIMULATED or self.version.enrolments.exists():
            raise StudyError(f"study '{clone.slug}' is no fresh simulated clone; only such a clone is written")
        self.protocol: Protocol = parse_protocol(bytes(self.version.protocol))
        self.arms: dict[str, Arm] = {arm.name: arm for arm in clone.arms.all()}
        self.stimuli: dict[str, Stimulus] = {stimulus.name: stimulus for stimulus in clone.bundle.stimuli.all()}
        self.listeners = self._make_listeners()

    def run(self) -> None:
        """Allocate, hand out and answer everything."""
        enrolments, trials, responses = [], [], []
        n_places = 0
        for place, planned in self._planned_participants():
            n_places = place + 1
            enrolment = self._make_enrolment(place, planned=planned)
            answered = self._answer_trials(enrolment, place=place, planned=planned)
            enrolments.append(enrolment)
            responses += answered
            trials += [response.trial for response in answered]
        Enrolment.objects.bulk_create(enrolments, batch_size=_BATCH_ROWS)
        Trial.objects.bulk_create(trials, batch_size=_BATCH_ROWS)
        Response.objects.bulk_create(responses, batch_size=_BATCH_ROWS)
        self.version.n_allocated = n_places
        self.version.save(update_fields=["n_allocated"])

    def _planned_participants(self) -> Iterator[tuple[int, ParticipantPlan]]:
        """Places in order with their plans, until every arm has its number.

        The number may end within a block. Places of an arm, or of an arm's list, that has its number by then are
        passed over, so that all arms have exactly what was asked for, and lists within an arm differ by one at most.
        """
        seed = bytes(self.version.allocation_seed)
        wanted = {arm: self.plan.n_per_arm * weight for arm, weight in self.protocol.design.weights.items()}
        per_arm: Counter[str] = Counter()
        per_list: Counter[Slot] = Counter()
        place = 0
        while per_arm.total() < sum(wanted.values()):
            planned = participant_plan(self.protocol, allocation_seed=seed, place=place)
            slot = planned.slot
            # Half of an odd number is rounded up: either list may have the one more.
            if per_arm[slot.arm] < wanted[slot.arm] and per_list[slot] < (wanted[slot.arm] + 1) // 2:
                per_arm[slot.arm] += 1
                per_list[slot] += 1
                yield place, planned
            place += 1

    def _make_listeners(self) -> Listeners:
        labels: list[str] = self.clone.bundle.labels
        if self.plan.listeners == "truth-namer":
            return TruthNamers(labels=labels, seed=self.plan.seed)
        plan = self.protocol.plan
        return ModelListeners(
            self.protocol.design.simulation,
            effect_log_odds=self.plan.effect_log_odds,
            labels=labels,
            stimuli=[*plan.training, *plan.right, *plan.wrong],
            seed=self.plan.seed,
        )

    def _make_enrolment(self, place: int, *, planned: ParticipantPlan) -> Enrolment:
        consented_at = _START + timedelta(seconds=place * _BETWEEN_PARTICIPANTS_S)
        allocated_at = consented_at + timedelta(seconds=_UNTIL_SOUND_CHECK_S)
        return Enrolment(
            version=self.version,
            code=sha256(f"{self.clone.slug} {self.plan.seed} {place}".encode()).hexdigest()[:12],
            token_sha256=token_hex(32),  # of no token: nobody can walk in as a simulated participant
            stage=Stage.SIMULATED,
            arm=self.arms[planned.slot.arm],
            place=place,
            list_index=planned.slot.list_index,
            consented_at=consented_at,
            sound_checked_at=allocated_at,
            allocated_at=allocated_at,
        )

    def _answer_trials(self, enrolment: Enrolment, *, place: int, planned: ParticipantPlan) -> list[Response]:
        """All responses of one participant, each with its trial; sets the enrolment's later times."""
        channel = self.protocol.design.arm(planned.slot.arm).channel
        person = self.listeners.person(place)
        behaviour = _Behaviour(self.plan.seed, place=place, channel=channel)
        clock = enrolment.consented_at + timedelta(seconds=_UNTIL_SOUND_CHECK_S + 10)
        responses: list[Response] = []
        for index, next_trial in enumerate(planned.trials):
            stimulus = self.stimuli[next_trial.stimulus]
            presented = Presented(
                stimulus=stimulus.name,
                channel=channel,
                mask=next_trial.mask,
                true_label=stimulus.true_label,
                predicted_label=stimulus.predicted_label,
            )
            trial = Trial(
                enrolment=enrolment,
                index=index,
                phase=next_trial.phase,
                stimulus=stimulus,
                mask=next_trial.mask,
                n_begun=1,
            )
            answer = person.answer(presented)
            response = behaviour.respond(trial, answer=answer, begun_at=clock, exposure=self.protocol.design.exposure)
            responses.append(response)
            clock = response.answered_at + timedelta(milliseconds=_AFTER_ANSWER_MS)
            if next_trial.phase == "training":
                enrolment.training_completed_at = response.answered_at
        enrolment.completed_at = responses[-1].answered_at
        enrolment.completion_code = make_code()
        return responses


class _Behaviour:
    """Everything about a simulated participant beside the answer: times, plays, confidence; tells nothing of it."""

    def __init__(self, seed: int, *, place: int, channel: Channel) -> None:
        self.channel = channel
        self._draw = random.Random(f"earshot {seed} behaviour {place}")  # noqa: S311  # nothing to keep secret

    def respond(self, trial: Trial, *, answer: str, begun_at: datetime, exposure: Exposure) -> Response:
        """The response to `trial`, which begins at `begun_at`."""
        trial.begun_at = begun_at
        rt_ms = round(self._draw.lognormvariate(math.log(_MEDIAN_RT_MS), _RT_LOG_SD))
        onset_to_response_ms = exposure.dwell_ms + rt_ms
        return Response(
            trial=trial,
            client_id=uuid4(),
            answer=answer,
            confidence=10 * self._draw.randint(1, 10),
            rt_ms=rt_ms,
            onset_to_response_ms=onset_to_response_ms,
            plays=1 if self.channel == "picture" else self._draw.randint(1, exposure.max_plays),
            original_plays=self._draw.randint(1, exposure.max_plays),
            heard_share=1.0,
            answered_at=begun_at + timedelta(milliseconds=_BEFORE_ONSET_MS + onset_to_response_ms),
        )
