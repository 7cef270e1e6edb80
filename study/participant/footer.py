"""What stands below every page from consent on: whom to ask, until when one can come back, and how to leave."""

from datetime import timedelta
from datetime import timezone as utc_offset
from typing import TypedDict

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from study.local_texts import texts_of
from study.models import Enrolment
from study.participant.pages import render_line
from study.selectors import has_expired, study_protocol
from study.services.withdrawals import receipt_code, withdrawals_left


class Deadline(TypedDict):
    """Until when somebody can come back: for scripts (ISO 8601), and in words of their own clock, else of UTC."""

    iso: str
    words: str


class Footer(TypedDict):
    """The context of `_footer.html`; `contact` is HTML of one line, no address means that nothing can be withdrawn."""

    contact: SafeString
    withdraw_url: str
    receipt: str
    deadline: Deadline | None
    has_withdrawn: bool


def footer_of(enrolment: Enrolment) -> Footer:
    """The footer of a participant's pages; a deadline stands there as long as there is something to go on with."""
    has_ended = enrolment.screened_out or enrolment.completed_at or enrolment.withdrawn_at
    is_over = bool(has_ended) or has_expired(enrolment)
    withdraw_url = reverse("participant-withdraw", args=[enrolment.version.study.slug])
    return {
        "contact": render_line(texts_of(study_protocol(enrolment.version).design).contact),
        "withdraw_url": withdraw_url if withdrawals_left(enrolment) else "",
        "receipt": receipt_code(enrolment.code),
        "deadline": None if is_over else deadline_of(enrolment),
        "has_withdrawn": enrolment.withdrawn_at is not None,
    }


def deadline_of(enrolment: Enrolment) -> Deadline | None:
    """Until when the participant can come back; None for who can for ever."""
    if enrolment.expires_at is None:
        return None
    offset_min = enrolment.utc_offset_min
    local = enrolment.expires_at.astimezone(utc_offset(timedelta(minutes=offset_min or 0)))
    words = gettext("%(date)s, %(time)s") % {
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
    }
    return {"iso": enrolment.expires_at.isoformat(), "words": words if offset_min is not None else f"{words} UTC"}
