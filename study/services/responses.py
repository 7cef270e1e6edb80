"""Trials begun and answered: each answer stored once, in time, for the right participant, before it is acknowledged."""

import math
import uuid
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from earshot.protocol import Exposure
from study.models import Enrolment, Response, Trial
from study.models.enrolment import make_code
from study.presentation import find_rendition
from study.refusals import Refusal
from study.selectors import enrolment_channel, enrolments_with_study, study_protocol, unanswered_trials
from study.services.enrolments import check_label, check_open

# A sound counts as heard once this share of it was played: players report the last stretch late or not at all.
HEARD_SHARE = 0.95


@dataclass(frozen=True)
class Answer:
    """An answer as the browser reports it; times in ms on the browser's clock, `rt_ms` from the opening of answers.

    `client_id` is made by the browser once per answer: a repeat of it is the same answer sent again. `heard_share`
    (0-1) is of the longest play; a picture has `plays` 1 and `heard_share` 1.
    """

    client_id: uuid.UUID
    answer: str
    confidence: int
    rt_ms: int
    onset_to_response_ms: int
    plays: int
    original_plays: int
    heard_share: float


@transaction.atomic
def trial_begin(*, enrolment: Enrolment, trial_code: uuid.UUID, begin_id: uuid.UUID | None = None) -> int:
    """How often the trial was begun before; its dwell starts now, by the server's clock.

    A page makes one `begin_id` each time it shows a trial: a repeat of it is the same beginning sent again, which
    counts no reload and leaves the dwell as it runs.

    Raises
    ------
    Refusal
        `unknown-trial`, `already-answered`, `not-handed-out` (only the first unanswered trial can begin) or
        `study-closed`.
    """
    enrolment = _lock_enrolment(enrolment)
    trial = _find_trial(enrolment, trial_code=trial_code)
    if _stored_response(trial) is not None:
        raise Refusal("already-answered", "this trial was answered; go on with the next one")
    _refuse_unless_handed_out(trial, enrolment=enrolment)
    if begin_id is None or begin_id != trial.begin_id:
        trial.begun_at = timezone.now()
        trial.n_begun += 1
        trial.begin_id = begin_id
        trial.save(update_fields=["begun_at", "n_begun", "begin_id"])
    return trial.n_begun - 1


def response_record(*, enrolment: Enrolment, trial_code: uuid.UUID, answer: Answer) -> Response:
    """The stored response to a trial; a repeat of the same answer gives back the one stored first.

    It is committed when this returns. The last response of a phase sets the enrolment's time; the very last one makes
    the completion code in the same transaction.

    Raises
    ------
    Refusal
        With the reason; nothing is stored.
    """
    try:
        return _record(enrolment, trial_code=trial_code, answer=answer)
    except IntegrityError:
        # Another request stored an answer between our look and our insert: the unique constraints decided, and the
        # second look finds what they kept.
        return _record(enrolment, trial_code=trial_code, answer=answer)


@transaction.atomic
def _record(enrolment: Enrolment, *, trial_code: uuid.UUID, answer: Answer) -> Response:
    enrolment = _lock_enrolment(enrolment)
    trial = _find_trial(enrolment, trial_code=trial_code)
    stored = _stored_response(trial)
    if stored is not None:
        return _same_or_refuse(stored, answer=answer)
    if Response.objects.filter(client_id=answer.client_id).exists():
        raise Refusal("already-answered", "client_id was used for another answer; each answer needs its own")
    now = timezone.now()
    _check_answer(answer, trial=trial, enrolment=enrolment, now=now)
    response = Response.objects.create(trial=trial, answered_at=now, **_content(answer))
    _note_completion(enrolment, phase=trial.phase, now=now)
    return response


def _lock_enrolment(enrolment: Enrolment) -> Enrolment:
    """The enrolment's row, locked: one participant's requests are worked off in turn."""
    locked = enrolments_with_study().select_for_update(of=("self",)).get(pk=enrolment.pk)
    check_open(locked.version.study)
    return locked


def _find_trial(enrolment: Enrolment, *, trial_code: uuid.UUID) -> Trial:
    """The enrolment's trial; another's is as unknown as one that never was."""
    trial = enrolment.trials.select_related("stimulus").filter(code=trial_code).first()
    if trial is None:
        raise Refusal("unknown-trial", f"trial '{trial_code}' is none of this participant's")
    return trial


def _stored_response(trial: Trial) -> Response | None:
    return Response.objects.filter(trial=trial).first()


def _content(answer: Answer) -> dict[str, object]:
    """The answer's fields by name, as the row has them."""
    return {field.name: getattr(answer, field.name) for field in fields(answer)}


def _same_or_refuse(stored: Response, *, answer: Answer) -> Response:
    if any(getattr(stored, name) != value for name, value in _content(answer).items()):
        raise Refusal("already-answered", "this trial has a different answer already; the first one stays")
    return stored


def _refuse_unless_handed_out(trial: Trial, *, enrolment: Enrolment) -> None:
    first = unanswered_trials(enrolment).values_list("pk", flat=True).first()
    if first != trial.pk:
        raise Refusal("not-handed-out", "this trial's turn has not come; answer the ones before it first")


def _check_answer(answer: Answer, *, trial: Trial, enrolment: Enrolment, now: datetime) -> None:
    """Refuse an answer out of turn, outside the labels, unheard or too early."""
    design = study_protocol(enrolment.version).design
    if trial.begun_at is None:
        _refuse_unless_handed_out(trial, enrolment=enrolment)
        raise Refusal("not-begun", "this trial was not begun; begin it, hear it and answer then")
    check_label(answer.answer, labels=enrolment.version.study.bundle.labels)
    in_sound = enrolment_channel(enrolment) == "sound"
    with_original = design.given != "nothing"
    _check_heard(answer, exposure=design.exposure, in_sound=in_sound, with_original=with_original)
    original_ms = find_rendition(trial.stimulus, mask="none").sound_duration_ms if with_original else 0.0
    explanation = find_rendition(trial.stimulus, mask=trial.mask)  # type: ignore[arg-type]  # held by trial_mask_known
    explanation_ms = explanation.sound_duration_ms if in_sound else 0.0
    least_ms = max(design.exposure.dwell_ms, explanation_ms) + original_ms
    _check_time(answer, dwell_ms=design.exposure.dwell_ms, least_ms=least_ms, begun_at=trial.begun_at, now=now)


def _check_heard(answer: Answer, *, exposure: Exposure, in_sound: bool, with_original: bool) -> None:
    most = max(answer.plays, answer.original_plays)
    if most > exposure.max_plays:
        raise Refusal("malformed", f"plays is {most}; this study allows {exposure.max_plays}")
    if with_original and answer.original_plays < 1:
        raise Refusal("not-heard", "the original was not heard; play it once before you answer")
    if in_sound and (answer.plays < 1 or answer.heard_share < HEARD_SHARE):
        raise Refusal("not-heard", "the explanation was not heard to its end; play it once before you answer")


def _check_time(answer: Answer, *, dwell_ms: int, least_ms: float, begun_at: datetime, now: datetime) -> None:
    """Answering opens after the dwell, by the server's clock and by the browser's own account."""
    passed_ms = (now - begun_at).total_seconds() * 1000
    if passed_ms < least_ms:
        raise Refusal(
            "too-early",
            f"the answer came {passed_ms:.0f} ms after the trial began; answering opens after {least_ms:.0f} ms",
            retry_after_ms=math.ceil(least_ms - passed_ms),
        )
    if answer.onset_to_response_ms < dwell_ms:
        raise Refusal(
            "too-early",
            f"onset_to_response_ms is {answer.onset_to_response_ms}; answering opens {dwell_ms} ms after the onset",
        )


def _note_completion(enrolment: Enrolment, *, phase: str, now: datetime) -> None:
    """Set the time of a phase's end once its last response is stored, and the code once all are."""
    pending = unanswered_trials(enrolment)
    changed = []
    if phase == "training" and not pending.filter(phase="training").exists():
        enrolment.training_completed_at = now
        changed.append("training_completed_at")
    if not pending.exists():
        enrolment.completed_at = now
        enrolment.completion_code = make_code()
        changed += ["completed_at", "completion_code"]
    if changed:
        enrolment.save(update_fields=changed)
