import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from earshot.files import canonical_json, sha256_bytes
from study.allocation_proof import prove_allocation
from study.models import Enrolment, Event, QuestionnaireResponse, Response, Study, Trial
from study.participant.authentication import cookie_name
from study.refusals import Refusal
from study.services.allocations import enrolment_leave
from study.services.studies import study_close, study_pause
from study.services.withdrawals import (
    RECEIPT_LENGTH,
    check_not_expired,
    check_not_withdrawn,
    enrolment_by_receipt,
    enrolment_withdraw,
    receipt_code,
)
from tests.study.conftest import Person, enrol

pytestmark = pytest.mark.django_db

START, WITHDRAW, ENDED = "/s/digits/", "/s/digits/withdraw", "/s/digits/ended"
CODE = re.compile(r"[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}")


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(expertise=True)


def answered(person: Person) -> tuple[int, int]:
    """How many answers to trials and to questionnaires of a person are stored."""
    questionnaires = QuestionnaireResponse.objects.filter(enrolment=person.enrolment)
    return person.n_responses(), questionnaires.count()


def stored(person: Person) -> Enrolment:
    return Enrolment.objects.get(pk=person.enrolment.pk)


def released(person: Person) -> bool:
    return Event.objects.filter(kind="released", enrolment=person.enrolment.code).exists()


@pytest.mark.parametrize("page", ["sound", "questions/expertise", "trials"])
def test_every_page_from_consent_on_leads_to_the_withdrawal_and_shows_the_receipt(study: Study, page: str) -> None:
    person = enrol(study, checked=page == "trials")
    if page == "questions/expertise":
        Enrolment.objects.update(sound_checked_at=timezone.now())
    content = person.client.get(f"/s/digits/{page}").content.decode()
    assert f'href="{WITHDRAW}"' in content
    assert receipt_code(person.enrolment.code) in content


def test_the_start_page_of_a_stranger_shows_no_receipt(study: Study, cleo: Client) -> None:
    content = cleo.get(START).content.decode()
    assert CODE.search(content) is None
    assert WITHDRAW not in content


def test_the_debrief_shows_the_receipt(ana: Person) -> None:
    ana.complete()
    assert receipt_code(ana.enrolment.code) in ana.client.get("/s/digits/debrief").content.decode()


def test_opening_the_page_withdraws_nobody(ana: Person) -> None:
    content = ana.client.get(WITHDRAW).content.decode()
    assert "What shall become of your answers?" in content
    assert stored(ana).withdrawn_at is None


def test_whoever_keeps_the_answers_has_withdrawn_and_they_stay(ana: Person) -> None:
    ana.complete(2)
    answer = ana.client.post(WITHDRAW, {"withdrawal": "keep"})
    assert "You have withdrawn" in answer.content.decode()
    kept = stored(ana)
    assert (kept.withdrawal, kept.n_deleted, kept.deleted_sha256) == ("keep", None, "")
    assert answered(ana) == (2, 1)
    event = Event.objects.get(kind="withdrawn")
    assert (event.enrolment, event.data) == (ana.enrolment.code, {"withdrawal": "keep"})


def test_whoever_deletes_the_answers_leaves_a_counted_hashed_stone(ana: Person) -> None:
    ana.complete(2)
    content = {
        "token_sha256": stored(ana).token_sha256,
        "responses": [plain(row) for row in Response.objects.order_by("trial__index").values()],
        "questionnaires": [
            plain(row) for row in QuestionnaireResponse.objects.filter(enrolment=ana.enrolment).values()
        ],
        "first_answers": [],
        "headphones_answers": [],
    }
    answer = ana.client.post(WITHDRAW, {"withdrawal": "delete"})
    assert "3 stored entries were removed" in answer.content.decode()
    gone = stored(ana)
    assert (gone.withdrawal, gone.n_deleted) == ("delete", 3)
    assert gone.deleted_sha256 == sha256_bytes(canonical_json(content))
    assert answered(ana) == (0, 0)
    assert Event.objects.get(kind="withdrawn").data == {"withdrawal": "delete"}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON says of a row, written here again: a time in ISO 8601, an identifier as text."""
    texts: dict[str, Callable[[Any], str]] = {
        "client_id": str,
        "answered_at": lambda moment: moment.isoformat(),
        "received_at": lambda moment: moment.isoformat(),
    }
    return {name: texts[name](value) if name in texts and value is not None else value for name, value in row.items()}


def test_deleting_takes_first_answers_and_those_of_the_headphone_check_too(launch: Callable[..., Study]) -> None:
    study = launch(screens={"headphones": "antiphase"})
    person = enrol(study)
    Trial.objects.filter(enrolment=person.enrolment, index=0).update(first_answers={"answer": "1"}, n_begun=2)
    assert stored(person).headphones_answers
    enrolment_withdraw(enrolment=person.enrolment, withdrawal="delete")
    gone = stored(person)
    assert (gone.headphones_answers, gone.headphones_right) == ([], None)
    assert not Trial.objects.filter(enrolment=gone).exclude(first_answers=None, n_begun=0).exists()


def test_deleting_touches_nobody_else(ana: Person, ben: Person) -> None:
    ben.complete(1)
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="delete")
    assert answered(ben) == (1, 1)
    assert stored(ben).withdrawn_at is None


@pytest.mark.parametrize("withdrawal", ["keep", "delete"])
def test_the_allocation_is_derived_again_after_a_withdrawal_and_its_refill(study: Study, withdrawal: Any) -> None:
    first = enrol(study)
    first.complete(1)
    n_trials = Trial.objects.filter(enrolment=first.enrolment).count()
    enrolment_withdraw(enrolment=first.enrolment, withdrawal=withdrawal)
    assert released(first)
    assert stored(first).release_reason == "withdrawn"
    for _ in range(3):
        enrol(study)
    assert Trial.objects.filter(enrolment=first.enrolment).count() == n_trials
    assert prove_allocation(study.versions.get()).difference is None


def test_the_place_stays_where_the_release_rules_say_so(launch: Callable[..., Study]) -> None:
    person = enrol(launch(release={"on_withdrawal": False}))
    enrolment_withdraw(enrolment=person.enrolment, withdrawal="delete")
    assert not released(person)


@pytest.mark.parametrize(("withdrawal", "is_released"), [("keep", False), ("delete", True)])
def test_who_completed_gives_up_the_place_with_the_answers_alone(
    ana: Person, withdrawal: Any, is_released: bool
) -> None:
    ana.complete()
    code = stored(ana).completion_code
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal=withdrawal)
    assert released(ana) is is_released
    assert stored(ana).completion_code == code
    assert code in ana.client.get(ENDED).content.decode()


def test_withdrawing_twice_changes_nothing(ana: Person) -> None:
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="delete")
    before = Enrolment.objects.filter(pk=ana.enrolment.pk).values().get()
    for again in ("delete", "keep"):
        ana.client.post(WITHDRAW, {"withdrawal": again})
    assert Enrolment.objects.filter(pk=ana.enrolment.pk).values().get() == before
    assert Event.objects.filter(kind="withdrawn").count() == 1


def test_whoever_kept_the_answers_may_delete_them_later(ana: Person) -> None:
    ana.complete(1)
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="keep")
    first = stored(ana).withdrawn_at
    assert "You can still have them deleted." in ana.client.get(WITHDRAW).content.decode()
    ana.client.post(WITHDRAW, {"withdrawal": "delete"})
    assert (stored(ana).withdrawal, stored(ana).withdrawn_at) == ("delete", first)
    assert answered(ana) == (0, 0)


@pytest.mark.parametrize(("rule", "refused"), [("keep", "delete"), ("delete", "keep")])
def test_what_the_study_does_not_allow_is_refused(launch: Callable[..., Study], rule: str, refused: Any) -> None:
    person = enrol(launch(participation={"withdrawal": rule}))
    with pytest.raises(Refusal, match=f"this study allows {rule}") as refusal:
        enrolment_withdraw(enrolment=person.enrolment, withdrawal=refused)
    assert refusal.value.code == "malformed"
    assert person.client.post(WITHDRAW, {"withdrawal": refused}).status_code == 400
    assert stored(person).withdrawn_at is None
    assert person.client.post(WITHDRAW, {"withdrawal": rule}).status_code == 200
    assert stored(person).withdrawal == rule


@pytest.mark.parametrize("form", [{}, {"withdrawal": ""}, {"withdrawal": "perhaps"}])
def test_nothing_happens_without_a_choice(ana: Person, form: dict[str, str]) -> None:
    answer = ana.client.post(WITHDRAW, form)
    assert answer.status_code == 400
    assert "Please choose one." in answer.content.decode()
    assert stored(ana).withdrawn_at is None


@pytest.mark.parametrize("page", [START, "/s/digits/sound", "/s/digits/trials", "/s/digits/debrief"])
def test_all_pages_lead_who_withdrew_to_the_end(ana: Person, page: str) -> None:
    ana.complete()
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="keep")
    answer = ana.client.get(page)
    assert (answer.status_code, answer["Location"]) == (302, ENDED)
    assert "You have withdrawn" in ana.client.get(ENDED).content.decode()


def test_the_check_refuses_what_is_sent_after_a_withdrawal(ana: Person) -> None:
    check_not_withdrawn(stored(ana))
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="keep")
    with pytest.raises(Refusal) as refusal:
        check_not_withdrawn(stored(ana))
    assert refusal.value.code == "withdrawn"


def test_a_receipt_is_twelve_characters_and_its_owners_alone(study: Study, ana: Person, ben: Person) -> None:
    receipt = receipt_code(ana.enrolment.code)
    assert CODE.fullmatch(receipt)
    assert len(receipt.replace("-", "")) == RECEIPT_LENGTH
    assert enrolment_by_receipt(receipt, study=study) == ana.enrolment
    assert enrolment_by_receipt(f" {receipt.lower().replace('-', ' ')} ", study=study) == ana.enrolment
    assert receipt_code(ben.enrolment.code) != receipt


def test_a_receipt_opens_no_other_study(ana: Person, launch: Callable[..., Study]) -> None:
    other = launch(study={"slug": "other", "title": "Other", "bundle": "tiny"})
    assert enrolment_by_receipt(receipt_code(ana.enrolment.code), study=other) is None


@pytest.mark.parametrize("end", [None, study_pause, study_close])
def test_a_receipt_withdraws_later_on_any_device_whatever_stage_the_study_is_in(
    study: Study, ana: Person, end: Callable[..., Any] | None
) -> None:
    ana.complete(1)
    if end is not None:
        end(study=study)
    elsewhere = Client()
    receipt = receipt_code(ana.enrolment.code)
    assert "Your receipt code" in elsewhere.get(WITHDRAW).content.decode()
    content = elsewhere.post(WITHDRAW, {"receipt": receipt}).content.decode()
    assert "What shall become of your answers?" in content
    assert stored(ana).withdrawn_at is None
    answer = elsewhere.post(WITHDRAW, {"receipt": receipt, "withdrawal": "delete"})
    assert "You have withdrawn" in answer.content.decode()
    assert cookie_name("digits") not in answer.cookies
    assert answered(ana) == (0, 0)
    assert released(ana) is (end is not study_close)


@pytest.mark.parametrize("receipt", ["AAAA-AAAA-AAAA", "AAAA", "0" * 12, "x" * 4000, "ÄÖÜß-AAAA-AAAA"])
def test_a_wrong_receipt_withdraws_nobody_and_is_said_to_be_wrong(ana: Person, receipt: str) -> None:
    answer = Client().post(WITHDRAW, {"receipt": receipt, "withdrawal": "delete"})
    assert answer.status_code == 400
    assert "This is no receipt code of this study." in answer.content.decode()
    assert Enrolment.objects.filter(withdrawn_at__isnull=False).count() == 0


def test_a_stranger_without_a_receipt_is_asked_for_it(ana: Person) -> None:
    answer = Client().post(WITHDRAW, {"withdrawal": "delete"})
    assert answer.status_code == 400
    assert "Please give your receipt code." in answer.content.decode()


def test_withdrawing_needs_the_forms_token(ana: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ana.client.cookies
    assert strict.post(WITHDRAW, {"withdrawal": "delete"}).status_code == 403
    assert stored(ana).withdrawn_at is None


def test_a_command_withdraws_whoever_asks_the_researcher(ana: Person, capsys: pytest.CaptureFixture[str]) -> None:
    ana.complete(1)
    call_command("withdraw", ana.enrolment.code.lower(), "--delete")
    assert "2 deleted" in capsys.readouterr().out
    assert stored(ana).withdrawal == "delete"


@pytest.mark.parametrize(
    ("arguments", "message"), [(("NOBODY", "--keep"), "no participant has it"), (("", "--delete"), "code is ''")]
)
def test_the_command_refuses_a_code_that_nobody_has(study: Study, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        call_command("withdraw", *arguments)
    assert refused.value.returncode == 2


def test_the_command_keeps_to_what_the_study_allows(launch: Callable[..., Study]) -> None:
    person = enrol(launch(participation={"withdrawal": "keep"}))
    with pytest.raises(CommandError, match="this study allows keep"):
        call_command("withdraw", person.enrolment.code, "--delete")
    assert stored(person).withdrawn_at is None


def expire(person: Person) -> None:
    Enrolment.objects.filter(pk=person.enrolment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("page", [START, "/s/digits/sound", "/s/digits/trials", "/s/digits/debrief"])
def test_all_pages_lead_whose_time_is_over_to_the_end(ana: Person, page: str) -> None:
    expire(ana)
    answer = ana.client.get(page)
    assert (answer.status_code, answer["Location"]) == (302, ENDED)
    content = ana.client.get(ENDED).content.decode()
    assert "The time to go on is over" in content
    assert "study@example.org" in content


def test_before_that_pages_announce_it_in_the_participants_own_time(ana: Person) -> None:
    Enrolment.objects.update(expires_at="2031-05-06T22:30:00+00:00", utc_offset_min=120)
    content = ana.client.get("/s/digits/trials").content.decode()
    assert '<time datetime="2031-05-06T22:30:00+00:00">May 7, 2031, 00:30</time>' in content
    Enrolment.objects.update(utc_offset_min=None)
    assert "May 6, 2031, 22:30 UTC</time>" in ana.client.get("/s/digits/trials").content.decode()


def test_the_check_refuses_what_is_sent_after_the_time(ana: Person) -> None:
    check_not_expired(stored(ana))
    expire(ana)
    with pytest.raises(Refusal, match="the time to go on ended at") as refusal:
        check_not_expired(stored(ana))
    assert refusal.value.code == "expired"


def test_who_completed_keeps_the_debrief_when_the_time_is_over(ana: Person) -> None:
    ana.complete()
    expire(ana)
    assert ana.client.get("/s/digits/debrief").status_code == 200


def test_whose_time_is_over_can_still_withdraw(ana: Person) -> None:
    expire(ana)
    ana.client.post(WITHDRAW, {"withdrawal": "delete"})
    assert "You have withdrawn" in ana.client.get(ENDED).content.decode()


def test_a_place_left_before_the_withdrawal_is_left_once(ana: Person) -> None:
    enrolment_leave(enrolment=ana.enrolment, reason="returned")
    enrolment_withdraw(enrolment=ana.enrolment, withdrawal="keep")
    assert Event.objects.filter(kind="released", enrolment=ana.enrolment.code).count() == 1
    assert stored(ana).release_reason == "returned"
