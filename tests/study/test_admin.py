import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.http import FileResponse
from django.test import Client

from earshot.dataset import DESCRIPTION_FILE, TRIALS_FILE
from study.models import Arm, Bundle, Enrolment, Response, Stage, Study, Version
from study.services.studies import study_close
from study.simulation.runs import SimulationPlan, study_simulate
from tests.study.conftest import Person

CONFIDENCE = "70 %"


@pytest.fixture
def staff(db: None) -> Client:
    """Somebody who may do everything; without a password, whose hashing takes a second."""
    client = Client()
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    return client


def arms_form(study: Study, *changes: dict[str, Any]) -> dict[str, Any]:
    """The POST of the study's page with its arms as they are, and the given fields changed arm by arm."""
    arms = list(study.arms.all())
    data: dict[str, Any] = {
        "arms-TOTAL_FORMS": max(len(arms), len(changes)),
        "arms-INITIAL_FORMS": len(arms),
        "arms-MIN_NUM_FORMS": 0,
        "arms-MAX_NUM_FORMS": 1000,
    }
    for place in range(max(len(arms), len(changes))):
        fields: dict[str, Any] = {"study": study.pk}
        if place < len(arms):
            arm = arms[place]
            fields |= {"id": arm.pk, "name": arm.name, "channel": arm.channel, "weight": arm.weight}
        fields |= changes[place] if place < len(changes) else {}
        data |= {f"arms-{place}-{name}": value for name, value in fields.items()}
    return data


def download(client: Client, study: Study) -> tuple[str, zipfile.ZipFile]:
    """What the export button gives: the file's name as the answer has it, and the archive."""
    answer = client.get(f"/admin/study/study/{study.pk}/export/")
    assert isinstance(answer, FileResponse)
    content = b"".join(answer.streaming_content)
    answer.close()
    return answer["Content-Disposition"], zipfile.ZipFile(io.BytesIO(content))


def change_url(record: Study | Bundle | Enrolment | Response | Version) -> str:
    return f"/admin/study/{record._meta.model_name}/{record.pk}/change/"


def test_every_list_and_page_opens(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    response = Response.objects.get()
    for record in (study.bundle, study, study.versions.get(), ana.enrolment, response):
        assert staff.get(f"/admin/study/{record._meta.model_name}/").status_code == 200
        assert staff.get(change_url(record)).status_code == 200
    assert staff.get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["bundle/", "study/", "version/", "enrolment/", "response/", "study/1/export/"])
def test_nobody_but_staff_comes_in(cleo: Client, path: str) -> None:
    answer = cleo.get(f"/admin/study/{path}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_a_bundle_shows_players_for_every_rendition(staff: Client, bundle: Bundle) -> None:
    page = staff.get(change_url(bundle)).content.decode()
    for stimulus in bundle.stimuli.all():
        for rendition in stimulus.renditions.all():
            assert f'<audio src="/media/{rendition.sound_file}" controls' in page
            assert f'<img src="/media/{rendition.picture_file}"' in page


def test_the_list_of_studies_counts_enrolments_and_completions(staff: Client, ana: Person) -> None:
    ana.complete()
    page = staff.get("/admin/study/study/").content.decode()
    assert f'<td class="field-n_enrolled">{Enrolment.objects.count()}</td>' in page
    assert '<td class="field-n_completed">1</td>' in page


def test_the_arms_of_a_draft_can_be_edited(staff: Client, draft: Study) -> None:
    answer = staff.post(change_url(draft), arms_form(draft, {"weight": 2, "name": "audible"}))
    assert answer.status_code == 302, answer.content.decode()
    assert {(arm.name, arm.channel, arm.weight) for arm in draft.arms.all()} == {
        ("audible", "sound", 2),
        ("seen", "picture", 1),
    }


def test_an_arm_can_be_added_and_taken_away(staff: Client, draft: Study) -> None:
    third = {"name": "seen-again", "channel": "picture", "weight": 1}
    assert staff.post(change_url(draft), arms_form(draft, {}, {"DELETE": "on"}, third)).status_code == 302
    assert sorted(draft.arms.values_list("name", flat=True)) == ["heard", "seen-again"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (({"channel": "picture"},), "arms have only the channel"),
        (({"DELETE": "on"},), "at least 2 items"),
        (({"name": "Not A Name"},), "valid"),
        (({"weight": 21},), "less than or equal to 20"),
    ],
)
def test_arms_that_no_study_file_could_have_are_refused(
    staff: Client, draft: Study, changes: tuple[dict[str, Any], ...], message: str
) -> None:
    before = list(draft.arms.values_list("name", "channel", "weight"))
    answer = staff.post(change_url(draft), arms_form(draft, *changes))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert list(Arm.objects.filter(study=draft).values_list("name", "channel", "weight")) == before


def test_a_launched_study_cannot_be_changed(staff: Client, study: Study) -> None:
    page = staff.get(change_url(study)).content.decode()
    assert 'name="arms-0-name"' not in page
    assert 'name="_save"' not in page
    assert staff.post(change_url(study), arms_form(study, {"weight": 3})).status_code == 403
    assert set(study.arms.values_list("weight", flat=True)) == {1}


def test_nothing_recorded_can_be_added_changed_or_deleted(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    response = Response.objects.get()
    for record in (study.bundle, study, study.versions.get(), ana.enrolment, response):
        base = f"/admin/study/{record._meta.model_name}"
        assert staff.get(f"{base}/add/").status_code == 403
        assert staff.post(f"{base}/{record.pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff.post(change_url(record), {"answer": "2"}).status_code == 403
    response.refresh_from_db()
    assert response.answer == "1"


def test_answers_are_withheld_while_the_study_runs(staff: Client, ana: Person) -> None:
    ana.complete(1)
    response = Response.objects.get()
    for url in ("/admin/study/response/", change_url(response)):
        page = staff.get(url).content.decode()
        assert "withheld" in page
        assert CONFIDENCE not in page


def test_answers_are_shown_once_the_study_is_closed(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    study_close(study=study)
    for url in ("/admin/study/response/", change_url(Response.objects.get())):
        page = staff.get(url).content.decode()
        assert "withheld" not in page
        assert CONFIDENCE in page


def test_answers_of_a_simulated_study_are_shown(staff: Client, study: Study) -> None:
    study_simulate(study=study, plan=SimulationPlan(2, 0.0, "model", 1))
    assert "withheld" not in staff.get("/admin/study/response/").content.decode()


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("response", "answer"),
        ("response", "confidence__gte"),
        ("response", "trial__stimulus__predicted_label"),
        ("enrolment", "trials__response__answer"),
        ("version", "allocation_seed"),
    ],
)
def test_a_lookup_in_the_address_cannot_ask_for_what_is_hidden(
    staff: Client, ana: Person, model: str, lookup: str
) -> None:
    ana.complete(1)
    answer = staff.get(f"/admin/study/{model}/", {lookup: "1"})
    # Django sends a refused lookup back to the unfiltered list, or answers 400.
    assert answer.status_code in (302, 400)


def test_the_filters_of_the_page_work(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    for lookup in ("trial__phase__exact=training", f"trial__enrolment__version__study__id__exact={study.pk}"):
        answer = staff.get(f"/admin/study/response/?{lookup}")
        assert answer.status_code == 200
        assert ana.enrolment.code in answer.content.decode()


def test_no_page_shows_the_seed_or_a_cookies_hash(staff: Client, study: Study, ana: Person) -> None:
    version = study.versions.get()
    seed = bytes(version.allocation_seed)
    for record in (version, study, ana.enrolment):
        content = staff.get(change_url(record)).content
        assert seed.hex().encode() not in content
        assert repr(seed)[2:-1].encode() not in content
        assert ana.enrolment.token_sha256.encode() not in content


def test_a_versions_page_shows_the_hash_and_the_frozen_protocol(staff: Client, study: Study) -> None:
    version = study.versions.get()
    page = staff.get(change_url(version)).content.decode()
    assert version.protocol_sha256 in page
    assert "earshot-protocol" in page


def test_the_export_button_gives_the_dataset_of_a_closed_study(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    study_close(study=study)
    assert f"/admin/study/study/{study.pk}/export/" in staff.get(change_url(study)).content.decode()
    disposition, archive = download(staff, study)
    assert disposition == 'attachment; filename="digits.zip"'
    assert not json.loads(archive.read(DESCRIPTION_FILE))["earshot"]["monitoring"]
    assert "answer" in archive.read(TRIALS_FILE).decode().splitlines()[0].split(",")


def test_the_export_button_gives_no_outcome_of_a_running_study(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    disposition, archive = download(staff, study)
    assert disposition == 'attachment; filename="digits-monitoring.zip"'
    header = archive.read(TRIALS_FILE).decode().splitlines()[0].split(",")
    assert not {"answer", "correct", "confidence"} & set(header)


def test_the_export_of_a_draft_is_refused_with_the_reason(staff: Client, draft: Study) -> None:
    answer = staff.get(f"/admin/study/study/{draft.pk}/export/", follow=True)
    assert "is a draft and has no data" in answer.content.decode()


def test_the_export_of_an_unknown_study_is_404(staff: Client, db: None) -> None:
    assert staff.get("/admin/study/study/999/export/").status_code == 404


def test_staff_without_the_permission_get_no_export(study: Study) -> None:
    helper = User.objects.create(username="helper", is_staff=True)
    client = Client()
    client.force_login(helper)
    assert client.get(f"/admin/study/study/{study.pk}/export/").status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_study"))
    assert "digits-monitoring.zip" in download(client, study)[0]


def test_a_simulated_study_says_so_on_its_page(staff: Client, study: Study) -> None:
    clone = study_simulate(study=study, plan=SimulationPlan(2, 0.0, "model", 1))
    assert clone.stage == Stage.SIMULATED
    assert "SIMULATED. No person took part" in staff.get(change_url(clone)).content.decode()
