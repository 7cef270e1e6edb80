"""Where a participant stands, as an address: every page sends on whoever does not belong there."""

from django.http import HttpResponseRedirect
from django.urls import reverse

from study.models import Enrolment, Study
from study.selectors import NextStep, StepKind, enrolment_next_step

_PAGES: dict[StepKind, str] = {
    "screens": "participant-screens",
    "sound": "participant-sound",
    "headphones": "participant-headphones",
    "trials": "participant-trials",
    "screened-out": "participant-ended",
    "withdrawn": "participant-ended",
    "expired": "participant-ended",
    "complete": "participant-debrief",
}


def page_url(name: str, study: Study) -> str:
    """The address of a study's page by the name of its route."""
    return reverse(name, args=[study.slug])


def step_url(step: NextStep, *, study: Study) -> str:
    """The address of the page where a step is taken."""
    if step.kind == "questionnaire":
        return reverse("participant-questionnaire", args=[study.slug, step.name])
    return page_url(_PAGES[step.kind], study)


def go_on(enrolment: Enrolment) -> HttpResponseRedirect:
    """To the page where the participant stands."""
    return HttpResponseRedirect(step_url(enrolment_next_step(enrolment), study=enrolment.version.study))


def to_start(study: Study) -> HttpResponseRedirect:
    """To the start page, where somebody unknown begins."""
    return HttpResponseRedirect(page_url("participant-start", study))
