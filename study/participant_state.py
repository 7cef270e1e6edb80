"""Where a participant stands, as the trials page needs to know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from django.urls import reverse

from earshot.design.blocks import BreakBlock, MainBlock
from earshot.design.study_file import StudyFile
from study.markdown import render_text
from study.models import Enrolment, Trial
from study.presentation import ShownTrial, TrialState, media_urls, trial_state
from study.selectors import enrolment_next_step, study_protocol
from study.task_forms import local_text

# How many trials beyond the present one have their media named, for the browser to fetch beforehand.
N_TRIALS_NAMED_AHEAD = 1


class Part(TypedDict):
    """The present part of the study and the place in it; `number` tells several main parts apart, else it is None.

    Examples count by themselves; `is_first`: the trial begins its block.
    """

    kind: str
    number: int | None
    index: int
    n_trials: int
    is_first: bool


class Break(TypedDict):
    """A pause before the trial; `text_html` is sanitised."""

    text_html: str
    least_s: int


class Session(TypedDict):
    """What the greeting says of the whole session: the same for everybody but for what this participant will meet.

    `meets` names channels, things given, tasks and kinds of trial.
    """

    meets: list[str]
    wrong_share: float
    n_training: int


class State(TypedDict):
    """Where a participant stands; without a trial the page goes to `next_url`."""

    n_trials: int
    n_answered: int
    next_url: str
    session: Session
    part: Part | None
    breaks: list[Break]
    trial: TrialState | None
    preload: list[str]


@dataclass(frozen=True)
class Place:
    """One trial of a session in outline; `condition` is empty for an attention trial."""

    block: str
    kind: str
    condition: str


def enrolment_state(enrolment: Enrolment) -> State:
    """Where the participant stands; the start page leads on to whatever comes instead of a trial."""
    design = study_protocol(enrolment.version).design
    rows = enrolment.trials.order_by("index").values_list("block", "kind", "condition")
    is_due = enrolment.allocated_at is not None and enrolment_next_step(enrolment).kind == "trials"
    waiting = enrolment.trials.filter(response__isnull=True).order_by("index")
    shown = (
        waiting.select_related("stimulus").prefetch_related("stimulus__renditions__pictures")[
            : 1 + N_TRIALS_NAMED_AHEAD
        ]
        if is_due
        else []
    )
    return session_state(
        [Place(*row) for row in rows],
        n_answered=len(rows) - waiting.count(),
        shown=[shown_trial(trial) for trial in shown],
        design=design,
        labels=enrolment.version.study.bundle.labels,
        next_url=reverse("participant-start", args=[enrolment.version.study.slug]),
    )


def shown_trial(trial: Trial) -> ShownTrial:
    """A row as what is shown of it."""
    return ShownTrial(
        code=trial.code,
        index=trial.index,
        kind=trial.kind,  # type: ignore[arg-type]  # held by the constraint trial_kind_known
        block=trial.block,
        stimulus=trial.stimulus,
        condition=trial.condition,
        instructed_label=trial.instructed_label,
        first_answers=trial.first_answers,
        is_swapped=trial.is_swapped,
    )


def session_state(
    places: Sequence[Place],
    *,
    n_answered: int,
    shown: Sequence[ShownTrial],
    design: StudyFile,
    labels: Sequence[str],
    next_url: str,
) -> State:
    """The state of somebody who has answered `n_answered` of the trials at `places`.

    Parameters
    ----------
    shown : sequence of ShownTrial
        The present trial and those whose media are named beforehand; empty when something else comes now.
    """
    trials = [trial_state(trial, design=design, labels=labels) for trial in shown]
    ahead = [url for trial in trials[1:] for url in media_urls(trial)]
    part = _part(places, index=shown[0].index, design=design) if shown else None
    return {
        "n_trials": len(places),
        "n_answered": n_answered,
        "next_url": next_url,
        "session": _session(places, design=design),
        "part": part,
        "breaks": _breaks_before(shown[0].block, places=places, design=design) if part and part["is_first"] else [],
        "trial": trials[0] if trials else None,
        "preload": list(dict.fromkeys(ahead)),
    }


def _part(places: Sequence[Place], *, index: int, design: StudyFile) -> Part:
    present = places[index]
    is_example = present.kind == "exemplar"
    in_block = [number for number, place in enumerate(places) if place.block == present.block]
    alike = [number for number in in_block if (places[number].kind == "exemplar") == is_example]
    kind = "exemplars" if is_example else design.block(present.block).kind
    met_blocks = {place.block for place in places}
    met = [block.name for block in design.trial_blocks if block.kind == kind and block.name in met_blocks]
    return {
        "kind": kind,
        "number": met.index(present.block) + 1 if len(met) > 1 else None,
        "index": alike.index(index),
        "n_trials": len(alike),
        "is_first": index == in_block[0],
    }


def _breaks_before(name: str, *, places: Sequence[Place], design: StudyFile) -> list[Break]:
    """The breaks between a block and what this participant met before it."""
    met = {place.block for place in places}
    breaks: list[Break] = []
    for block in design.blocks:
        if block.name == name:
            break
        if isinstance(block, BreakBlock):
            text = render_text(local_text(block.text, design=design))
            breaks.append({"text_html": text, "least_s": block.least_s})
        elif block.name in met:
            breaks = []
    return breaks


def _session(places: Sequence[Place], *, design: StudyFile) -> Session:
    conditions = [design.condition(name) for name in {place.condition for place in places} if name]
    meets: set[str] = {place.kind for place in places}
    meets |= {str(met) for condition in conditions for met in (condition.given, condition.task)}
    meets |= {f"{condition.channel}-explanation" for condition in conditions}
    meets |= {f"{condition.given_channel}-original" for condition in conditions if condition.given != "nothing"}
    if len({condition.mask for condition in design.conditions} - {"none"}) > 1:
        meets.add("hedged")
    main_blocks = [block for block in design.blocks if isinstance(block, MainBlock)]
    meets.add("told" if any(block.feedback for block in main_blocks) else "untold")
    return {
        "meets": sorted(meets),
        "wrong_share": main_blocks[0].n_wrong / main_blocks[0].n_items,  # the same in all of them
        "n_training": sum(place.kind == "training" for place in places),
    }
