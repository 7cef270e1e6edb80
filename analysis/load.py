"""Reads an exported dataset: frames with typed columns, once every fault was looked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.check import Findings, examine
from analysis.tables import typed_frame
from earshot.bundle import Manifest
from earshot.dataset import EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE, Provenance
from earshot.errors import DatasetError
from earshot.files import read_zip, sha256_file
from earshot.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Dataset:
    """A whole export.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every table by its path in the archive, columns as `earshot.dataset_tables` defines them; a monitoring export
        lacks outcomes and what is concealed, and with it the trials.
    provenance : Provenance
        What the export says of itself.
    protocols : mapping of int to Protocol
        The frozen designs by version.
    manifest : Manifest
        The bundle's.
    file_name, sha256 : str
        Of the zip.
    """

    tables: Mapping[str, pd.DataFrame]
    provenance: Provenance
    protocols: Mapping[int, Protocol]
    manifest: Manifest
    file_name: str
    sha256: str

    @property
    def protocol(self) -> Protocol:
        """The design that the analysis is about."""
        return self.protocols[self.provenance.deciding_version.number]

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial planned for an allocated participant, training included, answered or not.

        Raises
        ------
        DatasetError
            If the export was made for monitoring: it holds no trials.
        """
        if TRIALS_FILE not in self.tables:
            raise DatasetError(f"{self.file_name} was made while the study was open; it holds no trials")
        return self.tables[TRIALS_FILE]

    @property
    def participants(self) -> pd.DataFrame:
        """One row per enrolment that gave consent."""
        return self.tables[PARTICIPANTS_FILE]

    @property
    def events(self) -> pd.DataFrame:
        """One row per event, in order."""
        return self.tables[EVENTS_FILE]


def load_dataset(path: Path) -> Dataset:
    """The dataset in the zip at `path`.

    Raises
    ------
    DatasetError
        If anything is wrong with it; the message names every fault on a line of its own.
    """
    return _typed(examine(read_zip(path, error=DatasetError)), path=path)


def _typed(findings: Findings, *, path: Path) -> Dataset:
    provenance, manifest = findings.provenance, findings.manifest
    if findings.faults or provenance is None or manifest is None:
        raise DatasetError(
            "\n  ".join([f"{path.name} is not whole ({len(findings.faults)} faults):", *findings.faults])
        )
    tables = {name: typed_frame(findings.tables[name], columns=columns) for name, columns in findings.columns.items()}
    return Dataset(
        tables=tables,
        provenance=provenance,
        protocols=findings.protocols,
        manifest=manifest,
        file_name=path.name,
        sha256=sha256_file(path),
    )
