"""A study's life: loaded as a draft, edited, launched under a frozen protocol, closed; and its simulated clones."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from earshot.bundle import parse_manifest
from earshot.errors import StudyError
from earshot.protocol import StudyFile, freeze, parse_study, plan_stimuli, read_study
from study.models import Arm, Bundle, Stage, Study, Version
from study.selectors import study_design

_SEED_BYTES = 32
_STAGES_THAT_CLOSE = (Stage.PILOT, Stage.RUNNING, Stage.PAUSED)


def study_load(*, path: Path) -> Study:
    """The draft study written in the TOML file at `path`; a draft of the same slug is updated.

    Raises
    ------
    StudyError
        If the file is faulty, its bundle is not loaded or cannot serve the design, or the slug is no draft's.
    """
    design = read_study(path)
    bundle = _find_bundle(design)
    _check_design(design, bundle=bundle)
    return _store_draft(design, bundle=bundle)


@transaction.atomic
def _store_draft(design: StudyFile, *, bundle: Bundle) -> Study:
    slug = design.study.slug
    study = Study.objects.select_for_update().filter(slug=slug).first() or Study(slug=slug)
    _refuse_unless_draft(study)
    study.title = design.study.title
    study.language = design.study.language
    study.bundle = bundle
    study.design = design.model_dump(mode="json", exclude={"arms"})
    study.full_clean()
    study.save()
    study.arms.all().delete()
    _make_arms(study, design=design)
    return study


def study_arms_check(*, study: Study, arms: Sequence[Mapping[str, Any]]) -> StudyFile:
    """The design `study` would have with `arms` (name, channel, weight), by the validator that reads study files.

    Raises
    ------
    StudyError
        If the study is no draft, the arms do not fit, or the bundle lacks a rendition that they need.
    """
    _refuse_unless_draft(study)
    fields = {**study.design, "arms": [dict(arm) for arm in arms]}
    design = parse_study(fields, place=f"study '{study.slug}'")
    _check_design(design, bundle=study.bundle)
    return design


@transaction.atomic
def study_launch(*, study: Study) -> Version:
    """The version that froze the study's design: protocol bytes, their hash, a fresh allocation seed.

    Raises
    ------
    StudyError
        If the study is no draft any more, or its bundle cannot serve it.
    """
    study = Study.objects.select_for_update().select_related("bundle").get(pk=study.pk)
    _refuse_unless_draft(study)
    version = _freeze(study, design=study_design(study), seed=secrets.token_bytes(_SEED_BYTES))
    section = {**study.design["study"], "bundle_sha256": study.bundle.sha256}
    study.design = {**study.design, "study": section}
    study.stage = Stage.RUNNING
    study.full_clean()
    study.save(update_fields=["design", "stage"])
    return version


@transaction.atomic
def study_close(*, study: Study) -> Study:
    """The study, closed: nobody is enrolled and nothing is stored any more; closing twice changes nothing.

    Raises
    ------
    StudyError
        If the study was never launched, or is simulated.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.stage == Stage.CLOSED:
        return study
    if study.stage not in _STAGES_THAT_CLOSE:
        allowed = ", ".join(_STAGES_THAT_CLOSE)
        raise StudyError(f"study '{study.slug}' is {study.stage}; only {allowed} can be closed")
    study.stage = Stage.CLOSED
    study.closed_at = timezone.now()
    study.full_clean()
    study.save(update_fields=["stage", "closed_at"])
    return study


@transaction.atomic
def study_clone_simulated(
    *, study: Study, slug: str, simulation: Mapping[str, Any], allocation_seed: bytes | None = None
) -> Study:
    """A clone of `study` in stage `simulated`, frozen under a version of its own.

    The frozen design is word for word that of `study`, slug included, because the slug draws the stimuli: the clone
    shows the very stimuli people meet.

    Parameters
    ----------
    simulation : mapping
        The declared parameters, kept as they are and exported.
    allocation_seed : bytes, optional
        32 bytes that decide arms and orders; drawn when absent. Nobody is to be kept from guessing a simulation.

    Raises
    ------
    StudyError
        If the slug is taken, the study is itself simulated, or its bundle cannot serve it.
    """
    if study.stage == Stage.SIMULATED:
        raise StudyError(f"study '{study.slug}' is simulated; simulate the study it was cloned from")
    if Study.objects.filter(slug=slug).exists():
        raise StudyError(f"slug '{slug}' is taken by another study; give the simulation another slug")
    design = study_design(study)
    clone = Study(
        slug=slug,
        title=study.title,
        language=study.language,
        stage=Stage.SIMULATED,
        bundle=study.bundle,
        design=study.design,
        cloned_from=study,
        simulation=dict(simulation),
    )
    clone.full_clean()
    clone.save()
    _make_arms(clone, design=design)
    _freeze(clone, design=design, seed=allocation_seed or secrets.token_bytes(_SEED_BYTES))
    return clone


def _find_bundle(design: StudyFile) -> Bundle:
    name, sha256 = design.study.bundle, design.study.bundle_sha256
    bundle = Bundle.objects.filter(name=name).first()
    if bundle is None:
        loaded = ", ".join(Bundle.objects.order_by("name").values_list("name", flat=True)) or "none"
        raise StudyError(
            f"bundle is '{name}', which is not loaded (loaded: {loaded}); run python manage.py load_bundle first"
        )
    if sha256 is not None and sha256 != bundle.sha256:
        raise StudyError(
            f"bundle_sha256 is {sha256}; the loaded bundle '{name}' has {bundle.sha256}: load the bundle the study "
            "file was written for, or take the line out"
        )
    return bundle


def _check_design(design: StudyFile, *, bundle: Bundle) -> None:
    """Refuse a design that `bundle` cannot serve: stimuli, renditions, and the labels it gives words to."""
    unknown = sorted(set(design.texts.labels) - set(bundle.labels))
    if unknown:
        raise StudyError(
            f"texts.labels names '{unknown[0]}'; bundle '{bundle.name}' has the labels {', '.join(bundle.labels)}"
        )
    words = [design.texts.word(label) for label in bundle.labels]
    doubled = sorted({word for word in words if words.count(word) > 1})
    if doubled:
        raise StudyError(
            f"two labels of bundle '{bundle.name}' are said as '{doubled[0]}'; give each a word of its own in "
            "texts.labels"
        )
    manifest = parse_manifest(bytes(bundle.manifest), place=f"bundle '{bundle.name}'")
    plan_stimuli(design, manifest=manifest, bundle_sha256=bundle.sha256)


def _refuse_unless_draft(study: Study) -> None:
    if study.stage != Stage.DRAFT:
        raise StudyError(
            f"study '{study.slug}' is {study.stage}; only a draft can be changed or launched: load the changed design "
            "under another slug"
        )


def _make_arms(study: Study, *, design: StudyFile) -> None:
    Arm.objects.bulk_create(
        Arm(study=study, name=arm.name, channel=arm.channel, weight=arm.weight) for arm in design.arms
    )


def _freeze(study: Study, *, design: StudyFile, seed: bytes) -> Version:
    bundle = study.bundle
    manifest = parse_manifest(bytes(bundle.manifest), place=f"bundle '{bundle.name}'")
    number = study.versions.count() + 1
    content, sha256 = freeze(
        design, version=number, manifest=manifest, bundle_sha256=bundle.sha256, allocation_seed=seed
    )
    version = Version(study=study, number=number, protocol=content, protocol_sha256=sha256, allocation_seed=seed)
    version.full_clean()
    version.save()
    return version
