"""One simulated participant from consent to the last answer, as rows that are not stored yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from secrets import token_hex
from typing import Literal
from uuid import UUID

from earshot.allocation.record import Assignment
from earshot.design.blocks import BreakBlock, QuestionnaireBlock
from earshot.design.conditions import Condition
from earshot.design.conduct import HeadphoneCheckName
from earshot.design.questionnaire_simulation import simulate_answers
from earshot.design.questionnaires import Questionnaire
from earshot.design.study_file import StudyFile
from earshot.protocol import Protocol
from earshot.sequence.plan import PlannedTrial
from earshot.shuffle import derive_key
from earshot.tasks.fields import Answers
from earshot.tasks.kinds import TASKS
from study.headphones import attempt_order, right_interval
from study.models import (
    Enrolment,
    Event,
    QuestionnaireResponse,
    Response,
    Stage,
    Stimulus,
    Study,
    Trial,
    Version,
)
from study.models.enrolment import make_code
from study.selectors import has_screens, study_protocol
from study.services.events import EventKind
from study.simulation.behaviour import Behaviour
from study.simulation.listeners import Person, Presented, stream
from study.task_forms import ATTENTION_FIELD, asked_about

# Far from every real study, and the same in every run: the bytes of an export depend on the seed alone.
START = datetime(2000, 1, 1, 9, 0, tzinfo=UTC)
_BETWEEN_PARTICIPANTS_S = 97
_UNTIL_SCREENED_S = 30
_UNTIL_SOUND_CHECK_S = 45
_UNTIL_HEADPHONES_S = 60
_QUESTIONNAIRE_S = 60
_BEFORE_BLOCK_S = 10
_BETWEEN_TRIALS_S = 2.5


@dataclass(frozen=True)
class Venue:
    """Where sessions happen: a simulated clone, and the seed of everything that is drawn beside its allocation."""

    clone: Study
    version: Version
    seed: int

    @cached_property
    def protocol(self) -> Protocol:
        """The clone's frozen protocol."""
        return study_protocol(self.version)

    @property
    def design(self) -> StudyFile:
        """The clone's design."""
        return self.protocol.design

    @cached_property
    def stimuli(self) -> dict[str, Stimulus]:
        """The bundle's stimuli by name, with their renditions."""
        return {stimulus.name: stimulus for stimulus in self.clone.bundle.stimuli.prefetch_related("renditions")}

    @property
    def labels(self) -> list[str]:
        """The network's possible answers."""
        labels: list[str] = self.clone.bundle.labels
        return labels

    def present(self, trial: Trial) -> Presented | None:
        """A trial as a listener meets it; None for an attention trial."""
        if trial.stimulus is None:
            return None
        condition = self.design.condition(trial.condition)
        asked = asked_about(
            trial.stimulus, condition=condition, is_swapped=trial.is_swapped, design=self.design, labels=self.labels
        )
        return Presented(stimulus=trial.stimulus.name, condition=condition, asked=asked)


class Session:
    """One participant, from `arrive` to `take_part`; the rows made are kept in the lists."""

    def __init__(self, venue: Venue, *, place: int) -> None:
        self._venue = venue
        self._draw = stream(venue.seed, purpose=f"behaviour {place}")
        self._behaviour = Behaviour(self._draw)
        self._clock = START + timedelta(seconds=place * _BETWEEN_PARTICIPANTS_S)
        slug = venue.clone.slug
        self._key = derive_key(str(venue.seed).encode(), purpose=f"trials of {slug} {place}")
        self.enrolment = Enrolment(
            version=venue.version,
            code=sha256(f"{slug} {venue.seed} {place}".encode()).hexdigest()[:12],
            token_sha256=token_hex(32),  # of no token: nobody can walk in as a simulated participant
            stage=Stage.SIMULATED,
            consented_at=self._clock,
        )
        self.responses: list[Response] = []
        self.questionnaires: list[QuestionnaireResponse] = []
        self.events: list[Event] = []
        self._note("enrolled")

    @property
    def trials(self) -> list[Trial]:
        """The trials in their order; each is answered."""
        return [response.trial for response in self.responses]

    def arrive(self) -> dict[str, str]:
        """Pass everything that comes before allocation; gives the levels that allocation is told.

        It takes everybody the same time, so that places are given in the order of arrival.
        """
        if has_screens(self._venue.design):
            self._pass(_UNTIL_SCREENED_S)
            self.enrolment.screened_at = self._clock
            self._note("screened")
        self._pass(_UNTIL_SOUND_CHECK_S)
        self.enrolment.sound_checked_at = self._clock
        self._note("sound-checked")
        self._pass_headphones(self._venue.design.screens.headphones)
        levels: dict[str, str] = {}
        for questionnaire in self._venue.design.questionnaires_at("before"):
            answers = self._fill_in(questionnaire)
            levels |= {f"{questionnaire.name}-{item}": str(value) for item, value in answers.items()}
        self.enrolment.factors = {name: levels[name] for name in self._venue.design.allocation.strata}
        return dict(self.enrolment.factors)

    def _pass_headphones(self, check: Literal["none"] | HeadphoneCheckName) -> None:
        if check == "none":
            return
        self._pass(_UNTIL_HEADPHONES_S)
        order = attempt_order(check, code=self.enrolment.code, attempt=0)
        self.enrolment.headphones_answers = [[right_interval(check, number=number) for number in order]]
        self.enrolment.headphones_right = len(order)
        self.enrolment.headphones_checked_at = self._clock
        self._note("headphones-checked")

    def take_part(self, assignment: Assignment, *, planned: Sequence[PlannedTrial], person: Person) -> None:
        """Answer everything that the assignment brings, to the end."""
        enrolment, design = self.enrolment, self._venue.design
        enrolment.arm, enrolment.place, enrolment.sequence = assignment.arm, assignment.place, assignment.sequence
        enrolment.allocated_at = self._clock
        self._note(
            "allocated",
            place=assignment.place,
            arm=assignment.arm,
            sequence=assignment.sequence,
            refills=assignment.refills,
            factors=dict(enrolment.factors),
        )
        trials = {block: list(group) for block, group in groupby(planned, key=lambda trial: trial.block)}
        for block in design.blocks:
            self._pass(_BEFORE_BLOCK_S + (block.least_s if isinstance(block, BreakBlock) else 0))
            if isinstance(block, QuestionnaireBlock):
                self._fill_in(design.questionnaire(block.questionnaire))
            for trial in trials.get(block.name, []):
                self._answer(trial, person=person)
        for questionnaire in design.questionnaires_at("after"):
            self._fill_in(questionnaire)
        enrolment.completed_at = enrolment.last_seen_at = self._clock
        enrolment.completion_code = make_code()
        self._note("completed", place=assignment.place, is_released=False)

    def _answer(self, planned: PlannedTrial, *, person: Person) -> None:
        self._pass(_BETWEEN_TRIALS_S)
        trial = self._make_trial(planned)
        presented = self._venue.present(trial)
        answers = self._choose(trial, presented=presented, person=person)
        if answers and presented is not None:
            trial.first_answers = _first_answers(answers, presented=presented)
        response = self._respond(trial, answers=answers, condition=presented.condition if presented else None)
        self.responses.append(response)
        if trial.kind == "training":
            self.enrolment.training_completed_at = response.answered_at
        self._clock = response.answered_at

    def _make_trial(self, planned: PlannedTrial) -> Trial:
        index = len(self.responses)
        return Trial(
            enrolment=self.enrolment,
            # All of a simulated study repeats with its seed, the codes of trials too.
            code=UUID(bytes=derive_key(self._key, purpose=str(index))[:16]),
            index=index,
            block=planned.block,
            kind=planned.kind,
            stimulus=self._venue.stimuli[planned.stimulus] if planned.stimulus else None,
            condition=planned.condition or "",
            instructed_label=planned.instructed_label or "",
            is_swapped=planned.is_swapped,
            n_begun=1,
        )

    def _choose(self, trial: Trial, *, presented: Presented | None, person: Person) -> Answers:
        if trial.kind == "exemplar":
            return {}
        if presented is None:
            chosen = self._behaviour.follow_instruction(trial.instructed_label, labels=self._venue.labels)
            return {ATTENTION_FIELD: chosen}
        return person.answer(presented)

    def _respond(self, trial: Trial, *, answers: Answers, condition: Condition | None) -> Response:
        design = self._venue.design
        exposure = design.exposure if condition is None else design.exposure_of(condition)
        return self._behaviour.respond(
            trial, answers=answers, begun_at=self._clock, condition=condition, exposure=exposure
        )

    def _fill_in(self, questionnaire: Questionnaire) -> dict[str, object]:
        self._pass(_QUESTIONNAIRE_S)
        answers = simulate_answers(questionnaire, draw=self._draw)
        self.questionnaires.append(
            QuestionnaireResponse(
                enrolment=self.enrolment,
                questionnaire=questionnaire.name,
                answers=answers,
                answered_at=self._clock,
            )
        )
        self._note("questionnaire-answered", questionnaire=questionnaire.name)
        return dict(answers)

    def _note(self, kind: EventKind, **data: object) -> None:
        """Add an event as the services record it, at the session's own time."""
        self.events.append(
            Event(
                study=self._venue.clone,
                version=self._venue.version,
                at=self._clock,
                kind=kind,
                enrolment=self.enrolment.code,
                data=data,
            )
        )

    def _pass(self, seconds: float) -> None:
        self._clock += timedelta(seconds=seconds)


def _first_answers(answers: Answers, *, presented: Presented) -> Answers | None:
    """The answers to the first of two steps, which are stored before the network's answer is told."""
    steps = TASKS[presented.condition.task].steps(presented.asked)
    return {field.name: answers[field.name] for field in steps[0].fields} if len(steps) > 1 else None
