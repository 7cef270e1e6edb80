"""The figure as inline SVG."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from analysis.cells import describe_cells
from analysis.exclusions import select_analysed
from analysis.figures import Layout, draw_accuracies
from analysis.load import load_dataset


@pytest.fixture(scope="module")
def drawn(study_zip: Callable[..., Path]) -> dict[str, str]:
    trials = select_analysed(load_dataset(study_zip(n_participants=8, seed=2))).trials
    cells = describe_cells(trials, level=0.95)
    layouts: tuple[Layout, ...] = ("wide", "narrow")
    return {
        layout: draw_accuracies(trials, cells=cells, chance_share=0.1, level=0.95, layout=layout) for layout in layouts
    }


def test_the_figure_is_one_svg_element_with_words_for_those_who_cannot_see_it(drawn: dict[str, str]) -> None:
    for svg in drawn.values():
        root = ET.fromstring(svg)  # noqa: S314  # made here
        assert root.tag.endswith("svg")
        assert root.attrib["role"] == "img"
        assert "Network wrong (decides): picture control" in root.attrib["aria-label"]
        assert "width" not in root.attrib
        texts = {"".join(element.itertext()).strip() for element in root.iter() if element.tag.endswith("text")}
        assert {"picture", "sound", "control", "relevance", "truth-namer", "guessing"} <= texts


def test_two_figures_on_one_page_share_no_id(drawn: dict[str, str]) -> None:
    ids = {layout: set(re.findall(r'\bid="([^"]+)"', svg)) for layout, svg in drawn.items()}
    assert not ids["wide"] & ids["narrow"]
    for layout, svg in drawn.items():
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= ids[layout]


def test_the_same_data_give_the_same_bytes(study_zip: Callable[..., Path], drawn: dict[str, str]) -> None:
    trials = select_analysed(load_dataset(study_zip(n_participants=8, seed=2))).trials
    cells = describe_cells(trials, level=0.95)
    assert draw_accuracies(trials, cells=cells, chance_share=0.1, level=0.95, layout="wide") == drawn["wide"]
