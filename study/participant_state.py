"""Where a participant stands, as the trials page needs to know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TypedDict

from django.db.models import Max
from django.urls import reverse

from earshot.design.blocks import BreakBlock, MainBlock
from earshot.design.study_file import StudyFile
from study.local_texts import local_text
from study.markdown import render_text
from study.models import Enrolment, Response, Trial
from study.presentation import MEDIA_URL, ShownTrial, TrialState, gives_feedback, media_urls, trial_state
from study.selectors import enrolment_next_step, sound_check_original, study_protocol
from study.services.handing_out import trials_hand_out

# How many trials beyond the present one are handed out, so that a participant goes on while the network is gone for a
# minute; of a trial whose answer has to be awaited, and of those after it, the media alone are named.
N_TRIALS_AHEAD = 8


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


class Turn(TypedDict):
    """A trial, its place, and the pauses before it; `awaits`: the server has a say before the next one can begin."""

    part: Part
    breaks: list[Break]
    trial: TrialState
    awaits: bool


class Level(TypedDict):
    """The speech by which a comfortable level is set again, after a pause of `after_s` since `last_at` (ISO 8601)."""

    url: str
    after_s: int
    last_at: str


class State(TypedDict):
    """Where a participant stands: the turns handed out, the present one first; without any the page goes to `next_url`.

    `preload` names media of trials that are not handed out yet. `expires_at` (ISO 8601): until when one can go on.
    `level` is None for somebody who hears nothing.
    """

    n_trials: int
    n_answered: int
    next_url: str
    session: Session
    turns: list[Turn]
    preload: list[str]
    expires_at: str | None
    level: Level | None


@dataclass(frozen=True)
class Place:
    """One trial of a session in outline; `condition` is empty for an attention trial."""

    block: str
    kind: str
    condition: str


def enrolment_state(enrolment: Enrolment) -> State:
    """Where the participant stands; the trials that it names are handed out with it."""
    design = study_protocol(enrolment.version).design
    rows = [Place(*row) for row in enrolment.trials.order_by("index").values_list("block", "kind", "condition")]
    is_due = enrolment.allocated_at is not None and enrolment_next_step(enrolment).kind == "trials"
    waiting = enrolment.trials.filter(response__isnull=True).order_by("index")
    named = waiting.select_related("stimulus").prefetch_related("stimulus__renditions__pictures")[: 1 + N_TRIALS_AHEAD]
    near = _until_questionnaire(list(named), design=design) if is_due else []
    state = session_state(
        rows,
        n_answered=len(rows) - waiting.count(),
        shown=[shown_trial(trial) for trial in near],
        design=design,
        labels=enrolment.version.study.bundle.labels,
        next_url=reverse("participant-start", args=[enrolment.version.study.slug]),
        expires_at=enrolment.expires_at,
    )
    if is_due and any(kind.startswith(("sound", "both")) for kind in state["session"]["meets"]):
        state["level"] = _level(enrolment, design=design)
    trials_hand_out(near[: len(state["turns"])])
    return state


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
    expires_at: datetime | None = None,
) -> State:
    """The state of somebody who has answered `n_answered` of the trials at `places`.

    Parameters
    ----------
    shown : sequence of ShownTrial
        The present trial and those after it that can be handed out, or whose media are named beforehand; empty when
        something else comes now.
    """
    turns = [_turn(trial, places=places, design=design, labels=labels) for trial in shown]
    n_turns = next((number for number, turn in enumerate(turns, start=1) if turn["awaits"]), len(turns))
    ahead = [url for turn in turns[n_turns : n_turns + 1] for url in media_urls(turn["trial"])]
    return {
        "n_trials": len(places),
        "n_answered": n_answered,
        "next_url": next_url,
        "session": _session(places, design=design),
        "turns": turns[:n_turns],
        "preload": list(dict.fromkeys(ahead)),
        "expires_at": expires_at.isoformat() if expires_at is not None else None,
        "level": None,
    }


def _level(enrolment: Enrolment, *, design: StudyFile) -> Level:
    answered_at = Response.objects.filter(trial__enrolment=enrolment).aggregate(last=Max("received_at"))["last"]
    last = answered_at or enrolment.sound_checked_at or enrolment.consented_at
    return {
        "url": MEDIA_URL + sound_check_original(enrolment.version).sound_file,
        "after_s": 60 * design.participation.repeat_level_after_min,
        "last_at": last.isoformat(),
    }


def _until_questionnaire(trials: Sequence[Trial], *, design: StudyFile) -> list[Trial]:
    """The trials that come before the next questionnaire."""
    if not trials:
        return []
    begun = [block.name for block in design.blocks].index(trials[0].block)
    near = {block.name for block in takewhile(lambda each: each.kind != "questionnaire", design.blocks[begun:])}
    return [trial for trial in trials if trial.block in near]


def _turn(trial: ShownTrial, *, places: Sequence[Place], design: StudyFile, labels: Sequence[str]) -> Turn:
    part = _part(places, index=trial.index, design=design)
    state = trial_state(trial, design=design, labels=labels)
    return {
        "part": part,
        "breaks": _breaks_before(trial.block, places=places, design=design) if part["is_first"] else [],
        "trial": state,
        "awaits": len(state["steps"]) > 1 or gives_feedback(trial, design=design),
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
            text = render_text(local_text(block.text))
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
