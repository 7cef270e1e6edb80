"""What `simulate --http` refuses; `tests/browser/test_bots.py` sends bots to a real server."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from earshot.errors import StudyError
from study.bots.crowd import Crowd
from study.bots.visit import check_visit, knowledge_of
from study.models import Enrolment, Study
from study.selectors import current_version, sound_check_original
from study.services.studies import study_close, study_pause, study_start_pilot

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:1"


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as fault:
        call_command("simulate", "digits", "--participants", "2", "--seed", "1", *arguments)
    assert fault.value.returncode == 2
    assert not Enrolment.objects.exists()
    return str(fault.value)


def test_running_study_needs_to_be_told_that_rows_are_real(study: Study) -> None:
    said = refused("--http", URL)
    assert "real rows" in said
    assert "--i-know-these-are-real-rows" in said


def test_study_that_is_not_open_is_refused(study: Study) -> None:
    study_pause(study=study)
    assert "study 'digits' is paused" in refused("--http", URL, "--i-know-these-are-real-rows")
    study_close(study=study)
    assert "study 'digits' is closed" in refused("--http", URL, "--i-know-these-are-real-rows")


def test_draft_is_refused(draft: Study) -> None:
    with pytest.raises(StudyError, match="study 'digits' is draft; bots take part in a pilot or a running study alone"):
        check_visit(draft, crowd=Crowd(URL, slug="digits", n_bots=1), knows_rows_are_real=True)


def test_pilot_needs_no_such_word(draft: Study) -> None:
    study_start_pilot(study=draft)
    draft.refresh_from_db()
    check_visit(draft, crowd=Crowd(URL, slug="digits", n_bots=1), knows_rows_are_real=False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": "127.0.0.1:8000"}, "http is '127.0.0.1:8000'"),
        ({"address": "ftp://x"}, "http is 'ftp://x'"),
        ({"address": "http://x/s/digits"}, "expected the server's address alone"),
        ({"n_bots": 0}, "participants is 0"),
        ({"n_at_once": 501}, "at-once is 501; expected 1 to 500"),
        ({"speed": 0.0}, "speed is 0.0"),
        ({"offline_s": -1.0}, "offline-s -1.0"),
        ({"speed": float("nan")}, "speed is nan"),
    ],
)
def test_visit_that_cannot_be_is_refused(study: Study, changes: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {"address": URL, "slug": "digits", "n_bots": 1}
    crowd = Crowd(**(fields | changes))
    with pytest.raises(StudyError, match=said):
        check_visit(study, crowd=crowd, knows_rows_are_real=True)


def test_options_of_the_other_kind_are_refused(study: Study) -> None:
    assert refused("--http", URL, "--effect", "1.0") == "--effect is given; it goes without --http alone: leave it out"
    assert refused("--speed", "2") == "--speed is given; it goes with --http alone: leave it out"


def test_study_without_a_plain_link_takes_no_bots(launch: Callable[..., Study]) -> None:
    study = launch(participation={"arrivals": ["personal"]})
    with pytest.raises(StudyError, match="takes people by personal alone"):
        check_visit(study, crowd=Crowd(URL, slug="digits", n_bots=1), knows_rows_are_real=True)


def test_unknown_behaviour_is_refused(study: Study) -> None:
    assert "behaviour is 'hasty'" in refused("--http", URL, "--behaviour", "hasty")


def test_bots_know_the_words_of_recordings_and_the_questionnaires(study: Study) -> None:
    knowledge = knowledge_of(study)
    original = sound_check_original(current_version(study))
    assert knowledge.words[f"/media/{original.sound_file}"] == original.stimulus.true_label
    assert list(knowledge.questionnaires) == []
