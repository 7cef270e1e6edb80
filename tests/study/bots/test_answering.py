"""Answers of bots, judged by the form that the server takes answers with."""

import json
import random
from typing import Any

import pytest

from study.bots.answering import Listener, make_answer
from study.bots.behaviours import Manner
from study.participant.api import AnswerForm

LABELS = [{"label": str(number), "word": word} for number, word in enumerate(("zero", "one", "two"))]
SOUND = {"sound": {"url": "/media/a.wav", "duration_ms": 400.0}, "picture": None, "whole": True}
PICTURE = {"sound": None, "picture": {"url": "/media/a.png"}, "whole": False}


def field(name: str, *, widget: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "widget": widget, "values": values, "rated": None, "is_timed": True}


STEP = {
    "fields": [
        field("answer", widget="labels", values=["0", "1", "2"]),
        field("confidence", widget="percent", values=[10, 50, 100]),
        field("rating", widget="line", values=[0, 100]),
    ],
    "reveals": False,
}


def make_trial(**changes: Any) -> dict[str, Any]:
    return {
        "word": None,
        "original": SOUND,
        "explanations": [PICTURE],
        "changed": None,
        "instructed": None,
        "labels": LABELS,
        "steps": [STEP],
        "exposure": {"dwell_ms": 1000, "max_plays": 3, "view_ms": None},
    } | changes


def listener(manner: Manner = "by-lot", *, words: dict[str, str] | None = None, seed: int = 1) -> Listener:
    return Listener(manner, draw=random.Random(seed), words=words or {})  # noqa: S311  # no secret


def answer_to(trial: dict[str, Any], *, by: Listener) -> AnswerForm:
    times = by.times(trial)
    answers = by.choose(trial, step=trial["steps"][0]) if trial["steps"] else {}
    begin_id = "0d4c2b7e-0000-4000-8000-000000000000"
    body = make_answer(trial, times=times, answers=answers, begin_id=begin_id) | {"age_ms": 0}
    return AnswerForm.model_validate_json(json.dumps(body), strict=True)


def test_answer_is_one_that_a_page_could_send() -> None:
    form = answer_to(make_trial(), by=listener())
    assert form.answers["answer"] in ("0", "1", "2")
    assert form.answers["confidence"] in (10, 50, 100)
    assert (form.plays, form.second_plays, form.original_plays, form.heard_share) == (1, 0, 1, 1.0)
    assert form.onset_to_response_ms == 1000 + form.rt_ms
    assert form.circumstances.explanation_onset_ms == 400.0
    assert form.circumstances.answered_ms == 1400.0 + form.rt_ms


def test_answer_is_given_after_all_sounds_where_they_outlast_the_dwell() -> None:
    trial = make_trial(explanations=[SOUND, SOUND, SOUND], changed=SOUND)
    form = answer_to(trial, by=listener())
    assert form.onset_to_response_ms == 3 * 400 + 400 + form.rt_ms
    assert form.second_plays == 2


def test_attention_trial_is_followed_by_all_but_the_guesser() -> None:
    fields = {"fields": [STEP["fields"][0]], "reveals": False}  # type: ignore[index]  # a dict of the test's own
    trial = make_trial(original=None, explanations=[], steps=[fields], instructed=LABELS[2])
    for manner in ("by-lot", "names-the-word"):
        assert answer_to(trial, by=listener(manner)).answers == {"answer": "2"}
    guesses = {answer_to(trial, by=listener("guesses-at-once", seed=seed)).answers["answer"] for seed in range(30)}
    assert guesses == {"0", "1", "2"}


def test_exemplar_asks_nothing_and_gets_nothing() -> None:
    assert answer_to(make_trial(steps=[]), by=listener()).answers == {}


@pytest.mark.parametrize("told", [{"word": "one"}, {}])
def test_truth_namer_names_the_word_told_or_heard(told: dict[str, str]) -> None:
    by = listener("names-the-word", words={"/media/a.wav": "1"})
    assert {answer_to(make_trial(**told), by=by).answers["answer"] for _ in range(10)} == {"1"}


def test_truth_namer_without_an_ear_guesses() -> None:
    by = listener("names-the-word")
    assert len({answer_to(make_trial(), by=by).answers["answer"] for _ in range(40)}) == 3


def test_guesser_takes_a_moment() -> None:
    assert {answer_to(make_trial(), by=listener("guesses-at-once", seed=seed)).rt_ms for seed in range(5)} == {150}
