import pytest

from earshot.allocation.simulation import Distribution
from study.researcher.designing.allocation_page import histogram, simulate_design
from tests.designs import make_design


def test_a_histogram_has_a_bar_for_each_of_few_values() -> None:
    bars = histogram(Distribution((0.0, 0.0, 1.0, 3.0)))
    assert [(bar.label, bar.share) for bar in bars] == [("0", 50.0), ("1", 25.0), ("3", 25.0)]
    # The highest bar fills the drawing from its top, at 0, to the floor, at 100; the others stand in proportion.
    assert [(bar.y, bar.height) for bar in bars] == [(0.0, 100.0), (50.0, 50.0), (50.0, 50.0)]


def test_many_values_share_bars_of_equal_ranges() -> None:
    bars = histogram(Distribution(tuple(float(value) for value in range(100))))
    assert len(bars) == 12
    # Shares are rounded to one decimal each.
    assert sum(bar.share for bar in bars) == pytest.approx(100, abs=12 * 0.05)
    assert bars[-1].x + bars[-1].width <= 320


def test_strata_come_from_the_questionnaires_with_levels_of_equal_shares() -> None:
    design = make_design(
        expertise=True,
        allocation={"method": "minimisation", "strata": ["expertise-audio"]},
        recruitment={"n_per_arm": 2, "power": {"missing_because": "a test"}},
    )
    simulation = simulate_design(design)
    assert (simulation.n_runs, simulation.n_planned) == (1000, 4)
    assert [dict(group.levels) for group in simulation.strata] == [
        {"expertise-audio": level} for level in ("none", "some", "much")
    ]


def test_many_planned_participants_are_simulated_in_fewer_runs() -> None:
    design = make_design(
        allocation={"method": "simple"}, recruitment={"n_per_arm": 10_000, "power": {"missing_because": "a test"}}
    )
    assert simulate_design(design).n_runs == 15
