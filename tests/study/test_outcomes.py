import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from study.models import Enrolment, Event, Study
from study.participant.authentication import cookie_name
from study.services.studies import study_close
from study.services.withdrawals import enrolment_withdraw
from tests.study.conftest import Person, pass_step

pytestmark = pytest.mark.django_db

START, CONSENT, DEBRIEF, ENDED = "/s/digits/", "/s/digits/consent", "/s/digits/debrief", "/s/digits/ended"
CODES = {
    "completed": "CDONE",
    "declined": "CNO",
    "screened_out": "CSCREEN",
    "failed_checks": "CCHECK",
    "withdrawn": "CLEFT",
}
CREDIT_URL = "https://school.sona-systems.com/webstudy_credit.aspx?experiment_id=1&credit_token=abc"
PROLIFIC = f"{START}?PROLIFIC_PID=person1&SESSION_ID=session1"
SONA = f"{START}?survey_code=4711"


def launched(launch: Callable[..., Study], **changes: Any) -> Study:
    participation = {"arrivals": ["link", "prolific", "sona"], "prolific": CODES, "sona": {"credit_url": CREDIT_URL}}
    return launch(participation=participation, **changes)


def come(address: str, *, passing: bool = True) -> Person:
    """Consent by an address; with `passing` go on until trials are due."""
    client = Client()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', client.get(address).content.decode()))
    assert client.post(CONSENT, hidden | {"consent": "yes"}).status_code == 302
    enrolment = Enrolment.objects.latest("id")
    while passing and enrolment.allocated_at is None:
        pass_step(enrolment)
        enrolment.refresh_from_db()
    return Person(client=client, enrolment=enrolment, slug="digits")


def link_back(content: str) -> str | None:
    found = re.search(r'id="way-back" href="([^"]*)"', content)
    return found[1].replace("&amp;", "&") if found else None


def test_a_complete_set_leads_back_to_prolific_with_its_code(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(PROLIFIC)
    person.complete()
    content = person.client.get(DEBRIEF).content.decode()
    assert link_back(content) == "https://app.prolific.com/submissions/complete?cc=CDONE"
    assert ">CDONE</p>" in content


def test_until_the_last_answer_is_stored_no_page_tells_the_code(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(PROLIFIC)
    person.complete(5)
    for page in (START, "/s/digits/trials", DEBRIEF, ENDED, "/s/digits/api/state", "/s/digits/withdraw"):
        assert "CDONE" not in person.client.get(page, follow=True).content.decode()
    person.complete()
    assert "CDONE" in person.client.get(DEBRIEF).content.decode()


def test_a_complete_set_is_credited_at_sona_by_the_code_that_the_browser_kept(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(SONA)
    person.complete()
    link = link_back(person.client.get(DEBRIEF).content.decode())
    assert link is not None
    assert urlsplit(link)[:3] == urlsplit(CREDIT_URL)[:3]
    assert parse_qs(urlsplit(link).query) == {"experiment_id": ["1"], "credit_token": ["abc"], "survey_code": ["4711"]}


def test_the_survey_code_stays_in_a_signed_cookie_of_this_study(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(SONA)
    cookie = person.client.cookies[f"{cookie_name('digits')}-sona"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/s/digits/", True, "Lax")
    person.complete()
    person.client.cookies[f"{cookie_name('digits')}-sona"] = cookie.value.replace("4711", "4712")
    assert link_back(person.client.get(DEBRIEF).content.decode()) is None


def test_without_that_cookie_the_credit_is_explained(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(SONA)
    person.complete()
    del person.client.cookies[f"{cookie_name('digits')}-sona"]
    content = person.client.get(DEBRIEF).content.decode()
    assert "Your credit is granted from the browser" in content
    person.enrolment.refresh_from_db()
    assert person.enrolment.completion_code in content


def test_by_the_plain_link_everybody_has_a_code_of_their_own_and_no_way_back(launch: Callable[..., Study]) -> None:
    launched(launch)
    person = come(START)
    person.complete()
    person.enrolment.refresh_from_db()
    content = person.client.get(DEBRIEF).content.decode()
    assert person.enrolment.completion_code in content
    assert link_back(content) is None
    assert "CDONE" not in content


@pytest.mark.parametrize(
    ("screens", "reach", "code"),
    [
        ({"hears_well": True}, {"hears_well": "no"}, "CSCREEN"),
        ({"headphones": "antiphase"}, None, "CCHECK"),
    ],
)
def test_whoever_goes_no_further_has_the_code_for_that(
    launch: Callable[..., Study], screens: dict[str, Any], reach: dict[str, str] | None, code: str
) -> None:
    launched(launch, screens=screens)
    person = come(PROLIFIC, passing=False)
    if reach is not None:
        person.client.post("/s/digits/screens", reach)
    else:
        pass_step(person.enrolment)
        person.client.post("/s/digits/headphones")
    content = person.client.get(ENDED).content.decode()
    assert link_back(content) == f"https://app.prolific.com/submissions/complete?cc={code}"
    assert code in content


def test_an_outcome_without_a_code_has_no_way_back(launch: Callable[..., Study]) -> None:
    launch(participation={"arrivals": ["prolific"], "prolific": {"completed": "CDONE"}}, screens={"hears_well": True})
    person = come(PROLIFIC, passing=False)
    person.client.post("/s/digits/screens", {"hears_well": "no"})
    content = person.client.get(ENDED).content.decode()
    assert link_back(content) is None
    assert "CDONE" not in content


def test_whoever_withdraws_has_the_code_for_that_unless_they_completed(launch: Callable[..., Study]) -> None:
    launched(launch)
    left, done = come(PROLIFIC), come(f"{START}?PROLIFIC_PID=person2")
    done.complete()
    for person, code in ((left, "CLEFT"), (done, "CDONE")):
        enrolment_withdraw(enrolment=person.enrolment, withdrawal="delete")
        link = f"https://app.prolific.com/submissions/complete?cc={code}"
        assert link_back(person.client.get(ENDED).content.decode()) == link


def export(*rows: tuple[str, str, str]) -> str:
    lines = ["Submission id,Participant id,Status,Started at", *(f"{','.join(row)},2026-01-01" for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def panel(launch: Callable[..., Study]) -> dict[str, Person]:
    """Four people from Prolific, each with the session of the same number; the last one without."""
    launched(launch)
    people = {number: come(f"{START}?PROLIFIC_PID=person{number}&SESSION_ID=session{number}") for number in "123"}
    return people | {"4": come(f"{START}?PROLIFIC_PID=person4")}


def apply_statuses(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("panel_status", "digits")


def test_returned_and_timed_out_places_are_given_up_once(
    panel: dict[str, Person], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = export(
        ("session1", "person1", "RETURNED"),
        ("session2", "person2", "TIMED-OUT"),
        ("session3", "person3", "AWAITING REVIEW"),
        ("session4", "person4", "Timed out"),
        ("session9", "person9", "RETURNED"),
    )
    for n_released in (3, 0):
        apply_statuses(text, monkeypatch)
        assert f"{n_released} places were given up" in capsys.readouterr().out
    reasons = [Enrolment.objects.get(pk=panel[number].enrolment.pk).release_reason for number in "1234"]
    assert reasons == ["returned", "timed-out", "", "timed-out"]
    assert Event.objects.filter(kind="released").count() == 3


def test_another_submission_of_the_same_person_says_nothing_of_the_first(
    panel: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_statuses(export(("session1-again", "person1", "RETURNED")), monkeypatch)
    assert not Event.objects.filter(kind="released").exists()


def test_who_completed_all_the_same_keeps_the_place(
    panel: dict[str, Person], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    panel["1"].complete()
    apply_statuses(export(("session1", "person1", "RETURNED")), monkeypatch)
    assert "0 places were given up; 1 returned or timed out without" in capsys.readouterr().out
    assert not Event.objects.filter(kind="released").exists()


def test_the_release_rules_of_the_study_hold(launch: Callable[..., Study], monkeypatch: pytest.MonkeyPatch) -> None:
    launched(launch, release={"on_return": False})
    come(PROLIFIC)
    apply_statuses(export(("session1", "person1", "RETURNED")), monkeypatch)
    assert not Event.objects.filter(kind="released").exists()


def test_a_file_is_read_as_prolific_writes_it(panel: dict[str, Person], tmp_path: Any) -> None:
    path = tmp_path / "export.csv"
    path.write_text("\ufeff" + export(("session1", "person1", "RETURNED")), encoding="utf-8")
    call_command("panel_status", "digits", str(path))
    assert Event.objects.filter(kind="released").count() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("", r"lacks the column 'Submission id' \(found: none\)"), ("Status\nRETURNED\n", "found: Status")],
)
def test_what_is_no_export_is_refused_before_anything_happens(
    panel: dict[str, Person], monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        apply_statuses(text, monkeypatch)
    assert not Event.objects.filter(kind="released").exists()


def test_a_closed_study_gives_up_no_place(panel: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    study_close(study=Study.objects.get())
    with pytest.raises(CommandError, match="only places of an open or paused one"):
        apply_statuses(export(("session1", "person1", "RETURNED")), monkeypatch)
    assert not Event.objects.filter(kind="released").exists()
