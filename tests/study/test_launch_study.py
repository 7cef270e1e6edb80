import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction

from earshot.errors import StudyError
from earshot.files import sha256_bytes
from study.analysis_source import analysis_sha256
from study.models import Bundle, Event, Stage, Study, Version
from study.selectors import current_version, study_design, study_protocol
from study.services.studies import (
    study_amend_begin,
    study_amend_discard,
    study_clone,
    study_clone_simulated,
    study_close,
    study_create,
    study_draft_update,
    study_launch,
    study_load,
    study_pause,
    study_resume,
    study_start_pilot,
)
from tests.designs import design_fields
from tests.tiny_bundle import write_study_file

pytestmark = pytest.mark.django_db


def kinds(study: Study) -> list[str]:
    """What happened in the study, in order."""
    return list(Event.objects.filter(study=study).values_list("kind", flat=True))


def with_title(title: str) -> dict[str, Any]:
    """The design under another title."""
    return design_fields(study={**design_fields()["study"], "title": title})


@pytest.fixture
def running(bundle: Bundle) -> Study:
    return study_launch(study=study_create(fields=design_fields())).study


def test_launch_freezes_the_protocol_under_its_hash(
    draft: Study, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("launch_study", "digits")
    version = Version.objects.get()
    assert sha256_bytes(bytes(version.protocol)) == version.protocol_sha256
    assert version.protocol_sha256 in capsys.readouterr().out
    protocol = study_protocol(version)
    assert protocol.bundle_sha256 == protocol.design.study.bundle_sha256 == bundle.sha256
    assert (protocol.reason, protocol.previous_sha256) == (None, None)
    draft.refresh_from_db()
    assert (draft.stage, draft.draft) == (Stage.RUNNING, None)
    launched = Event.objects.get(kind="launched")
    assert (launched.version, launched.data["protocol_sha256"]) == (version, version.protocol_sha256)


def test_protocol_holds_the_hash_of_the_seed_and_not_the_seed(study: Study) -> None:
    version = study.versions.get()
    seed = bytes(version.allocation_seed)
    assert len(seed) == 32
    assert json.loads(bytes(version.protocol))["allocation_seed_sha256"] == sha256_bytes(seed)
    assert seed.hex().encode() not in bytes(version.protocol)


def test_protocol_names_the_analysis_by_the_hash_of_its_source(study: Study) -> None:
    assert study_protocol(study.versions.get()).analysis_sha256 == analysis_sha256() is not None


def test_second_launch_is_refused(study: Study) -> None:
    before = list(Version.objects.values())
    with pytest.raises(CommandError, match=r"study 'digits' is running and nothing of it is edited") as fault:
        call_command("launch_study", "digits")
    assert fault.value.returncode == 2
    assert list(Version.objects.values()) == before


def test_unknown_study_is_named(db: None) -> None:
    with pytest.raises(CommandError, match=r"study is 'nothing'; there is no such study") as fault:
        call_command("launch_study", "nothing")
    assert fault.value.returncode == 2


def test_launch_names_every_failing_item(bundle: Bundle) -> None:
    fields = design_fields(
        arms=[{**design_fields()["arms"][0], "quota": 10}, {**design_fields()["arms"][1], "quota": 90}],
        recruitment={"n_per_arm": 30},
    )
    study = study_create(fields=fields)
    with pytest.raises(StudyError, match=r"Arm 'seen' takes at most 10.*No power is stated"):
        study_launch(study=study)
    study.refresh_from_db()
    assert (study.stage, Version.objects.count(), kinds(study)) == (Stage.DRAFT, 0, ["study-created"])


def test_a_pilot_has_a_version_and_a_seed_of_its_own(bundle: Bundle) -> None:
    study = study_create(fields=design_fields(recruitment={"n_per_arm": 30}))
    call_command("pilot_study", "digits")
    study.refresh_from_db()
    pilot = current_version(study)
    assert (study.stage, pilot.is_pilot, pilot.number) == (Stage.PILOT, True, 1)
    assert study.draft is not None
    study_draft_update(study=study, fields=design_fields())
    version = study_launch(study=study)
    assert (version.is_pilot, version.number, version.study.stage) == (False, 2, Stage.RUNNING)
    seeds = {bytes(each.allocation_seed) for each in Version.objects.all()}
    assert len(seeds) == 2
    assert kinds(study) == ["study-created", "pilot-started", "study-changed", "launched"]


def test_a_pilot_is_begun_anew_with_a_changed_draft(bundle: Bundle) -> None:
    study = study_create(fields=design_fields())
    study_start_pilot(study=study)
    study_draft_update(study=study, fields=with_title("Another title"))
    second = study_start_pilot(study=study)
    assert (second.number, second.is_pilot, second.study.title) == (2, True, "Another title")


def test_a_running_study_is_not_piloted(running: Study) -> None:
    with pytest.raises(CommandError, match="is running; only draft, pilot can be piloted"):
        call_command("pilot_study", "digits")


def test_a_piloted_study_keeps_its_slug(bundle: Bundle) -> None:
    study = study_create(fields=design_fields())
    study_start_pilot(study=study)
    fields = design_fields(study={**design_fields()["study"], "slug": "words"})
    with pytest.raises(StudyError, match=r"study.slug is 'words'; study 'digits' was launched or piloted"):
        study_draft_update(study=study, fields=fields)


def test_a_change_is_a_new_version_with_a_reason(running: Study, capsys: pytest.CaptureFixture[str]) -> None:
    first = running.versions.get()
    call_command("amend_study", "digits")
    study_draft_update(study=running, fields=with_title("Another title"))
    running.refresh_from_db()
    assert running.title == "Which digit did the computer hear?"
    call_command("launch_study", "digits", "--reason", "the title said too much")
    running.refresh_from_db()
    second = current_version(running)
    protocol = study_protocol(second)
    assert (second.number, second.reason, protocol.reason) == (2, *(["the title said too much"] * 2))
    assert protocol.previous_sha256 == first.protocol_sha256
    assert (running.title, running.stage, running.draft) == ("Another title", Stage.RUNNING, None)
    assert kinds(running) == ["study-created", "launched", "study-changed", "study-changed", "launched"]


def test_a_new_version_without_a_reason_is_refused(running: Study) -> None:
    study_amend_begin(study=running)
    with pytest.raises(StudyError, match="a new version of study 'digits' needs a reason"):
        study_launch(study=running, reason=" ")
    assert running.versions.count() == 1


def test_an_amendment_that_is_begun_twice_keeps_its_draft(running: Study) -> None:
    study_amend_begin(study=running)
    study_draft_update(study=running, fields=with_title("Another title"))
    study = study_amend_begin(study=running)
    assert study_design(study).study.title == "Another title"


def test_an_amendment_can_be_given_up(running: Study) -> None:
    study_amend_begin(study=running)
    call_command("amend_study", "digits", "--discard")
    running.refresh_from_db()
    assert (running.draft, running.versions.count()) == (None, 1)
    assert study_amend_discard(study=running).draft is None


def test_a_draft_is_not_amended(draft: Study) -> None:
    with pytest.raises(StudyError, match="is draft; only running, paused can be amended"):
        study_amend_begin(study=draft)


def test_pause_and_resume_change_nothing_when_done_twice(running: Study) -> None:
    call_command("pause_study", "digits")
    assert study_pause(study=running).stage == Stage.PAUSED
    call_command("resume_study", "digits")
    assert study_resume(study=running).stage == Stage.RUNNING
    assert kinds(running) == ["study-created", "launched", "paused", "resumed"]


@pytest.mark.parametrize("change", [study_pause, study_resume])
def test_a_draft_is_neither_paused_nor_resumed(draft: Study, change: Callable[..., Study]) -> None:
    with pytest.raises(StudyError, match="study 'digits' is draft; only"):
        change(study=draft)


def test_close_reveals_the_seed(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("close_study", "digits")
    study.refresh_from_db()
    assert study.stage == Stage.CLOSED
    assert study.closed_at is not None
    assert bytes(study.versions.get().allocation_seed).hex() in capsys.readouterr().out


def test_second_close_changes_nothing(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("close_study", "digits")
    before = Study.objects.values().get()
    call_command("close_study", "digits")
    assert Study.objects.values().get() == before
    assert kinds(study).count("closed") == 1
    assert "was closed before; nothing was changed" in capsys.readouterr().out


def test_draft_is_not_closed(draft: Study) -> None:
    with pytest.raises(CommandError, match="is draft; only pilot, running, paused can be closed") as fault:
        call_command("close_study", "digits")
    assert fault.value.returncode == 2
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT


def test_a_closed_study_is_neither_launched_nor_changed(running: Study) -> None:
    study_amend_begin(study=running)
    study_close(study=running)
    with pytest.raises(StudyError, match="is closed; only"):
        study_launch(study=running, reason="again")
    with pytest.raises(StudyError, match="is closed and its design is frozen"):
        study_draft_update(study=running, fields=design_fields())


class TestFrozenDesignResists:
    """Whoever asks: a file, a service, a saved row, an update past every service."""

    def test_a_file(self, running: Study, tmp_path: Any) -> None:
        path = write_study_file(tmp_path / "again.toml")
        with pytest.raises(StudyError, match="its design is frozen"):
            study_load(path=path)

    def test_a_service_call(self, running: Study) -> None:
        with pytest.raises(StudyError, match="study 'digits' is running and its design is frozen; begin a new version"):
            study_draft_update(study=running, fields=with_title("Another title"))
        running.refresh_from_db()
        assert running.title == "Which digit did the computer hear?"

    @pytest.mark.parametrize("field", ["protocol", "allocation_seed", "protocol_sha256", "number", "is_pilot"])
    def test_a_saved_row(self, running: Study, field: str) -> None:
        version = running.versions.get()
        before = Version.objects.values().get()
        others: dict[str, Any] = {"protocol_sha256": "0" * 64, "number": 7, "is_pilot": True}
        setattr(version, field, others.get(field, b"x" * 32))
        with pytest.raises(DatabaseError, match="frozen version cannot be changed"), transaction.atomic():
            version.save()
        assert Version.objects.values().get() == before

    def test_an_update(self, running: Study) -> None:
        with pytest.raises(DatabaseError, match="frozen version cannot be changed"), transaction.atomic():
            Version.objects.update(protocol=b"{}")

    def test_a_deletion(self, running: Study) -> None:
        with (
            pytest.raises(DatabaseError, match=r"frozen version cannot be (changed or )?deleted"),
            transaction.atomic(),
        ):
            Version.objects.all()._raw_delete("default")
        assert Version.objects.count() == 1

    def test_an_event(self, running: Study) -> None:
        with pytest.raises(DatabaseError, match="event cannot be changed"), transaction.atomic():
            Event.objects.update(kind="closed")


def test_clone_is_a_draft_on_the_same_bundle(running: Study) -> None:
    clone = study_clone(study=running, slug="again")
    assert (clone.slug, clone.stage, clone.cloned_from, clone.bundle) == ("again", Stage.DRAFT, running, running.bundle)
    assert study_design(clone).study.slug == "again"
    assert kinds(clone) == ["cloned"]


def test_clone_under_a_faulty_slug_is_refused(running: Study) -> None:
    with pytest.raises(StudyError, match=r"study\.slug"):
        study_clone(study=running, slug="No Slug")
    assert Study.objects.count() == 1


def test_clone_under_a_taken_slug_is_refused(running: Study) -> None:
    with pytest.raises(StudyError, match="slug 'digits' is taken"):
        study_clone(study=running, slug="digits")


def test_simulated_clone_shows_the_same_stimuli_under_its_own_seed(study: Study) -> None:
    clone = study_clone_simulated(study=study, slug="digits-simulated", simulation={"effect": 1.0})
    original, copy = study.versions.get(), clone.versions.get()
    assert (clone.stage, clone.cloned_from, clone.simulation) == (Stage.SIMULATED, study, {"effect": 1.0})
    assert study_protocol(copy).plan == study_protocol(original).plan
    assert bytes(copy.allocation_seed) != bytes(original.allocation_seed)


def test_simulated_clone_of_a_given_seed_is_repeatable(study: Study) -> None:
    seed = b"s" * 32
    clone = study_clone_simulated(study=study, slug="digits-s", simulation={}, allocation_seed=seed)
    assert bytes(clone.versions.get().allocation_seed) == seed


def test_simulated_clone_of_a_taken_slug_is_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="slug 'digits' is taken"):
        study_clone_simulated(study=study, slug="digits", simulation={})
    assert Study.objects.count() == 1


def test_simulated_clone_of_a_clone_is_refused(study: Study) -> None:
    clone = study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    with pytest.raises(StudyError, match="is simulated"):
        study_clone_simulated(study=clone, slug="digits-twice", simulation={})
    assert Study.objects.count() == 2


def test_simulated_study_is_not_closed(study: Study) -> None:
    study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    with pytest.raises(CommandError, match="is simulated; only"):
        call_command("close_study", "digits-simulated")
