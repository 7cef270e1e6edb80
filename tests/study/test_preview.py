import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from study.models import Enrolment, Response, Stimulus, Study, Trial
from tests.study.conftest import make_answer

PAGE = "/admin/preview/digits/heard/"
BASE = f"{PAGE}0/"
HIDDEN = ("predicted", "correct", "mask", "relevance", "control", "stimulus", "probab", "condition")


@pytest.fixture
def staff(db: None) -> Client:
    """Somebody who may do everything; without a password, whose hashing takes a second."""
    client = Client()
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    return client


def post(client: Client, rest: str, body: dict[str, Any]) -> Any:
    return client.post(f"{BASE}api/{rest}", data=body, content_type="application/json")


def walk(client: Client) -> list[dict[str, Any]]:
    """Every answer of a preview that is gone through to its end."""
    state = client.get(f"{BASE}api/state").json()
    answers = []
    while state["turns"]:
        code = state["turns"][0]["trial"]["id"]
        assert post(client, f"trials/{code}/begin", {"begin_id": str(uuid.uuid4())}).json() == {"n_reloads": 0}
        answer = post(client, f"trials/{code}/response", make_answer())
        assert answer.status_code == 200
        answers.append(answer.json())
        state = answers[-1]["state"]
    return answers


def test_the_page_is_the_participants_own_under_a_banner(staff: Client, study: Study) -> None:
    page = staff.get(PAGE).content.decode()
    assert "PREVIEW" in page
    assert f'data-api="{BASE}api/"' in page
    assert "participant/trials.js" in page


def test_a_preview_goes_through_every_trial_and_ends_at_the_study(staff: Client, study: Study) -> None:
    answers = walk(staff)
    assert len(answers) == 6
    assert [answer["feedback"] is not None for answer in answers] == [True, True, False, False, False, False]
    assert all(answer["stored"] for answer in answers)
    end = answers[-1]["state"]
    assert end["turns"] == []
    assert end["next_url"] == f"/admin/study/study/{study.pk}/change/"


def test_a_state_has_the_form_of_a_participants(staff: Client, study: Study, ben: Any) -> None:
    own, previewed = ben.state(), staff.get(f"{BASE}api/state").json()
    assert own.keys() == previewed.keys()
    assert own["turns"][0]["trial"].keys() == previewed["turns"][0]["trial"].keys()
    assert (
        own["turns"][0]["trial"]["explanations"][0].keys() == previewed["turns"][0]["trial"]["explanations"][0].keys()
    )
    assert (previewed["n_trials"], previewed["n_answered"], previewed["turns"][0]["trial"]["index"]) == (6, 0, 0)
    assert previewed["preload"]


def test_each_arm_has_its_channel(staff: Client, study: Study) -> None:
    for arm, channel in (("heard", "sound"), ("seen", "picture")):
        state = staff.get(f"/admin/preview/digits/{arm}/0/api/state").json()
        assert state["turns"][0]["trial"]["explanations"][0][channel] is not None


def test_feedback_tells_the_computers_answer(staff: Client, study: Study) -> None:
    first = walk(staff)[0]["feedback"]
    assert first["correct"] == (first["key"] == "1")
    assert Stimulus.objects.filter(role="training", predicted_label=first["key"]).exists()


def test_a_preview_begins_at_any_trial(staff: Client, study: Study) -> None:
    state = staff.get(f"{PAGE}4/api/state").json()
    (turn, *_) = state["turns"]
    assert (turn["trial"]["index"], turn["part"]["kind"], state["n_answered"]) == (4, "main", 4)
    assert 'data-api="/admin/preview/digits/heard/4/api/"' in staff.get(f"{PAGE}4/").content.decode()


def test_the_banner_leads_to_every_trial_and_arm(staff: Client, study: Study) -> None:
    page = staff.get(PAGE).content.decode()
    assert page.count("<option ") == 6
    assert "/admin/preview/digits/seen/" in page
    assert staff.get(f"{PAGE}?trial=5").headers["Location"] == f"{PAGE}5/"
    assert staff.get(f"{PAGE}?trial=x").headers["Location"] == PAGE


def test_a_place_after_the_last_trial_is_404(staff: Client, study: Study) -> None:
    assert staff.get(f"{PAGE}6/").status_code == 404


def test_a_preview_stores_nothing_and_takes_no_place(staff: Client, study: Study) -> None:
    walk(staff)
    assert not Enrolment.objects.exists()
    assert not Trial.objects.exists()
    assert not Response.objects.exists()
    assert study.versions.get().n_allocated == 0


def test_a_draft_can_be_previewed(staff: Client, draft: Study) -> None:
    assert staff.get(BASE).status_code == 200
    assert len(walk(staff)) == 6
    assert not draft.versions.exists()


def test_a_state_tells_nothing_before_the_answer(staff: Client, study: Study) -> None:
    content = staff.get(f"{BASE}api/state").content.decode().lower()
    assert not [word for word in HIDDEN if word in content]


@pytest.mark.parametrize("rest", ["", "api/state"])
def test_nobody_but_staff_sees_a_preview(cleo: Client, rest: str) -> None:
    answer = cleo.get(BASE + rest)
    assert answer.status_code == (403 if rest else 302)


def test_nobody_but_staff_gets_the_computers_answer(cleo: Client) -> None:
    answer = post(cleo, f"trials/{uuid.UUID(int=0)}/response", make_answer())
    assert answer.status_code == 403
    assert "feedback" not in answer.json()


def test_staff_without_the_permission_are_refused(study: Study) -> None:
    client = Client()
    client.force_login(User.objects.create(username="helper", is_staff=True))
    assert client.get(BASE).status_code == 403


def test_a_post_without_the_csrf_token_is_refused(study: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    assert post(client, f"trials/{uuid.UUID(int=0)}/begin", {}).status_code == 403


@pytest.mark.parametrize("path", ["/admin/preview/digits/none/", "/admin/preview/nowhere/heard/"])
def test_an_unknown_arm_or_study_is_404(staff: Client, study: Study, path: str) -> None:
    assert staff.get(path).status_code == 404


@pytest.mark.parametrize("rest", ["begin", "response"])
def test_an_unknown_trial_is_404(staff: Client, study: Study, rest: str) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=6)}/{rest}", make_answer())
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown-trial"


def test_a_malformed_answer_is_refused(staff: Client, study: Study) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=0)}/response", make_answer(rt_ms=-1))
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


def test_an_answer_without_what_was_asked_is_refused(staff: Client, study: Study) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=0)}/response", make_answer(answers={}))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_preview_takes_first_answers(staff: Client, study: Study) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=0)}/first-answer", {"answers": {"answer_before": "1"}}).json()
    assert answer["first_answers"] == {"answer_before": "1"}
    assert answer["told"]["label"] in {"0", "1", "2"}


@pytest.mark.parametrize(
    "body",
    [{"begin_id": str(uuid.uuid4())}, {"begin_id": str(uuid.uuid4()), "window_id": str(uuid.uuid4()), "age_ms": 12}],
)
def test_a_preview_takes_the_beginnings_that_participants_pages_send(
    staff: Client, study: Study, body: dict[str, str]
) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=0)}/begin", body)
    assert (answer.status_code, answer.json()) == (200, {"n_reloads": 0})


@pytest.mark.parametrize("body", [{}, {"begin_id": "1"}, {"at": 1}])
def test_a_preview_refuses_a_malformed_beginning(staff: Client, study: Study, body: dict[str, object]) -> None:
    answer = post(staff, f"trials/{uuid.UUID(int=0)}/begin", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
