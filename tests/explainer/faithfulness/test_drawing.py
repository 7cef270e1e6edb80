"""Figures as inline SVG."""

from xml.etree import ElementTree

import pytest

from explainer.faithfulness.drawing import Axis, Line, axis_for, draw_axis, draw_bar, draw_curves, draw_interval


def test_axis_holds_its_values_with_even_steps() -> None:
    assert axis_for([0.3, -0.6]).limit == 1.0
    assert axis_for([0.15]).limit == 0.2
    assert axis_for([]).limit == 0.1
    assert axis_for([-3.2]).limit == 4.0


def test_zero_lies_in_the_middle_and_ends_within_the_figure() -> None:
    axis = Axis(0.5)
    assert [axis.percent(value) for value in (-0.5, 0.0, 0.5)] == pytest.approx([4, 50, 96])
    assert axis.percent(0.9) == axis.percent(0.5)


def test_interval_is_drawn_where_it_lies_and_told_in_words() -> None:
    drawn = ElementTree.fromstring(  # noqa: S314  # our own text
        draw_interval(0.25, ends=(-0.25, 0.5), axis=Axis(0.5), filled=False, label="Drop <of> right")
    )
    whisker = next(line for line in drawn.iter("line") if line.get("class") == "whisker")
    (dot,) = drawn.iter("circle")
    assert (whisker.get("x1"), whisker.get("x2")) == ("27.00%", "96.00%")
    assert (dot.get("cx"), dot.get("class")) == ("73.00%", "dot hollow")
    assert drawn.get("aria-label") == "Drop <of> right: +0.25, 95 % interval −0.25 to +0.50"


def test_difference_without_interval_is_a_dot_alone() -> None:
    drawn = ElementTree.fromstring(  # noqa: S314  # our own text
        draw_interval(0.0, ends=None, axis=Axis(0.5), filled=True, label="Gain")
    )
    assert not [line for line in drawn.iter("line") if line.get("class") == "whisker"]
    assert drawn.get("aria-label") == "Gain: 0.00, no interval"


def test_no_difference_is_no_figure() -> None:
    assert draw_interval(None, ends=None, axis=Axis(0.5), filled=True, label="Gain") == ""


def test_axis_shows_its_ends() -> None:
    texts = [text.text for text in ElementTree.fromstring(draw_axis(Axis(0.2))).iter("text")]  # noqa: S314  # ours
    assert texts == ["−0.20", "−0.10", "0.00", "+0.10", "+0.20"]


def test_bar_reaches_from_zero_to_its_value() -> None:
    drawn = ElementTree.fromstring(draw_bar(-0.5, lowest=-0.9, highest=0.1, label="conv1"))  # noqa: S314  # our own text
    (bar,) = drawn.iter("rect")
    assert (bar.get("x"), bar.get("width")) == ("27.00%", "23.00%")


def test_curves_are_drawn_upward_and_told_in_words() -> None:
    values = [1 - step / 20 for step in range(21)]
    drawn = ElementTree.fromstring(draw_curves([Line("random order", "random", values)], label="Mean"))  # noqa: S314  # ours
    (curve,) = drawn.iter("polyline")
    points = str(curve.get("points")).split()
    assert (points[0], points[10], points[-1]) == ("0.00,0.00", "50.00,50.00", "100.00,100.00")
    assert drawn.get("aria-label") == (
        "Mean. random order: 1.00 at first, 0.75 with a quarter silenced, 0.50 with half, 0.00 with all"
    )
