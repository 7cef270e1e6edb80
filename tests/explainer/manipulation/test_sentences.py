"""What is said of intervals, either way."""

import pytest

from explainer.manipulation.results import Choice
from explainer.manipulation.sentences import describe_shares, find_scaling, find_zeroing
from tests.explainer.manipulation.made import made, scaling_curve

# differences of (10, 10, 13) points: mean 11, sd sqrt(3), times 4.302653 / sqrt(3): half 4.302653
CLEAR: dict[Choice, tuple[int, ...]] = {"relevance": (50, 50, 50), "amplitude": (60, 60, 63), "random": (50, 50, 50)}


def zeroing_sentences(counts: dict[Choice, tuple[int, ...]]) -> list[str]:
    return [finding.sentence for finding in find_zeroing(made(at_read=counts))]


def test_interval_above_no_difference_is_said() -> None:
    assert zeroing_sentences(CLEAR)[0] == (
        "On held-out takes, zeroing 1 % of the samples by relevance costs 11.0 points more than by amplitude. "
        "Extra loss +11.0 points, 95 % interval +6.7 to +15.3: it lies above no difference."
    )


def test_interval_below_no_difference_is_said() -> None:
    counts = CLEAR | {"relevance": (60, 60, 63), "amplitude": (50, 50, 50)}
    assert zeroing_sentences(counts)[0] == (
        "On held-out takes, zeroing 1 % of the samples by relevance costs 11.0 points less than by amplitude. "
        "Extra loss −11.0 points, 95 % interval −15.3 to −6.7: it lies below no difference."
    )


def test_interval_that_includes_no_difference_is_said() -> None:
    sentence = zeroing_sentences(CLEAR | {"amplitude": (50, 54, 50)})[0]
    assert "costs 1.3 points more than by amplitude" in sentence
    assert sentence.endswith("95 % interval −4.4 to +7.1: it includes no difference.")


def test_seeds_that_agree_give_no_interval() -> None:
    assert zeroing_sentences(CLEAR)[1] == (
        "On held-out takes, zeroing 1 % of the samples by relevance costs as much as at random. All 3 seeds agree, so "
        "that no interval can be given."
    )


def test_each_part_is_read_by_itself() -> None:
    found = made(parts=("heldout_takes", "heldout_speakers"))
    assert [(finding.part, finding.claim.rpartition(" ")[2]) for finding in find_zeroing(found)] == [
        ("heldout_takes", "amplitude"),
        ("heldout_takes", "random"),
        ("heldout_speakers", "amplitude"),
        ("heldout_speakers", "random"),
    ]


def test_scaling_is_read_against_none_and_against_the_other_way() -> None:
    curve = scaling_curve("heldout_speakers", ends=((50, 10), (48, 12), (49, 14)))
    against_none, other_way = find_scaling(made(scaling=[curve]))
    assert against_none.claim == (
        "On held-out speakers, scaling the voices towards the other sex (male ×\N{NO-BREAK SPACE}1.5, "
        "female ×\N{NO-BREAK SPACE}0.66) takes accuracy from 100.0 % to 62.0 %"
    )
    assert against_none.difference.values == pytest.approx((0.4, 0.38, 0.36))
    assert other_way.claim.endswith(
        "leaves 99.0 %, so that towards the other sex costs 37.0 points more than away from it"
    )
    assert other_way.difference.values == pytest.approx((0.4, 0.36, 0.35))


def test_nothing_is_read_where_nothing_was_scaled() -> None:
    assert find_scaling(made()) == []


@pytest.mark.parametrize(
    ("by_amplitude", "said"),
    [
        ((60, 60, 63), "costs more than by amplitude at 1 %, and less at no share."),
        ((40, 40, 37), "costs more than by amplitude at no share, and less at 1 %."),
        ((50, 54, 50), "costs more than by amplitude at no share, and less at no share."),
    ],
)
def test_shares_are_listed_either_way(by_amplitude: tuple[int, ...], said: str) -> None:
    found = made(at_read=CLEAR | {"amplitude": by_amplitude})
    assert describe_shares(found, part="heldout_takes", other="amplitude").endswith(said)
