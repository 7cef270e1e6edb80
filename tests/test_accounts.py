"""The account of a run of faults finds what is lost, doubled, altered or made up."""

from dataclasses import replace
from typing import Any

import pytest

from study.bots.bot import Given
from tests.accounts import Stored, draw_up

BODY = {
    "client_id": "c1",
    "answers": {"answer": "1"},
    "rt_ms": 900,
    "onset_to_response_ms": 1900,
    "plays": 1,
    "second_plays": 0,
    "original_plays": 1,
    "heard_share": 1.0,
    "circumstances": {"answered_ms": 2000.0},
}


def row(**changes: Any) -> dict[str, Any]:
    whole = {"trial__code": "t1", "circumstances": {"answered_ms": 2000.0, "n_cut": 0}}
    return BODY | whole | {"answers": {"answer": "1", "answer_before": "2"}} | changes


def enrolment(**changes: Any) -> dict[str, Any]:
    return {"code": "e", "completion_code": "X", "completed": True, "withdrawal": "", "trials": ["t1"]} | changes


GIVEN = [Given("t1", BODY)]
CLEAN = Stored(responses=[row()], enrolments=[enrolment()])


def test_clean_account_is_clean() -> None:
    account = draw_up(CLEAN, given=GIVEN, codes=["X"])
    assert account.is_clean
    assert (account.n_given, account.n_stored, account.n_codes) == (1, 1, 1)


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        (replace(CLEAN, responses=[]), "n_lost"),
        (replace(CLEAN, responses=[row(), row()]), "n_doubled"),
        (replace(CLEAN, responses=[row(), row(client_id="c2")]), "n_doubled"),
        (replace(CLEAN, responses=[row(rt_ms=901)]), "n_altered"),
        (replace(CLEAN, responses=[row(answers={"answer": "2"})]), "n_altered"),
        (replace(CLEAN, responses=[row(trial__code="t2")]), "n_altered"),
        (replace(CLEAN, responses=[row(), row(client_id="c2", trial__code="t2")]), "n_strange"),
        (replace(CLEAN, enrolments=[enrolment(trials=["t1", "t2"])]), "n_incomplete_codes"),
        (replace(CLEAN, enrolments=[enrolment(completion_code="Y")]), "n_unknown_codes"),
    ],
)
def test_each_fault_is_found(stored: Stored, name: str) -> None:
    account = draw_up(stored, given=GIVEN, codes=["X"])
    assert getattr(account, name) > 0
    assert not account.is_clean


def test_answers_of_who_had_them_deleted_are_not_owed() -> None:
    stored = Stored(responses=[], enrolments=[enrolment(withdrawal="delete")])
    assert draw_up(stored, given=GIVEN, codes=[]).is_clean
