import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from earshot.errors import StudyError
from earshot.files import canonical_json
from study.models import Bundle, Event, Stage, Study
from study.selectors import shown_design, study_design
from study.services.bundles import bundle_load
from study.services.studies import study_create, study_draft_update, study_dump, study_launch
from study.study_files import dump_design, parse_fields
from tests.designs import TEXTS, design_fields
from tests.tiny_bundle import write_study_file, write_study_file_2, write_tiny_bundle

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def refuse(path: Path) -> str:
    """The message of a load that ends with exit code 2."""
    with pytest.raises(CommandError) as fault:
        call_command("load_study", str(path))
    assert fault.value.returncode == 2
    return str(fault.value)


def with_section(**changes: Any) -> dict[str, Any]:
    """A design whose [study] has other values."""
    return design_fields(study={**design_fields()["study"], **changes})


def test_study_file_becomes_a_draft(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_study", str(write_study_file_2(tmp_path / "study.toml")))
    study = Study.objects.get()
    assert (study.slug, study.stage, study.bundle) == ("digits", Stage.DRAFT, bundle)
    assert study_design(study) == parse_fields(design_fields(), place="the test")
    assert [event.kind for event in Event.objects.filter(study=study)] == ["study-created"]
    assert "heard (sound-relevance, sound-control; weight 1)" in capsys.readouterr().out


def test_a_study_file_of_format_1_keeps_loading(bundle: Bundle, tmp_path: Path) -> None:
    call_command("load_study", str(write_study_file(tmp_path / "study.toml")))
    design = study_design(Study.objects.get())
    assert [arm.name for arm in design.arms] == ["heard", "seen"]
    assert {condition.name for condition in design.conditions} == {
        *("picture-relevance", "picture-control", "sound-relevance", "sound-control")
    }


def test_the_committed_study_file_of_format_1_keeps_loading(db: None, tmp_path: Path) -> None:
    labels = tuple("0123456789")
    write_tiny_bundle(tmp_path / "voices", name="voices", labels=labels, n_training=10, n_right=12, n_wrong=12)
    bundle_load(folder=tmp_path / "voices")
    call_command("load_study", str(ROOT / "fixtures/studies/format_1.toml"))
    assert study_design(Study.objects.get()).study.slug == "demo"


def test_second_load_updates_the_draft(draft: Study, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('"seen"', '"watched"').replace("Which digit", "What digit"))
    call_command("load_study", str(path))
    study = Study.objects.get()
    assert (study.pk, study.title) == (draft.pk, "What digit did the computer hear?")
    assert [arm.name for arm in study_design(study).arms] == ["heard", "watched"]


def test_launched_study_is_not_updated(study: Study, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "again.toml")
    path.write_text(path.read_text().replace("Which digit", "What digit"))
    message = refuse(path)
    assert "study 'digits' is running and its design is frozen" in message
    assert "amend_study digits" in message
    study.refresh_from_db()
    assert (study.title, study.draft) == ("Which digit did the computer hear?", None)


def test_absent_bundle_is_refused(db: None, tmp_path: Path) -> None:
    message = refuse(write_study_file(tmp_path / "study.toml"))
    assert "study.bundle is 'tiny', which is not loaded" in message
    assert "load_bundle" in message
    assert Study.objects.count() == 0


def test_other_bundle_hash_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('bundle = "tiny"', f'bundle = "tiny"\nbundle_sha256 = "{"0" * 64}"'))
    assert "load the bundle the study file was written for" in refuse(path)
    assert Study.objects.count() == 0


def test_condition_without_a_rendition_is_refused(db: None, tmp_path: Path) -> None:
    write_tiny_bundle(tmp_path / "poor", masks=("none", "relevance"))
    bundle_load(folder=tmp_path / "poor")
    message = refuse(write_study_file(tmp_path / "study.toml"))
    assert "needs mask 'control'" in message
    assert "rebuild the bundle" in message
    assert Study.objects.count() == 0


def test_too_few_stimuli_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    message = refuse(write_study_file(tmp_path / "study.toml", n_right=4, n_wrong=4))
    assert "wants 4 right stimuli; bundle 'tiny' has 2" in message
    assert Study.objects.count() == 0


def test_unknown_key_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file_2(tmp_path / "study.toml")
    path.write_text(path.read_text() + "\n[exposure]\ndwel_ms = 10\n")
    assert "unknown key 'exposure.dwel_ms'" in refuse(path)
    assert Study.objects.count() == 0


def test_a_file_of_a_newer_format_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    message = refuse(write_study_file_2(tmp_path / "study.toml", format_version=3))
    assert "study file format 3; this Earshot reads up to 2: install a newer one" in message
    assert Study.objects.count() == 0


def test_a_file_that_is_no_toml_is_refused(db: None, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("[study\n")
    assert "is no TOML" in refuse(tmp_path / "study.toml")


def test_word_for_an_unknown_label_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('2 = "two"', '9 = "nine"'))
    assert "texts.en.labels names '9'; bundle 'tiny' has the labels 0, 1, 2" in refuse(path)
    assert Study.objects.count() == 0


def test_a_word_that_is_another_labels_own_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().replace('1 = "one", 2 = "two"', '1 = "2"'))
    assert "two labels of bundle 'tiny' are said as '2'" in refuse(path)
    assert Study.objects.count() == 0


def test_a_language_without_a_catalogue_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    assert "study.language is 'fr'" in refuse(write_study_file(tmp_path / "study.toml", language="fr"))
    assert Study.objects.count() == 0


def test_absent_study_file_is_refused(db: None, tmp_path: Path) -> None:
    assert "is missing" in refuse(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"texts": {"en": {**TEXTS, "debrief": "<script>alert(1)</script>"}}}, "texts.en.debrief"),
        ({"texts": {"en": {**TEXTS, "labels": {"0": "<b>zero</b>"}}}}, "texts.en.labels.0"),
        ({"screens": {"speaks": {"en": "Do you speak <i>English</i>?"}}}, "screens.speaks.en"),
        (
            {
                "blocks": [
                    *design_fields()["blocks"],
                    {"kind": "break", "name": "pause", "text": {"en": "A <hr> pause"}},
                ]
            },
            "blocks.2.text.en",
        ),
    ],
)
def test_html_in_any_text_is_refused_with_its_place(
    bundle: Bundle, tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    message = refuse(write_study_file_2(tmp_path / "study.toml", **changes))
    assert f"{place} contains HTML" in message
    assert Study.objects.count() == 0


def test_every_faulty_text_is_named(bundle: Bundle, tmp_path: Path) -> None:
    texts = {**TEXTS, "debrief": "<b>Thanks</b>", "consent": "![a picture](x)"}
    message = refuse(write_study_file_2(tmp_path / "study.toml", texts={"en": texts}))
    assert "texts.en.debrief contains HTML" in message
    assert "texts.en.consent contains an image" in message


def test_a_study_is_created_from_fields(bundle: Bundle) -> None:
    study = study_create(fields=design_fields())
    assert (study.slug, study.stage, study.bundle) == ("digits", Stage.DRAFT, bundle)


def test_a_second_study_of_one_slug_is_refused(draft: Study) -> None:
    with pytest.raises(StudyError, match="slug 'digits' is taken"):
        study_create(fields=design_fields())
    assert Study.objects.count() == 1


def test_a_draft_is_updated_under_another_slug(draft: Study) -> None:
    study = study_draft_update(study=draft, fields=with_section(slug="words", title="Words"))
    assert (study.pk, study.slug, study.title) == (draft.pk, "words", "Words")
    assert [event.kind for event in study.events.all()] == ["study-created", "study-changed"]


def test_a_draft_does_not_take_another_studys_slug(draft: Study) -> None:
    study_create(fields=with_section(slug="words"))
    with pytest.raises(StudyError, match="slug 'words' is taken"):
        study_draft_update(study=draft, fields=with_section(slug="words"))


def test_a_faulty_update_leaves_the_draft_as_it_was(draft: Study) -> None:
    before = draft.draft
    with pytest.raises(StudyError, match=r"study 'digits': .*n_right"):
        study_draft_update(
            study=draft, fields=design_fields(blocks=[{"kind": "main", "name": "main", "n_right": -1, "n_wrong": 2}])
        )
    draft.refresh_from_db()
    assert draft.draft == before


def test_lines_of_a_browser_come_back_from_a_dump(draft: Study) -> None:
    texts = {**TEXTS, "information": "One.\r\n\r\nTwo."}
    study = study_draft_update(study=draft, fields=design_fields(texts={"en": texts}))
    dumped = parse_fields(tomllib.loads(study_dump(study=study)), place="the dump")
    assert dumped == study_design(study)
    assert dumped.default_texts.information == "One.\n\nTwo."


def test_a_dump_loads_as_the_same_study(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = study_create(fields=design_fields())
    call_command("dump_study", "digits", "--out", str(tmp_path / "dumped.toml"))
    call_command("load_study", str(tmp_path / "dumped.toml"))
    again = Study.objects.get()
    assert again.pk == study.pk
    assert canonical_json(again.draft) == canonical_json(study.draft)
    capsys.readouterr()
    call_command("dump_study", "digits")
    assert capsys.readouterr().out == (tmp_path / "dumped.toml").read_text(encoding="utf-8")


def test_a_launched_study_is_dumped_as_it_was_frozen(bundle: Bundle) -> None:
    study = study_launch(study=study_create(fields=design_fields())).study
    fields = tomllib.loads(study_dump(study=study))
    assert fields["study"]["bundle_sha256"] == bundle.sha256
    assert parse_fields(fields, place="the dump") == shown_design(study)


def test_equal_designs_are_dumped_alike_whatever_the_order_of_keys(bundle: Bundle) -> None:
    words = [("0", "zero"), ("1", "one"), ("2", "two")]
    first, second = (
        parse_fields(design_fields(texts={"en": {**TEXTS, "labels": dict(each)}}), place="the test")
        for each in (words, reversed(words))
    )
    assert dump_design(first) == dump_design(second)


def test_a_study_that_releases_no_idle_place_says_so_in_its_file(draft: Study) -> None:
    fields = tomllib.loads(study_dump(study=draft))
    assert fields["release"]["idle_minutes"] == "never"
    assert parse_fields(fields, place="the dump") == study_design(draft)
