"""The columns of a dataset, made from designs."""

from typing import Any

import pytest

from earshot.dataset import EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE, Column
from earshot.dataset_tables import dataset_tables, trial_columns
from tests.designs import condition_fields, make_design

QUESTIONNAIRE: dict[str, Any] = {
    "name": "about-you",
    "title": {"en": "About you"},
    "when": "before",
    "items": [
        {
            "kind": "single",
            "name": "hand",
            "text": {"en": "Which hand?"},
            "options": [{"value": value, "text": {"en": value}} for value in ("left", "right")],
        },
        {"kind": "text", "name": "more", "text": {"en": "More?"}},
    ],
}
STRATIFIED = {
    "questionnaires": [QUESTIONNAIRE],
    "allocation": {"method": "minimisation", "strata": ["about-you-hand"]},
}


def by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name: column for column in columns}


def test_names_are_different_and_described_in_every_table() -> None:
    for columns in dataset_tables([make_design(**STRATIFIED)], monitoring=False).values():
        assert len(by_name(columns)) == len(columns)
        assert all(column.description for column in columns)


def test_tables_agree_on_the_columns_they_share() -> None:
    seen: dict[str, Column] = {}
    for columns in dataset_tables([make_design(**STRATIFIED)], monitoring=False).values():
        for column in columns:
            assert seen.setdefault(column.name, column) == column


def test_factors_and_questionnaires_have_columns() -> None:
    tables = dataset_tables([make_design(**STRATIFIED)], monitoring=False)
    assert "factor_about_you_hand" in by_name(tables[PARTICIPANTS_FILE])
    table = by_name(tables["data/content-questionnaireaboutXyou_data.csv"])
    assert table["about_you_hand"].levels == ("left", "right")
    assert list(table)[:3] == ["subject_id", "version", "stage"]


@pytest.mark.parametrize("attention", [0, 2])
def test_attention_trials_have_an_answer_even_where_no_task_asks_for_a_label(attention: int) -> None:
    conditions = [condition_fields("sound", mask, task="error-detection") for mask in ("relevance", "control")]
    design = make_design(
        conditions=conditions,
        arms=[{"name": "all", "conditions": ["sound-relevance", "sound-control"]}],
        blocks=[{"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2, "n_attention": attention}],
        analysis={
            "estimand": "e",
            "primary": {"name": "p", "weights": {"sound-relevance": 1.0, "sound-control": -1.0}},
        },
    )
    columns = by_name(trial_columns([design]))
    assert "judgement" in columns
    assert ("answer" in columns) == bool(attention)


def test_versions_share_their_tables() -> None:
    forward = make_design()
    advice = make_design(
        conditions=[
            condition_fields(channel, mask, task="advice")
            for channel in ("picture", "sound")
            for mask in ("relevance", "control")
        ]
    )
    columns = by_name(trial_columns([forward, advice]))
    assert {"answer", "answer_before", "correct", "correct_before"} <= set(columns)
    assert "forward-simulation" in columns["answer"].description
    assert "advice" in columns["answer"].description


def test_an_open_study_shows_neither_outcomes_nor_what_tells_arms() -> None:
    tables = dataset_tables([make_design(**STRATIFIED)], monitoring=True)
    assert set(tables) == {PARTICIPANTS_FILE, EVENTS_FILE}
    assert set(by_name(tables[PARTICIPANTS_FILE])) == {
        *("subject_id", "version", "stage", "consented_at", "screened_at", "screened_out", "sound_checked_at"),
        *("headphones_checked_at", "headphones_right"),
        *("consent_sha256", "language", "utc_offset_min", "arrival", "is_automated", "n_windows"),
        *("withdrawn_at", "withdrawal"),
        *("allocated_at", "completed_at", "released_at", "release_reason"),
    }
    assert set(by_name(tables[EVENTS_FILE])) == {"event_id", "at", "event", "version", "subject_id", "reason"}
    whole = dataset_tables([make_design(**STRATIFIED)], monitoring=False)
    assert TRIALS_FILE in whole
    told = [column for columns in tables.values() for column in columns]
    assert not any(column.outcome or column.concealed for column in told)
