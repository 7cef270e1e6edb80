"""Which stimuli fill the blocks: enough of them, each in one block, with everything that conditions show."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from earshot.bundle import Manifest, read_manifest
from earshot.design.stimuli import block_plans, plan_key, plan_stimuli
from earshot.errors import StudyError
from earshot.sequence.participant import participant_trials
from tests.designs import condition_fields, design_fields, make_design
from tests.tiny_bundle import write_tiny_bundle

SHA256 = "ab" * 32


def manifest_of(
    tmp_path: Path,
    *,
    masks: Sequence[str] = ("none", "relevance", "control"),
    n_training: int = 2,
    n_right: int = 2,
    n_wrong: int = 2,
) -> Manifest:
    write_tiny_bundle(tmp_path / "tiny", masks=masks, n_training=n_training, n_right=n_right, n_wrong=n_wrong)
    return read_manifest(tmp_path / "tiny")


def test_each_block_gets_its_numbers_and_no_stimulus_is_in_two(tmp_path: Path) -> None:
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 2},
        {"kind": "main", "name": "early", "n_right": 2, "n_wrong": 2, "pool_right": 4},
        {"kind": "main", "name": "late", "n_right": 2, "n_wrong": 2},
    ]
    manifest = manifest_of(tmp_path, n_right=6, n_wrong=4)
    plan = plan_stimuli(make_design(blocks=blocks), manifest=manifest, bundle_sha256=SHA256)
    assert [(len(each.practice), len(each.right), len(each.wrong)) for each in plan] == [
        (2, 0, 0),
        (0, 4, 2),
        (0, 2, 2),
    ]
    every = [name for each in plan for name in (*each.practice, *each.right, *each.wrong)]
    assert len(set(every)) == len(every)
    is_right = {stimulus.id: stimulus.model_correct for stimulus in manifest.stimuli}
    assert all(is_right[name] for each in plan for name in each.right)
    assert not any(is_right[name] for each in plan for name in each.wrong)


def test_repeating_block_has_the_stimuli_of_the_repeated_one(tmp_path: Path) -> None:
    block: dict[str, Any] = {"kind": "main", "name": "main", "n_right": 2, "n_wrong": 2}
    design = make_design(blocks=[block, block | {"name": "again", "repeats": "main"}])
    first, second = plan_stimuli(design, manifest=manifest_of(tmp_path), bundle_sha256=SHA256)
    assert (first.right, first.wrong) == (second.right, second.wrong)


def test_draw_is_the_same_for_one_bundle_and_slug_alone(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, n_right=20, n_wrong=20)
    plans = [
        plan_stimuli(make_design(), manifest=manifest, bundle_sha256=sha256) for sha256 in (SHA256, SHA256, "cd" * 32)
    ]
    assert plans[0] == plans[1] != plans[2]


def test_too_few_stimuli_are_counted(tmp_path: Path) -> None:
    blocks = [{"kind": "main", "name": "main", "n_right": 4, "n_wrong": 4}]
    with pytest.raises(StudyError, match="wants 4 right stimuli; bundle 'tiny' has 2 left"):
        plan_stimuli(make_design(blocks=blocks), manifest=manifest_of(tmp_path), bundle_sha256=SHA256)


def test_missing_mask_is_named_with_its_condition(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, masks=("none", "relevance"))
    with pytest.raises(StudyError, match=r"condition 'picture-control' needs mask 'control'"):
        plan_stimuli(make_design(), manifest=manifest, bundle_sha256=SHA256)


def test_missing_original_is_named(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, masks=("relevance", "control"))
    with pytest.raises(StudyError, match="needs the original"):
        plan_stimuli(make_design(), manifest=manifest, bundle_sha256=SHA256)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "other"}, "method other"),
        ({"form": "envelope"}, "form envelope"),
        ({"picture": "overlay"}, "picture 'overlay'"),
        ({"task": "counterfactual-simulation", "changed": "control"}, "network's answer to mask 'control'"),
    ],
)
def test_missing_way_of_showing_is_named(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    conditions = [condition_fields("picture", "relevance", **change), *design_fields()["conditions"][1:]]
    with pytest.raises(StudyError, match=sentence):
        plan_stimuli(make_design(conditions=conditions), manifest=manifest_of(tmp_path), bundle_sha256=SHA256)


def test_unknown_network_has_no_stimuli(tmp_path: Path) -> None:
    conditions = [dict(condition, network="other") for condition in design_fields()["conditions"]]
    with pytest.raises(StudyError, match="of network 'other'; bundle 'tiny' has 0 left"):
        plan_stimuli(make_design(conditions=conditions), manifest=manifest_of(tmp_path), bundle_sha256=SHA256)


def test_exemplars_are_right_and_one_for_each_label(tmp_path: Path) -> None:
    blocks = [{"kind": "training", "name": "practice", "n_items": 4, "exemplars": True}, design_fields()["blocks"][1]]
    manifest = manifest_of(tmp_path, n_training=14)
    practice = plan_stimuli(make_design(blocks=blocks), manifest=manifest, bundle_sha256=SHA256)[0]
    by_id = {stimulus.id: stimulus for stimulus in manifest.stimuli}
    assert [by_id[name].predicted_label for name in practice.exemplars] == ["0", "1", "2"]
    assert all(by_id[name].model_correct for name in practice.exemplars)
    assert not set(practice.exemplars) & set(practice.practice)


def test_missing_exemplar_is_named(tmp_path: Path) -> None:
    blocks = [{"kind": "training", "name": "practice", "n_items": 2, "exemplars": True}, design_fields()["blocks"][1]]
    with pytest.raises(StudyError, match="exemplar for each label"):
        plan_stimuli(make_design(blocks=blocks), manifest=manifest_of(tmp_path), bundle_sha256=SHA256)


def test_arm_meets_its_conditions_in_its_blocks(tmp_path: Path) -> None:
    design, manifest = make_design(), manifest_of(tmp_path)
    plans = block_plans(
        design,
        arm=design.arm("heard"),
        plan=plan_stimuli(design, manifest=manifest, bundle_sha256=SHA256),
        predicted={stimulus.id: stimulus.predicted_label for stimulus in manifest.stimuli},
        labels=manifest.labels,
    )
    trials = participant_trials(plans, sequence=0, key=bytes(32), plan_key=plan_key(design, bundle_sha256=SHA256))
    assert [trial.kind for trial in trials] == ["training"] * 2 + ["main"] * 4
    assert {trial.condition for trial in trials} == {"sound-relevance", "sound-control"}


def test_practice_has_right_and_wrong_predictions_as_announced(tmp_path: Path) -> None:
    blocks = [
        {"kind": "training", "name": "practice", "n_items": 4},
        {"kind": "main", "name": "main", "n_right": 6, "n_wrong": 2},
    ]
    manifest = manifest_of(tmp_path, n_training=10, n_right=6)
    practice = plan_stimuli(make_design(blocks=blocks), manifest=manifest, bundle_sha256=SHA256)[0].practice
    is_right = {stimulus.id: stimulus.model_correct for stimulus in manifest.stimuli}
    assert sum(is_right[name] for name in practice) == 3


def test_recording_is_met_in_one_block_alone_whatever_network_heard_it(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, n_training=4, n_right=4, n_wrong=4)
    other = [stimulus.model_copy(update={"id": f"{stimulus.id}-b", "network": "b"}) for stimulus in manifest.stimuli]
    networks = [*manifest.networks, manifest.networks[0].model_copy(update={"name": "b"})]
    both = manifest.model_copy(update={"stimuli": [*manifest.stimuli, *other], "networks": networks})
    names = [network.name for network in networks]
    conditions = [
        dict(condition, network=name, name=f"{condition['name']}-{number}")
        for number, name in enumerate(names)
        for condition in design_fields()["conditions"][:2]
    ]
    arms = [
        {"name": f"net-{number}", "conditions": [f"picture-relevance-{number}", f"picture-control-{number}"]}
        for number in range(2)
    ]
    blocks = [
        {"kind": "main", "name": "early", "n_right": 2, "n_wrong": 2},
        {"kind": "main", "name": "late", "n_right": 2, "n_wrong": 2},
    ]
    primary = {"name": "x", "weights": {"picture-relevance-0": 1, "picture-relevance-1": -1}}
    design = make_design(
        conditions=conditions, arms=arms, blocks=blocks, analysis={"estimand": "x", "primary": primary}
    )
    plan = plan_stimuli(design, manifest=both, bundle_sha256=SHA256)
    clips = {stimulus.id: stimulus.clip for stimulus in both.stimuli}
    met: dict[str, set[str]] = {"early": set(), "late": set()}
    for each in plan:
        met[each.block] |= {clips[name] for name in (*each.right, *each.wrong)}
    assert len(plan) == 4
    assert not met["early"] & met["late"]


def test_what_a_preference_is_compared_against_must_be_there(tmp_path: Path) -> None:
    conditions = design_fields()["conditions"]
    conditions[0] |= {"task": "preference", "against": "other"}
    conditions.append(condition_fields("picture", "relevance") | {"name": "other", "method": "no-such-method"})
    with pytest.raises(StudyError, match="condition 'other' needs mask 'relevance' "):
        plan_stimuli(make_design(conditions=conditions), manifest=manifest_of(tmp_path), bundle_sha256=SHA256)
