"""The screens that everyone passes before the sound check: window, language, hearing."""

from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.utils import timezone

from earshot.design.conduct import Screens
from study.models import Enrolment
from study.refusals import Refusal
from study.selectors import enrolment_next_step, study_protocol
from study.services.enrolments import enrolment_lock
from study.services.events import event_record

ScreenReason = Literal["window", "language", "hearing"]


@dataclass(frozen=True)
class Screening:
    """What a participant's window measured (px, CSS pixels) and what they said; None for what was not asked."""

    width_px: int | None = None
    speaks: bool | None = None
    hears_well: bool | None = None


@transaction.atomic
def enrolment_screen(*, enrolment: Enrolment, screening: Screening) -> bool:
    """Whether the participant goes on; the first screening counts, and a second one changes nothing.

    The reason of somebody who goes no further is kept with the enrolment alone: the events know that it happened.

    Raises
    ------
    Refusal
        `malformed` if something that the study asks is missing, `not-handed-out` out of turn, or `study-closed`.
    """
    enrolment = enrolment_lock(enrolment)
    if enrolment.screened_at is not None:
        return not enrolment.screened_out
    step = enrolment_next_step(enrolment)
    if step.kind != "screens":
        raise Refusal("not-handed-out", f"nothing is to be screened now; what comes next is '{step.kind}'")
    reason = find_reason(screening, screens=study_protocol(enrolment.version).design.screens)
    enrolment.screened_at = timezone.now()
    enrolment.screened_out = reason or ""
    enrolment.save(update_fields=["screened_at", "screened_out"])
    version = enrolment.version
    event_record("screened-out" if reason else "screened", study=version.study, version=version, enrolment=enrolment)
    return reason is None


def find_reason(screening: Screening, *, screens: Screens) -> ScreenReason | None:
    """Why somebody goes no further; None for who does. Refusal (`malformed`) when something asked has no answer."""
    if screens.least_width_px is not None and _given(screening.width_px, name="width_px") < screens.least_width_px:
        return "window"
    if screens.speaks is not None and not _given(screening.speaks, name="speaks"):
        return "language"
    if screens.hears_well and not _given(screening.hears_well, name="hears_well"):
        return "hearing"
    return None


def _given(value: int | None, *, name: str) -> int:
    if value is None:
        raise Refusal("malformed", f"{name} is missing; this study asks it of everybody")
    return value
