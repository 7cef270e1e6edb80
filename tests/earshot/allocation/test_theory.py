from fractions import Fraction
from itertools import permutations

import pytest

from earshot.allocation.record import ArmShare
from earshot.allocation.settings import AllocationSettings
from earshot.allocation.theory import expected_guess_share
from tests.earshot.allocation.histories import TWO_ARMS


def enumerated_right_guesses(half: int) -> Fraction:
    """Mean right guesses over every order of a block, each walked through by the strategy."""
    orders = set(permutations((1, -1) * half))
    total = Fraction(0)
    for order in orders:
        lead = 0
        for step in order:
            total += Fraction(1, 2) if lead == 0 else int(step * lead < 0)
            lead += step
    return total / len(orders)


@pytest.mark.parametrize(
    ("repeats", "expected"), [([1], 0.75), ([2], 17 / 24), ([1, 2, 3], None), ([4], None), ([2, 4], None)]
)
def test_blocks_agree_with_walking_through_every_order(repeats: list[int], expected: float | None) -> None:
    enumerated = float(sum(enumerated_right_guesses(half) for half in repeats) / (2 * sum(repeats)))
    found = expected_guess_share(AllocationSettings(block_repeats=repeats), arms=TWO_ARMS)
    assert found == pytest.approx(enumerated, abs=1e-12)
    assert expected is None or found == pytest.approx(expected, abs=1e-12)


def test_weights_make_blocks_larger() -> None:
    arms = [ArmShare("heard", weight=2), ArmShare("seen", weight=2)]
    found = expected_guess_share(AllocationSettings(block_repeats=[1]), arms=arms)
    assert found == expected_guess_share(AllocationSettings(block_repeats=[2]), arms=TWO_ARMS)


def test_simple_allocation_is_guessed_by_half() -> None:
    assert expected_guess_share(AllocationSettings(method="simple"), arms=TWO_ARMS) == 0.5


def test_biased_coin_agrees_with_its_chain_followed_step_by_step() -> None:
    """The chain of the arms' difference, its first 2,000 steps by exact probabilities."""
    share = 0.7
    leads = {0: 1.0}
    right = 0.0
    for _ in range(2000):
        right += sum(chance * (0.5 if lead == 0 else share) for lead, chance in leads.items())
        following: dict[int, float] = {}
        for lead, chance in leads.items():
            up = 1.0 if lead == 0 else 1 - share
            following[lead + 1] = following.get(lead + 1, 0.0) + chance * up
            if lead:
                following[lead - 1] = following.get(lead - 1, 0.0) + chance * share
        leads = {lead: chance for lead, chance in following.items() if chance > 1e-15}
    found = expected_guess_share(AllocationSettings(method="least-filled", best_share=share), arms=TWO_ARMS)
    # The start, at a tie, is worth about one guess of 2,000.
    assert found == pytest.approx(right / 2000, abs=1e-3)


@pytest.mark.parametrize(
    ("method", "arms"),
    [
        (AllocationSettings(method="minimisation", strata=["music"]), TWO_ARMS),
        (AllocationSettings(), (*TWO_ARMS, ArmShare("felt"))),
        (AllocationSettings(), (ArmShare("heard", weight=2), ArmShare("seen"))),
        (AllocationSettings(), (ArmShare("heard", quota=60), ArmShare("seen"))),
    ],
)
def test_nothing_is_said_where_no_theory_is_known(method: AllocationSettings, arms: tuple[ArmShare, ...]) -> None:
    assert expected_guess_share(method, arms=arms) is None
