"""Drafts: read from a file, made and changed in the admin, written out again; all by one validator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import read_toml_fields
from study.feasibility import check_design, find_bundle
from study.models import Bundle, Stage, Study
from study.selectors import shown_design, study_design
from study.services.events import event_record
from study.study_files import dump_design, parse_fields


def study_load(*, path: Path) -> Study:
    """The study whose draft the TOML file at `path` became; a study of the same slug must have a draft to replace.

    Raises
    ------
    StudyError
        If the file is faulty, its bundle is not loaded or cannot serve the design, or the slug's design is frozen.
    """
    return study_load_fields(fields=read_toml_fields(path, error=StudyError), place=str(path))


def study_load_fields(*, fields: Mapping[str, Any], place: str) -> Study:
    """As `study_load`, of a file that was read already (Any: what it held); `place` names it in errors."""
    design = parse_fields(fields, place=place)
    bundle = find_bundle(design)
    check_design(design, bundle=bundle)
    return _store_by_slug(design, bundle=bundle)


def study_create(*, fields: Mapping[str, Any]) -> Study:
    """A new draft with these fields of a study file (Any: whatever was typed).

    Raises
    ------
    StudyError
        As `study_load`; and if the slug is taken.
    """
    design = parse_fields(fields, place="the new study")
    if Study.objects.filter(slug=design.study.slug).exists():
        raise StudyError(slug_is_taken(design.study.slug))
    bundle = find_bundle(design)
    check_design(design, bundle=bundle)
    return draft_store(Study(), design=design, bundle=bundle)


@transaction.atomic
def study_draft_update(*, study: Study, fields: Mapping[str, Any]) -> Study:
    """The study, its draft replaced by these fields of a whole study file (Any: whatever was typed).

    A study that people have met keeps its slug and its bundle.

    Raises
    ------
    StudyError
        As `study_load`; if nothing is edited; if the slug is another study's.
    """
    study = lock_study(study)
    refuse_without_draft(study)
    design = parse_fields(fields, place=f"study '{study.slug}'")
    bundle = find_bundle(design)
    _refuse_other_identity(study, design=design, bundle=bundle)
    check_design(design, bundle=bundle)
    return draft_store(study, design=design, bundle=bundle)


def study_dump(*, study: Study) -> str:
    """The study's design as TOML: the draft while there is one, else what was frozen last.

    Raises
    ------
    StudyError
        If the design says something that TOML has no word for.
    """
    return dump_design(study_design(study) if study.draft is not None else shown_design(study))


@transaction.atomic
def _store_by_slug(design: StudyFile, *, bundle: Bundle) -> Study:
    study = Study.objects.select_for_update().filter(slug=design.study.slug).first()
    if study is None:
        return draft_store(Study(), design=design, bundle=bundle)
    refuse_without_draft(study)
    _refuse_other_identity(study, design=design, bundle=bundle)
    return draft_store(study, design=design, bundle=bundle)


@transaction.atomic
def draft_store(study: Study, *, design: StudyFile, bundle: Bundle) -> Study:
    """The study with a checked design as its draft; what people meet of a study in the field stays as it is."""
    is_new = study.pk is None
    study.draft = design.model_dump(mode="json")
    if study.stage == Stage.DRAFT:
        study.slug, study.bundle = design.study.slug, bundle
        study.title, study.language = design.study.title, design.study.languages[0]
    study.full_clean()
    study.save()
    event_record("study-created" if is_new else "study-changed", study=study)
    return study


def lock_study(study: Study) -> Study:
    """The study's row as it is now, locked until the transaction ends; others may add rows that refer to it."""
    return Study.objects.select_for_update(of=("self",), no_key=True).select_related("bundle").get(pk=study.pk)


def refuse_without_draft(study: Study) -> None:
    """Refuse to change what is frozen; StudyError with the way out."""
    if study.draft is None or study.stage in (Stage.CLOSED, Stage.SIMULATED):
        way_out = (
            f"begin a new version with python manage.py amend_study {study.slug}, or load the changed design under "
            "another slug"
            if study.stage in (Stage.RUNNING, Stage.PAUSED)
            else "load the changed design under another slug"
        )
        raise StudyError(f"study '{study.slug}' is {study.stage} and its design is frozen; {way_out}")


def slug_is_taken(slug: str) -> str:
    """The sentence on a slug that is another study's."""
    return f"slug '{slug}' is taken by another study; choose another slug"


def _refuse_other_identity(study: Study, *, design: StudyFile, bundle: Bundle) -> None:
    """People are known by the study's address, and their trials name stimuli of its bundle."""
    slug = design.study.slug
    if slug != study.slug and Study.objects.filter(slug=slug).exists():
        raise StudyError(slug_is_taken(slug))
    if not study.versions.exists():
        return
    for name, found, kept in (("slug", slug, study.slug), ("bundle", bundle.name, study.bundle.name)):
        if found != kept:
            raise StudyError(
                f"study.{name} is '{found}'; study '{study.slug}' was launched or piloted with '{kept}' and keeps it: "
                "clone the study to change it"
            )
