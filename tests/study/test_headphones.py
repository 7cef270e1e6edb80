"""The sounds of the headphone checks, measured, and the way through the check."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earshot.dataset import PARTICIPANTS_FILE
from earshot.design.conduct import HeadphoneCheckName
from earshot.errors import DatasetError
from earshot.files import read_zip
from study.export.dataset import dataset_export
from study.headphones import attempt_order, count_right, make_sound, right_interval
from study.models import Enrolment, Event, Study, Trial
from study.refusals import Refusal
from study.services.headphones import enrolment_check_headphones, enrolment_without_headphones
from study.services.studies import study_close
from tests.hearing import heard_interval, loudness, quietest_over_loudspeakers, read_intervals
from tests.study.conftest import Person, enrol, heard_intervals, pass_step

NUMBERS = range(1, 7)
PAGE, ENDED = "/s/digits/headphones", "/s/digits/ended"


def decibels(level: float) -> float:
    return float(20 * np.log10(level))


@pytest.mark.parametrize("number", NUMBERS)
def test_one_tone_is_quieter_and_over_loudspeakers_another_vanishes(number: int) -> None:
    content = make_sound("antiphase", number=number)
    intervals = read_intervals(content)
    levels = sorted(loudness(intervals))
    assert decibels(levels[0] / levels[1]) == pytest.approx(-6, abs=0.01)
    assert levels[1] == pytest.approx(levels[2])
    assert heard_interval(content) == right_interval("antiphase", number=number)
    vanished = quietest_over_loudspeakers(content)
    assert vanished != right_interval("antiphase", number=number)
    assert np.array_equal(intervals[vanished - 1, :, 0], -intervals[vanished - 1, :, 1])
    assert all(np.array_equal(each[:, 0], each[:, 1]) for place, each in enumerate(intervals, 1) if place != vanished)
    spectrum = np.abs(np.fft.rfft(intervals[:, :, 0], axis=1))
    assert set(spectrum.argmax(axis=1)) == {200}  # Hz, of one second
    assert -24 < decibels(levels[2]) < -22


def test_every_order_of_the_three_tones_comes_once() -> None:
    orders = {
        (
            heard_interval(make_sound("antiphase", number=n)),
            quietest_over_loudspeakers(make_sound("antiphase", number=n)),
        )
        for n in NUMBERS
    }
    assert len(orders) == 6


@pytest.mark.parametrize("number", NUMBERS)
def test_one_noise_has_the_band_of_one_side_turned_and_nothing_else(number: int) -> None:
    content = make_sound("huggins", number=number)
    intervals = read_intervals(content)
    odd = right_interval("huggins", number=number)
    assert heard_interval(content) == odd
    assert all(np.array_equal(each[:, 0], each[:, 1]) for place, each in enumerate(intervals, 1) if place != odd)
    left, right = np.fft.rfft(intervals[odd - 1], axis=0).T
    # The ramps spread each component over its neighbours: most of the band is turned, nothing far from it is.
    coherence = np.vdot(left[564:637], right[564:637]) / (
        np.linalg.norm(left[564:637]) * np.linalg.norm(right[564:637])
    )
    assert coherence.real < -0.97
    changed = np.abs(right - left) ** 2
    assert changed[540:661].sum() > 0.999 * changed.sum()
    power = [float((np.abs(side[540:661]) ** 2).sum()) for side in (left, right)]
    assert power[1] == pytest.approx(power[0], rel=0.02)  # at either ear alone there is nothing to hear
    levels = [decibels(level) for level in loudness(intervals)]
    assert levels == pytest.approx([-32.2] * 3, abs=0.3)
    assert np.abs(intervals).max() < 0.2  # far from clipping


def test_each_noise_is_another_and_the_tone_comes_twice_in_each_place() -> None:
    noises = np.concatenate([read_intervals(make_sound("huggins", number=number))[:, :, 0] for number in NUMBERS])
    correlations = np.corrcoef(noises) - np.eye(18)
    assert np.abs(correlations).max() < 0.03
    assert sorted(right_interval("huggins", number=number) for number in NUMBERS) == [1, 1, 2, 2, 3, 3]


def test_a_sound_that_a_check_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="number is 7; the check 'huggins' has sounds 1 to 6"):
        make_sound("huggins", number=7)


def test_everybody_meets_every_sound_once_in_an_order_of_their_own() -> None:
    orders = {tuple(attempt_order("antiphase", code=code, attempt=n)) for code in ("ANA", "BEN") for n in (0, 1)}
    assert len(orders) == 4
    assert all(sorted(order) == list(NUMBERS) for order in orders)


@pytest.fixture
def study(launch: Callable[..., Study], request: pytest.FixtureRequest) -> Study:
    return launch(screens={"headphones": getattr(request, "param", "antiphase")})


@pytest.fixture
def fresh(study: Study) -> Person:
    """Somebody who has passed the sound check."""
    person = enrol(study, checked=False)
    pass_step(person.enrolment)
    person.enrolment.refresh_from_db()
    return person


def missing(enrolment: Enrolment, *, n_wrong: int, attempt: int = 0) -> list[int]:
    right = heard_intervals(enrolment, attempt=attempt)
    return [each % 3 + 1 if place < n_wrong else each for place, each in enumerate(right)]


def attempt(person: Person, answers: list[int], *, attempt: int = 0) -> Any:
    return person.post("headphones", {"attempt": attempt, "answers": answers})


@pytest.mark.django_db
@pytest.mark.parametrize(("study", "n_wrong"), [("antiphase", 0), ("antiphase", 1), ("huggins", 0)], indirect=["study"])
def test_the_published_mark_passes_and_allocates(fresh: Person, n_wrong: int) -> None:
    answer = attempt(fresh, missing(fresh.enrolment, n_wrong=n_wrong))
    assert (answer.status_code, answer.json()) == (200, {"passed": True, "n_attempts_left": 0})
    enrolment = Enrolment.objects.get()
    assert (enrolment.headphones_right, enrolment.headphones_checked_at is not None) == (6 - n_wrong, True)
    assert (enrolment.place, enrolment.trials.exists()) == (0, True)
    kinds = list(Event.objects.filter(enrolment=enrolment.code).order_by("id").values_list("kind", flat=True))
    assert kinds == ["enrolled", "sound-checked", "headphones-checked", "allocated"]


@pytest.mark.django_db
@pytest.mark.parametrize(("study", "n_wrong"), [("antiphase", 2), ("huggins", 1)], indirect=["study"])
def test_below_the_mark_there_is_a_second_attempt_and_no_third(fresh: Person, n_wrong: int) -> None:
    first = missing(fresh.enrolment, n_wrong=n_wrong)
    assert attempt(fresh, first).json() == {"passed": False, "n_attempts_left": 1}
    assert attempt(fresh, first).json() == {"passed": False, "n_attempts_left": 1}  # sent again: still the first
    assert Enrolment.objects.get().headphones_answers == [first]

    second = missing(fresh.enrolment, n_wrong=n_wrong, attempt=1)
    assert attempt(fresh, second, attempt=1).json() == {"passed": False, "n_attempts_left": 0}

    enrolment = Enrolment.objects.get()
    assert (enrolment.screened_out, enrolment.place, Trial.objects.count()) == ("headphones", None, 0)
    assert (enrolment.headphones_answers, enrolment.headphones_right) == ([first, second], 6 - n_wrong)
    assert Event.objects.get(kind="screened-out").data == {}
    answer = fresh.client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, ENDED)
    assert "keep left and right apart" in fresh.client.get(ENDED).content.decode()


@pytest.mark.django_db
def test_the_second_attempt_can_be_passed(fresh: Person) -> None:
    attempt(fresh, missing(fresh.enrolment, n_wrong=6))
    assert attempt(fresh, heard_intervals(fresh.enrolment, attempt=1), attempt=1).json()["passed"]
    assert Enrolment.objects.get().place == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"attempt": 0, "answers": [1, 2, 3]}, "malformed"),
        ({"attempt": 0, "answers": [1, 2, 3, 1, 2, 4]}, "malformed"),
        ({"attempt": 0, "answers": [1, 2, 3, 1, 2, True]}, "malformed"),
        ({"attempt": 2, "answers": [1] * 6}, "malformed"),
        ({"attempt": -1, "answers": [1] * 6}, "malformed"),
        ({"attempt": 0}, "malformed"),
        ({"attempt": 1, "answers": [1] * 6}, "not-handed-out"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_stored(fresh: Person, body: dict[str, Any], code: str) -> None:
    answer = fresh.post("headphones", body)
    assert (answer.status_code, answer.json()["code"]) == (400 if code == "malformed" else 409, code)
    enrolment = Enrolment.objects.get()
    assert (enrolment.headphones_answers, enrolment.headphones_right, enrolment.screened_out) == ([], None, "")


@pytest.mark.django_db
def test_the_check_waits_for_the_sound_check_and_the_study(study: Study) -> None:
    person = enrol(study, checked=False)
    answer = attempt(person, heard_intervals(person.enrolment))
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")
    with pytest.raises(Refusal, match="what comes next is 'sound', not the headphone check"):
        enrolment_without_headphones(enrolment=person.enrolment)
    pass_step(person.enrolment)
    study_close(study=study)
    with pytest.raises(Refusal) as refused:
        enrolment_check_headphones(enrolment=person.enrolment, attempt=0, answers=heard_intervals(person.enrolment))
    assert refused.value.code == "study-closed"


@pytest.mark.django_db
def test_a_study_without_the_check_refuses_it(launch: Callable[..., Study]) -> None:
    person = enrol(launch(), checked=False)
    pass_step(person.enrolment)
    answer = attempt(person, [1] * 6)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-handed-out")
    answer = person.client.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/s/digits/trials")


@pytest.mark.django_db
def test_whoever_has_no_headphones_is_let_go_kindly(fresh: Person) -> None:
    for _ in range(2):
        answer = fresh.client.post(PAGE)
        assert (answer.status_code, answer["Location"]) == (302, ENDED)
    enrolment_without_headphones(enrolment=fresh.enrolment)
    assert Enrolment.objects.get().screened_out == "headphones"
    assert Event.objects.filter(kind="screened-out").count() == 1


@pytest.mark.django_db
def test_the_page_names_the_sounds_in_order_and_no_answer(fresh: Person) -> None:
    content = fresh.client.get(PAGE).content.decode()
    for number in (0, 1):
        order = attempt_order("antiphase", code=fresh.enrolment.code, attempt=number)
        places = [
            content.index(f"/headphones/antiphase/{each}.wav", content.index("data-attempt-sounds")) for each in order
        ]
        assert len(set(places)) == 6
    answer = fresh.client.get("/headphones/antiphase/1.wav")
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/wav")
    assert answer.content == make_sound("antiphase", number=1)
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("address", ["/headphones/none/1.wav", "/headphones/huggins/7.wav", "/headphones/huggins/1"])
@pytest.mark.django_db
def test_no_other_sound_is_served(address: str, client: Any) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_the_start_page_says_that_headphones_are_needed(
    study: Study, launch: Callable[..., Study], client: Any
) -> None:
    assert "Without headphones you cannot take part" in client.get("/s/digits/").content.decode()


@pytest.mark.parametrize("check", ["antiphase", "huggins"])
def test_guessing_passes_rarely(check: HeadphoneCheckName) -> None:
    """By chance 13 of 729 antiphase attempts pass with five of six, and 1 of 729 of Huggins with all."""
    least = {"antiphase": 5, "huggins": 6}[check]
    guesses = np.stack(np.meshgrid(*[[1, 2, 3]] * 6), axis=-1).reshape(-1, 6)
    right = [count_right(check, code="ANA", attempt=0, answers=guess.tolist()) for guess in guesses]
    assert sum(n >= least for n in right) == {"antiphase": 13, "huggins": 1}[check]


@pytest.mark.django_db
def test_the_export_tells_the_check(study: Study, fresh: Person, tmp_path: Path) -> None:
    attempt(fresh, missing(fresh.enrolment, n_wrong=1))
    study_close(study=study)
    dataset_export(study=Study.objects.get(), out=tmp_path / "whole.zip")
    members = read_zip(tmp_path / "whole.zip", error=DatasetError)
    (row,) = csv.DictReader(members[PARTICIPANTS_FILE].decode().splitlines())
    assert (row["headphones_right"], row["headphones_checked_at"] != "") == ("5", True)
