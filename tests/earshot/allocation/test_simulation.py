import math
from typing import Any

import pytest

from earshot.allocation.record import ArmShare
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.simulation import Distribution, simulate_allocation
from earshot.allocation.theory import expected_guess_share
from tests.earshot.allocation.histories import EACH_METHOD, SEED, TWO_ARMS

LEVEL_SHARES = {"music": {"none": 0.5, "much": 0.5}, "expertise": {"no": 0.6, "some": 0.3, "yes": 0.1}}


@pytest.mark.parametrize(
    "method",
    [
        AllocationSettings(method="simple"),
        AllocationSettings(block_repeats=[1]),
        AllocationSettings(block_repeats=[2]),
        AllocationSettings(),
        AllocationSettings(block_repeats=[2, 4]),
        AllocationSettings(method="least-filled"),
    ],
    ids=lambda method: f"{method.method} {method.block_repeats}",
)
def test_guesses_are_right_as_often_as_theory_says(method: AllocationSettings) -> None:
    # 300 runs of 120 places: sd of a share below .003; held to 2 points.
    simulated = simulate_allocation(method, arms=TWO_ARMS, n_planned=120, level_shares={}, seed=SEED, n_runs=300)
    assert simulated.guessed_share == pytest.approx(expected_guess_share(method, arms=TWO_ARMS), abs=0.02)


@pytest.mark.parametrize(("repeats", "known"), [(1, 1 / 2), (2, 1 / 3)])
def test_known_places_of_fixed_blocks_are_those_counted_by_hand(repeats: int, known: float) -> None:
    """Of AB the second; of AABB, ABAB and ABBA the last 2, 1 and 1 of 4 places."""
    method = AllocationSettings(block_repeats=[repeats])
    simulated = simulate_allocation(method, arms=TWO_ARMS, n_planned=120, level_shares={}, seed=SEED, n_runs=200)
    # 6,000 blocks of four: sd of the share below .002.
    assert simulated.known_share == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize("method", ["simple", "least-filled"])
def test_nothing_is_certain_with_a_random_element(method: str) -> None:
    settings = AllocationSettings.model_validate({"method": method})
    simulated = simulate_allocation(settings, arms=TWO_ARMS, n_planned=60, level_shares={}, seed=SEED, n_runs=20)
    assert simulated.known_share == 0


def test_last_places_are_certain_once_one_arm_is_full() -> None:
    arms = [ArmShare("heard", quota=10), ArmShare("seen", quota=10)]
    simulated = simulate_allocation(
        AllocationSettings(method="simple"), arms=arms, n_planned=20, level_shares={}, seed=SEED, n_runs=50
    )
    assert simulated.known_share > 0
    assert simulated.imbalance.end.maximum == 0


def test_whole_blocks_are_even_at_the_end_and_half_a_block_apart_at_worst() -> None:
    simulated = simulate_allocation(
        AllocationSettings(block_repeats=[3]), arms=TWO_ARMS, n_planned=60, level_shares={}, seed=SEED, n_runs=50
    )
    assert simulated.imbalance.end.maximum == 0
    assert simulated.imbalance.worst.maximum == 3


def test_imbalance_of_simple_allocation_is_that_of_a_coin() -> None:
    """|heads - tails| of 100 tosses: median and .9 quantile from the binomial distribution, summed exactly."""
    simulated = simulate_allocation(
        AllocationSettings(method="simple"), arms=TWO_ARMS, n_planned=100, level_shares={}, seed=SEED, n_runs=1000
    )
    chances = {2 * apart: math.comb(100, 50 + apart) / 2**100 * (1 if apart == 0 else 2) for apart in range(51)}
    for share in (0.5, 0.9):
        # Monte-Carlo sd of the share below: .016 at most; a step of 2 away from the exact quantile is allowed.
        exact = next(apart for apart in chances if sum(c for a, c in chances.items() if a <= apart) >= share)
        assert abs(simulated.imbalance.end.quantile(share) - exact) <= 2


def test_blocks_in_strata_keep_each_stratum_even() -> None:
    plain, stratified = (
        simulate_allocation(method, arms=TWO_ARMS, n_planned=120, level_shares=LEVEL_SHARES, seed=SEED, n_runs=50)
        for method in (EACH_METHOD[1], EACH_METHOD[2])
    )
    assert len(stratified.strata) == 6
    assert all(stratum.imbalance.worst.maximum <= 3 for stratum in stratified.strata)
    assert max(stratum.imbalance.worst.maximum for stratum in plain.strata) > 3


def test_minimisation_keeps_single_levels_more_even_than_plain_blocks() -> None:
    plain, minimised = (
        simulate_allocation(method, arms=TWO_ARMS, n_planned=120, level_shares=LEVEL_SHARES, seed=SEED, n_runs=100)
        for method in (EACH_METHOD[1], EACH_METHOD[3])
    )
    assert [dict(level.levels) for level in minimised.single_levels] == [
        {factor: level} for factor, shares in LEVEL_SHARES.items() for level in shares
    ]
    for level in (0, 1, 2):
        most = [run.single_levels[level].imbalance.end.quantile(0.9) for run in (minimised, plain)]
        assert most[0] < most[1]


@pytest.mark.parametrize("method", EACH_METHOD, ids=lambda method: method.method)
def test_dropouts_are_replaced_until_the_planned_number_is_held(method: AllocationSettings) -> None:
    arms = [ArmShare("heard", quota=20), ArmShare("seen", quota=20)]
    simulated = simulate_allocation(
        method, arms=arms, n_planned=40, level_shares=LEVEL_SHARES, seed=SEED, n_runs=10, dropout_share=0.3
    )
    assert simulated.imbalance.end.maximum == 0


def test_same_seed_gives_the_same_simulation() -> None:
    first, second = (
        simulate_allocation(EACH_METHOD[3], arms=TWO_ARMS, n_planned=30, level_shares=LEVEL_SHARES, seed=SEED, n_runs=5)
        for _ in range(2)
    )
    assert first == second


def test_quantiles_are_values_that_were_found() -> None:
    values = Distribution((0.0, 1.0, 2.0, 3.0))
    assert [values.quantile(share) for share in (0.25, 0.5, 0.51, 1.0)] == [0.0, 1.0, 2.0, 3.0]
    assert values.maximum == 3.0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_planned": 0}, "n_planned is 0 and n_runs is 5; expected at least 1 of each"),
        ({"n_runs": 0}, "n_runs is 0"),
        ({"dropout_share": 1.0}, "dropout_share is 1.0; expected 0 to 0.9"),
        ({"dropout_share": -0.1}, "dropout_share is -0.1"),
        ({"arms": [ArmShare("heard", quota=5), ArmShare("seen", quota=4)]}, "quotas sum to 9, below n_planned 10"),
        ({"level_shares": {}}, "level_shares lack the factor 'music', which the settings stratify by"),
        ({"level_shares": {"music": {"none": 0.5, "much": 0.4}}}, "level shares of 'music' sum to 0.9"),
        ({"level_shares": {"music": {"none": 1.5, "much": -0.5}}}, "expected none below 0 and a sum of 1"),
        ({"level_shares": {"music": {}}}, "level shares of 'music' sum to 0"),
    ],
)
def test_simulation_that_cannot_be_is_refused(changed: dict[str, Any], message: str) -> None:
    arguments = {"arms": TWO_ARMS, "n_planned": 10, "n_runs": 5, "level_shares": {"music": {"none": 0.5, "much": 0.5}}}
    method = AllocationSettings(method="minimisation", strata=["music"])
    with pytest.raises(ValueError, match=message):
        simulate_allocation(method, seed=SEED, **{**arguments, **changed})
