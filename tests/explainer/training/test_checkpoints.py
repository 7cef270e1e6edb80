from pathlib import Path

import pytest
import torch

from explainer.training.checkpoints import read_checkpoint, write_checkpoint


def test_state_comes_back_as_it_was(tmp_path: Path) -> None:
    state = {"n_done": 3, "weights": {"a": torch.arange(4.0)}}
    write_checkpoint(tmp_path / "networks" / "state", state=state)
    found = read_checkpoint(tmp_path / "networks" / "state")
    assert found is not None
    assert found["n_done"] == 3
    assert torch.equal(found["weights"]["a"], torch.arange(4.0))
    assert [path.name for path in (tmp_path / "networks").iterdir()] == ["state"]


def test_absent_state_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "state") is None


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04 cut off"])
def test_damaged_state_is_none_and_said_so(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state").write_bytes(content)
    assert read_checkpoint(tmp_path / "state") is None
    assert "cannot be read" in capsys.readouterr().err
