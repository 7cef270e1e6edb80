from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.http import FileResponse
from django.test import Client
from pytest_django import Settings

from study.models import Study
from study.simulation.runs import SimulationPlan, study_simulate


@pytest.fixture
def simulated(study: Study) -> Study:
    return study_simulate(study=study, plan=SimulationPlan(2, 0.0, "model", 1), slug="made-up")


@pytest.fixture
def staff_user(db: None) -> User:
    """Somebody of the staff who may look at studies."""
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_study"))
    return user


@pytest.fixture
def public_reports(settings: Settings) -> None:
    settings.PUBLIC_REPORTS = True


@pytest.fixture(autouse=True)
def reports(tmp_path: Path, settings: Settings) -> Path:
    settings.VAR_DIR = tmp_path
    for slug in ("digits", "made-up"):
        folder = tmp_path / "reports" / slug
        folder.mkdir(parents=True)
        (folder / "report.html").write_text(f"<!doctype html><title>{slug}</title>", encoding="utf-8")
    return tmp_path / "reports"


def test_the_report_of_a_simulated_study_is_for_staff(cleo: Client, simulated: Study, staff_user: User) -> None:
    assert cleo.get("/reports/made-up/").status_code == 302
    cleo.force_login(staff_user)
    answer = cleo.get("/reports/made-up/")
    assert answer.status_code == 200
    answer.close()


@pytest.mark.parametrize("slug", ["digits", "made-up"])
def test_staff_without_the_permission_read_no_report(cleo: Client, simulated: Study, slug: str) -> None:
    cleo.force_login(User.objects.create(username="helper", is_staff=True))
    assert cleo.get(f"/reports/{slug}/").status_code == 403


@pytest.mark.usefixtures("public_reports")
def test_the_report_of_a_simulated_study_is_for_everybody_where_settings_say_so(cleo: Client, simulated: Study) -> None:
    answer = cleo.get("/reports/made-up/")
    assert isinstance(answer, FileResponse)
    content = b"".join(answer.streaming_content)
    answer.close()
    assert content == b"<!doctype html><title>made-up</title>"


@pytest.mark.usefixtures("public_reports")
def test_its_policy_allows_inline_style_and_figures_and_nothing_else(cleo: Client, simulated: Study) -> None:
    answer = cleo.get("/reports/made-up/")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy.pop("style-src") == "'unsafe-inline'"
    assert policy.pop("img-src") == "data:"
    assert set(policy.values()) == {"'none'"}
    answer.close()


def test_other_pages_keep_the_strict_policy(cleo: Client, simulated: Study) -> None:
    assert "unsafe-inline" not in cleo.get("/")["Content-Security-Policy"]


@pytest.mark.usefixtures("public_reports")
def test_the_report_of_a_real_study_is_for_staff(cleo: Client, study: Study, staff_user: User) -> None:
    assert cleo.get("/reports/digits/").status_code == 302
    cleo.force_login(staff_user)
    answer = cleo.get("/reports/digits/")
    assert answer.status_code == 200
    answer.close()


@pytest.mark.usefixtures("public_reports")
def test_a_strangers_question_does_not_tell_which_studies_there_are(cleo: Client, study: Study) -> None:
    assert cleo.get("/reports/nowhere/").status_code == cleo.get("/reports/digits/").status_code == 302


@pytest.mark.usefixtures("public_reports")
def test_a_missing_report_says_how_to_write_one(cleo: Client, simulated: Study, reports: Path) -> None:
    (reports / "made-up" / "report.html").unlink()
    answer = cleo.get("/reports/made-up/")
    assert answer.status_code == 404
    assert "python manage.py export made-up" in answer.content.decode()


def test_an_unknown_study_is_404_for_staff(cleo: Client, study: Study, staff_user: User) -> None:
    cleo.force_login(staff_user)
    assert cleo.get("/reports/nowhere/").status_code == 404
