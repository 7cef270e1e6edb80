"""The study file: a study's design as a researcher writes it, by hand (TOML) or in the admin.

Format 2 names arms, conditions and blocks freely; format 1 (two channels between, relevance and control within) is read
through `upgrade.from_1`.
"""

from pathlib import Path
from typing import Any

from pydantic import model_validator

from earshot.design import upgrade
from earshot.design.coherence import check_coherence
from earshot.design.whole import FORMAT_VERSION, Design
from earshot.errors import StudyError
from earshot.files import read_format, read_toml_fields


class StudyFile(Design):
    """A design whose parts fit each other."""

    @model_validator(mode="after")
    def _check_design(self) -> "StudyFile":
        check_coherence(self)
        return self


def read_study(path: Path) -> StudyFile:
    """The study file at `path`, of this format or an older one.

    Raises
    ------
    StudyError
        If it cannot be read, is of a newer format, or does not fit; the message names each fault.
    """
    return parse_study(read_toml_fields(path, error=StudyError), place=str(path))


def parse_study(fields: dict[str, Any], *, place: str) -> StudyFile:
    """A study file from already parsed fields, by the same validator as a file; `place` names it in errors.

    Raises
    ------
    StudyError
        As `read_study`.
    """
    return read_format(
        upgrade.to_newest(fields, place=place),
        StudyFile,
        newest=FORMAT_VERSION,
        kind="study file format",
        place=place,
        error=StudyError,
        way_out="see docs/designing.md",
    )
