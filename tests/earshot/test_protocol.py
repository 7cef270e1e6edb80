import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earshot.bundle import Manifest, read_manifest
from earshot.errors import StudyError
from earshot.files import sha256_bytes
from earshot.protocol import StudyFile, freeze, parse_protocol, parse_study, plan_stimuli, read_study
from tests.tiny_bundle import write_study_file, write_tiny_bundle

BUNDLE_SHA256 = "b" * 64
SEED = b"s" * 32


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    write_tiny_bundle(folder, n_training=4, n_right=6, n_wrong=8, duration_ms=1.0)
    return read_manifest(folder)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> StudyFile:
    return read_study(write_study_file(tmp_path_factory.mktemp("study") / "study.toml", n_right=4, n_wrong=4))


def changed(design: StudyFile, section: str, **fields: Any) -> dict[str, Any]:
    """The design's fields with some of one section replaced."""
    whole: dict[str, Any] = design.model_dump(mode="json")
    whole[section] = {**whole[section], **fields}
    return whole


def refuse(fields: Mapping[str, Any]) -> str:
    with pytest.raises(StudyError) as fault:
        parse_study(dict(fields), place="study 'digits'")
    return str(fault.value)


def test_defaults_are_those_of_the_default_study(tmp_path: Path) -> None:
    path = write_study_file(tmp_path / "study.toml")
    path.write_text(path.read_text().split("[training]")[0])
    read = read_study(path)
    assert (read.training.n_items, read.main.n_right, read.main.n_wrong) == (10, 12, 12)
    assert (read.exposure.dwell_ms, read.exposure.max_plays) == (4000, 3)
    assert read.simulation.model_dump(exclude={"betas"}) == {
        "participant_sd": 0.7,
        "stimulus_sd": 0.7,
        "slope_sd": 0.3,
        "true_label_share": 0.6,
    }


def test_texts_are_kept_without_space_around_them(design: StudyFile) -> None:
    padded = parse_study(changed(design, "texts", consent="  I agree.\n", labels={"1": " one "}), place="x")
    assert (padded.texts.consent, padded.texts.word("1")) == ("I agree.", "one")


def test_words_of_labels_fall_back_on_the_label(design: StudyFile) -> None:
    assert (design.texts.word("1"), design.texts.word("7")) == ("one", "7")


@pytest.mark.parametrize(
    ("section", "fields", "message"),
    [
        ("study", {"slug": "Digits!"}, "study.slug is 'Digits!'"),
        ("study", {"language": "de"}, "study.language is 'de'"),
        ("study", {"title": " "}, "study.title is ' '"),
        ("study", {"colour": "red"}, "unknown key 'study.colour'"),
        ("study", {"bundle_sha256": "short"}, "study.bundle_sha256 is 'short'"),
        ("texts", {"information": ""}, "texts.information is ''"),
        ("texts", {"consent": " \n\n "}, "texts.consent is"),
        ("texts", {"labels": {"1": " "}}, "texts.labels.1 is ' '"),
        ("texts", {"labels": {"1": "one", "2": "one "}}, "two labels have the word 'one'"),
        ("allocation", {"method": "minimisation"}, "allocation.method is 'minimisation'"),
        ("main", {"n_wrong": 3}, "main.n_wrong is 3; input should be a multiple of 2"),
        ("main", {"n_wrong": 8}, "n_right is 4 and n_wrong is 8; give both the same number"),
        ("training", {"n_items": 0}, "training.n_items is 0"),
        ("exposure", {"dwell_ms": -1}, "exposure.dwell_ms is -1"),
        ("analysis", {"primary": "channel"}, "analysis.primary is 'channel'"),
        ("analysis", {"alpha": 0.1}, "analysis.alpha is 0.1"),
        ("simulation", {"slope_sd": -0.1}, "simulation.slope_sd is -0.1"),
        ("simulation", {"betas": {"chanel": 1}}, "unknown key 'simulation.betas.chanel'"),
    ],
)
def test_faulty_section_is_refused(design: StudyFile, section: str, fields: dict[str, Any], message: str) -> None:
    assert message in refuse(changed(design, section, **fields))


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([("a", "sound"), ("a", "picture")], "arms share the name 'a'"),
        ([("a", "sound"), ("b", "sound")], "arms have only the channel 'sound'"),
        ([("a", "sound")], "at least 2 items"),
        ([("a", "sound"), ("b", "smell")], "arms.1.channel is 'smell'"),
    ],
)
def test_faulty_arms_are_refused(design: StudyFile, arms: list[tuple[str, str]], message: str) -> None:
    fields = design.model_dump(mode="json") | {"arms": [{"name": name, "channel": channel} for name, channel in arms]}
    assert message in refuse(fields)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([("original", "relevance"), ("original", "relevance")], "needs one of each: relevance, control"),
        ([("original", "relevance"), ("nothing", "control")], "differ in more than their mask"),
        ([("original", "relevance"), ("original", "blobs")], "conditions.1.mask is 'blobs'"),
    ],
)
def test_faulty_conditions_are_refused(design: StudyFile, conditions: list[tuple[str, str]], message: str) -> None:
    rows = [{"given": given_first, "mask": mask} for given_first, mask in conditions]
    assert message in refuse(design.model_dump(mode="json") | {"conditions": rows})


def test_unknown_arm_is_named(design: StudyFile) -> None:
    assert design.arm("heard").channel == "sound"
    with pytest.raises(StudyError, match="arm is 'smelt'; this study has heard, seen"):
        design.arm("smelt")


def test_plan_draws_what_the_design_asks_for(design: StudyFile, manifest: Manifest) -> None:
    plan = plan_stimuli(design, manifest=manifest, bundle_sha256=BUNDLE_SHA256)
    by_id = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    assert [by_id[name].role for name in plan.training] == ["training"] * 2
    assert [by_id[name].model_correct for name in plan.right] == [True] * 4
    assert [by_id[name].model_correct for name in plan.wrong] == [False] * 4
    assert set(plan.halves) == {*plan.right, *plan.wrong}
    assert set(plan.training).isdisjoint(plan.halves)
    for stratum in (plan.right, plan.wrong):
        assert sorted(plan.halves[name] for name in stratum) == [0, 0, 1, 1]


def test_plan_depends_on_bundle_and_slug_alone(design: StudyFile, manifest: Manifest) -> None:
    plan = plan_stimuli(design, manifest=manifest, bundle_sha256=BUNDLE_SHA256)
    turned = manifest.model_copy(update={"stimuli": manifest.stimuli[::-1]})
    assert plan_stimuli(design, manifest=turned, bundle_sha256=BUNDLE_SHA256) == plan
    others = [
        plan_stimuli(design, manifest=manifest, bundle_sha256=f"{number:064x}").model_dump_json()
        for number in range(20)
    ]
    assert len(set(others)) > 10


def test_bundle_with_too_few_stimuli_is_refused(design: StudyFile, manifest: Manifest) -> None:
    greedy = parse_study(changed(design, "main", n_right=8, n_wrong=8), place="x")
    with pytest.raises(StudyError, match="wants 8 right stimuli; bundle 'tiny' has 6"):
        plan_stimuli(greedy, manifest=manifest, bundle_sha256=BUNDLE_SHA256)


def test_bundle_without_a_rendition_is_refused(design: StudyFile, tmp_path: Path) -> None:
    folder = tmp_path / "poor"
    write_tiny_bundle(folder, n_right=4, n_wrong=4, masks=("none", "control"), duration_ms=1.0)
    with pytest.raises(StudyError, match="arms heard, seen need mask 'relevance' of stimulus"):
        plan_stimuli(design, manifest=read_manifest(folder), bundle_sha256=BUNDLE_SHA256)


def freeze_it(design: StudyFile, manifest: Manifest, *, seed: bytes = SEED) -> tuple[bytes, str]:
    return freeze(design, version=1, manifest=manifest, bundle_sha256=BUNDLE_SHA256, allocation_seed=seed)


def test_frozen_bytes_are_stable_and_hashed(design: StudyFile, manifest: Manifest) -> None:
    content, sha256 = freeze_it(design, manifest)
    assert freeze_it(design, manifest) == (content, sha256)
    assert sha256 == sha256_bytes(content)
    assert SEED.hex().encode() not in content
    assert json.loads(content)["allocation_seed_sha256"] == sha256_bytes(SEED)


def test_frozen_protocol_is_read_back(design: StudyFile, manifest: Manifest) -> None:
    protocol = parse_protocol(freeze_it(design, manifest)[0])
    assert protocol.design.study.bundle_sha256 == BUNDLE_SHA256
    assert protocol.design.model_copy(update={"study": design.study}) == design
    assert protocol.plan == plan_stimuli(design, manifest=manifest, bundle_sha256=BUNDLE_SHA256)


@settings(max_examples=15)
@given(one=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_seed_changes_nothing_but_its_own_hash(design: StudyFile, manifest: Manifest, one: bytes, other: bytes) -> None:
    contents = [json.loads(freeze_it(design, manifest, seed=seed)[0]) for seed in (one, other)]
    hashes = [content.pop("allocation_seed_sha256") for content in contents]
    assert contents[0] == contents[1]
    assert (hashes[0] == hashes[1]) == (one == other)


def test_another_bundle_than_asked_for_is_refused(design: StudyFile, manifest: Manifest) -> None:
    asked = parse_study(changed(design, "study", bundle_sha256="a" * 64), place="x")
    with pytest.raises(StudyError, match="take the line out"):
        freeze_it(asked, manifest)


def test_newer_protocol_is_refused(design: StudyFile, manifest: Manifest) -> None:
    fields = json.loads(freeze_it(design, manifest)[0]) | {"format_version": 2}
    with pytest.raises(StudyError, match="has format 2; this Earshot reads up to 1: install a newer one"):
        parse_protocol(json.dumps(fields).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff"])
def test_damaged_protocol_is_refused(content: bytes) -> None:
    with pytest.raises(StudyError, match="restore it from its export"):
        parse_protocol(content)
