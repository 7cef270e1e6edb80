"""Freezing a design as a version: protocol bytes, their hash, and the seed of its allocation."""

import secrets

from earshot.design.study_file import StudyFile
from earshot.protocol import freeze
from study.analysis_source import analysis_sha256
from study.feasibility import bundle_manifest
from study.models import Study, Version

_SEED_BYTES = 32


def version_freeze(
    *,
    study: Study,
    design: StudyFile,
    is_pilot: bool = False,
    reason: str = "",
    previous_sha256: str | None = None,
    seed: bytes | None = None,
) -> Version:
    """A new version of the study, with a fresh seed unless one is given.

    Call it with the study's row locked: versions are numbered in turn.

    Raises
    ------
    StudyError
        If the study's bundle is another one than the design asks for, or cannot serve it.
    """
    seed = seed or secrets.token_bytes(_SEED_BYTES)
    number = study.versions.count() + 1  # none is ever deleted
    content, sha256 = freeze(
        design,
        version=number,
        manifest=bundle_manifest(study.bundle),
        bundle_sha256=study.bundle.sha256,
        allocation_seed=seed,
        analysis_sha256=analysis_sha256(),
        reason=reason or None,
        previous_sha256=previous_sha256,
    )
    version = Version(
        study=study,
        number=number,
        protocol=content,
        protocol_sha256=sha256,
        allocation_seed=seed,
        reason=reason,
        is_pilot=is_pilot,
    )
    version.full_clean()
    version.save()
    return version
