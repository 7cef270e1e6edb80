"""Relevance as arrays, for those who want the numbers."""

import csv
from pathlib import Path

import numpy as np
import pytest

from earshot.errors import EXIT_BAD_INPUT
from explainer.__main__ import main
from explainer.networks.files import read_network
from tests.conftest import TINY_RECIPE


def explain(out: Path, *options: str, networks: Path) -> int:
    places = ["--out", str(out), "--networks", str(networks), "--work", str(out.parent / "work")]
    return main(["explain", str(TINY_RECIPE), *places, *options])


@pytest.mark.usefixtures("tiny_bundle")
def test_every_held_out_clip_has_its_answer_and_its_relevance(tiny_networks: Path, tmp_path: Path) -> None:
    out = tmp_path / "arrays"
    assert explain(out, "--layer", "convolution2", networks=tiny_networks) == 0
    with (out / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 80
    network, _ = read_network(next(tiny_networks.iterdir()))
    for row in rows[:3]:
        arrays = np.load(out / row["file"])
        assert arrays["cells"].shape == (228, 230)
        assert arrays["in_time"].shape == (8000,)
        assert arrays["layer"].shape == (24, 27, 27)
        # the relevance of the input and that of an inner layer add up to the same, as far as it is conserved
        assert arrays["cells"].sum() == pytest.approx(arrays["layer"].sum(), rel=0.05)
        assert row["predicted_label"] == row["explained_label"]
    assert network.get_submodule("convolution2") is not None
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.usefixtures("tiny_bundle")
def test_a_layer_that_is_not_there_is_named(
    tiny_networks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(tmp_path / "arrays", "--layer", "attic", networks=tiny_networks) == EXIT_BAD_INPUT
    assert "layer is 'attic'; expected one of convolution1" in capsys.readouterr().err
    assert not (tmp_path / "arrays").exists()
