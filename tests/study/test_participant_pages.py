import hashlib
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from study.models import Bundle, Enrolment, Study
from study.participant.authentication import cookie_name
from study.participant.pages import participant_page
from study.refusals import Code, Refusal
from study.selectors import sound_check_stimulus
from study.services.enrolments import enrolment_pass_sound_check
from study.services.studies import study_clone_simulated, study_close, study_launch, study_load, study_pause
from tests.designs import TEXTS
from tests.study.conftest import Person, enrol
from tests.tiny_bundle import write_study_file

pytestmark = pytest.mark.django_db

START, CONSENT, SOUND = "/s/digits/", "/s/digits/consent", "/s/digits/sound"
TRIALS, DEBRIEF = "/s/digits/trials", "/s/digits/debrief"


def assert_redirects(answer: Any, *, to: str) -> None:
    assert (answer.status_code, answer["Location"]) == (302, to)


def consent_form(**changes: str) -> dict[str, str]:
    return {"consent": "on", "consent_id": str(uuid.uuid4())} | changes


def test_front_page_names_running_studies(study: Study, cleo: Client) -> None:
    assert START in cleo.get("/").content.decode()


@pytest.fixture
def simulated_report(study: Study, settings: Settings, tmp_path: Path) -> str:
    """The address of a simulated study's report, which lies ready."""
    settings.VAR_DIR = tmp_path
    study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    (tmp_path / "reports" / "digits-simulated").mkdir(parents=True)
    (tmp_path / "reports" / "digits-simulated" / "report.html").write_text("<!doctype html>", encoding="utf-8")
    return "/reports/digits-simulated/"


def test_front_page_names_no_report_to_participants(simulated_report: str, cleo: Client) -> None:
    assert simulated_report not in cleo.get("/").content.decode()


def test_front_page_names_reports_to_staff_who_may_look_at_studies(simulated_report: str, cleo: Client) -> None:
    helper = User.objects.create(username="helper", is_staff=True)
    cleo.force_login(helper)
    assert simulated_report not in cleo.get("/").content.decode()
    helper.user_permissions.add(Permission.objects.get(codename="view_study"))
    assert simulated_report in cleo.get("/").content.decode()


def test_front_page_names_reports_to_everybody_where_settings_say_so(
    simulated_report: str, cleo: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.PUBLIC_REPORTS = True
    assert simulated_report in cleo.get("/").content.decode()
    (tmp_path / "reports" / "digits-simulated" / "report.html").unlink()
    assert simulated_report not in cleo.get("/").content.decode()


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


def test_texts_are_limited_markdown_and_sanitised(launch: Callable[..., Study], client: Client) -> None:
    texts = TEXTS | {"information": "**Bold**\n\n- one\n- two\n\n## Who", "consent": "*Yes*\n\nand more"}
    launch(texts={"en": texts})
    content = client.get(START).content.decode()
    for shown in ("<strong>Bold</strong>", "<li>one</li>", "<h3>Who</h3>", "<span><em>Yes</em><br>and more</span>"):
        assert shown in content


def test_the_start_page_tells_the_rounds_and_whether_there_are_questions(
    launch: Callable[..., Study], client: Client
) -> None:
    blocks = [{"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2}]
    launch(expertise=True, blocks=blocks)
    content = client.get(START).content.decode()
    assert "4 short rounds" in content
    assert "You answer some questions about yourself." in content
    assert "You practise" not in content


def test_consent_enrols_and_binds_a_cookie_to_the_study(cleo: Client) -> None:
    answer = cleo.post(CONSENT, consent_form())
    assert_redirects(answer, to=SOUND)
    cookie = answer.cookies[cookie_name("digits")]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (START, True, "Lax")
    enrolment = Enrolment.objects.get()
    assert enrolment.token_sha256 == hashlib.sha256(cookie.value.encode()).hexdigest()
    assert (enrolment.stage, enrolment.arm, enrolment.sound_checked_at) == ("running", "", None)


def test_cookie_is_secure_under_https(cleo: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert cleo.post(CONSENT, consent_form()).cookies[cookie_name("digits")]["secure"] is True


def test_consent_without_the_box_is_refused(cleo: Client) -> None:
    answer = cleo.post(CONSENT, {"consent_id": str(uuid.uuid4())})
    assert answer.status_code == 400
    assert CONSENT in answer.content.decode()
    assert Enrolment.objects.count() == 0


@pytest.mark.parametrize("form", [{"consent": "on"}, {"consent": "on", "consent_id": "1"}])
def test_consent_without_an_id_of_the_form_is_refused(cleo: Client, form: dict[str, str]) -> None:
    answer = cleo.post(CONSENT, form)
    assert answer.status_code == 400
    assert CONSENT in answer.content.decode()
    assert cookie_name("digits") not in answer.cookies
    assert Enrolment.objects.count() == 0


def test_every_start_page_carries_an_id_that_its_form_can_send(cleo: Client) -> None:
    found = [re.findall(r'name="consent_id" value="([^"]+)"', cleo.get(START).content.decode()) for _ in range(2)]
    assert [len(ids) for ids in found] == [1, 1]
    assert found[0] != found[1]
    assert_redirects(cleo.post(CONSENT, consent_form(consent_id=found[0][0])), to=SOUND)


def test_a_form_sent_twice_before_the_cookie_came_enrols_once(study: Study) -> None:
    form = consent_form()
    cookies = [Client().post(CONSENT, form).cookies[cookie_name("digits")].value for _ in range(2)]
    assert cookies[0] == cookies[1]
    assert Enrolment.objects.count() == 1


def test_a_form_sent_again_later_leads_to_where_the_participant_stands(study: Study) -> None:
    form = consent_form()
    Client().post(CONSENT, form)
    enrolment = Enrolment.objects.get()
    word = sound_check_stimulus(enrolment.version).true_label
    enrolment_pass_sound_check(enrolment=enrolment, answer=word)
    assert_redirects(Client().post(CONSENT, form), to=TRIALS)


def test_one_id_in_two_studies_is_two_participants(study: Study, tmp_path: Path) -> None:
    study_launch(study=study_load(path=write_study_file(tmp_path / "other.toml", slug="other")))
    form = consent_form()
    Client().post(CONSENT, form)
    Client().post("/s/other/consent", form)
    assert sorted(Enrolment.objects.values_list("version__study__slug", flat=True)) == ["digits", "other"]


def test_second_consent_enrols_nobody(cleo: Client) -> None:
    cleo.post(CONSENT, consent_form())
    assert_redirects(cleo.post(CONSENT, consent_form()), to=SOUND)
    assert Enrolment.objects.count() == 1


def test_consent_needs_a_post(cleo: Client) -> None:
    assert cleo.get(CONSENT).status_code == 405
    assert Enrolment.objects.count() == 0


def test_consent_needs_the_forms_token(study: Study) -> None:
    answer = Client(enforce_csrf_checks=True).post(CONSENT, consent_form())
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


def test_pages_speak_of_digits_only_where_all_labels_are_digits(study: Study, ana: Person) -> None:
    fresh = enrol(study, checked=False)
    sound, trials = fresh.client.get(SOUND).content.decode(), ana.client.get(TRIALS).content.decode()
    assert "Which digit did the person say?" in sound
    assert "Which digit did the computer answer? It may be wrong." in trials
    assert "word did" not in sound + trials

    Bundle.objects.update(labels=["yes", "no", "7"])

    sound, trials = fresh.client.get(SOUND).content.decode(), ana.client.get(TRIALS).content.decode()
    assert "Which word did the person say?" in sound
    assert "Which word did the computer answer? It may be wrong." in trials
    assert "digit" not in without_title(sound + trials)


def without_title(page: str) -> str:
    """The page without what the study's own file says."""
    return page.replace("Which digit did the computer hear?", "").replace("/s/digits/", "")


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


@pytest.mark.parametrize("page", [START, SOUND, TRIALS])
def test_pages_of_a_paused_study_ask_to_come_back(study: Study, ana: Person, page: str) -> None:
    study_pause(study=study)
    answer = ana.client.get(page)
    assert answer.status_code == 404
    assert answer.context["reason"] == "paused"


@pytest.mark.parametrize(
    ("code", "status", "location"), [("study-closed", 410, None), ("not-handed-out", 302, "/s/digits/")]
)
def test_a_step_refused_at_the_last_moment_has_a_kind_answer(
    study: Study, rf: RequestFactory, code: Code, status: int, location: str | None
) -> None:
    def refuse(request: HttpRequest, study: Study) -> HttpResponse:
        raise Refusal(code, "another tab was faster")

    answer = participant_page()(refuse)(rf.post("/"), slug="digits")
    assert (answer.status_code, answer.get("Location")) == (status, location)
    assert answer["Cache-Control"] == "no-store"


def test_consent_to_a_closed_study_enrols_nobody(study: Study, cleo: Client) -> None:
    study_close(study=study)
    assert cleo.post(CONSENT, consent_form()).status_code == 410
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


def test_a_form_without_its_token_is_answered_with_whom_to_write_to(study: Study) -> None:
    answer = Client(enforce_csrf_checks=True).post(CONSENT, consent_form())
    assert answer.status_code == 403
    assert "study@example.org" in answer.content.decode()
    assert Enrolment.objects.count() == 0


def test_a_form_without_its_token_to_no_study_names_nobody(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/s/nowhere/consent", consent_form())
    assert answer.status_code == 403
    assert "bar-bottom" not in answer.content.decode()
