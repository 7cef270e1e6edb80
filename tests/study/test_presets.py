import tomllib
from pathlib import Path

import pytest

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from earshot.files import canonical_json, sha256_bytes
from study.checklist import checklist
from study.models import Bundle, Stage, Study
from study.presets import PRESETS, preset_fields
from study.selectors import study_design, study_protocol
from study.services.bundles import bundle_load
from study.services.studies import study_clone, study_create, study_dump, study_launch, study_load
from study.study_files import parse_fields
from tests.study.rich_bundle import write_rich_bundle

pytestmark = pytest.mark.django_db

NAMES = [preset.name for preset in PRESETS]


@pytest.fixture(scope="session")
def rich_bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "rich"
    write_rich_bundle(folder)
    return folder


@pytest.fixture
def rich_bundle(db: None, rich_bundle_folder: Path) -> Bundle:
    return bundle_load(folder=rich_bundle_folder)[0]


def make_draft(name: str) -> Study:
    return study_create(fields=preset_fields(name, slug=f"my-{name}", title="Mine", bundle="rich"))


def design_hash(design: StudyFile) -> str:
    return sha256_bytes(canonical_json(design.model_dump(mode="json")))


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_launches_as_it_is_and_comes_back_from_its_dump_under_the_same_hash(
    rich_bundle: Bundle, tmp_path: Path, name: str
) -> None:
    study = make_draft(name)
    assert (study.slug, study.title, study.stage) == (f"my-{name}", "Mine", Stage.DRAFT)
    assert [item.code for item in checklist(study) if not item.ok] == []
    drafted = design_hash(study_design(study))
    (tmp_path / "dumped.toml").write_text(study_dump(study=study), encoding="utf-8")
    assert study_load(path=tmp_path / "dumped.toml").pk == study.pk
    study.refresh_from_db()
    assert design_hash(study_design(study)) == drafted
    version = study_launch(study=study)
    assert version.study.stage == Stage.RUNNING
    dumped = parse_fields(tomllib.loads(study_dump(study=version.study)), place="the dump")
    assert design_hash(dumped) == design_hash(study_protocol(version).design)


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_treats_all_arms_alike(name: str, db: None) -> None:
    design = parse_fields(preset_fields(name, slug="mine", title="Mine", bundle="none"), place="the preset")
    assert len({design.n_trials(arm) for arm in design.arms}) == 1
    assert len({str(design.exposure_of(condition)) for condition in design.conditions}) == 1
    assert sum(getattr(block, "n_attention", 0) for block in design.blocks) == 2
    assert any(block.kind == "break" for block in design.blocks)
    assert len(design.exclusions) == 3
    assert design.analysis.secondary


def test_only_the_default_study_states_a_power_figure(db: None) -> None:
    stated = {
        name: preset_fields(name, slug="mine", title="Mine", bundle="none")["recruitment"]["power"].get("power")
        for name in NAMES
    }
    assert stated == {name: 0.93 if name == "explanation-by-channel" else None for name in NAMES}


def test_words_and_network_are_fitted_to_the_bundle(bundle: Bundle) -> None:
    fields = preset_fields("after-audiomnist", slug="mine", title="Mine", bundle="tiny")
    assert set(fields["texts"]["en"]["labels"]) == {"0", "1", "2"}
    assert all("network" not in condition for condition in fields["conditions"])


def test_a_network_is_named_where_the_bundle_has_several(rich_bundle: Bundle) -> None:
    version = study_launch(study=make_draft("after-audiomnist"))
    shown = {name for stimuli in study_protocol(version).plan for name in (*stimuli.right, *stimuli.wrong)}
    assert len(shown) == 24
    assert all(name.startswith("audionet-") for name in shown)


def test_an_unknown_preset_is_refused(db: None) -> None:
    with pytest.raises(StudyError, match=r"preset is 'mine'; expected one of explanation-by-channel"):
        preset_fields("mine", slug="mine", title="Mine", bundle="rich")


def test_a_preset_on_a_bundle_that_is_too_small_is_refused(bundle: Bundle) -> None:
    with pytest.raises(StudyError, match="bundle 'tiny' has"):
        study_create(fields=preset_fields("explanation-by-channel", slug="mine", title="Mine", bundle="tiny"))
    assert Study.objects.count() == 0


def test_a_clone_of_a_preset_is_a_draft_of_its_own(rich_bundle: Bundle) -> None:
    study = study_launch(study=make_draft("teach-test")).study
    clone = study_clone(study=study, slug="again")
    assert (clone.slug, clone.stage, clone.cloned_from) == ("again", Stage.DRAFT, study)
    assert study_design(clone).study.slug == "again"
    assert study_launch(study=clone).study == clone
