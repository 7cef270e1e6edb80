"""What a recipe asks for of a clip."""

import numpy as np
import pytest

from explainer.controls.scene import Unfair
from explainer.rendering.asking import Found, Partner, ask_first, ask_more
from explainer.rendering.drafts import Asked, Prepared, prepare
from tests.explainer.rendering.clips import found_for, placed_clips, recipe

PLACED = 0
EVERYTHING = recipe(
    mask={"top_shares": [0.1, 0.03]},
    renditions={
        "forms": ["soft-mask", "top-share", "envelope", "signal-times-relevance", "positive-signal-times-relevance"],
        "controls": ["blobs", "other-clip", "randomised-network"],
    },
)


def ask_everything(*, method: str | None = None) -> list[Asked]:
    placed, other = placed_clips()[PLACED], placed_clips()[1]
    found = found_for(placed)
    first = ask_first(found, placed=placed, recipe=EVERYTHING)
    assert isinstance(first, list)
    more = ask_more(
        found,
        first=first,
        placed=placed,
        recipe=EVERYTHING,
        also=[found_for(placed, seed=5, method=method)] if method else [],
        randomised=found_for(placed, seed=6),
        partner=Partner(found=found_for(other, seed=7), placed=other),
        clip_id="clip",
    )
    return [*first, *more]


def test_relevance_and_its_control_come_first() -> None:
    placed = placed_clips()[PLACED]
    asked = ask_first(found_for(placed), placed=placed, recipe=recipe())
    assert isinstance(asked, list)
    assert [(one.mask, one.form, one.method) for one in asked] == [
        ("relevance", "soft-mask", "epsilon-plus-flat"),
        ("control", "soft-mask", "epsilon-plus-flat"),
    ]


def test_every_form_share_and_control_is_asked_for() -> None:
    asked = ask_everything()
    relevance = [(one.form, one.share) for one in asked if one.mask == "relevance"]
    assert relevance == [
        ("soft-mask", None),
        ("top-share", 0.1),
        ("top-share", 0.03),
        ("envelope", None),
        ("signal-times-relevance", None),
        ("positive-signal-times-relevance", None),
    ]
    further = {one.mask for one in asked} - {"relevance", "control"}
    assert further <= {"blobs", "other-clip", "randomised-network"}
    assert "blobs" in further


def test_another_method_gets_every_form_too() -> None:
    methods = [one.method for one in ask_everything(method="smoothgrad") if one.mask == "relevance"]
    assert methods.count("smoothgrad") == methods.count("epsilon-plus-flat") == 6


def test_a_control_is_within_its_bounds_of_the_relevance() -> None:
    asked = ask_everything()
    controls = [one for one in asked if one.control is not None]
    assert controls
    for one in controls:
        assert one.control is not None
        assert abs(one.control.energy_difference_share) <= 0.1
        assert one.control.mask is one.cells


def test_a_top_share_keeps_that_share_of_the_live_cells() -> None:
    live = placed_clips()[PLACED].live
    for one in ask_everything():
        if one.mask == "relevance" and one.share is not None:
            assert one.cells[live].mean() == pytest.approx(one.share, abs=1 / live.sum())


def test_an_envelope_is_the_same_in_every_live_bin_of_a_frame() -> None:
    placed = placed_clips()[PLACED]
    (envelope,) = [one.cells for one in ask_everything() if one.form == "envelope" and one.mask == "relevance"]
    for frame in np.flatnonzero(placed.live.any(axis=0)):
        assert len(set(envelope[placed.live[:, frame], frame])) == 1


def test_the_signal_times_relevance_is_silent_where_relevance_is_not_positive() -> None:
    placed = placed_clips()[PLACED]
    found = found_for(placed)
    (weighted,) = [one.samples for one in ask_everything() if one.form == "signal-times-relevance"]
    assert weighted is not None
    assert not weighted[found.in_time <= 0].any()
    kept = (found.in_time > 0) & (placed.signal != 0)
    assert (np.sign(weighted[kept]) == np.sign(placed.signal[kept])).all()


def test_a_clip_without_positive_relevance_is_unfit() -> None:
    placed = placed_clips()[PLACED]
    found = Found("epsilon-plus-flat", cells=-np.ones_like(placed.magnitudes), in_time=-np.ones(8000))
    assert ask_first(found, placed=placed, recipe=recipe()) == Unfair("the relevance mask is empty")


def test_everything_that_is_asked_for_can_be_heard() -> None:
    for one in ask_everything():
        prepared = prepare(placed_clips()[PLACED], asked=[one])
        assert isinstance(prepared, Prepared) or "correlates only" in prepared.reason
