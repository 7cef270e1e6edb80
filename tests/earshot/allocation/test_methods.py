"""Simple, minimised and least-filled allocation: shares of the draws, against probabilities worked out by hand."""

from collections import Counter
from itertools import pairwise

import pytest

from earshot.allocation.biased_coin import biased_shares
from earshot.allocation.record import Allocated, ArmShare, Completed, Released
from earshot.allocation.settings import AllocationSettings
from tests.earshot.allocation.histories import TWO_ARMS, History, arms_of, begin

N_SEEDS = 1000


def share_of_next(arm: str, *, method: AllocationSettings, past: str, factors: list[dict[str, str]]) -> float:
    """Over seeds, how often `arm` comes next; `past` has the first letter of each arm, `factors` one more than it."""
    n_hits = 0
    for number in range(N_SEEDS):
        history = begin(method, seed=number.to_bytes(32, "big"))
        follow(history, past=past, factors=factors)
        n_hits += history.allocator.next(factors[-1]).arm == arm
    return n_hits / N_SEEDS


def follow(history: History, *, past: str, factors: list[dict[str, str]]) -> None:
    sequences: Counter[str] = Counter()
    for place, letter in enumerate(past):
        arm = {"h": "heard", "s": "seen"}[letter]
        history.note(Allocated(place, arm, sequences[arm], factors[place]))
        sequences[arm] += 1


def test_simple_allocation_follows_weights_and_not_the_past() -> None:
    history = begin(AllocationSettings(method="simple"), arms=arms_of({"a": 1, "b": 3}))
    arms = [history.allocate({}).arm for _ in range(2000)]
    # Expected 1,500, sd 19.4; after one of about 500 in 'a', .75 in 'b', sd .019: 5 sd on each side.
    assert 1403 <= arms.count("b") <= 1597
    after_a = [second for first, second in pairwise(arms) if first == "a"]
    assert 0.75 - 0.1 <= after_a.count("b") / len(after_a) <= 0.75 + 0.1


# 1,000 seeds: sd of a share of .8 is .0127, of .5 .0158; 5 sd on each side.
NEAR_BEST = pytest.approx(0.8, abs=0.064)
NEAR_EVEN = pytest.approx(0.5, abs=0.08)


def test_least_filled_arm_comes_next_with_the_best_share() -> None:
    method = AllocationSettings(method="least-filled")
    assert share_of_next("seen", method=method, past="h", factors=[{}] * 2) == NEAR_BEST
    assert share_of_next("seen", method=method, past="hs", factors=[{}] * 3) == NEAR_EVEN


def test_least_filled_counts_completed_but_not_released_places() -> None:
    n_seen = Counter[str]()
    for number in range(N_SEEDS):
        for kind in ("released", "completed"):
            history = begin(AllocationSettings(method="least-filled"), seed=number.to_bytes(32, "big"))
            follow(history, past="hss", factors=[{}] * 3)
            history.note(Released(0) if kind == "released" else Completed(0))
            if kind == "released":
                history.note(Released(1))
                history.note(Released(2))
            n_seen[kind] += history.allocator.next({}).arm == "seen"
    assert n_seen["released"] / N_SEEDS == NEAR_EVEN
    assert n_seen["completed"] / N_SEEDS == pytest.approx(0.2, abs=0.064)


def test_minimisation_sums_ranges_over_factors() -> None:
    """Two in 'heard' with much music, one in 'seen' of the newcomer's expertise: ranges by hand.

    Into 'heard': music 3 against 0, expertise 1 against 1: sum 3. Into 'seen': music 2 against 1, expertise 0 against
    2: sum 3. A tie, though 'seen' holds fewer. With one more of expertise 'no' in 'heard' it is 3 + 1 against 1 + 1.
    """
    method = AllocationSettings(method="minimisation", strata=["music", "expertise"])
    past = [
        {"music": "much", "expertise": "yes"},
        {"music": "much", "expertise": "yes"},
        {"music": "none", "expertise": "no"},
    ]
    newcomer = {"music": "much", "expertise": "no"}
    assert share_of_next("seen", method=method, past="hhs", factors=[*past, newcomer]) == NEAR_EVEN
    more = [*past, {"music": "none", "expertise": "no"}, newcomer]
    assert share_of_next("seen", method=method, past="hhsh", factors=more) == NEAR_BEST


def test_minimisation_forgets_released_places() -> None:
    method = AllocationSettings(method="minimisation", strata=["music"])
    n_seen = 0
    for number in range(N_SEEDS):
        history = begin(method, seed=number.to_bytes(32, "big"))
        follow(history, past="h", factors=[{"music": "much"}])
        history.note(Released(0))
        n_seen += history.allocator.next({"music": "much"}).arm == "seen"
    assert n_seen / N_SEEDS == NEAR_EVEN


@pytest.mark.parametrize("method", ["least-filled", "minimisation"])
def test_unequal_weights_are_reached(method: str) -> None:
    strata = ["music"] if method == "minimisation" else []
    settings = AllocationSettings.model_validate({"method": method, "strata": strata})
    history = begin(settings, arms=arms_of({"a": 9, "b": 1}))
    for number in range(1000):
        history.allocate({"music": "much" if number % 2 else "none"})
    # The coin pulls back to 100 of 'b' from both sides; strays of more than a few places are improbable.
    assert 90 <= history.held()["b"] <= 110


def test_best_arm_gets_the_best_share_and_the_rest_is_shared_by_weight() -> None:
    arms = [ArmShare("a", weight=2), ArmShare("b"), ArmShare("c", weight=3)]
    shares = biased_shares(arms, best=arms[:1], best_share=0.8)
    assert shares == pytest.approx({"a": 0.8, "b": 0.05, "c": 0.15}, abs=1e-12)


def test_best_arms_of_more_than_half_of_the_weights_get_more_than_their_weight() -> None:
    """Nine tenths by weight, and .6 of the tenth that is left: .96; a plain .8 would leave it ever further behind."""
    arms = [ArmShare("a", weight=9), ArmShare("b")]
    assert biased_shares(arms, best=arms[:1], best_share=0.8) == pytest.approx({"a": 0.96, "b": 0.04}, abs=1e-12)


def test_arms_equally_good_are_drawn_by_weight() -> None:
    assert biased_shares(TWO_ARMS, best=TWO_ARMS, best_share=0.8) == {"heard": 0.5, "seen": 0.5}
