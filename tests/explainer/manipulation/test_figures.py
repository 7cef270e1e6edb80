"""The figures: files of their own, and parts of a page."""

import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from explainer.manipulation.figures import (
    Kind,
    describe_scaling,
    describe_zeroing,
    draw_scaling,
    draw_zeroing,
    inline,
)
from explainer.manipulation.results import Part
from tests.explainer.manipulation.made import made, scaling_curve

PARTS: tuple[Part, ...] = ("heldout_takes", "heldout_speakers")
CURVES = [scaling_curve(part, ends=((50, 10), (48, 12), (49, 14))) for part in PARTS]


def texts(svg: bytes) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    return ["".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_equal_results_give_equal_bytes(kind: Kind) -> None:
    found = made(parts=PARTS, scaling=CURVES)
    for draw in (draw_zeroing, draw_scaling):
        first, again = (draw(found, parts=PARTS, kind=kind) for _ in range(2))
        assert first == again


def test_picture_holds_no_date() -> None:
    assert b"<dc:date>" not in draw_zeroing(made(), parts=["heldout_takes"], kind="svg")
    assert Image.open(io.BytesIO(draw_zeroing(made(), parts=["heldout_takes"], kind="png"))).info.keys() == {"dpi"}


def test_each_part_has_its_panel() -> None:
    said = texts(draw_zeroing(made(parts=PARTS), parts=PARTS, kind="svg"))
    assert {"Held-out takes", "Held-out speakers", "by relevance", "by amplitude", "at random"} <= set(said)
    assert said.count("guessing") == 2
    assert "Held-out speakers" not in texts(draw_zeroing(made(parts=PARTS), parts=["heldout_takes"], kind="svg"))


def test_scaling_shows_each_label_that_has_clips() -> None:
    assert {"male", "female", "all"} <= set(
        texts(draw_scaling(made(scaling=CURVES), parts=["heldout_takes"], kind="svg"))
    )


def test_figures_in_one_page_share_no_id_and_take_its_colours() -> None:
    svg = draw_zeroing(made(), parts=["heldout_takes"], kind="svg")
    one, other = (inline(svg, label="Curves of <it>", prefix=prefix) for prefix in ("one", "other"))
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    referred = set(re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', one))
    assert referred
    assert referred <= ids[0]
    assert one.startswith('<svg role="img" aria-label="Curves of &lt;it&gt;"')
    assert "var(--relevance)" in one
    assert not re.search(r"#[0-9a-f]{6}\b", one)


def test_alternative_texts_tell_the_numbers() -> None:
    found = made(at_read={"relevance": (50, 52, 54), "amplitude": (60, 61, 65), "random": (99, 99, 99)})
    told = describe_zeroing(found, part="heldout_takes")
    assert told.startswith("Accuracy on held-out takes by share of samples set to 0, mean over seeds.")
    for numbers in ("100 % at 0 %", "52 % at 1 %", "62 % at 1 %", "99 % at 1 %"):
        assert numbers in told
    assert "62 % at ×\N{NO-BREAK SPACE}1.50 and ×\N{NO-BREAK SPACE}0.66" in describe_scaling(CURVES[0])
