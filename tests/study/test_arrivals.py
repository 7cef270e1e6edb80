import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from study.models import Arrival, Enrolment, Event, Study
from study.participant.authentication import cookie_name
from study.services.arrivals import identifier_hmac, invitations_make
from tests.study.test_concurrency import at_once

pytestmark = pytest.mark.django_db

START, CONSENT, SOUND = "/s/digits/", "/s/digits/consent", "/s/digits/sound"
PID, SESSION = "5f0c8e1ab2c3d4e5f6a7b8c9", "64aa00112233445566778899"
PROLIFIC = f"{START}?PROLIFIC_PID={PID}&STUDY_ID=6400&SESSION_ID={SESSION}"
CREDIT_URL = "https://school.sona-systems.com/webstudy_credit.aspx?experiment_id=1&credit_token=abc"
PARTICIPATION = {
    "arrivals": ["link", "personal", "prolific", "sona", "mturk"],
    "prolific": {"completed": "CDONE", "declined": "CNO"},
    "sona": {"credit_url": CREDIT_URL},
}


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(participation=PARTICIPATION)


def hidden_fields(content: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', content))


def consent(client: Client, address: str, **changes: str) -> Any:
    """Open the address, read its form, and consent."""
    page = client.get(address)
    assert page.status_code == 200, page.content.decode()
    return client.post(CONSENT, hidden_fields(page.content.decode()) | {"consent": "yes"} | changes)


def rows_of_the_database() -> str:
    """Every value of every table of ours, as text."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name.startswith("study_")]
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # our own tables' names
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_opening_a_link_with_identifiers_stores_nothing_however_often(study: Study) -> None:
    for address in (PROLIFIC, f"{START}?survey_code=Zq4711x", f"{START}?workerId=A2B3C4"):
        for _ in range(2):
            assert Client().get(address).status_code == 200
    assert (Enrolment.objects.count(), Arrival.objects.count()) == (0, 0)
    assert not Event.objects.filter(kind__in=["enrolled", "declined"]).exists()


@pytest.mark.parametrize(
    ("query", "way", "person", "session"),
    [
        (f"?PROLIFIC_PID={PID}&SESSION_ID={SESSION}", "prolific", PID, SESSION),
        ("?survey_code=Zq4711x", "sona", "Zq4711x", ""),
        ("?workerId=A2B3C4&assignmentId=3XYZ", "mturk", "A2B3C4", "3XYZ"),
    ],
)
def test_of_an_identifier_a_keyed_hash_alone_is_kept(
    study: Study, query: str, way: Any, person: str, session: str
) -> None:
    assert consent(Client(), f"{START}{query}")["Location"] == SOUND
    arrival, enrolment = Arrival.objects.get(), Enrolment.objects.get()
    assert (arrival.enrolment, enrolment.arrival) == (enrolment, way)
    assert arrival.external_hmac == identifier_hmac(person, study=study, way=way)
    assert arrival.panel_session_hmac == (identifier_hmac(session, study=study, way=way) if session else "")
    assert person not in rows_of_the_database()
    assert not session or session not in rows_of_the_database()


def test_the_page_carries_no_identifier_of_prolific_in_the_clear(study: Study) -> None:
    content = Client().get(PROLIFIC).content.decode()
    assert PID not in content
    assert SESSION not in content


def test_the_same_person_on_another_device_is_led_back_and_goes_on_there(study: Study) -> None:
    consent(Client(), PROLIFIC)
    other = Client()
    answer = other.get(PROLIFIC)
    assert (answer.status_code, answer["Location"]) == (302, SOUND)
    assert other.get(SOUND).status_code == 200
    assert Enrolment.objects.count() == 1


def test_forms_that_one_person_opened_twice_enrol_once(study: Study) -> None:
    first, second = Client(), Client()
    forms = [hidden_fields(one.get(PROLIFIC).content.decode()) | {"consent": "yes"} for one in (first, second)]
    assert forms[0]["consent_id"] != forms[1]["consent_id"]
    answers = [one.post(CONSENT, form) for one, form in zip((first, second), forms, strict=True)]
    tokens = {answer.cookies[cookie_name("digits")].value for answer in answers}
    assert (len(tokens), Enrolment.objects.count(), Arrival.objects.count()) == (1, 1, 1)


def test_one_identifier_in_two_studies_has_two_hashes(study: Study, launch: Callable[..., Study]) -> None:
    other = launch(study={"slug": "other", "title": "Other", "bundle": "tiny"}, participation=PARTICIPATION)
    assert identifier_hmac(PID, study=study, way="prolific") != identifier_hmac(PID, study=other, way="prolific")


def test_somebody_else_at_the_same_computer_is_somebody_else(study: Study) -> None:
    shared = Client()
    consent(shared, PROLIFIC)
    assert consent(shared, f"{START}?PROLIFIC_PID={'6' * 24}")["Location"] == SOUND
    assert Enrolment.objects.count() == 2


def test_a_visit_that_was_signed_for_another_study_names_nobody(study: Study, launch: Callable[..., Study]) -> None:
    launch(study={"slug": "other", "title": "Other", "bundle": "tiny"}, participation=PARTICIPATION)
    stolen = hidden_fields(Client().get(PROLIFIC.replace("digits", "other")).content.decode())["visit"]
    consent(Client(), START, visit=stolen)
    assert (Enrolment.objects.get().arrival, Arrival.objects.count()) == ("link", 0)


def test_workers_of_mturk_may_type_who_they_are(launch: Callable[..., Study]) -> None:
    launch(participation={"arrivals": ["mturk"]})
    assert "Your worker ID at Mechanical Turk" in Client().get(START).content.decode()
    refused = consent(Client(), START, worker_id="not an id!")
    assert refused.status_code == 400
    assert "Please give your worker ID" in refused.content.decode()
    assert 'value="not an id!"' in refused.content.decode()
    assert Enrolment.objects.count() == 0
    for _ in range(2):
        assert consent(Client(), START, worker_id=" A2B3C4 ")["Location"] == SOUND
    assert (Enrolment.objects.get().arrival, Arrival.objects.count()) == ("mturk", 1)


@pytest.mark.parametrize("query", ["?PROLIFIC_PID=%7B%7B%25PROLIFIC_PID%25%7D%7D", "?PROLIFIC_PID=", "?survey_code="])
def test_a_link_that_lacks_its_identifier_says_so(study: Study, query: str) -> None:
    answer = Client().get(f"{START}{query}")
    assert answer.status_code == 403
    assert "Your link is not whole" in answer.content.decode()


@pytest.mark.parametrize(
    ("arrivals", "address", "words"),
    [
        (["prolific"], START, "Open the study from its page at Prolific."),
        (["personal"], START, "Open the personal link that you were sent"),
        (["link"], PROLIFIC, "Open the study’s plain link"),
        (["mturk"], f"{START}?survey_code=1", "Open the study from its task at Mechanical Turk."),
    ],
)
def test_a_way_that_the_study_does_not_take_is_told_kindly(
    launch: Callable[..., Study], arrivals: list[str], address: str, words: str
) -> None:
    launch(participation=PARTICIPATION | {"arrivals": arrivals})
    answer = Client().get(address)
    assert (answer.status_code, answer.context["reason"]) == (403, "other-way")
    assert words in answer.content.decode()


def test_consent_by_a_way_that_is_not_taken_enrols_nobody(launch: Callable[..., Study]) -> None:
    launch(participation=PARTICIPATION | {"arrivals": ["prolific"]})
    form = hidden_fields(Client().get(PROLIFIC).content.decode()) | {"consent": "yes"}
    assert Client().post(CONSENT, form | {"visit": ""}).status_code == 403
    assert Enrolment.objects.count() == 0


def test_a_personal_link_takes_one_person_once_on_any_device(study: Study) -> None:
    [(_, token)] = invitations_make(study=study, n_links=1)
    assert token not in rows_of_the_database()
    link = f"/s/digits/p/{token}"
    consent(Client(), link)
    other = Client()
    answer = other.get(link)
    assert (answer.status_code, answer["Location"]) == (302, SOUND)
    assert other.get(SOUND).status_code == 200
    assert (Enrolment.objects.get().arrival, Arrival.objects.get().invitation is not None) == ("personal", True)


def test_two_personal_links_are_two_people_even_in_one_browser(study: Study) -> None:
    browser = Client()
    for _, token in invitations_make(study=study, n_links=2):
        consent(browser, f"/s/digits/p/{token}")
    assert Enrolment.objects.count() == 2


def test_a_personal_link_that_nobody_made_leads_nowhere(study: Study) -> None:
    answer = Client().get("/s/digits/p/made-up")
    assert (answer.status_code, answer.context["reason"]) == (404, "unknown")


def test_a_personal_link_of_another_study_leads_nowhere(study: Study, launch: Callable[..., Study]) -> None:
    other = launch(study={"slug": "other", "title": "Other", "bundle": "tiny"}, participation=PARTICIPATION)
    [(_, token)] = invitations_make(study=other, n_links=1)
    assert Client().get(f"/s/digits/p/{token}").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_link", [False, True])
def test_one_person_who_sends_two_forms_at_once_is_enrolled_once(study: Study, by_link: bool) -> None:
    [(_, token)] = invitations_make(study=study, n_links=1)
    address = f"/s/digits/p/{token}" if by_link else PROLIFIC
    clients = [Client() for _ in range(4)]
    forms = [hidden_fields(one.get(address).content.decode()) | {"consent": "yes"} for one in clients]
    answers: list[Any] = at_once(
        [
            lambda client=client, form=form: client.post(CONSENT, form)  # type: ignore[misc]  # mypy infers no type of a lambda's default
            for client, form in zip(clients, forms, strict=True)
        ]
    )
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, SOUND)] * 4
    assert len({answer.cookies[cookie_name("digits")].value for answer in answers}) == 1
    assert (Enrolment.objects.count(), Arrival.objects.count()) == (1, 1)


def test_somebody_from_prolific_who_declines_gets_the_code_for_that(study: Study) -> None:
    client = Client()
    form = hidden_fields(client.get(PROLIFIC).content.decode())
    content = client.post("/s/digits/decline", form).content.decode()
    assert "CNO" in content
    assert 'href="https://app.prolific.com/submissions/complete?cc=CNO"' in content
    assert (Enrolment.objects.count(), Arrival.objects.count()) == (0, 0)
