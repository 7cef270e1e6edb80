"""Loading a dataset from its zip."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.load import load_dataset
from earshot.dataset import EVENTS_FILE, PARTICIPANTS_FILE, README_FILE
from earshot.dataset_tables import trial_columns
from earshot.errors import DatasetError
from earshot.files import sha256_file, write_zip


def test_a_whole_export_is_loaded_with_its_materials(study_zip: Callable[..., Path]) -> None:
    path = study_zip(n_participants=4, n_right=4, n_wrong=4, n_training=2)
    dataset = load_dataset(path)
    assert list(dataset.trials.columns) == [column.name for column in trial_columns([dataset.protocol.design])]
    assert len(dataset.trials) == 4 * 10
    assert dataset.participants["n_main_answered"].tolist() == [8] * 4
    assert [network.name for network in dataset.manifest.networks] == ["alexnet-quarter"]
    assert dataset.sha256 == sha256_file(path)


def test_a_monitoring_export_has_no_trials(study_zip: Callable[..., Path]) -> None:
    dataset = load_dataset(study_zip(n_participants=4, stage="running", row_stage="running", monitoring=True))
    assert set(dataset.tables) == {PARTICIPANTS_FILE, EVENTS_FILE}
    with pytest.raises(DatasetError, match="made while the study was open; it holds no trials"):
        _ = dataset.trials


def test_every_fault_stands_on_its_own_line(study_files: Callable[..., dict[str, bytes]], tmp_path: Path) -> None:
    members = study_files(n_participants=4)
    members[README_FILE] += b"!"
    members["more.txt"] = b"x"
    path = tmp_path / "damaged.zip"
    write_zip(path, members=members)
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == "damaged.zip is not whole (2 faults):"
    assert len(lines) == 3


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(DatasetError, match="damaged or no zip"):
        load_dataset(path)
