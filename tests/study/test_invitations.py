import csv
import hashlib
import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from earshot.errors import StudyError
from study.models import Arrival, Invitation, Study
from study.services.arrivals import MOST_INVITATIONS, invitations_make
from study.services.studies import study_close

pytestmark = pytest.mark.django_db

PAGE = "/admin/studies/digits/links/"


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    return launch(participation={"arrivals": ["personal"]})


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    return client


def read_links(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_links_are_downloaded_once_and_kept_as_hashes(study: Study, staff: Client) -> None:
    answer = staff.post(PAGE, {"n_links": "3"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="digits-links-1-to-3.csv"'
    assert "no-store" in answer["Cache-Control"]
    links = read_links(answer.content)
    assert [link["number"] for link in links] == ["1", "2", "3"]
    tokens = [link["link"].removeprefix("http://testserver/s/digits/p/") for link in links]
    hashes = [hashlib.sha256(token.encode()).hexdigest() for token in tokens]
    assert list(Invitation.objects.values_list("token_sha256", flat=True)) == hashes
    assert Client().get(f"/s/digits/p/{tokens[0]}").status_code == 200
    assert tokens[0] not in staff.get(PAGE).content.decode()


def test_more_links_go_on_counting(study: Study, staff: Client) -> None:
    staff.post(PAGE, {"n_links": "2"})
    assert [link["number"] for link in read_links(staff.post(PAGE, {"n_links": "2"}).content)] == ["3", "4"]


def test_the_page_makes_none_and_counts_those_that_were_used(study: Study, staff: Client) -> None:
    content = staff.get(PAGE).content.decode()
    assert "Links made so far: 0; used: 0." in content
    assert (Invitation.objects.count(), Arrival.objects.count()) == (0, 0)
    assert f'href="{PAGE}"' in staff.get(f"/admin/study/study/{study.pk}/change/").content.decode()


def test_the_page_says_when_the_study_takes_nobody_by_them(launch: Callable[..., Study], staff: Client) -> None:
    launch()
    assert "does not take people who come by personal links" in staff.get(PAGE).content.decode()


@pytest.mark.parametrize("n_links", ["", "0", "-1", "10001", "1e3", "two", "9" * 40])
def test_a_number_that_cannot_be_made_is_refused(study: Study, staff: Client, n_links: str) -> None:
    answer = staff.post(PAGE, {"n_links": n_links})
    assert answer["Content-Type"].startswith("text/html")
    assert f"expected 1 to {MOST_INVITATIONS}" in answer.content.decode()
    assert Invitation.objects.count() == 0


def test_a_closed_study_makes_no_links(study: Study, staff: Client) -> None:
    study_close(study=study)
    with pytest.raises(StudyError, match="personal links are made for studies that open"):
        invitations_make(study=study, n_links=1)
    assert "personal links are made" in staff.post(PAGE, {"n_links": "1"}).content.decode()
    assert Invitation.objects.count() == 0


def test_nobody_but_staff_with_the_right_makes_links(study: Study, cleo: Client) -> None:
    assert cleo.post(PAGE, {"n_links": "1"})["Location"].startswith("/admin/login/")
    helper = User.objects.create(username="helper", is_staff=True)
    cleo.force_login(helper)
    assert cleo.post(PAGE, {"n_links": "1"}).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="change_study"))
    assert cleo.post(PAGE, {"n_links": "1"}).status_code == 200
    assert Invitation.objects.count() == 1


def test_an_unknown_study_has_no_links(staff: Client) -> None:
    assert staff.get("/admin/studies/nothing/links/").status_code == 404
