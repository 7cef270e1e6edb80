import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from study.models import Enrolment, Study
from study.participant.authentication import cookie_name
from study.services.studies import study_clone_simulated, study_close, study_launch, study_load
from tests.study.conftest import Person, enrol
from tests.tiny_bundle import write_study_file

pytestmark = pytest.mark.django_db

START, CONSENT, SOUND = "/s/digits/", "/s/digits/consent", "/s/digits/sound"
TRIALS, DEBRIEF = "/s/digits/trials", "/s/digits/debrief"


def assert_redirects(answer: Any, *, to: str) -> None:
    assert (answer.status_code, answer["Location"]) == (302, to)


def test_front_page_names_running_studies_and_the_reports_of_simulated_ones(
    study: Study, cleo: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    assert START in cleo.get("/").content.decode()
    assert "/reports/digits-simulated/" not in cleo.get("/").content.decode()
    (tmp_path / "reports" / "digits-simulated").mkdir(parents=True)
    (tmp_path / "reports" / "digits-simulated" / "report.html").write_text("<!doctype html>", encoding="utf-8")
    assert "/reports/digits-simulated/" in cleo.get("/").content.decode()


def test_front_page_hides_drafts(draft: Study, client: Client) -> None:
    assert START not in client.get("/").content.decode()


def test_start_page_informs_and_stores_nothing(cleo: Client) -> None:
    answer = cleo.get(START)
    assert answer.status_code == 200
    content = answer.content.decode()
    for words in ("It takes some minutes.", "I take part of my own will.", CONSENT, "study@example.org"):
        assert words in content
    assert cookie_name("digits") not in answer.cookies
    assert Enrolment.objects.count() == 0


def test_consent_enrols_and_binds_a_cookie_to_the_study(cleo: Client) -> None:
    answer = cleo.post(CONSENT, {"consent": "on"})
    assert_redirects(answer, to=SOUND)
    cookie = answer.cookies[cookie_name("digits")]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (START, True, "Lax")
    enrolment = Enrolment.objects.get()
    assert enrolment.token_sha256 == hashlib.sha256(cookie.value.encode()).hexdigest()
    assert (enrolment.stage, enrolment.arm, enrolment.sound_checked_at) == ("running", None, None)


def test_cookie_is_secure_under_https(cleo: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert cleo.post(CONSENT, {"consent": "on"}).cookies[cookie_name("digits")]["secure"] is True


def test_consent_without_the_box_is_refused(cleo: Client) -> None:
    answer = cleo.post(CONSENT)
    assert answer.status_code == 400
    assert CONSENT in answer.content.decode()
    assert Enrolment.objects.count() == 0


def test_second_consent_enrols_nobody(cleo: Client) -> None:
    cleo.post(CONSENT, {"consent": "on"})
    assert_redirects(cleo.post(CONSENT, {"consent": "on"}), to=SOUND)
    assert Enrolment.objects.count() == 1


def test_consent_needs_a_post(cleo: Client) -> None:
    assert cleo.get(CONSENT).status_code == 405
    assert Enrolment.objects.count() == 0


def test_consent_needs_the_forms_token(study: Study) -> None:
    answer = Client(enforce_csrf_checks=True).post(CONSENT, {"consent": "on"})
    assert answer.status_code == 403
    assert "cookies" in answer.content.decode()
    assert Enrolment.objects.count() == 0


def test_whoever_is_enrolled_goes_on_where_they_stand(study: Study, ana: Person) -> None:
    fresh = enrol(study, checked=False)
    assert_redirects(fresh.client.get(START), to=SOUND)
    assert_redirects(fresh.client.get(TRIALS), to=SOUND)
    assert_redirects(ana.client.get(START), to=TRIALS)
    assert_redirects(ana.client.get(SOUND), to=TRIALS)
    assert_redirects(ana.client.get(DEBRIEF), to=TRIALS)


@pytest.mark.parametrize("page", [SOUND, TRIALS, DEBRIEF])
def test_pages_send_strangers_to_the_start(cleo: Client, page: str) -> None:
    assert_redirects(cleo.get(page), to=START)


def test_cookie_of_one_study_opens_no_other(ana: Person, tmp_path: Path) -> None:
    study_launch(study=study_load(path=write_study_file(tmp_path / "other.toml", slug="other")))
    token = ana.client.cookies[cookie_name("digits")].value
    ana.client.cookies[cookie_name("other")] = token
    assert_redirects(ana.client.get("/s/other/trials"), to="/s/other/")


def test_sound_page_plays_a_sound_and_offers_all_labels(study: Study) -> None:
    content = enrol(study, checked=False).client.get(SOUND).content.decode()
    assert "/media/" in content
    for word in ("zero", "one", "two"):
        assert word in content
    assert "/s/digits/api/" in content


def test_trials_page_carries_token_and_address(ana: Person) -> None:
    answer = ana.client.get(TRIALS)
    content = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="csrf-token"' in content
    assert "/s/digits/api/" in content
    assert "csrftoken" in answer.cookies


def test_debrief_gives_the_code_of_a_complete_participant(ana: Person) -> None:
    ana.complete()
    ana.enrolment.refresh_from_db()
    content = ana.client.get(DEBRIEF).content.decode()
    assert ana.enrolment.completion_code in content
    assert "Half of the explanations were rolled." in content
    assert_redirects(ana.client.get(START), to=DEBRIEF)


def test_debrief_stays_readable_after_the_close(study: Study, ana: Person) -> None:
    ana.complete()
    study_close(study=study)
    ana.enrolment.refresh_from_db()
    assert ana.enrolment.completion_code in ana.client.get(DEBRIEF).content.decode()


@pytest.mark.parametrize("page", [START, SOUND, TRIALS])
def test_pages_of_a_closed_study_say_so(study: Study, ana: Person, page: str) -> None:
    study_close(study=study)
    answer = ana.client.get(page)
    assert answer.status_code == 410
    assert answer.context["reason"] == "closed"


def test_consent_to_a_closed_study_enrols_nobody(study: Study, cleo: Client) -> None:
    study_close(study=study)
    assert cleo.post(CONSENT, {"consent": "on"}).status_code == 410
    assert Enrolment.objects.count() == 0


def test_unknown_study_has_a_kind_page(client: Client) -> None:
    answer = client.get("/s/nothing/")
    assert answer.status_code == 404
    assert answer.context["reason"] == "unknown"


def test_draft_is_not_open(draft: Study, client: Client) -> None:
    answer = client.get(START)
    assert answer.status_code == 404
    assert answer.context["reason"] == "not-open"


def test_simulated_study_is_unknown_to_participants(study: Study, client: Client) -> None:
    study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    assert client.get("/s/digits-simulated/").context["reason"] == "unknown"


@pytest.mark.parametrize("page", [START, TRIALS, "/s/nothing/"])
def test_pages_are_kept_by_no_cache_and_no_search_engine(ana: Person, page: str) -> None:
    answer = ana.client.get(page)
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_pages_speak_the_studys_language_whatever_the_browsers(draft: Study, tmp_path: Path) -> None:
    study_launch(study=study_load(path=write_study_file(tmp_path / "de.toml", language="de")))
    answer = Client(headers={"accept-language": "en"}).get(START)
    assert answer["Content-Language"] == "de"
    assert '<html lang="de"' in answer.content.decode()
