"""Clones: a new draft with another study's design, or a simulated study that people never meet."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.models import Stage, Study
from study.selectors import shown_design, study_design
from study.services.drafts import slug_is_taken
from study.services.events import event_record
from study.services.freezing import version_freeze
from study.study_files import parse_fields


@transaction.atomic
def study_clone(*, study: Study, slug: str) -> Study:
    """A new draft with the study's design, on the same bundle; nothing of who took part comes along.

    Raises
    ------
    StudyError
        If the slug is taken, or none that a study could have.
    """
    _refuse_taken(slug)
    design = study_design(study) if study.draft is not None else shown_design(study)
    fields = design.model_dump(mode="json")
    fields["study"]["slug"] = slug
    clone = Study(
        slug=slug,
        title=design.study.title,
        language=design.study.languages[0],
        bundle=study.bundle,
        draft=parse_fields(fields, place=f"the clone of study '{study.slug}'").model_dump(mode="json"),
        cloned_from=study,
    )
    return _save_clone(clone, of=study)


@transaction.atomic
def study_clone_simulated(
    *,
    study: Study,
    slug: str,
    simulation: Mapping[str, Any],
    allocation_seed: bytes | None = None,
    design: StudyFile | None = None,
    at: datetime | None = None,
) -> Study:
    """A clone of `study` in stage `simulated`, frozen under a version of its own.

    Without `design` that of the study is frozen word for word, slug included, because the slug draws the stimuli: the
    clone shows the very stimuli people meet. A draft is frozen as a launch would freeze it now; it stays a draft.

    Parameters
    ----------
    simulation : mapping
        The declared parameters, kept as they are and exported (Any: JSON).
    allocation_seed : bytes, optional
        32 bytes that decide arms and orders; drawn when absent. Nobody is to be kept from guessing a simulation.
    design : StudyFile, optional
        The study's design with other numbers, such as quotas for the simulated participants.
    at : datetime, optional
        When the clone is said to have been made: exported, so that runs of one seed need one time.

    Raises
    ------
    StudyError
        If the slug is taken, the study is itself simulated, or its bundle cannot serve it.
    """
    if study.stage == Stage.SIMULATED:
        raise StudyError(f"study '{study.slug}' is simulated; simulate the study it was cloned from")
    _refuse_taken(slug)
    clone = Study(
        slug=slug,
        title=study.title,
        language=study.language,
        stage=Stage.SIMULATED,
        bundle=study.bundle,
        cloned_from=study,
        simulation=dict(simulation),
    )
    _save_clone(clone, of=study, at=at)
    version_freeze(study=clone, design=design or shown_design(study), seed=allocation_seed)
    return clone


def _save_clone(clone: Study, *, of: Study, at: datetime | None = None) -> Study:
    clone.full_clean()
    clone.save()
    event_record("cloned", study=clone, data={"cloned_from": of.slug}, at=at)
    return clone


def _refuse_taken(slug: str) -> None:
    if Study.objects.filter(slug=slug).exists():
        raise StudyError(slug_is_taken(slug))
