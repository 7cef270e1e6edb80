"""Which language somebody reads, and a study's own texts in it."""

from collections.abc import Mapping
from typing import TypeVar

from django.utils import translation

from earshot.design.names import Language
from earshot.design.study_file import StudyFile
from earshot.design.whole import Texts
from study.models import Enrolment

Written = TypeVar("Written")


def language_of(enrolment: Enrolment) -> str:
    """The language of the pages when consent was given; the study's first one for whom an older Earshot enrolled."""
    return enrolment.language or enrolment.version.study.language


def texts_of(design: StudyFile) -> Texts:
    """The study's texts in the language that is spoken now, else in the study's first one."""
    return _spoken(design.texts) or design.default_texts


def local_text(text: Mapping[Language, str]) -> str:
    """A text in the language that is spoken now, else in the first it is written in."""
    return _spoken(text) or next(iter(text.values()))


def _spoken(by_language: Mapping[Language, Written]) -> Written | None:
    now = translation.get_language()
    return next((written for language, written in by_language.items() if language == now), None)
