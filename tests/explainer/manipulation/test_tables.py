"""The tables as CSV."""

import csv
import io

import pytest

from explainer.manipulation.results import EXPONENTS, SHARES
from explainer.manipulation.tables import scaling_table, zeroing_table
from tests.explainer.manipulation.made import made, scaling_curve


def read(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def test_zeroing_has_a_row_per_part_choice_and_share() -> None:
    rows = read(zeroing_table(made(parts=("heldout_takes", "heldout_speakers"))))
    assert len(rows) == 2 * 3 * len(SHARES)
    assert len({(row["part"], row["choice"], row["share_zeroed"]) for row in rows}) == len(rows)


def test_zeroing_row_holds_every_seed_and_the_mean_over_them() -> None:
    (row,) = [
        row for row in read(zeroing_table(made())) if (row["choice"], row["share_zeroed"]) == ("amplitude", "0.01")
    ]
    assert [row[f"n_right_seed_{seed}"] for seed in (1, 2, 3)] == ["60", "61", "65"]
    assert (row["n_clips"], float(row["accuracy_mean"])) == ("100", 0.62)
    # differences of .10, .09, .11 from those by relevance: sd .01, and 4.302653 / sqrt(3) of it; rounded to 6 decimals
    assert float(row["loss_by_relevance_mean"]) == pytest.approx(0.1)
    half = 4.302653 / 3**0.5 * 0.01
    assert float(row["loss_by_relevance_interval_low"]) == pytest.approx(0.1 - half, abs=1e-6)
    assert float(row["loss_by_relevance_interval_high"]) == pytest.approx(0.1 + half, abs=1e-6)


def test_what_cannot_be_said_is_empty() -> None:
    rows = {(row["choice"], row["share_zeroed"]): row for row in read(zeroing_table(made()))}
    assert rows["relevance", "0.01"]["loss_by_relevance_mean"] == ""
    assert rows["random", "0.01"]["accuracy_interval_low"] == ""  # all seeds agree


def test_interval_of_an_accuracy_is_cut_at_0_and_1() -> None:
    found = made(at_read={"relevance": (0, 0, 30), "amplitude": (100, 100, 70), "random": (100, 100, 100)})
    rows = {(row["choice"], row["share_zeroed"]): row for row in read(zeroing_table(found))}
    assert float(rows["relevance", "0.01"]["accuracy_interval_low"]) == 0
    assert float(rows["amplitude", "0.01"]["accuracy_interval_high"]) == 1


def test_scaling_has_a_row_per_exponent_and_label_and_one_for_all() -> None:
    curve = scaling_curve("heldout_takes", ends=((50, 10), (48, 12), (49, 14)))
    rows = read(scaling_table(made(scaling=[curve])))
    assert len(rows) == 3 * len(EXPONENTS)
    found = {row["true_label"]: row for row in rows if row["exponent"] == "1.0"}
    assert [found["all"][f"n_right_seed_{seed}"] for seed in (1, 2, 3)] == ["60", "62", "64"]
    assert (found["all"]["factor_male"], found["all"]["factor_female"]) == ("1.5", "0.66")
    assert float(found["female"]["accuracy_mean"]) == pytest.approx(0.24)
    assert float(found["female"]["loss_mean"]) == pytest.approx(0.76)
    assert float(found["male"]["loss_mean"]) == 0
    away = {row["true_label"]: row for row in rows if row["exponent"] == "-1.0"}
    assert float(away["all"]["factor_male"]) == pytest.approx(1 / 1.5, abs=1e-6)
