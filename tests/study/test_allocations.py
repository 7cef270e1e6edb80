from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from earshot.allocation.verify import find_first_difference
from earshot.derivation import arm_shares
from study.models import Enrolment, Event, Study, Trial, Version
from study.selectors import study_protocol
from study.services.allocations import (
    LeavingReason,
    enrolment_leave,
    enrolment_release,
    read_entry,
    release_idle,
    version_lock,
)
from study.services.completion import completion_note
from study.services.enrolments import enrolment_seen
from study.services.studies import study_amend_begin, study_close, study_launch, study_pause, study_resume
from tests.study.conftest import Person, enrol, pass_step
from tests.study.test_questionnaires import ABOUT_YOU, POSTED

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    """Two places an arm."""
    return launch(recruitment={"n_per_arm": 2, "power": {"missing_because": "a test"}})


def stay_away(person: Person, *, minutes: int) -> None:
    """Nothing was heard of this person for some time."""
    seen = timezone.now() - timedelta(minutes=minutes)
    Enrolment.objects.filter(pk=person.enrolment.pk).update(last_seen_at=seen)


def leave(person: Person, *, reason: LeavingReason) -> bool:
    return enrolment_leave(enrolment=person.enrolment, reason=reason)


def events_of(person: Person) -> list[str]:
    return list(Event.objects.filter(enrolment=person.enrolment.code).order_by("id").values_list("kind", flat=True))


def assert_record_holds() -> None:
    """The record re-derives from the seed, entry by entry."""
    version = Version.objects.get()
    entries = [entry for event in version.events.order_by("id") if (entry := read_entry(event)) is not None]
    protocol = study_protocol(version)
    seed = bytes(version.allocation_seed)
    settings = protocol.design.allocation
    assert find_first_difference(settings, arms=arm_shares(protocol.design), seed=seed, entries=entries) is None


def test_quotas_hold_and_the_next_one_is_told_that_all_places_are_taken(study: Study) -> None:
    people = [enrol(study) for _ in range(4)]
    assert Counter(person.enrolment.arm for person in people) == {"seen": 2, "heard": 2}
    late = enrol(study, checked=False)
    pass_step(late.enrolment)
    enrolment = Enrolment.objects.get(pk=late.enrolment.pk)
    assert (enrolment.screened_out, enrolment.place) == ("full", None)
    assert events_of(late) == ["enrolled", "sound-checked", "full"]
    page = late.client.get("/s/digits/", follow=True)
    assert page.redirect_chain == [("/s/digits/ended", 302)]
    assert "Every place is taken" in page.content.decode()
    assert Version.objects.get().n_allocated == 4
    assert_record_holds()


def test_a_released_place_is_refilled_with_its_sequence(study: Study) -> None:
    people = [enrol(study) for _ in range(4)]
    gone = people[1]
    assert leave(gone, reason="withdrawn")
    refill = enrol(study)
    assert (refill.enrolment.arm, refill.enrolment.sequence) == (gone.enrolment.arm, gone.enrolment.sequence)
    assert refill.enrolment.place == 4
    assert Event.objects.get(kind="allocated", enrolment=refill.enrolment.code).data["refills"] == 1
    stimuli = [
        set(Trial.objects.filter(enrolment=person.enrolment).values_list("stimulus", "condition"))
        for person in (gone, refill)
    ]
    assert stimuli[0] == stimuli[1]
    assert_record_holds()


def test_a_place_is_released_once(study: Study) -> None:
    person = enrol(study)
    assert leave(person, reason="returned")
    assert not leave(person, reason="timed-out")
    enrolment = Enrolment.objects.get()
    assert enrolment.release_reason == "returned"
    assert events_of(person).count("released") == 1


def test_nobody_without_a_place_releases_one(study: Study) -> None:
    assert not leave(enrol(study, checked=False), reason="withdrawn")
    assert Event.objects.filter(kind="released").count() == 0


@pytest.mark.parametrize(
    ("reason", "rule"), [("withdrawn", "on_withdrawal"), ("returned", "on_return"), ("timed-out", "on_timeout")]
)
def test_a_place_stays_taken_where_the_study_says_so(
    launch: Callable[..., Study], reason: LeavingReason, rule: str
) -> None:
    person = enrol(launch(release={rule: False}))
    assert not leave(person, reason=reason)
    assert Enrolment.objects.get().released_at is None


def test_an_unknown_reason_is_refused_by_the_row(study: Study) -> None:
    person = enrol(study)
    with pytest.raises(ValidationError, match="is not a valid choice"):
        enrolment_release(enrolment=person.enrolment, version=Version.objects.get(), reason="bored")
    assert Event.objects.filter(kind="released").count() == 0


def test_idle_places_are_given_up_at_the_next_allocation(launch: Callable[..., Study]) -> None:
    study = launch(release={"idle_minutes": 30})
    idle, awake = enrol(study), enrol(study)
    stay_away(idle, minutes=31)
    stay_away(awake, minutes=29)
    following = enrol(study)
    assert following.enrolment.sequence is not None
    rows = {row.pk: row for row in Enrolment.objects.all()}
    assert rows[idle.enrolment.pk].release_reason == "idle"
    assert rows[awake.enrolment.pk].released_at is None
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds.index("released") < len(kinds) - 1
    assert kinds[-1] == "allocated"
    assert_record_holds()


def test_a_study_may_keep_idle_places_for_ever(draft: Study) -> None:
    # Format 1 knew no release.
    study = study_launch(study=draft).study
    stay_away(enrol(study), minutes=100_000)
    enrol(study)
    assert Enrolment.objects.filter(released_at__isnull=False).count() == 0


def test_whoever_completed_is_never_idle(study: Study) -> None:
    person = enrol(study)
    person.complete()
    stay_away(person, minutes=100_000)
    with transaction.atomic():
        assert release_idle(version=version_lock(Version.objects.get().pk)) == 0


def test_the_command_gives_up_idle_places_of_open_studies(study: Study) -> None:
    people = [enrol(study), enrol(study)]
    stay_away(people[0], minutes=121)
    for expected in ("study 'digits': 1 places were given up\n", ""):
        said = StringIO()
        call_command("release_idle", stdout=said)
        assert said.getvalue() == expected
    assert Enrolment.objects.get(release_reason="idle").pk == people[0].enrolment.pk
    assert_record_holds()


def test_a_request_is_a_sign_of_life_once_a_minute(study: Study) -> None:
    person = enrol(study)
    stay_away(person, minutes=10)
    before = timezone.now()
    person.state()
    first = Enrolment.objects.get().last_seen_at
    assert first is not None
    assert first >= before
    person.state()
    assert Enrolment.objects.get().last_seen_at == first


def test_a_sign_of_life_of_somebody_never_seen_is_noted(study: Study) -> None:
    person = enrol(study, checked=False)
    Enrolment.objects.update(last_seen_at=None)
    person.enrolment.refresh_from_db()
    enrolment_seen(enrolment=person.enrolment)
    assert Enrolment.objects.get().last_seen_at is not None


def test_a_released_place_that_is_completed_counts_for_no_allocation(study: Study) -> None:
    person = enrol(study)
    leave(person, reason="timed-out")
    person.complete()
    enrolment = Enrolment.objects.get()
    assert enrolment.completion_code != ""
    event = Event.objects.get(kind="completed")
    assert event.data == {"place": 0, "is_released": True}
    assert read_entry(event) is None
    assert_record_holds()


def test_completion_is_noted_once(study: Study) -> None:
    person = enrol(study)
    with transaction.atomic():
        assert not completion_note(enrolment=person.enrolment)
    person.complete()
    code = Enrolment.objects.get().completion_code
    with transaction.atomic():
        assert completion_note(enrolment=person.enrolment)
    assert person.enrolment.completion_code == code == Enrolment.objects.get().completion_code
    assert Event.objects.filter(kind="completed").count() == 1
    assert_record_holds()


def test_strata_come_from_what_was_answered(launch: Callable[..., Study]) -> None:
    settings: dict[str, Any] = {"method": "stratified-permuted-blocks", "strata": ["about-you-music"]}
    study = launch(questionnaires=[ABOUT_YOU], allocation=settings | {"block_repeats": [1]})
    arms = []
    for music in ("no", "much", "no", "much"):
        person = enrol(study, checked=False)
        pass_step(person.enrolment)
        person.client.post("/s/digits/questions/about-you", POSTED | {"music": music})
        enrolment = Enrolment.objects.get(pk=person.enrolment.pk)
        assert enrolment.factors == {"about-you-music": music}
        arms.append((music, enrolment.arm))
    assert Counter(arms) == {(music, arm): 1 for music in ("no", "much") for arm in ("seen", "heard")}
    assert_record_holds()


def resume(study: Study) -> None:
    study_resume(study=study)


def launch_anew(study: Study) -> None:
    study_amend_begin(study=study)
    study_launch(study=study, reason="a better text")


@pytest.mark.parametrize("go_on", [resume, launch_anew])
def test_a_long_pause_takes_nobodys_place(launch: Callable[..., Study], go_on: Callable[[Study], None]) -> None:
    study = launch(release={"idle_minutes": 30})
    held, gone, done, early = enrol(study), enrol(study), enrol(study), enrol(study, checked=False)
    leave(gone, reason="withdrawn")
    done.complete()
    study_pause(study=study)
    for person in (held, gone, done, early):
        stay_away(person, minutes=10_000)
    before = timezone.now()
    go_on(study)
    call_command("release_idle")
    rows = {person.enrolment.pk: Enrolment.objects.get(pk=person.enrolment.pk) for person in (held, gone, done, early)}
    assert rows[held.enrolment.pk].released_at is None
    seen = [rows[person.enrolment.pk].last_seen_at for person in (held, gone, done, early)]
    assert [at is not None and at >= before for at in seen] == [True, False, False, False]


def test_who_stays_away_after_a_pause_loses_the_place(launch: Callable[..., Study]) -> None:
    study = launch(release={"idle_minutes": 30})
    person = enrol(study)
    study_pause(study=study)
    study_resume(study=study)
    stay_away(person, minutes=31)
    call_command("release_idle")
    assert Enrolment.objects.get().release_reason == "idle"


def release_place(person: Person, *, reason: str) -> str:
    said = StringIO()
    call_command("release_place", person.enrolment.code.lower(), "--reason", reason, stdout=said)
    return said.getvalue().removeprefix(person.enrolment.code)


def test_the_command_gives_up_the_place_of_somebody_who_left_once(study: Study) -> None:
    person = enrol(study)
    expected = f"the place of {person.enrolment.code} was given up; somebody else can have it\n"
    assert release_place(person, reason="returned") == expected
    assert Enrolment.objects.get().release_reason == "returned"
    assert release_place(person, reason="withdrawn") == " holds no place; nothing changed\n"
    assert Enrolment.objects.get().release_reason == "returned"
    assert_record_holds()


def test_the_command_lets_the_declared_rules_decide(launch: Callable[..., Study]) -> None:
    person = enrol(launch(release={"on_timeout": False}))
    assert (
        release_place(person, reason="timed-out")
        == " keeps the place: the study's release rules say so of 'timed-out'\n"
    )
    assert Enrolment.objects.get().released_at is None


def test_the_command_refuses_a_code_that_nobody_has(study: Study) -> None:
    with pytest.raises(CommandError, match="code is 'NOBODY'; no enrolment has it") as fault:
        call_command("release_place", "NOBODY", "--reason", "returned")
    assert fault.value.returncode == 2


def test_the_command_refuses_an_unknown_reason(study: Study) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'bored'"):
        call_command("release_place", enrol(study).enrolment.code, "--reason", "bored")


def test_the_command_changes_nothing_of_a_closed_study(study: Study) -> None:
    person = enrol(study)
    study_close(study=study)
    with pytest.raises(CommandError, match="study 'digits' is closed; only places of an open or paused one"):
        release_place(person, reason="returned")
    assert Enrolment.objects.get().released_at is None
