"""Answers to questionnaires: checked by the server, stored once."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from earshot.design.questionnaire_answers import check_answers
from study.models import Enrolment, QuestionnaireResponse
from study.refusals import Refusal
from study.selectors import enrolment_next_step, study_protocol
from study.services.completion import completion_note
from study.services.enrolments import allocate_when_due, enrolment_lock
from study.services.events import event_record


@transaction.atomic
def questionnaire_record(*, enrolment: Enrolment, name: str, answers: Mapping[str, object]) -> None:
    """Store the answers to a questionnaire; the first ones stay, and sending again changes nothing.

    The last questionnaire before allocation allocates, the last one of all completes.

    Parameters
    ----------
    answers : mapping
        By item, as `earshot.design.questionnaire_answers.check_answers` takes them.

    Raises
    ------
    AnswerFault
        Of `earshot.design.questionnaire_item_answers`, for the first answer that cannot be taken.
    Refusal
        `not-handed-out` if another step comes first, or `study-closed`. Nothing is stored.
    """
    enrolment = enrolment_lock(enrolment)
    if enrolment.questionnaires.filter(questionnaire=name).exists():
        return
    step = enrolment_next_step(enrolment)
    if (step.kind, step.name) != ("questionnaire", name):
        raise Refusal("not-handed-out", f"the turn of questionnaire '{name}' has not come; load the page again")
    version, now = enrolment.version, timezone.now()
    asked = study_protocol(version).design.questionnaire(name)
    checked = check_answers(asked, answers=answers)
    QuestionnaireResponse.objects.create(enrolment=enrolment, questionnaire=name, answers=checked, answered_at=now)
    enrolment.last_seen_at = now
    enrolment.save(update_fields=["last_seen_at"])
    event_record(
        "questionnaire-answered",
        study=version.study,
        version=version,
        enrolment=enrolment,
        data={"questionnaire": name},
    )
    if enrolment.allocated_at is None:
        allocate_when_due(enrolment)
    else:
        completion_note(enrolment=enrolment)
