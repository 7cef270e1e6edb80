"""How numbers and names are written."""

import pytest

from explainer.faithfulness.wording import interval, number, percent, signed, way_name


@pytest.mark.parametrize(
    ("value", "written"), [(0.5, "0.50"), (-0.5, "−0.50"), (-0.001, "0.00"), (None, "–"), (12.0, "12.00")]
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value: float | None, written: str) -> None:
    assert number(value) == written


@pytest.mark.parametrize(("value", "written"), [(0.25, "+0.25"), (-0.25, "−0.25"), (0.001, "0.00"), (None, "–")])
def test_differences_have_a_sign(value: float | None, written: str) -> None:
    assert signed(value) == written


def test_intervals_and_shares_are_written_or_missed() -> None:
    assert interval((-0.1, 0.25)) == "−0.10 to +0.25"
    assert interval(None) == "no interval"
    assert (percent(0.956), percent(None)) == ("95.6 %", "–")


def test_ways_are_named_by_method_form_and_share() -> None:
    assert way_name(method="epsilon", form="top-share", share=0.03) == "epsilon, top share 3 %"
    assert way_name(method=None, form="original", share=None) == "as it is"
