"""Runs a simulated study: a clone of stage simulated, filled with enrolments, trials and responses in bulk.

Notes
-----
Everything exported follows from the study, the new slug and the seed: two runs export the same bytes. Nothing else
than a fresh clone of stage simulated is ever written.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from earshot.allocation.allocator import Allocator
from earshot.allocation.record import Allocated
from earshot.derivation import arm_shares
from earshot.design.names import Name
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.shuffle import derive_key
from study.models import Enrolment, Event, QuestionnaireResponse, Response, Stage, Study, Trial
from study.participant_plans import participant_trials_of
from study.services.clones import study_clone_simulated
from study.simulation.behaviour import ATTENTION_PASSED_SHARE
from study.simulation.design import simulated_design
from study.simulation.listeners import RECOGNISED_SHARE, Listeners, TruthNamers
from study.simulation.model_listeners import ModelListeners
from study.simulation.sessions import START, Session, Venue

ListenersName = Literal["model", "truth-namer"]

_BATCH_ROWS = 500
_MOST_PER_ARM = 10_000  # as `Recruitment.n_per_arm` has it; all of it is made in memory first
_LONGEST_SLUG = 63  # as `earshot.design.names.Name` has it


@dataclass(frozen=True)
class SimulationPlan:
    """What `simulate` was asked for; `effect_log_odds` is the primary contrast's."""

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

    Allocates `plan.n_per_arm` participants for each unit of weight, by the study's own method under a seed of the
    clone's own. A draft is frozen for the clone as a launch would freeze it now; it stays a draft.

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
    design = simulated_design(study, n_per_arm=plan.n_per_arm)
    clone = study_clone_simulated(
        study=study,
        slug=slug,
        design=design,
        simulation=_describe_plan(plan, study=study, design=design),
        allocation_seed=derive_key(str(plan.seed).encode(), purpose=f"simulated allocation of {slug}"),
        at=START,
    )
    venue = Venue(clone=clone, version=clone.versions.get(), seed=plan.seed)
    _store(_run_sessions(venue, listeners=_make_listeners(venue, plan=plan)), venue=venue)
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


def _describe_plan(plan: SimulationPlan, *, study: Study, design: StudyFile) -> dict[str, Any]:
    """Every parameter of the simulation, as it is stored and exported."""
    described: dict[str, Any] = {
        "cloned_from": study.slug,
        "participants_per_arm": plan.n_per_arm,
        "listeners": plan.listeners,
        "seed": plan.seed,
        "attention_passed_share": ATTENTION_PASSED_SHARE,
        "recognised_share": dict(RECOGNISED_SHARE),
    }
    if plan.listeners == "truth-namer":
        return described
    parameters = design.simulation.model_dump(mode="json")
    return described | {"effect_log_odds": plan.effect_log_odds, "parameters": parameters}


def _make_listeners(venue: Venue, *, plan: SimulationPlan) -> Listeners:
    if plan.listeners == "truth-namer":
        return TruthNamers(seed=plan.seed)
    return ModelListeners(
        venue.design.simulation,
        contrast=venue.design.analysis.primary,
        effect_log_odds=plan.effect_log_odds,
        stimuli=[name for block in venue.protocol.plan for name in (*block.practice, *block.right, *block.wrong)],
        seed=plan.seed,
    )


def _run_sessions(venue: Venue, *, listeners: Listeners) -> list[Session]:
    """Everybody's session: enrolled in order, one place each until every arm has its number."""
    seed = bytes(venue.version.allocation_seed)
    allocator = Allocator(venue.design.allocation, arms=arm_shares(venue.protocol.design), seed=seed)
    sessions = []
    for place in range(venue.design.n_planned):
        session = Session(venue, place=place)
        factors = session.arrive()
        assignment = allocator.next(factors)
        allocator.record(
            Allocated(
                place=assignment.place,
                arm=assignment.arm,
                sequence=assignment.sequence,
                factors=factors,
                refills=assignment.refills,
            )
        )
        planned = participant_trials_of(venue.version, protocol=venue.protocol, assignment=assignment)
        session.take_part(assignment, planned=planned, person=listeners.person(place))
        sessions.append(session)
    return sessions


def _store(sessions: list[Session], *, venue: Venue) -> None:
    """Write all rows; events in the order of their times, as they would have come."""
    Enrolment.objects.bulk_create([each.enrolment for each in sessions], batch_size=_BATCH_ROWS)
    Trial.objects.bulk_create([trial for each in sessions for trial in each.trials], batch_size=_BATCH_ROWS)
    Response.objects.bulk_create([one for each in sessions for one in each.responses], batch_size=_BATCH_ROWS)
    answered = [one for each in sessions for one in each.questionnaires]
    QuestionnaireResponse.objects.bulk_create(answered, batch_size=_BATCH_ROWS)
    events = sorted((event for each in sessions for event in each.events), key=lambda event: event.at)
    Event.objects.bulk_create(events, batch_size=_BATCH_ROWS)
    venue.version.n_allocated = len(sessions)
    venue.version.save(update_fields=["n_allocated"])
