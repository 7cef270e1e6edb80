import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin, site
from django.contrib.admin.utils import flatten, lookup_field
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.http import FileResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from earshot.dataset import DESCRIPTION_FILE, EVENTS_FILE, PARTICIPANTS_FILE, TRIALS_FILE, questionnaire_file
from earshot.dataset_tables import dataset_tables
from study.models import Bundle, Enrolment, Event, QuestionnaireResponse, Response, Stage, Study, Version
from study.researcher.enrolment_admin import WITHHELD
from study.researcher.spread import stimulus_spread
from study.services.studies import study_close, study_launch
from study.simulation.runs import SimulationPlan, study_simulate
from tests.designs import make_design
from tests.study.conftest import Person

ANSWER = "answer: 1; confidence: 70"


@pytest.fixture
def staff(db: None) -> Client:
    """Somebody who may do everything; without a password, whose hashing takes a second."""
    client = Client()
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    return client


def download(client: Client, study: Study) -> tuple[str, zipfile.ZipFile]:
    """What the export button gives: the file's name as the answer has it, and the archive."""
    answer = client.get(f"/admin/study/study/{study.pk}/export/")
    assert isinstance(answer, FileResponse)
    content = b"".join(answer.streaming_content)
    answer.close()
    return answer["Content-Disposition"], zipfile.ZipFile(io.BytesIO(content))


def change_url(record: Study | Bundle | Enrolment | Response | Version | Event) -> str:
    return f"/admin/study/{record._meta.model_name}/{record.pk}/change/"


def test_every_list_and_page_opens(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    study_close(study=study)
    response = Response.objects.get()
    for record in (study.bundle, study, study.versions.get(), ana.enrolment, response, Event.objects.last()):
        assert record is not None
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
            for picture in rendition.pictures.all():
                assert f'<img src="/media/{picture.file}"' in page


def test_the_list_of_studies_counts_enrolments_and_completions(staff: Client, ana: Person) -> None:
    ana.complete()
    page = staff.get("/admin/study/study/").content.decode()
    assert f'<td class="field-n_enrolled">{Enrolment.objects.count()}</td>' in page
    assert '<td class="field-n_completed">1</td>' in page


def test_a_draft_and_a_launched_study_are_changed_on_no_page_of_the_admin(staff: Client, draft: Study) -> None:
    for launch in (False, True):
        if launch:
            study_launch(study=draft)
        page = staff.get(change_url(draft)).content.decode()
        assert 'name="_save"' not in page
        assert staff.post(change_url(draft), {"title": "Another", "slug": "another"}).status_code == 403
        draft.refresh_from_db()
        assert (draft.slug, draft.title) != ("another", "Another")


def test_nothing_recorded_can_be_added_changed_or_deleted(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    response = Response.objects.get()
    for record in (study.bundle, study, study.versions.get(), ana.enrolment, response):
        base = f"/admin/study/{record._meta.model_name}"
        assert staff.get(f"{base}/add/").status_code == 403
        assert staff.post(f"{base}/{record.pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff.post(change_url(record), {"answer": "2"}).status_code == 403
    response.refresh_from_db()
    assert response.answers["answer"] == "1"


def test_answers_are_not_listed_while_the_study_runs(staff: Client, ana: Person) -> None:
    ana.complete(1)
    page = staff.get("/admin/study/response/").content.decode()
    assert "Answers are listed once their study is closed." in page
    assert ana.enrolment.code not in page
    answer = staff.get(change_url(Response.objects.get()), follow=True)
    assert ANSWER not in answer.content.decode()
    assert ana.enrolment.code not in answer.content.decode()


# The dataset's table and column of everything that the admin shows of participants; none where it has no such column,
# for what it is made of is shown elsewhere or can tell no arm.
COLUMNS: dict[type[Model], tuple[str, dict[str, str | None]]] = {
    Enrolment: (
        PARTICIPANTS_FILE,
        {
            "code": "subject_id",
            "version": "version",
            "study_slug": None,
            "stage": "stage",
            "shown_arm": "arm",
            "shown_place": "place",
            "shown_sequence": "sequence",
            "shown_n_answered": "n_main_answered",
            "shown_allocated_at": "allocated_at",
            "shown_training_completed_at": "training_completed_at",
            "shown_last_seen_at": None,
            **{name: name for name in ("consented_at", "screened_at", "screened_out", "sound_checked_at")},
            **{name: name for name in ("headphones_checked_at", "headphones_right")},
            **{name: name for name in ("completed_at", "released_at", "release_reason")},
            "completion_code": None,
            "expires_at": None,
            **{name: name for name in ("arrival", "language", "withdrawn_at", "withdrawal")},
            "shown_n_deleted": "n_deleted",
        },
    ),
    Response: (
        TRIALS_FILE,
        {
            "subject": "subject_id",
            "study_slug": None,
            "place": "trial_index",
            "rt_ms": "rt",
            **{name: name for name in ("block", "kind", "condition", "stimulus", "onset_to_response_ms")},
            **{name: name for name in ("plays", "second_plays", "original_plays", "heard_share", "answered_at")},
            "answered": "answer",
        },
    ),
    QuestionnaireResponse: (
        questionnaire_file("more"),
        {
            "enrolment": "subject_id",
            "questionnaire": None,
            "study_slug": None,
            "answered": "more_age",
            "answered_at": "answered_at",
        },
    ),
    Event: (
        EVENTS_FILE,
        {
            "at": "at",
            "study": None,
            "version": "version",
            "kind": "event",
            "enrolment": "subject_id",
            "shown_data": "arm",
        },
    ),
}
MORE = {
    "name": "more",
    "title": {"en": "More"},
    "when": "after",
    "items": [{"kind": "number", "name": "age", "text": {"en": "How old are you?"}}],
}


def shown_names(model_admin: "ModelAdmin[Any]") -> set[str]:
    """What the list or the page of a record shows."""
    return {str(name) for name in (*model_admin.list_display, *flatten(model_admin.fields or []))}


@pytest.mark.parametrize("model", COLUMNS)
def test_nothing_that_the_dataset_conceals_is_shown_while_the_study_runs(
    model: type[Model], staff: Client, ana: Person, rf: RequestFactory
) -> None:
    ana.complete(1)
    QuestionnaireResponse.objects.create(
        enrolment=ana.enrolment, questionnaire="more", answers={"age": "older"}, answered_at=timezone.now()
    )
    table, column_of = COLUMNS[model]
    model_admin = site.get_model_admin(model)
    assert shown_names(model_admin) == set(column_of), "give each field its column"
    tables = dataset_tables([make_design(questionnaires=[MORE])], monitoring=False)
    known = {column.name: column for column in tables[table]}
    hidden = [
        name for name, column in column_of.items() if column and (known[column].concealed or known[column].outcome)
    ]
    assert hidden
    for record in model_admin.get_queryset(rf.get("/")):
        shown = {name: lookup_field(name, record, model_admin)[2] for name in hidden}
        assert shown == dict.fromkeys(hidden, WITHHELD)


def test_nothing_is_sorted_or_filtered_by_what_is_withheld(staff: Client) -> None:
    model_admin = site.get_model_admin(Enrolment)
    for name in shown_names(model_admin):
        if name.startswith("shown_"):
            assert getattr(getattr(model_admin, name), "admin_order_field", None) is None
    assert model_admin.list_filter == ["version__study", "stage"]


def test_nothing_tells_the_arm_of_a_running_study(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    arm = ana.enrolment.arm
    pages = {
        "/admin/study/enrolment/": f">{arm}<",
        change_url(ana.enrolment): f">{arm}<",
        "/admin/study/event/": arm,
        change_url(Event.objects.get(kind="allocated", enrolment=ana.enrolment.code)): arm,
        f"/admin/studies/{study.slug}/check/": ana.enrolment.code,
    }
    for url, telling in pages.items():
        answer = staff.get(url)
        assert answer.status_code == 200, url
        assert telling not in answer.content.decode(), url


def test_the_arm_is_shown_once_the_study_is_closed(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    study_close(study=study)
    arm, condition = ana.enrolment.arm, Response.objects.get().trial.condition
    assert f">{arm}<" in staff.get("/admin/study/enrolment/").content.decode()
    assert condition in staff.get("/admin/study/response/").content.decode()
    event = Event.objects.get(kind="allocated", enrolment=ana.enrolment.code)
    assert f"&quot;arm&quot;: &quot;{arm}&quot;" in staff.get(change_url(event)).content.decode()
    assert f"Arm {arm}" in staff.get(change_url(study)).content.decode()


def test_answers_to_questionnaires_are_withheld_until_the_study_is_closed(
    staff: Client, study: Study, ana: Person
) -> None:
    QuestionnaireResponse.objects.create(
        enrolment=ana.enrolment, questionnaire="more", answers={"age": "older"}, answered_at=timezone.now()
    )
    page = staff.get("/admin/study/questionnaireresponse/").content.decode()
    assert "age: older" not in page
    assert ana.enrolment.code not in page
    study_close(study=study)
    assert "age: older" in staff.get("/admin/study/questionnaireresponse/").content.decode()


def test_answers_are_shown_once_the_study_is_closed(staff: Client, study: Study, ana: Person) -> None:
    ana.complete(1)
    study_close(study=study)
    for url in ("/admin/study/response/", change_url(Response.objects.get())):
        page = staff.get(url).content.decode()
        assert "withheld" not in page
        assert ANSWER in page


def test_answers_of_a_simulated_study_are_shown(staff: Client, study: Study) -> None:
    study_simulate(study=study, plan=SimulationPlan(2, 0.0, "model", 1))
    page = staff.get("/admin/study/response/").content.decode()
    assert "confidence:" in page
    assert "withheld" not in page


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        ("response", "answers__answer"),
        ("response", "plays"),
        ("response", "trial__condition"),
        ("enrolment", "arm"),
        ("event", "data__arm"),
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
    study_close(study=study)
    for lookup in ("trial__kind__exact=training", f"trial__enrolment__version__study__id__exact={study.pk}"):
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
    tables = [name for name in archive.namelist() if name.endswith("_data.csv")]
    assert tables
    for table in tables:
        header = archive.read(table).decode().splitlines()[0].split(",")
        assert not {"answer", "correct", "confidence", "arm", "condition", "channel"} & set(header), table


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


def test_the_spread_of_stimuli_is_shown_once_the_study_is_closed(staff: Client, study: Study, ana: Person) -> None:
    ana.complete()
    ana.enrolment.refresh_from_db()
    assert ana.enrolment.completed_at is not None
    assert "How often each stimulus" not in staff.get(change_url(study)).content.decode()
    assert stimulus_spread(study) == []
    study = study_close(study=study)
    seen = ana.enrolment.arm == "seen"
    assert seen
    # She met 2 right and 2 wrong stimuli, one of either kind under each condition of her arm; nobody the others'.
    assert {(row.condition, row.n_stimuli, row.least, row.most) for row in stimulus_spread(study)} == {
        ("picture-relevance", 4, 0, 1),
        ("picture-control", 4, 0, 1),
        ("sound-relevance", 4, 0, 0),
        ("sound-control", 4, 0, 0),
    }
    page = staff.get(change_url(study)).content.decode()
    assert "How often each stimulus" in page
    assert "<tr><td>1</td><td>main</td><td>picture-relevance</td><td>4</td><td>0</td><td>1</td></tr>" in page


def test_the_spread_leaves_out_who_did_not_complete(study: Study, ana: Person) -> None:
    n_trials = ana.enrolment.trials.count()
    ana.complete(n_trials - 1)
    assert {row.most for row in stimulus_spread(study_close(study=study))} == {0}


def test_the_spread_of_a_counterbalanced_simulation_is_even(study: Study) -> None:
    clone = study_simulate(study=study, plan=SimulationPlan(4, 0.0, "model", 1))
    # 4 in each arm, two whole rounds: everybody meets every stimulus, half of them under each condition of the arm
    assert {(row.least, row.most) for row in stimulus_spread(clone)} == {(2, 2)}
