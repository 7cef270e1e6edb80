"""Trials begun and answered: each answer stored once, in time, for the right participant, before it is acknowledged."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from earshot.tasks.fields import AnswerFault, Answers, check_answers
from earshot.tasks.kinds import TASKS
from study.models import Enrolment, Response, Trial
from study.refusals import Refusal
from study.selectors import study_protocol, unanswered_trials
from study.services.completion import completion_note
from study.services.enrolments import enrolment_lock, enrolment_seen
from study.services.exposures import TrialExposure, check_heard, check_passed, check_plays, check_waited
from study.services.handing_out import earliest_start, is_handed_out, moment_ago
from study.services.windows import Claim, check_window
from study.services.withdrawals import check_not_expired
from study.task_forms import asked_about, attention_field, form_of


@dataclass(frozen=True)
class Answer:
    """An answer as the browser reports it; times in ms on the browser's clock, `rt_ms` from the opening of answers.

    `client_id` is made by the browser once per answer: a repeat of it is the same answer sent again. `answers` holds
    what was asked by field; after first answers, what was asked since. `plays` is of the explanation, `second_plays` of
    the second one or of the changed clip, `heard_share` (0-1) the longest play of an explanation's sound, of two the
    shorter; a picture that stays has one play and `heard_share` 1. `circumstances` are those of
    `earshot.circumstances.Circumstances`, empty where they were not sent.
    """

    client_id: uuid.UUID
    answers: Mapping[str, object]
    rt_ms: int
    onset_to_response_ms: int
    plays: int
    second_plays: int
    original_plays: int
    heard_share: float
    circumstances: Mapping[str, object]


@dataclass(frozen=True)
class Beginning:
    """A trial that a page began to show.

    A page makes one `begin_id` each time it shows a trial: a repeat of it is the same beginning sent again. `age_ms` is
    how long ago it was when the page sent it; `window_id` is the page's window, where it has one.
    """

    begin_id: uuid.UUID
    age_ms: int = 0
    window_id: uuid.UUID | None = None


@transaction.atomic
def trial_begin(*, enrolment: Enrolment, trial_code: uuid.UUID, beginning: Beginning) -> int:
    """How often the trial was begun before; its dwell starts at the beginning, by the server's clock.

    A repeat counts no reload and leaves the dwell as it runs.

    Raises
    ------
    Refusal
        `unknown-trial`, `already-answered`, `not-handed-out`, `other-window`, `expired`, `withdrawn`, `study-paused`
        or `study-closed`.
    """
    enrolment = enrolment_lock(enrolment)
    trial = _find_trial(enrolment, trial_code=trial_code)
    if _stored_response(trial) is not None:
        raise Refusal("already-answered", "this trial was answered; go on with the next one")
    _refuse_unless_handed_out(trial)
    check_not_expired(enrolment)
    if beginning.window_id is not None:
        check_window(enrolment, claim=Claim(beginning.window_id))
    if beginning.begin_id != trial.begin_id:
        _note_beginning(trial, begin_id=beginning.begin_id, begun_at=moment_ago(beginning.age_ms))
    enrolment_seen(enrolment=enrolment)
    return trial.n_begun - 1


@transaction.atomic
def first_answer_record(*, enrolment: Enrolment, trial_code: uuid.UUID, answers: Mapping[str, object]) -> Trial:
    """The trial with its answers to the first of two steps, after which the computer's answer may be told.

    The first ones stay: what is sent once they are stored is checked for nothing and changes nothing, so that nobody
    can answer anew in the knowledge of what the computer answered.

    Raises
    ------
    Refusal
        `malformed` where the trial has one step only or the answers do not fit, `unknown-label`, `not-handed-out`,
        `too-early`, `already-answered`, `unknown-trial`, `study-paused` or `study-closed`; nothing is stored.
    """
    enrolment = enrolment_lock(enrolment)
    trial = _find_trial(enrolment, trial_code=trial_code)
    if _stored_response(trial) is not None:
        raise Refusal("already-answered", "this trial was answered; go on with the next one")
    if trial.first_answers is None:
        check_not_expired(enrolment)
        _refuse_unless_handed_out(trial)
        exposure = _exposure(trial, enrolment=enrolment)
        trial.first_answers = _check_first(answers, trial=trial, enrolment=enrolment)
        check_passed(exposure.until_first_ms, begun_at=exposure.begun_at, now=timezone.now())
        trial.save(update_fields=["first_answers"])
        enrolment_seen(enrolment=enrolment)
    return trial


def response_record(
    *, enrolment: Enrolment, trial_code: uuid.UUID, answer: Answer, begin_id: uuid.UUID | None = None, age_ms: int = 0
) -> Response:
    """The stored response to a trial that was handed out; a repeat of the same answer gives back the one stored first.

    Answers may come in any order, and before the news that their trial began, whose `begin_id` they bear; `age_ms` is
    how long ago the answer was given when it was sent. It is committed when this returns. The last response of the
    training sets the enrolment's time; what completes the study does so in the same transaction.

    Raises
    ------
    Refusal
        With the reason; nothing is stored.
    """
    sent = _Sent(answer, begin_id=begin_id, age_ms=age_ms)
    try:
        return _record(enrolment, trial_code=trial_code, sent=sent)
    except IntegrityError:
        # Another request stored an answer between our look and our insert: the unique constraints decided, and the
        # second look finds what they kept.
        return _record(enrolment, trial_code=trial_code, sent=sent)


@dataclass(frozen=True)
class _Sent:
    """An answer and how it was sent."""

    answer: Answer
    begin_id: uuid.UUID | None
    age_ms: int


@transaction.atomic
def _record(enrolment: Enrolment, *, trial_code: uuid.UUID, sent: _Sent) -> Response:
    answer = sent.answer
    enrolment = enrolment_lock(enrolment)
    trial = _find_trial(enrolment, trial_code=trial_code)
    stored = _stored_response(trial)
    if stored is not None:
        return _same_or_refuse(stored, answer=answer)
    if Response.objects.filter(client_id=answer.client_id).exists():
        raise Refusal("already-answered", "client_id was used for another answer; each answer needs its own")
    if enrolment.expires_at is not None and moment_ago(sent.age_ms) > enrolment.expires_at:
        check_not_expired(enrolment)  # what was given in time may come later
    _refuse_unless_handed_out(trial)
    exposure = _exposure(trial, enrolment=enrolment)
    answers = _check_answers(answer, trial=trial, enrolment=enrolment)
    check_plays(exposure, plays=(answer.plays, answer.second_plays, answer.original_plays))
    check_heard(
        exposure,
        plays=answer.plays,
        second_plays=answer.second_plays,
        original_plays=answer.original_plays,
        heard_share=answer.heard_share,
    )
    now = timezone.now()
    check_passed(exposure.until_last_ms, begun_at=exposure.begun_at, now=now)
    check_waited(exposure, onset_to_response_ms=answer.onset_to_response_ms)
    earliest = exposure.begun_at + timedelta(milliseconds=exposure.until_last_ms)
    response = Response.objects.create(
        trial=trial,
        answered_at=max(earliest, moment_ago(sent.age_ms)),
        received_at=now,
        **_content(answer, answers=answers),
    )
    if trial.begin_id is None and sent.begin_id is not None:
        _note_beginning(trial, begin_id=sent.begin_id, begun_at=exposure.begun_at)
    _note_training(enrolment, trial=trial, response=response)
    enrolment_seen(enrolment=enrolment)
    completion_note(enrolment=enrolment)
    return response


def _find_trial(enrolment: Enrolment, *, trial_code: uuid.UUID) -> Trial:
    """The enrolment's trial; another's is as unknown as one that never was."""
    trial = (
        enrolment.trials.select_related("stimulus")
        .prefetch_related("stimulus__renditions__pictures")
        .filter(code=trial_code)
        .first()
    )
    if trial is None:
        raise Refusal("unknown-trial", f"trial '{trial_code}' is none of this participant's")
    return trial


def _stored_response(trial: Trial) -> Response | None:
    return Response.objects.filter(trial=trial).first()


def _content(answer: Answer, *, answers: Mapping[str, object]) -> dict[str, object]:
    """The answer's fields by name, as the row has them."""
    return {field.name: getattr(answer, field.name) for field in fields(answer)} | {"answers": dict(answers)}


def _same_or_refuse(stored: Response, *, answer: Answer) -> Response:
    content = _content(answer, answers={**(stored.trial.first_answers or {}), **answer.answers})
    if any(getattr(stored, name) != value for name, value in content.items()):
        raise Refusal("already-answered", "this trial has a different answer already; the first one stays")
    return stored


def _refuse_unless_handed_out(trial: Trial) -> None:
    if not is_handed_out(trial):
        raise Refusal("not-handed-out", "this trial's turn has not come; answer the ones before it first")


def _note_beginning(trial: Trial, *, begin_id: uuid.UUID, begun_at: datetime) -> None:
    trial.begun_at, trial.begin_id = begun_at, begin_id
    trial.n_begun += 1
    trial.save(update_fields=["begun_at", "n_begun", "begin_id"])


def _exposure(trial: Trial, *, enrolment: Enrolment) -> TrialExposure:
    """What the trial demands to be met, from its beginning at the earliest."""
    design = study_protocol(enrolment.version).design
    return TrialExposure.of(trial, begun_at=earliest_start(trial, design=design), design=design)


def _check_answers(answer: Answer, *, trial: Trial, enrolment: Enrolment) -> Answers:
    """All answers of the trial, the first ones included, as its task takes them."""
    labels, design = enrolment.version.study.bundle.labels, study_protocol(enrolment.version).design
    try:
        if trial.kind == "exemplar":
            return check_answers(answer.answers, fields=())
        if trial.stimulus is None:
            return check_answers(answer.answers, fields=(attention_field(labels),))
        condition = design.condition(trial.condition)
        asked = asked_about(
            trial.stimulus, condition=condition, is_swapped=trial.is_swapped, design=design, labels=labels
        )
        return TASKS[condition.task].check({**answer.answers, **(trial.first_answers or {})}, asked=asked)
    except AnswerFault as fault:
        raise _refusal_of(fault) from fault


def _check_first(answers: Mapping[str, object], *, trial: Trial, enrolment: Enrolment) -> Answers:
    """The answers to the first of two steps."""
    labels, design = enrolment.version.study.bundle.labels, study_protocol(enrolment.version).design
    if trial.stimulus is None or trial.kind == "exemplar":
        raise Refusal("malformed", "this trial has no first answer; send all of it as its response")
    condition = design.condition(trial.condition)
    steps = TASKS[condition.task].steps(form_of(condition, design=design, labels=labels))
    if len(steps) == 1:
        raise Refusal("malformed", "this trial has no first answer; send all of it as its response")
    try:
        return check_answers(answers, fields=steps[0].fields)
    except AnswerFault as fault:
        raise _refusal_of(fault) from fault


def _refusal_of(fault: AnswerFault) -> Refusal:
    return Refusal("unknown-label" if fault.code == "unknown-label" else "malformed", fault.message)


def _note_training(enrolment: Enrolment, *, trial: Trial, response: Response) -> None:
    """Set the time of the training's end once its last response is stored."""
    if trial.kind == "training" and not unanswered_trials(enrolment).filter(kind="training").exists():
        enrolment.training_completed_at = response.answered_at
        enrolment.save(update_fields=["training_completed_at"])
