"""A study's stages: draft -> pilot -> running <-> paused -> closed, and new versions of what runs."""

from django.db import transaction
from django.utils import timezone

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.checklist import checklist, pilot_checklist, refuse_failing
from study.models import Stage, Study, Version
from study.selectors import current_version, study_design, study_protocol
from study.services.allocations import enrolments_lock, places_keep
from study.services.drafts import lock_study
from study.services.events import EventKind, event_record
from study.services.freezing import version_freeze

_STAGES_TO_PILOT = (Stage.DRAFT, Stage.PILOT)
_STAGES_TO_LAUNCH = (Stage.DRAFT, Stage.PILOT, Stage.RUNNING, Stage.PAUSED)
_STAGES_TO_AMEND = (Stage.RUNNING, Stage.PAUSED)
_STAGES_TO_CLOSE = (Stage.PILOT, Stage.RUNNING, Stage.PAUSED)


@transaction.atomic
def study_start_pilot(*, study: Study) -> Version:
    """The version that a pilot runs under: frozen like any other, with a seed of its own; the draft stays.

    A pilot may be started anew once the draft was changed.

    Raises
    ------
    StudyError
        If the study is past its pilot, or what the checklist asks of a pilot is missing.
    """
    study = lock_study(study)
    _refuse_stage(study, allowed=_STAGES_TO_PILOT, deed="piloted")
    refuse_failing(pilot_checklist(study), study=study, deed="piloted")
    version = version_freeze(study=study, design=study_design(study), is_pilot=True)
    _adopt(study, stage=Stage.PILOT, design=study_design(study))
    event_record("pilot-started", study=study, version=version, data={"protocol_sha256": version.protocol_sha256})
    return version


@transaction.atomic
def study_launch(*, study: Study, reason: str = "") -> Version:
    """The version that froze the draft, under which the study runs from now on; nothing is edited any more.

    A study that runs or is paused gets a new version, which says why, and which one it follows; who is enrolled goes on
    under theirs.

    Raises
    ------
    StudyError
        If there is no draft, the study is closed or simulated, a new version lacks a reason, or the checklist fails;
        the message names every failing item.
    """
    study, reason = lock_study(study), reason.strip()
    _refuse_stage(study, allowed=_STAGES_TO_LAUNCH, deed="launched")
    if study.draft is None:
        raise StudyError(
            f"study '{study.slug}' is {study.stage} and nothing of it is edited; begin a new version first: "
            f"python manage.py amend_study {study.slug}"
        )
    previous = current_version(study) if study.stage in _STAGES_TO_AMEND else None
    if previous is not None and not reason:
        raise StudyError(f"a new version of study '{study.slug}' needs a reason, which is frozen with it; give one")
    refuse_failing(checklist(study), study=study, deed="launched")
    design = study_design(study)
    version = version_freeze(
        study=study,
        design=design,
        reason=reason,
        previous_sha256=previous.protocol_sha256 if previous is not None else None,
    )
    if study.stage == Stage.PAUSED:
        places_keep(study=study)
    study.draft = None
    _adopt(study, stage=Stage.RUNNING, design=design)
    event_record(
        "launched",
        study=study,
        version=version,
        data={"protocol_sha256": version.protocol_sha256, "reason": reason},
    )
    return version


@transaction.atomic
def study_amend_begin(*, study: Study) -> Study:
    """The study with its frozen design as a draft, to be edited and launched as a new version; a draft stays as it is.

    Raises
    ------
    StudyError
        If the study neither runs nor is paused.
    """
    study = lock_study(study)
    _refuse_stage(study, allowed=_STAGES_TO_AMEND, deed="amended")
    if study.draft is None:
        study.draft = study_protocol(current_version(study)).design.model_dump(mode="json")
        study.full_clean()
        study.save(update_fields=["draft"])
        event_record("study-changed", study=study)
    return study


@transaction.atomic
def study_amend_discard(*, study: Study) -> Study:
    """The study without the draft of a version to come; what runs is not touched.

    Raises
    ------
    StudyError
        If the study neither runs nor is paused.
    """
    study = lock_study(study)
    _refuse_stage(study, allowed=_STAGES_TO_AMEND, deed="amended")
    if study.draft is not None:
        study.draft = None
        study.full_clean()
        study.save(update_fields=["draft"])
        event_record("study-changed", study=study)
    return study


def study_pause(*, study: Study) -> Study:
    """The study, paused: nobody is enrolled and no answer taken until it is resumed; pausing twice changes nothing.

    Raises
    ------
    StudyError
        If the study does not run.
    """
    return _change_stage(study, to=Stage.PAUSED, allowed=(Stage.RUNNING,), kind="paused")


def study_resume(*, study: Study) -> Study:
    """The study, running again, where nobody loses a place for the pause; resuming twice changes nothing.

    Raises
    ------
    StudyError
        If the study is not paused.
    """
    return _change_stage(study, to=Stage.RUNNING, allowed=(Stage.PAUSED,), kind="resumed")


def study_close(*, study: Study) -> Study:
    """The study, closed: nobody is enrolled and nothing is stored any more; closing twice changes nothing.

    A draft that was not launched is given up.

    Raises
    ------
    StudyError
        If the study was never launched or piloted, or is simulated.
    """
    return _change_stage(study, to=Stage.CLOSED, allowed=_STAGES_TO_CLOSE, kind="closed")


@transaction.atomic
def _change_stage(study: Study, *, to: Stage, allowed: tuple[Stage, ...], kind: EventKind) -> Study:
    study = lock_study(study)
    if study.stage == to:
        return study
    _refuse_stage(study, allowed=allowed, deed=kind)
    if to == Stage.RUNNING:
        places_keep(study=study)
    else:
        # Answers on their way are stored before the stage changes; all others find the changed one.
        enrolments_lock(study=study)
    study.stage = to
    if to == Stage.CLOSED:
        study.closed_at, study.draft = timezone.now(), None
    study.full_clean()
    study.save(update_fields=["stage", "closed_at", "draft"])
    event_record(kind, study=study)
    return study


def _adopt(study: Study, *, stage: Stage, design: StudyFile) -> None:
    """Let the study be called what the frozen design calls it."""
    study.stage, study.title, study.language = stage, design.study.title, design.study.languages[0]
    study.full_clean()
    study.save(update_fields=["stage", "title", "language", "draft"])


def _refuse_stage(study: Study, *, allowed: tuple[Stage, ...], deed: str) -> None:
    if study.stage not in allowed:
        raise StudyError(f"study '{study.slug}' is {study.stage}; only {', '.join(allowed)} can be {deed}")
