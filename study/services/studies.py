"""A study's life, in one place for its callers: drafts, pilot and launch, pause and close, clones."""

from study.services.clones import study_clone, study_clone_simulated
from study.services.drafts import study_create, study_draft_update, study_dump, study_load
from study.services.launches import (
    study_amend_begin,
    study_amend_discard,
    study_close,
    study_launch,
    study_pause,
    study_resume,
    study_start_pilot,
)

__all__ = [
    "study_amend_begin",
    "study_amend_discard",
    "study_clone",
    "study_clone_simulated",
    "study_close",
    "study_create",
    "study_draft_update",
    "study_dump",
    "study_launch",
    "study_load",
    "study_pause",
    "study_resume",
    "study_start_pilot",
]
