"""Reads an exported dataset: frames with typed columns, once every fault was looked for."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.check import Findings, examine
from analysis.tables import typed_frame
from earshot.bundle import Manifest
from earshot.dataset import PARTICIPANTS_FILE, TRIALS_FILE, Provenance, table_columns
from earshot.errors import DatasetError
from earshot.files import read_zip, sha256_file
from earshot.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Dataset:
    """A whole export.

    Parameters
    ----------
    trials : DataFrame
        Columns `earshot.dataset.TRIAL_COLUMNS`, without the outcomes in a monitoring export; one row per trial planned
        for an allocated participant, training included, answered or not.
    participants : DataFrame
        Columns `earshot.dataset.PARTICIPANT_COLUMNS`; one row per enrolment that gave consent.
    provenance : Provenance
        What the export says of itself.
    protocol : Protocol
        The frozen design.
    manifest : Manifest
        The bundle's.
    file_name, sha256 : str
        Of the zip.
    """

    trials: pd.DataFrame
    participants: pd.DataFrame
    provenance: Provenance
    protocol: Protocol
    manifest: Manifest
    file_name: str
    sha256: str


def load_dataset(path: Path) -> Dataset:
    """The dataset in the zip at `path`.

    Raises
    ------
    DatasetError
        If anything is wrong with it; the message names every fault on a line of its own.
    """
    return _typed(examine(read_zip(path, error=DatasetError)), path=path)


def _typed(findings: Findings, *, path: Path) -> Dataset:
    provenance, protocol, manifest = findings.provenance, findings.protocol, findings.manifest
    if findings.faults or provenance is None or protocol is None or manifest is None:
        raise DatasetError(
            "\n  ".join([f"{path.name} is not whole ({len(findings.faults)} faults):", *findings.faults])
        )
    trials, participants = (
        typed_frame(findings.tables[name], columns=table_columns(name, monitoring=provenance.monitoring))
        for name in (TRIALS_FILE, PARTICIPANTS_FILE)
    )
    return Dataset(
        trials=trials,
        participants=participants,
        provenance=provenance,
        protocol=protocol,
        manifest=manifest,
        file_name=path.name,
        sha256=sha256_file(path),
    )
