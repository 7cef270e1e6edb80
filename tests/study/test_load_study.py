from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from study.models import Bundle, Stage, Study
from study.selectors import study_design
from study.services.bundles import bundle_load
from tests.tiny_bundle import write_study_file, write_tiny_bundle

pytestmark = pytest.mark.django_db


def refuse(path: Path) -> str:
    """The message of a load that ends with exit code 2."""
    with pytest.raises(CommandError) as fault:
        call_command("load_study", str(path))
    assert fault.value.returncode == 2
    return str(fault.value)


def test_study_file_becomes_a_draft(bundle: Bundle, tmp_path: Path) -> None:
    call_command("load_study", str(write_study_file(tmp_path / "study.toml")))
    study = Study.objects.get()
    assert (study.slug, study.stage, study.bundle) == ("digits", Stage.DRAFT, bundle)
    assert [(arm.name, arm.channel) for arm in study.arms.all()] == [("heard", "sound"), ("seen", "picture")]
    assert study_design(study).main.n_wrong == 2


def test_second_load_updates_the_draft(draft: Study, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('"seen"', '"watched"').replace("Which digit", "What digit"))
    call_command("load_study", str(path))
    study = Study.objects.get()
    assert (study.pk, study.title) == (draft.pk, "What digit did the computer hear?")
    assert [arm.name for arm in study.arms.all()] == ["heard", "watched"]


def test_launched_study_is_not_updated(study: Study, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "again.toml")
    path.write_text(path.read_text().replace("Which digit", "What digit"))
    message = refuse(path)
    assert "study 'digits' is running" in message
    assert "another slug" in message
    study.refresh_from_db()
    assert study.title == "Which digit did the computer hear?"


def test_absent_bundle_is_refused(db: None, tmp_path: Path) -> None:
    message = refuse(write_study_file(tmp_path / "study.toml"))
    assert "bundle is 'tiny', which is not loaded" in message
    assert "load_bundle" in message
    assert Study.objects.count() == 0


def test_other_bundle_hash_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('bundle = "tiny"', f'bundle = "tiny"\nbundle_sha256 = "{"0" * 64}"'))
    assert "load the bundle the study file was written for" in refuse(path)
    assert Study.objects.count() == 0


def test_arm_without_a_rendition_is_refused(db: None, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "poor", masks=("none", "relevance"))
    bundle_load(folder=tmp_path / "poor")
    message = refuse(write_study_file(tmp_path / "study.toml"))
    assert "arms heard, seen need mask 'control'" in message
    assert "rebuild the bundle" in message
    assert Study.objects.count() == 0


def test_too_few_stimuli_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    message = refuse(write_study_file(tmp_path / "study.toml", n_right=4, n_wrong=4))
    assert "wants 4 right stimuli; bundle 'tiny' has 2" in message
    assert Study.objects.count() == 0


def test_unknown_key_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml", more="\n[exposure]\ndwel_ms = 10\n")
    assert "unknown key 'exposure.dwel_ms'" in refuse(path)
    assert Study.objects.count() == 0


def test_word_for_an_unknown_label_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('2 = "two"', '9 = "nine"'))
    assert "texts.labels names '9'; bundle 'tiny' has the labels 0, 1, 2" in refuse(path)
    assert Study.objects.count() == 0


def test_absent_study_file_is_refused(db: None, tmp_path: Path) -> None:
    assert "is missing" in refuse(tmp_path / "nowhere.toml")


def test_a_word_that_is_another_labels_own_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('1 = "one", 2 = "two"', '1 = "2"'))
    assert "two labels of bundle 'tiny' are said as '2'" in refuse(path)
    assert Study.objects.count() == 0


def test_a_language_without_a_catalogue_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    assert "study.language is 'de'" in refuse(write_study_file(tmp_path / "study.toml", language="de"))
    assert Study.objects.count() == 0
