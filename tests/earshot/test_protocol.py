"""The frozen protocol: the same design gives the same bytes, and committed ones keep their hash for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from earshot.bundle import Manifest, read_manifest
from earshot.design.questionnaire_expertise import EXPERTISE
from earshot.design.study_file import StudyFile, parse_study
from earshot.errors import StudyError
from earshot.files import canonical_json, sha256_bytes
from earshot.protocol import (
    CHANNEL_BY_MASK_MODEL,
    CONDITION_MODEL,
    freeze,
    is_channel_by_mask,
    parse_protocol,
    primary_model,
)
from tests.designs import condition_fields, design_fields, make_design
from tests.tiny_bundle import write_tiny_bundle

BUNDLE_SHA256 = "b" * 64
SEED = b"s" * 32
FROZEN = sorted((Path(__file__).parents[2] / "fixtures/protocols").glob("*.json"))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    write_tiny_bundle(folder, duration_ms=1.0)
    return read_manifest(folder)


def frozen(design: StudyFile, *, manifest: Manifest, **changes: Any) -> tuple[bytes, str]:
    given: dict[str, Any] = {"version": 1, "bundle_sha256": BUNDLE_SHA256, "allocation_seed": SEED}
    return freeze(design, manifest=manifest, **(given | changes))


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem[:8])
def test_committed_protocol_keeps_its_hash_and_is_still_read(path: Path) -> None:
    content = path.read_bytes()
    assert sha256_bytes(content) == path.stem
    protocol = parse_protocol(content)
    assert protocol.version == 1
    assert protocol.design.arms


def test_protocols_of_all_formats_are_committed() -> None:
    formats = {json.loads(path.read_bytes())["format_version"] for path in FROZEN}
    assert formats == {1, 2}


def test_protocol_of_format_1_takes_nobody_new_and_keeps_its_stimuli() -> None:
    (path,) = (path for path in FROZEN if json.loads(path.read_bytes())["format_version"] == 1)
    stored = json.loads(path.read_bytes())["plan"]
    protocol = parse_protocol(path.read_bytes())
    assert protocol.upgraded_from == 1
    practice, main = protocol.plan
    assert practice.practice == stored["training"]
    assert (main.right, main.wrong) == (stored["right"], stored["wrong"])


def test_same_design_gives_the_same_bytes(manifest: Manifest) -> None:
    content, sha256 = frozen(make_design(), manifest=manifest)
    assert (content, sha256) == frozen(make_design(), manifest=manifest)
    assert sha256 == sha256_bytes(content)
    assert content == canonical_json(json.loads(content))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"allocation_seed": b"t" * 32},
        {"bundle_sha256": "c" * 64},
        {"reason": "more people"},
        {"previous_sha256": "d" * 64},
        {"analysis_sha256": "e" * 64},
    ],
)
def test_whatever_differs_shows_in_the_hash(manifest: Manifest, changes: dict[str, Any]) -> None:
    assert frozen(make_design(), manifest=manifest, **changes)[1] != frozen(make_design(), manifest=manifest)[1]


def test_texts_show_in_the_hash(manifest: Manifest) -> None:
    texts = design_fields()["texts"]
    texts["en"]["consent"] = "I agree."
    assert frozen(make_design(texts=texts), manifest=manifest)[1] != frozen(make_design(), manifest=manifest)[1]


def test_protocol_says_what_was_frozen(manifest: Manifest) -> None:
    protocol = parse_protocol(frozen(make_design(), manifest=manifest)[0])
    assert protocol.allocation_seed_sha256 == sha256_bytes(SEED)
    assert protocol.design.study.bundle_sha256 == BUNDLE_SHA256
    assert protocol.upgraded_from is None
    assert [each.block for each in protocol.plan] == ["practice", "main"]
    assert protocol.stimuli_of("main") == protocol.plan[1:]


def test_seed_is_in_no_form_in_the_protocol(manifest: Manifest) -> None:
    content, _ = frozen(make_design(), manifest=manifest)
    assert SEED not in content
    assert SEED.hex().encode() not in content


def test_other_bundle_than_the_file_asks_for_is_refused(manifest: Manifest) -> None:
    study = design_fields()["study"] | {"bundle_sha256": "a" * 64}
    with pytest.raises(StudyError, match="load the bundle the study file was written for"):
        frozen(make_design(study=study), manifest=manifest)


def test_newer_protocol_is_refused(manifest: Manifest) -> None:
    content = json.loads(frozen(make_design(), manifest=manifest)[0]) | {"format_version": 3}
    with pytest.raises(StudyError, match="format 3; this Earshot reads up to 2"):
        parse_protocol(canonical_json(content))


@pytest.mark.parametrize("content", [b"no json", b"{}", b"[]", b'{"format_version": 1}'])
def test_damaged_protocol_is_refused(content: bytes) -> None:
    with pytest.raises(StudyError, match="the frozen protocol"):
        parse_protocol(content)


def test_channel_by_mask_has_the_model_of_both_factors() -> None:
    assert is_channel_by_mask(make_design())
    assert primary_model(make_design()) == CHANNEL_BY_MASK_MODEL


@pytest.mark.parametrize("change", [{"given": "nothing"}, {"task": "error-detection"}, {"mask": "blobs"}])
def test_other_designs_have_the_model_of_the_condition(change: dict[str, str]) -> None:
    first, *others = design_fields()["conditions"]
    design = make_design(conditions=[first | change, *others])
    assert not is_channel_by_mask(design)
    assert primary_model(design) == CONDITION_MODEL


def test_three_conditions_have_the_model_of_the_condition() -> None:
    fields = design_fields()
    fields["conditions"].append(condition_fields("sound", "blobs"))
    fields["arms"][1]["conditions"] = ["sound-relevance", "sound-blobs"]
    fields["arms"].append({"name": "third", "conditions": ["sound-control"]})
    assert not is_channel_by_mask(make_design(conditions=fields["conditions"], arms=fields["arms"]))


def test_questions_on_expertise_are_frozen_word_by_word(manifest: Manifest) -> None:
    fields = design_fields()
    del fields["expertise"]
    design = parse_protocol(frozen(parse_study(fields, place="x"), manifest=manifest)[0]).design
    assert design.every_questionnaire == [EXPERTISE]
    assert design.questionnaires == [EXPERTISE]
