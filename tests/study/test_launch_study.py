import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from earshot.errors import StudyError
from earshot.files import sha256_bytes
from study.models import Bundle, Stage, Study, Version
from study.selectors import study_protocol
from study.services.studies import study_arms_check, study_clone_simulated

pytestmark = pytest.mark.django_db


def test_launch_freezes_the_protocol_under_its_hash(
    draft: Study, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("launch_study", "digits")
    version = Version.objects.get()
    assert sha256_bytes(bytes(version.protocol)) == version.protocol_sha256
    assert version.protocol_sha256 in capsys.readouterr().out
    protocol = study_protocol(version)
    assert protocol.bundle_sha256 == protocol.design.study.bundle_sha256 == bundle.sha256
    draft.refresh_from_db()
    assert draft.stage == Stage.RUNNING
    assert draft.design["study"]["bundle_sha256"] == bundle.sha256


def test_protocol_holds_the_hash_of_the_seed_and_not_the_seed(study: Study) -> None:
    version = study.versions.get()
    seed = bytes(version.allocation_seed)
    assert len(seed) == 32
    assert json.loads(bytes(version.protocol))["allocation_seed_sha256"] == sha256_bytes(seed)
    assert seed.hex().encode() not in bytes(version.protocol)


def test_second_launch_is_refused(study: Study) -> None:
    before = list(Version.objects.values())
    with pytest.raises(CommandError, match=r"study 'digits' is running; only a draft") as fault:
        call_command("launch_study", "digits")
    assert fault.value.returncode == 2
    assert list(Version.objects.values()) == before


def test_unknown_study_is_named(db: None) -> None:
    with pytest.raises(CommandError, match=r"study is 'nothing'; there is no such study") as fault:
        call_command("launch_study", "nothing")
    assert fault.value.returncode == 2


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
    assert "was closed before; nothing was changed" in capsys.readouterr().out


def test_draft_is_not_closed(draft: Study) -> None:
    with pytest.raises(CommandError, match="is draft; only pilot, running, paused can be closed") as fault:
        call_command("close_study", "digits")
    assert fault.value.returncode == 2
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT


ARMS = [{"name": "heard", "channel": "sound", "weight": 2}, {"name": "seen", "channel": "picture", "weight": 1}]


def test_arms_of_a_draft_pass_the_same_validator(draft: Study) -> None:
    assert study_arms_check(study=draft, arms=ARMS).weights == {"heard": 2, "seen": 1}


def test_arms_of_one_channel_are_refused(draft: Study) -> None:
    with pytest.raises(StudyError, match="arms have only the channel 'sound'"):
        study_arms_check(study=draft, arms=[ARMS[0], {**ARMS[0], "name": "other"}])


def test_arms_of_a_launched_study_are_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="only a draft"):
        study_arms_check(study=study, arms=ARMS)


def test_simulated_clone_shows_the_same_stimuli_under_its_own_seed(study: Study) -> None:
    clone = study_clone_simulated(study=study, slug="digits-simulated", simulation={"effect": 1.0})
    original, copy = study.versions.get(), clone.versions.get()
    assert (clone.stage, clone.cloned_from, clone.simulation) == (Stage.SIMULATED, study, {"effect": 1.0})
    assert study_protocol(copy).plan == study_protocol(original).plan
    assert bytes(copy.allocation_seed) != bytes(original.allocation_seed)
    assert clone.arms.count() == study.arms.count()


def test_simulated_clone_of_a_given_seed_is_repeatable(study: Study) -> None:
    seed = b"s" * 32
    clone = study_clone_simulated(study=study, slug="digits-s", simulation={}, allocation_seed=seed)
    assert bytes(clone.versions.get().allocation_seed) == seed


def test_clone_of_a_taken_slug_is_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="slug 'digits' is taken"):
        study_clone_simulated(study=study, slug="digits", simulation={})
    assert Study.objects.count() == 1


def test_clone_of_a_clone_is_refused(study: Study, tmp_path: Path) -> None:
    clone = study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    with pytest.raises(StudyError, match="is simulated"):
        study_clone_simulated(study=clone, slug="digits-twice", simulation={})
    assert Study.objects.count() == 2


def test_simulated_study_is_not_closed(study: Study) -> None:
    study_clone_simulated(study=study, slug="digits-simulated", simulation={})
    with pytest.raises(CommandError, match="is simulated; only"):
        call_command("close_study", "digits-simulated")
