import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from earshot.files import sha256_bytes
from study.api.answers import EVENTS_PER_ANSWER
from study.models import Bundle, Enrolment, Study, Version
from study.services.allocations import enrolment_allocate, version_lock
from study.services.events import event_record
from study.services.studies import study_close, study_create, study_launch
from tests.designs import design_fields

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/api/studies/",
    "/api/studies/digits/",
    "/api/studies/digits/events/",
    "/api/studies/digits/versions/1/protocol",
    "/api/schema/",
]


@pytest.fixture
def version(bundle: Bundle) -> Version:
    """A running study with two enrolments: one has a place, the other consented only."""
    version = study_launch(study=study_create(fields=design_fields()))
    for number in range(2):
        enrolment = Enrolment.objects.create(
            version=version, token_sha256=f"{number:064d}", stage="running", consented_at=timezone.now()
        )
        if number == 0:
            assert enrolment_allocate(enrolment=enrolment, version=version_lock(version.pk))
    return version


@pytest.fixture
def staff(db: None) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("rosa", is_staff=True))
    return client


def read(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_staff_read_studies_with_counts_over_all_arms(version: Version, staff: Client) -> None:
    (study,) = read(staff, "/api/studies/")
    assert study == read(staff, "/api/studies/digits/")
    assert (study["slug"], study["stage"], study["has_draft"]) == ("digits", "running", False)
    (answered,) = study["versions"]
    assert answered["protocol_sha256"] == version.protocol_sha256
    assert (answered["n_enrolled"], answered["n_allocated"], answered["n_completed"]) == (2, 1, 0)


def test_the_protocol_is_answered_as_its_stored_bytes(version: Version, staff: Client) -> None:
    answer = staff.get("/api/studies/digits/versions/1/protocol")
    assert answer.headers["Content-Type"] == "application/json"
    assert sha256_bytes(answer.content) == version.protocol_sha256


def test_events_of_a_running_study_tell_kinds_and_times_alone(version: Version, staff: Client) -> None:
    events = read(staff, "/api/studies/digits/events/")
    assert [event["kind"] for event in events] == ["study-created", "launched", "allocated"]
    assert [event["version"] for event in events] == [None, 1, 1]
    assert all(event["enrolment"] is None and event["details"] is None for event in events)


def test_events_of_a_closed_study_tell_all(version: Version, staff: Client) -> None:
    study_close(study=version.study)
    allocated = read(staff, "/api/studies/digits/events/")[2]
    assert allocated["enrolment"] == version.enrolments.get(place=0).code
    assert allocated["details"]["arm"] in ("heard", "seen")


def test_events_are_read_on_from_an_id(version: Version, staff: Client) -> None:
    for _ in range(EVENTS_PER_ANSWER):
        event_record("paused", study=version.study)
    first = read(staff, "/api/studies/digits/events/")
    rest = read(staff, f"/api/studies/digits/events/?after={first[-1]['id']}")
    assert (len(first), len(rest)) == (EVENTS_PER_ANSWER, 3)


def test_nothing_of_a_running_study_tells_allocation_or_its_seed(version: Version, staff: Client) -> None:
    seed = bytes(version.allocation_seed)
    enrolment = version.enrolments.get(place=0)
    for address in ADDRESSES:
        content = staff.get(address).content
        assert seed not in content
        assert seed.hex().encode() not in content
        assert enrolment.code.encode() not in content


@pytest.mark.parametrize("address", ADDRESSES)
def test_others_than_staff_read_nothing(version: Version, address: str) -> None:
    stranger = Client()
    assert stranger.get(address).status_code == 403
    stranger.force_login(User.objects.create_user("otto"))
    answer = stranger.get(address)
    assert answer.status_code == 403
    assert answer.json()["code"] == "not-allowed"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_write_is_refused(version: Version, staff: Client, method: str, address: str) -> None:
    before = list(Study.objects.values()), list(Version.objects.values())
    answer = getattr(staff, method)(address, data=json.dumps({"title": "x"}), content_type="application/json")
    assert answer.status_code == 403  # no token of a form of ours
    trusting = Client()
    trusting.force_login(User.objects.get(username="rosa"))
    answer = getattr(trusting, method)(address, data=json.dumps({"title": "x"}), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (405, "read-only")
    assert (list(Study.objects.values()), list(Version.objects.values())) == before


@pytest.mark.parametrize("address", ["/api/studies/nothing/", "/api/studies/digits/versions/9/protocol"])
def test_what_is_not_there_is_a_404(version: Version, staff: Client, address: str) -> None:
    answer = staff.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_faulty_event_id_is_refused(version: Version, staff: Client) -> None:
    answer = staff.get("/api/studies/digits/events/?after=-1")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "after is '-1'" in answer.json()["message"]


def test_the_description_covers_the_research_api_alone(version: Version, staff: Client) -> None:
    described = read(staff, "/api/schema/")
    assert described["openapi"].startswith("3.")
    assert sorted(described["paths"]) == [
        "/api/studies/",
        "/api/studies/{slug}/",
        "/api/studies/{slug}/events/",
        "/api/studies/{slug}/versions/{number}/protocol",
    ]
    assert {method for path in described["paths"].values() for method in path} == {"get"}
