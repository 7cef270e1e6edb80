"""Everything that can be read of a running study, searched for the secret that decides who gets which arm.

The places are found, not listed by hand: all pages that links lead to from the admin, the participant's pages and
answers, the research API, a monitoring export, the log, and every column of every table but the seed's own.
"""

import base64
import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from earshot.derivation import participant_key
from study.export.dataset import dataset_export
from study.models import Response, Study, Version
from study.services.studies import study_close
from tests.study.conftest import Person, enrol, make_answer

_LINK = re.compile(rb'(?:href|action|src)="(/[^"#?]*)')
_ABOUT_SOMEBODY = re.compile(r"/admin/study/(?:enrolment|response|questionnaireresponse|event)/")
_ARM_NAMES = re.compile(rb"\b(?:seen|heard)\b")
_MOST_PAGES = 400
_N_PLACES = 5
_SEED_COLUMN = ("study_version", "allocation_seed")


def forms_of(seed: bytes) -> list[bytes]:
    """The seed as it could stand somewhere: raw, in hex, in base 64, as a number or as a list of bytes."""
    return [
        seed,
        seed.hex().encode(),
        seed.hex().upper().encode(),
        base64.b64encode(seed),
        base64.urlsafe_b64encode(seed).rstrip(b"="),
        base64.b32encode(seed),
        str(int.from_bytes(seed, "big")).encode(),
        str(int.from_bytes(seed, "little")).encode(),
        str(list(seed)).encode(),
        repr(seed).encode(),
    ]


def crawl(client: Client, *, start: str) -> Iterator[tuple[str, bytes]]:
    """Every page that links lead to, by GET alone."""
    waiting, seen = [start], {start}
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code < 500, address
        content: bytes = answer.getvalue()
        yield address, content
        found = {link.decode() for link in _LINK.findall(content)} - seen
        wanted = {link for link in found if not link.startswith(("/static/", "/media/", "/admin/logout"))}
        seen |= wanted
        waiting += sorted(wanted)
        assert len(seen) < _MOST_PAGES, "links lead on for ever"


def columns() -> Iterator[tuple[tuple[str, str], list[object]]]:
    """The values of every column of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            for name in names:
                cursor.execute(f'SELECT "{name}" FROM "{table}"')  # noqa: S608  # names are the database's own
                yield (table, name), [row[0] for row in cursor.fetchall()]


def as_bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@pytest.fixture
def researcher(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("researcher"))
    return client


@pytest.fixture
def secret(study: Study) -> list[bytes]:
    """The seed, and the keys of orders that are derived from it for the first places, in all forms."""
    seed = bytes(Version.objects.get(study=study).allocation_seed)
    keys = [participant_key(seed, place=place) for place in range(_N_PLACES)]
    return [form for value in (seed, *keys) for form in forms_of(value)]


def test_pages_of_the_admin_do_not_hold_the_seed(researcher: Client, ana: Person, secret: list[bytes]) -> None:
    ana.complete(1)
    pages = dict(crawl(researcher, start="/admin/"))
    assert {"/admin/study/study/", "/admin/study/enrolment/", "/admin/study/response/"} <= set(pages)
    assert [address for address, content in pages.items() if any(form in content for form in secret)] == []


def test_pages_and_answers_of_participants_do_not_hold_the_seed(ana: Person, secret: list[bytes]) -> None:
    stored = ana.answer(ana.begin_current(), make_answer())
    assert stored.status_code == 200
    read = [ana.client.get(path).content for path in ("/", "/s/digits/", "/s/digits/trials", "/s/digits/api/state")]
    assert not any(form in content for form in secret for content in (*read, stored.content))


def test_research_api_does_not_hold_the_seed(researcher: Client, ana: Person, secret: list[bytes]) -> None:
    paths = ["/api/schema/", "/api/studies/", "/api/studies/digits/", "/api/studies/digits/events/"]
    paths.append("/api/studies/digits/versions/1/protocol")
    answers = [researcher.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    assert not any(form in answer.content for form in secret for answer in answers)


def test_monitoring_export_does_not_hold_the_seed(
    ana: Person, study: Study, secret: list[bytes], tmp_path: Path
) -> None:
    ana.complete(1)
    dataset_export(study=study, out=tmp_path / "monitoring.zip", monitoring=True)
    with zipfile.ZipFile(tmp_path / "monitoring.zip") as exported:
        members = {name: exported.read(name) for name in exported.namelist()}
    assert len(members) > 3
    assert [name for name, content in members.items() if any(form in content for form in secret)] == []


def test_log_does_not_hold_the_seed(study: Study, secret: list[bytes], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        person = enrol(study)
        person.complete(1)
    assert not any(form.decode("latin-1") in caplog.text for form in secret)


def test_no_other_column_of_the_database_holds_the_seed(ana: Person, secret: list[bytes]) -> None:
    ana.complete(1)
    holding = [place for place, values in columns() if any(form in as_bytes(v) for form in secret for v in values)]
    assert holding == [_SEED_COLUMN]


@pytest.mark.parametrize("place", [None, 0, _N_PLACES - 1])
def test_the_search_finds_a_seed_or_a_key_that_leaked(study: Study, secret: list[bytes], place: int | None) -> None:
    seed = bytes(Version.objects.get(study=study).allocation_seed)
    study.title = (seed if place is None else participant_key(seed, place=place)).hex()
    study.save(update_fields=["title"])
    holding = [place for place, values in columns() if any(form in as_bytes(v) for form in secret for v in values)]
    assert ("study_study", "title") in holding


def test_arm_of_nobody_is_told_before_the_study_is_closed(
    researcher: Client, ana: Person, ben: Person, study: Study
) -> None:
    ana.complete()
    ben.complete(1)
    pages = {address: page for address, page in crawl(researcher, start="/admin/") if _ABOUT_SOMEBODY.search(address)}
    assert {f"/admin/study/enrolment/{person.enrolment.pk}/change/" for person in (ana, ben)} <= set(pages)
    assert "/admin/study/response/" in pages
    answer = Response.objects.filter(trial__enrolment=ana.enrolment).earliest("id")
    paths = [f"/admin/study/response/{answer.pk}/change/", "/api/studies/digits/", "/api/studies/digits/events/"]
    pages |= {path: researcher.get(path).content for path in paths}
    assert {ana.enrolment.arm, ben.enrolment.arm} == {"seen", "heard"}
    assert [address for address, content in pages.items() if _ARM_NAMES.search(content)] == []
    study_close(study=study)
    assert _ARM_NAMES.search(researcher.get("/admin/study/enrolment/").content), "the search finds arms that are shown"
